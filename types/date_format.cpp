// types/date_format.cpp: to_char of dates, times and intervals.
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "types/build_text.h"
#include "types/date_template.h"
#include "types/date_time.h"
#include "types/lift.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

// What is to be shown; of an interval the fields are its parts.
struct Shown {
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0;
  int64_t days = 0;  // since 2000-01-01
  int64_t day_of_year = 0;
  bool is_interval = false;
  bool has_zone = false;
  TimeZone::Local zone{0, false, ""};
};

constexpr std::string_view kRomanMonths[] = {"I",   "II",   "III", "IV", "V",  "VI",
                                             "VII", "VIII", "IX",  "X",  "XI", "XII"};

std::string cased_word(std::string_view word, WordCase form) {
  std::string shown(word);
  for (char& c : shown) {
    if (form == WordCase::Upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (form == WordCase::Lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return shown;
}

const char* ordinal_ending(int64_t number, bool is_upper) {
  int64_t last = std::abs(number) % 10, tens = std::abs(number) % 100;
  if (tens > 10 && tens < 14) last = 0;
  switch (last) {
    case 1:
      return is_upper ? "ST" : "st";
    case 2:
      return is_upper ? "ND" : "nd";
    case 3:
      return is_upper ? "RD" : "rd";
    default:
      return is_upper ? "TH" : "th";
  }
}

class DateFormatter {
 public:
  DateFormatter(const Shown& shown, std::string& out) : shown_(shown), out_(out) {}

  Result<> write(const DateTemplate& date_template) {
    for (const DateTemplateItem& item : date_template.items) {
      item_ = &item;
      TRY(write_item());
    }
    return {};
  }

 private:
  Result<> write_item();

  void number(int64_t value, int width) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%0*lld", item_->fill ? width : 0, static_cast<long long>(value));
    out_ += digits;
    if (item_->suffix != OrdinalSuffix::None) {
      out_ += ordinal_ending(value, item_->suffix == OrdinalSuffix::Upper);
    }
  }
  // Fractions keep their zeros under FM too.
  void fixed_number(int64_t value, int width) {
    DateTemplateItem filled = *item_;
    filled.fill = true;
    const DateTemplateItem* item = std::exchange(item_, &filled);
    number(value, width);
    item_ = item;
  }
  // A minus takes a place of its own.
  void signed_number(int64_t value, int width) { number(value, value >= 0 ? width : width + 1); }
  void padded_word(std::string_view word, size_t width) {
    std::string shown = cased_word(word, item_->word_case);
    if (item_->fill && shown.size() < width) shown.append(width - shown.size(), ' ');
    out_ += shown;
  }
  void word(std::string_view text) { out_ += cased_word(text, item_->word_case); }
  // Of no interval: 1 BC is shown as 1.
  int64_t positive_year(int64_t year) const { return !shown_.is_interval && year <= 0 ? 1 - year : year; }
  int64_t weekday() const { return day_of_week(shown_.days); }
  Result<> for_dates_only() const {
    if (!shown_.is_interval) return {};
    return Error(sqlstate::invalid_datetime_format, "invalid format specification for an interval value")
        .hint("Intervals are not tied to specific calendar dates.");
  }
  void year_digits(int64_t year) {
    switch (item_->digits) {
      case 4:
        signed_number(year, 4);
        break;
      case 3:
        signed_number(year % 1000, 3);
        break;
      case 2:
        signed_number(year % 100, 2);
        break;
      default:
        number(year % 10, 1);
        break;
    }
  }

  const Shown& shown_;
  std::string& out_;
  const DateTemplateItem* item_ = nullptr;
};

Result<> DateFormatter::write_item() {
  bool is_afternoon = shown_.hour % 24 >= 12;
  switch (item_->pattern) {
    case DatePattern::Literal:
      out_ += item_->text;
      break;
    case DatePattern::Hour12:
      signed_number(shown_.hour % 12 == 0 ? 12 : shown_.hour % 12, 2);
      break;
    case DatePattern::Hour24:
      signed_number(shown_.hour, 2);
      break;
    case DatePattern::Minute:
      signed_number(shown_.minute, 2);
      break;
    case DatePattern::Second:
      signed_number(shown_.second, 2);
      break;
    case DatePattern::Millisecond:
      fixed_number(shown_.microsecond / 1000, 3);
      break;
    case DatePattern::Microsecond:
      fixed_number(shown_.microsecond, 6);
      break;
    case DatePattern::Fraction: {
      int64_t divisor = 1;
      for (int i = item_->digits; i < 6; i++) divisor *= 10;
      char digits[32];
      std::snprintf(digits, sizeof digits, "%0*lld", int{item_->digits},
                    static_cast<long long>(shown_.microsecond / divisor));
      out_ += digits;
      break;
    }
    case DatePattern::SecondOfDay:
      number(shown_.hour * 3600 + shown_.minute * 60 + shown_.second, 0);
      break;
    case DatePattern::Meridian:
      word(is_afternoon ? "PM" : "AM");
      break;
    case DatePattern::MeridianDots:
      word(is_afternoon ? "P.M." : "A.M.");
      break;
    case DatePattern::YearComma: {
      int64_t year = positive_year(shown_.year);
      char digits[48];
      std::snprintf(digits, sizeof digits, "%lld,%03lld", static_cast<long long>(year / 1000),
                    static_cast<long long>(year % 1000));
      out_ += digits;
      if (item_->suffix != OrdinalSuffix::None)
        out_ += ordinal_ending(year, item_->suffix == OrdinalSuffix::Upper);
      break;
    }
    case DatePattern::Year:
      year_digits(positive_year(shown_.year));
      break;
    case DatePattern::IsoYear:
      year_digits(positive_year(iso_week_of(shown_.days).year));
      break;
    case DatePattern::Era:
      TRY(for_dates_only());
      word(shown_.year <= 0 ? "BC" : "AD");
      break;
    case DatePattern::EraDots:
      TRY(for_dates_only());
      word(shown_.year <= 0 ? "B.C." : "A.D.");
      break;
    case DatePattern::MonthName:
      TRY(for_dates_only());
      padded_word(kMonthNames[shown_.month - 1], 9);
      break;
    case DatePattern::MonthShort:
      TRY(for_dates_only());
      word(kMonthNames[shown_.month - 1].substr(0, 3));
      break;
    case DatePattern::Month:
      signed_number(shown_.month, 2);
      break;
    case DatePattern::DayName:
      TRY(for_dates_only());
      padded_word(kDayNames[weekday()], 9);
      break;
    case DatePattern::DayShort:
      TRY(for_dates_only());
      word(kDayNames[weekday()].substr(0, 3));
      break;
    case DatePattern::DayOfYear:
      number(shown_.day_of_year, 3);
      break;
    case DatePattern::IsoDayOfYear:
      number(shown_.days - iso_week_start(iso_week_of(shown_.days).year, 1) + 1, 3);
      break;
    case DatePattern::Day:
      number(shown_.day, 2);
      break;
    case DatePattern::DayOfWeek:
      TRY(for_dates_only());
      number(weekday() + 1, 0);
      break;
    case DatePattern::IsoDayOfWeek:
      TRY(for_dates_only());
      number(weekday() == 0 ? 7 : weekday(), 0);
      break;
    case DatePattern::WeekOfMonth:
      number((shown_.day - 1) / 7 + 1, 0);
      break;
    case DatePattern::WeekOfYear:
      number((shown_.day_of_year - 1) / 7 + 1, 2);
      break;
    case DatePattern::IsoWeek:
      number(iso_week_of(shown_.days).week, 2);
      break;
    case DatePattern::Century: {
      int64_t century = shown_.is_interval ? shown_.year / 100
                        : shown_.year > 0  ? (shown_.year - 1) / 100 + 1
                                           : shown_.year / 100 - 1;
      if (century <= 99 && century >= -99) {
        signed_number(century, 2);
      } else {
        number(century, 0);
      }
      break;
    }
    case DatePattern::Julian:
      number(shown_.days + kJulianOfEpoch, 0);
      break;
    case DatePattern::Quarter:
      if (shown_.month != 0) number((shown_.month - 1) / 3 + 1, 0);
      break;
    case DatePattern::Roman: {
      if (shown_.month == 0 && shown_.year == 0) break;
      // An interval of -1 month counts back from December.
      int64_t month = shown_.month > 0 ? shown_.month - 1 : 12 + shown_.month;
      if (shown_.month == 0) month = shown_.year >= 0 ? 11 : 0;
      padded_word(kRomanMonths[month], 4);
      break;
    }
    case DatePattern::Zone:
      TRY(for_dates_only());
      if (shown_.has_zone) word(shown_.zone.abbreviation);
      break;
    case DatePattern::ZoneHour:
    case DatePattern::ZoneMinute:
    case DatePattern::ZoneOffset: {
      TRY(for_dates_only());
      int32_t offset = shown_.zone.offset;
      char digits[32];
      if (item_->pattern == DatePattern::ZoneMinute) {
        std::snprintf(digits, sizeof digits, "%02d", std::abs(offset) % 3600 / 60);
        out_ += digits;
        break;
      }
      bool is_plain = item_->pattern == DatePattern::ZoneHour;
      std::snprintf(digits, sizeof digits, "%c%0*d", offset >= 0 ? '+' : '-', is_plain || item_->fill ? 2 : 0,
                    std::abs(offset) / 3600);
      out_ += digits;
      if (!is_plain && std::abs(offset) % 3600 != 0) {
        std::snprintf(digits, sizeof digits, ":%02d", std::abs(offset) % 3600 / 60);
        out_ += digits;
      }
      break;
    }
  }
  return {};
}

Result<Text> write_shown(KernelCall& call, const Shown& shown, std::string_view date_template) {
  if (date_template.size() > kTemplateBytesMax) return text_too_long();
  std::string out;
  DateTemplate cut = cut_date_template(date_template);
  DateFormatter formatter(shown, out);
  TRY(formatter.write(cut));
  return keep_text(call, out);
}

Shown shown_of(int64_t local) {
  DateTime fields = date_time_of(local);
  Shown shown;
  shown.year = fields.year;
  shown.month = fields.month;
  shown.day = fields.day;
  shown.hour = fields.hour;
  shown.minute = fields.minute;
  shown.second = fields.second;
  shown.microsecond = fields.microsecond;
  shown.days = floor_divide(local, kUsecPerDay);
  shown.day_of_year = day_of_year(fields);
  return shown;
}

Result<std::optional<Text>> timestamp_to_char(KernelCall& call, int64_t timestamp,
                                              std::string_view date_template) {
  if (date_template.empty() || !is_finite_timestamp(timestamp)) return std::optional<Text>();
  Shown shown = shown_of(timestamp);
  Text text = TRY(write_shown(call, shown, date_template));
  return std::optional<Text>(text);
}
Result<std::optional<Text>> zoned_to_char(KernelCall& call, int64_t timestamp,
                                          std::string_view date_template) {
  if (date_template.empty() || !is_finite_timestamp(timestamp)) return std::optional<Text>();
  TimeZone session = TRY(TimeZone::of_session(call.context));
  TimeZone::Local zone = session.at_utc(timestamp);
  Shown shown = shown_of(timestamp + zone.offset * kUsecPerSecond);
  shown.zone = zone;
  shown.has_zone = true;
  Text text = TRY(write_shown(call, shown, date_template));
  return std::optional<Text>(text);
}
// The Julian day of an interval's fields, which PostgreSQL computes as if they were a date.
int64_t julian_of_parts(int64_t year, int64_t month, int64_t day) {
  bool is_late = month > 2;
  month += is_late ? 1 : 13;
  year += is_late ? 4800 : 4799;
  int64_t century = year / 100;
  return year * 365 - 32'167 + year / 4 - century + century / 4 + 7834 * month / 256 + day;
}

Result<std::optional<Text>> interval_to_char(KernelCall& call, Interval interval,
                                             std::string_view date_template) {
  if (date_template.empty()) return std::optional<Text>();
  Shown shown;
  shown.is_interval = true;
  shown.year = interval.months / 12;
  shown.month = interval.months % 12;
  shown.day = interval.days;
  shown.hour = interval.microseconds / kUsecPerHour;
  shown.minute = interval.microseconds / kUsecPerMinute % 60;
  shown.second = interval.microseconds / kUsecPerSecond % 60;
  shown.microsecond = interval.microseconds % kUsecPerSecond;
  shown.days = julian_of_parts(shown.year, shown.month, shown.day) - kJulianOfEpoch;
  shown.day_of_year = (shown.year * 12 + shown.month) * 30 + shown.day;
  Text text = TRY(write_shown(call, shown, date_template));
  return std::optional<Text>(text);
}

}  // namespace

void register_date_formats(FunctionRegistry& registry) {
  TypeId text = TypeId::Text;
  Volatility stable = Volatility::Stable;
  registry.add(strict<&timestamp_to_char>("to_char", {TypeId::Timestamp, text}, text, stable));
  registry.add(strict<&zoned_to_char>("to_char", {TypeId::TimestampTz, text}, text, stable));
  registry.add(strict<&interval_to_char>("to_char", {TypeId::Interval, text}, text, stable));
}

}  // namespace rowan
