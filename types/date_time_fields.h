// types/date_time_fields.h: how the input of dates, times and intervals is cut into fields, as PostgreSQL
// does it, and the words that it knows. Inside types/ only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan {

enum class InputKind : uint8_t {
  Number,  // 12, 19990108
  Text,    // a word, in lower case
  Date,    // 1999-01-08, 08.Jan.99, America/New_York
  Time,    // 04:05:06.789
  Zone,    // +03:30, -8; in intervals any signed number
  Special  // -infinity
};
struct InputField {
  InputKind kind;
  std::string text;
};

// False: the text cannot be cut.
bool cut_input(std::string_view text, std::vector<InputField>& fields);

// What was wrong, before the words of the value's type are put to it.
enum class InputFault : uint8_t {
  None,
  BadFormat,
  FieldOverflow,
  MonthDayOverflow,
  IntervalOverflow,
  ZoneOverflow,
  BadZone
};
// Errors: 22007, 22008, 22009, 22015, 22023. `detail` is the zone of BadZone.
Error input_error(InputFault fault, std::string_view text, std::string_view type,
                  std::string_view detail = {});

// hh:mm[:ss[.ffffff]]; `minutes_first`: of two parts the first is minutes.
struct ClockTime {
  int64_t hour = 0;
  int minute = 0, second = 0, microsecond = 0;
};
InputFault read_clock(std::string_view text, bool minutes_first, ClockTime& time);

enum class DateWordKind : uint8_t { Unknown, Month, Weekday, Meridian, Era, Reserved, Ignored, Unit, Dst };
enum class ReservedWord : uint8_t {
  Now,
  Today,
  Tomorrow,
  Yesterday,
  Epoch,
  Infinity,
  MinusInfinity,
  AllBalls
};
struct DateWord {
  std::string_view word;
  DateWordKind kind;
  int value;
};
// Unit words of dates are `j` (a Julian day follows) and `t` (a time follows).
DateWord find_date_word(std::string_view word);

// clang-format off
enum class TimeUnit : uint8_t {
  Unknown, Ignored, Ago, Microsecond, Millisecond, Second, Minute, Hour, Day, Week, Month, Quarter, Year, Decade, Century,
  Millennium,
  // What only EXTRACT and date_trunc know.
  DayOfWeek, IsoDayOfWeek, DayOfYear, IsoYear, Julian, Epoch, TimeZone, TimeZoneHour, TimeZoneMinute
};
// clang-format on
// A unit of an interval's text.
TimeUnit find_interval_unit(std::string_view word);
// A field of EXTRACT and date_trunc, which is cut to 10 letters in any case.
TimeUnit find_part(std::string_view word);

std::string lower_word(std::string_view word);

}  // namespace rowan
