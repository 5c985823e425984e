// parser/grammar_types.cpp: the names of types, of which SQL has many spellings.
#include "parser/grammar.h"

namespace rowan {

bool Grammar::at_type_keyword() {
  if (!at(TokenKind::Keyword)) return false;
  switch (peek().keyword) {
    case Keyword::Int:
    case Keyword::Integer:
    case Keyword::Smallint:
    case Keyword::Bigint:
    case Keyword::Real:
    case Keyword::Float:
    case Keyword::Decimal:
    case Keyword::Dec:
    case Keyword::Numeric:
    case Keyword::Boolean:
    case Keyword::Bit:
    case Keyword::Character:
    case Keyword::Char:
    case Keyword::Varchar:
    case Keyword::National:
    case Keyword::Nchar:
    case Keyword::Timestamp:
    case Keyword::Time:
    case Keyword::Interval:
      return true;
    case Keyword::Double:
      return ahead(1, Keyword::Precision);
    default:
      return false;
  }
}

// [SETOF] type [ARRAY [n] | [n] []…]
Result<ast::TypeName*> Grammar::type_name() {
  Position begin = position();
  bool is_set = accept(Keyword::Setof);
  ast::TypeName* type = TRY(simple_type_name());
  type->is_set = is_set;
  TRY(array_bounds(*type));
  type->range = {begin, last_end_};
  return type;
}

// `is_constant`: before a literal, where char is not cut to one character.
Result<ast::TypeName*> Grammar::simple_type_name(bool is_constant) {
  ast::TypeName* type = arena_.make(ast::TypeName{});
  type->position = position();
  if (at_type_keyword()) {
    TRY(type_of_keyword(*type, is_constant));
  } else {
    ast::Name first = TRY(function_name());
    type->name = TRY(dotted(first));
    if (at(TokenKind::Percent) && ahead(1, Keyword::Type)) return unsupported("%TYPE", position());
    TRY(type_modifiers(*type));
  }
  type->range = {type->position, last_end_};
  return type;
}

Result<> Grammar::type_of_keyword(ast::TypeName& type, bool is_constant) {
  Token token = advance();
  auto named = [&](std::string_view name) -> Result<> {
    type.name = system_name(name, token.begin);
    return {};
  };
  switch (token.keyword) {
    case Keyword::Int:
    case Keyword::Integer:
      return named("int4");
    case Keyword::Smallint:
      return named("int2");
    case Keyword::Bigint:
      return named("int8");
    case Keyword::Real:
      return named("float4");
    case Keyword::Boolean:
      return named("bool");
    case Keyword::Double:
      advance();
      return named("float8");
    case Keyword::Float:
      return type_float(type, token.begin);
    case Keyword::Decimal:
    case Keyword::Dec:
    case Keyword::Numeric:
      TRY(named("numeric"));
      return type_modifiers(type);
    case Keyword::Bit:
      return type_bit(type, is_constant);
    case Keyword::National:
      if (!at(Keyword::Character) && !at(Keyword::Char)) return syntax_error();
      advance();
      [[fallthrough]];
    case Keyword::Character:
    case Keyword::Char:
    case Keyword::Nchar:
      return type_character(type, is_constant ? "constant" : "bpchar", true);
    case Keyword::Varchar:
      return type_character(type, "varchar", false);
    case Keyword::Time:
      return type_time(type, "time", "timetz");
    case Keyword::Timestamp:
      return type_time(type, "timestamp", "timestamptz");
    default:
      break;
  }
  TRY(named("interval"));
  if (at(TokenKind::LeftParen)) return one_modifier(type);
  // Before a literal the fields stand behind it: INTERVAL '1' DAY.
  if (is_constant) return {};
  return interval_fields(type);
}

Result<> Grammar::type_float(ast::TypeName& type, Position begin) {
  std::string_view name = "float8";
  if (accept(TokenKind::LeftParen)) {
    Position where = position();
    int32_t bits = TRY(integer());
    TRY(expect(TokenKind::RightParen));
    if (bits < 1) {
      return Error(sqlstate::invalid_parameter_value, "precision for type float must be at least 1 bit")
          .at(where);
    }
    if (bits > 53) {
      return Error(sqlstate::invalid_parameter_value, "precision for type float must be less than 54 bits")
          .at(where);
    }
    if (bits <= 24) name = "float4";
  }
  type.name = system_name(name, begin);
  return {};
}

Result<> Grammar::type_character(ast::TypeName& type, std::string_view name, bool may_vary) {
  bool is_constant = name == "constant";
  if (is_constant) name = "bpchar";
  if (may_vary && accept(Keyword::Varying)) name = "varchar";
  type.name = system_name(name, type.position);
  if (at(TokenKind::LeftParen)) return one_modifier(type);
  // CHAR alone is CHAR(1).
  if (name == "bpchar" && !is_constant) {
    ast::ExprPtr one = make(ast::Literal{ast::LiteralKind::Integer, 1, {}}, kNoPosition, type.position);
    type.modifiers = arena_.list(&one, 1);
  }
  return {};
}

Result<> Grammar::type_bit(ast::TypeName& type, bool is_constant) {
  bool is_varying = accept(Keyword::Varying);
  type.name = system_name(is_varying ? "varbit" : "bit", type.position);
  if (at(TokenKind::LeftParen)) return type_modifiers(type);
  if (!is_varying && !is_constant) {
    ast::ExprPtr one = make(ast::Literal{ast::LiteralKind::Integer, 1, {}}, kNoPosition, type.position);
    type.modifiers = arena_.list(&one, 1);
  }
  return {};
}

Result<> Grammar::type_time(ast::TypeName& type, std::string_view plain, std::string_view zoned) {
  if (at(TokenKind::LeftParen)) TRY(one_modifier(type));
  bool with_zone = at(Keyword::With, Keyword::Time);
  if (with_zone || at(Keyword::Without, Keyword::Time)) {
    advance();
    advance();
    TRY(expect(Keyword::Zone));
  }
  type.name = system_name(with_zone ? zoned : plain, type.position);
  return {};
}

Result<> Grammar::type_modifiers(ast::TypeName& type) {
  if (!accept(TokenKind::LeftParen)) return {};
  type.modifiers = TRY(expression_list());
  return expect(TokenKind::RightParen);
}

// (n)
Result<> Grammar::one_modifier(ast::TypeName& type) {
  TRY(expect(TokenKind::LeftParen));
  if (!at(TokenKind::Integer)) return syntax_error();
  ast::ExprPtr modifier = literal();
  type.modifiers = arena_.list(&modifier, 1);
  return expect(TokenKind::RightParen);
}

// YEAR | MONTH | … | DAY TO SECOND(p), or nothing
Result<> Grammar::interval_fields(ast::TypeName& type) {
  using enum ast::IntervalFields;
  auto to = [&](Keyword last) {
    if (!at(Keyword::To) || !ahead(1, last)) return false;
    advance();
    advance();
    return true;
  };
  if (!at(TokenKind::Keyword)) return {};
  switch (peek().keyword) {
    case Keyword::Year:
      advance();
      type.fields = to(Keyword::Month) ? YearToMonth : Year;
      break;
    case Keyword::Month:
      advance();
      type.fields = Month;
      return {};
    case Keyword::Day:
      advance();
      type.fields = to(Keyword::Hour)     ? DayToHour
                    : to(Keyword::Minute) ? DayToMinute
                    : to(Keyword::Second) ? DayToSecond
                                          : Day;
      break;
    case Keyword::Hour:
      advance();
      type.fields = to(Keyword::Minute) ? HourToMinute : to(Keyword::Second) ? HourToSecond : Hour;
      break;
    case Keyword::Minute:
      advance();
      type.fields = to(Keyword::Second) ? MinuteToSecond : Minute;
      break;
    case Keyword::Second:
      advance();
      type.fields = Second;
      break;
    default:
      return {};
  }
  if (at(Keyword::To)) return syntax_error(1);
  return second_precision(type);
}

Result<> Grammar::second_precision(ast::TypeName& type) {
  using enum ast::IntervalFields;
  bool takes_one = type.fields == Second || type.fields == DayToSecond || type.fields == HourToSecond ||
                   type.fields == MinuteToSecond;
  if (takes_one && at(TokenKind::LeftParen)) return one_modifier(type);
  return {};
}

Result<> Grammar::array_bounds(ast::TypeName& type) {
  std::vector<int32_t> bounds;
  if (accept(Keyword::Array)) {
    int32_t bound = -1;
    if (accept(TokenKind::LeftBracket)) {
      bound = TRY(integer());
      TRY(expect(TokenKind::RightBracket));
    }
    bounds.push_back(bound);
  } else {
    while (accept(TokenKind::LeftBracket)) {
      bounds.push_back(at(TokenKind::Integer) ? advance().integer : -1);
      TRY(expect(TokenKind::RightBracket));
    }
  }
  type.array_bounds = arena_.list(bounds);
  return {};
}

}  // namespace rowan
