// types/date_makers.cpp: the clock, and values made of numbers.
#include <cmath>
#include <cstdio>

#include "types/build_text.h"
#include "types/date_time.h"
#include "types/lift.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

int64_t transaction_now(KernelCall& call) {
  return call.context.transaction_start_us;
}
// CURRENT_DATE and its like: now() in the session's time zone.
Result<int64_t> local_now(KernelCall& call) {
  return local_of_zoned(call.context.transaction_start_us, call.context);
}
Result<int32_t> date_now(KernelCall& call) {
  int64_t local = TRY(local_now(call));
  return date_of_timestamp(local);
}
Result<int64_t> time_now(KernelCall& call) {
  int64_t local = TRY(local_now(call));
  return wrap_time(local);
}
int64_t statement_now(KernelCall& call) {
  return call.context.statement_start_us;
}
int64_t clock_now(KernelCall& call) {
  const EvalContext& context = call.context;
  return context.clock_now_us != nullptr ? context.clock_now_us(context.clock) : context.statement_start_us;
}
// Fri Nov 20 13:00:00.000000 2026 UTC
Result<Text> time_of_day_text(KernelCall& call) {
  int64_t now = clock_now(call);
  TimeZone session = TRY(TimeZone::of_session(call.context));
  TimeZone::Local zone = session.at_utc(now);
  int64_t local = now + zone.offset * kUsecPerSecond;
  DateTime fields = date_time_of(local);
  char shown[96];
  int size = std::snprintf(shown, sizeof shown, "%.3s %.3s %02d %02d:%02d:%02d.%06d %04d %s",
                           kDayNames[day_of_week(floor_divide(local, kUsecPerDay))].data(),
                           kMonthNames[fields.month - 1].data(), fields.day, fields.hour, fields.minute,
                           fields.second, fields.microsecond, static_cast<int>(fields.year),
                           zone.abbreviation.c_str());
  return keep_text(call, std::string_view(shown, static_cast<size_t>(size)));
}

Error field_out_of_range(const char* what, const std::string& shown) {
  return Error(sqlstate::datetime_field_overflow, std::string(what) + " field value out of range: " + shown);
}

std::string two_digits(int32_t number) {
  char shown[16];
  std::snprintf(shown, sizeof shown, "%02d", number);
  return shown;
}

// A negative year is BC; there is no year 0.
Result<int64_t> days_of_parts(int32_t year, int32_t month, int32_t day) {
  auto refuse = [&] {
    return field_out_of_range("date", std::to_string(year) + "-" + two_digits(month) + "-" + two_digits(day));
  };
  int64_t astronomical = year < 0 ? int64_t{year} + 1 : year;
  if (year == 0 || month < 1 || month > 12 || day < 1) return refuse();
  if (astronomical < -4800 || astronomical > 5'900'000) return refuse();
  if (day > days_in_month(astronomical, month)) return refuse();
  return days_of_civil(astronomical, month, day);
}

Result<int64_t> time_of_parts(int32_t hour, int32_t minute, double second) {
  bool is_valid =
      hour >= 0 && minute >= 0 && minute < 60 && !std::isnan(second) && second >= 0 && second <= 60;
  if (is_valid) {
    double microseconds = std::rint(second * 1e6);
    int64_t time = (int64_t{hour} * 60 + minute) * kUsecPerMinute + static_cast<int64_t>(microseconds);
    if (hour <= 24 && time <= kUsecPerDay) return time;
  }
  char shown[64];
  std::snprintf(shown, sizeof shown, "%d:%02d:%02g", hour, minute, second);
  return field_out_of_range("time", shown);
}

Result<int32_t> make_date(int32_t year, int32_t month, int32_t day) {
  int64_t days = TRY(days_of_parts(year, month, day));
  if (days < kDateMin || days >= kDateEnd) {
    return Error(sqlstate::datetime_field_overflow, "date out of range: " + std::to_string(year) + "-" +
                                                        two_digits(month) + "-" + two_digits(day));
  }
  return static_cast<int32_t>(days);
}
Result<int64_t> make_time(int32_t hour, int32_t minute, double second) {
  return time_of_parts(hour, minute, second);
}

Result<int64_t> make_timestamp(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute,
                               double second) {
  int64_t days = TRY(days_of_parts(year, month, day));
  int64_t time = TRY(time_of_parts(hour, minute, second));
  int64_t result;
  if (__builtin_mul_overflow(days, kUsecPerDay, &result) || __builtin_add_overflow(result, time, &result) ||
      !is_valid_timestamp(result)) {
    char shown[96];
    std::snprintf(shown, sizeof shown, "timestamp out of range: %d-%02d-%02d %d:%02d:%02g", year, month, day,
                  hour, minute, second);
    return Error(sqlstate::datetime_field_overflow, shown);
  }
  return result;
}
Result<int64_t> make_zoned(KernelCall& call, int32_t year, int32_t month, int32_t day, int32_t hour,
                           int32_t minute, double second) {
  int64_t local = TRY(make_timestamp(year, month, day, hour, minute, second));
  return zoned_of_local(local, call.context);
}

// +05:30, or a name; a number without a sign is refused, since its sense is not plain.
Result<TimeZone> sane_zone(std::string_view name) {
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') {
    return Error(sqlstate::invalid_parameter_value,
                 "invalid input syntax for type numeric time zone: \"" + std::string(name) + "\"")
        .hint("Numeric time zones must have \"-\" or \"+\" as first character.");
  }
  if (name.empty() || (name[0] != '+' && name[0] != '-')) return TimeZone::of_name(name);
  int hour = 0, minute = 0, second = 0, used = 0;
  std::string digits(name.substr(1));
  int count = std::sscanf(digits.c_str(), "%2d:%2d:%2d%n", &hour, &minute, &second, &used);
  if (count == 1 && digits.size() > 2 && digits[2] != ':') {
    count = std::sscanf(digits.c_str(), "%2d%2d", &hour, &minute);
  }
  if (count < 1) {
    return Error(sqlstate::invalid_parameter_value,
                 "invalid input syntax for type numeric time zone: \"" + std::string(name) + "\"");
  }
  if (hour > 15 || minute > 59 || second > 59) {
    return Error(sqlstate::invalid_parameter_value,
                 "numeric time zone \"" + std::string(name) + "\" out of range");
  }
  int32_t offset = (hour * 60 + minute) * 60 + second;
  return TimeZone::fixed(name[0] == '-' ? -offset : offset, std::string(name));
}
Result<int64_t> make_zoned_in(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute,
                              double second, std::string_view zone_name) {
  int64_t local = TRY(make_timestamp(year, month, day, hour, minute, second));
  TimeZone zone = TRY(sane_zone(zone_name));
  int64_t utc = local - zone.offset_of_local(local) * kUsecPerSecond;
  if (!is_valid_timestamp(utc)) return timestamp_out_of_range();
  return utc;
}

Result<Interval> make_interval7(int32_t years, int32_t months, int32_t weeks, int32_t days, int32_t hours,
                                int32_t minutes, double seconds) {
  int64_t all_months = int64_t{years} * 12 + months, all_days = int64_t{weeks} * 7 + days;
  double microseconds = std::rint(seconds * 1e6);
  int64_t time = int64_t{hours} * kUsecPerHour + int64_t{minutes} * kUsecPerMinute;
  bool fits =
      all_months >= std::numeric_limits<int32_t>::min() &&
      all_months <= std::numeric_limits<int32_t>::max() && all_days >= std::numeric_limits<int32_t>::min() &&
      all_days <= std::numeric_limits<int32_t>::max() && microseconds > -9.2e18 && microseconds < 9.2e18;
  if (!fits || __builtin_add_overflow(time, static_cast<int64_t>(microseconds), &time))
    return interval_out_of_range();
  return Interval{static_cast<int32_t>(all_months), static_cast<int32_t>(all_days), time};
}
Interval make_interval0() {
  return {};
}
Result<Interval> make_interval1(int32_t years) {
  return make_interval7(years, 0, 0, 0, 0, 0, 0);
}
Result<Interval> make_interval2(int32_t years, int32_t months) {
  return make_interval7(years, months, 0, 0, 0, 0, 0);
}
Result<Interval> make_interval3(int32_t years, int32_t months, int32_t weeks) {
  return make_interval7(years, months, weeks, 0, 0, 0, 0);
}
Result<Interval> make_interval4(int32_t years, int32_t months, int32_t weeks, int32_t days) {
  return make_interval7(years, months, weeks, days, 0, 0, 0);
}
Result<Interval> make_interval5(int32_t years, int32_t months, int32_t weeks, int32_t days, int32_t hours) {
  return make_interval7(years, months, weeks, days, hours, 0, 0);
}
Result<Interval> make_interval6(int32_t years, int32_t months, int32_t weeks, int32_t days, int32_t hours,
                                int32_t minutes) {
  return make_interval7(years, months, weeks, days, hours, minutes, 0);
}

Result<int64_t> timestamp_of_unix(double seconds) {
  if (std::isnan(seconds)) return Error(sqlstate::datetime_field_overflow, "timestamp cannot be NaN");
  if (std::isinf(seconds)) return seconds > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  constexpr double kUnixToEpoch = static_cast<double>(-kUnixEpochDays) * 86'400;
  double microseconds = std::rint((seconds - kUnixToEpoch) * 1e6);
  bool fits = microseconds > -9.2233720368547e18 && microseconds < 9.2233720368547e18;
  if (!fits || !is_valid_timestamp(static_cast<int64_t>(microseconds))) {
    char shown[64];
    std::snprintf(shown, sizeof shown, "timestamp out of range: \"%g\"", seconds);
    return Error(sqlstate::datetime_field_overflow, shown);
  }
  return static_cast<int64_t>(microseconds);
}

}  // namespace

void register_date_makers(FunctionRegistry& registry) {
  TypeId date = TypeId::Date, time = TypeId::Time, timestamp = TypeId::Timestamp, zoned = TypeId::TimestampTz,
         integer = TypeId::Integer, real = TypeId::Double;
  Volatility stable = Volatility::Stable;
  for (std::string_view name : {"now", "transaction_timestamp", "current_timestamp"}) {
    registry.add(strict<&transaction_now>(name, {}, zoned, stable));
  }
  registry.add(strict<&local_now>("localtimestamp", {}, timestamp, stable));
  registry.add(strict<&date_now>("current_date", {}, date, stable));
  registry.add(strict<&time_now>("localtime", {}, time, stable));
  registry.add(strict<&statement_now>("statement_timestamp", {}, zoned, stable));
  registry.add(strict<&clock_now>("clock_timestamp", {}, zoned, Volatility::Volatile));
  registry.add(strict<&time_of_day_text>("timeofday", {}, TypeId::Text, Volatility::Volatile));

  registry.add(strict<&make_date>("make_date", {integer, integer, integer}, date));
  registry.add(strict<&make_time>("make_time", {integer, integer, real}, time));
  registry.add(strict<&make_timestamp>("make_timestamp", {integer, integer, integer, integer, integer, real},
                                       timestamp));
  registry.add(strict<&make_zoned>("make_timestamptz", {integer, integer, integer, integer, integer, real},
                                   zoned, stable));
  registry.add(strict<&make_zoned_in>(
      "make_timestamptz", {integer, integer, integer, integer, integer, real, TypeId::Text}, zoned, stable));
  registry.add(strict<&make_interval0>("make_interval"));
  registry.add(strict<&make_interval1>("make_interval"));
  registry.add(strict<&make_interval2>("make_interval"));
  registry.add(strict<&make_interval3>("make_interval"));
  registry.add(strict<&make_interval4>("make_interval"));
  registry.add(strict<&make_interval5>("make_interval"));
  registry.add(strict<&make_interval6>("make_interval"));
  registry.add(strict<&make_interval7>("make_interval"));
  registry.add(strict<&timestamp_of_unix>("to_timestamp", {real}, zoned));
}

}  // namespace rowan
