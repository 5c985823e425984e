// parser/grammar_merge.cpp: MERGE, as PostgreSQL 15 has it: without RETURNING and NOT MATCHED BY SOURCE.
#include "parser/grammar.h"

namespace rowan {

Result<const ast::Statement*> Grammar::merge(ast::With* with, Position begin) {
  ast::Merge made;
  made.with = with;
  advance();
  TRY(expect(Keyword::Into));
  ast::TableRef table = TRY(relation());
  made.table = table.name;
  made.is_only = table.is_only;
  if (accept(Keyword::As) || (at_name() && !at(Keyword::Set))) made.alias = TRY(name());
  TRY(expect(Keyword::Using));
  made.source = TRY(from_item());
  TRY(expect(Keyword::On));
  made.on = TRY(expression());
  std::vector<ast::MergeWhen> clauses;
  do {
    ast::MergeWhen one = TRY(merge_when());
    clauses.push_back(one);
  } while (at(Keyword::When));
  made.clauses = arena_.list(clauses);
  return make_statement(made, begin);
}

// WHEN [NOT] MATCHED [AND condition] THEN …
Result<ast::MergeWhen> Grammar::merge_when() {
  ast::MergeWhen made;
  TRY(expect(Keyword::When));
  made.is_matched = !accept(Keyword::Not);
  TRY(expect(Keyword::Matched));
  if (accept(Keyword::And)) made.condition = TRY(expression());
  TRY(expect(Keyword::Then));
  if (accept(Keyword::Do)) {
    TRY(expect(Keyword::Nothing));
  } else if (!made.is_matched) {
    TRY(expect(Keyword::Insert));
    made.action = ast::MergeAction::Insert;
    made.insert = TRY(merge_insert());
  } else if (accept(Keyword::Update)) {
    made.action = ast::MergeAction::Update;
    TRY(expect(Keyword::Set));
    made.assignments = TRY(assignments());
  } else {
    TRY(expect(Keyword::Delete));
    made.action = ast::MergeAction::Delete;
  }
  return made;
}

// What follows INSERT: DEFAULT VALUES, or [(columns)] [OVERRIDING …] VALUES (…), one row.
Result<const ast::Insert*> Grammar::merge_insert() {
  ast::Insert made;
  if (accept(Keyword::Default)) {
    TRY(expect(Keyword::Values));
    return static_cast<const ast::Insert*>(arena_.make(made));
  }
  if (at(TokenKind::LeftParen)) made.columns = TRY(insert_columns());
  made.overriding = TRY(optional_overriding());
  auto* row = arena_.make(ast::Query{});
  row->position = position();
  TRY(expect(Keyword::Values));
  TRY(expect(TokenKind::LeftParen));
  ast::List<ast::ExprPtr> values = TRY(expression_list());
  TRY(expect(TokenKind::RightParen));
  row->node = ast::Values{arena_.list(&values, 1)};
  row->range = {row->position, last_end_};
  made.query = row;
  return static_cast<const ast::Insert*>(arena_.make(made));
}

}  // namespace rowan
