// The shapes of trees, their positions and their words.
#include <gtest/gtest.h>

#include <string>

#include "parser/parser.h"

namespace rowan {
namespace {

// Parentheses around every operation, so that precedence shows.
std::string shape(ast::ExprPtr expr) {
  if (const auto* column = ast::as<ast::ColumnRef>(expr)) return std::string(column->name.last());
  if (const auto* number = ast::as<ast::Literal>(expr)) {
    return number->kind == ast::LiteralKind::Integer ? std::to_string(number->integer)
                                                     : std::string(number->text);
  }
  if (const auto* binary = ast::as<ast::Binary>(expr)) {
    return "(" + shape(binary->left) + " " + std::string(binary->op.symbol) + " " + shape(binary->right) +
           ")";
  }
  if (const auto* unary = ast::as<ast::Unary>(expr)) {
    return "(" + std::string(unary->op.symbol) + shape(unary->operand) + ")";
  }
  if (const auto* negation = ast::as<ast::Not>(expr)) return "(not " + shape(negation->operand) + ")";
  if (const auto* test = ast::as<ast::IsNull>(expr)) return "(" + shape(test->operand) + " is null)";
  if (const auto* cast = ast::as<ast::Cast>(expr)) {
    return "(" + shape(cast->operand) + "::" + std::string(cast->type->name.last()) + ")";
  }
  auto joined = [](ast::List<ast::ExprPtr> operands, const char* word) {
    std::string text = "(";
    for (ast::ExprPtr operand : operands) text += (text.size() > 1 ? word : "") + shape(operand);
    return text + ")";
  };
  if (const auto* all = ast::as<ast::And>(expr)) return joined(all->operands, " and ");
  if (const auto* any = ast::as<ast::Or>(expr)) return joined(any->operands, " or ");
  if (const auto* between = ast::as<ast::Between>(expr)) {
    return "(" + shape(between->operand) + " between " + shape(between->low) + " and " +
           shape(between->high) + ")";
  }
  if (const auto* match = ast::as<ast::Match>(expr)) {
    return "(" + shape(match->operand) + " like " + shape(match->pattern) + ")";
  }
  if (const auto* call = ast::as<ast::Call>(expr)) {
    std::string text = std::string(call->name.last()) + "(";
    for (const ast::Argument& argument : call->arguments)
      text += (text.back() == '(' ? "" : ", ") + shape(argument.value);
    return text + ")";
  }
  return "?";
}

std::string shape_of(const char* text) {
  auto parsed = parse_expression(text);
  return parsed.ok() ? shape((*parsed)->root) : parsed.error().message();
}

TEST(Trees, OperatorsBindAsInPostgres) {
  EXPECT_EQ(shape_of("a + b * c ^ d ^ e"), "(a + (b * ((c ^ d) ^ e)))");
  EXPECT_EQ(shape_of("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(shape_of("not a = b and c or d and not e"), "(((not (a = b)) and c) or (d and (not e)))");
  EXPECT_EQ(shape_of("a || b + c"), "(a || (b + c))");
  EXPECT_EQ(shape_of("a < b || c"), "(a < (b || c))");
  EXPECT_EQ(shape_of("- a ^ b"), "((-a) ^ b)");
  EXPECT_EQ(shape_of("- a::b"), "(-(a::b))");
  EXPECT_EQ(shape_of("-5::b"), "(-(5::b))");
  EXPECT_EQ(shape_of("- 5"), "-5");
  EXPECT_EQ(shape_of("- -5.5"), "5.5");
  EXPECT_EQ(shape_of("a = b is null"), "((a = b) is null)");
  EXPECT_EQ(shape_of("a is null = b"), "((a is null) = b)");
  EXPECT_EQ(shape_of("a between b and c and d"), "((a between b and c) and d)");
  EXPECT_EQ(shape_of("a like b || c = d"), "((a like (b || c)) = d)");
  EXPECT_EQ(shape_of("a + not b"), "(a + (not b))");
  EXPECT_EQ(shape_of("~ a + b"), "(~(a + b))");
  EXPECT_EQ(shape_of("a at time zone b + c"), "(timezone(b, a) + c)");
  EXPECT_EQ(shape_of("position(a in b)"), "position(b, a)");
  EXPECT_EQ(shape_of("trim(leading a from b)"), "ltrim(b, a)");
  EXPECT_EQ(shape_of("((a + b)) * c"), "((a + b) * c)");
}

TEST(Trees, KeepTheirWords) {
  auto parsed = parse_statement(
      "  CREATE TABLE t (a int CHECK ((a) + 1 > (2)), b text DEFAULT 'x' || 'y' NOT NULL) ; ");
  ASSERT_TRUE(parsed.ok());
  const auto& table = std::get<ast::CreateTable>((*parsed)->root->node);
  const auto& check = std::get<ast::Check>(table.columns[0].constraints[0].node);
  EXPECT_EQ((*parsed)->source(check.expr->range), "(a) + 1 > (2)");
  const auto& value = std::get<ast::Default>(table.columns[1].constraints[0].node);
  EXPECT_EQ((*parsed)->source(value.expr->range), "'x' || 'y'");
  EXPECT_EQ((*parsed)->text.substr(0, 12), "CREATE TABLE");
  EXPECT_EQ((*parsed)->text.back(), ')');
}

TEST(Trees, KeepTheWordsOfAView) {
  auto parsed = parse_statement("CREATE VIEW v AS WITH x AS (SELECT 1) (SELECT 2) LIMIT 3");
  ASSERT_TRUE(parsed.ok());
  const auto& view = std::get<ast::CreateView>((*parsed)->root->node);
  EXPECT_EQ((*parsed)->source(view.query->range), "WITH x AS (SELECT 1) (SELECT 2) LIMIT 3");
}

TEST(Trees, SelectIntoCreatesATable) {
  auto parsed = parse_statement("SELECT 1 AS a INTO TEMP t UNION SELECT 2");
  ASSERT_TRUE(parsed.ok());
  const auto& table = std::get<ast::CreateTableAs>((*parsed)->root->node);
  EXPECT_EQ(table.name.last(), "t");
  EXPECT_TRUE(table.is_select_into);
}

TEST(Trees, CountParameters) {
  auto parsed = parse_statement("SELECT $2, $7 + $1");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)->parameter_count, 7);
}

TEST(Trees, TypesArriveUnderTheirCatalogNames) {
  auto name = [](const char* text) {
    auto parsed = parse_type_name(text);
    if (!parsed.ok()) return parsed.error().message();
    const ast::TypeName& type = *(*parsed)->root;
    std::string out(type.name.last());
    for (ast::ExprPtr modifier : type.modifiers) out += "," + shape(modifier);
    return out + std::string(type.array_bounds.size(), '*');
  };
  EXPECT_EQ(name("integer"), "int4");
  EXPECT_EQ(name("character"), "bpchar,1");
  EXPECT_EQ(name("character varying(3)"), "varchar,3");
  EXPECT_EQ(name("numeric(10, 2)[][]"), "numeric,10,2**");
  EXPECT_EQ(name("timestamp(3) with time zone"), "timestamptz,3");
  EXPECT_EQ(name("float(24)"), "float4");
  EXPECT_EQ(name("s.t"), "t");
  EXPECT_EQ(name("int int"), "syntax error at or near \"int\"");
}

TEST(Trees, NamesFoldAndAreCut) {
  std::string longest(63, 'a'), longer(70, 'A');
  auto parsed = parse_statement("SELECT \"Ab\", CD, " + longer);
  ASSERT_TRUE(parsed.ok());
  const auto& query = *std::get<ast::QueryPtr>((*parsed)->root->node);
  const auto& items = std::get<ast::Select>(query.node).items;
  EXPECT_EQ(shape(items[0].expr), "Ab");
  EXPECT_EQ(shape(items[1].expr), "cd");
  EXPECT_EQ(shape(items[2].expr), longest);
  ASSERT_EQ((*parsed)->notices.size(), 1u);
  EXPECT_EQ((*parsed)->notices[0].state, sqlstate::name_too_long);
  // A character is not cut in two.
  auto accented = parse_expression(std::string(62, 'x') + "\xC3\xA9");
  ASSERT_TRUE(accented.ok());
  EXPECT_EQ(shape((*accented)->root), std::string(62, 'x'));
}

TEST(Scripts, YieldStatementsBeforeALaterMistake) {
  ScriptReader reader(";; SELECT 1; SELECT 2 ;SELEC 3; SELECT 4");
  auto first = reader.next();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)->text, "SELECT 1");
  EXPECT_EQ((*first)->begin, 3);
  auto second = reader.next();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)->text, "SELECT 2");
  auto third = reader.next();
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().position(), 23);
  auto end = reader.next();
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, nullptr);
}

TEST(Scripts, PreparedStatementsAreAlone) {
  EXPECT_EQ(parse_statement("SELECT 1; SELECT 2").error().message(),
            "cannot insert multiple commands into a prepared statement");
  EXPECT_TRUE(parse_statement("SELECT 1;;").ok());
  auto none = parse_statement(" -- nothing\n ;");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, nullptr);
}

TEST(Scripts, MustBeUtf8) {
  for (const char* bad : {"SELECT '\xFF'", "SELECT '\xC3'", "SELECT '\xED\xA0\x80'",
                          "SELECT '\xF5\x80\x80\x80'", "SELECT '\xC0\x80'", "SELECT e'\\xff'"}) {
    auto parsed = parse_statement(bad);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().state(), sqlstate::character_not_in_repertoire);
  }
  EXPECT_EQ(parse_statement("SELECT '\xC3'").error().message(),
            "invalid byte sequence for encoding \"UTF8\": 0xc3 0x27");
}

}  // namespace
}  // namespace rowan
