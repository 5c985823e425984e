#include "types/date_time.h"

#include <algorithm>

#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

bool is_leap_year(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

// Years begin in March here, so that the leap day comes last.
int64_t days_of_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = floor_divide(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_era_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_era_year;
  return era * 146'097 + day_of_era - 730'425;
}

DateTime civil_of_days(int64_t days) {
  days += 730'425;
  int64_t era = floor_divide(days, 146'097);
  int64_t day_of_era = days - era * 146'097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  DateTime fields;
  fields.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  fields.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  fields.year = year_of_era + era * 400 + (fields.month <= 2);
  return fields;
}

DateTime date_time_of(int64_t timestamp) {
  int64_t days = floor_divide(timestamp, kUsecPerDay);
  int64_t time = timestamp - days * kUsecPerDay;
  DateTime fields = civil_of_days(days);
  fields.hour = static_cast<int>(time / kUsecPerHour);
  fields.minute = static_cast<int>(time / kUsecPerMinute % 60);
  fields.second = static_cast<int>(time / kUsecPerSecond % 60);
  fields.microsecond = static_cast<int>(time % kUsecPerSecond);
  return fields;
}

int64_t time_of(const DateTime& fields) {
  return ((int64_t{fields.hour} * 60 + fields.minute) * 60 + fields.second) * kUsecPerSecond +
         fields.microsecond;
}

std::optional<int64_t> timestamp_of(const DateTime& fields) {
  if (fields.year < -4800 || fields.year > 300'000) return std::nullopt;
  int64_t days = days_of_civil(fields.year, fields.month, fields.day);
  int64_t result;
  if (__builtin_mul_overflow(days, kUsecPerDay, &result) ||
      __builtin_add_overflow(result, time_of(fields), &result) || !is_valid_timestamp(result)) {
    return std::nullopt;
  }
  return result;
}

int day_of_week(int64_t days) {
  return static_cast<int>((days + 6) - floor_divide(days + 6, 7) * 7);  // 2000-01-01 was a Saturday
}

int64_t iso_week_start(int64_t iso_year, int week) {
  int64_t fourth = days_of_civil(iso_year, 1, 4);  // always in week 1
  int64_t monday = fourth - (day_of_week(fourth) + 6) % 7;
  return monday + int64_t{week - 1} * 7;
}

IsoWeek iso_week_of(int64_t days) {
  // The year of a week is that of its Thursday.
  int64_t thursday = days - (day_of_week(days) + 6) % 7 + 3;
  int64_t year = civil_of_days(thursday).year;
  return {year, static_cast<int>((thursday - days_of_civil(year, 1, 1)) / 7 + 1)};
}

int day_of_year(const DateTime& fields) {
  return static_cast<int>(days_of_civil(fields.year, fields.month, fields.day) -
                          days_of_civil(fields.year, 1, 1) + 1);
}

Error timestamp_out_of_range() {
  return Error(sqlstate::datetime_field_overflow, "timestamp out of range");
}
Error date_out_of_range() {
  return Error(sqlstate::datetime_field_overflow, "date out of range");
}
Error interval_out_of_range() {
  return Error(sqlstate::datetime_field_overflow, "interval out of range");
}

// ---- between the types
// -------------------------------------------------------------------------------------

Result<int64_t> timestamp_of_date(int32_t date) {
  if (date == kDateMinusInfinity) return kTimestampMinusInfinity;
  if (date == kDateInfinity) return kTimestampInfinity;
  if (date >= kTimestampEnd / kUsecPerDay) {
    return Error(sqlstate::datetime_field_overflow, "date out of range for timestamp");
  }
  return date * kUsecPerDay;
}

int32_t date_of_timestamp(int64_t timestamp) {
  if (timestamp == kTimestampMinusInfinity) return kDateMinusInfinity;
  if (timestamp == kTimestampInfinity) return kDateInfinity;
  return static_cast<int32_t>(floor_divide(timestamp, kUsecPerDay));
}

Result<int64_t> zoned_of_local(int64_t timestamp, const EvalContext& context) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeZone zone = TRY(TimeZone::of_session(context));
  int64_t utc = timestamp - zone.offset_of_local(timestamp) * kUsecPerSecond;
  if (!is_valid_timestamp(utc)) return timestamp_out_of_range();
  return utc;
}

Result<int64_t> local_of_zoned(int64_t timestamp, const EvalContext& context) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeZone zone = TRY(TimeZone::of_session(context));
  int64_t local = timestamp + zone.at_utc(timestamp).offset * kUsecPerSecond;
  if (!is_valid_timestamp(local)) return timestamp_out_of_range();
  return local;
}

// ---- arithmetic
// --------------------------------------------------------------------------------------------

namespace {

// Adds months and days, which count in local time.
Result<int64_t> plus_calendar(int64_t timestamp, const Interval& interval) {
  if (interval.months != 0) {
    DateTime fields = date_time_of(timestamp);
    int64_t month = fields.month - 1 + int64_t{interval.months};
    fields.year += floor_divide(month, 12);
    fields.month = static_cast<int>(month - floor_divide(month, 12) * 12) + 1;
    fields.day = std::min(fields.day, days_in_month(fields.year, fields.month));
    std::optional<int64_t> moved = timestamp_of(fields);
    if (!moved) return timestamp_out_of_range();
    timestamp = *moved;
  }
  if (interval.days != 0) {
    int64_t shift;
    if (__builtin_mul_overflow(int64_t{interval.days}, kUsecPerDay, &shift) ||
        __builtin_add_overflow(timestamp, shift, &timestamp) || !is_valid_timestamp(timestamp)) {
      return timestamp_out_of_range();
    }
  }
  return timestamp;
}

}  // namespace

Result<int64_t> timestamp_plus(int64_t timestamp, const Interval& interval) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  timestamp = TRY(plus_calendar(timestamp, interval));
  if (__builtin_add_overflow(timestamp, interval.microseconds, &timestamp) ||
      !is_valid_timestamp(timestamp)) {
    return timestamp_out_of_range();
  }
  return timestamp;
}

Result<int64_t> zoned_plus(int64_t timestamp, const Interval& interval, const EvalContext& context) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  if (interval.months != 0 || interval.days != 0) {
    int64_t local = TRY(local_of_zoned(timestamp, context));
    // Month by month and day by day are two steps: each lands on a local time that exists.
    if (interval.months != 0) {
      local = TRY(plus_calendar(local, {interval.months, 0, 0}));
      timestamp = TRY(zoned_of_local(local, context));
      local = TRY(local_of_zoned(timestamp, context));
    }
    local = TRY(plus_calendar(local, {0, interval.days, 0}));
    timestamp = TRY(zoned_of_local(local, context));
  }
  if (__builtin_add_overflow(timestamp, interval.microseconds, &timestamp) ||
      !is_valid_timestamp(timestamp)) {
    return timestamp_out_of_range();
  }
  return timestamp;
}

Result<Interval> interval_negated(const Interval& interval) {
  Interval result;
  if (__builtin_sub_overflow(0, interval.months, &result.months) ||
      __builtin_sub_overflow(0, interval.days, &result.days) ||
      __builtin_sub_overflow(int64_t{0}, interval.microseconds, &result.microseconds)) {
    return interval_out_of_range();
  }
  return result;
}

int64_t round_to_digits(int64_t microseconds, int digits) {
  if (digits >= 6 || !is_finite_timestamp(microseconds)) return microseconds;
  constexpr int64_t kUnits[] = {1'000'000, 100'000, 10'000, 1000, 100, 10};
  int64_t unit = kUnits[digits], half = unit / 2;
  if (microseconds >= 0) return (microseconds + half) / unit * unit;
  return -((-microseconds + half) / unit * unit);
}

// The mask's bits are PostgreSQL's: 1 month, 2 year, 3 day, 10 hour, 11 minute, 12 second.
Interval apply_interval_fields(Interval interval, const Type& type) {
  int mask = type.precision;
  if (mask == 0) return interval;
  auto has = [&](int bit) { return (mask & (1 << bit)) != 0; };
  bool is_time = has(10) || has(11) || has(12);
  if (!is_time) interval.microseconds = 0;
  if (!is_time && !has(3)) interval.days = 0;
  if (has(2) && !has(1)) interval.months -= interval.months % 12;
  if (is_time && !has(12))
    interval.microseconds -= interval.microseconds % (has(11) ? kUsecPerMinute : kUsecPerHour);
  return interval;
}

void register_date_time(FunctionRegistry& registry) {
  register_date_arithmetic(registry);
  register_date_parts(registry);
  register_date_makers(registry);
  register_date_formats(registry);
  register_date_scans(registry);
}

}  // namespace rowan
