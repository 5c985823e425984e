// types/interval_input.cpp: reads intervals: '1 year 2 days 03:04', 'P1Y2D', '1-2', '@ 3 hours ago'. Fields
// are read from right to left, since a number's unit stands behind it.
#include <charconv>
#include <cmath>

#include "types/date_time.h"
#include "types/date_time_fields.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

// Sums up parts, each with its fraction going down to smaller units.
class IntervalReading {
 public:
  InputFault add(TimeUnit unit, int64_t whole, double fraction) {
    switch (unit) {
      case TimeUnit::Microsecond:
        return micro(whole, 1, fraction);
      case TimeUnit::Millisecond:
        return micro(whole, 1000, fraction);
      case TimeUnit::Second:
        return micro(whole, kUsecPerSecond, fraction);
      case TimeUnit::Minute:
        return micro(whole, kUsecPerMinute, fraction);
      case TimeUnit::Hour:
        return micro(whole, kUsecPerHour, fraction);
      case TimeUnit::Day:
        return day(whole, 1, fraction);
      case TimeUnit::Week:
        return day(whole, 7, fraction);
      case TimeUnit::Month: {
        if (InputFault fault = month(whole, 1, 0); fault != InputFault::None) return fault;
        return day(0, 30, fraction);
      }
      case TimeUnit::Year:
        return month(whole, 12, fraction);
      case TimeUnit::Decade:
        return month(whole, 120, fraction);
      case TimeUnit::Century:
        return month(whole, 1200, fraction);
      case TimeUnit::Millennium:
        return month(whole, 12'000, fraction);
      default:
        return InputFault::BadFormat;
    }
  }

  void negate() {
    months_ = -months_;
    days_ = -days_;
    microseconds_ = -microseconds_;
  }

  Result<Interval> finish(std::string_view) const {
    if (!fits(months_) || !fits(days_)) return interval_out_of_range();
    return Interval{static_cast<int32_t>(months_), static_cast<int32_t>(days_), microseconds_};
  }

 private:
  static bool fits(int64_t value) {
    return value >= std::numeric_limits<int32_t>::min() && value <= kInt32Max;
  }

  InputFault micro(int64_t whole, int64_t unit, double fraction) {
    int64_t value;
    if (__builtin_mul_overflow(whole, unit, &value) ||
        __builtin_add_overflow(microseconds_, value, &microseconds_) ||
        __builtin_add_overflow(microseconds_,
                               static_cast<int64_t>(std::rint(fraction * static_cast<double>(unit))),
                               &microseconds_)) {
      return InputFault::IntervalOverflow;
    }
    return InputFault::None;
  }

  InputFault day(int64_t whole, int64_t unit, double fraction) {
    int64_t value;
    if (__builtin_mul_overflow(whole, unit, &value) || __builtin_add_overflow(days_, value, &days_) ||
        !fits(days_)) {
      return InputFault::IntervalOverflow;
    }
    if (fraction == 0) return InputFault::None;
    double extra = fraction * static_cast<double>(unit);
    double extra_days = std::trunc(extra);
    days_ += static_cast<int64_t>(extra_days);
    return micro(0, kUsecPerDay, extra - extra_days);
  }

  InputFault month(int64_t whole, int64_t unit, double fraction) {
    int64_t value;
    auto extra = static_cast<int64_t>(std::rint(fraction * static_cast<double>(unit)));
    // Years must fit 32 bits by themselves; all months together are looked at in the end.
    if (__builtin_mul_overflow(whole, unit, &value) || !fits(unit >= 12 ? value / 12 : value) ||
        __builtin_add_overflow(months_, value, &months_) ||
        __builtin_add_overflow(months_, extra, &months_)) {
      return InputFault::IntervalOverflow;
    }
    return InputFault::None;
  }

  int64_t months_ = 0, days_ = 0, microseconds_ = 0;
};

// A number with a sign and a fraction, as `12.5` or `-.5`. `stop` is where it ended.
InputFault read_signed(std::string_view text, int64_t& whole, double& fraction, bool& is_negative,
                       size_t& stop) {
  size_t at = 0;
  is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) at++;
  whole = 0;
  fraction = 0;
  size_t begin = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') at++;
  if (at > begin) {
    auto [end, failure] = std::from_chars(text.data() + begin, text.data() + at, whole);
    if (failure != std::errc()) return InputFault::FieldOverflow;
  }
  if (at < text.size() && text[at] == '.') {
    size_t point = at++;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') at++;
    if (at > point + 1) std::from_chars(text.data() + point, text.data() + at, fraction);
  } else if (at == begin) {
    return InputFault::BadFormat;
  }
  if (is_negative) {
    whole = -whole;
    fraction = -fraction;
  }
  stop = at;
  return InputFault::None;
}

// What a number without a unit counts, by INTERVAL's fields: the smallest of them.
TimeUnit unit_of_mask(int mask) {
  auto has = [&](int bit) { return (mask & (1 << bit)) != 0; };
  if (mask == 0 || has(12)) return TimeUnit::Second;
  if (has(11)) return TimeUnit::Minute;
  if (has(10)) return TimeUnit::Hour;
  if (has(3)) return TimeUnit::Day;
  if (has(1)) return TimeUnit::Month;
  return TimeUnit::Year;
}

uint32_t bit_of(TimeUnit unit) {
  return 1u << static_cast<int>(unit);
}
constexpr uint32_t kClockBits = (1u << static_cast<int>(TimeUnit::Second)) |
                                (1u << static_cast<int>(TimeUnit::Minute)) |
                                (1u << static_cast<int>(TimeUnit::Hour));

class IntervalReader {
 public:
  IntervalReader(int mask, bool is_standard) : mask_(mask), is_standard_(is_standard) {}

  InputFault read(std::string_view text) {
    std::vector<InputField> fields;
    if (!cut_input(text, fields) || fields.size() > 25) return InputFault::BadFormat;
    // In the SQL style a leading minus belongs to all fields, unless another has a sign of its own.
    if (is_standard_ && !fields.empty() && fields[0].kind == InputKind::Zone && fields[0].text[0] == '-') {
      force_negative_ = true;
      for (size_t i = 1; i < fields.size(); i++) {
        if (fields[i].text[0] == '-' || fields[i].text[0] == '+') force_negative_ = false;
      }
    }
    for (size_t i = fields.size(); i-- > 0;) {
      uint32_t bits = 0;
      if (InputFault fault = read_one(fields[i], bits); fault != InputFault::None) return fault;
      if (bits & seen_) return InputFault::BadFormat;
      seen_ |= bits;
    }
    if (seen_ == 0) return InputFault::BadFormat;
    if (is_ago_) sum_.negate();
    return InputFault::None;
  }

  IntervalReading sum_;

 private:
  InputFault read_one(const InputField& field, uint32_t& bits) {
    switch (field.kind) {
      case InputKind::Text:
      case InputKind::Special: {
        TimeUnit unit = find_interval_unit(field.text);
        if (unit == TimeUnit::Unknown || unit == TimeUnit::Quarter) return InputFault::BadFormat;
        if (unit == TimeUnit::Ignored) return InputFault::None;
        if (unit == TimeUnit::Ago) {
          is_ago_ = true;
        }
        unit_ = unit;
        return InputFault::None;
      }
      case InputKind::Time:
        return read_time_part(field.text, false, bits);
      case InputKind::Zone:
        if (field.text.find(':') != std::string::npos) {
          return read_time_part(std::string_view(field.text).substr(1), field.text[0] == '-', bits);
        }
        return read_amount(field.text, bits);
      case InputKind::Date:
      case InputKind::Number:
        return read_amount(field.text, bits);
    }
    return InputFault::BadFormat;
  }

  InputFault read_time_part(std::string_view text, bool is_negative, uint32_t& bits) {
    constexpr int kMinuteToSecond = (1 << 11) | (1 << 12);
    ClockTime time;
    if (InputFault fault = read_clock(text, mask_ == kMinuteToSecond, time); fault != InputFault::None)
      return fault;
    bits = kClockBits;
    int64_t sign = is_negative || force_negative_ ? -1 : 1;
    if (InputFault fault = sum_.add(TimeUnit::Hour, sign * time.hour, 0); fault != InputFault::None)
      return fault;
    sum_.add(TimeUnit::Minute, sign * time.minute, 0);
    sum_.add(TimeUnit::Second, sign * time.second, 0);
    sum_.add(TimeUnit::Microsecond, sign * time.microsecond, 0);
    unit_ = TimeUnit::Day;  // a number before a time counts days
    return InputFault::None;
  }

  InputFault read_amount(std::string_view text, uint32_t& bits) {
    if (unit_ == TimeUnit::Ignored) unit_ = unit_of_mask(mask_);
    int64_t whole = 0;
    double fraction = 0;
    bool is_negative = false;
    size_t stop = 0;
    if (InputFault fault = read_signed(text, whole, fraction, is_negative, stop); fault != InputFault::None) {
      return fault;
    }
    if (stop < text.size()) {
      // 1-2 is a year and two months.
      if (text[stop] != '-' || fraction != 0) return InputFault::BadFormat;
      int64_t months = 0;
      auto [end, failure] = std::from_chars(text.data() + stop + 1, text.data() + text.size(), months);
      if (failure != std::errc() || end != text.data() + text.size()) return InputFault::BadFormat;
      if (months < 0 || months >= 12) return InputFault::FieldOverflow;
      unit_ = TimeUnit::Month;
      if (whole > kInt32Max / 12 || whole < -kInt32Max / 12) return InputFault::FieldOverflow;
      whole = whole * 12 + (is_negative ? -months : months);
    }
    if (force_negative_ && whole > 0) whole = -whole;
    if (force_negative_ && fraction > 0) fraction = -fraction;
    TimeUnit unit = unit_;
    bits = unit == TimeUnit::Week ? bit_of(TimeUnit::Week) : bit_of(unit);
    if (unit == TimeUnit::Second && fraction != 0)
      bits |= bit_of(TimeUnit::Millisecond) | bit_of(TimeUnit::Microsecond);
    if (unit == TimeUnit::Hour) unit_ = TimeUnit::Day;
    return sum_.add(unit, whole, fraction);
  }

  const int mask_;
  const bool is_standard_;
  uint32_t seen_ = 0;
  TimeUnit unit_ = TimeUnit::Ignored;  // of the number to the left; Ignored: by the fields
  bool is_ago_ = false, force_negative_ = false;
};

// P1Y2M3DT4H5M6.7S, P1W, P0001-02-03T04:05:06, P00010203T040506
class IsoIntervalReader {
 public:
  InputFault read(std::string_view text) {
    if (text.size() < 2 || text[0] != 'P') return InputFault::BadFormat;
    text.remove_prefix(1);
    bool in_date = true, has_any = false, has_time_mark = false;
    while (!text.empty()) {
      if (text[0] == 'T') {
        in_date = false;
        has_any = false;
        has_time_mark = true;
        text.remove_prefix(1);
        continue;
      }
      int64_t whole = 0;
      double fraction = 0;
      bool is_negative = false;
      size_t stop = 0;
      if (InputFault fault = read_signed(text, whole, fraction, is_negative, stop);
          fault != InputFault::None) {
        return fault;
      }
      char unit = stop < text.size() ? text[stop] : '\0';
      bool is_alternative = unit == '-' || unit == ':' || unit == '\0' || unit == 'T';
      if (is_alternative) {
        if (has_any) return InputFault::BadFormat;
        if (InputFault fault = in_date ? read_alternative_date(text) : read_alternative_time(text);
            fault != InputFault::None) {
          return fault;
        }
        has_any = true;
        continue;
      }
      has_any = true;
      text.remove_prefix(stop + 1);
      TimeUnit found = in_date ? date_unit(unit) : time_unit(unit);
      if (found == TimeUnit::Unknown) return InputFault::BadFormat;
      if (InputFault fault = sum_.add(found, whole, fraction); fault != InputFault::None) return fault;
    }
    return has_any || has_time_mark ? InputFault::None : InputFault::BadFormat;
  }

  IntervalReading sum_;

 private:
  static TimeUnit date_unit(char unit) {
    switch (unit) {
      case 'Y':
        return TimeUnit::Year;
      case 'M':
        return TimeUnit::Month;
      case 'W':
        return TimeUnit::Week;
      case 'D':
        return TimeUnit::Day;
      default:
        return TimeUnit::Unknown;
    }
  }
  static TimeUnit time_unit(char unit) {
    switch (unit) {
      case 'H':
        return TimeUnit::Hour;
      case 'M':
        return TimeUnit::Minute;
      case 'S':
        return TimeUnit::Second;
      default:
        return TimeUnit::Unknown;
    }
  }

  // Parts divided by `separator`, or eight (six) digits in one.
  InputFault read_parts(std::string_view& text, char separator, const TimeUnit (&units)[3]) {
    for (int i = 0; i < 3; i++) {
      int64_t whole = 0;
      double fraction = 0;
      bool is_negative = false;
      size_t stop = 0;
      if (InputFault fault = read_signed(text, whole, fraction, is_negative, stop);
          fault != InputFault::None) {
        return fault;
      }
      bool ends = stop == text.size() || text[stop] == 'T';
      if (i == 0 && ends && stop == (separator == '-' ? 8u : 6u)) {
        int64_t low = whole % 100, middle = whole / 100 % 100, high = whole / 10'000;
        text.remove_prefix(stop);
        sum_.add(units[0], high, 0);
        sum_.add(units[1], middle, 0);
        return sum_.add(units[2], low, fraction);
      }
      if (InputFault fault = sum_.add(units[i], whole, fraction); fault != InputFault::None) return fault;
      text.remove_prefix(stop);
      if (ends) return InputFault::None;
      if (text[0] != separator || i == 2) return InputFault::BadFormat;
      text.remove_prefix(1);
    }
    return InputFault::BadFormat;
  }
  InputFault read_alternative_date(std::string_view& text) {
    return read_parts(text, '-', {TimeUnit::Year, TimeUnit::Month, TimeUnit::Day});
  }
  InputFault read_alternative_time(std::string_view& text) {
    return read_parts(text, ':', {TimeUnit::Hour, TimeUnit::Minute, TimeUnit::Second});
  }
};

}  // namespace

Result<Interval> parse_interval(std::string_view text, const Type& type, const EvalContext& context) {
  IntervalReader reader(type.precision, context.interval_style == "sql_standard");
  InputFault fault = reader.read(text);
  IntervalReading sum = reader.sum_;
  if (fault == InputFault::BadFormat) {
    IsoIntervalReader iso;
    fault = iso.read(text);
    sum = iso.sum_;
  }
  if (fault == InputFault::FieldOverflow) fault = InputFault::IntervalOverflow;
  if (fault != InputFault::None) return input_error(fault, text, "interval");
  Interval made = TRY(sum.finish(text));
  return apply_interval_fields(made, type);
}

}  // namespace rowan
