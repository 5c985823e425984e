// types/date_time_input.cpp: reads dates, times and timestamps in every form that PostgreSQL takes: what a
// number means follows from what was read before it and from DateStyle's order.
#include <charconv>

#include "types/date_time.h"
#include "types/date_time_fields.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

enum PartBit : uint32_t {
  kYearBit = 1,
  kMonthBit = 2,
  kDayBit = 4,
  kTimeBit = 8,
  kZoneBit = 16,
  kOtherBit = 32
};
constexpr uint32_t kDateBits = kYearBit | kMonthBit | kDayBit;

bool is_all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int> small_number(std::string_view text) {
  int value = 0;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// Collects the parts of one value.
class DateTimeReader {
 public:
  DateTimeReader(const EvalContext& context, bool is_time_alone)
      : context_(context), is_time_alone_(is_time_alone) {
    order_ = parse_date_style(context.date_style).value_or(DateStyle{}).order;
  }

  InputFault read(std::string_view text) {
    std::vector<InputField> fields;
    // PostgreSQL keeps at most 25 fields.
    if (!cut_input(text, fields) || fields.empty() || fields.size() > 25) return InputFault::BadFormat;
    for (size_t i = 0; i < fields.size(); i++) {
      uint32_t bits = 0;
      if (InputFault fault = read_field(fields, i, bits); fault != InputFault::None) return fault;
      if (bits & parts_) return InputFault::BadFormat;
      parts_ |= bits;
    }
    if (reserved_) return InputFault::None;
    return complete();
  }

  std::optional<ReservedWord> reserved_;
  DateTime fields_;
  bool has_date() const { return (parts_ & kDateBits) == kDateBits; }
  bool has_time() const { return (parts_ & kTimeBit) != 0; }
  bool has_zone() const { return (parts_ & kZoneBit) != 0; }
  std::string bad_zone_;

  // Of the local time in fields_.
  Result<int32_t> offset(int64_t local) const {
    if (zone_) return zone_->offset_of_local(local) + dst_offset_;
    if (has_zone()) return zone_offset_ + dst_offset_;
    TimeZone zone = TRY(TimeZone::of_session(context_));
    return zone.offset_of_local(local);
  }

 private:
  InputFault read_field(std::vector<InputField>& fields, size_t i, uint32_t& bits) {
    InputField& field = fields[i];
    switch (field.kind) {
      case InputKind::Date:
        return read_date_field(field.text, bits);
      case InputKind::Time: {
        if (prefix_ == 't') prefix_ = 0;
        if (prefix_ != 0) return InputFault::BadFormat;
        bits = kTimeBit;
        return read_time(field.text);
      }
      case InputKind::Zone:
        bits = kZoneBit;
        return read_zone(field.text);
      case InputKind::Number:
        return read_number_field(field.text, bits);
      case InputKind::Text:
      case InputKind::Special:
        return read_word(fields, i, bits);
    }
    return InputFault::BadFormat;
  }

  // ---- words ----

  InputFault read_word(std::vector<InputField>& fields, size_t i, uint32_t& bits) {
    const std::string& word = fields[i].text;
    if (const ZoneAbbreviation* zone = find_zone_abbreviation(word)) {
      bits = kZoneBit;
      zone_offset_ = zone->offset;
      return InputFault::None;
    }
    DateWord found = find_date_word(word);
    switch (found.kind) {
      case DateWordKind::Ignored:
        return InputFault::None;
      case DateWordKind::Reserved: {
        auto reserved = static_cast<ReservedWord>(found.value);
        if (reserved == ReservedWord::AllBalls) {
          bits = kTimeBit | kZoneBit;
          zone_offset_ = 0;
          return InputFault::None;
        }
        // now and today take a time or a zone beside them; the others stand alone.
        if (reserved == ReservedWord::Today || reserved == ReservedWord::Tomorrow ||
            reserved == ReservedWord::Yesterday) {
          return read_day_word(reserved, bits);
        }
        reserved_ = reserved;
        if (reserved == ReservedWord::Now) bits = kDateBits | kTimeBit | kZoneBit;
        return InputFault::None;
      }
      case DateWordKind::Month:
        // A number before it, taken for the month, was the day.
        if ((parts_ & kMonthBit) != 0 && !has_month_word_ && (parts_ & kDayBit) == 0 && fields_.month >= 1 &&
            fields_.month <= 31) {
          fields_.day = fields_.month;
          bits = kDayBit;
        } else {
          bits = kMonthBit;
        }
        has_month_word_ = true;
        fields_.month = found.value;
        return InputFault::None;
      case DateWordKind::Dst:
        is_dst_ = true;
        dst_offset_ = 3600;
        return InputFault::None;
      case DateWordKind::Weekday:
        bits = kOtherBit;
        return InputFault::None;
      case DateWordKind::Meridian:
        meridian_ = found.value;
        return InputFault::None;
      case DateWordKind::Era:
        is_bc_ = found.value == 1;
        return InputFault::None;
      case DateWordKind::Unit:
        if (found.value == 0) return InputFault::BadFormat;
        if (found.value == 't') {
          if (!is_time_alone_ && !has_date()) return InputFault::BadFormat;
          if (i + 1 >= fields.size()) return InputFault::BadFormat;
          InputKind next = fields[i + 1].kind;
          if (next != InputKind::Number && next != InputKind::Time && next != InputKind::Date)
            return InputFault::BadFormat;
        }
        prefix_ = found.value;
        return InputFault::None;
      case DateWordKind::Unknown:
        break;
    }
    std::optional<TimeZone> zone = fields[i].kind == InputKind::Text ? TimeZone::find(word) : std::nullopt;
    if (!zone) return InputFault::BadFormat;
    zone_ = zone;
    bits = kZoneBit;
    return InputFault::None;
  }

  InputFault read_day_word(ReservedWord word, uint32_t& bits) {
    Result<int64_t> local = local_of_zoned(context_.transaction_start_us, context_);
    if (!local.ok()) return InputFault::BadFormat;
    int64_t days = floor_divide(*local, kUsecPerDay);
    if (word == ReservedWord::Tomorrow) days++;
    if (word == ReservedWord::Yesterday) days--;
    DateTime today = civil_of_days(days);
    fields_.year = today.year;
    fields_.month = today.month;
    fields_.day = today.day;
    is_word_date_ = true;
    bits = kDateBits;
    return InputFault::None;
  }

  // ---- zones and times ----

  InputFault read_zone(std::string_view text) {
    bool is_negative = text[0] == '-';
    text.remove_prefix(1);
    int parts[3] = {0, 0, 0}, count = 0;
    bool has_colon = text.find(':') != std::string_view::npos;
    std::string_view rest = text;
    while (!rest.empty() && count < 3) {
      size_t end = rest.find(':');
      std::optional<int> part = small_number(rest.substr(0, end));
      if (!part) return InputFault::BadFormat;
      parts[count++] = *part;
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    if (!rest.empty() || count == 0) return InputFault::BadFormat;
    if (!has_colon && text.size() > 2) {
      parts[1] = parts[0] % 100;
      parts[0] /= 100;
    }
    if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) return InputFault::ZoneOverflow;
    zone_offset_ = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    if (is_negative) zone_offset_ = -zone_offset_;
    return InputFault::None;
  }

  InputFault read_time(std::string_view text) {
    ClockTime time;
    if (InputFault fault = read_clock(text, false, time); fault != InputFault::None) return fault;
    if (time.hour > 24) return InputFault::FieldOverflow;
    fields_.hour = static_cast<int>(time.hour);
    fields_.minute = time.minute;
    fields_.second = time.second;
    fields_.microsecond = time.microsecond;
    if (time_of(fields_) > kUsecPerDay) return InputFault::FieldOverflow;
    return InputFault::None;
  }

  // ---- dates and numbers ----

  InputFault read_date_field(std::string& text, uint32_t& bits) {
    if (prefix_ == 'j') return InputFault::BadFormat;
    bool has_day_already = (parts_ & (kMonthBit | kDayBit)) == (kMonthBit | kDayBit);
    if (!has_day_already && prefix_ == 0 &&
        !(is_time_alone_ && !text.empty() && !is_all_digits(text.substr(0, 1)))) {
      if (is_time_alone_ && (parts_ & kTimeBit) != 0 && !is_all_digits(text.substr(0, 1)))
        return read_named_zone(text, bits);
      return read_whole_date(text, bits);
    }
    if (is_all_digits(text.substr(0, 1)) || prefix_ != 0) {
      // hhmmss-zz
      prefix_ = 0;
      size_t dash = text.find('-');
      if (dash == std::string::npos) return InputFault::BadFormat;
      if (InputFault fault = read_zone(text.substr(dash)); fault != InputFault::None) return fault;
      if (InputFault fault = read_joined(text.substr(0, dash), parts_ | kDateBits, bits);
          fault != InputFault::None) {
        return fault;
      }
      bits |= kZoneBit;
      return InputFault::None;
    }
    return read_named_zone(text, bits);
  }

  InputFault read_named_zone(const std::string& text, uint32_t& bits) {
    zone_ = TimeZone::find(text);
    bits = kZoneBit;
    if (zone_) return InputFault::None;
    bad_zone_ = text;
    return InputFault::BadZone;
  }

  // 1999-01-08, 8-Jan-99 …
  InputFault read_whole_date(std::string_view text, uint32_t& bits) {
    std::vector<std::string_view> pieces;
    size_t at = 0;
    auto is_part = [&](size_t i) {
      char c = text[i];
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    };
    while (at < text.size()) {
      while (at < text.size() && !is_part(at)) at++;
      if (at == text.size()) return InputFault::BadFormat;
      size_t begin = at;
      bool is_digits = text[at] >= '0' && text[at] <= '9';
      while (at < text.size() && is_part(at) && (text[at] >= '0' && text[at] <= '9') == is_digits) at++;
      pieces.push_back(text.substr(begin, at - begin));
      if (pieces.size() > 3) return InputFault::BadFormat;
      if (at < text.size() && !is_part(at)) at++;
    }
    uint32_t found = 0;
    bool had_word = has_month_word_;
    for (std::string_view& piece : pieces) {
      if (is_all_digits(piece)) continue;
      DateWord word = find_date_word(piece);
      if (word.kind == DateWordKind::Ignored) continue;
      if (word.kind != DateWordKind::Month || (found & kMonthBit)) return InputFault::BadFormat;
      fields_.month = word.value;
      has_month_word_ = true;
      found |= kMonthBit;
      piece = {};
    }
    for (std::string_view piece : pieces) {
      if (piece.empty()) continue;
      uint32_t one = 0;
      if (InputFault fault = read_number(piece, parts_ | found, one); fault != InputFault::None) return fault;
      if (one & found) return InputFault::BadFormat;
      found |= one;
    }
    has_month_word_ = had_word;
    // It is whole by itself, and nothing but a zone stands before it.
    if (((parts_ | found) & ~kZoneBit) != kDateBits || meridian_ >= 0) return InputFault::BadFormat;
    bits = found;
    return InputFault::None;
  }

  InputFault read_number_field(std::string& text, uint32_t& bits) {
    if (prefix_ == 'j') {
      prefix_ = 0;
      return read_julian(text, bits);
    }
    if (prefix_ == 't') {
      prefix_ = 0;
      InputFault fault = read_joined(text, parts_ | kDateBits, bits);
      return fault == InputFault::None && bits != kTimeBit ? InputFault::BadFormat : fault;
    }
    size_t point = text.find('.');
    if (point != std::string::npos && (parts_ & kDateBits) == 0 && !is_time_alone_) {
      return read_whole_date(text, bits);
    }
    if (point != std::string::npos && point > 2) return read_joined(text, parts_, bits);
    // Six digits and more are a whole date or time, if one of them is still missing and something is known.
    if (text.size() >= 6 && ((parts_ & kDateBits) == 0 || (parts_ & kTimeBit) == 0)) {
      return read_joined(text, is_time_alone_ ? parts_ | kDateBits : parts_, bits);
    }
    if (is_time_alone_)
      return text.size() == 4 ? read_joined(text, parts_ | kDateBits, bits) : InputFault::BadFormat;
    return read_number(text, parts_, bits);
  }

  InputFault read_julian(std::string_view text, uint32_t& bits) {
    size_t point = text.find('.');
    std::optional<int> day = small_number(text.substr(0, point));
    if (!day) return InputFault::BadFormat;
    DateTime civil = civil_of_days(*day - kJulianOfEpoch);
    fields_.year = civil.year;
    fields_.month = civil.month;
    fields_.day = civil.day;
    is_word_date_ = true;
    bits = kDateBits;
    if (point == std::string_view::npos) return InputFault::None;
    double fraction = 0;
    std::from_chars(text.data() + point, text.data() + text.size(), fraction);
    DateTime time = date_time_of(static_cast<int64_t>(fraction * static_cast<double>(kUsecPerDay)));
    fields_.hour = time.hour;
    fields_.minute = time.minute;
    fields_.second = time.second;
    fields_.microsecond = time.microsecond;
    bits |= kTimeBit;
    return InputFault::None;
  }

  // One number of a date: which one, follows from what is known.
  InputFault read_number(std::string_view text, uint32_t known, uint32_t& bits) {
    size_t point = text.find('.');
    if (point != std::string_view::npos) {
      if (point > 2) return read_joined(text, known, bits);
      return InputFault::BadFormat;
    }
    std::optional<int> value = small_number(text);
    if (!value) return InputFault::FieldOverflow;
    if (text.size() == 3 && (known & kDateBits) == kYearBit && *value >= 1 && *value <= 366) {
      is_day_of_year_ = true;
      day_of_year_ = *value;
      bits = kMonthBit | kDayBit;
      return InputFault::None;
    }
    bool looks_like_year = text.size() >= 3 || order_ == DateOrder::Ymd;
    switch (known & kDateBits) {
      case 0:
        bits = looks_like_year ? kYearBit : order_ == DateOrder::Dmy ? kDayBit : kMonthBit;
        break;
      case kYearBit:
        bits = kMonthBit;
        break;
      case kMonthBit:
        bits = has_month_word_ && looks_like_year ? kYearBit : kDayBit;
        break;
      case kYearBit | kMonthBit:
        bits = kDayBit;
        if (has_month_word_ && text.size() >= 3 && is_short_year_) {
          // 08-Jan-1999 in YMD: the first number was the day.
          fields_.day = static_cast<int>(fields_.year);
          fields_.year = *value;
          is_short_year_ = false;
          return InputFault::None;
        }
        break;
      case kDayBit:
        bits = kMonthBit;
        break;
      case kMonthBit | kDayBit:
        bits = kYearBit;
        break;
      default:
        return read_joined(text, known, bits);
    }
    if (bits == kYearBit) {
      fields_.year = *value;
      is_short_year_ = text.size() <= 2;
    } else if (bits == kMonthBit) {
      fields_.month = *value;
    } else {
      fields_.day = *value;
    }
    return InputFault::None;
  }

  // 19990108, 040506, 0405, 040506.789
  InputFault read_joined(std::string_view text, uint32_t known, uint32_t& bits) {
    size_t point = text.find('.');
    std::string_view digits = text.substr(0, point);
    if (point == std::string_view::npos && (known & kDateBits) != kDateBits) {
      if (digits.size() < 6) return InputFault::BadFormat;
      size_t year_digits = digits.size() - 4;
      std::optional<int> year = small_number(digits.substr(0, year_digits));
      if (!year) return InputFault::FieldOverflow;
      fields_.year = *year;
      fields_.month = small_number(digits.substr(year_digits, 2)).value_or(0);
      fields_.day = small_number(digits.substr(year_digits + 2)).value_or(0);
      is_short_year_ = year_digits == 2;
      bits = kDateBits;
      return InputFault::None;
    }
    if ((known & kTimeBit) != 0 || (digits.size() != 6 && digits.size() != 4)) return InputFault::BadFormat;
    fields_.hour = small_number(digits.substr(0, 2)).value_or(0);
    fields_.minute = small_number(digits.substr(2, 2)).value_or(0);
    fields_.second = digits.size() == 6 ? small_number(digits.substr(4)).value_or(0) : 0;
    fields_.microsecond = 0;
    if (point != std::string_view::npos && point + 1 < text.size()) {
      double fraction = 0;
      std::from_chars(text.data() + point, text.data() + text.size(), fraction);
      fields_.microsecond = static_cast<int>(__builtin_rint(fraction * 1e6));
    }
    if (fields_.hour > 24 || fields_.minute > 59 || fields_.second > 60 || time_of(fields_) > kUsecPerDay) {
      return InputFault::FieldOverflow;
    }
    bits = kTimeBit;
    return InputFault::None;
  }

  // ---- at the end ----

  InputFault complete() {
    if (prefix_ != 0 || (is_dst_ && !has_zone())) return InputFault::BadFormat;
    // Whether its clocks are ahead, only a date tells.
    if (is_time_alone_ && zone_ && !zone_->is_fixed()) return InputFault::BadFormat;
    if (InputFault fault = check_date(); fault != InputFault::None) return fault;
    if (meridian_ >= 0) {
      if (fields_.hour > 12) return InputFault::FieldOverflow;
      if (meridian_ == 0 && fields_.hour == 12) fields_.hour = 0;
      if (meridian_ == 1 && fields_.hour != 12) fields_.hour += 12;
    }
    if (is_time_alone_) return (parts_ & kTimeBit) != 0 ? InputFault::None : InputFault::BadFormat;
    return has_date() ? InputFault::None : InputFault::BadFormat;
  }

  InputFault check_date() {
    if ((parts_ & kYearBit) != 0 && !is_word_date_) {
      if (is_bc_) {
        if (fields_.year <= 0) return InputFault::FieldOverflow;
        fields_.year = 1 - fields_.year;
      } else if (is_short_year_) {
        fields_.year += fields_.year < 70 ? 2000 : 1900;
      } else if (fields_.year <= 0) {
        return InputFault::FieldOverflow;
      }
    }
    if (is_day_of_year_) {
      DateTime civil = civil_of_days(days_of_civil(fields_.year, 1, 1) + day_of_year_ - 1);
      fields_.year = civil.year;
      fields_.month = civil.month;
      fields_.day = civil.day;
    }
    if ((parts_ & kMonthBit) != 0 && (fields_.month < 1 || fields_.month > 12))
      return InputFault::MonthDayOverflow;
    if ((parts_ & kDayBit) != 0 && (fields_.day < 1 || fields_.day > 31)) return InputFault::MonthDayOverflow;
    if (has_date() && fields_.day > days_in_month(fields_.year, fields_.month))
      return InputFault::FieldOverflow;
    return InputFault::None;
  }

  const EvalContext& context_;
  const bool is_time_alone_;
  DateOrder order_;
  uint32_t parts_ = 0;
  int prefix_ = 0;     // 'j': a Julian day comes; 't': a time comes
  int meridian_ = -1;  // 0 AM, 1 PM
  bool is_bc_ = false, is_short_year_ = false, has_month_word_ = false, is_day_of_year_ = false;
  bool is_word_date_ = false;  // the year is astronomical already
  int day_of_year_ = 0;
  bool is_dst_ = false;
  int32_t zone_offset_ = 0, dst_offset_ = 0;
  std::optional<TimeZone> zone_;
};

// What the words that stand for a whole value mean, as a TIMESTAMPTZ.
int64_t reserved_timestamp(ReservedWord word, const EvalContext& context) {
  switch (word) {
    case ReservedWord::Infinity:
      return kTimestampInfinity;
    case ReservedWord::MinusInfinity:
      return kTimestampMinusInfinity;
    case ReservedWord::Epoch:
      return kUnixEpochDays * kUsecPerDay;
    default:
      return context.transaction_start_us;
  }
}

}  // namespace

Result<int32_t> parse_date(std::string_view text, const EvalContext& context) {
  DateTimeReader reader(context, false);
  InputFault fault = reader.read(text);
  if (fault != InputFault::None) return input_error(fault, text, "date", reader.bad_zone_);
  if (reader.reserved_) {
    int64_t moment = reserved_timestamp(*reader.reserved_, context);
    if (*reader.reserved_ == ReservedWord::Now) moment = TRY(local_of_zoned(moment, context));
    return date_of_timestamp(moment);
  }
  int64_t days = days_of_civil(reader.fields_.year, reader.fields_.month, reader.fields_.day);
  if (days < kDateMin || days >= kDateEnd) {
    return Error(sqlstate::datetime_field_overflow, "date out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> parse_time(std::string_view text, const EvalContext& context) {
  DateTimeReader reader(context, true);
  InputFault fault = reader.read(text);
  // A date may stand before the time; then it is read as a timestamp.
  if (fault != InputFault::None) {
    DateTimeReader whole(context, false);
    InputFault whole_fault = whole.read(text);
    if (whole_fault == InputFault::None && !whole.reserved_ && whole.has_time())
      return time_of(whole.fields_);
    return input_error(fault, text, "time", reader.bad_zone_);
  }
  if (reader.reserved_) {
    if (*reader.reserved_ != ReservedWord::Now) return input_error(InputFault::BadFormat, text, "time");
    int64_t local = TRY(local_of_zoned(context.transaction_start_us, context));
    return local - floor_divide(local, kUsecPerDay) * kUsecPerDay;
  }
  return time_of(reader.fields_);
}

Result<int64_t> parse_timestamp(std::string_view text, const EvalContext& context) {
  DateTimeReader reader(context, false);
  InputFault fault = reader.read(text);
  if (fault != InputFault::None) return input_error(fault, text, "timestamp", reader.bad_zone_);
  if (reader.reserved_) {
    int64_t moment = reserved_timestamp(*reader.reserved_, context);
    if (*reader.reserved_ == ReservedWord::Now) return local_of_zoned(moment, context);
    return moment;
  }
  std::optional<int64_t> made = timestamp_of(reader.fields_);
  if (made) return *made;
  return Error(sqlstate::datetime_field_overflow, "timestamp out of range: \"" + std::string(text) + "\"");
}

Result<int64_t> parse_timestamptz(std::string_view text, const EvalContext& context) {
  DateTimeReader reader(context, false);
  InputFault fault = reader.read(text);
  if (fault != InputFault::None)
    return input_error(fault, text, "timestamp with time zone", reader.bad_zone_);
  if (reader.reserved_) return reserved_timestamp(*reader.reserved_, context);
  // Local times beyond the range may be within it in UTC.
  const DateTime& fields = reader.fields_;
  int64_t days = days_of_civil(fields.year, fields.month, fields.day), local = 0;
  if (fields.year < 300'000 && !__builtin_mul_overflow(days, kUsecPerDay, &local) &&
      !__builtin_add_overflow(local, time_of(fields), &local)) {
    int32_t offset = TRY(reader.offset(local));
    int64_t utc = local - offset * kUsecPerSecond;
    if (is_valid_timestamp(utc)) return utc;
  }
  return Error(sqlstate::datetime_field_overflow, "timestamp out of range: \"" + std::string(text) + "\"");
}

}  // namespace rowan
