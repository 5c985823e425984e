// parser/grammar_copy.cpp: COPY, with the options of now and those of before 9.0 and before 7.3.
#include "parser/grammar.h"

namespace rowan {

namespace {

ast::Option copy_word(std::string_view option, std::string_view word, Position position) {
  ast::Option made;
  made.name = {option, position};
  made.kind = ast::OptionValueKind::String;
  made.text = word;
  return made;
}

ast::Option copy_flag(std::string_view option, Position position) {
  ast::Option made;
  made.name = {option, position};
  return made;
}

}  // namespace

Result<const ast::Statement*> Grammar::copy() {
  Position begin = advance().begin;
  ast::Copy made;
  std::vector<ast::Option> options;
  if (at(TokenKind::LeftParen)) {
    advance();
    made.query = TRY(data_statement());
    if (into_) return Error(sqlstate::feature_not_supported, "COPY (SELECT INTO) is not supported");
    TRY(expect(TokenKind::RightParen));
    TRY(expect(Keyword::To));
  } else {
    if (at(Keyword::Binary)) options.push_back(copy_word("format", "binary", advance().begin));
    made.table = TRY(qualified_name());
    made.columns = TRY(optional_names());
    made.is_from = accept(Keyword::From);
    if (!made.is_from) TRY(expect(Keyword::To));
  }
  made.is_program = accept(Keyword::Program);
  if (at(Keyword::Stdin) || at(Keyword::Stdout)) {
    advance();
    if (made.is_program) return error_at("STDIN/STDOUT not allowed with PROGRAM", kNoPosition);
  } else {
    made.file = TRY(string());
  }
  if (made.query == nullptr && (at(Keyword::Using) || at(Keyword::Delimiters))) {
    Position where = position();
    accept(Keyword::Using);
    TRY(expect(Keyword::Delimiters));
    std::string_view text = TRY(string());
    options.push_back(copy_word("delimiter", text, where));
  }
  accept(Keyword::With);
  if (at(TokenKind::LeftParen)) {
    ast::List<ast::Option> listed = TRY(copy_options());
    options.insert(options.end(), listed.begin(), listed.end());
  } else {
    TRY(copy_old_options(options));
  }
  made.options = arena_.list(options);
  if (at(Keyword::Where) && made.query == nullptr) {
    Position where = position();
    made.where = TRY(optional_where());
    if (!made.is_from) return error_at("WHERE clause not allowed with COPY TO", where);
  }
  return make_statement(made, begin);
}

Result<ast::List<ast::Option>> Grammar::copy_options() {
  TRY(expect(TokenKind::LeftParen));
  std::vector<ast::Option> options;
  do {
    ast::Option option = TRY(copy_option());
    options.push_back(option);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  return arena_.list(options);
}

Result<ast::Option> Grammar::copy_option() {
  if (!at_label()) return syntax_error();
  if (peek(1).kind != TokenKind::LeftParen && peek(1).kind != TokenKind::Star) return tool_option();
  ast::Option made;
  made.name = TRY(label());
  if (accept(TokenKind::Star)) {
    made.kind = ast::OptionValueKind::Star;
    return made;
  }
  advance();
  made.kind = ast::OptionValueKind::Words;
  std::vector<ast::Name> words;
  do {
    if (at(TokenKind::String)) {
      Token token = advance();
      words.push_back({token.text, token.begin});
    } else {
      ast::Name part = TRY(label());
      words.push_back(part);
    }
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  made.words = arena_.list(words);
  return made;
}

// DELIMITER '|' NULL 'x' CSV HEADER FORCE QUOTE a, b …
Result<> Grammar::copy_old_options(std::vector<ast::Option>& options) {
  while (at(TokenKind::Keyword)) {
    Position where = position();
    auto text_option = [&](std::string_view name) -> Result<> {
      advance();
      accept(Keyword::As);
      std::string_view text = TRY(string());
      options.push_back(copy_word(name, text, where));
      return {};
    };
    switch (peek().keyword) {
      case Keyword::Binary:
        advance();
        options.push_back(copy_word("format", "binary", where));
        break;
      case Keyword::Csv:
        advance();
        options.push_back(copy_word("format", "csv", where));
        break;
      case Keyword::Freeze:
        advance();
        options.push_back(copy_flag("freeze", where));
        break;
      case Keyword::Header:
        advance();
        options.push_back(copy_flag("header", where));
        break;
      case Keyword::Delimiter:
        TRY(text_option("delimiter"));
        break;
      case Keyword::Null:
        TRY(text_option("null"));
        break;
      case Keyword::Quote:
        TRY(text_option("quote"));
        break;
      case Keyword::Escape:
        TRY(text_option("escape"));
        break;
      case Keyword::Encoding: {
        advance();
        std::string_view text = TRY(string());
        options.push_back(copy_word("encoding", text, where));
        break;
      }
      case Keyword::Force: {
        advance();
        ast::Option made = copy_flag("force_quote", where);
        if (accept(Keyword::Not)) {
          TRY(expect(Keyword::Null));
          made.name.text = "force_not_null";
        } else if (accept(Keyword::Null)) {
          made.name.text = "force_null";
        } else {
          TRY(expect(Keyword::Quote));
        }
        if (made.name.text == "force_quote" && accept(TokenKind::Star)) {
          made.kind = ast::OptionValueKind::Star;
        } else {
          made.kind = ast::OptionValueKind::Words;
          made.words = TRY(name_list());
        }
        options.push_back(made);
        break;
      }
      default:
        return {};
    }
  }
  return {};
}

}  // namespace rowan
