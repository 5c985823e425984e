// parser/grammar_expression.cpp: operators, by precedence climbing. The levels are those of PostgreSQL's
// documentation (4.1.6), lowest first; a level that does not associate refuses its neighbour.
#include "parser/grammar.h"

namespace rowan {

namespace {

enum OperatorLevel {
  kNotInfix = 0,
  kOrLevel,
  kAndLevel,
  kNotLevel,
  kIsLevel,       // IS, ISNULL, NOTNULL
  kCompareLevel,  // < > = <= >= <>; does not associate
  kMatchLevel,    // BETWEEN IN LIKE ILIKE SIMILAR; does not associate
  kOtherLevel,    // every other operator
  kAddLevel,
  kMultiplyLevel,
  kPowerLevel,
  kZoneLevel,  // AT TIME ZONE
  kCollateLevel,
  kSignLevel,
  kCastLevel  // ::
};

// The symbol of an operator token that is not of the kind Operator.
std::string_view symbol_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::Plus:
      return "+";
    case TokenKind::Minus:
      return "-";
    case TokenKind::Star:
      return "*";
    case TokenKind::Slash:
      return "/";
    case TokenKind::Percent:
      return "%";
    case TokenKind::Caret:
      return "^";
    case TokenKind::Less:
      return "<";
    case TokenKind::Greater:
      return ">";
    case TokenKind::Equal:
      return "=";
    case TokenKind::LessEqual:
      return "<=";
    case TokenKind::GreaterEqual:
      return ">=";
    case TokenKind::NotEqual:
      return "<>";
    default:
      return "";
  }
}

}  // namespace

Result<ast::List<ast::ExprPtr>> Grammar::expression_list() {
  ListBuilder list(*this);
  do {
    ast::ExprPtr value = TRY(expression());
    list.add(value);
  } while (accept(TokenKind::Comma));
  return list.finish();
}

Result<ast::ExprPtr> Grammar::expression(int level_min, bool is_restricted) {
  // Long lists of constants are what bulk INSERTs are made of.
  TokenKind following = peek(1).kind;
  bool stands_alone = following == TokenKind::Comma || following == TokenKind::RightParen;
  if (stands_alone && (at(TokenKind::Integer) || at(TokenKind::String) || at(TokenKind::Number)))
    return literal();
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  Position begin = position();
  ast::ExprPtr left = TRY(prefixed(is_restricted, begin));
  return infix(left, begin, level_min, is_restricted);
}

// How tightly the next token binds what stands on its left; kNotInfix: it ends the expression.
int Grammar::infix_level(bool is_restricted) {
  Token token = peek();
  switch (token.kind) {
    case TokenKind::Less:
    case TokenKind::Greater:
    case TokenKind::Equal:
    case TokenKind::LessEqual:
    case TokenKind::GreaterEqual:
    case TokenKind::NotEqual:
      return kCompareLevel;
    case TokenKind::Operator:
      return kOtherLevel;
    case TokenKind::Plus:
    case TokenKind::Minus:
      return kAddLevel;
    case TokenKind::Star:
    case TokenKind::Slash:
    case TokenKind::Percent:
      return kMultiplyLevel;
    case TokenKind::Caret:
      return kPowerLevel;
    case TokenKind::TypeCast:
      return kCastLevel;
    case TokenKind::Keyword:
      break;
    default:
      return kNotInfix;
  }
  if (token.keyword == Keyword::Operator)
    return peek(1).kind == TokenKind::LeftParen ? kOtherLevel : kNotInfix;
  // SELECT a IS: a column's name after all, where nothing follows.
  if (in_select_item_ && keyword_info(token.keyword).is_bare_label && ends_select_item(1)) return kNotInfix;
  if (token.keyword == Keyword::Is) return kIsLevel;
  if (is_restricted) return kNotInfix;
  switch (token.keyword) {
    case Keyword::Or:
      return kOrLevel;
    case Keyword::And:
      return kAndLevel;
    case Keyword::Isnull:
    case Keyword::Notnull:
      return kIsLevel;
    case Keyword::Between:
    case Keyword::In:
    case Keyword::Like:
    case Keyword::Ilike:
      return kMatchLevel;
    case Keyword::Similar:
      return ahead(1, Keyword::To) ? kMatchLevel : kNotInfix;
    case Keyword::Not:
      return ahead(1, Keyword::Between) || ahead(1, Keyword::In) || ahead(1, Keyword::Like) ||
                     ahead(1, Keyword::Ilike) || ahead(1, Keyword::Similar)
                 ? kMatchLevel
                 : kNotInfix;
    case Keyword::At:
      return ahead(1, Keyword::Time) ? kZoneLevel : kNotInfix;
    case Keyword::Collate:
      return kCollateLevel;
    default:
      return kNotInfix;
  }
}

// Applies what follows `left` while it binds at least as tightly as `level_min`.
Result<ast::ExprPtr> Grammar::infix(ast::ExprPtr left, Position begin, int level_min, bool is_restricted) {
  for (;;) {
    int level = infix_level(is_restricted);
    if (level == kNotInfix || level < level_min) return left;
    switch (level) {
      case kOrLevel:
        left = TRY(logical_chain(left, begin, Keyword::Or, level));
        break;
      case kAndLevel:
        left = TRY(logical_chain(left, begin, Keyword::And, level));
        break;
      case kIsLevel:
        left = TRY(is_step(left, begin, is_restricted));
        break;
      case kMatchLevel:
        left = TRY(match_step(left, begin));
        break;
      case kZoneLevel: {
        Position where = position();
        advance();
        TRY(expect(Keyword::Time));
        TRY(expect(Keyword::Zone));
        ast::ExprPtr zone = TRY(expression(level + 1, false));
        ast::Argument arguments[] = {{zone, {}}, {left, {}}};
        left =
            make(ast::Call{system_name("timezone", where), arena_.list(arguments, 2), nullptr, false, true},
                 where, begin);
        break;
      }
      case kCollateLevel: {
        Position where = advance().begin;
        ast::QualifiedName collation = TRY(any_name());
        left = make(ast::Collate{left, collation}, where, begin);
        break;
      }
      case kCastLevel: {
        Position where = advance().begin;
        const ast::TypeName* type = TRY(type_name());
        left = make(ast::Cast{left, type, ast::CastSyntax::Colons}, where, begin);
        break;
      }
      default:
        left = TRY(operator_step(left, begin, level, is_restricted));
        break;
    }
  }
}

// Signs, NOT and prefix operators before a primary. Each applies to what binds more tightly than itself, the
// innermost first; a loop, since there may be many.
Result<ast::ExprPtr> Grammar::prefixed(bool is_restricted, Position begin) {
  struct Prefix {
    Token token;
    ast::Operator op;
    int level;
  };
  std::vector<Prefix> prefixes;  // allocates nothing where there is none, as nearly everywhere
  for (;;) {
    const Token& token = peek();
    if (token.kind == TokenKind::Minus || token.kind == TokenKind::Plus) {
      Token sign = advance();
      prefixes.push_back({sign, {symbol_of(sign.kind), {}, sign.begin}, kSignLevel + 1});
    } else if (token.kind == TokenKind::Operator ||
               (at(Keyword::Operator) && peek(1).kind == TokenKind::LeftParen)) {
      Token first = token;
      ast::Operator op = TRY(any_operator());
      prefixes.push_back({first, op, kOtherLevel + 1});
    } else if (at(Keyword::Not) && !is_restricted) {
      Token word = advance();
      prefixes.push_back({word, {}, kNotLevel});
    } else {
      break;
    }
  }
  ast::ExprPtr operand = TRY(primary());
  Position inner = prefixes.empty() ? begin : operand->range.begin;
  while (!prefixes.empty()) {
    const Prefix& prefix = prefixes.back();
    operand = TRY(infix(operand, inner, prefix.level, is_restricted));
    inner = prefix.token.begin;
    if (prefix.level == kNotLevel) {
      operand = make(ast::Not{operand}, inner, inner);
    } else if (prefix.token.kind == TokenKind::Minus) {
      operand = negate(operand, prefix.token, prefix.op);
    } else {
      operand = make(ast::Unary{prefix.op, operand}, inner, inner);
    }
    prefixes.pop_back();
  }
  return operand;
}

// A minus before a number is part of the number, as in PostgreSQL: so the smallest integer can be written.
ast::ExprPtr Grammar::negate(ast::ExprPtr operand, const Token& sign, ast::Operator op) {
  const ast::Literal* literal = ast::as<ast::Literal>(operand);
  if (literal != nullptr && literal->kind == ast::LiteralKind::Integer) {
    return make(ast::Literal{ast::LiteralKind::Integer, -literal->integer, {}}, sign.begin, sign.begin);
  }
  if (literal != nullptr && literal->kind == ast::LiteralKind::Number) {
    std::string_view digits = literal->text;
    std::string negated = "-";
    negated += digits;
    digits = digits.front() == '-' ? digits.substr(1) : arena_.text(negated);
    return make(ast::Literal{ast::LiteralKind::Number, 0, digits}, sign.begin, sign.begin);
  }
  return make(ast::Unary{op, operand}, sign.begin, sign.begin);
}

Result<> Grammar::refuse_chain(int level, bool is_restricted) {
  if (infix_level(is_restricted) == level) return syntax_error();
  return {};
}

// a AND b AND c: one node.
Result<ast::ExprPtr> Grammar::logical_chain(ast::ExprPtr left, Position begin, Keyword word, int level) {
  Position where = position();
  ListBuilder operands(*this);
  operands.add(left);
  while (accept(word)) {
    ast::ExprPtr value = TRY(expression(level + 1, false));
    operands.add(value);
  }
  if (word == Keyword::And) return make(ast::And{operands.finish()}, where, begin);
  return make(ast::Or{operands.finish()}, where, begin);
}

Result<ast::ExprPtr> Grammar::operator_step(ast::ExprPtr left, Position begin, int level,
                                            bool is_restricted) {
  ast::Operator op = TRY(any_operator());
  if (!is_restricted && at_quantifier()) return quantified(left, begin, op);
  ast::ExprPtr right = TRY(expression(level + 1, is_restricted));
  ast::ExprPtr made = make(ast::Binary{op, left, right}, op.position, begin);
  if (level == kCompareLevel) TRY(refuse_chain(level, is_restricted));
  return made;
}

Result<ast::Operator> Grammar::any_operator() {
  if (at(Keyword::Operator)) return qualified_operator();
  std::string_view symbol = at(TokenKind::Operator) ? peek().text : symbol_of(peek().kind);
  if (symbol.empty()) return syntax_error();
  return ast::Operator{symbol, {}, advance().begin};
}

// OPERATOR(schema.+)
Result<ast::Operator> Grammar::qualified_operator() {
  ast::Operator op;
  op.position = position();
  TRY(expect(Keyword::Operator));
  TRY(expect(TokenKind::LeftParen));
  while (at_name()) {
    ast::Name schema = TRY(name());
    op.schema = schema.text;
    TRY(expect(TokenKind::Dot));
  }
  op.symbol = at(TokenKind::Operator) ? peek().text : symbol_of(peek().kind);
  if (op.symbol.empty()) return syntax_error();
  advance();
  TRY(expect(TokenKind::RightParen));
  return op;
}

bool Grammar::at_quantifier() {
  return at(Keyword::Any) || at(Keyword::All) || at(Keyword::Some);
}

bool Grammar::ends_select_item(size_t n) {
  const Token& token = peek(n);
  return token.kind == TokenKind::End || token.kind == TokenKind::Semicolon ||
         token.kind == TokenKind::Comma || ahead(n, Keyword::From);
}

// ANY (…) | ALL (…) | SOME (…)
Result<ast::ExprPtr> Grammar::quantified(ast::ExprPtr left, Position begin, ast::Operator op) {
  bool is_all = advance().keyword == Keyword::All;
  Parenthesized right = TRY(parenthesized());
  if (!right.list.empty()) {
    // Only one value is allowed; PostgreSQL stumbles at the comma.
    Position comma = right.list.front()->range.end;
    return error_at("syntax error at or near \",\"", comma);
  }
  return make(ast::Quantified{op, left, right.query, right.expr, is_all}, op.position, begin);
}

// ---- IS
// ----------------------------------------------------------------------------------------------------

Result<ast::ExprPtr> Grammar::is_step(ast::ExprPtr left, Position begin, bool is_restricted) {
  Token word = advance();
  if (word.keyword != Keyword::Is) {
    return make(ast::IsNull{left, word.keyword == Keyword::Notnull}, word.begin, begin);
  }
  bool negated = accept(Keyword::Not);
  if (is_restricted && !at(Keyword::Distinct) && !at(Keyword::Document)) return syntax_error();
  if (at(TokenKind::Keyword)) {
    switch (peek().keyword) {
      case Keyword::Null:
        advance();
        return make(ast::IsNull{left, negated}, word.begin, begin);
      case Keyword::True:
        advance();
        return make(ast::IsTruth{left, ast::TruthValue::True, negated}, word.begin, begin);
      case Keyword::False:
        advance();
        return make(ast::IsTruth{left, ast::TruthValue::False, negated}, word.begin, begin);
      case Keyword::Unknown:
        advance();
        return make(ast::IsTruth{left, ast::TruthValue::Unknown, negated}, word.begin, begin);
      case Keyword::Distinct: {
        advance();
        TRY(expect(Keyword::From));
        ast::ExprPtr right = TRY(expression(kIsLevel + 1, is_restricted));
        ast::ExprPtr made = make(ast::IsDistinct{left, right, negated}, word.begin, begin);
        TRY(refuse_chain(kIsLevel, is_restricted));
        return made;
      }
      case Keyword::Document:
        return unsupported("IS DOCUMENT", position());
      case Keyword::Normalized:
      case Keyword::Nfc:
      case Keyword::Nfd:
      case Keyword::Nfkc:
      case Keyword::Nfkd:
        return unsupported("IS NORMALIZED", position());
      default:
        break;
    }
  }
  return syntax_error();
}

// ---- BETWEEN, IN, LIKE
// -------------------------------------------------------------------------------------

Result<ast::ExprPtr> Grammar::match_step(ast::ExprPtr left, Position begin) {
  Position where = position();
  bool negated = accept(Keyword::Not);
  if (at(Keyword::Between)) return between_step(left, begin, where, negated);
  if (at(Keyword::In)) return in_step(left, begin, where, negated);
  return like_step(left, begin, where, negated);
}

Result<ast::ExprPtr> Grammar::between_step(ast::ExprPtr left, Position begin, Position where, bool negated) {
  TRY(expect(Keyword::Between));
  bool symmetric = accept(Keyword::Symmetric);
  if (!symmetric) accept(Keyword::Asymmetric);
  // Restricted: otherwise its AND would be taken for the operator.
  ast::ExprPtr low = TRY(restricted_expression());
  TRY(expect(Keyword::And));
  ast::ExprPtr high = TRY(expression(kMatchLevel + 1, false));
  ast::ExprPtr made = make(ast::Between{left, low, high, negated, symmetric}, where, begin);
  TRY(refuse_chain(kMatchLevel, false));
  return made;
}

Result<ast::ExprPtr> Grammar::in_step(ast::ExprPtr left, Position begin, Position where, bool negated) {
  TRY(expect(Keyword::In));
  if (!at(TokenKind::LeftParen)) return syntax_error();
  Parenthesized right = TRY(parenthesized());
  if (right.query != nullptr) return make(ast::InQuery{left, right.query, negated}, where, begin);
  ast::List<ast::ExprPtr> items = right.list.empty() ? arena_.list(&right.expr, 1) : right.list;
  return make(ast::InList{left, items, negated}, where, begin);
}

Result<ast::ExprPtr> Grammar::like_step(ast::ExprPtr left, Position begin, Position where, bool negated) {
  Token word = advance();
  ast::MatchKind kind = ast::MatchKind::Like;
  if (word.keyword == Keyword::Ilike) kind = ast::MatchKind::ILike;
  if (word.keyword == Keyword::Similar) {
    kind = ast::MatchKind::SimilarTo;
    TRY(expect(Keyword::To));
  } else if (at_quantifier()) {
    std::string_view symbol =
        kind == ast::MatchKind::Like ? (negated ? "!~~" : "~~") : (negated ? "!~~*" : "~~*");
    return quantified(left, begin, {symbol, {}, where});
  }
  ast::ExprPtr pattern = TRY(expression(kMatchLevel + 1, false));
  ast::ExprPtr escape = nullptr;
  if (accept(Keyword::Escape)) escape = TRY(expression(kMatchLevel + 1, false));
  ast::ExprPtr made = make(ast::Match{left, pattern, escape, kind, negated}, where, begin);
  TRY(refuse_chain(kMatchLevel, false));
  return made;
}

}  // namespace rowan
