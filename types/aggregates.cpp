// count, sum, avg, the boolean and bitwise aggregates, and string_agg.
#include <cmath>
#include <memory>
#include <string>

#include "types/aggregate_state.h"
#include "types/build_text.h"
#include "types/date_time.h"
#include "types/lift.h"
#include "types/numeric.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

// --- count ---

struct CountState {
  int64_t count = 0;
};

Result<> count_update(Aggregate::Update& update) {
  if (update.states == nullptr) {
    state_of<CountState>(update.single).count += update.rows.count();
    return {};
  }
  for (uint32_t i = 0; i < update.rows.count(); ++i) ++state_of<CountState>(update.states[i]).count;
  return {};
}
Result<> count_combine(char* into, const char* from, Arena&, EvalContext&) {
  state_of<CountState>(into).count += state_of<CountState>(from).count;
  return {};
}
Result<> count_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  result.data<int64_t>()[row] = state_of<CountState>(state).count;
  return {};
}

// --- sums of SMALLINT and INTEGER, which are BIGINT, and averages of all integers ---

struct IntegerSum {
  Int128 sum = 0;
  int64_t count = 0;
};

template <class T>
Result<> integer_sum_update(Aggregate::Update& update) {
  const Vector& values = *update.arguments[0];
  const T* data = values.data<T>();
  if (update.states == nullptr) {
    auto& state = state_of<IntegerSum>(update.single);
    state.count += update.rows.count();
    if (values.is_constant()) {
      state.sum += Int128{data[0]} * update.rows.count();
      return {};
    }
    if (sizeof(T) < 8 && update.rows.is_dense()) {
      int64_t sum = 0;  // a batch of 32-bit values cannot overflow it; this loop vectorizes
      for (uint32_t row = 0; row < update.rows.count(); ++row) sum += data[row];
      state.sum += sum;
      return {};
    }
    std::conditional_t<sizeof(T) < 8, int64_t, Int128> sum = 0;
    for (uint32_t i = 0; i < update.rows.count(); ++i) sum += data[update.rows[i]];
    state.sum += sum;
    return {};
  }
  uint32_t mask = values.is_constant() ? 0 : ~0u;
  return for_each_state<IntegerSum>(update, [&](IntegerSum& state, uint32_t row) {
    state.sum += data[row & mask];
    ++state.count;
  });
}
Result<> integer_sum_combine(char* into, const char* from, Arena&, EvalContext&) {
  state_of<IntegerSum>(into).sum += state_of<IntegerSum>(from).sum;
  state_of<IntegerSum>(into).count += state_of<IntegerSum>(from).count;
  return {};
}
Result<> integer_sum_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<IntegerSum>(state);
  if (sum.count == 0) {
    result.set_null(row);
    return {};
  }
  if (sum.sum < std::numeric_limits<int64_t>::min() || sum.sum > std::numeric_limits<int64_t>::max())
    return out_of_range("bigint");
  result.data<int64_t>()[row] = static_cast<int64_t>(sum.sum);
  return {};
}
Result<> bigint_sum_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<IntegerSum>(state);
  if (sum.count == 0) {
    result.set_null(row);
    return {};
  }
  return store_decimal(Decimal::of(sum.sum), result, row);
}
Type derive_bigint_sum(std::span<const Type>) {
  return proven_numeric(kInt128Digits, 0);
}
Result<> integer_avg_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<IntegerSum>(state);
  if (sum.count == 0) {
    result.set_null(row);
    return {};
  }
  Decimal average = TRY(numeric_divide(Decimal::of(sum.sum), Decimal::of(sum.count)));
  return store_decimal(average, result, row);
}

// --- sums and averages of NUMERIC ---

// `small` counts in units of 10^-scale and serves the integer forms; what is too large for it, and values
// that carry their scale, go to `wide`.
struct NumericSum {
  Int128 small = 0;
  int64_t count = 0;
  int32_t scale = 0;
  bool has_nan = false, has_infinity = false, has_minus_infinity = false;
  Decimal* wide = nullptr;

  void add_wide(const Decimal& value) {
    if (wide == nullptr)
      wide = new Decimal(value);
    else
      *wide = *wide + value;
  }
  void add_small(Int128 value) {
    if (__builtin_add_overflow(small, value, &small)) [[unlikely]] {
      small -= value;  // wraps back
      add_wide(Decimal::of(small, scale));
      small = value;
    }
  }
  void add(const Decimal& value) {
    if (value.is_nan())
      has_nan = true;
    else if (value.is_infinite())
      (value.is_negative() ? has_minus_infinity : has_infinity) = true;
    else
      add_wide(value);
  }
  Decimal total() const {
    if (has_nan || (has_infinity && has_minus_infinity)) return Decimal::nan();
    if (has_infinity || has_minus_infinity) return Decimal::infinity(has_minus_infinity);
    Decimal sum = Decimal::of(small, scale);
    return wide == nullptr ? sum : *wide + sum;
  }
};

template <class T>
Result<> fixed_sum_update(Aggregate::Update& update) {
  const Vector& values = *update.arguments[0];
  const T* data = values.data<T>();
  constexpr T kNan = static_cast<T>(T{1} << (sizeof(T) * 8 - 1));
  int scale = numeric_scale(values.type());
  if (sizeof(T) == 8 && update.states == nullptr && !values.is_constant() && update.rows.is_dense()) {
    bool seen_nan = false;
    Int128 sum = 0;
    for (uint32_t row = 0; row < update.rows.count(); ++row) {
      seen_nan |= data[row] == kNan;
      sum += data[row];
    }
    if (!seen_nan) {
      auto& state = state_of<NumericSum>(update.single);
      state.scale = scale;
      state.count += update.rows.count();
      state.add_small(sum);
      return {};
    }
  }
  uint32_t mask = values.is_constant() ? 0 : ~0u;
  return for_each_state<NumericSum>(update, [&](NumericSum& state, uint32_t row) {
    T value = data[row & mask];
    state.scale = scale;
    ++state.count;
    if (value == kNan)
      state.has_nan = true;
    else
      state.add_small(value);
  });
}

Result<> numeric_sum_update(Aggregate::Update& update) {
  const Vector& values = *update.arguments[0];
  if (values.physical() == PhysicalType::Int64) return fixed_sum_update<int64_t>(update);
  if (values.physical() == PhysicalType::Int128) return fixed_sum_update<Int128>(update);
  return for_each_state<NumericSum>(update, [&](NumericSum& state, uint32_t row) {
    ++state.count;
    state.add(load_decimal(values, row));
  });
}
Result<> numeric_sum_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<NumericSum>(into_bytes);
  const auto& from = state_of<NumericSum>(from_bytes);
  if (from.count == 0) return {};
  into.scale = std::max(into.scale, from.scale);
  into.count += from.count;
  into.has_nan |= from.has_nan;
  into.has_infinity |= from.has_infinity;
  into.has_minus_infinity |= from.has_minus_infinity;
  into.add_small(from.small);
  if (from.wide != nullptr) into.add_wide(*from.wide);
  return {};
}
Result<> numeric_sum_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<NumericSum>(state);
  if (sum.count == 0) {
    result.set_null(row);
    return {};
  }
  return store_decimal(sum.total(), result, row);
}
Result<> numeric_avg_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<NumericSum>(state);
  if (sum.count == 0) {
    result.set_null(row);
    return {};
  }
  Decimal average = TRY(numeric_divide(sum.total(), Decimal::of(sum.count)));
  return store_decimal(average, result, row);
}
void numeric_sum_destroy(char* state) {
  delete state_of<NumericSum>(state).wide;
  state_of<NumericSum>(state).wide = nullptr;
}
// 2^63 rows at most add 19 digits.
Type derive_numeric_sum(std::span<const Type> arguments) {
  const Type& type = arguments[0];
  if (!is_fixed_numeric(type)) return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(numeric_digits(type) + 19, numeric_scale(type));
}

// The scale depends on the values. A derive says that the update reads every form: no argument is converted.
Type derive_numeric_average(std::span<const Type>) {
  return Type(TypeId::Numeric);
}

// --- sums of floats: in the order of rows, in the type's own width ---

template <class T>
struct FloatSum {
  T sum = 0;
  int64_t count = 0;
};
template <class T>
Result<> float_sum_update(Aggregate::Update& update) {
  if (update.states == nullptr && !update.arguments[0]->is_constant() && update.rows.count() > 0) {
    // What overflows stays infinite (or becomes NaN): one look at the end, and a second pass to find the row.
    auto& state = state_of<FloatSum<T>>(update.single);
    const T* data = update.arguments[0]->data<T>();
    T sum = state.count == 0 ? data[update.rows[0]] : state.sum + data[update.rows[0]];
    for (uint32_t i = 1; i < update.rows.count(); ++i) sum += data[update.rows[i]];
    if (std::isfinite(sum)) {
      state.sum = sum;
      state.count += update.rows.count();
      return {};
    }
  }
  return for_each_state<FloatSum<T>>(update, [&](FloatSum<T>& state, uint32_t row) -> Result<> {
    T value = argument_value<T>(update, 0, row);
    T sum = state.sum + value;
    if (std::isinf(sum) && !std::isinf(value) && !std::isinf(state.sum)) [[unlikely]]
      return Error(sqlstate::numeric_value_out_of_range, "value out of range: overflow");
    state.sum = state.count == 0 ? value : sum;
    ++state.count;
    return {};
  });
}
template <class T>
Result<> float_sum_combine(char* into, const char* from, Arena&, EvalContext&) {
  state_of<FloatSum<T>>(into).sum += state_of<FloatSum<T>>(from).sum;
  state_of<FloatSum<T>>(into).count += state_of<FloatSum<T>>(from).count;
  return {};
}
template <class T>
Result<> float_sum_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<FloatSum<T>>(state);
  if (sum.count == 0)
    result.set_null(row);
  else
    result.data<T>()[row] = sum.sum;
  return {};
}

// --- sum and average of INTERVAL ---

struct IntervalTotal {
  Interval sum;
  int64_t count = 0;
};
Result<> interval_total_add(IntervalTotal& state, const Interval& value, int64_t count) {
  if (__builtin_add_overflow(state.sum.months, value.months, &state.sum.months) ||
      __builtin_add_overflow(state.sum.days, value.days, &state.sum.days) ||
      __builtin_add_overflow(state.sum.microseconds, value.microseconds, &state.sum.microseconds))
    return Error(sqlstate::datetime_field_overflow, "interval out of range");
  state.count += count;
  return {};
}
Result<> interval_total_update(Aggregate::Update& update) {
  return for_each_state<IntervalTotal>(update, [&](IntervalTotal& state, uint32_t row) {
    return interval_total_add(state, argument_value<Interval>(update, 0, row), 1);
  });
}
Result<> interval_total_combine(char* into, const char* from, Arena&, EvalContext&) {
  return interval_total_add(state_of<IntervalTotal>(into), state_of<IntervalTotal>(from).sum,
                            state_of<IntervalTotal>(from).count);
}
Result<> interval_total_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& sum = state_of<IntervalTotal>(state);
  if (sum.count == 0)
    result.set_null(row);
  else
    result.data<Interval>()[row] = sum.sum;
  return {};
}

// The sum divided as interval / float8 divides.
Result<> interval_average_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& total = state_of<IntervalTotal>(state);
  if (total.count == 0) {
    result.set_null(row);
    return {};
  }
  result.data<Interval>()[row] = TRY(interval_quotient(total.sum, static_cast<double>(total.count)));
  return {};
}

// --- folds of one value: bool_and, bit_or … ---

template <class T>
struct FoldState {
  T value = 0;
  bool has_value = false;
};
enum class FoldOp { And, Or, Xor };
template <class T, FoldOp kOp>
void fold_value(FoldState<T>& state, T value) {
  if (!state.has_value)
    state.value = value;
  else if constexpr (kOp == FoldOp::And)
    state.value = static_cast<T>(state.value & value);
  else if constexpr (kOp == FoldOp::Or)
    state.value = static_cast<T>(state.value | value);
  else
    state.value = static_cast<T>(state.value ^ value);
  state.has_value = true;
}
template <class T, FoldOp kOp>
Result<> fold_update(Aggregate::Update& update) {
  return for_each_state<FoldState<T>>(update, [&](FoldState<T>& state, uint32_t row) {
    fold_value<T, kOp>(state, argument_value<T>(update, 0, row));
  });
}
template <class T, FoldOp kOp>
Result<> fold_combine(char* into, const char* from, Arena&, EvalContext&) {
  const auto& other = state_of<FoldState<T>>(from);
  if (other.has_value) fold_value<T, kOp>(state_of<FoldState<T>>(into), other.value);
  return {};
}
template <class T>
Result<> fold_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& fold = state_of<FoldState<T>>(state);
  if (fold.has_value)
    result.data<T>()[row] = fold.value;
  else
    result.set_null(row);
  return {};
}
template <class T, FoldOp kOp>
void add_fold(FunctionRegistry& registry, std::string_view name, TypeId type) {
  Aggregate aggregate = aggregate_of<FoldState<T>>(name, {type}, type);
  aggregate.update = &fold_update<T, kOp>;
  aggregate.combine = &fold_combine<T, kOp>;
  aggregate.finish = &fold_finish<T>;
  registry.add(std::move(aggregate));
}
template <class T>
void add_bit_aggregates(FunctionRegistry& registry) {
  add_fold<T, FoldOp::And>(registry, "bit_and", Lifted<T>::id);
  add_fold<T, FoldOp::Or>(registry, "bit_or", Lifted<T>::id);
  add_fold<T, FoldOp::Xor>(registry, "bit_xor", Lifted<T>::id);
}

// --- string_agg ---

// The first row's delimiter stands nowhere; but a state that is added to another one needs it.
struct StringAgg {
  std::string* text = nullptr;
  std::string* first_delimiter = nullptr;
};
Result<> string_agg_update(Aggregate::Update& update) {
  const Vector &values = *update.arguments[0], &delimiters = *update.arguments[1];
  return for_each_state<StringAgg>(update, [&](StringAgg& state, uint32_t row) -> Result<> {
    if (values.is_null(row)) return {};
    bool has_delimiter = !delimiters.is_null(row);
    std::string_view delimiter =
        has_delimiter ? argument_value<Text>(update, 1, row).view() : std::string_view();
    if (state.text == nullptr) {
      state.text = new std::string();
      state.first_delimiter = new std::string(delimiter);
    } else {
      TRY(check_growth(state.text->size(), delimiter.size()));
      state.text->append(delimiter);
    }
    std::string_view value = argument_value<Text>(update, 0, row).view();
    TRY(check_growth(state.text->size(), value.size()));
    state.text->append(value);
    return {};
  });
}
Result<> string_agg_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<StringAgg>(into_bytes);
  const auto& from = state_of<StringAgg>(from_bytes);
  if (from.text == nullptr) return {};
  if (into.text == nullptr) {
    into.text = new std::string(*from.text);
    into.first_delimiter = new std::string(*from.first_delimiter);
  } else {
    TRY(check_growth(into.text->size(), from.first_delimiter->size() + from.text->size()));
    into.text->append(*from.first_delimiter).append(*from.text);
  }
  return {};
}
Result<> string_agg_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& agg = state_of<StringAgg>(state);
  if (agg.text == nullptr)
    result.set_null(row);
  else
    result.data<Text>()[row] = result.arena().copy(*agg.text);
  return {};
}
void string_agg_destroy(char* state) {
  delete state_of<StringAgg>(state).text;
  delete state_of<StringAgg>(state).first_delimiter;
  state_of<StringAgg>(state) = StringAgg();
}

template <class T>
void add_integer_sums(FunctionRegistry& registry) {
  Aggregate sum = aggregate_of<IntegerSum>("sum", {Lifted<T>::id}, TypeId::BigInt);
  sum.update = &integer_sum_update<T>;
  sum.combine = &integer_sum_combine;
  sum.finish = &integer_sum_finish;
  if (sizeof(T) == 8) {
    sum.result = TypeId::Numeric;
    sum.derive = &derive_bigint_sum;
    sum.finish = &bigint_sum_finish;
  }
  registry.add(std::move(sum));
  Aggregate average = aggregate_of<IntegerSum>("avg", {Lifted<T>::id}, TypeId::Numeric);
  average.update = &integer_sum_update<T>;
  average.combine = &integer_sum_combine;
  average.finish = &integer_avg_finish;
  registry.add(std::move(average));
}
template <class T>
void add_float_sum(FunctionRegistry& registry) {
  Aggregate sum = aggregate_of<FloatSum<T>>("sum", {Lifted<T>::id}, Lifted<T>::id);
  sum.update = &float_sum_update<T>;
  sum.combine = &float_sum_combine<T>;
  sum.finish = &float_sum_finish<T>;
  registry.add(std::move(sum));
}

}  // namespace

void register_aggregates(FunctionRegistry& registry) {
  for (bool has_argument : {false, true}) {
    Aggregate count = aggregate_of<CountState>("count", {}, TypeId::BigInt);
    if (has_argument) count.arguments = {TypeId::Any};
    count.update = &count_update;
    count.combine = &count_combine;
    count.finish = &count_finish;
    registry.add(std::move(count));
  }
  add_integer_sums<int16_t>(registry);
  add_integer_sums<int32_t>(registry);
  add_integer_sums<int64_t>(registry);
  add_float_sum<float>(registry);
  add_float_sum<double>(registry);
  for (bool is_average : {false, true}) {
    Aggregate sum = aggregate_of<NumericSum>(is_average ? "avg" : "sum", {TypeId::Numeric}, TypeId::Numeric);
    sum.derive = is_average ? &derive_numeric_average : &derive_numeric_sum;
    sum.update = &numeric_sum_update;
    sum.combine = &numeric_sum_combine;
    sum.finish = is_average ? &numeric_avg_finish : &numeric_sum_finish;
    sum.destroy = &numeric_sum_destroy;
    sum.is_trivially_copyable = false;
    registry.add(std::move(sum));
  }
  Aggregate intervals = aggregate_of<IntervalTotal>("sum", {TypeId::Interval}, TypeId::Interval);
  intervals.update = &interval_total_update;
  intervals.combine = &interval_total_combine;
  intervals.finish = &interval_total_finish;
  registry.add(intervals);
  intervals.name = "avg";
  intervals.finish = &interval_average_finish;
  registry.add(std::move(intervals));

  add_fold<uint8_t, FoldOp::And>(registry, "bool_and", TypeId::Boolean);
  add_fold<uint8_t, FoldOp::And>(registry, "every", TypeId::Boolean);
  add_fold<uint8_t, FoldOp::Or>(registry, "bool_or", TypeId::Boolean);
  add_bit_aggregates<int16_t>(registry);
  add_bit_aggregates<int32_t>(registry);
  add_bit_aggregates<int64_t>(registry);

  for (TypeId type : {TypeId::Text, TypeId::Bytea}) {
    Aggregate strings = aggregate_of<StringAgg>("string_agg", {type, type}, type);
    strings.skips_nulls = false;
    strings.update = &string_agg_update;
    strings.combine = &string_agg_combine;
    strings.finish = &string_agg_finish;
    strings.destroy = &string_agg_destroy;
    strings.is_ordered = true;
    strings.is_trivially_copyable = false;
    registry.add(std::move(strings));
  }
  register_extreme_aggregates(registry);
  register_moment_aggregates(registry);
}

}  // namespace rowan
