// Variances, standard deviations, averages of floats, and the regression family. Floats by the recurrence of
// Youngs and Cramer (1971), as PostgreSQL; exact types by exact sums.
#include <cmath>

#include "types/aggregate_state.h"
#include "types/lift.h"
#include "types/numeric.h"
#include "types/try.h"

namespace rowan {

namespace {

enum class MomentKind { Average, VarPop, VarSamp, StddevPop, StddevSamp };

constexpr bool is_sample(MomentKind kind) {
  return kind == MomentKind::VarSamp || kind == MomentKind::StddevSamp;
}
constexpr bool is_deviation(MomentKind kind) {
  return kind == MomentKind::StddevPop || kind == MomentKind::StddevSamp;
}

Error moment_overflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value out of range: overflow");
}

// --- floats ---

struct FloatMoments {
  double count = 0, sum = 0, squares = 0;  // squares: of distances from the mean
};

Result<> moments_add(FloatMoments& state, double value) {
  double count = state.count + 1, sum = state.sum + value, squares = state.squares;
  if (state.count > 0) {
    double distance = value * count - sum;
    squares += distance * distance / (count * state.count);
    if (std::isinf(sum) || std::isinf(squares)) {
      if (!std::isinf(state.sum) && !std::isinf(value)) return moment_overflow();
      squares = NAN;
    }
  } else if (std::isnan(value) || std::isinf(value)) {
    squares = NAN;
  }
  state = {count, sum, squares};
  return {};
}
template <class T>
Result<> moments_update(Aggregate::Update& update) {
  return for_each_state<FloatMoments>(update, [&](FloatMoments& state, uint32_t row) {
    return moments_add(state, argument_value<T>(update, 0, row));
  });
}
Result<> moments_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<FloatMoments>(into_bytes);
  const auto& from = state_of<FloatMoments>(from_bytes);
  if (from.count == 0) return {};
  if (into.count == 0) {
    into = from;
    return {};
  }
  double count = into.count + from.count, sum = into.sum + from.sum;
  double apart = into.sum / into.count - from.sum / from.count;
  double squares = into.squares + from.squares + into.count * from.count * apart * apart / count;
  if (std::isinf(sum) && !std::isinf(into.sum) && !std::isinf(from.sum)) return moment_overflow();
  if (std::isinf(squares) && !std::isinf(into.squares) && !std::isinf(from.squares)) return moment_overflow();
  into = {count, sum, squares};
  return {};
}
template <MomentKind kKind>
Result<> moments_finish(const char* bytes, Vector& result, uint32_t row, EvalContext&) {
  const auto& state = state_of<FloatMoments>(bytes);
  if (state.count < (is_sample(kKind) ? 2 : 1)) {
    result.set_null(row);
    return {};
  }
  double value = state.sum / state.count;
  if (kKind != MomentKind::Average)
    value = state.squares / (is_sample(kKind) ? state.count - 1 : state.count);
  result.data<double>()[row] = is_deviation(kKind) ? std::sqrt(value) : value;
  return {};
}

// --- exact types ---

Decimal two_to_64() {
  return Decimal::of(Int128{1} << 64);
}

// The sum of squares of 64-bit values needs more than 128 bits: `carries` counts wraps of `squares`.
struct IntegerMoments {
  Int128 sum = 0;
  unsigned __int128 squares = 0;
  uint64_t carries = 0;
  int64_t count = 0;

  Decimal total() const { return Decimal::of(sum); }
  Decimal total_squares() const {
    Decimal low = Decimal::of(static_cast<Int128>(static_cast<uint64_t>(squares)));
    Decimal high = Decimal::of(static_cast<Int128>(static_cast<uint64_t>(squares >> 64)));
    Decimal wraps = Decimal::of(static_cast<Int128>(carries));
    return (wraps * two_to_64() + high) * two_to_64() + low;
  }
  void add_squares(unsigned __int128 more) {
    squares += more;
    if (squares < more) ++carries;
  }
};
template <class T>
Result<> integer_moments_update(Aggregate::Update& update) {
  return for_each_state<IntegerMoments>(update, [&](IntegerMoments& state, uint32_t row) {
    Int128 value = argument_value<T>(update, 0, row);
    state.sum += value;
    state.add_squares(static_cast<unsigned __int128>(value * value));
    ++state.count;
  });
}
Result<> integer_moments_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<IntegerMoments>(into_bytes);
  const auto& from = state_of<IntegerMoments>(from_bytes);
  into.sum += from.sum;
  into.count += from.count;
  into.carries += from.carries;
  into.add_squares(from.squares);
  return {};
}

struct NumericMoments {
  Decimal* sum = nullptr;
  Decimal* squares = nullptr;
  int64_t count = 0;
  bool has_special = false;  // NaN or an infinity: every moment is NaN

  Decimal total() const { return sum == nullptr ? Decimal() : *sum; }
  Decimal total_squares() const { return squares == nullptr ? Decimal() : *squares; }
  void add(const Decimal& more, const Decimal& more_squares) {
    if (sum == nullptr) {
      sum = new Decimal(more);
      squares = new Decimal(more_squares);
    } else {
      *sum = *sum + more;
      *squares = *squares + more_squares;
    }
  }
};
Result<> numeric_moments_update(Aggregate::Update& update) {
  return for_each_state<NumericMoments>(update, [&](NumericMoments& state, uint32_t row) {
    Decimal value = load_decimal(*update.arguments[0], row);
    ++state.count;
    if (value.is_finite())
      state.add(value, value * value);
    else
      state.has_special = true;
  });
}
Result<> numeric_moments_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<NumericMoments>(into_bytes);
  const auto& from = state_of<NumericMoments>(from_bytes);
  into.count += from.count;
  into.has_special |= from.has_special;
  if (from.sum != nullptr) into.add(*from.sum, *from.squares);
  return {};
}
void numeric_moments_destroy(char* bytes) {
  auto& state = state_of<NumericMoments>(bytes);
  delete state.sum;
  delete state.squares;
  state = NumericMoments();
}

Result<> store_moment(MomentKind kind, const Decimal& sum, const Decimal& squares, int64_t count,
                      Vector& result, uint32_t row) {
  Decimal n = Decimal::of(count);
  Decimal spread = n * squares - sum * sum;
  if (spread.sign() <= 0) return store_decimal(Decimal(), result, row);
  Decimal divisor = n * Decimal::of(is_sample(kind) ? count - 1 : count);
  int scale = division_scale(spread, divisor);
  Decimal value = Decimal::divide(spread, divisor, scale);
  if (is_deviation(kind)) value = value.square_root(scale);
  return store_decimal(value, result, row);
}
template <MomentKind kKind, class State>
Result<> exact_moments_finish(const char* bytes, Vector& result, uint32_t row, EvalContext&) {
  const auto& state = state_of<State>(bytes);
  if (state.count < (is_sample(kKind) ? 2 : 1)) {
    result.set_null(row);
    return {};
  }
  if constexpr (std::is_same_v<State, NumericMoments>)
    if (state.has_special) return store_decimal(Decimal::nan(), result, row);
  return store_moment(kKind, state.total(), state.total_squares(), state.count, result, row);
}

template <MomentKind kKind>
void add_moment(FunctionRegistry& registry, std::string_view name) {
  auto add = [&](Aggregate aggregate, auto update, auto combine, auto finish) {
    aggregate.update = update;
    aggregate.combine = combine;
    aggregate.finish = finish;
    registry.add(std::move(aggregate));
  };
  TypeId numeric = TypeId::Numeric;
  if constexpr (kKind != MomentKind::Average) {
    add(aggregate_of<IntegerMoments>(name, {TypeId::SmallInt}, numeric), &integer_moments_update<int16_t>,
        &integer_moments_combine, &exact_moments_finish<kKind, IntegerMoments>);
    add(aggregate_of<IntegerMoments>(name, {TypeId::Integer}, numeric), &integer_moments_update<int32_t>,
        &integer_moments_combine, &exact_moments_finish<kKind, IntegerMoments>);
    add(aggregate_of<IntegerMoments>(name, {TypeId::BigInt}, numeric), &integer_moments_update<int64_t>,
        &integer_moments_combine, &exact_moments_finish<kKind, IntegerMoments>);
    Aggregate numerics = aggregate_of<NumericMoments>(name, {numeric}, numeric);
    numerics.destroy = &numeric_moments_destroy;
    numerics.is_trivially_copyable = false;
    add(std::move(numerics), &numeric_moments_update, &numeric_moments_combine,
        &exact_moments_finish<kKind, NumericMoments>);
  }
  add(aggregate_of<FloatMoments>(name, {TypeId::Real}, TypeId::Double), &moments_update<float>,
      &moments_combine, &moments_finish<kKind>);
  add(aggregate_of<FloatMoments>(name, {TypeId::Double}, TypeId::Double), &moments_update<double>,
      &moments_combine, &moments_finish<kKind>);
}

// --- two variables: corr(y, x) and its family ---

struct PairMoments {
  double count = 0, x = 0, xx = 0, y = 0, yy = 0, xy = 0;
};
Result<> pair_update(Aggregate::Update& update) {
  return for_each_state<PairMoments>(update, [&](PairMoments& state, uint32_t row) -> Result<> {
    double new_y = argument_value<double>(update, 0, row), new_x = argument_value<double>(update, 1, row);
    PairMoments next = state;
    next.count += 1;
    next.x += new_x;
    next.y += new_y;
    if (state.count > 0) {
      double distance_x = new_x * next.count - next.x, distance_y = new_y * next.count - next.y;
      double scale = 1.0 / (next.count * state.count);
      next.xx += distance_x * distance_x * scale;
      next.yy += distance_y * distance_y * scale;
      next.xy += distance_x * distance_y * scale;
      bool x_is_finite = !std::isinf(state.x) && !std::isinf(new_x);
      bool y_is_finite = !std::isinf(state.y) && !std::isinf(new_y);
      bool x_overflows = std::isinf(next.x) || std::isinf(next.xx);
      bool y_overflows = std::isinf(next.y) || std::isinf(next.yy);
      if ((x_overflows && x_is_finite) || (y_overflows && y_is_finite) ||
          (std::isinf(next.xy) && x_is_finite && y_is_finite))
        return moment_overflow();
      if (std::isinf(next.xx)) next.xx = NAN;
      if (std::isinf(next.yy)) next.yy = NAN;
      if (std::isinf(next.xy)) next.xy = NAN;
    } else {
      bool bad_x = std::isnan(new_x) || std::isinf(new_x), bad_y = std::isnan(new_y) || std::isinf(new_y);
      if (bad_x) next.xx = next.xy = NAN;
      if (bad_y) next.yy = next.xy = NAN;
    }
    state = next;
    return {};
  });
}
Result<> pair_combine(char* into_bytes, const char* from_bytes, Arena&, EvalContext&) {
  auto& into = state_of<PairMoments>(into_bytes);
  const auto& from = state_of<PairMoments>(from_bytes);
  if (from.count == 0) return {};
  if (into.count == 0) {
    into = from;
    return {};
  }
  double count = into.count + from.count;
  double apart_x = into.x / into.count - from.x / from.count,
         apart_y = into.y / into.count - from.y / from.count;
  double weight = into.count * from.count / count;
  into = {count,
          into.x + from.x,
          into.xx + from.xx + weight * apart_x * apart_x,
          into.y + from.y,
          into.yy + from.yy + weight * apart_y * apart_y,
          into.xy + from.xy + weight * apart_x * apart_y};
  return {};
}
using PairValue = bool (*)(const PairMoments&, double&);  // false: NULL
template <PairValue kValue>
Result<> pair_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  double value = 0;
  if (kValue(state_of<PairMoments>(state), value))
    result.data<double>()[row] = value;
  else
    result.set_null(row);
  return {};
}
struct PairCount {
  int64_t count = 0;
};
Result<> pair_count_update(Aggregate::Update& update) {
  return for_each_state<PairCount>(update, [](PairCount& state, uint32_t) { ++state.count; });
}
Result<> pair_count_combine(char* into, const char* from, Arena&, EvalContext&) {
  state_of<PairCount>(into).count += state_of<PairCount>(from).count;
  return {};
}
Result<> pair_count_finish(const char* state, Vector& result, uint32_t row, EvalContext&) {
  result.data<int64_t>()[row] = state_of<PairCount>(state).count;
  return {};
}
bool pair_covar_pop(const PairMoments& m, double& value) {
  value = m.xy / m.count;
  return m.count >= 1;
}
bool pair_covar_samp(const PairMoments& m, double& value) {
  value = m.xy / (m.count - 1);
  return m.count >= 2;
}
bool pair_corr(const PairMoments& m, double& value) {
  value = m.xy / std::sqrt(m.xx * m.yy);
  return m.count >= 1 && m.xx != 0 && m.yy != 0;
}
bool pair_avgx(const PairMoments& m, double& value) {
  value = m.x / m.count;
  return m.count >= 1;
}
bool pair_avgy(const PairMoments& m, double& value) {
  value = m.y / m.count;
  return m.count >= 1;
}
bool pair_sxx(const PairMoments& m, double& value) {
  value = m.xx;
  return m.count >= 1;
}
bool pair_syy(const PairMoments& m, double& value) {
  value = m.yy;
  return m.count >= 1;
}
bool pair_sxy(const PairMoments& m, double& value) {
  value = m.xy;
  return m.count >= 1;
}
bool pair_slope(const PairMoments& m, double& value) {
  value = m.xy / m.xx;
  return m.count >= 1 && m.xx != 0;
}
bool pair_intercept(const PairMoments& m, double& value) {
  value = (m.y - m.x * m.xy / m.xx) / m.count;
  return m.count >= 1 && m.xx != 0;
}
bool pair_r2(const PairMoments& m, double& value) {
  value = m.yy == 0 ? 1.0 : (m.xy * m.xy) / (m.xx * m.yy);
  return m.count >= 1 && m.xx != 0;
}
template <PairValue kValue>
void add_pair(FunctionRegistry& registry, std::string_view name) {
  Aggregate aggregate = aggregate_of<PairMoments>(name, {TypeId::Double, TypeId::Double}, TypeId::Double);
  aggregate.update = &pair_update;
  aggregate.combine = &pair_combine;
  aggregate.finish = &pair_finish<kValue>;
  registry.add(std::move(aggregate));
}

}  // namespace

void register_moment_aggregates(FunctionRegistry& registry) {
  add_moment<MomentKind::Average>(registry, "avg");
  add_moment<MomentKind::VarPop>(registry, "var_pop");
  add_moment<MomentKind::VarSamp>(registry, "var_samp");
  add_moment<MomentKind::VarSamp>(registry, "variance");
  add_moment<MomentKind::StddevPop>(registry, "stddev_pop");
  add_moment<MomentKind::StddevSamp>(registry, "stddev_samp");
  add_moment<MomentKind::StddevSamp>(registry, "stddev");
  add_pair<pair_covar_pop>(registry, "covar_pop");
  add_pair<pair_covar_samp>(registry, "covar_samp");
  add_pair<pair_corr>(registry, "corr");
  add_pair<pair_avgx>(registry, "regr_avgx");
  add_pair<pair_avgy>(registry, "regr_avgy");
  add_pair<pair_sxx>(registry, "regr_sxx");
  add_pair<pair_syy>(registry, "regr_syy");
  add_pair<pair_sxy>(registry, "regr_sxy");
  add_pair<pair_slope>(registry, "regr_slope");
  add_pair<pair_intercept>(registry, "regr_intercept");
  add_pair<pair_r2>(registry, "regr_r2");
  Aggregate count = aggregate_of<PairCount>("regr_count", {TypeId::Double, TypeId::Double}, TypeId::BigInt);
  count.update = &pair_count_update;
  count.combine = &pair_count_combine;
  count.finish = &pair_count_finish;
  registry.add(std::move(count));
}

}  // namespace rowan
