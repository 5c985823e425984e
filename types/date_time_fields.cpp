#include "types/date_time_fields.h"

#include <algorithm>
#include <charconv>

#include "types/date_time.h"
#include "types/text_form.h"

namespace rowan {

namespace {

bool is_input_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_input_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_input_punctuation(char c) {
  return c > ' ' && c < 127 && !is_input_digit(c) && !is_input_letter(c);
}
char lower_input(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr size_t kWordLettersMax = 10;  // words are compared by so many letters

// Reads fields off `text` one after the other.
class InputCutter {
 public:
  InputCutter(std::string_view text, std::vector<InputField>& fields) : text_(text), fields_(fields) {}

  bool cut() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (is_ascii_space(c)) {
        at_++;
      } else if (is_input_digit(c)) {
        cut_number();
      } else if (c == '.') {
        begin(InputKind::Number);
        take();
        take_digits();
      } else if (is_input_letter(c)) {
        cut_word();
      } else if (c == '+' || c == '-') {
        if (!cut_signed()) return false;
      } else if (is_input_punctuation(c)) {
        at_++;
      } else {
        return false;
      }
    }
    return true;
  }

 private:
  char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  InputField& field() { return fields_.back(); }
  void begin(InputKind kind) { fields_.push_back({kind, ""}); }
  void take() { field().text += lower_input(text_[at_++]); }
  void take_digits() {
    while (is_input_digit(now())) take();
  }

  // 04:05:06 · 1999-01-08 · 8.Jan.99 · 12.5 · 19990108
  void cut_number() {
    begin(InputKind::Number);
    take_digits();
    if (now() == ':') {
      field().kind = InputKind::Time;
      while (is_input_digit(now()) || now() == ':' || now() == '.') take();
      return;
    }
    char delimiter = now();
    if (delimiter != '-' && delimiter != '/' && delimiter != '.') return;
    take();
    if (is_input_digit(now())) {
      field().kind = delimiter == '.' ? InputKind::Number : InputKind::Date;
      take_digits();
      if (now() == delimiter) {
        field().kind = InputKind::Date;
        take();
        while (is_input_digit(now()) || now() == delimiter) take();
      }
    } else {
      field().kind = InputKind::Date;
      while (is_input_letter(now()) || is_input_digit(now()) || now() == delimiter) take();
    }
  }

  // january · Jan-08-1999 · America/New_York · GMT+3 · t0405
  void cut_word() {
    begin(InputKind::Text);
    while (is_input_letter(now())) take();
    bool is_date = now() == '-' || now() == '/' || now() == '.';
    // A sign or a digit goes on a name that is no word of ours: a time zone.
    if (now() == '+' || is_input_digit(now())) {
      is_date = find_date_word(field().text).kind == DateWordKind::Unknown;
    }
    if (!is_date) return;
    field().kind = InputKind::Date;
    do {
      take();
    } while (now() == '+' || now() == '-' || now() == '/' || now() == '_' || now() == '.' || now() == ':' ||
             is_input_letter(now()) || is_input_digit(now()));
  }

  bool cut_signed() {
    begin(InputKind::Zone);
    take();
    while (is_ascii_space(now())) at_++;
    if (is_input_digit(now())) {
      take();
      while (is_input_digit(now()) || now() == ':' || now() == '.' || now() == '-') take();
      return true;
    }
    if (!is_input_letter(now())) return false;
    field().kind = InputKind::Special;
    while (is_input_letter(now())) take();
    return true;
  }

  std::string_view text_;
  std::vector<InputField>& fields_;
  size_t at_ = 0;
};

constexpr int reserved(ReservedWord word) {
  return static_cast<int>(word);
}

// Sorted. A unit of value 0 only ends a word that a digit follows: 1y2mon.
constexpr DateWord kDateWords[] = {
    {"-infinity", DateWordKind::Reserved, reserved(ReservedWord::MinusInfinity)},
    {"ad", DateWordKind::Era, 0},
    {"allballs", DateWordKind::Reserved, reserved(ReservedWord::AllBalls)},
    {"am", DateWordKind::Meridian, 0},
    {"apr", DateWordKind::Month, 4},
    {"april", DateWordKind::Month, 4},
    {"at", DateWordKind::Ignored, 0},
    {"aug", DateWordKind::Month, 8},
    {"august", DateWordKind::Month, 8},
    {"bc", DateWordKind::Era, 1},
    {"d", DateWordKind::Unit, 0},
    {"dec", DateWordKind::Month, 12},
    {"december", DateWordKind::Month, 12},
    {"dst", DateWordKind::Dst, 0},
    {"epoch", DateWordKind::Reserved, reserved(ReservedWord::Epoch)},
    {"feb", DateWordKind::Month, 2},
    {"february", DateWordKind::Month, 2},
    {"fri", DateWordKind::Weekday, 5},
    {"friday", DateWordKind::Weekday, 5},
    {"h", DateWordKind::Unit, 0},
    {"infinity", DateWordKind::Reserved, reserved(ReservedWord::Infinity)},
    {"j", DateWordKind::Unit, 'j'},
    {"jan", DateWordKind::Month, 1},
    {"january", DateWordKind::Month, 1},
    {"jd", DateWordKind::Unit, 'j'},
    {"jul", DateWordKind::Month, 7},
    {"julian", DateWordKind::Unit, 'j'},
    {"july", DateWordKind::Month, 7},
    {"jun", DateWordKind::Month, 6},
    {"june", DateWordKind::Month, 6},
    {"m", DateWordKind::Unit, 0},
    {"mar", DateWordKind::Month, 3},
    {"march", DateWordKind::Month, 3},
    {"may", DateWordKind::Month, 5},
    {"mm", DateWordKind::Unit, 0},
    {"mon", DateWordKind::Weekday, 1},
    {"monday", DateWordKind::Weekday, 1},
    {"nov", DateWordKind::Month, 11},
    {"november", DateWordKind::Month, 11},
    {"now", DateWordKind::Reserved, reserved(ReservedWord::Now)},
    {"oct", DateWordKind::Month, 10},
    {"october", DateWordKind::Month, 10},
    {"on", DateWordKind::Ignored, 0},
    {"pm", DateWordKind::Meridian, 1},
    {"s", DateWordKind::Unit, 0},
    {"sat", DateWordKind::Weekday, 6},
    {"saturday", DateWordKind::Weekday, 6},
    {"sep", DateWordKind::Month, 9},
    {"sept", DateWordKind::Month, 9},
    {"september", DateWordKind::Month, 9},
    {"sun", DateWordKind::Weekday, 0},
    {"sunday", DateWordKind::Weekday, 0},
    {"t", DateWordKind::Unit, 't'},
    {"thu", DateWordKind::Weekday, 4},
    {"thur", DateWordKind::Weekday, 4},
    {"thurs", DateWordKind::Weekday, 4},
    {"thursday", DateWordKind::Weekday, 4},
    {"today", DateWordKind::Reserved, reserved(ReservedWord::Today)},
    {"tomorrow", DateWordKind::Reserved, reserved(ReservedWord::Tomorrow)},
    {"tue", DateWordKind::Weekday, 2},
    {"tues", DateWordKind::Weekday, 2},
    {"tuesday", DateWordKind::Weekday, 2},
    {"wed", DateWordKind::Weekday, 3},
    {"wednesday", DateWordKind::Weekday, 3},
    {"weds", DateWordKind::Weekday, 3},
    {"y", DateWordKind::Unit, 0},
    {"yesterday", DateWordKind::Reserved, reserved(ReservedWord::Yesterday)},
};

struct UnitWord {
  std::string_view word;
  TimeUnit unit;
};

constexpr UnitWord kIntervalUnits[] = {
    {"@", TimeUnit::Ignored},
    {"ago", TimeUnit::Ago},
    {"c", TimeUnit::Century},
    {"cent", TimeUnit::Century},
    {"centuries", TimeUnit::Century},
    {"century", TimeUnit::Century},
    {"d", TimeUnit::Day},
    {"day", TimeUnit::Day},
    {"days", TimeUnit::Day},
    {"dec", TimeUnit::Decade},
    {"decade", TimeUnit::Decade},
    {"decades", TimeUnit::Decade},
    {"decs", TimeUnit::Decade},
    {"h", TimeUnit::Hour},
    {"hour", TimeUnit::Hour},
    {"hours", TimeUnit::Hour},
    {"hr", TimeUnit::Hour},
    {"hrs", TimeUnit::Hour},
    {"m", TimeUnit::Minute},
    {"microsecon", TimeUnit::Microsecond},
    {"mil", TimeUnit::Millennium},
    {"millennia", TimeUnit::Millennium},
    {"millennium", TimeUnit::Millennium},
    {"millisecon", TimeUnit::Millisecond},
    {"mils", TimeUnit::Millennium},
    {"min", TimeUnit::Minute},
    {"mins", TimeUnit::Minute},
    {"minute", TimeUnit::Minute},
    {"minutes", TimeUnit::Minute},
    {"mon", TimeUnit::Month},
    {"mons", TimeUnit::Month},
    {"month", TimeUnit::Month},
    {"months", TimeUnit::Month},
    {"ms", TimeUnit::Millisecond},
    {"msec", TimeUnit::Millisecond},
    {"mseconds", TimeUnit::Millisecond},
    {"msecs", TimeUnit::Millisecond},
    {"qtr", TimeUnit::Quarter},
    {"quarter", TimeUnit::Quarter},
    {"s", TimeUnit::Second},
    {"sec", TimeUnit::Second},
    {"second", TimeUnit::Second},
    {"seconds", TimeUnit::Second},
    {"secs", TimeUnit::Second},
    {"us", TimeUnit::Microsecond},
    {"usec", TimeUnit::Microsecond},
    {"usecond", TimeUnit::Microsecond},
    {"useconds", TimeUnit::Microsecond},
    {"usecs", TimeUnit::Microsecond},
    {"w", TimeUnit::Week},
    {"week", TimeUnit::Week},
    {"weeks", TimeUnit::Week},
    {"y", TimeUnit::Year},
    {"year", TimeUnit::Year},
    {"years", TimeUnit::Year},
    {"yr", TimeUnit::Year},
    {"yrs", TimeUnit::Year},
};

constexpr UnitWord kPartWords[] = {
    {"dow", TimeUnit::DayOfWeek},
    {"isodow", TimeUnit::IsoDayOfWeek},
    {"doy", TimeUnit::DayOfYear},
    {"isoyear", TimeUnit::IsoYear},
    {"julian", TimeUnit::Julian},
    {"epoch", TimeUnit::Epoch},
    {"timezone", TimeUnit::TimeZone},
    {"timezone_h", TimeUnit::TimeZoneHour},
    {"timezone_m", TimeUnit::TimeZoneMinute},
};

template <size_t N>
TimeUnit look_up_unit(const UnitWord (&words)[N], std::string_view word) {
  word = word.substr(0, kWordLettersMax);
  for (const UnitWord& candidate : words) {
    if (candidate.word == word) return candidate.unit;
  }
  return TimeUnit::Unknown;
}

}  // namespace

std::string lower_word(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = lower_input(c);
  return lower;
}

bool cut_input(std::string_view text, std::vector<InputField>& fields) {
  return InputCutter(text, fields).cut();
}

DateWord find_date_word(std::string_view word) {
  word = word.substr(0, kWordLettersMax);
  const auto* end = std::end(kDateWords);
  const auto* found =
      std::lower_bound(std::begin(kDateWords), end, word,
                       [](const DateWord& entry, std::string_view wanted) { return entry.word < wanted; });
  if (found != end && found->word == word) return *found;
  return {word, DateWordKind::Unknown, 0};
}

TimeUnit find_interval_unit(std::string_view word) {
  return look_up_unit(kIntervalUnits, word);
}

TimeUnit find_part(std::string_view word) {
  std::string lower = lower_word(word);
  TimeUnit unit = look_up_unit(kPartWords, lower);
  if (unit != TimeUnit::Unknown) return unit;
  unit = look_up_unit(kIntervalUnits, lower);
  return unit == TimeUnit::Ago || unit == TimeUnit::Ignored ? TimeUnit::Unknown : unit;
}

Error input_error(InputFault fault, std::string_view text, std::string_view type, std::string_view detail) {
  std::string quoted = "\"" + std::string(text) + "\"";
  switch (fault) {
    case InputFault::FieldOverflow:
      return Error(sqlstate::datetime_field_overflow, "date/time field value out of range: " + quoted);
    case InputFault::MonthDayOverflow:
      return Error(sqlstate::datetime_field_overflow, "date/time field value out of range: " + quoted)
          .hint("Perhaps you need a different \"datestyle\" setting.");
    case InputFault::IntervalOverflow:
      return Error(sqlstate::interval_field_overflow, "interval field value out of range: " + quoted);
    case InputFault::ZoneOverflow:
      return Error(sqlstate::invalid_time_zone_displacement_value,
                   "time zone displacement out of range: " + quoted);
    case InputFault::BadZone:
      return Error(sqlstate::invalid_parameter_value,
                   "time zone \"" + std::string(detail) + "\" not recognized");
    case InputFault::None:
    case InputFault::BadFormat:
      break;
  }
  return Error(sqlstate::invalid_datetime_format,
               "invalid input syntax for type " + std::string(type) + ": " + quoted);
}

// A fraction of a second that begins with its point, rounded to microseconds.
static InputFault read_fraction(std::string_view text, int& microsecond) {
  if (text.size() == 1) {
    microsecond = 0;
    return InputFault::None;
  }
  double fraction = 0;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), fraction);
  if (failure != std::errc() || stop != text.data() + text.size()) return InputFault::BadFormat;
  microsecond = static_cast<int>(__builtin_rint(fraction * 1e6));
  return InputFault::None;
}

InputFault read_clock(std::string_view text, bool minutes_first, ClockTime& time) {
  time = {};
  const char* end = text.data() + text.size();
  const char* at = text.data();
  auto number = [&](auto& value) {
    auto [stop, failure] = std::from_chars(at, end, value);
    at = stop;
    if (failure == std::errc::result_out_of_range) return InputFault::FieldOverflow;
    return failure == std::errc() ? InputFault::None : InputFault::BadFormat;
  };
  auto rest = [&] { return std::string_view(at, static_cast<size_t>(end - at)); };
  if (InputFault fault = number(time.hour); fault != InputFault::None) return fault;
  if (at == end || *at != ':') return InputFault::BadFormat;
  at++;
  if (InputFault fault = number(time.minute); fault != InputFault::None) return fault;
  auto shift = [&] {
    time.second = time.minute;
    time.minute = static_cast<int>(time.hour);
    time.hour = 0;
  };
  if (at == end) {
    if (minutes_first) {
      if (time.hour > 1'000'000) return InputFault::FieldOverflow;
      shift();
    }
  } else if (*at == '.') {
    if (time.hour > 1'000'000) return InputFault::FieldOverflow;
    if (InputFault fault = read_fraction(rest(), time.microsecond); fault != InputFault::None) return fault;
    shift();
  } else if (*at == ':') {
    at++;
    if (InputFault fault = number(time.second); fault != InputFault::None) return fault;
    if (at != end) {
      if (*at != '.') return InputFault::BadFormat;
      if (InputFault fault = read_fraction(rest(), time.microsecond); fault != InputFault::None) return fault;
    }
  } else {
    return InputFault::BadFormat;
  }
  if (time.hour < 0 || time.minute < 0 || time.minute > 59 || time.second < 0 || time.second > 60 ||
      time.microsecond < 0 || time.microsecond > kUsecPerSecond) {
    return InputFault::FieldOverflow;
  }
  return InputFault::None;
}

}  // namespace rowan
