// parser/parser.h: text in, syntax trees out: PostgreSQL 15's grammar and PostgreSQL's errors.
//
// A script is read one statement at a time, so that a later mistake does not keep earlier statements from
// running. Positions count bytes from the start of the text that was handed in (of the whole script, as
// PostgreSQL reports them), in trees and in errors.
// Errors of every entry: 42601 syntax error, in PostgreSQL's words, with position and, where a keyword looks
// misspelt, a hint · 22021 not UTF-8 · 22025 and others for bad escapes · 42622, 54000 limits · 54001 nested
// too deep for the thread's stack · 0A000 what is not supported, named.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parser/arena.h"
#include "parser/ast.h"
#include "parser/ast_query.h"
#include "parser/ast_statement.h"
#include "types/result.h"

namespace rowan {

// A remark that is not an error: PostgreSQL's NOTICE about a name that was cut to 63 bytes and the like.
struct ParserNotice {
  SqlState state;
  std::string message;
  Position position;
};

// A tree and all that it points to: independent of the text it was parsed from.
template <class Node>
struct Parsed {
  const Node* root = nullptr;
  int32_t parameter_count = 0;  // the highest n of $n
  std::string_view text;        // the words of this statement, without the semicolon
  Position begin = 0;           // where `text` began
  std::vector<ParserNotice> notices;
  ast::Arena arena;

  // The words of a node, which DDL stores for CHECK, DEFAULT and views.
  std::string_view source(ast::Range range) const {
    return text.substr(static_cast<size_t>(range.begin - begin),
                       static_cast<size_t>(range.end - range.begin));
  }
};
using ParsedStatement = Parsed<ast::Statement>;
using ParsedExpression = Parsed<ast::Expr>;
using ParsedType = Parsed<ast::TypeName>;

// Statements of `script`, one after the other; empty ones are skipped. `script` is borrowed.
class ScriptReader {
 public:
  explicit ScriptReader(std::string_view script) : script_(script) {}

  // The next statement, or nullptr at the end of the script. After an error the reader is at the end.
  Result<std::unique_ptr<ParsedStatement>> next();

  // Where the next statement will be looked for.
  size_t offset() const { return offset_; }

 private:
  std::string_view script_;
  size_t offset_ = 0;
  bool is_checked_ = false;
};

// Exactly one statement, as PREPARE and the API's prepare() want it. Null for a text without any.
// Errors also: 42601 "cannot insert multiple commands into a prepared statement".
Result<std::unique_ptr<ParsedStatement>> parse_statement(std::string_view text);

// An expression alone: a stored DEFAULT or CHECK.
Result<std::unique_ptr<ParsedExpression>> parse_expression(std::string_view text);

// A type's name alone, as in 'numeric(10,2)'::regtype.
Result<std::unique_ptr<ParsedType>> parse_type_name(std::string_view text);

}  // namespace rowan
