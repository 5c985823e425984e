// parser/grammar_session.cpp: prepared statements, cursors, EXPLAIN, ANALYZE, VACUUM, and lists of options.
#include "parser/grammar.h"

namespace rowan {

// PREPARE name [(types)] AS statement
Result<const ast::Statement*> Grammar::prepare() {
  Position begin = advance().begin;
  if (at(Keyword::Transaction) && peek(1).kind == TokenKind::String) {
    return unsupported("PREPARE TRANSACTION", begin);
  }
  ast::Prepare made{};
  made.name = TRY(name());
  if (accept(TokenKind::LeftParen)) {
    std::vector<const ast::TypeName*> types;
    do {
      const ast::TypeName* type = TRY(type_name());
      types.push_back(type);
    } while (accept(TokenKind::Comma));
    TRY(expect(TokenKind::RightParen));
    made.parameter_types = arena_.list(types);
  }
  TRY(expect(Keyword::As));
  made.statement = TRY(data_statement());
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::execute() {
  Position begin = advance().begin;
  ast::Execute made{};
  made.name = TRY(name());
  if (accept(TokenKind::LeftParen)) {
    made.arguments = TRY(expression_list());
    TRY(expect(TokenKind::RightParen));
  }
  return make_statement(made, begin);
}

Result<const ast::Statement*> Grammar::deallocate() {
  Position begin = advance().begin;
  accept(Keyword::Prepare);
  ast::Deallocate made{};
  if (!accept(Keyword::All)) made.name = TRY(name());
  return make_statement(made, begin);
}

// ---- cursors
// -----------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::declare_cursor() {
  Position begin = advance().begin;
  ast::DeclareCursor made;
  made.name = TRY(name());
  for (;;) {
    if (accept(Keyword::Binary)) {
      made.is_binary = true;
    } else if (accept(Keyword::Scroll)) {
      made.scroll = true;
    } else if (accept(Keyword::No, Keyword::Scroll)) {
      made.scroll = false;
    } else if (!accept(Keyword::Insensitive) && !accept(Keyword::Asensitive)) {
      break;
    }
  }
  TRY(expect(Keyword::Cursor));
  if (accept(Keyword::With)) {
    TRY(expect(Keyword::Hold));
    made.with_hold = true;
  } else if (accept(Keyword::Without)) {
    TRY(expect(Keyword::Hold));
  }
  TRY(expect(Keyword::For));
  if (!at_query() && !at(TokenKind::LeftParen)) return syntax_error();
  made.query = TRY(query());
  return make_statement(made, begin);
}

// FETCH | MOVE [direction] [FROM | IN] cursor
Result<const ast::Statement*> Grammar::fetch() {
  Token word = advance();
  ast::Fetch made;
  made.is_move = word.keyword == Keyword::Move;
  auto at_number = [&] { return at(TokenKind::Integer) || at(TokenKind::Minus) || at(TokenKind::Plus); };
  // A direction's word may also be the cursor's name.
  bool is_name = peek(1).kind == TokenKind::End || peek(1).kind == TokenKind::Semicolon;
  if (at_number()) {
    made.count = TRY(signed_number());
  } else if (at(Keyword::All)) {
    advance();
    made.is_all = true;
  } else if (!is_name && at(TokenKind::Keyword)) {
    switch (peek().keyword) {
      case Keyword::Next:
        advance();
        break;
      case Keyword::Prior:
        advance();
        made.direction = ast::FetchDirection::Backward;
        break;
      case Keyword::First:
        advance();
        made.direction = ast::FetchDirection::Absolute;
        break;
      case Keyword::Last:
        advance();
        made.direction = ast::FetchDirection::Absolute;
        made.count = -1;
        break;
      case Keyword::Absolute:
      case Keyword::Relative:
        made.direction = advance().keyword == Keyword::Absolute ? ast::FetchDirection::Absolute
                                                                : ast::FetchDirection::Relative;
        made.count = TRY(signed_number());
        break;
      case Keyword::Forward:
      case Keyword::Backward:
        made.direction = advance().keyword == Keyword::Forward ? ast::FetchDirection::Forward
                                                               : ast::FetchDirection::Backward;
        if (accept(Keyword::All)) {
          made.is_all = true;
        } else if (at_number()) {
          made.count = TRY(signed_number());
        }
        break;
      default:
        break;
    }
  }
  if (!accept(Keyword::From)) accept(Keyword::In);
  made.cursor = TRY(name());
  return make_statement(made, word.begin);
}

Result<const ast::Statement*> Grammar::close_cursor() {
  Position begin = advance().begin;
  ast::CloseCursor made{};
  if (!accept(Keyword::All)) made.name = TRY(name());
  return make_statement(made, begin);
}

// ---- tools
// -------------------------------------------------------------------------------------------------

Result<const ast::Statement*> Grammar::explain() {
  Position begin = advance().begin;
  ast::Explain made{};
  std::vector<ast::Option> options;
  bool has_list = at(TokenKind::LeftParen) && peek(1).kind != TokenKind::LeftParen &&
                  !ahead(1, Keyword::Select) && !ahead(1, Keyword::Values) && !ahead(1, Keyword::With) &&
                  !ahead(1, Keyword::Table);
  if (has_list) {
    made.options = TRY(tool_options());
  } else {
    for (Keyword word : {Keyword::Analyze, Keyword::Verbose}) {
      bool is_given = at(word) || (word == Keyword::Analyze && at(Keyword::Analyse));
      if (!is_given) continue;
      Position where = advance().begin;
      ast::Option option;
      option.name = {keyword_info(word).word, where};
      options.push_back(option);
    }
    made.options = arena_.list(options);
  }
  if (at(Keyword::Declare)) {
    made.statement = TRY(declare_cursor());
  } else if (at(Keyword::Execute)) {
    made.statement = TRY(execute());
  } else if (at(Keyword::Create)) {
    made.statement = TRY(explained_create());
  } else {
    made.statement = TRY(data_statement());
  }
  return make_statement(made, begin);
}

// Of all CREATEs only CREATE TABLE AS runs a query.
Result<const ast::Statement*> Grammar::explained_create() {
  Position begin = advance().begin;
  ast::CreateTableAs table;
  if (at(Keyword::Global) || at(Keyword::Local)) advance();
  if (accept(Keyword::Temporary) || accept(Keyword::Temp)) {
    table.persistence = ast::Persistence::Temporary;
  } else if (at(Keyword::Unlogged)) {
    return unsupported("UNLOGGED", position());
  }
  TRY(expect(Keyword::Table));
  table.if_not_exists = TRY(if_not_exists());
  table.name = TRY(qualified_name());
  return create_table_as(table, begin);
}

// ( name [value], … ) of EXPLAIN, ANALYZE, VACUUM
Result<ast::List<ast::Option>> Grammar::tool_options() {
  TRY(expect(TokenKind::LeftParen));
  std::vector<ast::Option> options;
  do {
    bool is_reserved =
        at(TokenKind::Keyword) && keyword_info(peek().keyword).category == KeywordCategory::Reserved;
    if (is_reserved && !at(Keyword::Analyze) && !at(Keyword::Analyse)) return syntax_error();
    ast::Option option = TRY(tool_option());
    options.push_back(option);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  return arena_.list(options);
}

Result<ast::Option> Grammar::tool_option() {
  ast::Option made;
  made.name = TRY(label());
  if (made.name.text == "analyse") made.name.text = "analyze";
  if (at(TokenKind::Comma) || at(TokenKind::RightParen)) return made;
  Position begin = position();
  if (at(TokenKind::String)) {
    made.kind = ast::OptionValueKind::String;
    made.text = advance().text;
    return made;
  }
  ast::ExprPtr value = TRY(setting_value());
  const ast::Literal& literal = std::get<ast::Literal>(value->node);
  made.text = arena_.text(script_.substr(static_cast<size_t>(begin), static_cast<size_t>(last_end_ - begin)));
  switch (literal.kind) {
    case ast::LiteralKind::Integer:
      made.kind = ast::OptionValueKind::Integer;
      made.integer = literal.integer;
      break;
    case ast::LiteralKind::Number:
      made.kind = ast::OptionValueKind::Number;
      break;
    default:
      made.kind = ast::OptionValueKind::Word;
      made.text = literal.text;
      break;
  }
  return made;
}

// ( [namespace.]name [= value], … )
Result<ast::List<ast::Option>> Grammar::storage_options() {
  TRY(expect(TokenKind::LeftParen));
  std::vector<ast::Option> options;
  do {
    ast::Option made;
    made.name = TRY(label());
    if (accept(TokenKind::Dot)) {
      std::string full(made.name.text);
      ast::Name second = TRY(label());
      full += '.';
      full += second.text;
      made.name.text = arena_.text(full);
    }
    if (accept(TokenKind::Equal)) {
      Position begin = position();
      Token first = peek();
      bool is_number = first.kind == TokenKind::Minus || first.kind == TokenKind::Plus ||
                       first.kind == TokenKind::Integer || first.kind == TokenKind::Number;
      if (is_number) {
        ast::ExprPtr value = TRY(setting_value());
        const ast::Literal& literal = std::get<ast::Literal>(value->node);
        made.kind = literal.kind == ast::LiteralKind::Integer ? ast::OptionValueKind::Integer
                                                              : ast::OptionValueKind::Number;
        made.integer = literal.integer;
        made.text =
            arena_.text(script_.substr(static_cast<size_t>(begin), static_cast<size_t>(last_end_ - begin)));
      } else {
        if (first.kind != TokenKind::String && !at_label()) return syntax_error();
        made.kind =
            first.kind == TokenKind::String ? ast::OptionValueKind::String : ast::OptionValueKind::Word;
        made.text = advance().text;
      }
    }
    options.push_back(made);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  return arena_.list(options);
}

// ANALYZE [VERBOSE] [t [(a, b)], …]
Result<const ast::Statement*> Grammar::analyze() {
  Position begin = advance().begin;
  ast::Analyze made{};
  if (at(TokenKind::LeftParen)) {
    made.options = TRY(tool_options());
  } else if (at(Keyword::Verbose)) {
    ast::Option option;
    option.name = {"verbose", advance().begin};
    made.options = arena_.list(&option, 1);
  }
  made.targets = TRY(analyze_targets());
  return make_statement(made, begin);
}

// VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] [t [(a, b)], …]
Result<const ast::Statement*> Grammar::vacuum() {
  Position begin = advance().begin;
  ast::Vacuum made{};
  if (at(TokenKind::LeftParen)) {
    made.options = TRY(tool_options());
  } else {
    std::vector<ast::Option> options;
    for (Keyword word : {Keyword::Full, Keyword::Freeze, Keyword::Verbose, Keyword::Analyze}) {
      bool is_given = at(word) || (word == Keyword::Analyze && at(Keyword::Analyse));
      if (!is_given) continue;
      ast::Option option;
      option.name = {keyword_info(word).word, advance().begin};
      options.push_back(option);
    }
    made.options = arena_.list(options);
  }
  made.targets = TRY(analyze_targets());
  return make_statement(made, begin);
}

// BACKUP TO 'file': not of PostgreSQL.
Result<const ast::Statement*> Grammar::backup() {
  Position begin = advance().begin;
  TRY(expect(Keyword::To));
  ast::Backup made{};
  made.path = TRY(string());
  return make_statement(made, begin);
}

Result<ast::List<ast::AnalyzeTarget>> Grammar::analyze_targets() {
  std::vector<ast::AnalyzeTarget> targets;
  if (at(TokenKind::End) || at(TokenKind::Semicolon)) return ast::List<ast::AnalyzeTarget>();
  do {
    ast::AnalyzeTarget target{};
    target.table = TRY(qualified_name());
    target.columns = TRY(optional_names());
    targets.push_back(target);
  } while (accept(TokenKind::Comma));
  return arena_.list(targets);
}

}  // namespace rowan
