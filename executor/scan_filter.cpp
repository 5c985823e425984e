#include "executor/scan_filter.h"

#include <algorithm>
#include <limits>

#include "types/try.h"

namespace rowan {

namespace {

void scan_filter_conjuncts(const Expr& condition, std::vector<const Expr*>& list) {
  if (!std::holds_alternative<expression::And>(condition.node)) {
    list.push_back(&condition);
    return;
  }
  for (const ExprPtr& child : condition.children) scan_filter_conjuncts(*child, list);
}

bool scan_filter_is_value(const Expr& expr) {
  return std::holds_alternative<expression::Constant>(expr.node) ||
         std::holds_alternative<expression::Parameter>(expr.node) ||
         std::holds_alternative<expression::RuntimeSlot>(expr.node);
}

bool scan_filter_is_whole_number(TypeId type) {
  switch (type) {
    case TypeId::SmallInt:
    case TypeId::Integer:
    case TypeId::BigInt:
    case TypeId::Date:
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return true;
    default:
      return false;
  }
}

// Both sides lie in the same machine form, in which numbers compare as SQL compares the values.
bool scan_filter_comparable(const Type& column, const Type& value) {
  if (column.id != value.id || column.physical() != value.physical()) return false;
  if (scan_filter_is_whole_number(column.id)) return true;
  if (column.id == TypeId::Numeric)
    return column.physical() == PhysicalType::Int64 && column.scale == value.scale;
  return false;
}

template <class T, class Passes>
uint32_t scan_filter_loop(const Vector& column, uint16_t* rows, uint32_t count, Passes passes) {
  const T* values = column.data<T>();
  uint32_t kept = 0;
  if (!column.may_have_nulls()) {
    for (uint32_t i = 0; i < count; ++i) {
      uint16_t row = rows[i];
      rows[kept] = row;
      kept += passes(values[row]) ? 1 : 0;
    }
    return kept;
  }
  for (uint32_t i = 0; i < count; ++i) {
    uint16_t row = rows[i];
    rows[kept] = row;
    kept += !column.is_null(row) && passes(values[row]) ? 1 : 0;
  }
  return kept;
}

}  // namespace

ScanFilter::ScanFilter(Run& run, const Expr* condition, const std::vector<uint16_t>& columns) {
  if (condition == nullptr) return;
  std::vector<const Expr*> conjuncts;
  scan_filter_conjuncts(*condition, conjuncts);
  for (const Expr* conjunct : conjuncts)
    if (!take(run, *conjunct, columns)) rest_.push_back(conjunct);
}

bool ScanFilter::take(Run& run, const Expr& conjunct, const std::vector<uint16_t>& scan_columns) {
  const auto* call = std::get_if<expression::Call>(&conjunct.node);
  if (call == nullptr || conjunct.children.size() != 2) return false;
  const Expr* left = conjunct.children[0].get();
  const Expr* right = conjunct.children[1].get();
  std::string_view name = call->function->name;
  constexpr std::string_view kNames[] = {"=", "<>", "<", "<=", ">", ">="};
  constexpr Operator kTurned[] = {Operator::Equal,        Operator::NotEqual, Operator::Greater,
                                  Operator::GreaterEqual, Operator::Less,     Operator::LessEqual};
  size_t op = static_cast<size_t>(std::find(std::begin(kNames), std::end(kNames), name) - std::begin(kNames));
  if (op == std::size(kNames)) return false;
  bool turned = scan_filter_is_value(*left);
  if (turned) std::swap(left, right);
  const auto* ref = std::get_if<expression::InputRef>(&left->node);
  if (ref == nullptr || !scan_filter_is_value(*right) || scan_columns[ref->index] == kRowIdColumn)
    return false;
  bool text = left->type.physical() == PhysicalType::Text && right->type.physical() == PhysicalType::Text &&
              (left->type.id == TypeId::Text || left->type.id == TypeId::VarChar) &&
              (right->type.id == TypeId::Text || right->type.id == TypeId::VarChar) && op < 2;
  if (!text && !scan_filter_comparable(left->type, right->type)) return false;
  Term term;
  term.op = turned ? kTurned[op] : static_cast<Operator>(op);
  term.value = std::make_unique<Scalar>(run, right);
  uint16_t number = scan_columns[ref->index];
  auto found = std::find(columns_.begin(), columns_.end(), number);
  term.column = static_cast<size_t>(found - columns_.begin());
  if (found == columns_.end()) {
    columns_.push_back(number);
    types_.push_back(left->type);
  }
  terms_.push_back(std::move(term));
  return true;
}

Result<> ScanFilter::start() {
  for (Term& term : terms_) {
    Value value = TRY(term.value->evaluate());
    term.is_null = value.is_null();
    if (term.is_null) continue;
    if (value.type().physical() == PhysicalType::Text)
      term.text = value.as_bytes();
    else
      term.number = value.as_int();
  }
  return {};
}

uint32_t ScanFilter::keep(const Batch& columns, uint16_t* rows, uint32_t count) {
  for (const Term& term : terms_) {
    if (term.is_null || count == 0) return 0;
    const Vector& column = columns.column(term.column);
    if (column.physical() == PhysicalType::Text) {
      Text wanted{std::string_view(term.text)};
      bool equal = term.op == Operator::Equal;
      count = scan_filter_loop<Text>(column, rows, count,
                                     [&](const Text& text) { return (text == wanted) == equal; });
      continue;
    }
    // NaN of a numeric is the smallest number and the greatest value.
    bool numeric = types_[term.column].id == TypeId::Numeric;
    auto compare = [&]<class T>() {
      auto value = [&](T number) {
        return numeric && number == std::numeric_limits<T>::min() ? std::numeric_limits<T>::max() : number;
      };
      T wanted = value(static_cast<T>(term.number));
      switch (term.op) {
        case Operator::Equal:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) == wanted; });
          break;
        case Operator::NotEqual:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) != wanted; });
          break;
        case Operator::Less:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) < wanted; });
          break;
        case Operator::LessEqual:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) <= wanted; });
          break;
        case Operator::Greater:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) > wanted; });
          break;
        case Operator::GreaterEqual:
          count = scan_filter_loop<T>(column, rows, count, [&](T number) { return value(number) >= wanted; });
          break;
      }
    };
    switch (column.physical()) {
      case PhysicalType::Int16:
        compare.template operator()<int16_t>();
        break;
      case PhysicalType::Int32:
        compare.template operator()<int32_t>();
        break;
      default:
        compare.template operator()<int64_t>();
        break;
    }
  }
  return count;
}

}  // namespace rowan
