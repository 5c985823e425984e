// types/date_template.h: the templates of to_char, to_date and to_timestamp, cut into patterns and literal
// text. Inside types/ only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rowan {

// clang-format off
enum class DatePattern : uint8_t {
  Literal,  // text between quotes, or what is no pattern: `text`
  Hour12, Hour24, Minute, Second, Millisecond, Microsecond, Fraction, SecondOfDay, Meridian, MeridianDots,
  YearComma, Year, IsoYear, Era, EraDots, MonthName, MonthShort, Month, DayName, DayShort, DayOfYear, IsoDayOfYear, Day,
  DayOfWeek, IsoDayOfWeek, WeekOfMonth, WeekOfYear, IsoWeek, Century, Julian, Quarter, Roman, Zone, ZoneHour, ZoneMinute,
  ZoneOffset
};
// clang-format on
enum class WordCase : uint8_t { Upper, Lower, Capitalized };
enum class OrdinalSuffix : uint8_t { None, Upper, Lower };

struct DateTemplateItem {
  DatePattern pattern = DatePattern::Literal;
  WordCase word_case = WordCase::Upper;
  uint8_t digits = 0;  // of Year, IsoYear (YYYY: 4) and Fraction (FF3: 3)
  bool fill = true;    // false: FM
  OrdinalSuffix suffix = OrdinalSuffix::None;
  bool is_quoted = false;  // of Literal
  std::string text;        // of Literal: one character
};

struct DateTemplate {
  std::vector<DateTemplateItem> items;
  bool is_exact = false;  // FX
};
DateTemplate cut_date_template(std::string_view text);

bool is_number_pattern(DatePattern pattern);

}  // namespace rowan
