#include "parser/lexer.h"

#include <charconv>

#include "parser/characters.h"
#include "parser/parser.h"
#include "parser/utf8.h"

namespace rowan {

namespace {

TokenKind single_kind(char c) {
  switch (c) {
    case ',':
      return TokenKind::Comma;
    case '(':
      return TokenKind::LeftParen;
    case ')':
      return TokenKind::RightParen;
    case '[':
      return TokenKind::LeftBracket;
    case ']':
      return TokenKind::RightBracket;
    case '.':
      return TokenKind::Dot;
    case ';':
      return TokenKind::Semicolon;
    case ':':
      return TokenKind::Colon;
    case '+':
      return TokenKind::Plus;
    case '-':
      return TokenKind::Minus;
    case '*':
      return TokenKind::Star;
    case '/':
      return TokenKind::Slash;
    case '%':
      return TokenKind::Percent;
    case '^':
      return TokenKind::Caret;
    case '<':
      return TokenKind::Less;
    case '>':
      return TokenKind::Greater;
    case '=':
      return TokenKind::Equal;
    default:
      return TokenKind::Other;
  }
}

TokenKind double_kind(std::string_view text) {
  if (text == "<=") return TokenKind::LessEqual;
  if (text == ">=") return TokenKind::GreaterEqual;
  if (text == "<>" || text == "!=") return TokenKind::NotEqual;
  if (text == "=>") return TokenKind::EqualsGreater;
  return TokenKind::Operator;
}

}  // namespace

Token Lexer::next() {
  if (error_)
    return Token{TokenKind::Bad,
                 false,
                 Keyword::NotKeyword,
                 0,
                 static_cast<Position>(offset_),
                 static_cast<Position>(offset_),
                 {}};
  Token bad;
  if (!skip_space(bad)) return bad;
  return scan();
}

Token Lexer::scan() {
  size_t begin = offset_;
  if (begin >= script_.size()) return finish(TokenKind::End, script_.size(), script_.size());
  char c = script_[begin], following = at(begin + 1);
  if (chars::is_name_start(c)) {
    if (following == '\'') {
      char prefix = chars::fold(c);
      if (prefix == 'e') return escape_string(begin, begin + 1);
      if (prefix == 'b') return bit_string(begin, begin + 1, TokenKind::BitString);
      if (prefix == 'x') return bit_string(begin, begin + 1, TokenKind::HexString);
      // N'…' is the keyword NCHAR and a string, as in PostgreSQL.
      if (prefix == 'n') {
        Token token = finish(TokenKind::Keyword, begin, begin + 1);
        token.keyword = Keyword::Nchar;
        token.text = keyword_info(Keyword::Nchar).word;
        return token;
      }
    }
    if (chars::fold(c) == 'u' && following == '&' && (at(begin + 2) == '\'' || at(begin + 2) == '"')) {
      return unicode_token(begin, begin + 2);
    }
    return name_token(begin);
  }
  if (chars::is_digit(c) || (c == '.' && chars::is_digit(following))) return number_token(begin);
  if (c == '\'') return string_token(begin, begin);
  if (c == '"') return quoted_identifier(begin, begin);
  if (c == '$') return parameter_or_dollar(begin);
  if (c == ':' && following == ':') return finish(TokenKind::TypeCast, begin, begin + 2);
  if (c == ':' && following == '=') return finish(TokenKind::ColonEquals, begin, begin + 2);
  if (c == '.' && following == '.') return finish(TokenKind::DotDot, begin, begin + 2);
  if (chars::is_operator_char(c)) return operator_token(begin);
  return finish(single_kind(c), begin, begin + 1);
}

Token Lexer::finish(TokenKind kind, size_t begin, size_t end) {
  offset_ = end;
  Token token;
  token.kind = kind;
  token.begin = static_cast<Position>(begin);
  token.end = static_cast<Position>(end);
  return token;
}

Token Lexer::fail(SqlState state, std::string message, size_t where, std::string hint) {
  error_ = Error(state, std::move(message)).at(static_cast<Position>(where)).hint(std::move(hint));
  return finish(TokenKind::Bad, where, where);
}

Token Lexer::fail_near(const char* message, size_t begin, size_t end) {
  std::string text = message;
  text += " at or near \"";
  text += script_.substr(begin, end - begin);
  text += '"';
  return fail(sqlstate::syntax_error, std::move(text), begin);
}

// ---- space and comments
// ------------------------------------------------------------------------------------

bool Lexer::skip_space(Token& bad) {
  for (;;) {
    char c = at(offset_);
    if (chars::is_space(c)) {
      offset_++;
    } else if (c == '-' && at(offset_ + 1) == '-') {
      while (offset_ < script_.size() && !chars::is_newline(script_[offset_])) offset_++;
    } else if (c == '/' && at(offset_ + 1) == '*') {
      size_t begin = offset_;
      if (!skip_block_comment()) {
        bad = fail_near("unterminated /* comment", begin, script_.size());
        return false;
      }
    } else {
      return true;
    }
  }
}

// Comments nest. False: the script ended first.
bool Lexer::skip_block_comment() {
  size_t depth = 0;
  while (offset_ + 1 < script_.size()) {
    if (script_[offset_] == '/' && script_[offset_ + 1] == '*') {
      depth++;
      offset_ += 2;
    } else if (script_[offset_] == '*' && script_[offset_ + 1] == '/') {
      offset_ += 2;
      if (--depth == 0) return true;
    } else {
      offset_++;
    }
  }
  return false;
}

// ---- names, numbers, operators
// -----------------------------------------------------------------------------

std::string_view Lexer::cut_name(std::string_view name, size_t begin) {
  if (name.size() <= kNameBytesMax) return name;
  std::string_view cut = name.substr(0, parser_utf8::clip(name, kNameBytesMax));
  std::string message = "identifier \"";
  message.append(name).append("\" will be truncated to \"").append(cut).append("\"");
  notices_.push_back({sqlstate::name_too_long, std::move(message), static_cast<Position>(begin)});
  return cut;
}

Token Lexer::name_token(size_t begin) {
  size_t end = begin + 1;
  bool has_upper = script_[begin] >= 'A' && script_[begin] <= 'Z';
  while (end < script_.size() && chars::is_name_part(script_[end])) {
    has_upper |= script_[end] >= 'A' && script_[end] <= 'Z';
    end++;
  }
  Token token = finish(TokenKind::Identifier, begin, end);
  std::string_view written = script_.substr(begin, end - begin);
  if (has_upper) {
    char* folded = static_cast<char*>(arena_.allocate(written.size(), 1));
    for (size_t i = 0; i < written.size(); i++) folded[i] = chars::fold(written[i]);
    written = {folded, written.size()};
  }
  token.keyword = find_keyword(written);
  if (token.keyword != Keyword::NotKeyword) {
    token.kind = TokenKind::Keyword;
    token.text = keyword_info(token.keyword).word;
    return token;
  }
  token.text = cut_name(has_upper ? written : arena_.text(written), begin);
  return token;
}

Token Lexer::number_token(size_t begin) {
  size_t end = begin;
  auto digits = [&] {
    while (chars::is_digit(at(end))) end++;
  };
  digits();
  bool is_integer = true;
  // In `1..2` the dots are a token of their own.
  if (at(end) == '.' && at(end + 1) != '.') {
    is_integer = false;
    end++;
    digits();
  }
  if (chars::fold(at(end)) == 'e') {
    size_t exponent = end + 1;
    bool has_sign = at(exponent) == '+' || at(exponent) == '-';
    if (has_sign) exponent++;
    if (chars::is_digit(at(exponent))) {
      is_integer = false;
      end = exponent;
      digits();
    } else if (has_sign) {
      return fail_near("trailing junk after numeric literal", begin, exponent);
    }
  }
  if (chars::is_name_start(at(end))) {
    size_t junk = end;
    while (junk < script_.size() && chars::is_name_part(script_[junk])) junk++;
    return fail_near("trailing junk after numeric literal", begin, junk);
  }
  Token token = finish(TokenKind::Number, begin, end);
  std::string_view written = script_.substr(begin, end - begin);
  if (is_integer) {
    auto [stop, failure] = std::from_chars(written.data(), written.data() + written.size(), token.integer);
    if (failure == std::errc()) {
      token.kind = TokenKind::Integer;
      return token;
    }
  }
  token.text = arena_.text(written);
  return token;
}

// The longest run of operator characters, less a comment that starts in it, and less trailing signs unless a
// character is in it that no standard operator has: so `a*-b` is two operators and `a@-b` one.
Token Lexer::operator_token(size_t begin) {
  size_t end = begin;
  while (chars::is_operator_char(at(end))) {
    if (end > begin && ((at(end) == '-' && at(end + 1) == '-') || (at(end) == '/' && at(end + 1) == '*')))
      break;
    end++;
  }
  std::string_view text = script_.substr(begin, end - begin);
  if (text.size() > 1 && text.find_first_of("~!@#^&|`?%") == std::string_view::npos) {
    while (text.size() > 1 && (text.back() == '+' || text.back() == '-')) text.remove_suffix(1);
  }
  end = begin + text.size();
  if (text.size() == 1 && single_kind(text[0]) != TokenKind::Other)
    return finish(single_kind(text[0]), begin, end);
  if (text.size() > kNameBytesMax) return fail_near("operator too long", begin, end);
  Token token = finish(double_kind(text), begin, end);
  if (token.kind == TokenKind::Operator) token.text = arena_.text(text);
  return token;
}

Token Lexer::parameter_or_dollar(size_t begin) {
  size_t end = begin + 1;
  if (chars::is_digit(at(end))) {
    while (chars::is_digit(at(end))) end++;
    if (chars::is_name_start(at(end))) {
      while (end < script_.size() && chars::is_name_part(script_[end])) end++;
      return fail_near("trailing junk after parameter", begin, end);
    }
    Token token = finish(TokenKind::Parameter, begin, end);
    auto [stop, failure] = std::from_chars(script_.data() + begin + 1, script_.data() + end, token.integer);
    if (failure == std::errc()) return token;
    return fail(sqlstate::undefined_parameter,
                "there is no parameter " + std::string(script_.substr(begin, end - begin)), begin);
  }
  if (chars::is_name_start(at(end))) {
    while (chars::is_name_part(at(end)) && at(end) != '$') end++;
  }
  if (at(end) == '$') return dollar_string(begin, end + 1);
  return finish(TokenKind::Other, begin, begin + 1);
}

}  // namespace rowan
