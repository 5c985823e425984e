// parser/grammar_from.cpp: tables, subqueries, functions and joins.
#include "parser/grammar.h"

namespace rowan {

Result<ast::List<ast::FromPtr>> Grammar::from_list() {
  std::vector<ast::FromPtr> items;
  do {
    ast::FromPtr item = TRY(from_item());
    items.push_back(item);
  } while (accept(TokenKind::Comma));
  return arena_.list(items);
}

Result<ast::FromItem*> Grammar::from_item() {
  ast::FromItem* left = TRY(from_primary());
  while (at_join()) left = TRY(join_step(left));
  return left;
}

bool Grammar::at_join() {
  return at(Keyword::Join) || at(Keyword::Cross) || at(Keyword::Natural) || at(Keyword::Inner) ||
         at(Keyword::Left) || at(Keyword::Right) || at(Keyword::Full);
}

// One join of `left` with what follows. In `a JOIN b JOIN c ON … ON …` the inner join comes first, since
// `a JOIN b` is not complete without its condition.
Result<ast::FromItem*> Grammar::join_step(ast::FromItem* left) {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  ast::Join join{};
  join.left = left;
  join.kind = ast::JoinKind::Inner;
  Position where = position();
  bool is_cross = accept(Keyword::Cross);
  join.is_natural = !is_cross && accept(Keyword::Natural);
  if (is_cross) {
    join.kind = ast::JoinKind::Cross;
  } else if (accept(Keyword::Left)) {
    join.kind = ast::JoinKind::Left;
  } else if (accept(Keyword::Right)) {
    join.kind = ast::JoinKind::Right;
  } else if (accept(Keyword::Full)) {
    join.kind = ast::JoinKind::Full;
  } else {
    accept(Keyword::Inner);
  }
  if (join.kind != ast::JoinKind::Inner && !is_cross) accept(Keyword::Outer);
  TRY(expect(Keyword::Join));
  ast::FromItem* right = TRY(from_primary());
  if (!is_cross && !join.is_natural) {
    while (at_join()) right = TRY(join_step(right));
  }
  join.right = right;
  if (!is_cross && !join.is_natural) TRY(join_condition(join));
  return arena_.make(ast::FromItem{join, {}, where});
}

Result<> Grammar::join_condition(ast::Join& join) {
  if (accept(Keyword::Using)) {
    join.using_columns = TRY(parenthesized_names());
    if (accept(Keyword::As)) join.using_alias = TRY(name());
    return {};
  }
  TRY(expect(Keyword::On));
  join.on = TRY(expression());
  return {};
}

// [ONLY] t [*], ONLY (t)
Result<ast::TableRef> Grammar::relation() {
  ast::TableRef table{};
  if (accept(Keyword::Only)) {
    table.is_only = true;
    if (accept(TokenKind::LeftParen)) {
      table.name = TRY(qualified_name());
      TRY(expect(TokenKind::RightParen));
      return table;
    }
    table.name = TRY(qualified_name());
    return table;
  }
  table.name = TRY(qualified_name());
  accept(TokenKind::Star);
  return table;
}

Result<ast::FromItem*> Grammar::from_primary() {
  Position begin = position();
  bool is_lateral = accept(Keyword::Lateral);
  if (at(TokenKind::LeftParen)) {
    if (is_lateral) {
      ast::Query* query = TRY(query_in_parentheses());
      return from_query(query, begin, true);
    }
    ParenthesizedFrom found = TRY(from_parenthesized());
    if (found.query != nullptr) return from_query(found.query, begin, false);
    found.item->alias = TRY(optional_alias());
    return found.item;
  }
  if (at(Keyword::Rows, Keyword::From) && peek(2).kind == TokenKind::LeftParen) {
    return from_rows_from(begin, is_lateral);
  }
  if (at(Keyword::Xmltable)) return unsupported("XMLTABLE", position());
  bool is_call = at_special_call() || (!at_name() && at_function_name());
  if (is_lateral || is_call) return from_function(begin, is_lateral);
  if (at(Keyword::Only)) {
    ast::TableRef table = TRY(relation());
    ast::Alias alias = TRY(optional_alias());
    return arena_.make(ast::FromItem{table, alias, begin});
  }
  ast::QualifiedName found = TRY(any_name());
  if (at(TokenKind::LeftParen)) {
    ast::FunctionRef function{};
    ast::FunctionItem item{TRY(call(found, begin, false)), {}};
    function.functions = arena_.list(&item, 1);
    ast::FromItem* made = arena_.make(ast::FromItem{function, {}, begin});
    TRY(function_alias(*made, function));
    made->node = function;
    return made;
  }
  if (found.parts.size() > 3) {
    std::string message = "improper qualified name (too many dotted names): ";
    for (const ast::Name& part : found.parts) {
      if (&part != &found.parts.front()) message += '.';
      message += part.text;
    }
    return error_at(std::move(message), begin);
  }
  accept(TokenKind::Star);
  ast::Alias alias = TRY(optional_alias());
  if (at(Keyword::Tablesample)) return unsupported("TABLESAMPLE", position());
  return arena_.make(ast::FromItem{ast::TableRef{found, false}, alias, begin});
}

// A query or a join between parentheses: ((SELECT 1) a CROSS JOIN b).
Result<Grammar::ParenthesizedFrom> Grammar::from_parenthesized() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  TRY(expect(TokenKind::LeftParen));
  ParenthesizedFrom found;
  if (at_query()) {
    found.query = TRY(query());
    TRY(expect(TokenKind::RightParen));
    return found;
  }
  ast::FromItem* left = nullptr;
  if (at(TokenKind::LeftParen)) {
    Position begin = position();
    ParenthesizedFrom inner = TRY(from_parenthesized());
    if (inner.query != nullptr && (at(TokenKind::RightParen) || at_query_tail())) {
      found.query = TRY(query_from(inner.query, begin, nullptr));
      TRY(expect(TokenKind::RightParen));
      return found;
    }
    if (inner.query != nullptr) {
      left = TRY(from_query(inner.query, begin, false));
    } else {
      left = inner.item;
      left->alias = TRY(optional_alias());
    }
  } else {
    left = TRY(from_primary());
  }
  // Only a join may stand in parentheses, not a table alone.
  if (!at_join() && !std::holds_alternative<ast::Join>(left->node)) return syntax_error();
  while (at_join()) left = TRY(join_step(left));
  TRY(expect(TokenKind::RightParen));
  found.item = left;
  return found;
}

Result<ast::FromItem*> Grammar::from_query(ast::Query* query, Position begin, bool is_lateral) {
  ast::Alias alias = TRY(optional_alias());
  if (alias.name.empty()) {
    bool is_values = std::holds_alternative<ast::Values>(query->node);
    return error_at(is_values ? "VALUES in FROM must have an alias" : "subquery in FROM must have an alias",
                    begin)
        .hint(is_values ? "For example, FROM (VALUES ...) [AS] foo."
                        : "For example, FROM (SELECT ...) [AS] foo.");
  }
  return arena_.make(ast::FromItem{ast::QueryRef{query, is_lateral}, alias, begin});
}

// ---- functions
// ---------------------------------------------------------------------------------------------

Result<ast::FromItem*> Grammar::from_function(Position begin, bool is_lateral) {
  ast::FunctionRef function{};
  function.is_lateral = is_lateral;
  ast::FunctionItem item{TRY(windowless_call()), {}};
  function.functions = arena_.list(&item, 1);
  ast::FromItem* made = arena_.make(ast::FromItem{function, {}, begin});
  TRY(function_alias(*made, function));
  made->node = function;
  return made;
}

// ROWS FROM (f(…) [AS (columns)], g(…))
Result<ast::FromItem*> Grammar::from_rows_from(Position begin, bool is_lateral) {
  advance();
  advance();
  TRY(expect(TokenKind::LeftParen));
  ast::FunctionRef function{};
  function.is_rows_from = true;
  function.is_lateral = is_lateral;
  std::vector<ast::FunctionItem> items;
  do {
    ast::FunctionItem item{TRY(windowless_call()), {}};
    if (accept(Keyword::As)) {
      TRY(expect(TokenKind::LeftParen));
      item.columns = TRY(column_definitions());
      TRY(expect(TokenKind::RightParen));
    }
    items.push_back(item);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  function.functions = arena_.list(items);
  ast::FromItem* made = arena_.make(ast::FromItem{function, {}, begin});
  TRY(function_alias(*made, function));
  made->node = function;
  return made;
}

// [WITH ORDINALITY] [AS] t (a, b) | [AS] t (a int, b text) | AS (a int, b text)
Result<> Grammar::function_alias(ast::FromItem& item, ast::FunctionRef& function) {
  function.with_ordinality = accept(Keyword::With, Keyword::Ordinality);
  bool has_as = accept(Keyword::As);
  if (!has_as && !at_name()) return {};
  if (!(has_as && at(TokenKind::LeftParen))) item.alias.name = TRY(name());
  if (!accept(TokenKind::LeftParen)) return {};
  bool is_plain = peek(1).kind == TokenKind::Comma || peek(1).kind == TokenKind::RightParen;
  if (is_plain && !item.alias.name.empty()) {
    item.alias.columns = TRY(name_list());
  } else {
    ast::FunctionItem first = function.functions.front();
    first.columns = TRY(column_definitions());
    function.functions = arena_.list(&first, 1);
  }
  return expect(TokenKind::RightParen);
}

Result<ast::List<ast::ColumnDefinition>> Grammar::column_definitions() {
  std::vector<ast::ColumnDefinition> columns;
  do {
    ast::ColumnDefinition column{};
    column.name = TRY(name());
    column.type = TRY(type_name());
    if (accept(Keyword::Collate)) column.collation = TRY(any_name());
    columns.push_back(column);
  } while (accept(TokenKind::Comma));
  return arena_.list(columns);
}

// [AS] t [(a, b)]
Result<ast::Alias> Grammar::optional_alias() {
  ast::Alias alias;
  bool has_as = accept(Keyword::As);
  if (!has_as && !at_name()) return alias;
  alias.name = TRY(name());
  alias.columns = TRY(optional_names());
  return alias;
}

}  // namespace rowan
