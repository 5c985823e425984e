// parser/grammar_transaction.cpp: transactions, savepoints, LOCK; and the settings, some of which are theirs.
#include "parser/grammar.h"

namespace rowan {

// BEGIN [WORK | TRANSACTION] modes | START TRANSACTION modes
Result<const ast::Statement*> Grammar::begin_transaction() {
  Token word = advance();
  ast::Begin made{};
  made.is_start = word.keyword == Keyword::Start;
  if (made.is_start) {
    TRY(expect(Keyword::Transaction));
  } else if (!accept(Keyword::Work)) {
    accept(Keyword::Transaction);
  }
  made.modes = TRY(transaction_modes(false));
  return make_statement(made, word.begin);
}

// COMMIT, END, ROLLBACK, ABORT; ROLLBACK TO
Result<const ast::Statement*> Grammar::end_transaction() {
  Token word = advance();
  bool is_commit = word.keyword == Keyword::Commit || word.keyword == Keyword::End;
  if (at(Keyword::Prepared))
    return unsupported(is_commit ? "COMMIT PREPARED" : "ROLLBACK PREPARED", word.begin);
  if (!accept(Keyword::Work)) accept(Keyword::Transaction);
  if (word.keyword == Keyword::Rollback && accept(Keyword::To)) {
    accept(Keyword::Savepoint);
    ast::RollbackToSavepoint made{TRY(name())};
    return make_statement(made, word.begin);
  }
  bool chain = TRY(and_chain());
  if (is_commit) return make_statement(ast::Commit{chain}, word.begin);
  return make_statement(ast::Rollback{chain}, word.begin);
}

Result<bool> Grammar::and_chain() {
  if (!accept(Keyword::And)) return false;
  bool is_chained = !accept(Keyword::No);
  TRY(expect(Keyword::Chain));
  return is_chained;
}

// SAVEPOINT a | RELEASE [SAVEPOINT] a
Result<const ast::Statement*> Grammar::savepoint() {
  Token word = advance();
  bool is_release = word.keyword == Keyword::Release;
  if (is_release) accept(Keyword::Savepoint);
  ast::Name savepoint_name = TRY(name());
  if (is_release) return make_statement(ast::ReleaseSavepoint{savepoint_name}, word.begin);
  return make_statement(ast::Savepoint{savepoint_name}, word.begin);
}

// Modes with or without commas; a later one wins.
Result<ast::TransactionModes> Grammar::transaction_modes(bool is_required) {
  ast::TransactionModes modes;
  bool has_one = TRY(transaction_mode(modes));
  if (!has_one) {
    if (is_required) return syntax_error();
    return modes;
  }
  for (;;) {
    bool has_comma = accept(TokenKind::Comma);
    has_one = TRY(transaction_mode(modes));
    if (has_one) continue;
    if (has_comma) return syntax_error();
    return modes;
  }
}

Result<bool> Grammar::transaction_mode(ast::TransactionModes& modes) {
  if (accept(Keyword::Isolation)) {
    TRY(expect(Keyword::Level));
    modes.isolation = TRY(isolation_level());
  } else if (accept(Keyword::Read)) {
    modes.is_read_only = accept(Keyword::Only);
    if (!*modes.is_read_only) TRY(expect(Keyword::Write));
  } else if (accept(Keyword::Deferrable)) {
    modes.is_deferrable = true;
  } else if (accept(Keyword::Not)) {
    TRY(expect(Keyword::Deferrable));
    modes.is_deferrable = false;
  } else {
    return false;
  }
  return true;
}

Result<ast::IsolationLevel> Grammar::isolation_level() {
  if (accept(Keyword::Serializable)) return ast::IsolationLevel::Serializable;
  if (accept(Keyword::Repeatable)) {
    TRY(expect(Keyword::Read));
    return ast::IsolationLevel::RepeatableRead;
  }
  TRY(expect(Keyword::Read));
  if (accept(Keyword::Committed)) return ast::IsolationLevel::ReadCommitted;
  TRY(expect(Keyword::Uncommitted));
  return ast::IsolationLevel::ReadUncommitted;
}

// LOCK [TABLE] t, … [IN … MODE] [NOWAIT]
Result<const ast::Statement*> Grammar::lock_table() {
  Position begin = advance().begin;
  accept(Keyword::Table);
  ast::LockTable made;
  made.tables = TRY(relations());
  if (accept(Keyword::In)) {
    made.mode = TRY(lock_mode());
    TRY(expect(Keyword::Mode));
  }
  made.no_wait = accept(Keyword::Nowait);
  return make_statement(made, begin);
}

Result<ast::TableLockMode> Grammar::lock_mode() {
  if (accept(Keyword::Access)) {
    if (accept(Keyword::Share)) return ast::TableLockMode::AccessShare;
    TRY(expect(Keyword::Exclusive));
    return ast::TableLockMode::AccessExclusive;
  }
  if (accept(Keyword::Row)) {
    if (accept(Keyword::Share)) return ast::TableLockMode::RowShare;
    TRY(expect(Keyword::Exclusive));
    return ast::TableLockMode::RowExclusive;
  }
  if (accept(Keyword::Exclusive)) return ast::TableLockMode::Exclusive;
  TRY(expect(Keyword::Share));
  if (accept(Keyword::Update)) {
    TRY(expect(Keyword::Exclusive));
    return ast::TableLockMode::ShareUpdateExclusive;
  }
  if (accept(Keyword::Row)) {
    TRY(expect(Keyword::Exclusive));
    return ast::TableLockMode::ShareRowExclusive;
  }
  return ast::TableLockMode::Share;
}

// ---- settings
// ----------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::set() {
  Position begin = advance().begin;
  if (at(Keyword::Constraints)) return set_constraints(begin);
  ast::SetVariable made;
  made.position = position();
  bool is_session = false;
  if (at(Keyword::Session) && !ahead(1, Keyword::Authorization) && !ahead(1, Keyword::To) &&
      peek(1).kind != TokenKind::Equal) {
    advance();
    is_session = true;
    made.position = position();
  } else if (at(Keyword::Local) && !ahead(1, Keyword::To) && peek(1).kind != TokenKind::Equal) {
    advance();
    made.scope = ast::SetScope::Local;
    made.position = position();
  }
  if (is_session && at(Keyword::Characteristics)) {
    advance();
    TRY(expect(Keyword::As, Keyword::Transaction));
    ast::TransactionModes modes = TRY(transaction_modes(true));
    return make_statement(ast::SetTransaction{true, modes}, begin);
  }
  if (at(Keyword::Transaction)) {
    advance();
    if (at(Keyword::Snapshot)) return unsupported("SET TRANSACTION SNAPSHOT", position());
    ast::TransactionModes modes = TRY(transaction_modes(true));
    return make_statement(ast::SetTransaction{false, modes}, begin);
  }
  TRY(set_rest(made));
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::set_constraints(Position begin) {
  advance();
  ast::SetConstraints made{};
  if (!accept(Keyword::All)) {
    std::vector<ast::QualifiedName> names;
    do {
      ast::QualifiedName one = TRY(qualified_name());
      names.push_back(one);
    } while (accept(TokenKind::Comma));
    made.names = arena_.list(names);
  }
  made.is_deferred = accept(Keyword::Deferred);
  if (!made.is_deferred) TRY(expect(Keyword::Immediate));
  return make_statement(made, begin);
}

Result<> Grammar::set_rest(ast::SetVariable& made) {
  Position where = position();
  auto word_value = [&](std::string_view setting, std::string_view text, Position begin) -> Result<> {
    made.name = setting;
    ast::ExprPtr value = make(ast::Literal{ast::LiteralKind::String, 0, text}, begin, begin);
    made.values = arena_.list(&value, 1);
    return {};
  };
  if (accept(Keyword::Time)) {
    TRY(expect(Keyword::Zone));
    return set_time_zone(made);
  }
  if (at(Keyword::Catalog) && peek(1).kind == TokenKind::String) return unsupported("SET CATALOG", where);
  if (at(Keyword::Schema) && peek(1).kind == TokenKind::String) {
    advance();
    Token token = advance();
    return word_value("search_path", token.text, token.begin);
  }
  if (at(Keyword::Names)) {
    advance();
    made.name = "client_encoding";
    if (accept(Keyword::Default) || !at(TokenKind::String)) return {};
    Token token = advance();
    return word_value("client_encoding", token.text, token.begin);
  }
  if (at(Keyword::Role) || at(Keyword::Session)) {
    bool is_role = at(Keyword::Role);
    bool is_plain = peek(1).kind == TokenKind::Equal || ahead(1, Keyword::To);
    if (!is_plain) {
      advance();
      if (!is_role) TRY(expect(Keyword::Authorization));
      std::string_view setting = is_role ? "role" : "session_authorization";
      made.name = setting;
      if (!is_role && accept(Keyword::Default)) return {};
      if (!at(TokenKind::String) && !at_label()) return syntax_error();
      Token token = advance();
      return word_value(setting, token.text, token.begin);
    }
  }
  if (at(Keyword::Xml) && ahead(1, Keyword::Option)) return unsupported("SET XML OPTION", where);
  made.name = TRY(setting_name());
  if (at(Keyword::From)) return unsupported("SET FROM CURRENT", position());
  if (!accept(Keyword::To)) TRY(expect(TokenKind::Equal));
  if (accept(Keyword::Default)) return {};
  made.values = TRY(setting_values());
  return {};
}

Result<> Grammar::set_time_zone(ast::SetVariable& made) {
  made.name = "timezone";
  if (accept(Keyword::Default) || accept(Keyword::Local)) return {};
  ListBuilder value(*this);
  Position begin = position();
  if (at(Keyword::Interval)) {
    begin = peek(2).begin;
    ast::ExprPtr interval = TRY(constant_of_type());
    value.add(interval);
    const ast::Cast* cast = ast::as<ast::Cast>(value.finish().front());
    if (cast == nullptr) return syntax_error();
    bool is_hours = cast->type->fields == ast::IntervalFields::All ||
                    cast->type->fields == ast::IntervalFields::Hour ||
                    cast->type->fields == ast::IntervalFields::HourToMinute;
    if (!is_hours) return error_at("time zone interval must be HOUR or HOUR TO MINUTE", begin);
  } else if (at(TokenKind::Identifier)) {
    Token token = advance();
    value.add(make(ast::Literal{ast::LiteralKind::String, 0, token.text}, token.begin, token.begin));
  } else {
    if (!at(TokenKind::String) && !at(TokenKind::Integer) && !at(TokenKind::Number) &&
        !at(TokenKind::Minus) && !at(TokenKind::Plus)) {
      return syntax_error();
    }
    ast::ExprPtr setting = TRY(setting_value());
    value.add(setting);
  }
  made.values = value.finish();
  return {};
}

// a or a.b
Result<std::string_view> Grammar::setting_name() {
  ast::Name first = TRY(name());
  if (!at(TokenKind::Dot)) return first.text;
  std::string full(first.text);
  while (accept(TokenKind::Dot)) {
    ast::Name part = TRY(name());
    full += '.';
    full += part.text;
  }
  return arena_.text(full);
}

Result<ast::List<ast::ExprPtr>> Grammar::setting_values() {
  ListBuilder values(*this);
  do {
    ast::ExprPtr setting = TRY(setting_value());
    values.add(setting);
  } while (accept(TokenKind::Comma));
  return values.finish();
}

// TRUE | FALSE | ON | a word | 'text' | [+|-] number
Result<ast::ExprPtr> Grammar::setting_value() {
  Position begin = position();
  if (at(TokenKind::Plus) || at(TokenKind::Minus)) {
    Token sign = advance();
    if (!at(TokenKind::Integer) && !at(TokenKind::Number)) return syntax_error();
    ast::ExprPtr number = literal();
    return sign.kind == TokenKind::Minus ? negate(number, sign, {"-", {}, begin}) : number;
  }
  if (at(TokenKind::Integer) || at(TokenKind::Number) || at(TokenKind::String)) return literal();
  bool is_word =
      at_name() || at_function_name() || at(Keyword::True) || at(Keyword::False) || at(Keyword::On);
  if (!is_word) return syntax_error();
  Token token = advance();
  return make(ast::Literal{ast::LiteralKind::String, 0, token.text}, begin, begin);
}

Result<std::string_view> Grammar::setting_or_alias() {
  if (accept(Keyword::All)) return std::string_view("all");
  if (accept(Keyword::Time, Keyword::Zone)) return std::string_view("timezone");
  if (accept(Keyword::Transaction, Keyword::Isolation)) {
    TRY(expect(Keyword::Level));
    return std::string_view("transaction_isolation");
  }
  if (accept(Keyword::Session, Keyword::Authorization)) return std::string_view("session_authorization");
  return setting_name();
}

Result<const ast::Statement*> Grammar::show_or_reset() {
  Token word = advance();
  Position where = position();
  std::string_view setting = TRY(setting_or_alias());
  if (word.keyword == Keyword::Show) return make_statement(ast::Show{setting, where}, word.begin);
  return make_statement(ast::Reset{setting, where}, word.begin);
}

Result<const ast::Statement*> Grammar::discard() {
  Position begin = advance().begin;
  ast::DiscardKind kind = ast::DiscardKind::All;
  if (accept(Keyword::Temp) || accept(Keyword::Temporary)) {
    kind = ast::DiscardKind::Temporary;
  } else if (accept(Keyword::Plans)) {
    kind = ast::DiscardKind::Plans;
  } else if (accept(Keyword::Sequences)) {
    kind = ast::DiscardKind::Sequences;
  } else {
    TRY(expect(Keyword::All));
  }
  return make_statement(ast::Discard{kind}, begin);
}

}  // namespace rowan
