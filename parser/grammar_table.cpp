// parser/grammar_table.cpp: CREATE TABLE: columns, and CREATE TABLE AS. Constraints are in
// grammar_constraint.cpp.
#include "parser/grammar.h"

namespace rowan {

Result<const ast::Statement*> Grammar::create_table(Position begin, ast::Persistence persistence) {
  advance();
  ast::CreateTable made;
  made.persistence = persistence;
  made.if_not_exists = TRY(if_not_exists());
  made.name = TRY(qualified_name());
  if (at(Keyword::Of)) return unsupported("CREATE TABLE OF", position());
  if (at(Keyword::Partition)) return unsupported("PARTITION OF", position());
  // CREATE TABLE t (a, b) AS …: names without types.
  bool has_names = at(TokenKind::LeftParen) &&
                   (peek(2).kind == TokenKind::Comma || peek(2).kind == TokenKind::RightParen) &&
                   peek(1).kind != TokenKind::RightParen;
  if (!at(TokenKind::LeftParen) || has_names) {
    ast::CreateTableAs as_query;
    as_query.name = made.name;
    as_query.persistence = persistence;
    as_query.if_not_exists = made.if_not_exists;
    return create_table_as(as_query, begin);
  }
  TRY(table_elements(made));
  if (at(Keyword::Inherits)) return unsupported("INHERITS", position());
  if (at(Keyword::Partition)) return unsupported("PARTITION BY", position());
  TRY(table_storage(made.options, &made.on_commit, made.tablespace));
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::create_table_as(ast::CreateTableAs made, Position begin) {
  made.columns = TRY(optional_names());
  TRY(table_storage(made.options, &made.on_commit, made.tablespace));
  TRY(expect(Keyword::As));
  if (at(Keyword::Execute)) {
    made.execute = TRY(execute());
  } else {
    if (!at_query() && !at(TokenKind::LeftParen)) return syntax_error();
    made.query = TRY(query());
  }
  if (at(Keyword::With) && (ahead(1, Keyword::Data) || ahead(1, Keyword::No))) {
    advance();
    made.with_data = !accept(Keyword::No);
    TRY(expect(Keyword::Data));
  }
  return make_statement(made, begin);
}

// [USING method] [WITH (…) | WITHOUT OIDS] [ON COMMIT …] [TABLESPACE t]
Result<> Grammar::table_storage(ast::List<ast::Option>& options, ast::OnCommit* commit,
                                ast::Name& tablespace) {
  if (accept(Keyword::Using)) {
    ast::Name method = TRY(name());
    if (method.text != "heap")
      return unsupported("table access method \"" + std::string(method.text) + "\"", method.position);
  }
  if (at(Keyword::With) && peek(1).kind == TokenKind::LeftParen) {
    advance();
    options = TRY(storage_options());
  } else if (accept(Keyword::Without)) {
    TRY(expect(Keyword::Oids));
  }
  if (at(Keyword::On)) *commit = TRY(on_commit());
  if (accept(Keyword::Tablespace)) tablespace = TRY(name());
  return {};
}

Result<ast::OnCommit> Grammar::on_commit() {
  advance();
  TRY(expect(Keyword::Commit));
  if (accept(Keyword::Drop)) return ast::OnCommit::Drop;
  bool is_delete = accept(Keyword::Delete);
  if (!is_delete) TRY(expect(Keyword::Preserve));
  TRY(expect(Keyword::Rows));
  return is_delete ? ast::OnCommit::DeleteRows : ast::OnCommit::PreserveRows;
}

Result<> Grammar::table_elements(ast::CreateTable& table) {
  TRY(expect(TokenKind::LeftParen));
  std::vector<ast::ColumnSpec> columns;
  std::vector<ast::Constraint> constraints;
  if (!at(TokenKind::RightParen)) {
    do {
      if (at(Keyword::Like)) return unsupported("LIKE in CREATE TABLE", position());
      if (at_table_constraint()) {
        ast::Constraint constraint = TRY(table_constraint());
        constraints.push_back(constraint);
      } else {
        ast::ColumnSpec column = TRY(column_spec());
        columns.push_back(column);
      }
    } while (accept(TokenKind::Comma));
  }
  TRY(expect(TokenKind::RightParen));
  table.columns = arena_.list(columns);
  table.constraints = arena_.list(constraints);
  return {};
}

Result<ast::ColumnSpec> Grammar::column_spec() {
  ast::ColumnSpec column;
  column.name = TRY(name());
  column.type = TRY(type_name());
  if (at(Keyword::Compression)) return unsupported("COMPRESSION", position());
  TRY(column_constraints(column));
  return column;
}

}  // namespace rowan
