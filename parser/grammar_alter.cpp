// parser/grammar_alter.cpp: ALTER TABLE, INDEX, VIEW and SEQUENCE.
#include "parser/grammar.h"

namespace rowan {

Result<const ast::Statement*> Grammar::alter() {
  Position begin = advance().begin;
  if (at(Keyword::Table)) return alter_relation(begin, ast::ObjectKind::Table);
  if (at(Keyword::Index)) return alter_relation(begin, ast::ObjectKind::Index);
  if (at(Keyword::View)) return alter_relation(begin, ast::ObjectKind::View);
  if (at(Keyword::Sequence)) return alter_sequence(begin);
  if (at(Keyword::Schema)) {
    ast::Rename made;
    made.kind = made.member_kind = ast::ObjectKind::Schema;
    advance();
    ast::Name schema = TRY(name());
    made.name = {arena_.list(&schema, 1)};
    if (!at(Keyword::Rename))
      return at(Keyword::Owner) ? unsupported("OWNER TO", position()) : syntax_error();
    return rename(made, begin);
  }
  if (!at(TokenKind::Keyword)) return syntax_error();
  std::string what = "ALTER ";
  for (char c : peek().text) what += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  switch (peek().keyword) {
    case Keyword::Aggregate:
    case Keyword::Collation:
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
    case Keyword::Large:
    case Keyword::Materialized:
    case Keyword::Operator:
    case Keyword::Policy:
    case Keyword::Procedure:
    case Keyword::Publication:
    case Keyword::Role:
    case Keyword::Routine:
    case Keyword::Rule:
    case Keyword::Server:
    case Keyword::Statistics:
    case Keyword::Subscription:
    case Keyword::System:
    case Keyword::Tablespace:
    case Keyword::Text:
    case Keyword::Trigger:
    case Keyword::Type:
    case Keyword::User:
      return unsupported(what, begin);
    default:
      return syntax_error();
  }
}

// RENAME [COLUMN] a TO b | RENAME CONSTRAINT a TO b | RENAME TO b
Result<const ast::Statement*> Grammar::rename(ast::Rename made, Position begin) {
  TRY(expect(Keyword::Rename));
  if (!accept(Keyword::To)) {
    made.member_kind = ast::ObjectKind::Column;
    if (accept(Keyword::Constraint)) {
      made.member_kind = ast::ObjectKind::Constraint;
    } else {
      accept(Keyword::Column);
    }
    made.member = TRY(name());
    TRY(expect(Keyword::To));
  }
  made.new_name = TRY(name());
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::alter_relation(Position begin, ast::ObjectKind kind) {
  advance();
  if (at(Keyword::All)) return unsupported("ALTER ALL IN TABLESPACE", position());
  ast::AlterTable made;
  made.kind = kind;
  made.if_exists = TRY(if_exists());
  ast::TableRef table = TRY(relation());
  made.name = table.name;
  made.is_only = table.is_only;
  if (at(Keyword::Rename)) {
    ast::Rename renamed;
    renamed.kind = renamed.member_kind = kind;
    renamed.name = made.name;
    renamed.if_exists = made.if_exists;
    return rename(renamed, begin);
  }
  std::vector<ast::AlterTableAction> actions;
  do {
    ast::AlterTableAction action = TRY(alter_action());
    actions.push_back(action);
  } while (accept(TokenKind::Comma));
  made.actions = arena_.list(actions);
  return make_statement(made, begin);
}

Result<ast::AlterTableAction> Grammar::alter_action() {
  ast::AlterTableAction made;
  made.position = position();
  if (accept(Keyword::Add)) {
    if (at_table_constraint()) {
      ast::Constraint constraint = TRY(table_constraint());
      made.node = ast::AddConstraint{constraint};
      return made;
    }
    accept(Keyword::Column);
    bool is_optional = TRY(if_not_exists());
    ast::ColumnSpec column = TRY(column_spec());
    made.node = ast::AddColumn{column, is_optional};
    return made;
  }
  if (accept(Keyword::Drop)) {
    bool is_constraint = accept(Keyword::Constraint);
    if (!is_constraint) accept(Keyword::Column);
    bool is_optional = TRY(if_exists());
    ast::Name dropped = TRY(name());
    bool is_cascade = accept_cascade();
    if (is_constraint) {
      made.node = ast::DropConstraint{dropped, is_optional, is_cascade};
    } else {
      made.node = ast::DropColumn{dropped, is_optional, is_cascade};
    }
    return made;
  }
  if (accept(Keyword::Alter)) {
    if (accept(Keyword::Constraint)) {
      ast::Constraint constraint;
      constraint.name = TRY(name());
      constraint.node = ast::ForeignKey{};
      TRY(table_constraint_attributes(constraint, "ALTER CONSTRAINT statement", true, false, false));
      made.node =
          ast::AlterConstraint{constraint.name, constraint.is_deferrable, constraint.initially_deferred};
      return made;
    }
    made.node = TRY(alter_column());
    return made;
  }
  if (accept(Keyword::Validate)) {
    TRY(expect(Keyword::Constraint));
    made.node = ast::ValidateConstraint{TRY(name())};
    return made;
  }
  if ((at(Keyword::Set) || at(Keyword::Reset)) && peek(1).kind == TokenKind::LeftParen) {
    bool is_reset = advance().keyword == Keyword::Reset;
    made.node = ast::SetOptions{TRY(storage_options()), is_reset};
    return made;
  }
  if (at(Keyword::Owner)) return change_owner();
  if (at(Keyword::Set)) {
    if (ahead(1, Keyword::Schema)) return unsupported("SET SCHEMA", position());
    if (ahead(1, Keyword::Tablespace)) return unsupported("SET TABLESPACE", position());
    if (ahead(1, Keyword::Logged)) return unsupported("SET LOGGED", position());
    if (ahead(1, Keyword::Unlogged)) return unsupported("SET UNLOGGED", position());
    if (ahead(1, Keyword::Without)) return unsupported("SET WITHOUT", position());
    if (ahead(1, Keyword::Access)) return unsupported("SET ACCESS METHOD", position());
    return syntax_error(1);
  }
  if (at(Keyword::Cluster)) return unsupported("CLUSTER ON", position());
  if (at(Keyword::Enable)) return unsupported("ENABLE", position());
  if (at(Keyword::Disable)) return unsupported("DISABLE", position());
  if (at(Keyword::Inherit)) return unsupported("INHERIT", position());
  if (at(Keyword::No)) return unsupported("NO INHERIT", position());
  if (at(Keyword::Attach)) return unsupported("ATTACH PARTITION", position());
  if (at(Keyword::Detach)) return unsupported("DETACH PARTITION", position());
  if (at(Keyword::Replica)) return unsupported("REPLICA IDENTITY", position());
  if (at(Keyword::Force)) return unsupported("FORCE ROW LEVEL SECURITY", position());
  return syntax_error();
}

// OWNER TO role
Result<ast::AlterTableAction> Grammar::change_owner() {
  ast::AlterTableAction made;
  made.position = position();
  advance();
  TRY(expect(Keyword::To));
  ast::ChangeOwner change{};
  if (!accept(Keyword::CurrentUser) && !accept(Keyword::SessionUser) && !accept(Keyword::CurrentRole)) {
    change.role = TRY(name());
    if (change.role.text == "none")
      return Error(sqlstate::reserved_name, "role name \"none\" is reserved").at(change.role.position);
  }
  made.node = change;
  return made;
}

// ALTER [COLUMN] a …
Result<ast::AlterTableNode> Grammar::alter_column() {
  accept(Keyword::Column);
  ast::Name column = TRY(name());
  Position where = position();
  if (accept(Keyword::Drop)) {
    if (accept(Keyword::Default)) return ast::AlterTableNode(ast::SetDefault{column, nullptr});
    if (accept(Keyword::Not)) {
      TRY(expect(Keyword::Null));
      return ast::AlterTableNode(ast::SetNotNull{column, false});
    }
    bool is_identity = accept(Keyword::Identity);
    if (!is_identity) TRY(expect(Keyword::Expression));
    bool is_optional = TRY(if_exists());
    if (is_identity) return ast::AlterTableNode(ast::DropIdentity{column, is_optional});
    return ast::AlterTableNode(ast::DropExpression{column, is_optional});
  }
  if (accept(Keyword::Add)) {
    if (!at(Keyword::Generated)) return syntax_error();
    ast::Constraint constraint = TRY(generated(where));
    const ast::Identity* identity = std::get_if<ast::Identity>(&constraint.node);
    if (identity == nullptr) return syntax_error();
    return ast::AlterTableNode(ast::AddIdentity{column, *identity});
  }
  if (at(Keyword::Type) || at(Keyword::Set, Keyword::Data)) {
    if (accept(Keyword::Set)) advance();
    TRY(expect(Keyword::Type));
    const ast::TypeName* type = TRY(type_name());
    ast::AlterType made{column, type, {}, nullptr};
    if (accept(Keyword::Collate)) made.collation = TRY(any_name());
    if (accept(Keyword::Using)) made.using_expr = TRY(expression());
    return ast::AlterTableNode(made);
  }
  if (at(Keyword::Set)) {
    if (accept(Keyword::Set, Keyword::Default)) {
      ast::ExprPtr expr = TRY(expression());
      return ast::AlterTableNode(ast::SetDefault{column, expr});
    }
    if (accept(Keyword::Set, Keyword::Not)) {
      TRY(expect(Keyword::Null));
      return ast::AlterTableNode(ast::SetNotNull{column, true});
    }
    if (accept(Keyword::Set, Keyword::Statistics)) {
      int64_t target = TRY(signed_number());
      return ast::AlterTableNode(ast::SetStatistics{column, static_cast<int32_t>(target)});
    }
    if (ahead(1, Keyword::Storage)) return unsupported("SET STORAGE", where);
    if (ahead(1, Keyword::Compression)) return unsupported("SET COMPRESSION", where);
    if (peek(1).kind == TokenKind::LeftParen) return unsupported("attribute options", where);
  }
  if (at(Keyword::Reset)) return unsupported("attribute options", where);
  // SET GENERATED …, SET sequence option, RESTART: one or several
  ast::AlterIdentity made{column, std::nullopt, nullptr};
  ast::SequenceOptions options;
  bool has_one = false;
  while (at(Keyword::Set) || at(Keyword::Restart)) {
    has_one = true;
    if (accept(Keyword::Set) && accept(Keyword::Generated)) {
      made.is_always = accept(Keyword::Always);
      if (!*made.is_always) TRY(expect(Keyword::By, Keyword::Default));
    } else {
      bool is_option = TRY(sequence_option(options, false));
      if (!is_option) return syntax_error();
    }
  }
  if (!has_one) return syntax_error();
  made.options = arena_.make(options);
  return ast::AlterTableNode(made);
}

Result<const ast::Statement*> Grammar::alter_sequence(Position begin) {
  advance();
  ast::AlterSequence made;
  made.if_exists = TRY(if_exists());
  made.name = TRY(qualified_name());
  if (at(Keyword::Rename)) {
    ast::Rename renamed;
    renamed.kind = renamed.member_kind = ast::ObjectKind::Sequence;
    renamed.name = made.name;
    renamed.if_exists = made.if_exists;
    return rename(renamed, begin);
  }
  if (at(Keyword::Owner)) {
    ast::AlterTable changed;
    changed.kind = ast::ObjectKind::Sequence;
    changed.name = made.name;
    changed.if_exists = made.if_exists;
    ast::AlterTableAction action = TRY(change_owner());
    changed.actions = arena_.list(&action, 1);
    return make_statement(changed, begin);
  }
  if (at(Keyword::Set)) return unsupported("SET SCHEMA", position());
  bool is_empty = at(TokenKind::End) || at(TokenKind::Semicolon);
  if (is_empty) return syntax_error();
  made.options = TRY(sequence_options(false));
  return make_statement(made, begin);
}

}  // namespace rowan
