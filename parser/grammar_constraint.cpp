// parser/grammar_constraint.cpp: constraints of columns and of tables.
#include "parser/grammar.h"

namespace rowan {

// Which of DEFERRABLE and INITIALLY a constraint was given already.
struct ConstraintMarks {
  bool has_deferrable = false;
  bool has_initially = false;
};

namespace {

bool may_be_deferred(const ast::Constraint& constraint) {
  return std::holds_alternative<ast::UniqueKey>(constraint.node) ||
         std::holds_alternative<ast::ForeignKey>(constraint.node);
}

}  // namespace

// Constraints, COLLATE, and attributes that belong to the constraint before them, in any order.
Result<> Grammar::column_constraints(ast::ColumnSpec& column) {
  std::vector<ast::Constraint> constraints;
  ConstraintMarks marks;
  for (;;) {
    bool is_attribute = at(Keyword::Deferrable) || at(Keyword::Initially) ||
                        (at(Keyword::Not) && ahead(1, Keyword::Deferrable));
    if (is_attribute) {
      if (constraints.empty() || !may_be_deferred(constraints.back())) {
        std::string word = at(Keyword::Not)              ? "NOT DEFERRABLE"
                           : at(Keyword::Deferrable)     ? "DEFERRABLE"
                           : ahead(1, Keyword::Deferred) ? "INITIALLY DEFERRED"
                                                         : "INITIALLY IMMEDIATE";
        return error_at("misplaced " + word + " clause", position());
      }
      TRY(constraint_attribute(constraints.back(), marks));
    } else if (at(Keyword::Collate)) {
      Position where = advance().begin;
      if (!column.collation.empty()) return error_at("multiple COLLATE clauses not allowed", where);
      ast::QualifiedName collation = TRY(any_name());
      std::vector<ast::Name> parts(collation.parts.begin(), collation.parts.end());
      parts[0].position = where;  // errors about it point at COLLATE, as PostgreSQL's do
      column.collation = {arena_.list(parts)};
    } else {
      std::optional<ast::Constraint> constraint = TRY(column_constraint());
      if (!constraint) break;
      constraints.push_back(*constraint);
      marks = {};
    }
  }
  column.constraints = arena_.list(constraints);
  return {};
}

Result<> Grammar::constraint_attribute(ast::Constraint& constraint, ConstraintMarks& marks) {
  Position where = position();
  bool negated = accept(Keyword::Not);
  if (accept(Keyword::Deferrable)) {
    if (marks.has_deferrable)
      return error_at("multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed", where);
    marks.has_deferrable = true;
    constraint.is_deferrable = !negated;
    if (negated && marks.has_initially && constraint.initially_deferred) {
      return error_at("constraint declared INITIALLY DEFERRED must be DEFERRABLE", where);
    }
    return {};
  }
  TRY(expect(Keyword::Initially));
  bool is_deferred = accept(Keyword::Deferred);
  if (!is_deferred) TRY(expect(Keyword::Immediate));
  if (marks.has_initially)
    return error_at("multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed", where);
  marks.has_initially = true;
  constraint.initially_deferred = is_deferred;
  if (!is_deferred) return {};
  if (!marks.has_deferrable) {
    constraint.is_deferrable = true;
  } else if (!constraint.is_deferrable) {
    return error_at("constraint declared INITIALLY DEFERRED must be DEFERRABLE", where);
  }
  return {};
}

// [CONSTRAINT name] and what it is; nullopt: the column ends here.
Result<std::optional<ast::Constraint>> Grammar::column_constraint() {
  ast::Constraint made;
  made.position = position();
  bool is_named = accept(Keyword::Constraint);
  if (is_named) made.name = TRY(name());
  Position begin = position();
  if (accept(Keyword::Not)) {
    TRY(expect(Keyword::Null));
    made.node = ast::NotNull{};
  } else if (accept(Keyword::Null)) {
    made.node = ast::Nullable{};
  } else if (at(Keyword::Unique) || at(Keyword::Primary)) {
    ast::UniqueKey key{};
    key.is_primary = advance().keyword == Keyword::Primary;
    if (key.is_primary) TRY(expect(Keyword::Key));
    if (!key.is_primary) TRY(nulls_distinct());
    TRY(key_tail(key));
    made.node = key;
  } else if (accept(Keyword::Check)) {
    TRY(expect(TokenKind::LeftParen));
    ast::ExprPtr expr = TRY(expression());
    TRY(expect(TokenKind::RightParen));
    made.node = ast::Check{expr, accept(Keyword::No, Keyword::Inherit)};
  } else if (accept(Keyword::Default)) {
    // Restricted: NOT NULL may follow.
    ast::ExprPtr expr = TRY(restricted_expression());
    made.node = ast::Default{expr};
  } else if (at(Keyword::Generated)) {
    ast::Constraint generation = TRY(generated(begin));
    made.node = generation.node;
  } else if (accept(Keyword::References)) {
    ast::ForeignKey key{};
    TRY(foreign_key_target(key));
    made.node = key;
  } else {
    if (is_named) return syntax_error();
    return std::optional<ast::Constraint>();
  }
  return std::optional<ast::Constraint>(made);
}

// GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(…)] | AS (…) STORED
Result<ast::Constraint> Grammar::generated(Position begin) {
  ast::Constraint made;
  made.position = begin;
  advance();
  Position when = position();
  bool is_always = accept(Keyword::Always);
  if (!is_always) TRY(expect(Keyword::By, Keyword::Default));
  TRY(expect(Keyword::As));
  if (accept(Keyword::Identity)) {
    ast::SequenceOptions options;
    if (accept(TokenKind::LeftParen)) {
      options = TRY(sequence_options(true));
      TRY(expect(TokenKind::RightParen));
    }
    made.node = ast::Identity{is_always, arena_.make(options)};
    return made;
  }
  TRY(expect(TokenKind::LeftParen));
  ast::ExprPtr expr = TRY(expression());
  TRY(expect(TokenKind::RightParen));
  TRY(expect(Keyword::Stored));
  if (!is_always) return error_at("for a generated column, GENERATED ALWAYS must be specified", when);
  made.node = ast::Generated{expr};
  return made;
}

// [NULLS [NOT] DISTINCT]. Errors: 0A000 for the one that is no default.
Result<> Grammar::nulls_distinct() {
  Position where = position();
  if (!accept(Keyword::Nulls)) return {};
  if (at(Keyword::Not)) return unsupported("NULLS NOT DISTINCT", where);
  return expect(Keyword::Distinct);
}

// [WITH (…)] [USING INDEX TABLESPACE t]
Result<> Grammar::key_tail(ast::UniqueKey& key) {
  if (at(Keyword::With) && peek(1).kind == TokenKind::LeftParen) {
    advance();
    key.options = TRY(storage_options());
  }
  if (accept(Keyword::Using)) {
    TRY(expect(Keyword::Index, Keyword::Tablespace));
    key.tablespace = TRY(name());
  }
  return {};
}

// After REFERENCES.
Result<> Grammar::foreign_key_target(ast::ForeignKey& key) {
  key.table = TRY(qualified_name());
  key.referenced = TRY(optional_names());
  if (at(Keyword::Match)) {
    advance();
    Position where = position();
    if (accept(Keyword::Full)) {
      key.match = ast::ReferenceMatch::Full;
    } else if (accept(Keyword::Partial)) {
      return Error(sqlstate::feature_not_supported, "MATCH PARTIAL is not supported").at(where);
    } else {
      TRY(expect(Keyword::Simple));
    }
  }
  bool has_update = false, has_delete = false;
  while (at(Keyword::On)) {
    bool is_update = ahead(1, Keyword::Update), is_delete = ahead(1, Keyword::Delete);
    if ((!is_update && !is_delete) || (is_update && has_update) || (is_delete && has_delete))
      return syntax_error(1);
    Position where = advance().begin;
    advance();
    ast::List<ast::Name> columns;
    ast::ReferenceAction action = TRY(reference_action(&columns));
    if (is_update) {
      has_update = true;
      key.on_update = action;
      if (!columns.empty()) {
        std::string what = action == ast::ReferenceAction::SetNull ? "SET NULL" : "SET DEFAULT";
        return Error(sqlstate::feature_not_supported,
                     "a column list with " + what + " is only supported for ON DELETE actions")
            .at(where);
      }
    } else {
      has_delete = true;
      key.on_delete = action;
      key.on_delete_columns = columns;
    }
  }
  return {};
}

Result<ast::ReferenceAction> Grammar::reference_action(ast::List<ast::Name>* columns) {
  if (accept(Keyword::Cascade)) return ast::ReferenceAction::Cascade;
  if (accept(Keyword::Restrict)) return ast::ReferenceAction::Restrict;
  if (accept(Keyword::Set)) {
    bool is_null = accept(Keyword::Null);
    if (!is_null) TRY(expect(Keyword::Default));
    *columns = TRY(optional_names());
    return is_null ? ast::ReferenceAction::SetNull : ast::ReferenceAction::SetDefault;
  }
  TRY(expect(Keyword::No, Keyword::Action));
  return ast::ReferenceAction::NoAction;
}

// ---- of a table
// --------------------------------------------------------------------------------------------

bool Grammar::at_table_constraint() {
  if (at(Keyword::Exclude)) return ahead(1, Keyword::Using) || peek(1).kind == TokenKind::LeftParen;
  return at(Keyword::Constraint) || at(Keyword::Check) || at(Keyword::Unique) || at(Keyword::Primary) ||
         at(Keyword::Foreign);
}

Result<ast::Constraint> Grammar::table_constraint() {
  ast::Constraint made;
  made.position = position();
  if (accept(Keyword::Constraint)) made.name = TRY(name());
  if (at(Keyword::Exclude)) return unsupported("EXCLUDE constraint", position());
  if (accept(Keyword::Check)) {
    TRY(expect(TokenKind::LeftParen));
    ast::ExprPtr expr = TRY(expression());
    TRY(expect(TokenKind::RightParen));
    made.node = ast::Check{expr, false};
    TRY(table_constraint_attributes(made, "CHECK", false, true, true));
    return made;
  }
  if (accept(Keyword::Foreign)) {
    TRY(expect(Keyword::Key));
    ast::ForeignKey key{};
    key.columns = TRY(parenthesized_names());
    TRY(expect(Keyword::References));
    TRY(foreign_key_target(key));
    made.node = key;
    TRY(table_constraint_attributes(made, "FOREIGN KEY", true, true, false));
    return made;
  }
  ast::UniqueKey key{};
  key.is_primary = accept(Keyword::Primary);
  TRY(expect(key.is_primary ? Keyword::Key : Keyword::Unique));
  if (at(Keyword::Using, Keyword::Index)) {
    advance();
    advance();
    key.using_index = TRY(name());
  } else {
    if (!key.is_primary) TRY(nulls_distinct());
    key.columns = TRY(parenthesized_names());
    if (accept(Keyword::Include)) key.include = TRY(parenthesized_names());
    TRY(key_tail(key));
  }
  made.node = key;
  TRY(table_constraint_attributes(made, key.is_primary ? "PRIMARY KEY" : "UNIQUE", true, false, false));
  return made;
}

// DEFERRABLE, INITIALLY …, NOT VALID, NO INHERIT in any order; what the constraint cannot be is refused.
Result<> Grammar::table_constraint_attributes(ast::Constraint& made, const char* what, bool may_defer,
                                              bool may_be_invalid, bool may_not_inherit) {
  Position begin = position();
  auto refuse = [&](const char* word) {
    return Error(sqlstate::feature_not_supported, std::string(what) + " constraints cannot be marked " + word)
        .at(begin);
  };
  ConstraintMarks marks;
  bool not_deferrable = false, immediate = false;
  for (;;) {
    Position where = position();
    if (accept(Keyword::Not, Keyword::Valid)) {
      made.is_not_valid = true;
    } else if (accept(Keyword::No, Keyword::Inherit)) {
      if (!may_not_inherit) return refuse("NO INHERIT");
      std::get<ast::Check>(made.node).no_inherit = true;
    } else if (accept(Keyword::Not, Keyword::Deferrable)) {
      not_deferrable = true;
    } else if (accept(Keyword::Deferrable)) {
      marks.has_deferrable = true;
    } else if (accept(Keyword::Initially)) {
      if (accept(Keyword::Deferred)) {
        made.initially_deferred = true;
      } else {
        TRY(expect(Keyword::Immediate));
        immediate = true;
      }
    } else {
      break;
    }
    if (not_deferrable && made.initially_deferred) {
      return error_at("constraint declared INITIALLY DEFERRED must be DEFERRABLE", where);
    }
    if ((not_deferrable && marks.has_deferrable) || (immediate && made.initially_deferred)) {
      return error_at("conflicting constraint properties", where);
    }
  }
  made.is_deferrable = marks.has_deferrable || made.initially_deferred;
  if (made.is_deferrable && !may_defer) return refuse("DEFERRABLE");
  if (made.is_not_valid && !may_be_invalid) return refuse("NOT VALID");
  return {};
}

}  // namespace rowan
