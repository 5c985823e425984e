// parser/lexer_strings.cpp: quoted strings and names in all their forms.
#include <cstring>

#include "parser/characters.h"
#include "parser/lexer.h"
#include "parser/utf8.h"

namespace rowan {

namespace {

constexpr char kEscapeHint[] = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.";
constexpr char kUnicodeHint[] = "Unicode escapes must be \\XXXX or \\+XXXXXX.";

}  // namespace

// ---- strings
// -----------------------------------------------------------------------------------------------

Token Lexer::dollar_string(size_t begin, size_t tag_end) {
  std::string_view tag = script_.substr(begin, tag_end - begin);
  size_t close = script_.find(tag, tag_end);
  if (close == std::string_view::npos) {
    return fail_near("unterminated dollar-quoted string", begin, script_.size());
  }
  Token token = finish(TokenKind::String, begin, close + tag.size());
  token.text = arena_.text(script_.substr(tag_end, close - tag_end));
  return token;
}

// 'a' and 'b' are one string when a line break and nothing else but space and -- comments stands between
// them. Given the offset after a closing quote, the offset of the quote that carries on, or 0.
size_t Lexer::continuation(size_t from) const {
  bool has_newline = false;
  size_t i = from;
  for (;; i++) {
    char c = at(i);
    if (chars::is_newline(c)) {
      has_newline = true;
    } else if (c == '-' && at(i + 1) == '-') {
      while (i < script_.size() && !chars::is_newline(script_[i])) i++;
      if (i >= script_.size()) return 0;
      has_newline = true;
    } else if (!chars::is_space(c)) {
      break;
    }
  }
  return has_newline && at(i) == '\'' ? i : 0;
}

// The offset after the quote that closes the one at `open`. Doubled quotes stand for one and, in strings,
// continuations are joined: then `joined` holds the text. `text` is it, there or in the script.
std::optional<size_t> Lexer::quoted_end(size_t open, char quote, std::string* joined,
                                        std::string_view* text) {
  bool is_joined = false;
  size_t from = open + 1;
  for (;;) {
    size_t close = script_.find(quote, from);
    if (close == std::string_view::npos) return std::nullopt;
    bool is_doubled = at(close + 1) == quote;
    size_t more = is_doubled || quote == '"' ? 0 : continuation(close + 1);
    if (!is_joined && !is_doubled && more == 0) {
      *text = script_.substr(from, close - from);
      return close + 1;
    }
    joined->append(script_.substr(from, close - from + (is_doubled ? 1 : 0)));
    *text = *joined;
    if (!is_doubled && more == 0) return close + 1;
    is_joined = true;
    from = is_doubled ? close + 2 : more + 1;
  }
}

Token Lexer::string_token(size_t begin, size_t quote) {
  std::string joined;
  std::string_view text;
  std::optional<size_t> end = quoted_end(quote, '\'', &joined, &text);
  if (!end) return fail_near("unterminated quoted string", begin, script_.size());
  Token token = finish(TokenKind::String, begin, *end);
  token.text = arena_.text(text);
  return token;
}

Token Lexer::bit_string(size_t begin, size_t quote, TokenKind kind) {
  std::string joined;
  std::string_view text;
  std::optional<size_t> end = quoted_end(quote, '\'', &joined, &text);
  if (!end) {
    return fail_near(kind == TokenKind::BitString ? "unterminated bit string literal"
                                                  : "unterminated hexadecimal string literal",
                     begin, script_.size());
  }
  Token token = finish(kind, begin, *end);
  token.text = arena_.text(text);
  return token;
}

Token Lexer::quoted_identifier(size_t begin, size_t quote) {
  std::string joined;
  std::string_view text;
  std::optional<size_t> end = quoted_end(quote, '"', &joined, &text);
  if (!end) return fail_near("unterminated quoted identifier", begin, script_.size());
  if (text.empty()) return fail_near("zero-length delimited identifier", begin, *end);
  Token token = finish(TokenKind::Identifier, begin, *end);
  token.is_quoted = true;
  token.text = cut_name(arena_.text(text), begin);
  return token;
}

// E'…': the escapes of C, and \uXXXX.
Token Lexer::escape_string(size_t begin, size_t quote) {
  std::string text;
  uint32_t high = 0;  // the first half of a surrogate pair, waiting for its second
  bool has_bytes = false;
  size_t i = quote + 1;
  Token bad;
  for (;;) {
    if (i >= script_.size()) return fail_near("unterminated quoted string", begin, script_.size());
    char c = script_[i];
    if (high != 0 && !(c == '\\' && chars::fold(at(i + 1)) == 'u')) {
      return fail_near("invalid Unicode surrogate pair", i, i + 1);
    }
    if (c == '\'') {
      if (at(i + 1) == '\'') {
        text += '\'';
        i += 2;
        continue;
      }
      size_t more = continuation(i + 1);
      i = more != 0 ? more + 1 : i + 1;
      if (more == 0) break;
    } else if (c == '\\') {
      has_bytes |= at(i + 1) == 'x' || chars::is_digit(at(i + 1));
      if (i + 1 >= script_.size()) return fail_near("unterminated quoted string", begin, script_.size());
      if (!read_escape(i, text, high, bad)) return bad;
    } else {
      text += c;
      i++;
    }
  }
  if (has_bytes) {
    Result<> valid = parser_utf8::validate(text);
    if (!valid.ok()) {
      error_ = valid.error();
      return finish(TokenKind::Bad, begin, i);
    }
  }
  Token token = finish(TokenKind::String, begin, i);
  token.text = arena_.text(text);
  return token;
}

// One escape whose backslash is at `i`; leaves `i` behind it. False: `bad` says why not.
bool Lexer::read_escape(size_t& i, std::string& out, uint32_t& high, Token& bad) {
  size_t begin = i;
  char c = script_[i + 1];
  i += 2;
  switch (c) {
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    default:
      break;
  }
  if (c >= '0' && c <= '7') {
    int value = c - '0';
    for (int n = 1; n < 3 && at(i) >= '0' && at(i) <= '7'; n++) value = value * 8 + (script_[i++] - '0');
    out += static_cast<char>(value);
    return true;
  }
  if (c == 'x' && chars::hex_digit(at(i)) >= 0) {
    int value = 0;
    for (int n = 0; n < 2 && chars::hex_digit(at(i)) >= 0; n++)
      value = value * 16 + chars::hex_digit(script_[i++]);
    out += static_cast<char>(value);
    return true;
  }
  if (c != 'u' && c != 'U') {
    out += c;
    return true;
  }
  uint32_t code = 0;
  for (int n = 0; n < (c == 'u' ? 4 : 8); n++) {
    int digit = chars::hex_digit(at(i));
    if (digit < 0) {
      bad = fail(sqlstate::invalid_escape_sequence, "invalid Unicode escape", begin, kEscapeHint);
      return false;
    }
    code = code * 16 + static_cast<uint32_t>(digit);
    i++;
  }
  if (high != 0) {
    if (!parser_utf8::is_low_surrogate(code)) {
      bad = fail_near("invalid Unicode surrogate pair", begin, i);
      return false;
    }
    code = parser_utf8::join_surrogates(high, code);
    high = 0;
  } else if (parser_utf8::is_low_surrogate(code)) {
    bad = fail_near("invalid Unicode surrogate pair", begin, i);
    return false;
  } else if (parser_utf8::is_high_surrogate(code)) {
    high = code;
    return true;
  }
  if (code == 0 || code > 0x10FFFF) {
    bad = fail_near("invalid Unicode escape value", begin, i);
    return false;
  }
  parser_utf8::append(out, code);
  return true;
}

// U&'…' and U&"…", with the UESCAPE that may follow.
Token Lexer::unicode_token(size_t begin, size_t quote) {
  bool is_name = script_[quote] == '"';
  std::string joined;
  std::string_view text;
  std::optional<size_t> end = quoted_end(quote, script_[quote], &joined, &text);
  if (!end) {
    return fail_near(is_name ? "unterminated quoted identifier" : "unterminated quoted string", begin,
                     script_.size());
  }
  if (is_name && text.empty()) return fail_near("zero-length delimited identifier", begin, *end);
  Token token = finish(is_name ? TokenKind::Identifier : TokenKind::String, begin, *end);
  token.is_quoted = is_name;

  char escape = '\\';
  size_t after = offset_;
  Token bad;
  if (!skip_space(bad)) return bad;
  size_t word = offset_;
  while (chars::is_name_part(at(word))) word++;
  std::string folded;
  for (size_t i = offset_; i < word; i++) folded += chars::fold(script_[i]);
  if (folded == "uescape") {
    offset_ = word;
    if (!skip_space(bad)) return bad;
    Token chosen = scan();
    if (chosen.kind == TokenKind::Bad) return chosen;
    if (chosen.kind != TokenKind::String) {
      return chosen.kind == TokenKind::End
                 ? fail(sqlstate::syntax_error,
                        "UESCAPE must be followed by a simple string literal at end of input",
                        static_cast<size_t>(chosen.begin))
                 : fail_near("UESCAPE must be followed by a simple string literal",
                             static_cast<size_t>(chosen.begin), static_cast<size_t>(chosen.end));
    }
    bool is_valid = chosen.text.size() == 1 && chars::hex_digit(chosen.text[0]) < 0 &&
                    !chars::is_space(chosen.text[0]) && std::strchr("+'\"", chosen.text[0]) == nullptr;
    if (!is_valid) {
      return fail_near("invalid Unicode escape character", static_cast<size_t>(chosen.begin),
                       static_cast<size_t>(chosen.end));
    }
    escape = chosen.text[0];
    token.end = chosen.end;
  } else {
    offset_ = after;
  }
  return unescape_unicode(token, quote + 1, text, escape);
}

// `quoted` began at `body` of the script.
Token Lexer::unescape_unicode(Token token, size_t body, std::string_view quoted, char escape) {
  std::string out;
  uint32_t high = 0;
  size_t i = 0;
  auto fail_pair = [&] { return fail(sqlstate::syntax_error, "invalid Unicode surrogate pair", body + i); };
  while (i < quoted.size()) {
    if (quoted[i] != escape) {
      if (high != 0) return fail_pair();
      out += quoted[i++];
      continue;
    }
    if (i + 1 < quoted.size() && quoted[i + 1] == escape) {
      if (high != 0) return fail_pair();
      out += escape;
      i += 2;
      continue;
    }
    bool is_long = i + 1 < quoted.size() && quoted[i + 1] == '+';
    size_t first = i + (is_long ? 2 : 1), count = is_long ? 6 : 4;
    uint32_t code = 0;
    for (size_t n = first; n < first + count; n++) {
      int digit = n < quoted.size() ? chars::hex_digit(quoted[n]) : -1;
      if (digit < 0) return fail(sqlstate::syntax_error, "invalid Unicode escape", body + i, kUnicodeHint);
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    if (code == 0 || code > 0x10FFFF) {
      return fail(sqlstate::syntax_error, "invalid Unicode escape value", body + i);
    }
    if (high != 0) {
      if (!parser_utf8::is_low_surrogate(code)) return fail_pair();
      code = parser_utf8::join_surrogates(high, code);
      high = 0;
    } else if (parser_utf8::is_low_surrogate(code)) {
      return fail_pair();
    }
    i = first + count;
    if (parser_utf8::is_high_surrogate(code)) {
      high = code;
    } else {
      parser_utf8::append(out, code);
    }
  }
  if (high != 0) return fail_pair();
  token.text = arena_.text(out);
  if (token.kind == TokenKind::Identifier)
    token.text = cut_name(token.text, static_cast<size_t>(token.begin));
  return token;
}

}  // namespace rowan
