// types/date_arithmetic.cpp: text forms, casts, comparisons between types, + and -, justify_*, age.
#include <cmath>

#include "types/compare.h"
#include "types/date_time.h"
#include "types/lift.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

// ---- DATE ----

Result<int32_t> date_plus_days(int32_t date, int32_t days) {
  if (!is_finite_date(date)) return date;
  int64_t sum = int64_t{date} + days;
  if (sum < kDateMin || sum >= kDateEnd) return date_out_of_range();
  return static_cast<int32_t>(sum);
}
Result<int32_t> days_plus_date(int32_t days, int32_t date) {
  return date_plus_days(date, days);
}
Result<int32_t> date_minus_days(int32_t date, int32_t days) {
  if (!is_finite_date(date)) return date;
  int64_t difference = int64_t{date} - days;
  if (difference < kDateMin || difference >= kDateEnd) return date_out_of_range();
  return static_cast<int32_t>(difference);
}
Result<int32_t> date_minus_date(int32_t a, int32_t b) {
  if (!is_finite_date(a) || !is_finite_date(b)) {
    return Error(sqlstate::datetime_field_overflow, "cannot subtract infinite dates");
  }
  return a - b;
}
Result<int64_t> date_plus_interval(int32_t date, Interval interval) {
  int64_t timestamp = TRY(timestamp_of_date(date));
  return timestamp_plus(timestamp, interval);
}
Result<int64_t> interval_plus_date(Interval interval, int32_t date) {
  return date_plus_interval(date, interval);
}
Result<int64_t> date_minus_interval(int32_t date, Interval interval) {
  Interval negated = TRY(interval_negated(interval));
  return date_plus_interval(date, negated);
}
Result<int64_t> date_plus_time(int32_t date, int64_t time) {
  int64_t timestamp = TRY(timestamp_of_date(date));
  if (!is_finite_timestamp(timestamp)) return timestamp;
  timestamp += time;
  if (!is_valid_timestamp(timestamp)) return timestamp_out_of_range();
  return timestamp;
}
Result<int64_t> time_plus_date(int64_t time, int32_t date) {
  return date_plus_time(date, time);
}

// ---- TIME ----

int64_t wrap_time(int64_t time) {
  return time - floor_divide(time, kUsecPerDay) * kUsecPerDay;
}
int64_t time_plus_interval(int64_t time, Interval interval) {
  return wrap_time(time + interval.microseconds % kUsecPerDay);
}
int64_t interval_plus_time(Interval interval, int64_t time) {
  return time_plus_interval(time, interval);
}
int64_t time_minus_interval(int64_t time, Interval interval) {
  return wrap_time(time - interval.microseconds % kUsecPerDay);
}
Interval time_minus_time(int64_t a, int64_t b) {
  return {0, 0, a - b};
}

// ---- TIMESTAMP ----

Result<int64_t> interval_plus_timestamp(Interval interval, int64_t timestamp) {
  return timestamp_plus(timestamp, interval);
}
Result<int64_t> timestamp_plus_interval(int64_t timestamp, Interval interval) {
  return timestamp_plus(timestamp, interval);
}
Result<int64_t> timestamp_minus_interval(int64_t timestamp, Interval interval) {
  Interval negated = TRY(interval_negated(interval));
  return timestamp_plus(timestamp, negated);
}
Result<int64_t> zoned_plus_interval(KernelCall& call, int64_t timestamp, Interval interval) {
  return zoned_plus(timestamp, interval, call.context);
}
Result<int64_t> interval_plus_zoned(KernelCall& call, Interval interval, int64_t timestamp) {
  return zoned_plus(timestamp, interval, call.context);
}
Result<int64_t> zoned_minus_interval(KernelCall& call, int64_t timestamp, Interval interval) {
  Interval negated = TRY(interval_negated(interval));
  return zoned_plus(timestamp, negated, call.context);
}

Interval with_whole_days(Interval interval) {
  interval.days += static_cast<int32_t>(interval.microseconds / kUsecPerDay);
  interval.microseconds %= kUsecPerDay;
  if (interval.days > 0 && interval.microseconds < 0) {
    interval.microseconds += kUsecPerDay;
    interval.days--;
  } else if (interval.days < 0 && interval.microseconds > 0) {
    interval.microseconds -= kUsecPerDay;
    interval.days++;
  }
  return interval;
}

Result<Interval> timestamp_minus_timestamp(int64_t a, int64_t b) {
  if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) {
    return Error(sqlstate::datetime_field_overflow, "cannot subtract infinite timestamps");
  }
  Interval difference;
  if (__builtin_sub_overflow(a, b, &difference.microseconds)) return interval_out_of_range();
  return with_whole_days(difference);
}

// ---- INTERVAL ----

Result<Interval> interval_plus_interval(Interval a, Interval b) {
  Interval sum;
  if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
      __builtin_add_overflow(a.days, b.days, &sum.days) ||
      __builtin_add_overflow(a.microseconds, b.microseconds, &sum.microseconds)) {
    return interval_out_of_range();
  }
  return sum;
}
Result<Interval> interval_minus_interval(Interval a, Interval b) {
  Interval difference;
  if (__builtin_sub_overflow(a.months, b.months, &difference.months) ||
      __builtin_sub_overflow(a.days, b.days, &difference.days) ||
      __builtin_sub_overflow(a.microseconds, b.microseconds, &difference.microseconds)) {
    return interval_out_of_range();
  }
  return difference;
}
Result<Interval> negate_interval(Interval interval) {
  return interval_negated(interval);
}

bool fits_int32(double value) {
  return value >= -2147483648.0 && value < 2147483648.0;
}
double round_micro(double value) {
  return std::rint(value * 1e6) / 1e6;
}

// Months and days take their whole part; what is left goes down at 30 days a month and 24 hours a day.
template <class Scale>
Result<Interval> scaled_interval(Interval interval, Scale scale) {
  double months = scale(interval.months), days = scale(interval.days);
  if (std::isnan(months) || std::isnan(days) || !fits_int32(months) || !fits_int32(days))
    return interval_out_of_range();
  Interval result;
  result.months = static_cast<int32_t>(months);
  result.days = static_cast<int32_t>(days);
  double month_days = round_micro((months - result.months) * 30);
  double seconds = round_micro((days - result.days + month_days - static_cast<int64_t>(month_days)) * 86'400);
  if (std::fabs(seconds) >= 86'400) {
    int64_t whole_days = static_cast<int64_t>(seconds / 86'400);
    if (__builtin_add_overflow(result.days, whole_days, &result.days)) return interval_out_of_range();
    seconds -= static_cast<double>(whole_days) * 86'400;
  }
  if (__builtin_add_overflow(result.days, static_cast<int64_t>(month_days), &result.days)) {
    return interval_out_of_range();
  }
  double microseconds = std::rint(scale(interval.microseconds) + seconds * 1e6);
  if (std::isnan(microseconds) || microseconds < -9223372036854775808.0 ||
      microseconds >= 9223372036854775808.0) {
    return interval_out_of_range();
  }
  result.microseconds = static_cast<int64_t>(microseconds);
  return result;
}
Result<Interval> interval_times(Interval interval, double factor) {
  return scaled_interval(interval, [factor](auto part) { return static_cast<double>(part) * factor; });
}
Result<Interval> times_interval(double factor, Interval interval) {
  return interval_times(interval, factor);
}
Result<Interval> interval_over(Interval interval, double divisor) {
  return interval_quotient(interval, divisor);
}

Result<Interval> justify_hours(Interval interval) {
  int64_t whole = interval.microseconds / kUsecPerDay;
  if (__builtin_add_overflow(interval.days, whole, &interval.days)) return interval_out_of_range();
  interval.microseconds -= whole * kUsecPerDay;
  if (interval.days > 0 && interval.microseconds < 0) {
    interval.microseconds += kUsecPerDay;
    interval.days--;
  } else if (interval.days < 0 && interval.microseconds > 0) {
    interval.microseconds -= kUsecPerDay;
    interval.days++;
  }
  return interval;
}
Result<Interval> justify_days(Interval interval) {
  int32_t whole = interval.days / 30;
  interval.days -= whole * 30;
  if (__builtin_add_overflow(interval.months, whole, &interval.months)) return interval_out_of_range();
  if (interval.months > 0 && interval.days < 0) {
    interval.days += 30;
    interval.months--;
  } else if (interval.months < 0 && interval.days > 0) {
    interval.days -= 30;
    interval.months++;
  }
  return interval;
}
Result<Interval> justify_interval(Interval interval) {
  // Days first where they and the hours agree, so that nothing overflows that would cancel out.
  if ((interval.days > 0 && interval.microseconds > 0) || (interval.days < 0 && interval.microseconds < 0)) {
    int32_t whole = interval.days / 30;
    interval.days -= whole * 30;
    if (__builtin_add_overflow(interval.months, whole, &interval.months)) return interval_out_of_range();
  }
  int64_t whole_days = interval.microseconds / kUsecPerDay;
  interval.microseconds -= whole_days * kUsecPerDay;
  if (__builtin_add_overflow(interval.days, whole_days, &interval.days)) return interval_out_of_range();
  int32_t whole_months = interval.days / 30;
  interval.days -= whole_months * 30;
  if (__builtin_add_overflow(interval.months, whole_months, &interval.months)) return interval_out_of_range();
  if (interval.months > 0 && (interval.days < 0 || (interval.days == 0 && interval.microseconds < 0))) {
    interval.days += 30;
    interval.months--;
  } else if (interval.months < 0 &&
             (interval.days > 0 || (interval.days == 0 && interval.microseconds > 0))) {
    interval.days -= 30;
    interval.months++;
  }
  if (interval.days > 0 && interval.microseconds < 0) {
    interval.microseconds += kUsecPerDay;
    interval.days--;
  } else if (interval.days < 0 && interval.microseconds > 0) {
    interval.microseconds -= kUsecPerDay;
    interval.days++;
  }
  return interval;
}

// ---- age: the difference in years, months and days, as people count ----

Interval age_between(int64_t a, int64_t b) {
  bool is_negative = a < b;
  DateTime later = date_time_of(is_negative ? b : a), earlier = date_time_of(is_negative ? a : b);
  int64_t microseconds = time_of(later) - time_of(earlier);
  int64_t days = later.day - earlier.day;
  int64_t months = (later.year - earlier.year) * 12 + later.month - earlier.month;
  if (microseconds < 0) {
    microseconds += kUsecPerDay;
    days--;
  }
  // Days borrowed come from the month of the earlier moment (the later one's when counting back).
  while (days < 0) {
    days +=
        is_negative ? days_in_month(earlier.year, earlier.month) : days_in_month(earlier.year, earlier.month);
    months--;
  }
  Interval result{static_cast<int32_t>(months), static_cast<int32_t>(days), microseconds};
  if (is_negative) result = {-result.months, -result.days, -result.microseconds};
  return result;
}
Result<Interval> timestamp_age(int64_t a, int64_t b) {
  if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) return timestamp_out_of_range();
  return age_between(a, b);
}
Result<Interval> zoned_age(KernelCall& call, int64_t a, int64_t b) {
  if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) return timestamp_out_of_range();
  int64_t local_a = TRY(local_of_zoned(a, call.context)), local_b = TRY(local_of_zoned(b, call.context));
  return age_between(local_a, local_b);
}
Result<int64_t> midnight_today(const EvalContext& context) {
  int64_t local = TRY(local_of_zoned(context.transaction_start_us, context));
  return floor_divide(local, kUsecPerDay) * kUsecPerDay;
}
Result<Interval> timestamp_age_now(KernelCall& call, int64_t timestamp) {
  int64_t today = TRY(midnight_today(call.context));
  return timestamp_age(today, timestamp);
}
Result<Interval> zoned_age_now(KernelCall& call, int64_t timestamp) {
  int64_t today = TRY(midnight_today(call.context));
  if (!is_finite_timestamp(timestamp)) return timestamp_out_of_range();
  int64_t local = TRY(local_of_zoned(timestamp, call.context));
  return timestamp_age(today, local);
}

// ---- casts ----

Result<int64_t> date_to_timestamp(KernelCall& call, int32_t date) {
  int64_t timestamp = TRY(timestamp_of_date(date));
  return apply_time_precision(timestamp, call.result.type());
}
Result<int64_t> date_to_zoned(KernelCall& call, int32_t date) {
  int64_t timestamp = TRY(timestamp_of_date(date));
  return zoned_of_local(timestamp, call.context);
}
int32_t timestamp_to_date(int64_t timestamp) {
  return date_of_timestamp(timestamp);
}
Result<int32_t> zoned_to_date(KernelCall& call, int64_t timestamp) {
  int64_t local = TRY(local_of_zoned(timestamp, call.context));
  return date_of_timestamp(local);
}
std::optional<int64_t> timestamp_to_time(KernelCall& call, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return std::nullopt;
  return apply_time_precision(wrap_time(timestamp), call.result.type());
}
Result<std::optional<int64_t>> zoned_to_time(KernelCall& call, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return std::optional<int64_t>();
  int64_t local = TRY(local_of_zoned(timestamp, call.context));
  return std::optional<int64_t>(apply_time_precision(wrap_time(local), call.result.type()));
}
Result<int64_t> timestamp_to_zoned(KernelCall& call, int64_t timestamp) {
  int64_t zoned = TRY(zoned_of_local(timestamp, call.context));
  return apply_time_precision(zoned, call.result.type());
}
Result<int64_t> zoned_to_timestamp(KernelCall& call, int64_t timestamp) {
  int64_t local = TRY(local_of_zoned(timestamp, call.context));
  return apply_time_precision(local, call.result.type());
}
Interval time_to_interval(KernelCall& call, int64_t time) {
  return apply_interval_fields({0, 0, time}, call.result.type());
}
int64_t interval_to_time(KernelCall& call, Interval interval) {
  return apply_time_precision(wrap_time(interval.microseconds), call.result.type());
}
int64_t rescale_time(KernelCall& call, int64_t value) {
  return apply_time_precision(value, call.result.type());
}
Interval refield_interval(KernelCall& call, Interval value) {
  return apply_interval_fields(value, call.result.type());
}

// ---- comparisons between types ----

int sign_of(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}
// A date too far off for a timestamp is beyond any of them.
int compare_date_timestamp(int32_t date, int64_t timestamp) {
  if (date == kDateInfinity) return timestamp == kTimestampInfinity ? 0 : 1;
  if (date == kDateMinusInfinity) return timestamp == kTimestampMinusInfinity ? 0 : -1;
  __int128 moment = static_cast<__int128>(date) * kUsecPerDay;
  if (timestamp == kTimestampInfinity) return -1;
  if (timestamp == kTimestampMinusInfinity) return 1;
  return moment < timestamp ? -1 : moment > timestamp;
}
Result<int> compare_timestamp_zoned(KernelCall& call, int64_t timestamp, int64_t zoned) {
  if (!is_finite_timestamp(timestamp) || !is_finite_timestamp(zoned)) return sign_of(timestamp, zoned);
  int64_t moment = TRY(zoned_of_local(timestamp, call.context));
  return sign_of(moment, zoned);
}
Result<int> compare_date_zoned(KernelCall& call, int32_t date, int64_t zoned) {
  if (!is_finite_date(date) || !is_finite_timestamp(zoned) || date >= kTimestampEnd / kUsecPerDay) {
    return compare_date_timestamp(date, zoned);
  }
  int64_t moment = TRY(zoned_of_local(date * kUsecPerDay, call.context));
  return sign_of(moment, zoned);
}

struct MixedEq {
  static bool of(int order) { return order == 0; }
};
struct MixedNe {
  static bool of(int order) { return order != 0; }
};
struct MixedLt {
  static bool of(int order) { return order < 0; }
};
struct MixedGt {
  static bool of(int order) { return order > 0; }
};
struct MixedLe {
  static bool of(int order) { return order <= 0; }
};
struct MixedGe {
  static bool of(int order) { return order >= 0; }
};

template <class V>
bool date_timestamp(int32_t a, int64_t b) {
  return V::of(compare_date_timestamp(a, b));
}
template <class V>
bool timestamp_date(int64_t a, int32_t b) {
  return V::of(-compare_date_timestamp(b, a));
}
template <class V>
Result<bool> timestamp_zoned(KernelCall& call, int64_t a, int64_t b) {
  int order = TRY(compare_timestamp_zoned(call, a, b));
  return V::of(order);
}
template <class V>
Result<bool> zoned_timestamp(KernelCall& call, int64_t a, int64_t b) {
  int order = TRY(compare_timestamp_zoned(call, b, a));
  return V::of(-order);
}
template <class V>
Result<bool> date_zoned(KernelCall& call, int32_t a, int64_t b) {
  int order = TRY(compare_date_zoned(call, a, b));
  return V::of(order);
}
template <class V>
Result<bool> zoned_date(KernelCall& call, int64_t a, int32_t b) {
  int order = TRY(compare_date_zoned(call, b, a));
  return V::of(-order);
}

template <class V>
void add_mixed_comparison(FunctionRegistry& registry, std::string_view symbol) {
  TypeId date = TypeId::Date, timestamp = TypeId::Timestamp, zoned = TypeId::TimestampTz,
         boolean = TypeId::Boolean;
  registry.add(strict<&date_timestamp<V>>(symbol, {date, timestamp}, boolean));
  registry.add(strict<&timestamp_date<V>>(symbol, {timestamp, date}, boolean));
  registry.add(strict<&timestamp_zoned<V>>(symbol, {timestamp, zoned}, boolean, Volatility::Stable));
  registry.add(strict<&zoned_timestamp<V>>(symbol, {zoned, timestamp}, boolean, Volatility::Stable));
  registry.add(strict<&date_zoned<V>>(symbol, {date, zoned}, boolean, Volatility::Stable));
  registry.add(strict<&zoned_date<V>>(symbol, {zoned, date}, boolean, Volatility::Stable));
}

// ---- text forms ----

void format_date_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  format_date(vector.data<int32_t>()[row], context, out);
}
Result<> parse_date_row(std::string_view text, Vector& result, uint32_t row, const EvalContext& context) {
  result.data<int32_t>()[row] = TRY(parse_date(text, context));
  return {};
}
void format_time_row(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  format_time(vector.data<int64_t>()[row], out);
}
Result<> parse_time_row(std::string_view text, Vector& result, uint32_t row, const EvalContext& context) {
  int64_t time = TRY(parse_time(text, context));
  result.data<int64_t>()[row] = apply_time_precision(time, result.type());
  return {};
}
void format_timestamp_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  format_timestamp(vector.data<int64_t>()[row], context, out);
}
Result<> parse_timestamp_row(std::string_view text, Vector& result, uint32_t row,
                             const EvalContext& context) {
  int64_t timestamp = TRY(parse_timestamp(text, context));
  result.data<int64_t>()[row] = apply_time_precision(timestamp, result.type());
  return {};
}
void format_timestamptz_row(const Vector& vector, uint32_t row, const EvalContext& context,
                            std::string& out) {
  format_timestamptz(vector.data<int64_t>()[row], context, out);
}
Result<> parse_timestamptz_row(std::string_view text, Vector& result, uint32_t row,
                               const EvalContext& context) {
  int64_t timestamp = TRY(parse_timestamptz(text, context));
  result.data<int64_t>()[row] = apply_time_precision(timestamp, result.type());
  return {};
}
void format_interval_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  format_interval(vector.data<Interval>()[row], context.interval_style, out);
}
Result<> parse_interval_row(std::string_view text, Vector& result, uint32_t row, const EvalContext& context) {
  result.data<Interval>()[row] = TRY(parse_interval(text, result.type(), context));
  return {};
}

}  // namespace

Result<Interval> interval_quotient(Interval interval, double divisor) {
  if (divisor == 0) return Error(sqlstate::division_by_zero, "division by zero");
  return scaled_interval(interval, [divisor](auto part) { return static_cast<double>(part) / divisor; });
}

void register_date_arithmetic(FunctionRegistry& registry) {
  TypeId date = TypeId::Date, time = TypeId::Time, timestamp = TypeId::Timestamp, zoned = TypeId::TimestampTz,
         interval = TypeId::Interval, integer = TypeId::Integer, real = TypeId::Double;
  registry.set_text_form(date, {format_date_row, parse_date_row});
  registry.set_text_form(time, {format_time_row, parse_time_row});
  registry.set_text_form(timestamp, {format_timestamp_row, parse_timestamp_row});
  registry.set_text_form(zoned, {format_timestamptz_row, parse_timestamptz_row});
  registry.set_text_form(interval, {format_interval_row, parse_interval_row});

  registry.add(strict<&date_plus_days>("+", {date, integer}, date));
  registry.add(strict<&days_plus_date>("+", {integer, date}, date));
  registry.add(strict<&date_minus_days>("-", {date, integer}, date));
  registry.add(strict<&date_minus_date>("-", {date, date}, integer));
  registry.add(strict<&date_plus_interval>("+", {date, interval}, timestamp));
  registry.add(strict<&interval_plus_date>("+", {interval, date}, timestamp));
  registry.add(strict<&date_minus_interval>("-", {date, interval}, timestamp));
  registry.add(strict<&date_plus_time>("+", {date, time}, timestamp));
  registry.add(strict<&time_plus_date>("+", {time, date}, timestamp));
  registry.add(strict<&time_plus_interval>("+", {time, interval}, time));
  registry.add(strict<&interval_plus_time>("+", {interval, time}, time));
  registry.add(strict<&time_minus_interval>("-", {time, interval}, time));
  registry.add(strict<&time_minus_time>("-", {time, time}, interval));
  registry.add(strict<&timestamp_plus_interval>("+", {timestamp, interval}, timestamp));
  registry.add(strict<&interval_plus_timestamp>("+", {interval, timestamp}, timestamp));
  registry.add(strict<&timestamp_minus_interval>("-", {timestamp, interval}, timestamp));
  registry.add(strict<&timestamp_minus_timestamp>("-", {timestamp, timestamp}, interval));
  registry.add(strict<&zoned_plus_interval>("+", {zoned, interval}, zoned, Volatility::Stable));
  registry.add(strict<&interval_plus_zoned>("+", {interval, zoned}, zoned, Volatility::Stable));
  registry.add(strict<&zoned_minus_interval>("-", {zoned, interval}, zoned, Volatility::Stable));
  registry.add(strict<&timestamp_minus_timestamp>("-", {zoned, zoned}, interval));
  registry.add(strict<&interval_plus_interval>("+", {interval, interval}, interval));
  registry.add(strict<&interval_minus_interval>("-", {interval, interval}, interval));
  registry.add(strict<&negate_interval>("-", {interval}, interval));
  registry.add(strict<&interval_times>("*", {interval, real}, interval));
  registry.add(strict<&times_interval>("*", {real, interval}, interval));
  registry.add(strict<&interval_over>("/", {interval, real}, interval));

  registry.add(strict<&justify_hours>("justify_hours", {interval}, interval));
  registry.add(strict<&justify_days>("justify_days", {interval}, interval));
  registry.add(strict<&justify_interval>("justify_interval", {interval}, interval));
  registry.add(strict<&timestamp_age>("age", {timestamp, timestamp}, interval));
  registry.add(strict<&zoned_age>("age", {zoned, zoned}, interval, Volatility::Stable));
  registry.add(strict<&timestamp_age_now>("age", {timestamp}, interval, Volatility::Stable));
  registry.add(strict<&zoned_age_now>("age", {zoned}, interval, Volatility::Stable));

  auto cast = [&](Function function, uint8_t context, std::string_view also = {}) {
    if (!also.empty()) {
      Function named = function;
      named.name = also;
      registry.add(std::move(named));
    }
    function.cast_context = context;
    registry.add(std::move(function));
  };
  Volatility stable = Volatility::Stable;
  cast(strict<&date_to_timestamp>("cast", {date}, timestamp), 'i', "timestamp");
  cast(strict<&date_to_zoned>("cast", {date}, zoned, stable), 'i', "timestamptz");
  cast(strict<&timestamp_to_date>("cast", {timestamp}, date), 'a', "date");
  cast(strict<&zoned_to_date>("cast", {zoned}, date, stable), 'a', "date");
  cast(strict<&timestamp_to_time>("cast", {timestamp}, time), 'a', "time");
  cast(strict<&zoned_to_time>("cast", {zoned}, time, stable), 'a', "time");
  cast(strict<&timestamp_to_zoned>("cast", {timestamp}, zoned, stable), 'i', "timestamptz");
  cast(strict<&zoned_to_timestamp>("cast", {zoned}, timestamp, stable), 'a', "timestamp");
  cast(strict<&time_to_interval>("cast", {time}, interval), 'i', "interval");
  cast(strict<&interval_to_time>("cast", {interval}, time), 'a', "time");
  for (TypeId type : {time, timestamp, zoned}) cast(strict<&rescale_time>("cast", {type}, type), 'i');
  cast(strict<&refield_interval>("cast", {interval}, interval), 'i');

  add_mixed_comparison<MixedEq>(registry, "=");
  add_mixed_comparison<MixedNe>(registry, "<>");
  add_mixed_comparison<MixedLt>(registry, "<");
  add_mixed_comparison<MixedGt>(registry, ">");
  add_mixed_comparison<MixedLe>(registry, "<=");
  add_mixed_comparison<MixedGe>(registry, ">=");
}

}  // namespace rowan
