// parser/grammar_tokens.cpp: looking at tokens, consuming them, and saying what was wrong with one.
#include <iterator>

#include "parser/grammar.h"

namespace rowan {

Token Grammar::advance() {
  peek();
  last_ = ring_[first_];
  last_end_ = last_.end;
  first_ = (first_ + 1) % kRing;
  count_--;
  return last_;
}

bool Grammar::accept(Keyword first, Keyword second) {
  if (!at(first, second)) return false;
  advance();
  advance();
  return true;
}

Result<> Grammar::expect(TokenKind kind) {
  if (!accept(kind)) return syntax_error();
  return {};
}

Result<> Grammar::expect(Keyword keyword) {
  if (!accept(keyword)) return syntax_error();
  return {};
}

Result<> Grammar::expect(Keyword first, Keyword second) {
  TRY(expect(first));
  return expect(second);
}

namespace {

// What people misspell: the words that open statements and clauses.
constexpr std::string_view kStatementWords[] = {
    "abort",   "alter",   "analyze",  "backup",     "begin",     "checkpoint", "close",   "comment",
    "commit",  "copy",    "create",   "deallocate", "declare",   "delete",     "discard", "drop",
    "end",     "execute", "explain",  "fetch",      "grant",     "insert",     "lock",    "move",
    "prepare", "release", "reset",    "rollback",   "savepoint", "select",     "set",     "show",
    "start",   "table",   "truncate", "update",     "vacuum",    "values",     "with"};
constexpr std::string_view kClauseWords[] = {
    "analyze", "and",       "asc",     "desc",      "ilike",      "like",     "similar",    "between",
    "cascade", "case",      "check",   "column",    "committed",  "conflict", "constraint", "cross",
    "default", "distinct",  "else",    "except",    "exists",     "foreign",  "from",       "full",
    "group",   "having",    "index",   "inner",     "intersect",  "interval", "into",       "join",
    "lateral", "left",      "limit",   "natural",   "nothing",    "null",     "offset",     "order",
    "over",    "partition", "primary", "recursive", "references", "rename",   "returning",  "right",
    "rows",    "schema",    "select",  "sequence",  "set",        "table",    "then",       "transaction",
    "union",   "unique",    "using",   "values",    "view",       "when",     "where",      "window",
    "with"};

// The keyword that `word` was meant to be, in capitals, or "".
template <size_t N>
std::string meant_keyword(std::string_view word, const std::string_view (&candidates)[N]) {
  if (word.size() < 3) return "";
  Suggestion suggestion(word);
  for (std::string_view candidate : candidates) suggestion.consider(candidate);
  std::string best(suggestion.best());
  for (char& c : best) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return best;
}

bool is_plain_word(const Token& token) {
  return token.kind == TokenKind::Identifier && !token.is_quoted;
}

}  // namespace

// The mistake is often one word earlier than where the grammar stumbles: in `SELECT a FORM t` FORM is the
// column's name, and `t` is one too many.
Error Grammar::syntax_error(size_t ahead) {
  Token token = peek(ahead);
  if (token.kind == TokenKind::Bad) return lexer_.error();
  Token before = ahead == 0 ? last_ : peek(ahead - 1);
  bool is_first = before.end == 0 || before.kind == TokenKind::Semicolon;
  std::string meant;
  if (is_plain_word(token)) {
    meant = is_first ? meant_keyword(token.text, kStatementWords) : meant_keyword(token.text, kClauseWords);
  }
  if (meant.empty() && is_plain_word(before)) meant = meant_keyword(before.text, kClauseWords);
  std::string hint = meant.empty() ? "" : "Perhaps you meant the keyword " + meant + ".";
  std::string message = "syntax error at ";
  if (token.kind == TokenKind::End) {
    message += "end of input";
  } else {
    message += "or near \"";
    message += script_.substr(static_cast<size_t>(token.begin), static_cast<size_t>(token.end - token.begin));
    message += '"';
  }
  return Error(sqlstate::syntax_error, std::move(message)).at(token.begin).hint(std::move(hint));
}

Error Grammar::error_at(std::string message, Position position) {
  return Error(sqlstate::syntax_error, std::move(message)).at(position);
}

Error Grammar::unsupported(std::string_view what, Position position) {
  return Error(sqlstate::feature_not_supported, std::string(what) + " is not supported").at(position);
}

ast::QualifiedName Grammar::system_name(std::string_view name, Position position) {
  ast::Name parts[] = {{"pg_catalog", position}, {name, position}};
  return {arena_.list(parts, std::size(parts))};
}

}  // namespace rowan
