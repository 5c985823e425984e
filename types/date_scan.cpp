// types/date_scan.cpp: to_date and to_timestamp: text read by a template.
#include <charconv>
#include <limits>

#include "types/date_template.h"
#include "types/date_time.h"
#include "types/date_time_fields.h"
#include "types/lift.h"
#include "types/text_form.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

enum class DateConvention : uint8_t { None, Gregorian, IsoWeek };

// What was read; 0: nothing, as in PostgreSQL.
struct Scanned {
  DateConvention convention = DateConvention::None;
  int hour = 0, minute = 0, second = 0, second_of_day = 0, weekday = 0, day = 0, day_of_year = 0, month = 0,
      millisecond = 0, year = 0, is_bc = 0, week = 0, week_of_month = 0, century = 0, julian = 0,
      microsecond = 0, is_pm = 0;
  int year_digits = 0;
  bool is_12_hour = false;
  int zone_sign = 0, zone_hour = 0, zone_minute = 0;
};

std::string shown_pattern(const DateTemplateItem& item) {
  switch (item.pattern) {
    case DatePattern::Hour12:
      return "HH12";
    case DatePattern::Hour24:
      return "HH24";
    case DatePattern::Minute:
      return "MI";
    case DatePattern::Second:
      return "SS";
    case DatePattern::Millisecond:
      return "MS";
    case DatePattern::Microsecond:
      return "US";
    case DatePattern::Fraction:
      return "FF" + std::to_string(item.digits);
    case DatePattern::SecondOfDay:
      return "SSSS";
    case DatePattern::YearComma:
      return "Y,YYY";
    case DatePattern::Year:
      return std::string(item.digits, 'Y');
    case DatePattern::IsoYear:
      return "I" + std::string(item.digits - 1u, 'Y');
    case DatePattern::MonthName:
      return "MONTH";
    case DatePattern::MonthShort:
      return "MON";
    case DatePattern::Month:
      return "MM";
    case DatePattern::DayName:
      return "DAY";
    case DatePattern::DayShort:
      return "DY";
    case DatePattern::DayOfYear:
      return "DDD";
    case DatePattern::IsoDayOfYear:
      return "IDDD";
    case DatePattern::Day:
      return "DD";
    case DatePattern::DayOfWeek:
      return "D";
    case DatePattern::IsoDayOfWeek:
      return "ID";
    case DatePattern::WeekOfMonth:
      return "W";
    case DatePattern::WeekOfYear:
      return "WW";
    case DatePattern::IsoWeek:
      return "IW";
    case DatePattern::Century:
      return "CC";
    case DatePattern::Julian:
      return "J";
    case DatePattern::Quarter:
      return "Q";
    case DatePattern::Roman:
      return "RM";
    case DatePattern::Zone:
      return "TZ";
    case DatePattern::ZoneHour:
      return "TZH";
    case DatePattern::ZoneMinute:
      return "TZM";
    case DatePattern::ZoneOffset:
      return "OF";
    case DatePattern::Meridian:
      return "AM";
    case DatePattern::MeridianDots:
      return "A.M.";
    case DatePattern::Era:
      return "BC";
    case DatePattern::EraDots:
      return "B.C.";
    case DatePattern::Literal:
      break;
  }
  return item.text;
}

bool is_separator(char c) {
  bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c > ' ' && c < 127 && !is_letter && !(c >= '0' && c <= '9');
}

Error scan_error(std::string message) {
  return Error(sqlstate::invalid_datetime_format, std::move(message));
}

class DateScanner {
 public:
  DateScanner(std::string_view text, const DateTemplate& date_template)
      : text_(text), template_(date_template) {}

  Result<> scan() {
    int skipped = 0;  // spaces taken before their turn
    for (index_ = 0; index_ < template_.items.size() && !text_.empty(); index_++) {
      const DateTemplateItem& item = template_.items[index_];
      bool is_space = item.pattern == DatePattern::Literal && !item.is_quoted && is_ascii_space(item.text[0]);
      bool is_mark = item.pattern == DatePattern::Literal && !item.is_quoted && is_separator(item.text[0]);
      bool is_text = item.pattern == DatePattern::Literal && !is_space && !is_mark;
      if (!template_.is_exact && (!is_text || index_ == 0)) {
        while (!text_.empty() && is_ascii_space(text_[0])) {
          text_.remove_prefix(1);
          skipped++;
        }
      }
      if (is_space || is_mark) {
        // It stands for one blank or mark, or for nothing.
        if (template_.is_exact) {
          take_character();
        } else {
          skipped--;
          if (!text_.empty() && (is_ascii_space(text_[0]) || is_separator(text_[0]))) {
            text_.remove_prefix(1);
            skipped++;
          }
        }
      } else if (is_text) {
        if (template_.is_exact || skipped <= 0) {
          take_character();
        } else {
          skipped--;
        }
      } else {
        if (text_.empty()) break;
        before_ = skipped;
        TRY(scan_item(item));
        skip_ordinal(item);
        if (!template_.is_exact) {
          skipped = 0;
          while (!text_.empty() && is_ascii_space(text_[0])) {
            text_.remove_prefix(1);
            skipped++;
          }
        }
      }
    }
    return {};
  }

  Scanned scanned;

 private:
  void take_character() {
    if (text_.empty()) return;
    text_.remove_prefix(1);
    while (!text_.empty() && (static_cast<unsigned char>(text_[0]) & 0xC0) == 0x80) text_.remove_prefix(1);
  }
  void skip_ordinal(const DateTemplateItem& item) {
    if (item.suffix == OrdinalSuffix::None) return;
    for (int i = 0; i < 2; i++) take_character();
  }

  // May the number run on past its length: nothing that begins with a digit follows.
  bool ends_at_text() const {
    const DateTemplateItem& item = template_.items[index_];
    if (item.suffix != OrdinalSuffix::None || index_ + 1 == template_.items.size()) return true;
    const DateTemplateItem& next = template_.items[index_ + 1];
    if (next.pattern != DatePattern::Literal) return !is_number_pattern(next.pattern);
    return !(next.text[0] >= '0' && next.text[0] <= '9');
  }

  Result<> set(int& field, int value, const DateTemplateItem& item) {
    if (field != 0 && field != value) {
      return scan_error("conflicting values for \"" + shown_pattern(item) + "\" field in formatting string")
          .detail("This value contradicts a previous setting for the same field type.");
    }
    field = value;
    return {};
  }

  // A number of `length` digits, or of any where no digit can follow; returns how many bytes it took.
  Result<int> number(int& field, size_t length, const DateTemplateItem& item) {
    std::string name = shown_pattern(item);
    const char* hint = "If your source string is not fixed-width, try using the \"FM\" modifier.";
    while (!text_.empty() && is_ascii_space(text_[0])) text_.remove_prefix(1);
    std::string_view source = text_;
    bool is_free = !item.fill || ends_at_text();
    std::string_view piece = source.substr(0, length);
    if (!is_free && piece.size() < length) {
      return scan_error("source string too short for \"" + name + "\" formatting field")
          .detail("Field requires " + std::to_string(length) + " characters, but only " +
                  std::to_string(piece.size()) + " remain.")
          .hint(hint);
    }
    std::string_view digits = is_free ? source : piece;
    size_t sign = !digits.empty() && digits[0] == '+' ? 1 : 0;
    int64_t value = 0;
    auto [stop, failure] = std::from_chars(digits.data() + sign, digits.data() + digits.size(), value);
    auto used = static_cast<size_t>(stop - digits.data());
    if (failure == std::errc::invalid_argument) used = 0;
    if (!is_free && used > 0 && used < length) {
      return scan_error("invalid value \"" + std::string(piece) + "\" for \"" + name + "\"")
          .detail("Field requires " + std::to_string(length) + " characters, but only " +
                  std::to_string(used) + " could be parsed.")
          .hint(hint);
    }
    if (used == 0) {
      return scan_error("invalid value \"" + std::string(piece) + "\" for \"" + name + "\"")
          .detail("Value must be an integer.");
    }
    if (failure == std::errc::result_out_of_range || value < std::numeric_limits<int>::min() ||
        value > std::numeric_limits<int>::max()) {
      return Error(sqlstate::datetime_field_overflow,
                   "value for \"" + name + "\" in source string is out of range")
          .detail("Value must be in the range -2147483648 to 2147483647.");
    }
    text_.remove_prefix(used);
    TRY(set(field, static_cast<int>(value), item));
    return static_cast<int>(used);
  }

  // The index of the name that the text goes on with, in any case.
  Result<int> one_of(const std::string_view* names, size_t count, size_t prefix,
                     const DateTemplateItem& item) {
    for (size_t i = 0; i < count; i++) {
      std::string_view name = prefix == 0 ? names[i] : names[i].substr(0, prefix);
      if (text_.size() >= name.size() && lower_word(text_.substr(0, name.size())) == lower_word(name)) {
        text_.remove_prefix(name.size());
        return static_cast<int>(i);
      }
    }
    std::string_view word = text_.substr(0, text_.find_first_of(" \t\n"));
    return scan_error("invalid value \"" + std::string(word) + "\" for \"" + shown_pattern(item) + "\"")
        .detail("The given value did not match any of the allowed values for this field.");
  }

  Result<> convention(const DateTemplateItem& item) {
    DateConvention wanted = DateConvention::None;
    switch (item.pattern) {
      case DatePattern::IsoYear:
      case DatePattern::IsoDayOfYear:
      case DatePattern::IsoDayOfWeek:
      case DatePattern::IsoWeek:
        wanted = DateConvention::IsoWeek;
        break;
      case DatePattern::Year:
      case DatePattern::YearComma:
      case DatePattern::MonthName:
      case DatePattern::MonthShort:
      case DatePattern::Month:
      case DatePattern::DayOfYear:
      case DatePattern::Day:
      case DatePattern::DayOfWeek:
      case DatePattern::WeekOfYear:
      case DatePattern::WeekOfMonth:
      case DatePattern::Roman:
      case DatePattern::Century:
        wanted = DateConvention::Gregorian;
        break;
      default:
        return {};
    }
    if (scanned.convention == DateConvention::None) scanned.convention = wanted;
    if (scanned.convention == wanted) return {};
    return scan_error("invalid combination of date conventions")
        .hint("Do not mix Gregorian and ISO week date conventions in a formatting template.");
  }

  Result<> scan_year(const DateTemplateItem& item) {
    int digits = item.digits;
    int used = TRY(number(scanned.year, static_cast<size_t>(digits), item));
    // Two digits mean the year nearest to 2020.
    if (digits < 4 && used < 4 && scanned.year >= 0) {
      int year = scanned.year;
      if (year < 70) {
        scanned.year += 2000;
      } else if (year < 100) {
        scanned.year += 1900;
      } else if (year < 520) {
        scanned.year += 2000;
      } else if (year < 1000) {
        scanned.year += 1000;
      }
    }
    scanned.year_digits = digits;
    return {};
  }

  Result<> scan_item(const DateTemplateItem& item);

  std::string_view text_;
  const DateTemplate& template_;
  size_t index_ = 0;
  int before_ = 0;
};

Result<> DateScanner::scan_item(const DateTemplateItem& item) {
  TRY(convention(item));
  auto read = [&](int& field, size_t length) -> Result<> {
    TRY(number(field, length, item));
    return {};
  };
  switch (item.pattern) {
    case DatePattern::Hour12:
      scanned.is_12_hour = true;
      return read(scanned.hour, 2);
    case DatePattern::Hour24:
      return read(scanned.hour, 2);
    case DatePattern::Minute:
      return read(scanned.minute, 2);
    case DatePattern::Second:
      return read(scanned.second, 2);
    case DatePattern::Millisecond: {
      int used = TRY(number(scanned.millisecond, 3, item));
      scanned.millisecond *= used == 1 ? 100 : used == 2 ? 10 : 1;
      return {};
    }
    case DatePattern::Fraction:
    case DatePattern::Microsecond: {
      size_t length = item.pattern == DatePattern::Microsecond ? 6 : item.digits;
      int used = TRY(number(scanned.microsecond, length, item));
      for (int i = used; i < 6; i++) scanned.microsecond *= 10;
      return {};
    }
    case DatePattern::SecondOfDay:
      return read(scanned.second_of_day, 5);
    case DatePattern::Meridian:
    case DatePattern::MeridianDots: {
      constexpr std::string_view kPlain[] = {"am", "pm"}, kDotted[] = {"a.m.", "p.m."};
      int found = TRY(one_of(item.pattern == DatePattern::Meridian ? kPlain : kDotted, 2, 0, item));
      scanned.is_12_hour = true;
      return set(scanned.is_pm, found, item);
    }
    case DatePattern::Era:
    case DatePattern::EraDots: {
      constexpr std::string_view kPlain[] = {"ad", "bc"}, kDotted[] = {"a.d.", "b.c."};
      int found = TRY(one_of(item.pattern == DatePattern::Era ? kPlain : kDotted, 2, 0, item));
      return set(scanned.is_bc, found, item);
    }
    case DatePattern::MonthName:
    case DatePattern::MonthShort: {
      int found = TRY(one_of(kMonthNames, 12, item.pattern == DatePattern::MonthShort ? 3 : 0, item));
      return set(scanned.month, found + 1, item);
    }
    case DatePattern::Month:
      return read(scanned.month, 2);
    case DatePattern::DayName:
    case DatePattern::DayShort: {
      int found = TRY(one_of(kDayNames, 7, item.pattern == DatePattern::DayShort ? 3 : 0, item));
      return set(scanned.weekday, found + 1, item);
    }
    case DatePattern::DayOfYear:
    case DatePattern::IsoDayOfYear:
      return read(scanned.day_of_year, 3);
    case DatePattern::Day:
      return read(scanned.day, 2);
    case DatePattern::DayOfWeek:
      return read(scanned.weekday, 1);
    case DatePattern::IsoDayOfWeek: {
      TRY(number(scanned.weekday, 1, item));
      // Counted from Sunday, as D is.
      if (++scanned.weekday > 7) scanned.weekday = 1;
      return {};
    }
    case DatePattern::WeekOfMonth:
      return read(scanned.week_of_month, 1);
    case DatePattern::WeekOfYear:
    case DatePattern::IsoWeek:
      return read(scanned.week, 2);
    case DatePattern::Century:
      return read(scanned.century, 2);
    case DatePattern::Julian:
      return read(scanned.julian, 1);
    case DatePattern::Quarter: {
      int ignored = 0;
      return read(ignored, 1);
    }
    case DatePattern::YearComma: {
      int thousands = 0, rest = 0;
      size_t comma = text_.find(',');
      bool is_valid = comma != std::string_view::npos;
      size_t end = is_valid ? comma + 1 : 0;
      while (is_valid && end < text_.size() && end < comma + 4 && text_[end] >= '0' && text_[end] <= '9')
        end++;
      is_valid = is_valid && end > comma + 1 &&
                 std::from_chars(text_.data(), text_.data() + comma, thousands).ptr == text_.data() + comma;
      if (!is_valid) {
        return scan_error("invalid input string for \"Y,YYY\"");
      }
      std::from_chars(text_.data() + comma + 1, text_.data() + end, rest);
      text_.remove_prefix(end);
      scanned.year_digits = 4;
      return set(scanned.year, thousands * 1000 + rest, item);
    }
    case DatePattern::Year:
    case DatePattern::IsoYear:
      return scan_year(item);
    case DatePattern::Roman: {
      constexpr std::string_view kRoman[] = {"XII", "XI", "X",  "IX",  "VIII", "VII",
                                             "VI",  "V",  "IV", "III", "II",   "I"};
      int found = TRY(one_of(kRoman, 12, 0, item));
      return set(scanned.month, 12 - found, item);
    }
    case DatePattern::ZoneHour: {
      if (!text_.empty() && (text_[0] == '+' || text_[0] == '-' || text_[0] == ' ')) {
        scanned.zone_sign = text_[0] == '-' ? -1 : 1;
        text_.remove_prefix(1);
      } else {
        scanned.zone_sign = before_ > 0 && text_.data()[-1] == '-' ? -1 : 1;
      }
      return read(scanned.zone_hour, 2);
    }
    case DatePattern::ZoneMinute:
      if (scanned.zone_sign == 0) scanned.zone_sign = 1;
      return read(scanned.zone_minute, 2);
    case DatePattern::Zone:
    case DatePattern::ZoneOffset:
      return Error(sqlstate::feature_not_supported,
                   "formatting field \"" + shown_pattern(item) + "\" is only supported in to_char");
    case DatePattern::Literal:
      break;
  }
  return {};
}

// The fields of what was read. Errors: 22007, 22008.
Result<DateTime> assemble(Scanned scanned, std::string_view text) {
  DateTime made;
  made.year = 0;
  made.hour = scanned.hour;
  made.minute = scanned.minute;
  made.second = scanned.second;
  if (scanned.second_of_day != 0) {
    made.hour = scanned.second_of_day / 3600;
    made.minute = scanned.second_of_day / 60 % 60;
    made.second = scanned.second_of_day % 60;
  }
  if (scanned.is_12_hour) {
    if (made.hour < 1 || made.hour > 12) {
      return scan_error("hour \"" + std::to_string(made.hour) + "\" is invalid for the 12-hour clock")
          .hint("Use the 24-hour clock, or give an hour between 1 and 12.");
    }
    if (scanned.is_pm && made.hour < 12) {
      made.hour += 12;
    } else if (!scanned.is_pm && made.hour == 12) {
      made.hour = 0;
    }
  }
  if (scanned.year != 0) {
    int century = scanned.is_bc ? -scanned.century : scanned.century;
    if (scanned.century != 0 && scanned.year_digits <= 2) {
      made.year = scanned.year % 100;
      if (made.year != 0) {
        made.year = century >= 0 ? made.year + (century - 1) * 100 : (century + 1) * 100 - made.year + 1;
      } else {
        made.year = century * 100 + (century >= 0 ? 0 : 1);
      }
    } else {
      made.year = scanned.is_bc ? -scanned.year : scanned.year;
      if (made.year < 0) made.year++;
    }
  } else if (scanned.century != 0) {
    int century = scanned.is_bc ? -scanned.century : scanned.century;
    made.year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
  }
  auto set_day = [&](int64_t days) {
    DateTime civil = civil_of_days(days);
    made.year = civil.year;
    made.month = civil.month;
    made.day = civil.day;
  };
  if (scanned.julian != 0) set_day(scanned.julian - kJulianOfEpoch);
  if (scanned.week != 0) {
    if (scanned.convention == DateConvention::IsoWeek) {
      int weekday = scanned.weekday > 1 ? scanned.weekday - 2 : scanned.weekday == 1 ? 6 : 0;
      set_day(iso_week_start(made.year, scanned.week) + weekday);
    } else {
      scanned.day_of_year = (scanned.week - 1) * 7 + 1;
    }
  }
  if (scanned.week_of_month != 0) scanned.day = (scanned.week_of_month - 1) * 7 + 1;
  if (scanned.day != 0) made.day = scanned.day;
  if (scanned.month != 0) made.month = scanned.month;
  if (scanned.day_of_year != 0 && (made.month <= 1 || made.day <= 1)) {
    if (made.year == 0 && !scanned.is_bc) {
      return scan_error("cannot calculate day of year without year information");
    }
    if (scanned.convention == DateConvention::IsoWeek) {
      set_day(iso_week_start(made.year, 1) + scanned.day_of_year - 1);
    } else {
      int month = made.month <= 1 ? 0 : made.month;
      DateTime civil = civil_of_days(days_of_civil(made.year, 1, 1) + scanned.day_of_year - 1);
      if (scanned.day_of_year < 1 || scanned.day_of_year > (is_leap_year(made.year) ? 366 : 365)) {
        return input_error(InputFault::FieldOverflow, text, "timestamp");
      }
      if (month <= 1) made.month = civil.month;
      if (made.day <= 1) made.day = civil.day;
    }
  }
  bool is_valid = made.month >= 1 && made.month <= 12 && made.day >= 1 && made.day <= 31 &&
                  made.day <= days_in_month(made.year, made.month);
  made.microsecond = scanned.millisecond * 1000 + scanned.microsecond;
  is_valid = is_valid && made.hour >= 0 && made.hour < 24 && made.minute >= 0 && made.minute < 60 &&
             made.second >= 0 && made.second < 60 && made.microsecond >= 0 &&
             made.microsecond < kUsecPerSecond;
  if (!is_valid) return input_error(InputFault::FieldOverflow, text, "timestamp");
  return made;
}

Result<int32_t> scan_date(std::string_view text, std::string_view date_template) {
  DateTemplate cut = cut_date_template(date_template);
  DateScanner scanner(text, cut);
  TRY(scanner.scan());
  DateTime made = TRY(assemble(scanner.scanned, text));
  int64_t days = days_of_civil(made.year, made.month, made.day);
  if (days < kDateMin || days >= kDateEnd) {
    return Error(sqlstate::datetime_field_overflow, "date out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> scan_timestamp(KernelCall& call, std::string_view text, std::string_view date_template) {
  DateTemplate cut = cut_date_template(date_template);
  DateScanner scanner(text, cut);
  TRY(scanner.scan());
  const Scanned& scanned = scanner.scanned;
  DateTime made = TRY(assemble(scanned, text));
  std::optional<int64_t> local = timestamp_of(made);
  if (!local) return timestamp_out_of_range();
  if (scanned.zone_sign == 0) return zoned_of_local(*local, call.context);
  if (scanned.zone_hour < 0 || scanned.zone_hour > 15 || scanned.zone_minute < 0 ||
      scanned.zone_minute > 59) {
    return input_error(InputFault::ZoneOverflow, text, "timestamp");
  }
  int64_t offset = scanned.zone_sign * (scanned.zone_hour * 60 + scanned.zone_minute) * 60;
  int64_t utc = *local - offset * kUsecPerSecond;
  if (!is_valid_timestamp(utc)) return timestamp_out_of_range();
  return utc;
}

}  // namespace

void register_date_scans(FunctionRegistry& registry) {
  TypeId text = TypeId::Text;
  registry.add(strict<&scan_date>("to_date", {text, text}, TypeId::Date, Volatility::Stable));
  registry.add(
      strict<&scan_timestamp>("to_timestamp", {text, text}, TypeId::TimestampTz, Volatility::Stable));
}

}  // namespace rowan
