// parser/grammar_dml.cpp: queries as statements, INSERT, UPDATE, DELETE.
#include "parser/grammar.h"

namespace rowan {

// A query, INSERT, UPDATE, DELETE or MERGE, each perhaps after WITH.
Result<const ast::Statement*> Grammar::data_statement() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  Position begin = position();
  ast::With* with = TRY(optional_with());
  return statement_with(with, begin);
}

Result<const ast::Statement*> Grammar::statement_with(ast::With* with, Position begin) {
  if (at(Keyword::Insert)) return insert(with, begin);
  if (at(Keyword::Update)) return update(with, begin);
  if (at(Keyword::Delete)) return remove(with, begin);
  if (at(Keyword::Merge)) return merge(with, begin);
  return query_statement(with, begin);
}

Result<const ast::Statement*> Grammar::query_statement(ast::With* with, Position begin) {
  ast::Query* left = TRY(query_operand());
  ast::QueryPtr found = TRY(query_from(left, begin, with));
  return make_statement(found, begin);
}

// ---- INSERT
// ------------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::insert(ast::With* with, Position begin) {
  ast::Insert made;
  made.with = with;
  advance();
  TRY(expect(Keyword::Into));
  made.table = TRY(qualified_name());
  if (accept(Keyword::As)) made.alias = TRY(name());
  if (accept(Keyword::Default)) {
    TRY(expect(Keyword::Values));
  } else {
    if (at(TokenKind::LeftParen)) {
      bool is_query = peek(1).kind == TokenKind::LeftParen || ahead(1, Keyword::Select) ||
                      ahead(1, Keyword::Values) || ahead(1, Keyword::With) || ahead(1, Keyword::Table);
      if (!is_query) made.columns = TRY(insert_columns());
    }
    made.overriding = TRY(optional_overriding());
    if (!at(TokenKind::LeftParen) && !at_query()) return syntax_error();
    made.query = TRY(query());
  }
  if (at(Keyword::On)) made.on_conflict = TRY(on_conflict());
  made.returning = TRY(optional_returning());
  return make_statement(made, begin);
}

Result<ast::List<ast::Target>> Grammar::insert_columns() {
  TRY(expect(TokenKind::LeftParen));
  std::vector<ast::Target> columns;
  do {
    ast::Target one = TRY(target());
    columns.push_back(one);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  return arena_.list(columns);
}

Result<ast::Overriding> Grammar::optional_overriding() {
  if (!accept(Keyword::Overriding)) return ast::Overriding::None;
  bool is_user = accept(Keyword::User);
  if (!is_user) TRY(expect(Keyword::System));
  TRY(expect(Keyword::Value));
  return is_user ? ast::Overriding::UserValue : ast::Overriding::SystemValue;
}

// a, a.field, a[1]
Result<ast::Target> Grammar::target() {
  ast::Target made;
  made.column = TRY(name());
  if (!at(TokenKind::Dot) && !at(TokenKind::LeftBracket)) return made;
  std::vector<ast::TargetStep> path;
  for (;;) {
    ast::TargetStep step{};
    if (accept(TokenKind::Dot)) {
      step.field = TRY(label());
    } else if (accept(TokenKind::LeftBracket)) {
      if (!at(TokenKind::Colon)) step.lower = TRY(expression());
      step.is_slice = accept(TokenKind::Colon);
      if (step.is_slice && !at(TokenKind::RightBracket)) step.upper = TRY(expression());
      TRY(expect(TokenKind::RightBracket));
    } else {
      break;
    }
    path.push_back(step);
  }
  made.path = arena_.list(path);
  return made;
}

Result<const ast::OnConflict*> Grammar::on_conflict() {
  ast::OnConflict made;
  made.position = position();
  TRY(expect(Keyword::On));
  TRY(expect(Keyword::Conflict));
  if (at(TokenKind::LeftParen)) {
    ast::ConflictTarget where;
    Position begin = position();
    TRY(expect(TokenKind::LeftParen));
    where.keys = TRY(index_keys());
    for (const ast::IndexKey& key : where.keys) {
      bool is_directed = key.direction != ast::SortDirection::Default;
      if (!is_directed && key.nulls == ast::NullsOrder::Default) continue;
      return Error(sqlstate::invalid_column_reference,
                   std::string(is_directed ? "ASC/DESC" : "NULLS FIRST/LAST") +
                       " is not allowed in ON CONFLICT clause")
          .at(begin);
    }
    TRY(expect(TokenKind::RightParen));
    where.where = TRY(optional_where());
    made.target = where;
  } else if (accept(Keyword::On)) {
    TRY(expect(Keyword::Constraint));
    ast::ConflictTarget where;
    where.constraint = TRY(name());
    made.target = where;
  }
  TRY(expect(Keyword::Do));
  if (!accept(Keyword::Nothing)) {
    TRY(expect(Keyword::Update));
    TRY(expect(Keyword::Set));
    made.do_update = true;
    made.assignments = TRY(assignments());
    made.where = TRY(optional_where());
  }
  return static_cast<const ast::OnConflict*>(arena_.make(made));
}

// ---- UPDATE, DELETE
// ----------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::update(ast::With* with, Position begin) {
  ast::Update made;
  made.with = with;
  advance();
  ast::TableRef table = TRY(relation());
  made.table = table.name;
  made.is_only = table.is_only;
  // SET may name a table, but not here.
  if (accept(Keyword::As) || (at_name() && !at(Keyword::Set))) made.alias = TRY(name());
  TRY(expect(Keyword::Set));
  made.assignments = TRY(assignments());
  if (accept(Keyword::From)) made.from = TRY(from_list());
  made.where = TRY(where_or_current());
  made.returning = TRY(optional_returning());
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::remove(ast::With* with, Position begin) {
  ast::Delete made;
  made.with = with;
  advance();
  TRY(expect(Keyword::From));
  ast::TableRef table = TRY(relation());
  made.table = table.name;
  made.is_only = table.is_only;
  if (accept(Keyword::As) || at_name()) made.alias = TRY(name());
  if (accept(Keyword::Using)) made.using_items = TRY(from_list());
  made.where = TRY(where_or_current());
  made.returning = TRY(optional_returning());
  return make_statement(made, begin);
}

Result<ast::List<ast::Assignment>> Grammar::assignments() {
  std::vector<ast::Assignment> made;
  do {
    ast::Assignment one = TRY(assignment());
    made.push_back(one);
  } while (accept(TokenKind::Comma));
  return arena_.list(made);
}

Result<ast::Assignment> Grammar::assignment() {
  ast::Assignment made{};
  made.position = position();
  if (at(TokenKind::LeftParen)) {
    made.is_multiple = true;
    made.targets = TRY(insert_columns());
  } else {
    ast::Target one = TRY(target());
    made.targets = arena_.list(&one, 1);
  }
  TRY(expect(TokenKind::Equal));
  made.value = TRY(expression());
  bool is_many = ast::as<ast::Row>(made.value) != nullptr || ast::as<ast::ScalarQuery>(made.value) != nullptr;
  if (made.is_multiple && !is_many) {
    return Error(sqlstate::feature_not_supported,
                 "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
        .at(made.value->position);
  }
  return made;
}

Result<ast::ExprPtr> Grammar::where_or_current() {
  if (!accept(Keyword::Where)) return nullptr;
  if (!at(Keyword::Current, Keyword::Of)) return expression();
  Position begin = advance().begin;
  advance();
  ast::Name cursor = TRY(name());
  return make(ast::CurrentOf{cursor}, begin, begin);
}

}  // namespace rowan
