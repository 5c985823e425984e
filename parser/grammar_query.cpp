// parser/grammar_query.cpp: SELECT, VALUES, TABLE, set operations, WITH, and what may follow them.
#include <utility>

#include "parser/grammar.h"

namespace rowan {

bool Grammar::at_query() {
  return at(Keyword::Select) || at(Keyword::Values) || at(Keyword::With) || at(Keyword::Table);
}

bool Grammar::at_query_tail() {
  if (!at(TokenKind::Keyword)) return false;
  switch (peek().keyword) {
    case Keyword::Union:
    case Keyword::Intersect:
    case Keyword::Except:
    case Keyword::Order:
    case Keyword::Limit:
    case Keyword::Offset:
    case Keyword::Fetch:
    case Keyword::For:
      return true;
    default:
      return false;
  }
}

Result<ast::Query*> Grammar::query() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  Position begin = position();
  ast::With* with = TRY(optional_with());
  ast::Query* left = TRY(query_operand());
  return query_from(left, begin, with);
}

// ( query )
Result<ast::Query*> Grammar::query_in_parentheses() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  TRY(expect(TokenKind::LeftParen));
  ast::Query* found = nullptr;
  if (at(TokenKind::LeftParen)) {
    Position begin = position();
    ast::Query* left = TRY(query_in_parentheses());
    found = TRY(query_from(left, begin, nullptr));
  } else {
    if (!at_query()) return syntax_error();
    found = TRY(query());
  }
  TRY(expect(TokenKind::RightParen));
  return found;
}

// Set operations and clauses after the first operand. A parenthesized query that has a clause already may not
// be given another of the kind.
Result<ast::Query*> Grammar::query_from(ast::Query* left, Position begin, ast::With* with) {
  ast::Query* found = TRY(set_operations(left, begin, false));
  if (with != nullptr) {
    if (found->with != nullptr) return error_at("multiple WITH clauses not allowed", with->position);
    found->with = with;
    found->range.begin = begin;
  }
  Position end = last_end_;
  TRY(query_tail(*found));
  if (last_end_ != end) found->range.end = last_end_;
  return found;
}

// Left to right; INTERSECT binds more tightly than UNION and EXCEPT.
Result<ast::Query*> Grammar::set_operations(ast::Query* left, Position begin, bool intersect_only) {
  for (;;) {
    ast::SetOperator op;
    if (at(Keyword::Intersect)) {
      op = ast::SetOperator::Intersect;
    } else if (!intersect_only && at(Keyword::Union)) {
      op = ast::SetOperator::Union;
    } else if (!intersect_only && at(Keyword::Except)) {
      op = ast::SetOperator::Except;
    } else {
      return left;
    }
    Position where = advance().begin;
    bool is_all = accept(Keyword::All);
    if (!is_all) accept(Keyword::Distinct);
    Position right_begin = position();
    ast::Query* right = TRY(query_operand());
    if (op != ast::SetOperator::Intersect) right = TRY(set_operations(right, right_begin, true));
    ast::Query* made = arena_.make(ast::Query{});
    made->node = ast::SetOperation{op, is_all, left, right};
    made->position = where;
    made->range = {begin, last_end_};
    left = made;
  }
}

Result<ast::Query*> Grammar::query_operand() {
  if (at(TokenKind::LeftParen)) return query_in_parentheses();
  if (at(Keyword::Select)) return select();
  if (at(Keyword::Values)) return values();
  if (!at(Keyword::Table)) return syntax_error();
  ast::Query* made = arena_.make(ast::Query{});
  made->position = advance().begin;
  ast::Select body;
  ast::TableRef table = TRY(relation());
  ast::FromItem* item = arena_.make(ast::FromItem{table, {}, table.name.position()});
  ast::FromPtr from = item;
  body.from = arena_.list(&from, 1);
  ast::SelectItem star{make(ast::Star{}, made->position, made->position), {}};
  body.items = arena_.list(&star, 1);
  made->node = body;
  made->range = {made->position, last_end_};
  return made;
}

Result<ast::Query*> Grammar::values() {
  ast::Query* made = arena_.make(ast::Query{});
  made->position = advance().begin;
  std::vector<ast::List<ast::ExprPtr>> rows;
  do {
    TRY(expect(TokenKind::LeftParen));
    ast::List<ast::ExprPtr> row = TRY(expression_list());
    rows.push_back(row);
    TRY(expect(TokenKind::RightParen));
  } while (accept(TokenKind::Comma));
  made->node = ast::Values{arena_.list(rows)};
  made->range = {made->position, last_end_};
  return made;
}

// ---- SELECT
// ------------------------------------------------------------------------------------------------

Result<ast::Query*> Grammar::select() {
  ast::Query* made = arena_.make(ast::Query{});
  made->position = advance().begin;
  ast::Select body;
  if (accept(Keyword::Distinct)) {
    body.is_distinct = true;
    if (accept(Keyword::On)) {
      TRY(expect(TokenKind::LeftParen));
      body.distinct_on = TRY(expression_list());
      TRY(expect(TokenKind::RightParen));
    }
    body.items = TRY(select_items());
  } else {
    accept(Keyword::All);
    bool is_empty = at(TokenKind::End) || at(TokenKind::Semicolon) || at(TokenKind::RightParen) ||
                    at(Keyword::From) || at(Keyword::Into) || at(Keyword::Where) || at(Keyword::Group) ||
                    at(Keyword::Having) || at(Keyword::Window) || at_query_tail();
    if (!is_empty) body.items = TRY(select_items());
  }
  if (at(Keyword::Into)) {
    Position where = position();
    TRY(select_into());
    if (into_->query != nullptr) return error_at("SELECT ... INTO is not allowed here", where);
    into_->query = made;
  }
  if (accept(Keyword::From)) body.from = TRY(from_list());
  body.where = TRY(optional_where());
  if (accept(Keyword::Group)) {
    TRY(expect(Keyword::By));
    body.group_distinct = accept(Keyword::Distinct);
    if (!body.group_distinct) accept(Keyword::All);
    body.group_by = TRY(group_items());
  }
  if (accept(Keyword::Having)) body.having = TRY(expression());
  if (accept(Keyword::Window)) body.windows = TRY(window_clause());
  made->node = body;
  made->range = {made->position, last_end_};
  return made;
}

// INTO [TEMPORARY | TEMP | UNLOGGED] [TABLE] name: remembered, for the statement to make CREATE TABLE AS of.
Result<> Grammar::select_into() {
  advance();
  Into into{};
  into.position = position();
  if (into_) return error_at("SELECT ... INTO is not allowed here", into.position);
  if (at(Keyword::Local) || at(Keyword::Global)) advance();
  if (accept(Keyword::Temporary) || accept(Keyword::Temp)) {
    into.table.persistence = ast::Persistence::Temporary;
  } else if (at(Keyword::Unlogged)) {
    return unsupported("UNLOGGED", position());
  }
  accept(Keyword::Table);
  into.table.name = TRY(qualified_name());
  into.table.is_select_into = true;
  into_ = into;
  return {};
}

Result<ast::List<ast::SelectItem>> Grammar::select_items() {
  std::vector<ast::SelectItem> items;
  do {
    ast::SelectItem item = TRY(select_item());
    items.push_back(item);
  } while (accept(TokenKind::Comma));
  return arena_.list(items);
}

Result<ast::SelectItem> Grammar::select_item() {
  ast::SelectItem item{};
  if (at(TokenKind::Star)) {
    Position begin = advance().begin;
    item.expr = make(ast::Star{}, begin, begin);
    return item;
  }
  bool was_in_item = std::exchange(in_select_item_, true);
  item.expr = TRY(expression());
  in_select_item_ = was_in_item;
  if (accept(Keyword::As)) {
    item.alias = TRY(label());
  } else if (at_bare_label()) {
    Token token = advance();
    item.alias = {token.text, token.begin};
  }
  return item;
}

Result<ast::List<ast::SelectItem>> Grammar::optional_returning() {
  if (!accept(Keyword::Returning)) return ast::List<ast::SelectItem>();
  return select_items();
}

Result<ast::ExprPtr> Grammar::optional_where() {
  if (!accept(Keyword::Where)) return nullptr;
  return expression();
}

Result<ast::List<ast::GroupItem>> Grammar::group_items() {
  std::vector<ast::GroupItem> items;
  do {
    ast::GroupItem item = TRY(group_item());
    items.push_back(item);
  } while (accept(TokenKind::Comma));
  return arena_.list(items);
}

Result<ast::GroupItem> Grammar::group_item() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  ast::GroupItem item;
  item.position = position();
  if (at(TokenKind::LeftParen) && peek(1).kind == TokenKind::RightParen) {
    advance();
    advance();
    item.kind = ast::GroupingKind::Set;
    return item;
  }
  bool opens = peek(1).kind == TokenKind::LeftParen;
  if ((at(Keyword::Rollup) || at(Keyword::Cube)) && opens) {
    item.kind = advance().keyword == Keyword::Rollup ? ast::GroupingKind::Rollup : ast::GroupingKind::Cube;
  } else if (at(Keyword::Grouping, Keyword::Sets)) {
    advance();
    advance();
    item.kind = ast::GroupingKind::Sets;
  } else {
    item.expr = TRY(expression());
    return item;
  }
  TRY(expect(TokenKind::LeftParen));
  item.items = TRY(group_items());
  TRY(expect(TokenKind::RightParen));
  return item;
}

Result<ast::List<ast::WindowSpec>> Grammar::window_clause() {
  std::vector<ast::WindowSpec> windows;
  do {
    ast::Name window = TRY(name());
    TRY(expect(Keyword::As));
    ast::WindowSpec* spec = TRY(window_definition());
    spec->name = window;
    windows.push_back(*spec);
  } while (accept(TokenKind::Comma));
  return arena_.list(windows);
}

// ---- WITH
// --------------------------------------------------------------------------------------------------

Result<ast::With*> Grammar::optional_with() {
  if (!at(Keyword::With)) return nullptr;
  Position begin = advance().begin;
  bool is_recursive = accept(Keyword::Recursive);
  std::vector<ast::CommonTable> tables;
  do {
    ast::CommonTable table = TRY(common_table());
    tables.push_back(table);
  } while (accept(TokenKind::Comma));
  return arena_.make(ast::With{is_recursive, arena_.list(tables), begin});
}

Result<ast::CommonTable> Grammar::common_table() {
  ast::CommonTable table{};
  table.position = position();
  table.name = TRY(name());
  table.columns = TRY(optional_names());
  TRY(expect(Keyword::As));
  if (accept(Keyword::Materialized)) {
    table.materialize = ast::Materialize::Always;
  } else if (accept(Keyword::Not)) {
    TRY(expect(Keyword::Materialized));
    table.materialize = ast::Materialize::Never;
  }
  TRY(expect(TokenKind::LeftParen));
  table.statement = TRY(data_statement());
  TRY(expect(TokenKind::RightParen));
  if (at(Keyword::Search)) return unsupported("SEARCH clause", position());
  if (at(Keyword::Cycle)) return unsupported("CYCLE clause", position());
  return table;
}

// ---- ORDER BY, LIMIT, FOR
// ----------------------------------------------------------------------------------

Result<> Grammar::query_tail(ast::Query& query) {
  if (at(Keyword::Order)) {
    advance();
    TRY(expect(Keyword::By));
    Position where = position();
    ast::List<ast::SortKey> keys = TRY(sort_keys());
    if (!query.order_by.empty()) return error_at("multiple ORDER BY clauses not allowed", where);
    query.order_by = keys;
  }
  bool has_limit = false;
  std::vector<ast::RowLock> locks;
  // LIMIT and OFFSET in either order, then FOR …; or FOR … first. FOR READ ONLY means nothing.
  for (int part = 0; part < 2; part++) {
    if (at(Keyword::Limit) || at(Keyword::Offset) || at(Keyword::Fetch)) {
      if (has_limit) return syntax_error();
      TRY(limit_clause(query, has_limit));
    } else if (at(Keyword::For)) {
      if (!locks.empty()) return syntax_error();
      if (ahead(1, Keyword::Read)) {
        advance();
        advance();
        TRY(expect(Keyword::Only));
        continue;
      }
      while (at(Keyword::For)) {
        ast::RowLock lock = TRY(row_lock());
        locks.push_back(lock);
      }
    }
  }
  if (!locks.empty()) {
    locks.insert(locks.begin(), query.row_locks.begin(), query.row_locks.end());
    query.row_locks = arena_.list(locks);
  }
  if (query.with_ties && query.order_by.empty()) {
    return error_at("WITH TIES cannot be specified without ORDER BY clause", kNoPosition);
  }
  for (const ast::RowLock& lock : query.row_locks) {
    if (query.with_ties && lock.wait == ast::LockWait::SkipLocked) {
      return error_at("SKIP LOCKED and WITH TIES options cannot be used together", kNoPosition);
    }
  }
  return {};
}

Result<> Grammar::limit_clause(ast::Query& query, bool& has_limit) {
  bool has_offset = false, has_count = false;
  for (;;) {
    if (at(Keyword::Offset) && !has_offset) {
      has_offset = true;
      advance();
      Position where = position();
      ast::ExprPtr offset = TRY(expression());
      if (at(Keyword::Row) || at(Keyword::Rows)) advance();
      if (query.offset != nullptr) return error_at("multiple OFFSET clauses not allowed", where);
      query.offset = offset;
    } else if (at(Keyword::Limit) && !has_count) {
      has_count = true;
      Position word = advance().begin;
      Position where = position();
      ast::ExprPtr count = nullptr;
      if (accept(Keyword::All)) {
        count = make(ast::Literal{}, where, where);
      } else {
        count = TRY(expression());
      }
      if (accept(TokenKind::Comma)) {
        ast::ExprPtr ignored = TRY(expression());
        static_cast<void>(ignored);
        return error_at("LIMIT #,# syntax is not supported", word)
            .hint("Use separate LIMIT and OFFSET clauses.");
      }
      if (query.limit != nullptr) return error_at("multiple LIMIT clauses not allowed", where);
      query.limit = count;
    } else if (at(Keyword::Fetch) && !has_count) {
      has_count = true;
      TRY(fetch_clause(query));
    } else {
      break;
    }
  }
  has_limit = true;
  return {};
}

// FETCH FIRST | NEXT [n] ROW | ROWS ONLY | WITH TIES
Result<> Grammar::fetch_clause(ast::Query& query) {
  advance();
  if (!at(Keyword::First) && !at(Keyword::Next)) return syntax_error();
  advance();
  Position where = position();
  ast::ExprPtr count = nullptr;
  if (at(Keyword::Row) || at(Keyword::Rows)) {
    count = make(ast::Literal{ast::LiteralKind::Integer, 1, {}}, kNoPosition, where);
  } else {
    count = TRY(row_count());
  }
  if (!at(Keyword::Row) && !at(Keyword::Rows)) return syntax_error();
  advance();
  if (query.limit != nullptr) return error_at("multiple LIMIT clauses not allowed", where);
  query.limit = count;
  if (accept(Keyword::Only)) return {};
  query.with_ties = true;
  return expect(Keyword::With, Keyword::Ties);
}

// A primary, or a signed number.
Result<ast::ExprPtr> Grammar::row_count() {
  if (!at(TokenKind::Plus) && !at(TokenKind::Minus)) return primary();
  Token sign = advance();
  if (!at(TokenKind::Integer) && !at(TokenKind::Number)) return syntax_error();
  ast::ExprPtr number = literal();
  if (sign.kind == TokenKind::Minus) return negate(number, sign, {"-", {}, sign.begin});
  return make(ast::Unary{{"+", {}, sign.begin}, number}, sign.begin, sign.begin);
}

Result<ast::RowLock> Grammar::row_lock() {
  ast::RowLock lock{};
  lock.position = advance().begin;
  if (accept(Keyword::Update)) {
    lock.strength = ast::RowLockStrength::Update;
  } else if (accept(Keyword::No, Keyword::Key)) {
    TRY(expect(Keyword::Update));
    lock.strength = ast::RowLockStrength::NoKeyUpdate;
  } else if (accept(Keyword::Share)) {
    lock.strength = ast::RowLockStrength::Share;
  } else {
    TRY(expect(Keyword::Key, Keyword::Share));
    lock.strength = ast::RowLockStrength::KeyShare;
  }
  if (accept(Keyword::Of)) {
    std::vector<ast::QualifiedName> tables;
    do {
      ast::QualifiedName one = TRY(qualified_name());
      tables.push_back(one);
    } while (accept(TokenKind::Comma));
    lock.of = arena_.list(tables);
  }
  lock.wait = ast::LockWait::Block;
  if (accept(Keyword::Nowait)) {
    lock.wait = ast::LockWait::NoWait;
  } else if (accept(Keyword::Skip)) {
    TRY(expect(Keyword::Locked));
    lock.wait = ast::LockWait::SkipLocked;
  }
  return lock;
}

}  // namespace rowan
