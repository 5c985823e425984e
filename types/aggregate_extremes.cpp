// min and max of every ordered type. Equal values may look different (1.5 and 1.50): as in PostgreSQL the
// last of them stays, but for CHAR the first.
#include <cstring>

#include "types/aggregate_state.h"
#include "types/compare.h"
#include "types/lift.h"
#include "types/numeric.h"

namespace rowan {

namespace {

// Orders: less(a, b) of stored values, and which of equal ones stays.
template <class T>
struct PlainOrder {
  using Stored = T;
  static constexpr bool keeps_first = false;
  static bool less(const T& a, const T& b) { return sql_less(a, b); }
};
struct CharOrder {
  using Stored = Text;
  static constexpr bool keeps_first = true;
  static bool less(const Text& a, const Text& b) {
    return without_trailing_blanks(a.view()).compare(without_trailing_blanks(b.view())) < 0;
  }
};
// NaN, the most negative integer, is above all.
struct FixedOrder64 {
  using Stored = int64_t;
  static constexpr bool keeps_first = false;
  static bool less(int64_t a, int64_t b) { return rank(a) < rank(b); }
  static int64_t rank(int64_t value) {
    return value == kNumericNan64 ? std::numeric_limits<int64_t>::max() : value;
  }
};
struct FixedOrder128 {
  using Stored = Int128;
  static constexpr bool keeps_first = false;
  static bool less(Int128 a, Int128 b) {
    if (a == kNumericNan128 || b == kNumericNan128) return b == kNumericNan128 && a != kNumericNan128;
    return a < b;
  }
};
struct DecimalOrder {
  using Stored = Text;
  static constexpr bool keeps_first = false;
  static bool less(const Text& a, const Text& b) {
    return Decimal::compare(Decimal::decode(a.view()), Decimal::decode(b.view())) < 0;
  }
};

// A text's bytes are copied into the arena, into the same place again when they fit.
template <class T>
struct ExtremeState {
  T value{};
  uint32_t room = 0;
  bool has_value = false;

  void set(const T& better, Arena& arena) {
    has_value = true;
    if constexpr (std::is_same_v<T, Text>) {
      if (better.is_inline()) {
        value = better;
        room = 0;
      } else {
        char* place =
            room >= better.length() ? const_cast<char*>(value.data()) : arena.allocate(better.length());
        if (room < better.length()) room = better.length();
        std::memcpy(place, better.data(), better.length());
        value = Text(std::string_view(place, better.length()));
      }
    } else {
      value = better;
    }
  }
};

template <class Order, bool kWantsMax>
void extreme_consider(ExtremeState<typename Order::Stored>& state, const typename Order::Stored& value,
                      Arena& arena) {
  bool is_better = !state.has_value;
  if (state.has_value && Order::keeps_first)
    is_better = kWantsMax ? Order::less(state.value, value) : Order::less(value, state.value);
  else if (state.has_value)
    is_better = kWantsMax ? !Order::less(value, state.value) : !Order::less(state.value, value);
  if (is_better) state.set(value, arena);
}
template <class Order, bool kWantsMax>
Result<> extreme_update(Aggregate::Update& update) {
  using T = typename Order::Stored;
  return for_each_state<ExtremeState<T>>(update, [&](ExtremeState<T>& state, uint32_t row) {
    extreme_consider<Order, kWantsMax>(state, argument_value<T>(update, 0, row), update.arena);
  });
}
template <class Order, bool kWantsMax>
Result<> extreme_combine(char* into, const char* from, Arena& arena, EvalContext&) {
  using T = typename Order::Stored;
  const auto& other = state_of<ExtremeState<T>>(from);
  if (other.has_value)
    extreme_consider<Order, kWantsMax>(state_of<ExtremeState<T>>(into), other.value, arena);
  return {};
}
template <class T>
Result<> extreme_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  const auto& extreme = state_of<ExtremeState<T>>(state);
  if (!extreme.has_value) {
    result.set_null(row);
  } else if constexpr (std::is_same_v<T, Text>) {
    result.data<Text>()[row] = result.arena().copy(extreme.value.view());
  } else {
    result.data<T>()[row] = extreme.value;
  }
  return {};
}

template <class Order>
void add_extremes(FunctionRegistry& registry, TypeId type) {
  using T = typename Order::Stored;
  Aggregate least = aggregate_of<ExtremeState<T>>("min", {type}, type);
  least.is_trivially_copyable = !std::is_same_v<T, Text>;
  least.finish = &extreme_finish<T>;
  Aggregate greatest = least;
  greatest.name = "max";
  least.update = &extreme_update<Order, false>;
  least.combine = &extreme_combine<Order, false>;
  greatest.update = &extreme_update<Order, true>;
  greatest.combine = &extreme_combine<Order, true>;
  registry.add(std::move(least));
  registry.add(std::move(greatest));
}

// --- NUMERIC: the form is known by the argument, and kept in the state for the steps without one ---

struct NumericExtreme {
  PhysicalType form = PhysicalType::Text;
  bool has_value = false;
  alignas(16) char state[48];
};
static_assert(sizeof(ExtremeState<Text>) <= 48 && sizeof(ExtremeState<Int128>) <= 48);

template <class Order>
ExtremeState<typename Order::Stored>& inner_state(NumericExtreme& state) {
  return state_of<ExtremeState<typename Order::Stored>>(state.state);
}

template <class Order, bool kWantsMax>
Result<> numeric_extreme_rows(Aggregate::Update& update) {
  using T = typename Order::Stored;
  PhysicalType form = update.arguments[0]->physical();
  return for_each_state<NumericExtreme>(update, [&](NumericExtreme& state, uint32_t row) {
    state.form = form;
    state.has_value = true;
    extreme_consider<Order, kWantsMax>(inner_state<Order>(state), argument_value<T>(update, 0, row),
                                       update.arena);
  });
}
template <bool kWantsMax>
Result<> numeric_extreme_update(Aggregate::Update& update) {
  switch (update.arguments[0]->physical()) {
    case PhysicalType::Int64:
      return numeric_extreme_rows<FixedOrder64, kWantsMax>(update);
    case PhysicalType::Int128:
      return numeric_extreme_rows<FixedOrder128, kWantsMax>(update);
    default:
      return numeric_extreme_rows<DecimalOrder, kWantsMax>(update);
  }
}
template <bool kWantsMax>
Result<> numeric_extreme_combine(char* into_bytes, const char* from_bytes, Arena& arena,
                                 EvalContext& context) {
  auto& into = state_of<NumericExtreme>(into_bytes);
  const auto& from = state_of<NumericExtreme>(from_bytes);
  if (!from.has_value) return {};
  into.form = from.form;
  into.has_value = true;
  switch (from.form) {
    case PhysicalType::Int64:
      return extreme_combine<FixedOrder64, kWantsMax>(into.state, from.state, arena, context);
    case PhysicalType::Int128:
      return extreme_combine<FixedOrder128, kWantsMax>(into.state, from.state, arena, context);
    default:
      return extreme_combine<DecimalOrder, kWantsMax>(into.state, from.state, arena, context);
  }
}
Result<> numeric_extreme_finish(const char* bytes, Vector& result, uint32_t row, EvalContext& context) {
  const auto& state = state_of<NumericExtreme>(bytes);
  switch (result.physical()) {
    case PhysicalType::Int64:
      return extreme_finish<int64_t>(state.state, result, row, context);
    case PhysicalType::Int128:
      return extreme_finish<Int128>(state.state, result, row, context);
    default:
      return extreme_finish<Text>(state.state, result, row, context);
  }
}
void numeric_extreme_init(char* bytes) {
  auto* state = new (bytes) NumericExtreme();
  std::memset(state->state, 0, sizeof state->state);
}
Type derive_extreme(std::span<const Type> arguments) {
  const Type& type = arguments[0];
  if (!is_fixed_numeric(type)) return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(numeric_digits(type), numeric_scale(type));
}

}  // namespace

void register_extreme_aggregates(FunctionRegistry& registry) {
  add_extremes<PlainOrder<int32_t>>(registry, TypeId::Integer);
  add_extremes<PlainOrder<int64_t>>(registry, TypeId::BigInt);
  add_extremes<PlainOrder<int16_t>>(registry, TypeId::SmallInt);
  add_extremes<PlainOrder<double>>(registry, TypeId::Double);
  add_extremes<PlainOrder<float>>(registry, TypeId::Real);
  add_extremes<PlainOrder<Text>>(registry, TypeId::Text);
  add_extremes<CharOrder>(registry, TypeId::Char);
  add_extremes<PlainOrder<int32_t>>(registry, TypeId::Date);
  for (TypeId type : {TypeId::Time, TypeId::Timestamp, TypeId::TimestampTz, TypeId::Oid})
    add_extremes<PlainOrder<int64_t>>(registry, type);
  add_extremes<PlainOrder<Interval>>(registry, TypeId::Interval);
  for (bool wants_max : {false, true}) {
    Aggregate extreme =
        aggregate_of<NumericExtreme>(wants_max ? "max" : "min", {TypeId::Numeric}, TypeId::Numeric);
    extreme.init = &numeric_extreme_init;
    extreme.derive = &derive_extreme;
    extreme.update = wants_max ? &numeric_extreme_update<true> : &numeric_extreme_update<false>;
    extreme.combine = wants_max ? &numeric_extreme_combine<true> : &numeric_extreme_combine<false>;
    extreme.finish = &numeric_extreme_finish;
    extreme.is_trivially_copyable = false;  // the unconstrained form points into the arena
    registry.add(std::move(extreme));
  }
}

}  // namespace rowan
