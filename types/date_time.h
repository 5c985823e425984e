// types/date_time.h: the calendar under DATE, TIME, TIMESTAMP, TIMESTAMPTZ and INTERVAL.
//
//   DATE          days since 2000-01-01 in 32 bits; the least and the greatest mean -infinity and infinity
//   TIME          microseconds since midnight; 24:00:00 is a time
//   TIMESTAMP     microseconds since 2000-01-01 00:00; the least and the greatest mean the infinities
//   TIMESTAMPTZ   the same, in UTC
//
// The calendar is the Gregorian one, carried backwards; years are astronomical here (1 BC is 0).
// Source of the day arithmetic: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "types/function.h"
#include "types/interval.h"
#include "types/result.h"

namespace rowan {

inline constexpr int64_t kUsecPerSecond = 1'000'000;
inline constexpr int64_t kUsecPerMinute = 60 * kUsecPerSecond;
inline constexpr int64_t kUsecPerHour = 60 * kUsecPerMinute;
inline constexpr int64_t kUsecPerDay = 24 * kUsecPerHour;

inline constexpr int32_t kDateMinusInfinity = std::numeric_limits<int32_t>::min();
inline constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kTimestampMinusInfinity = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kTimestampMin = -211'813'488'000'000'000;   // 4714-11-24 BC, inclusive
inline constexpr int64_t kTimestampEnd = 9'223'371'331'200'000'000;  // 294277-01-01, exclusive
inline constexpr int32_t kDateMin = -2'451'545;                      // 4714-11-24 BC
inline constexpr int32_t kDateEnd = 2'145'031'949;                   // 5874898-01-01, exclusive
inline constexpr int64_t kUnixEpochDays = -10'957;                   // 1970-01-01
inline constexpr int64_t kJulianOfEpoch = 2'451'545;                 // 2000-01-01

inline bool is_finite_date(int32_t date) {
  return date != kDateMinusInfinity && date != kDateInfinity;
}
inline bool is_finite_timestamp(int64_t timestamp) {
  return timestamp != kTimestampMinusInfinity && timestamp != kTimestampInfinity;
}
inline bool is_valid_timestamp(int64_t timestamp) {
  return timestamp >= kTimestampMin && timestamp < kTimestampEnd;
}

// interval / float8. Errors: 22012 · 22008 out of range.
Result<Interval> interval_quotient(Interval interval, double divisor);

// A moment in fields, as people write it.
struct DateTime {
  int64_t year = 2000;  // astronomical
  int month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, microsecond = 0;
};

bool is_leap_year(int64_t year);
int days_in_month(int64_t year, int month);
// Days since 2000-01-01; month and day need not be in range of each other's, only month 1 … 12.
int64_t days_of_civil(int64_t year, int month, int day);
DateTime civil_of_days(int64_t days);
DateTime date_time_of(int64_t timestamp);  // finite
// Empty: out of the range of timestamps.
std::optional<int64_t> timestamp_of(const DateTime& fields);
int64_t time_of(const DateTime& fields);  // the time of day alone
// 0 is Sunday.
int day_of_week(int64_t days);
struct IsoWeek {
  int64_t year;
  int week;
};
IsoWeek iso_week_of(int64_t days);
int64_t iso_week_start(int64_t iso_year, int week);  // its Monday, in days
int day_of_year(const DateTime& fields);

inline int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

// ---- errors
// ------------------------------------------------------------------------------------------------

Error timestamp_out_of_range();
Error date_out_of_range();
Error interval_out_of_range();

// ---- between the types
// -------------------------------------------------------------------------------------

Result<int64_t> timestamp_of_date(int32_t date);
int32_t date_of_timestamp(int64_t timestamp);
// Local time in the session's zone to UTC and back. Errors: 22008 out of range; 22023 no such zone.
Result<int64_t> zoned_of_local(int64_t timestamp, const EvalContext& context);
Result<int64_t> local_of_zoned(int64_t timestamp, const EvalContext& context);

// ---- arithmetic that others need
// ---------------------------------------------------------------------------

// timestamp + interval: months first (cut to the last day of the month), then days, then time. With a zone,
// months and days count in its local time.
Result<int64_t> timestamp_plus(int64_t timestamp, const Interval& interval);
Result<int64_t> zoned_plus(int64_t timestamp, const Interval& interval, const EvalContext& context);
Result<Interval> interval_negated(const Interval& interval);

// Rounds to so many digits of a second, 0 … 6; half away from zero.
int64_t round_to_digits(int64_t microseconds, int digits);
// Applies a type's modifiers (digits + 1 in precision).
inline int64_t apply_time_precision(int64_t value, const Type& type) {
  return type.precision == 0 ? value : round_to_digits(value, type.precision - 1);
}
// Applies INTERVAL's field mask.
Interval apply_interval_fields(Interval interval, const Type& type);

// ---- text
// --------------------------------------------------------------------------------------------------

// As the session's DateStyle and IntervalStyle want it; appended.
void format_date(int32_t date, const EvalContext& context, std::string& out);
void format_time(int64_t time, std::string& out);
void format_timestamp(int64_t timestamp, const EvalContext& context, std::string& out);
void format_timestamptz(int64_t timestamp, const EvalContext& context, std::string& out);
void format_interval(const Interval& interval, std::string_view style, std::string& out);

// The input functions. Errors: 22007, 22008, 22009, 22015, in PostgreSQL's words.
Result<int32_t> parse_date(std::string_view text, const EvalContext& context);
Result<int64_t> parse_time(std::string_view text, const EvalContext& context);
Result<int64_t> parse_timestamp(std::string_view text, const EvalContext& context);
Result<int64_t> parse_timestamptz(std::string_view text, const EvalContext& context);
Result<Interval> parse_interval(std::string_view text, const Type& type, const EvalContext& context);

// The order of day and month, and the form of output.
enum class DateForm : uint8_t { Iso, Sql, Postgres, German };
enum class DateOrder : uint8_t { Mdy, Dmy, Ymd };
struct DateStyle {
  DateForm form = DateForm::Iso;
  DateOrder order = DateOrder::Mdy;
};
// Reads "ISO, MDY" and the like in any order of words; empty: no such style.
std::optional<DateStyle> parse_date_style(std::string_view text, DateStyle previous = {});

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view kDayNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                 "Thursday", "Friday", "Saturday"};

// Registration of the parts; register_date_time() calls them.
void register_date_parts(FunctionRegistry& registry);
void register_date_arithmetic(FunctionRegistry& registry);
void register_date_makers(FunctionRegistry& registry);
void register_date_formats(FunctionRegistry& registry);
void register_date_scans(FunctionRegistry& registry);

}  // namespace rowan
