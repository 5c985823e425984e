#include "executor/scan_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "types/numeric.h"
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

bool scan_filter_is_integer(TypeId type) {
  return type == TypeId::SmallInt || type == TypeId::Integer || type == TypeId::BigInt;
}

bool scan_filter_is_text(TypeId type) {
  return type == TypeId::Text || type == TypeId::VarChar;
}

// Can a value of type `value` be turned into the column's machine form so that comparing those compares the
// values?
bool scan_filter_comparable(const Type& column, const Type& value) {
  if (scan_filter_is_integer(column.id)) return scan_filter_is_integer(value.id);
  if (scan_filter_is_text(column.id)) return scan_filter_is_text(value.id);
  return column.id == value.id && MaskCompare::of(column, Comparison::Equal).has_value();
}

// A value outside of the range of all that a column can hold.
enum class ScanFilterSide : uint8_t { Above, Below };
bool scan_filter_all_pass(Comparison comparison, ScanFilterSide value) {
  switch (comparison) {
    case Comparison::Equal:
      return false;
    case Comparison::NotEqual:
      return true;
    case Comparison::Less:
    case Comparison::LessEqual:
      return value == ScanFilterSide::Above;
    case Comparison::Greater:
    case Comparison::GreaterEqual:
      return value == ScanFilterSide::Below;
  }
  return false;
}

struct ScanFilterNumber {
  Comparison comparison;
  std::optional<int64_t> number;  // empty: `all` rows pass, or none
  bool all = false;
};

ScanFilterNumber scan_filter_out_of_range(Comparison comparison, ScanFilterSide side) {
  return {comparison, std::nullopt, scan_filter_all_pass(comparison, side)};
}

ScanFilterNumber scan_filter_integer(Comparison comparison, TypeId column, int64_t value) {
  int64_t max = column == TypeId::SmallInt  ? std::numeric_limits<int16_t>::max()
                : column == TypeId::Integer ? std::numeric_limits<int32_t>::max()
                                            : std::numeric_limits<int64_t>::max();
  if (value > max) return scan_filter_out_of_range(comparison, ScanFilterSide::Above);
  if (value < -max - 1) return scan_filter_out_of_range(comparison, ScanFilterSide::Below);
  return {comparison, value};
}

// A NUMERIC value against a column of `scale` digits. The NaN is greater than all, infinity included: what is
// below infinity is what is below the NaN, what is above is the NaN alone.
ScanFilterNumber scan_filter_numeric(Comparison comparison, int scale, const Decimal& value) {
  auto beyond_all = [&]() -> ScanFilterNumber {
    switch (comparison) {
      case Comparison::Less:
      case Comparison::LessEqual:
        return {Comparison::Less, kNumericNan64};
      case Comparison::Greater:
      case Comparison::GreaterEqual:
        return {Comparison::Equal, kNumericNan64};
      default:
        return scan_filter_out_of_range(comparison, ScanFilterSide::Above);
    }
  };
  if (value.is_nan()) return {comparison, kNumericNan64};
  if (value.is_infinite())
    return value.is_negative() ? scan_filter_out_of_range(comparison, ScanFilterSide::Below) : beyond_all();
  Decimal trimmed = value.trimmed();
  Decimal low = trimmed;
  if (trimmed.scale() > scale) {
    // Between two numbers of that scale: `low` and the next one.
    low = trimmed.truncated(scale);
    if (trimmed.is_negative()) low = low - Decimal::of(1, scale);
    if (comparison == Comparison::Equal) return {comparison, std::nullopt, false};
    if (comparison == Comparison::NotEqual) return {comparison, std::nullopt, true};
    bool less = comparison == Comparison::Less || comparison == Comparison::LessEqual;
    comparison = less ? Comparison::LessEqual : Comparison::Greater;
  }
  std::optional<Int128> coefficient = low.coefficient_at(scale);
  if (!coefficient || *coefficient > std::numeric_limits<int64_t>::max() || *coefficient <= kNumericNan64)
    return low.is_negative() ? scan_filter_out_of_range(comparison, ScanFilterSide::Below) : beyond_all();
  return {comparison, static_cast<int64_t>(*coefficient)};
}

bool scan_filter_holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::Equal:
      return order == 0;
    case Comparison::NotEqual:
      return order != 0;
    case Comparison::Less:
      return order < 0;
    case Comparison::LessEqual:
      return order <= 0;
    case Comparison::Greater:
      return order > 0;
    case Comparison::GreaterEqual:
      return order >= 0;
  }
  return false;
}

template <class Passes>
void scan_filter_texts(const Vector& column, std::span<uint64_t> rows, Passes passes) {
  const Text* texts = column.data<Text>();
  for (uint32_t word = 0; word < rows.size(); ++word)
    for (uint64_t bits = rows[word]; bits != 0; bits &= bits - 1) {
      auto bit = static_cast<uint32_t>(std::countr_zero(bits));
      if (!passes(texts[word * 64 + bit])) rows[word] &= ~(uint64_t{1} << bit);
    }
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
  constexpr Comparison kTurned[] = {Comparison::Equal,        Comparison::NotEqual, Comparison::Greater,
                                    Comparison::GreaterEqual, Comparison::Less,     Comparison::LessEqual};
  size_t op = static_cast<size_t>(std::find(std::begin(kNames), std::end(kNames), name) - std::begin(kNames));
  if (op == std::size(kNames)) return false;
  bool turned = scan_filter_is_value(*left);
  if (turned) std::swap(left, right);
  const auto* ref = std::get_if<expression::InputRef>(&left->node);
  if (ref == nullptr || !scan_filter_is_value(*right) || scan_columns[ref->index] == kRowIdColumn)
    return false;
  if (!scan_filter_comparable(left->type, right->type)) return false;
  Term term;
  term.asked = turned ? kTurned[op] : static_cast<Comparison>(op);
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

void ScanFilter::prepare(Term& term, const Type& type, const Value& value) {
  term.verdict = Verdict::None;
  if (value.is_null()) return;
  term.verdict = Verdict::Compare;
  if (scan_filter_is_text(type.id)) {
    term.text = value.as_bytes();
    return;
  }
  std::memset(term.number, 0, sizeof term.number);
  if (type.id == TypeId::Double || type.id == TypeId::Real) {
    double wide = value.as_double();
    auto narrow = static_cast<float>(wide);
    if (type.id == TypeId::Double)
      std::memcpy(term.number, &wide, sizeof wide);
    else
      std::memcpy(term.number, &narrow, sizeof narrow);
    term.compare = MaskCompare::of(type, term.asked);
    return;
  }
  ScanFilterNumber wanted{term.asked, std::nullopt};
  if (type.id == TypeId::Numeric)
    wanted = scan_filter_numeric(term.asked, numeric_scale(type), decimal_of(value));
  else if (scan_filter_is_integer(type.id))
    wanted = scan_filter_integer(term.asked, type.id, value.as_int());
  else
    wanted.number = value.as_int();
  if (!wanted.number) {
    term.verdict = wanted.all ? Verdict::All : Verdict::None;
    return;
  }
  // Little-endian: a narrower form is the first bytes of the wider one.
  std::memcpy(term.number, &*wanted.number, sizeof term.number);
  term.compare = MaskCompare::of(type, wanted.comparison);
}

Result<> ScanFilter::start() {
  for (Term& term : terms_) {
    Value value = TRY(term.value->evaluate());
    prepare(term, types_[term.column], value);
  }
  return {};
}

void ScanFilter::keep_term(const Term& term, const Vector& column, uint32_t count, std::span<uint64_t> rows) {
  if (column.may_have_nulls()) {
    const uint64_t* valid = column.validity();
    for (size_t word = 0; word < rows.size(); ++word) rows[word] &= valid[word];
  }
  if (term.verdict == Verdict::All) return;
  if (column.physical() != PhysicalType::Text) {
    (*term.compare)(column.raw_data(), term.number, count, rows.data());
    return;
  }
  Text wanted{std::string_view(term.text)};
  if (term.asked == Comparison::Equal || term.asked == Comparison::NotEqual) {
    bool equal = term.asked == Comparison::Equal;
    scan_filter_texts(column, rows, [&](const Text& text) { return (text == wanted) == equal; });
  } else {
    scan_filter_texts(column, rows,
                      [&](const Text& text) { return scan_filter_holds(term.asked, text.compare(wanted)); });
  }
}

void ScanFilter::keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) {
  for (const Term& term : terms_) {
    if (std::all_of(rows.begin(), rows.end(), [](uint64_t word) { return word == 0; })) return;
    bool none = term.verdict == Verdict::None;
    if (!none) {
      const Vector& column = columns.column(term.column, rows);
      if (!column.is_constant()) {
        keep_term(term, column, count, rows);
        continue;
      }
      // A column younger than the page: one value for all.
      uint64_t passes = 1;
      keep_term(term, column, 1, {&passes, 1});
      none = passes == 0;
    }
    if (none) std::fill(rows.begin(), rows.end(), 0);
  }
}

}  // namespace rowan
