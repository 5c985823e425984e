// parser/grammar_call.cpp: calls: plain ones with all that may follow them, and those that SQL gave a syntax
// of their own.
#include "parser/grammar.h"

namespace rowan {

// name ( … ) [WITHIN GROUP (…)] [FILTER (…)] [OVER …]; or name(modifiers) 'literal'
Result<ast::ExprPtr> Grammar::call(ast::QualifiedName name, Position begin, bool with_window) {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  ast::Call made{name, {}, nullptr, false, false};
  ast::CallDetail detail;
  TRY(expect(TokenKind::LeftParen));
  TRY(call_arguments(made, detail));
  TRY(expect(TokenKind::RightParen));
  if (at(TokenKind::String) && with_window) {
    ast::TypeName* type = arena_.make(ast::TypeName{});
    type->name = name;
    type->position = begin;
    ListBuilder modifiers(*this);
    for (const ast::Argument& argument : made.arguments) {
      if (!argument.name.empty()) {
        return error_at("type modifier cannot have parameter name", argument.name.position);
      }
      modifiers.add(argument.value);
    }
    if (!detail.order_by.empty()) return error_at("type modifier cannot have ORDER BY", begin);
    type->modifiers = modifiers.finish();
    type->range = {begin, last_end_};
    return string_of_type(type, begin);
  }
  if (with_window) return call_tail(made, detail, begin);
  if (detail.is_distinct || detail.is_variadic || !detail.order_by.empty()) made.detail = arena_.make(detail);
  return make(made, begin, begin);
}

Result<> Grammar::call_arguments(ast::Call& made, ast::CallDetail& detail) {
  if (at(TokenKind::RightParen)) return {};
  if (accept(TokenKind::Star)) {
    made.is_star = true;
    return {};
  }
  if (accept(Keyword::Distinct)) {
    detail.is_distinct = true;
  } else {
    accept(Keyword::All);
  }
  std::vector<ast::Argument> arguments;
  do {
    detail.is_variadic = !detail.is_distinct && accept(Keyword::Variadic);
    ast::Argument parsed = TRY(argument());
    arguments.push_back(parsed);
  } while (!detail.is_variadic && accept(TokenKind::Comma));
  made.arguments = arena_.list(arguments);
  if (at(Keyword::Order)) detail.order_by = TRY(optional_order_by());
  return {};
}

Result<ast::Argument> Grammar::argument() {
  ast::Argument made{};
  bool is_named = peek(1).kind == TokenKind::ColonEquals || peek(1).kind == TokenKind::EqualsGreater;
  if (is_named && at_function_name()) {
    made.name = TRY(function_name());
    advance();
  }
  made.value = TRY(expression());
  return made;
}

Result<ast::ExprPtr> Grammar::call_tail(ast::Call made, ast::CallDetail detail, Position begin) {
  bool is_detailed = detail.is_distinct || detail.is_variadic || !detail.order_by.empty();
  if (at(Keyword::Within, Keyword::Group)) {
    Position where = position();
    advance();
    advance();
    TRY(expect(TokenKind::LeftParen));
    if (!at(Keyword::Order)) return syntax_error();
    ast::List<ast::SortKey> keys = TRY(optional_order_by());
    TRY(expect(TokenKind::RightParen));
    if (!detail.order_by.empty())
      return error_at("cannot use multiple ORDER BY clauses with WITHIN GROUP", where);
    if (detail.is_distinct) return error_at("cannot use DISTINCT with WITHIN GROUP", where);
    if (detail.is_variadic) return error_at("cannot use VARIADIC with WITHIN GROUP", where);
    detail.order_by = keys;
    detail.is_within_group = is_detailed = true;
  }
  if (at(Keyword::Filter) && peek(1).kind == TokenKind::LeftParen) {
    advance();
    advance();
    TRY(expect(Keyword::Where));
    detail.filter = TRY(expression());
    TRY(expect(TokenKind::RightParen));
    is_detailed = true;
  }
  if (at(Keyword::Over)) {
    detail.over = TRY(over_clause());
    is_detailed = true;
  }
  if (is_detailed) made.detail = arena_.make(detail);
  return make(made, begin, begin);
}

// ---- windows
// -----------------------------------------------------------------------------------------------

Result<ast::WindowSpec*> Grammar::over_clause() {
  TRY(expect(Keyword::Over));
  if (at(TokenKind::LeftParen)) return window_definition();
  ast::WindowSpec* made = arena_.make(ast::WindowSpec{});
  made->position = position();
  made->name = TRY(name());
  return made;
}

// ( [base] [PARTITION BY …] [ORDER BY …] [frame] )
Result<ast::WindowSpec*> Grammar::window_definition() {
  ast::WindowSpec* made = arena_.make(ast::WindowSpec{});
  made->position = position();
  TRY(expect(TokenKind::LeftParen));
  bool opens_clause =
      at(Keyword::Partition) || at(Keyword::Range) || at(Keyword::Rows) || at(Keyword::Groups);
  if (at_name() && !opens_clause) made->base = TRY(name());
  if (accept(Keyword::Partition)) {
    TRY(expect(Keyword::By));
    made->partition_by = TRY(expression_list());
  }
  made->order_by = TRY(optional_order_by());
  made->frame = TRY(frame_clause());
  TRY(expect(TokenKind::RightParen));
  return made;
}

Result<const ast::Frame*> Grammar::frame_clause() {
  ast::Frame frame;
  frame.position = position();
  if (accept(Keyword::Rows)) {
    frame.unit = ast::FrameUnit::Rows;
  } else if (accept(Keyword::Range)) {
    frame.unit = ast::FrameUnit::Range;
  } else if (accept(Keyword::Groups)) {
    frame.unit = ast::FrameUnit::Groups;
  } else {
    return nullptr;
  }
  using enum ast::FrameBoundKind;
  auto refuse = [](const char* message, Position where) {
    return Error(sqlstate::windowing_error, message).at(where);
  };
  bool is_between = accept(Keyword::Between);
  Position start = position();
  frame.start = TRY(frame_bound());
  if (frame.start.kind == UnboundedFollowing) {
    return refuse("frame start cannot be UNBOUNDED FOLLOWING", start);
  }
  if (!is_between) {
    if (frame.start.kind == Following) {
      return refuse("frame starting from following row cannot end with current row", start);
    }
  } else {
    TRY(expect(Keyword::And));
    Position end = position();
    frame.end = TRY(frame_bound());
    bool ends_before = frame.end.kind == Preceding;
    if (frame.end.kind == UnboundedPreceding) return refuse("frame end cannot be UNBOUNDED PRECEDING", end);
    if (frame.start.kind == CurrentRow && ends_before) {
      return refuse("frame starting from current row cannot have preceding rows", end);
    }
    if (frame.start.kind == Following && (ends_before || frame.end.kind == CurrentRow)) {
      return refuse("frame starting from following row cannot have preceding rows", end);
    }
  }
  frame.exclusion = TRY(frame_exclusion());
  return static_cast<const ast::Frame*>(arena_.make(frame));
}

Result<ast::FrameBound> Grammar::frame_bound() {
  using enum ast::FrameBoundKind;
  ast::FrameBound bound;
  if (at(Keyword::Unbounded) && (ahead(1, Keyword::Preceding) || ahead(1, Keyword::Following))) {
    advance();
    bound.kind = advance().keyword == Keyword::Preceding ? UnboundedPreceding : UnboundedFollowing;
    return bound;
  }
  if (accept(Keyword::Current, Keyword::Row)) return bound;
  bound.offset = TRY(expression());
  if (!at(Keyword::Preceding) && !at(Keyword::Following)) return syntax_error();
  bound.kind = advance().keyword == Keyword::Preceding ? Preceding : Following;
  return bound;
}

Result<ast::FrameExclusion> Grammar::frame_exclusion() {
  if (!accept(Keyword::Exclude)) return ast::FrameExclusion::NoOthers;
  if (accept(Keyword::Current, Keyword::Row)) return ast::FrameExclusion::CurrentRow;
  if (accept(Keyword::Group)) return ast::FrameExclusion::Group;
  if (accept(Keyword::Ties)) return ast::FrameExclusion::Ties;
  TRY(expect(Keyword::No, Keyword::Others));
  return ast::FrameExclusion::NoOthers;
}

// ---- ORDER BY
// ----------------------------------------------------------------------------------------------

Result<ast::List<ast::SortKey>> Grammar::optional_order_by() {
  if (!accept(Keyword::Order)) return ast::List<ast::SortKey>();
  TRY(expect(Keyword::By));
  return sort_keys();
}

Result<ast::List<ast::SortKey>> Grammar::sort_keys() {
  std::vector<ast::SortKey> keys;
  do {
    ast::SortKey key;
    key.expr = TRY(expression());
    if (accept(Keyword::Using)) {
      key.direction = ast::SortDirection::Using;
      key.using_operator = TRY(any_operator());
    } else if (accept(Keyword::Asc)) {
      key.direction = ast::SortDirection::Ascending;
    } else if (accept(Keyword::Desc)) {
      key.direction = ast::SortDirection::Descending;
    }
    if (accept(Keyword::Nulls, Keyword::First)) {
      key.nulls = ast::NullsOrder::First;
    } else if (accept(Keyword::Nulls, Keyword::Last)) {
      key.nulls = ast::NullsOrder::Last;
    }
    keys.push_back(key);
  } while (accept(TokenKind::Comma));
  return arena_.list(keys);
}

}  // namespace rowan
