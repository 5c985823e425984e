// parser/lexer.h: text into tokens, as PostgreSQL's scanner cuts it. A mistake becomes a Bad token, whose
// error is told only when the parser gets there: an earlier syntax error comes first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/arena.h"
#include "parser/keywords.h"
#include "types/error.h"

namespace rowan {

// clang-format off
enum class TokenKind : uint8_t {
  End, Bad,
  Identifier,     // `text`: folded and cut
  Keyword,        // `keyword`; `text`: the word in lower case
  Integer,        // `integer`
  Number,         // `text`: what does not fit 32 bits, or has a point or an exponent
  String,         // `text`: unescaped
  BitString, HexString,
  Parameter,      // `integer`
  Operator,       // `text`: any operator without a kind of its own
  Comma, LeftParen, RightParen, LeftBracket, RightBracket, Dot, DotDot, Semicolon, Colon, ColonEquals, TypeCast,
  EqualsGreater, Plus, Minus, Star, Slash, Percent, Caret, Less, Greater, Equal, LessEqual, GreaterEqual, NotEqual,
  Other           // a character that starts nothing
};
// clang-format on

struct Token {
  TokenKind kind = TokenKind::End;
  bool is_quoted = false;                 // of Identifier
  Keyword keyword = Keyword::NotKeyword;  // of Keyword alone
  int32_t integer = 0;
  Position begin = 0;
  Position end = 0;
  std::string_view text;
};

// PostgreSQL's NAMEDATALEN less one: names are cut to this many bytes.
inline constexpr size_t kNameBytesMax = 63;

struct ParserNotice;

class Lexer {
 public:
  // Reads `script` from `offset`; what tokens point to lives in `arena`. `script` is valid UTF-8 of less than
  // 2 GiB without zero bytes.
  Lexer(std::string_view script, size_t offset, ast::Arena& arena, std::vector<ParserNotice>& notices)
      : script_(script), offset_(offset), arena_(arena), notices_(notices) {}

  // The next token; End for ever at the end of the script.
  Token next();

  // What was wrong with the first Bad token. Only after one.
  const Error& error() const { return *error_; }

 private:
  Token scan();
  bool skip_space(Token& bad);
  bool skip_block_comment();
  Token name_token(size_t begin);
  Token number_token(size_t begin);
  Token operator_token(size_t begin);
  Token parameter_or_dollar(size_t begin);
  Token dollar_string(size_t begin, size_t tag_end);
  Token string_token(size_t begin, size_t quote);
  Token escape_string(size_t begin, size_t quote);
  Token bit_string(size_t begin, size_t quote, TokenKind kind);
  Token quoted_identifier(size_t begin, size_t quote);
  Token unicode_token(size_t begin, size_t quote);
  std::optional<size_t> quoted_end(size_t open, char quote, std::string* joined, std::string_view* text);
  size_t continuation(size_t at) const;
  bool read_escape(size_t& at, std::string& out, uint32_t& high, Token& bad);
  Token unescape_unicode(Token token, size_t body, std::string_view quoted, char escape);
  Token finish(TokenKind kind, size_t begin, size_t end);
  Token fail(SqlState state, std::string message, size_t at, std::string hint = "");
  Token fail_near(const char* message, size_t begin, size_t end);
  std::string_view cut_name(std::string_view name, size_t begin);
  char at(size_t offset) const { return offset < script_.size() ? script_[offset] : '\0'; }

  std::string_view script_;
  size_t offset_;
  ast::Arena& arena_;
  std::vector<ParserNotice>& notices_;
  std::optional<Error> error_;
};

}  // namespace rowan
