// types/date_time_output.cpp: dates, times and intervals as text, in the session's DateStyle and
// IntervalStyle.
#include <cstdlib>

#include "types/date_time.h"
#include "types/time_zone.h"

namespace rowan {

namespace {

void put_padded(std::string& out, int64_t number, int width) {
  std::string digits = std::to_string(number);
  if (digits.size() < static_cast<size_t>(width)) out.append(static_cast<size_t>(width) - digits.size(), '0');
  out += digits;
}

// 05, 05.6, 05.678912
void put_seconds(std::string& out, int64_t second, int64_t microsecond, int width) {
  put_padded(out, second, width);
  if (microsecond == 0) return;
  out += '.';
  size_t begin = out.size();
  put_padded(out, microsecond, 6);
  while (out.size() > begin && out.back() == '0') out.pop_back();
}

void put_clock(std::string& out, const DateTime& fields) {
  put_padded(out, fields.hour, 2);
  out += ':';
  put_padded(out, fields.minute, 2);
  out += ':';
  put_seconds(out, fields.second, fields.microsecond, 2);
}

// +02, -03:30, +00:19:32
void put_offset(std::string& out, int32_t offset) {
  out += offset < 0 ? '-' : '+';
  int32_t seconds = std::abs(offset);
  put_padded(out, seconds / 3600, 2);
  if (seconds % 3600 == 0) return;
  out += ':';
  put_padded(out, seconds / 60 % 60, 2);
  if (seconds % 60 == 0) return;
  out += ':';
  put_padded(out, seconds % 60, 2);
}

void put_day(std::string& out, const DateTime& fields, DateStyle style, bool is_date_alone) {
  int64_t year = fields.year > 0 ? fields.year : 1 - fields.year;
  bool day_first = style.order == DateOrder::Dmy;
  auto put_two = [&](char separator) {
    put_padded(out, day_first ? fields.day : fields.month, 2);
    out += separator;
    put_padded(out, day_first ? fields.month : fields.day, 2);
    out += separator;
  };
  switch (style.form) {
    case DateForm::Iso:
      put_padded(out, year, 4);
      out += '-';
      put_padded(out, fields.month, 2);
      out += '-';
      put_padded(out, fields.day, 2);
      return;
    case DateForm::Sql:
      put_two('/');
      break;
    case DateForm::German:
      put_padded(out, fields.day, 2);
      out += '.';
      put_padded(out, fields.month, 2);
      out += '.';
      break;
    case DateForm::Postgres:
      if (!is_date_alone) return;
      put_two('-');
      break;
  }
  put_padded(out, year, 4);
}

// `zone`: null for TIMESTAMP.
void put_timestamp(std::string& out, int64_t local, const TimeZone::Local* zone, DateStyle style) {
  DateTime fields = date_time_of(local);
  if (style.form == DateForm::Postgres) {
    out += kDayNames[day_of_week(floor_divide(local, kUsecPerDay))].substr(0, 3);
    out += ' ';
    std::string_view month = kMonthNames[fields.month - 1].substr(0, 3);
    if (style.order == DateOrder::Dmy) {
      put_padded(out, fields.day, 2);
      out += ' ';
      out += month;
    } else {
      out += month;
      out += ' ';
      put_padded(out, fields.day, 2);
    }
    out += ' ';
    put_clock(out, fields);
    out += ' ';
    put_padded(out, fields.year > 0 ? fields.year : 1 - fields.year, 4);
  } else {
    put_day(out, fields, style, false);
    out += ' ';
    put_clock(out, fields);
  }
  if (zone != nullptr) {
    if (style.form == DateForm::Iso) {
      put_offset(out, zone->offset);
    } else if (!zone->abbreviation.empty()) {
      out += ' ';
      out += zone->abbreviation;
    } else {
      if (style.form == DateForm::Postgres) out += ' ';
      put_offset(out, zone->offset);
    }
  }
  if (fields.year <= 0) out += " BC";
}

bool put_infinity(std::string& out, int64_t timestamp) {
  if (is_finite_timestamp(timestamp)) return false;
  out += timestamp == kTimestampInfinity ? "infinity" : "-infinity";
  return true;
}

DateStyle session_style(const EvalContext& context) {
  if (context.date_style == "ISO, MDY") return {};
  return parse_date_style(context.date_style).value_or(DateStyle{});
}

// ---- intervals ----

// An interval in the parts that are written; all of the clock's have one sign.
struct IntervalParts {
  int64_t years, months, days, hours, minutes, seconds, microseconds;
};
IntervalParts parts_of(const Interval& interval) {
  return {interval.months / 12,
          interval.months % 12,
          interval.days,
          interval.microseconds / kUsecPerHour,
          interval.microseconds / kUsecPerMinute % 60,
          interval.microseconds / kUsecPerSecond % 60,
          interval.microseconds % kUsecPerSecond};
}

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

void put_interval_clock(std::string& out, const IntervalParts& parts, int hour_width) {
  put_padded(out, static_cast<int64_t>(magnitude(parts.hours)), hour_width);
  out += ':';
  put_padded(out, static_cast<int64_t>(magnitude(parts.minutes)), 2);
  out += ':';
  put_seconds(out, static_cast<int64_t>(magnitude(parts.seconds)),
              static_cast<int64_t>(magnitude(parts.microseconds)), 2);
}

// 1 year -2 mons +3 days -04:05:06
void put_postgres_interval(std::string& out, const Interval& interval) {
  IntervalParts parts = parts_of(interval);
  bool is_first = true, was_negative = false;
  auto put = [&](int64_t value, const char* unit) {
    if (value == 0) return;
    if (!is_first) out += ' ';
    if (was_negative && value > 0) out += '+';
    out += std::to_string(value);
    out += ' ';
    out += unit;
    if (value != 1) out += 's';
    was_negative = value < 0;
    is_first = false;
  };
  put(parts.years, "year");
  put(parts.months, "mon");
  put(parts.days, "day");
  if (!is_first && interval.microseconds == 0) return;
  if (!is_first) out += ' ';
  if (interval.microseconds < 0) {
    out += '-';
  } else if (was_negative) {
    out += '+';
  }
  put_interval_clock(out, parts, 2);
}

// @ 1 year 2 mons -3 days 4 hours 5 mins 6 secs ago
void put_verbose_interval(std::string& out, const Interval& interval) {
  IntervalParts parts = parts_of(interval);
  out += '@';
  bool is_zero = true, is_before = false;
  auto put = [&](int64_t value, const char* unit) {
    if (value == 0) return;
    if (is_zero) {
      is_before = value < 0;
      value = std::abs(value);
    } else if (is_before) {
      value = -value;
    }
    out += ' ';
    out += std::to_string(value);
    out += ' ';
    out += unit;
    if (value != 1) out += 's';
    is_zero = false;
  };
  put(parts.years, "year");
  put(parts.months, "mon");
  put(parts.days, "day");
  put(parts.hours, "hour");
  put(parts.minutes, "min");
  if (parts.seconds != 0 || parts.microseconds != 0) {
    bool is_negative = parts.seconds < 0 || parts.microseconds < 0;
    out += ' ';
    if (is_zero) {
      is_before = is_negative;
    } else if (is_negative != is_before) {
      out += '-';
    }
    put_seconds(out, std::abs(parts.seconds), std::abs(parts.microseconds), 1);
    out += std::abs(parts.seconds) != 1 || parts.microseconds != 0 ? " secs" : " sec";
    is_zero = false;
  }
  if (is_zero) out += " 0";
  if (is_before) out += " ago";
}

// P1Y2M-3DT4H5M6.7S
void put_iso_interval(std::string& out, const Interval& interval) {
  IntervalParts parts = parts_of(interval);
  if (interval == Interval{}) {
    out += "PT0S";
    return;
  }
  auto put = [&](int64_t value, char unit) {
    if (value == 0) return;
    out += std::to_string(value);
    out += unit;
  };
  out += 'P';
  put(parts.years, 'Y');
  put(parts.months, 'M');
  put(parts.days, 'D');
  if (interval.microseconds == 0) return;
  out += 'T';
  put(parts.hours, 'H');
  put(parts.minutes, 'M');
  if (parts.seconds == 0 && parts.microseconds == 0) return;
  if (parts.seconds < 0 || parts.microseconds < 0) out += '-';
  put_seconds(out, std::abs(parts.seconds), std::abs(parts.microseconds), 1);
  out += 'S';
}

// 1-2 · 3 4:05:06 · +1-2 -3 +4:05:06
void put_standard_interval(std::string& out, const Interval& interval) {
  IntervalParts parts = parts_of(interval);
  bool has_negative = interval.months < 0 || interval.days < 0 || interval.microseconds < 0;
  bool has_positive = interval.months > 0 || interval.days > 0 || interval.microseconds > 0;
  bool has_months = interval.months != 0, has_days = interval.days != 0 || interval.microseconds != 0;
  if (!has_negative && !has_positive) {
    out += '0';
    return;
  }
  bool is_standard = !(has_negative && has_positive) && !(has_months && has_days);
  if (!is_standard) {
    out += interval.months < 0 ? '-' : '+';
    out += std::to_string(std::abs(parts.years)) + "-" + std::to_string(std::abs(parts.months)) + " ";
    out += interval.days < 0 ? '-' : '+';
    out += std::to_string(std::abs(parts.days)) + " ";
    out += interval.microseconds < 0 ? '-' : '+';
    put_interval_clock(out, parts, 1);
    return;
  }
  if (has_negative) out += '-';
  if (has_months) {
    out += std::to_string(std::abs(parts.years)) + "-" + std::to_string(std::abs(parts.months));
    return;
  }
  if (interval.days != 0) out += std::to_string(std::abs(parts.days)) + " ";
  put_interval_clock(out, parts, 1);
}

std::string upper_style(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

}  // namespace

std::optional<DateStyle> parse_date_style(std::string_view text, DateStyle style) {
  size_t at = 0;
  while (at <= text.size()) {
    size_t comma = std::min(text.find(',', at), text.size());
    std::string_view word = text.substr(at, comma - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    std::string upper = upper_style(word);
    if (upper == "ISO") {
      style.form = DateForm::Iso;
    } else if (upper == "SQL") {
      style.form = DateForm::Sql;
    } else if (upper.rfind("POSTGRES", 0) == 0) {
      style.form = DateForm::Postgres;
    } else if (upper == "GERMAN") {
      style.form = DateForm::German;
      if (text.find(',') == std::string_view::npos) style.order = DateOrder::Dmy;
    } else if (upper == "YMD") {
      style.order = DateOrder::Ymd;
    } else if (upper == "DMY" || upper.rfind("EURO", 0) == 0) {
      style.order = DateOrder::Dmy;
    } else if (upper == "MDY" || upper == "US" || upper.rfind("NONEURO", 0) == 0) {
      style.order = DateOrder::Mdy;
    } else if (upper == "DEFAULT") {
      style = {};
    } else {
      return std::nullopt;
    }
    at = comma + 1;
  }
  return style;
}

void format_date(int32_t date, const EvalContext& context, std::string& out) {
  if (!is_finite_date(date)) {
    out += date == kDateInfinity ? "infinity" : "-infinity";
    return;
  }
  DateTime fields = civil_of_days(date);
  put_day(out, fields, session_style(context), true);
  if (fields.year <= 0) out += " BC";
}

void format_time(int64_t time, std::string& out) {
  DateTime fields;
  fields.hour = static_cast<int>(time / kUsecPerHour);
  fields.minute = static_cast<int>(time / kUsecPerMinute % 60);
  fields.second = static_cast<int>(time / kUsecPerSecond % 60);
  fields.microsecond = static_cast<int>(time % kUsecPerSecond);
  put_clock(out, fields);
}

void format_timestamp(int64_t timestamp, const EvalContext& context, std::string& out) {
  if (!put_infinity(out, timestamp)) put_timestamp(out, timestamp, nullptr, session_style(context));
}

void format_timestamptz(int64_t timestamp, const EvalContext& context, std::string& out) {
  if (put_infinity(out, timestamp)) return;
  Result<TimeZone> session = TimeZone::of_session(context);
  TimeZone::Local zone = session.ok() ? session->at_utc(timestamp) : TimeZone::Local{0, false, "UTC"};
  put_timestamp(out, timestamp + zone.offset * kUsecPerSecond, &zone, session_style(context));
}

void format_interval(const Interval& interval, std::string_view style, std::string& out) {
  if (style == "postgres_verbose") return put_verbose_interval(out, interval);
  if (style == "iso_8601") return put_iso_interval(out, interval);
  if (style == "sql_standard") return put_standard_interval(out, interval);
  put_postgres_interval(out, interval);
}

}  // namespace rowan
