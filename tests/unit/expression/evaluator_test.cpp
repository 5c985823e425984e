#include "expression/evaluator.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "types/cast.h"

namespace rowan {
namespace {

namespace node = expression;

// Trees by hand, over a batch with a: integer 0 … 9, b: integer a % 3 with NULL where a is 4, t: text.
class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() : batch_(std::vector<Type>{TypeId::Integer, TypeId::Integer, TypeId::Text}, 16) {
    batch_.reset();
    for (uint32_t row = 0; row < 10; ++row) {
      batch_.column(0).data<int32_t>()[row] = static_cast<int32_t>(row);
      batch_.column(1).data<int32_t>()[row] = static_cast<int32_t>(row % 3);
      std::string text = "a text that is longer than twelve bytes " + std::to_string(row);
      batch_.column(2).data<Text>()[row] = batch_.column(2).arena().copy(text);
    }
    batch_.column(1).set_null(4);
    batch_.set_row_count(10);
    input_.context = &context_;
  }

  static ExprPtr column(uint32_t index, Type type = TypeId::Integer) {
    return std::make_unique<Expr>(node::InputRef{index}, type);
  }
  static ExprPtr number(int32_t value) { return make_constant(Value::integer(value)); }
  static const Function* function(std::string_view name, TypeId argument, size_t count = 2) {
    for (const Function* each : registry().functions(name))
      if (each->arguments == std::vector<TypeId>(count, argument)) return each;
    ADD_FAILURE() << "no function " << name;
    return nullptr;
  }
  static ExprPtr call(std::string_view name, ExprPtr a, ExprPtr b, Type result = TypeId::Integer) {
    std::vector<ExprPtr> arguments;
    TypeId type = a->type.id;
    arguments.push_back(std::move(a));
    arguments.push_back(std::move(b));
    return make_call(function(name, type), result, std::move(arguments));
  }
  static ExprPtr compare(std::string_view name, ExprPtr a, ExprPtr b) {
    return call(name, std::move(a), std::move(b), TypeId::Boolean);
  }
  template <class... Children>
  static ExprPtr tree(node::Node what, Type type, Children... children) {
    auto made = std::make_unique<Expr>(std::move(what), type);
    (made->children.push_back(std::move(children)), ...);
    return made;
  }

  // "0 1 2 N …" over the selected rows; an error ends it with !SQLSTATE.
  std::string values(const Expr& expr) { return values(expr, batch_.selection()); }
  std::string values(const Expr& expr, Selection rows) {
    Evaluator evaluator(expr, 16);
    EvalOutcome outcome;
    const Vector& result = evaluator.evaluate(input_, &batch_, rows, outcome);
    std::string out;
    for (uint32_t i = 0; i < outcome.good_rows; ++i) {
      if (i > 0) out += ' ';
      if (result.is_null(rows[i]))
        out += 'N';
      else
        format_row(result, rows[i], context_, out);
    }
    if (outcome.error) out += " !" + std::string(outcome.error->state().text());
    return out;
  }
  std::string kept(const Expr& expr) {
    Evaluator evaluator(expr, 16);
    EvalOutcome outcome;
    uint16_t rows[16];
    uint32_t count = evaluator.filter(input_, &batch_, batch_.selection(), rows, outcome);
    std::string out;
    for (uint32_t i = 0; i < count; ++i) out += (i > 0 ? " " : "") + std::to_string(rows[i]);
    if (outcome.error) out += " !" + std::string(outcome.error->state().text());
    return out;
  }

  EvalContext context_;
  EvalInput input_;
  Batch batch_;
};

TEST_F(EvaluatorTest, StrictCallsLetNullsThrough) {
  EXPECT_EQ(values(*call("+", column(0), column(1))), "0 2 4 3 N 7 6 8 10 9");
  EXPECT_EQ(values(*call("+", column(0), make_constant(Value(TypeId::Integer)))), "N N N N N N N N N N");
}

TEST_F(EvaluatorTest, RowsBeforeTheFirstFailingOneAreGood) {
  EXPECT_EQ(values(*call("/", number(100), call("-", number(3), column(0)))), "33 50 100 !22012");
  // The inner one fails at row 5, the outer at row 2: the outer's error is the first.
  auto inner = call("/", number(1), call("-", number(5), column(0)));
  auto outer = call("/", number(7), call("-", number(2), column(0)));
  EXPECT_EQ(values(*call("+", std::move(inner), std::move(outer))), "3 7 !22012");
}

TEST_F(EvaluatorTest, BranchesNotTakenNeverFail) {
  auto when = [&] { return compare("<", column(0), number(3)); };
  auto bad = [&] { return call("/", number(1), call("-", number(0), number(0))); };
  auto by_case = tree(node::Case{false, true, 0}, TypeId::Integer, when(), number(1),
                      compare(">=", column(0), number(3)), column(0), bad());
  EXPECT_EQ(values(*by_case), "1 1 1 3 4 5 6 7 8 9");
  auto without_else = tree(node::Case{false, false, 0}, TypeId::Integer, when(), column(1));
  EXPECT_EQ(values(*without_else), "0 1 2 N N N N N N N");
  auto coalesce = tree(node::Coalesce{}, TypeId::Integer, column(1), column(0), bad());
  EXPECT_EQ(values(*coalesce), "0 1 2 0 4 2 0 1 2 0");
  // 6 / b fails where b is 0, but those rows are decided before.
  auto guarded = tree(node::And{}, TypeId::Boolean, compare("<>", column(1), number(0)),
                      compare(">", call("/", number(6), column(1)), number(3)));
  EXPECT_EQ(kept(*guarded), "1 7");
  EXPECT_EQ(values(*guarded), "f t f f N f f t f f");
}

TEST_F(EvaluatorTest, LogicHasThreeValues) {
  auto null = [&] { return make_constant(Value(TypeId::Boolean)); };
  auto low = [&] { return compare("<", column(0), number(2)); };
  EXPECT_EQ(values(*tree(node::And{}, TypeId::Boolean, null(), low())), "N N f f f f f f f f");
  EXPECT_EQ(values(*tree(node::Or{}, TypeId::Boolean, null(), low())), "t t N N N N N N N N");
  EXPECT_EQ(values(*tree(node::Not{}, TypeId::Boolean, low())), "f f t t t t t t t t");
  EXPECT_EQ(kept(*tree(node::Or{}, TypeId::Boolean, compare("=", column(0), number(7)), null(), low())),
            "0 1 7");
  auto unknown = tree(node::IsUnknown{false}, TypeId::Boolean, compare("=", column(1), number(1)));
  EXPECT_EQ(kept(*unknown), "4");
  auto not_true = tree(node::IsTruth{true, true}, TypeId::Boolean, compare("=", column(1), number(1)));
  EXPECT_EQ(kept(*not_true), "0 2 3 4 5 6 8 9");
  EXPECT_EQ(kept(*tree(node::IsNull{true}, TypeId::Boolean, column(1))), "0 1 2 3 5 6 7 8 9");
}

TEST_F(EvaluatorTest, ListsAreComparedOneByOneOrHashed) {
  const Function* equals = function("=", TypeId::Integer);
  auto short_list = tree(node::InList{false, equals}, TypeId::Boolean, column(1), number(1),
                         make_constant(Value(TypeId::Integer)));
  EXPECT_EQ(values(*short_list), "N t N N N N N t N N");
  for (bool has_null : {false, true}) {
    auto list = tree(node::InList{true, equals}, TypeId::Boolean, column(0));
    for (int32_t item = 2; item < 30; item += 2) list->children.push_back(number(item));
    if (has_null) list->children.push_back(make_constant(Value(TypeId::Integer)));
    EXPECT_EQ(values(*list), has_null ? "N N f N f N f N f N" : "t t f t f t f t f t");
  }
}

TEST_F(EvaluatorTest, DistinctNullIfAndExtremes) {
  const Function* equals = function("=", TypeId::Integer);
  auto null = [&] { return make_constant(Value(TypeId::Integer)); };
  EXPECT_EQ(kept(*tree(node::IsDistinct{true, equals}, TypeId::Boolean, column(1), null())), "4");
  EXPECT_EQ(kept(*tree(node::IsDistinct{false, equals}, TypeId::Boolean, column(0), column(1))),
            "3 4 5 6 7 8 9");
  EXPECT_EQ(values(*tree(node::NullIf{equals}, TypeId::Integer, column(0), column(1))),
            "N N N 3 4 5 6 7 8 9");
  EXPECT_EQ(values(*tree(node::MinMax{true}, TypeId::Integer, column(1), number(1), null())),
            "1 1 2 1 1 2 1 1 2 1");
}

TEST_F(EvaluatorTest, CaseOperandsAreComputedOnce) {
  auto operand = [&] { return std::make_unique<Expr>(node::CaseOperand{7}, TypeId::Integer); };
  auto by_case = tree(node::Case{true, true, 7}, TypeId::Integer, call("+", column(0), number(10)),
                      compare("=", operand(), number(11)), number(1), compare("=", operand(), number(12)),
                      number(2), operand());
  EXPECT_EQ(values(*by_case), "10 1 2 13 14 15 16 17 18 19");
}

TEST_F(EvaluatorTest, ParametersSlotsAndSelections) {
  Value parameters[] = {Value::integer(5)};
  input_.parameters = parameters;
  std::vector<Vector> slots;
  slots.emplace_back(TypeId::Integer, 1);
  slots[0].set_constant(Value::integer(100));
  input_.slots = slots;
  auto sum = call("+", call("+", column(0), std::make_unique<Expr>(node::Parameter{0}, TypeId::Integer)),
                  std::make_unique<Expr>(node::RuntimeSlot{0}, TypeId::Integer));
  uint16_t rows[] = {1, 4, 8};
  EXPECT_EQ(values(*sum, Selection(rows, 3)), "106 109 113");
}

TEST_F(EvaluatorTest, LongTextsSurviveBranches) {
  auto text = tree(node::Case{false, true, 0}, TypeId::Text, compare("=", column(0), number(3)),
                   call("||", column(2, TypeId::Text), make_constant(Value::text("!")), TypeId::Text),
                   column(2, TypeId::Text));
  uint16_t rows[] = {3, 9};
  EXPECT_EQ(values(*text, Selection(rows, 2)),
            "a text that is longer than twelve bytes 3! a text that is longer than twelve bytes 9");
}

TEST_F(EvaluatorTest, VeryLongChainsNeitherRecurseNorLeak) {
  ExprPtr chain = number(0);
  for (int i = 0; i < 2000; ++i) chain = call("+", std::move(chain), column(1));
  uint16_t rows[] = {1, 4};
  EXPECT_EQ(values(*chain, Selection(rows, 2)), "2000 N");
  ExprPtr longer = number(0);
  for (int i = 0; i < 100'000; ++i) longer = call("+", std::move(longer), number(1));
  ExprPtr copy = clone(*longer);
  EXPECT_TRUE(same_expr(*longer, *copy));
  EXPECT_EQ(hash_expr(*longer), hash_expr(*copy));
  EXPECT_EQ(volatility(*longer), Volatility::Immutable);
}

TEST_F(EvaluatorTest, ConstantsFoldAndReportTheirErrors) {
  Result<Value> value = evaluate_constant(*call("*", number(6), number(7)), context_);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->as_int(), 42);
  Result<Value> error = evaluate_constant(*call("/", number(6), number(0)), context_);
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().state(), sqlstate::division_by_zero);
}

TEST_F(EvaluatorTest, NothingIsComputedForNoRows) {
  EXPECT_EQ(values(*call("/", number(1), number(0)), Selection(0)), "");
  EXPECT_EQ(values(*call("/", number(1), number(0))), " !22012");
}

// Filters may shrink the very list that they read.
TEST_F(EvaluatorTest, FiltersWorkInPlace) {
  auto condition = compare(">", column(0), number(3));
  Evaluator in_place(*condition, 16);
  uint16_t rows[] = {1, 3, 4, 9};
  EvalOutcome outcome;
  EXPECT_EQ(in_place.filter(input_, &batch_, Selection(rows, 4), rows, outcome), 2u);
  EXPECT_EQ(rows[0], 4);
  EXPECT_EQ(rows[1], 9);
  EXPECT_EQ(outcome.good_rows, 4u);
}

}  // namespace
}  // namespace rowan
