// parser/grammar_schema.cpp: indexes, views, sequences, schemas; DROP, TRUNCATE, COMMENT.
#include "parser/grammar.h"

namespace rowan {

bool Grammar::accept_cascade() {
  if (accept(Keyword::Cascade)) return true;
  accept(Keyword::Restrict);
  return false;
}

Result<bool> Grammar::if_exists() {
  if (!accept(Keyword::If)) return false;
  TRY(expect(Keyword::Exists));
  return true;
}

Result<bool> Grammar::if_not_exists() {
  if (!at(Keyword::If, Keyword::Not)) return false;
  advance();
  advance();
  TRY(expect(Keyword::Exists));
  return true;
}

Result<ast::List<ast::TruncateTarget>> Grammar::relations() {
  std::vector<ast::TruncateTarget> tables;
  do {
    ast::TableRef table = TRY(relation());
    tables.push_back({table.name, table.is_only});
  } while (accept(TokenKind::Comma));
  return arena_.list(tables);
}

// CREATE and what follows it, told apart by a few words.
Result<const ast::Statement*> Grammar::create() {
  Position begin = advance().begin;
  bool or_replace = accept(Keyword::Or, Keyword::Replace);
  ast::Persistence persistence = ast::Persistence::Permanent;
  Position marked = position();
  if (at(Keyword::Global) || at(Keyword::Local)) {
    advance();
    if (!at(Keyword::Temporary) && !at(Keyword::Temp)) return syntax_error();
  }
  if (accept(Keyword::Temporary) || accept(Keyword::Temp)) {
    persistence = ast::Persistence::Temporary;
  } else if (accept(Keyword::Unlogged)) {
    persistence = ast::Persistence::Unlogged;
  }
  if (at(Keyword::View) || at(Keyword::Recursive)) return create_view(begin, persistence, or_replace);
  bool is_marked = persistence != ast::Persistence::Permanent;
  if (!or_replace) {
    bool is_unlogged = persistence == ast::Persistence::Unlogged;
    if (is_unlogged && (at(Keyword::Table) || at(Keyword::Sequence))) return unsupported("UNLOGGED", marked);
    if (at(Keyword::Table)) return create_table(begin, persistence);
    if (at(Keyword::Sequence)) return create_sequence(begin, persistence);
  }
  if (!or_replace && !is_marked) {
    if (accept(Keyword::Unique)) return create_index(begin, true);
    if (at(Keyword::Index)) return create_index(begin, false);
    if (at(Keyword::Schema)) return create_schema(begin);
    if (at(Keyword::Statistics)) return create_statistics(begin);
  }
  if (is_marked || !at(TokenKind::Keyword)) return syntax_error();
  switch (peek().keyword) {
    case Keyword::Access:
    case Keyword::Aggregate:
    case Keyword::Cast:
    case Keyword::Collation:
    case Keyword::Constraint:
    case Keyword::Conversion:
    case Keyword::Database:
    case Keyword::Default:
    case Keyword::Domain:
    case Keyword::Event:
    case Keyword::Extension:
    case Keyword::Foreign:
    case Keyword::Function:
    case Keyword::Group:
    case Keyword::Language:
    case Keyword::Materialized:
    case Keyword::Operator:
    case Keyword::Policy:
    case Keyword::Procedural:
    case Keyword::Procedure:
    case Keyword::Publication:
    case Keyword::Role:
    case Keyword::Rule:
    case Keyword::Server:
    case Keyword::Subscription:
    case Keyword::Tablespace:
    case Keyword::Text:
    case Keyword::Transform:
    case Keyword::Trigger:
    case Keyword::Trusted:
    case Keyword::Type:
    case Keyword::User:
      break;
    default:
      return syntax_error();
  }
  std::string what = "CREATE ";
  for (char c : peek().text) what += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return unsupported(what, begin);
}

// ---- indexes
// -----------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::create_index(Position begin, bool is_unique) {
  TRY(expect(Keyword::Index));
  ast::CreateIndex made;
  made.is_unique = is_unique;
  made.is_concurrent = accept(Keyword::Concurrently);
  made.if_not_exists = TRY(if_not_exists());
  if (!at(Keyword::On) || made.if_not_exists) made.name = TRY(name());
  TRY(expect(Keyword::On));
  ast::TableRef table = TRY(relation());
  made.table = table.name;
  made.is_only = table.is_only;
  if (accept(Keyword::Using)) made.method = TRY(name());
  TRY(expect(TokenKind::LeftParen));
  made.keys = TRY(index_keys());
  TRY(expect(TokenKind::RightParen));
  if (accept(Keyword::Include)) {
    TRY(expect(TokenKind::LeftParen));
    made.include = TRY(index_keys());
    TRY(expect(TokenKind::RightParen));
  }
  TRY(nulls_distinct());
  if (accept(Keyword::With)) made.options = TRY(storage_options());
  if (accept(Keyword::Tablespace)) made.tablespace = TRY(name());
  made.where = TRY(optional_where());
  return make_statement(made, begin);
}

Result<ast::List<ast::IndexKey>> Grammar::index_keys() {
  std::vector<ast::IndexKey> keys;
  do {
    ast::IndexKey key = TRY(index_key());
    keys.push_back(key);
  } while (accept(TokenKind::Comma));
  return arena_.list(keys);
}

// a | f(a) | (expression), each [COLLATE c] [class] [ASC | DESC] [NULLS FIRST | LAST]
Result<ast::IndexKey> Grammar::index_key() {
  ast::IndexKey key;
  key.position = position();
  if (accept(TokenKind::LeftParen)) {
    key.expr = TRY(expression());
    TRY(expect(TokenKind::RightParen));
  } else if (at_special_call() || peek(1).kind == TokenKind::LeftParen || peek(1).kind == TokenKind::Dot) {
    key.expr = TRY(windowless_call());
  } else {
    key.column = TRY(name());
  }
  if (accept(Keyword::Collate)) key.collation = TRY(any_name());
  bool is_order = at(Keyword::Nulls) && (ahead(1, Keyword::First) || ahead(1, Keyword::Last));
  if (at_name() && !is_order) {
    key.operator_class = TRY(any_name());
    if (at(TokenKind::LeftParen)) return unsupported("operator class parameters", position());
  }
  if (accept(Keyword::Asc)) {
    key.direction = ast::SortDirection::Ascending;
  } else if (accept(Keyword::Desc)) {
    key.direction = ast::SortDirection::Descending;
  }
  if (accept(Keyword::Nulls, Keyword::First)) {
    key.nulls = ast::NullsOrder::First;
  } else if (accept(Keyword::Nulls, Keyword::Last)) {
    key.nulls = ast::NullsOrder::Last;
  }
  return key;
}

// ---- views, schemas, statistics
// ----------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::create_view(Position begin, ast::Persistence persistence,
                                                   bool or_replace) {
  ast::CreateView made;
  made.persistence = persistence;
  made.or_replace = or_replace;
  made.is_recursive = accept(Keyword::Recursive);
  TRY(expect(Keyword::View));
  made.name = TRY(qualified_name());
  if (made.is_recursive) {
    made.columns = TRY(parenthesized_names());
  } else {
    made.columns = TRY(optional_names());
  }
  if (accept(Keyword::With)) made.options = TRY(storage_options());
  TRY(expect(Keyword::As));
  if (!at_query() && !at(TokenKind::LeftParen)) return syntax_error();
  ast::Query* body = TRY(query());
  made.query = body;
  if (made.is_recursive) made.query = TRY(recursive_view(made, body, begin));
  if (into_) return Error(sqlstate::feature_not_supported, "views must not contain SELECT INTO");
  if (at(Keyword::With)) {
    Position where = advance().begin;
    made.check_option = ast::CheckOption::Cascaded;
    if (accept(Keyword::Local)) {
      made.check_option = ast::CheckOption::Local;
    } else {
      accept(Keyword::Cascaded);
    }
    TRY(expect(Keyword::Check, Keyword::Option));
    if (made.is_recursive) {
      return Error(sqlstate::feature_not_supported, "WITH CHECK OPTION not supported on recursive views")
          .at(where);
    }
  }
  return make_statement(made, begin);
}

// CREATE RECURSIVE VIEW v (a) AS q is CREATE VIEW v AS WITH RECURSIVE v (a) AS (q) SELECT a FROM v.
Result<ast::Query*> Grammar::recursive_view(const ast::CreateView& view, ast::Query* body, Position begin) {
  ast::CommonTable table{};
  table.name = view.name.parts.back();
  table.columns = view.columns;
  ast::QueryPtr inner = body;
  table.statement = make_statement(inner, body->range.begin);
  table.position = begin;
  ast::Select outer;
  std::vector<ast::SelectItem> items;
  for (const ast::Name& column : view.columns) {
    ast::ExprPtr reference = make(ast::ColumnRef{{arena_.list(&column, 1)}}, kNoPosition, begin);
    items.push_back({reference, {}});
  }
  outer.items = arena_.list(items);
  ast::FromPtr from =
      arena_.make(ast::FromItem{ast::TableRef{{arena_.list(&table.name, 1)}, false}, {}, kNoPosition});
  outer.from = arena_.list(&from, 1);
  ast::Query* made = arena_.make(ast::Query{});
  made->node = outer;
  made->with = arena_.make(ast::With{true, arena_.list(&table, 1), kNoPosition});
  made->position = begin;
  made->range = body->range;
  return made;
}

Result<const ast::Statement*> Grammar::create_schema(Position begin) {
  advance();
  ast::CreateSchema made{};
  made.if_not_exists = TRY(if_not_exists());
  if (at(Keyword::Authorization)) return unsupported("AUTHORIZATION", position());
  made.name = TRY(name());
  if (at(Keyword::Authorization)) return unsupported("AUTHORIZATION", position());
  if (at(Keyword::Create) || at(Keyword::Grant))
    return unsupported("schema elements in CREATE SCHEMA", position());
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::create_statistics(Position begin) {
  advance();
  ast::CreateStatistics made;
  made.if_not_exists = TRY(if_not_exists());
  made.name = TRY(any_name());
  if (at(TokenKind::LeftParen)) made.kinds = TRY(parenthesized_names());
  TRY(expect(Keyword::On));
  made.keys = TRY(index_keys());
  TRY(expect(Keyword::From));
  made.from = TRY(from_list());
  return make_statement(made, begin);
}

// ---- sequences
// ---------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::create_sequence(Position begin, ast::Persistence persistence) {
  advance();
  ast::CreateSequence made;
  made.persistence = persistence;
  made.if_not_exists = TRY(if_not_exists());
  made.name = TRY(qualified_name());
  made.options = TRY(sequence_options(false));
  return make_statement(made, begin);
}

Result<ast::SequenceOptions> Grammar::sequence_options(bool in_parentheses) {
  ast::SequenceOptions options;
  options.position = position();
  bool is_empty = true;
  for (;;) {
    bool is_option = TRY(sequence_option(options, in_parentheses));
    if (!is_option) break;
    is_empty = false;
  }
  if (in_parentheses && is_empty) return syntax_error();
  return options;
}

// One option; false: none stands here. `names_sequence`: SEQUENCE NAME may be one.
Result<bool> Grammar::sequence_option(ast::SequenceOptions& options, bool names_sequence) {
  Position where = position();
  auto twice = [&](bool is_set) -> Result<> {
    if (is_set) return error_at("conflicting or redundant options", where);
    return {};
  };
  if (accept(Keyword::As)) {
    TRY(twice(options.type != nullptr));
    options.type = TRY(simple_type_name());
  } else if (accept(Keyword::Increment)) {
    accept(Keyword::By);
    TRY(twice(options.increment.has_value()));
    options.increment = TRY(signed_number());
  } else if (accept(Keyword::Minvalue)) {
    TRY(twice(options.minimum.has_value() || options.no_minimum));
    options.minimum = TRY(signed_number());
  } else if (accept(Keyword::Maxvalue)) {
    TRY(twice(options.maximum.has_value() || options.no_maximum));
    options.maximum = TRY(signed_number());
  } else if (accept(Keyword::Start)) {
    accept(Keyword::With);
    TRY(twice(options.start.has_value()));
    options.start = TRY(signed_number());
  } else if (accept(Keyword::Cache)) {
    TRY(twice(options.cache.has_value()));
    options.cache = TRY(signed_number());
  } else if (accept(Keyword::Cycle)) {
    TRY(twice(options.cycle.has_value()));
    options.cycle = true;
  } else if (accept(Keyword::Restart)) {
    TRY(twice(options.is_restart));
    options.is_restart = true;
    bool has_with = accept(Keyword::With);
    bool has_number =
        at(TokenKind::Integer) || at(TokenKind::Number) || at(TokenKind::Minus) || at(TokenKind::Plus);
    if (has_with || has_number) options.restart = TRY(signed_number());
  } else if (accept(Keyword::Owned)) {
    TRY(expect(Keyword::By));
    TRY(twice(!options.owned_by.empty()));
    options.owned_by = TRY(any_name());
  } else if (accept(Keyword::Sequence)) {
    TRY(expect(Keyword::Name));
    TRY(twice(!options.sequence_name.empty()));
    options.sequence_name = TRY(any_name());
    if (!names_sequence) return error_at("invalid sequence option SEQUENCE NAME", where);
  } else if (at(Keyword::No)) {
    advance();
    if (accept(Keyword::Minvalue)) {
      TRY(twice(options.minimum.has_value() || options.no_minimum));
      options.no_minimum = true;
    } else if (accept(Keyword::Maxvalue)) {
      TRY(twice(options.maximum.has_value() || options.no_maximum));
      options.no_maximum = true;
    } else {
      TRY(expect(Keyword::Cycle));
      TRY(twice(options.cycle.has_value()));
      options.cycle = false;
    }
  } else {
    return false;
  }
  return true;
}

// ---- DROP, TRUNCATE, COMMENT
// -------------------------------------------------------------------------------

// The kind that DROP and COMMENT name. Errors: 0A000 for one that Rowan has not.
Result<ast::ObjectKind> Grammar::object_kind() {
  if (!at(TokenKind::Keyword)) return syntax_error();
  switch (peek().keyword) {
    case Keyword::Table:
      advance();
      return ast::ObjectKind::Table;
    case Keyword::View:
      advance();
      return ast::ObjectKind::View;
    case Keyword::Index:
      advance();
      return ast::ObjectKind::Index;
    case Keyword::Sequence:
      advance();
      return ast::ObjectKind::Sequence;
    case Keyword::Schema:
      advance();
      return ast::ObjectKind::Schema;
    case Keyword::Statistics:
      advance();
      return ast::ObjectKind::Statistics;
    case Keyword::Materialized:
      advance();
      TRY(expect(Keyword::View));
      return ast::ObjectKind::MaterializedView;
    case Keyword::Type:
      advance();
      return ast::ObjectKind::Type;
    case Keyword::Domain:
      advance();
      return ast::ObjectKind::Domain;
    case Keyword::Access:
    case Keyword::Aggregate:
    case Keyword::Cast:
    case Keyword::Collation:
    case Keyword::Conversion:
    case Keyword::Database:
    case Keyword::Event:
    case Keyword::Extension:
    case Keyword::Foreign:
    case Keyword::Function:
    case Keyword::Group:
    case Keyword::Language:
    case Keyword::Large:
    case Keyword::Operator:
    case Keyword::Owned:
    case Keyword::Policy:
    case Keyword::Procedural:
    case Keyword::Procedure:
    case Keyword::Publication:
    case Keyword::Role:
    case Keyword::Routine:
    case Keyword::Rule:
    case Keyword::Server:
    case Keyword::Subscription:
    case Keyword::Tablespace:
    case Keyword::Text:
    case Keyword::Transform:
    case Keyword::Trigger:
    case Keyword::User:
      return ast::ObjectKind::Other;
    default:
      return syntax_error();
  }
}

Result<const ast::Statement*> Grammar::drop() {
  Position begin = advance().begin;
  ast::Drop made;
  made.kind = TRY(object_kind());
  if (made.kind == ast::ObjectKind::Other) {
    std::string what = "DROP ";
    for (char c : peek().text) what += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return unsupported(what, begin);
  }
  if (made.kind == ast::ObjectKind::Index) made.is_concurrent = accept(Keyword::Concurrently);
  made.if_exists = TRY(if_exists());
  made.names = TRY(any_name_list());
  made.is_cascade = accept_cascade();
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::truncate() {
  Position begin = advance().begin;
  accept(Keyword::Table);
  ast::Truncate made;
  made.tables = TRY(relations());
  if (accept(Keyword::Restart)) {
    TRY(expect(Keyword::Identity));
    made.restart_identity = true;
  } else if (accept(Keyword::Continue)) {
    TRY(expect(Keyword::Identity));
  }
  made.is_cascade = accept_cascade();
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::comment_on() {
  Position begin = advance().begin;
  TRY(expect(Keyword::On));
  ast::CommentOn made;
  if (accept(Keyword::Column)) {
    made.kind = ast::ObjectKind::Column;
    ast::QualifiedName full = TRY(any_name());
    if (full.parts.size() < 2) return error_at("column name must be qualified", full.position());
    made.name = {full.parts.first(full.parts.size() - 1)};
    made.member = full.parts.back();
  } else if (accept(Keyword::Constraint)) {
    made.kind = ast::ObjectKind::Constraint;
    made.member = TRY(name());
    TRY(expect(Keyword::On));
    if (at(Keyword::Domain)) return unsupported("COMMENT ON DOMAIN", begin);
    made.name = TRY(any_name());
  } else if (accept(Keyword::Database)) {
    made.kind = ast::ObjectKind::Database;
    made.name = TRY(any_name());
  } else {
    made.kind = TRY(object_kind());
    if (made.kind == ast::ObjectKind::Other) {
      std::string what = "COMMENT ON ";
      for (char c : peek().text) what += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
      return unsupported(what, begin);
    }
    made.name = TRY(any_name());
  }
  TRY(expect(Keyword::Is));
  made.is_null = accept(Keyword::Null);
  if (!made.is_null) made.text = TRY(string());
  return make_statement(made, begin);
}

}  // namespace rowan
