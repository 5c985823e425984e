#include "parser/parser.h"

#include <limits>

#include "parser/grammar.h"
#include "parser/utf8.h"

namespace rowan {

namespace {

Result<> check_script(std::string_view script) {
  if (script.size() >= static_cast<size_t>(std::numeric_limits<Position>::max())) {
    return Error(sqlstate::program_limit_exceeded, "the text of a statement may have at most 2 GB");
  }
  return parser_utf8::validate(script);
}

// Gives `parsed` its own copy of the words, and what else is known when `root` is complete.
template <class Node>
void finish_parse(Parsed<Node>& parsed, const Node* root, std::string_view script, Position begin,
                  const Grammar& grammar) {
  parsed.root = root;
  parsed.begin = begin;
  parsed.text = parsed.arena.text(
      script.substr(static_cast<size_t>(begin), static_cast<size_t>(grammar.last_end() - begin)));
  parsed.parameter_count = grammar.parameter_count();
}

// One statement from `offset`, which moves behind it and its semicolon; nullptr: there is none.
Result<std::unique_ptr<ParsedStatement>> parse_one(std::string_view script, size_t& offset) {
  auto parsed = std::make_unique<ParsedStatement>();
  Grammar grammar(script, offset, parsed->arena, parsed->notices);
  offset = script.size();
  while (grammar.accept(TokenKind::Semicolon)) {
  }
  if (grammar.at(TokenKind::End)) return std::unique_ptr<ParsedStatement>();
  Position begin = grammar.position();
  const ast::Statement* root = TRY(grammar.statement());
  finish_parse(*parsed, root, script, begin, grammar);
  if (!grammar.at(TokenKind::End) && !grammar.at(TokenKind::Semicolon)) return grammar.syntax_error();
  offset = static_cast<size_t>(grammar.peek().end);
  return parsed;
}

}  // namespace

Result<std::unique_ptr<ParsedStatement>> ScriptReader::next() {
  if (!is_checked_) {
    TRY(check_script(script_));
    is_checked_ = true;
  }
  return parse_one(script_, offset_);
}

Result<std::unique_ptr<ParsedStatement>> parse_statement(std::string_view text) {
  ScriptReader reader(text);
  std::unique_ptr<ParsedStatement> first = TRY(reader.next());
  if (first == nullptr) return first;
  std::unique_ptr<ParsedStatement> second = TRY(reader.next());
  if (second != nullptr) {
    return Error(sqlstate::syntax_error, "cannot insert multiple commands into a prepared statement");
  }
  return first;
}

Result<std::unique_ptr<ParsedExpression>> parse_expression(std::string_view text) {
  TRY(check_script(text));
  auto parsed = std::make_unique<ParsedExpression>();
  Grammar grammar(text, 0, parsed->arena, parsed->notices);
  Position begin = grammar.position();
  const ast::Expr* root = TRY(grammar.expression());
  if (!grammar.at(TokenKind::End)) return grammar.syntax_error();
  finish_parse(*parsed, root, text, begin, grammar);
  return parsed;
}

Result<std::unique_ptr<ParsedType>> parse_type_name(std::string_view text) {
  TRY(check_script(text));
  auto parsed = std::make_unique<ParsedType>();
  Grammar grammar(text, 0, parsed->arena, parsed->notices);
  Position begin = grammar.position();
  const ast::TypeName* root = TRY(grammar.type_name());
  if (!grammar.at(TokenKind::End)) return grammar.syntax_error();
  finish_parse(*parsed, root, text, begin, grammar);
  return parsed;
}

}  // namespace rowan
