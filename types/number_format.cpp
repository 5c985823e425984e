// to_char(number, format) and to_number(text, format).
//
// A format is read into elements and a summary of it (how many digits before and after the point, where zeros
// are forced, where signs go). Writing walks the elements beside the number's digits, which were rounded to
// the format first; a number that does not fit shows as '#'.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "types/build_text.h"
#include "types/lift.h"
#include "types/numeric.h"
#include "types/text_form.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

enum class NumberElement : uint8_t {
  Nine,
  Zero,
  Point,
  LocalePoint,
  Comma,
  Group,
  Currency,
  Sign,
  Minus,
  Plus,
  PlusMinus,
  Bracket,
  Roman,
  RomanLower,
  Ordinal,
  OrdinalLower,
  Shift,
  Exponent,
  Fill,
  Blank,
  Literal
};

struct NumberItem {
  NumberElement element;
  std::string text;  // of a literal: one character
};

enum class SignPlace : uint8_t { None, Before, After };

struct NumberFormat {
  std::vector<NumberItem> items;
  int before = 0, after = 0, shift = 0;  // digits
  int zero_start = 0, zero_end = 0, sign_digits = 0;
  SignPlace sign = SignPlace::None;
  bool has_point = false, has_zero = false, has_fill = false, has_sign = false, has_minus = false;
  bool has_plus = false, has_bracket = false, has_roman = false, has_shift = false, has_exponent = false;
};

struct NumberKeyword {
  std::string_view word;
  NumberElement element;
};
// Longer words before their beginnings.
constexpr NumberKeyword kNumberKeywords[] = {
    {"EEEE", NumberElement::Exponent}, {"FM", NumberElement::Fill},         {"MI", NumberElement::Minus},
    {"PL", NumberElement::Plus},       {"PR", NumberElement::Bracket},      {"RN", NumberElement::Roman},
    {"SG", NumberElement::PlusMinus},  {"TH", NumberElement::Ordinal},      {"S", NumberElement::Sign},
    {"B", NumberElement::Blank},       {"D", NumberElement::LocalePoint},   {"G", NumberElement::Group},
    {"L", NumberElement::Currency},    {"V", NumberElement::Shift},         {"0", NumberElement::Zero},
    {"9", NumberElement::Nine},        {",", NumberElement::Comma},         {".", NumberElement::Point},
    {"eeee", NumberElement::Exponent}, {"fm", NumberElement::Fill},         {"mi", NumberElement::Minus},
    {"pl", NumberElement::Plus},       {"pr", NumberElement::Bracket},      {"rn", NumberElement::RomanLower},
    {"sg", NumberElement::PlusMinus},  {"th", NumberElement::OrdinalLower}, {"s", NumberElement::Sign},
    {"b", NumberElement::Blank},       {"d", NumberElement::LocalePoint},   {"g", NumberElement::Group},
    {"l", NumberElement::Currency},    {"v", NumberElement::Shift},
};

Error number_format_error(const char* message) {
  return Error(sqlstate::syntax_error, message);
}

// What an element adds to the summary, and what it cannot stand beside.
Result<> note_element(NumberFormat& format, NumberElement element) {
  if (format.has_exponent && element != NumberElement::Exponent)
    return number_format_error("\"EEEE\" must be the last pattern used");
  constexpr const char* kSignClash = "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together";
  switch (element) {
    case NumberElement::Nine:
      if (format.has_bracket) return number_format_error("\"9\" must be ahead of \"PR\"");
      if (format.has_shift)
        ++format.shift;
      else
        ++(format.has_point ? format.after : format.before);
      break;
    case NumberElement::Zero:
      if (format.has_bracket) return number_format_error("\"0\" must be ahead of \"PR\"");
      if (!format.has_zero && !format.has_point) {
        format.has_zero = true;
        format.zero_start = format.before + 1;
      }
      ++(format.has_point ? format.after : format.before);
      format.zero_end = format.before + format.after;
      break;
    case NumberElement::LocalePoint:
    case NumberElement::Point:
      if (format.has_point) return number_format_error("multiple decimal points");
      if (format.has_shift) return number_format_error("cannot use \"V\" and decimal point together");
      format.has_point = true;
      break;
    case NumberElement::Fill:
      format.has_fill = true;
      break;
    case NumberElement::Sign:
      if (format.has_sign) return number_format_error("cannot use \"S\" twice");
      if (format.has_plus || format.has_minus || format.has_bracket) return number_format_error(kSignClash);
      format.sign = format.has_point ? SignPlace::After : SignPlace::Before;
      format.sign_digits = format.before;
      format.has_sign = true;
      break;
    case NumberElement::Minus:
      if (format.has_sign) return number_format_error("cannot use \"S\" and \"MI\" together");
      format.has_minus = true;
      break;
    case NumberElement::Plus:
      if (format.has_sign) return number_format_error("cannot use \"S\" and \"PL\" together");
      format.has_plus = true;
      break;
    case NumberElement::PlusMinus:
      if (format.has_sign) return number_format_error("cannot use \"S\" and \"SG\" together");
      format.has_minus = format.has_plus = true;
      break;
    case NumberElement::Bracket:
      if (format.has_sign || format.has_plus || format.has_minus)
        return number_format_error("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
      format.has_bracket = true;
      break;
    case NumberElement::Roman:
    case NumberElement::RomanLower:
      format.has_roman = true;
      break;
    case NumberElement::Shift:
      if (format.has_point) return number_format_error("cannot use \"V\" and decimal point together");
      format.has_shift = true;
      break;
    case NumberElement::Exponent:
      if (format.has_exponent) return number_format_error("cannot use \"EEEE\" twice");
      if (format.has_fill || format.has_sign || format.has_bracket || format.has_minus || format.has_plus ||
          format.has_roman || format.has_shift)
        return Error(sqlstate::syntax_error, "\"EEEE\" is incompatible with other formats")
            .detail("\"EEEE\" may only be used together with digit and decimal point patterns.");
      format.has_exponent = true;
      break;
    default:
      break;
  }
  return {};
}

Result<NumberFormat> read_number_format(std::string_view text) {
  NumberFormat format;
  while (!text.empty()) {
    const NumberKeyword* found = nullptr;
    for (const NumberKeyword& each : kNumberKeywords) {
      if (each.element == NumberElement::Literal || text.substr(0, each.word.size()) != each.word) continue;
      found = &each;
      break;
    }
    if (found != nullptr) {
      TRY(note_element(format, found->element));
      format.items.push_back({found->element, ""});
      text.remove_prefix(found->word.size());
      continue;
    }
    if (text[0] == '"') {
      text.remove_prefix(1);
      while (!text.empty() && text[0] != '"') {
        if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
        size_t width = std::min(utf8_width(text[0]), text.size());
        format.items.push_back({NumberElement::Literal, std::string(text.substr(0, width))});
        text.remove_prefix(width);
      }
      if (!text.empty()) text.remove_prefix(1);
      continue;
    }
    if (text[0] == '\\' && text.size() > 1 && text[1] == '"') text.remove_prefix(1);
    size_t width = std::min(utf8_width(text[0]), text.size());
    format.items.push_back({NumberElement::Literal, std::string(text.substr(0, width))});
    text.remove_prefix(width);
  }
  return format;
}

std::string roman_numeral(int64_t number) {
  if (number < 1 || number > 3999) return std::string(15, '#');
  constexpr struct {
    int value;
    const char* letters;
  } kRomanSteps[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
                     {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  std::string out;
  for (const auto& step : kRomanSteps)
    for (; number >= step.value; number -= step.value) out += step.letters;
  return out;
}

const char* ordinal_ending(std::string_view digits) {
  if (digits.empty() || digits.back() < '0' || digits.back() > '9') return "TH";
  bool is_teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
  if (is_teen) return "TH";
  switch (digits.back()) {
    case '1':
      return "ST";
    case '2':
      return "ND";
    case '3':
      return "RD";
    default:
      return "TH";
  }
}

std::string lower_ascii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

// PostgreSQL looks at the digits for the ending and finds none.
bool has_ordinal(const NumberFormat& format) {
  for (const NumberItem& item : format.items)
    if (item.element == NumberElement::Ordinal || item.element == NumberElement::OrdinalLower) return true;
  return false;
}
Error not_a_number() {
  return Error(sqlstate::invalid_text_representation, "\"NaN\" is not a number");
}

// Writes digits (no sign, rounded to the format) under a format.
class NumberWriter {
 public:
  NumberWriter(const NumberFormat& format, std::string digits, char sign)
      : format_(format), digits_(std::move(digits)), sign_(sign) {
    auto point = digits_.find('.');
    auto whole = static_cast<int>(point == std::string::npos ? digits_.size() : point);
    int room = format.before + format.shift;
    if (whole < room) {
      spaces_ = room - whole;
    } else if (whole > room && !format.has_roman) {
      digits_ = std::string(static_cast<size_t>(room), '#') + "." +
                std::string(static_cast<size_t>(format.after), '#');
    }
    zero_start_ = format.zero_start > 0 ? format.zero_start - 1 : 0;
    sign_place_ = format.sign;
    has_bracket_ = format.has_bracket;
    if (format.has_plus || format.has_minus) {
      wrote_sign_ = !(format.has_plus && !format.has_minus);
      // PL writes its own sign; only the digits' one is still due.
      if (format.has_plus && !format.has_minus) wrote_sign_ = false;
    } else {
      if (sign_ != '-' && has_bracket_ && format.has_fill) has_bracket_ = false;
      wrote_sign_ = sign_ == '+' && format.has_fill && !format.has_sign;
      if (sign_place_ == SignPlace::Before && format.before == format.sign_digits)
        sign_place_ = SignPlace::After;
    }
    count_ = format.after + room - 1;
    if (format.has_fill && format.has_point) find_last_relevant();
    if (!wrote_sign_ && spaces_ == 0) ++count_;
  }

  std::string write() {
    for (const NumberItem& item : format_.items) {
      switch (item.element) {
        case NumberElement::Nine:
        case NumberElement::Zero:
        case NumberElement::Point:
        case NumberElement::LocalePoint:
          digit(item.element);
          break;
        case NumberElement::Comma:
        case NumberElement::Group:
          if (in_number_)
            out_ += ',';
          else if (!format_.has_fill)
            out_ += ' ';
          break;
        case NumberElement::Currency:
          out_ += ' ';
          break;
        case NumberElement::Minus:
          if (sign_ == '-')
            out_ += '-';
          else if (!format_.has_fill)
            out_ += ' ';
          break;
        case NumberElement::Plus:
          if (sign_ == '+')
            out_ += '+';
          else if (!format_.has_fill)
            out_ += ' ';
          break;
        case NumberElement::PlusMinus:
          out_ += sign_;
          break;
        case NumberElement::Ordinal:
        case NumberElement::OrdinalLower:
          if (!digits_.empty() && digits_[0] != '#' && sign_ != '-' && !format_.has_point) {
            std::string ending = ordinal_ending(digits_);
            out_ += item.element == NumberElement::Ordinal ? ending : lower_ascii(ending);
          }
          break;
        case NumberElement::Literal:
          out_ += item.text;
          break;
        default:
          break;
      }
    }
    return std::move(out_);
  }

 private:
  static constexpr size_t kNowhere = std::string::npos;

  void find_last_relevant() {
    size_t point = digits_.find('.');
    if (point == std::string::npos) return;
    last_relevant_ = point;
    for (size_t i = point + 1; i < digits_.size(); ++i)
      if (digits_[i] != '0') last_relevant_ = i;
    if (format_.zero_end > spaces_) {
      size_t last_zero = std::min(digits_.size() - 1, static_cast<size_t>(format_.zero_end - spaces_));
      last_relevant_ = std::max(last_relevant_, last_zero);
    }
  }
  bool last_is_point() const { return last_relevant_ != kNowhere && digits_[last_relevant_] == '.'; }
  char current() const { return at_ < digits_.size() ? digits_[at_] : '\0'; }
  // "9.9" of 0.1 is " .1": a single zero before the point is blank.
  bool is_blank_zero() const {
    return !format_.has_zero && at_ == 0 && current() == '0' && format_.after != 0;
  }

  void write_sign() {
    if (format_.has_sign) {
      if (sign_place_ != SignPlace::Before) return;
      out_ += sign_;
    } else if (has_bracket_) {
      out_ += sign_ == '+' ? ' ' : '<';
    } else if (sign_ == '+') {
      if (!format_.has_fill) out_ += ' ';
    } else {
      out_ += '-';
    }
    wrote_sign_ = true;
  }

  void digit(NumberElement element) {
    if (format_.has_roman) return;
    in_number_ = false;
    bool starts = place_ >= spaces_ || (format_.has_zero && zero_start_ == place_);
    if (!wrote_sign_ && starts && (!is_blank_zero() || last_is_point())) write_sign();
    if (place_ < spaces_ && (zero_start_ > place_ || !format_.has_zero)) {
      if (!format_.has_fill) out_ += ' ';
    } else if (format_.has_zero && place_ < spaces_ && zero_start_ <= place_) {
      out_ += '0';
      in_number_ = true;
    } else {
      if (current() == '.') {
        if (!last_is_point() || format_.has_fill) out_ += '.';
      } else if (last_relevant_ != kNowhere && at_ > last_relevant_ && element != NumberElement::Zero) {
        // A zero at the end that FM leaves out.
      } else if (is_blank_zero()) {
        if (!format_.has_fill)
          out_ += ' ';
        else if (last_is_point())
          out_ += '0';
      } else if (current() != '\0') {
        out_ += current();
        in_number_ = true;
      }
      if (at_ < digits_.size()) ++at_;
    }
    int end = count_ + (spaces_ > 0 ? 1 : 0) + (format_.has_point ? 1 : 0);
    if (last_relevant_ != kNowhere && last_relevant_ == at_) end = place_;
    if (place_ + 1 == end) {
      if (wrote_sign_ && has_bracket_)
        out_ += sign_ == '+' ? ' ' : '>';
      else if (format_.has_sign && sign_place_ == SignPlace::After)
        out_ += sign_;
    }
    ++place_;
  }

  const NumberFormat& format_;
  std::string digits_, out_;
  char sign_;
  SignPlace sign_place_ = SignPlace::None;
  bool has_bracket_ = false, wrote_sign_ = false, in_number_ = false;
  int zero_start_ = 0;  // counted from 0
  int spaces_ = 0, place_ = 0, count_ = 0;
  size_t at_ = 0, last_relevant_ = kNowhere;
};

std::string write_roman(const NumberFormat& format, int64_t number) {
  std::string numeral = roman_numeral(number), out;
  for (const NumberItem& item : format.items) {
    if (item.element == NumberElement::Literal) out += item.text;
    if (item.element != NumberElement::Roman && item.element != NumberElement::RomanLower) continue;
    std::string shown = item.element == NumberElement::Roman ? numeral : lower_ascii(numeral);
    if (!format.has_fill && shown.size() < 15) shown.insert(0, 15 - shown.size(), ' ');
    out += shown;
  }
  return out;
}

// d.ddde+XX of an exact number. Rounding up to the next power of ten leaves two digits before the point
// (999.9 as 9.99EEEE is 10.00e+02), as in PostgreSQL.
std::string scientific_form(const Decimal& value, int digits) {
  Decimal magnitude = value.absolute();
  int exponent = magnitude.exponent();
  std::string text, all;
  magnitude.rounded(digits - exponent).with_scale(std::max(digits - exponent, 0)).format(text);
  for (char c : text)
    if (c != '.' && !(all.empty() && c == '0')) all += c;
  // Rounding left of the point leaves zeros that are not shown.
  size_t dropped = static_cast<size_t>(std::max(exponent - digits, 0));
  if (all.size() > dropped) all.resize(all.size() - dropped);
  size_t shown = static_cast<size_t>(digits);
  if (all.size() < shown + 1) all.resize(shown + 1, '0');
  std::string out(value.is_negative() ? "-" : " ");
  out += all.substr(0, all.size() - shown);
  if (digits > 0) out += "." + all.substr(all.size() - shown);
  char tail[16];
  std::snprintf(tail, sizeof tail, "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
  return out + tail;
}

Result<std::string> format_exact_number(const NumberFormat& format, const Decimal& value,
                                        bool is_shifted = false) {
  if (format.has_roman) {
    if (!value.is_finite())
      return Error(sqlstate::feature_not_supported,
                   std::string("cannot convert ") + (value.is_nan() ? "NaN" : "infinity") + " to integer");
    std::optional<Int128> whole = value.to_integer();
    if (!whole || *whole < std::numeric_limits<int32_t>::min() ||
        *whole > std::numeric_limits<int32_t>::max())
      return out_of_range("integer");
    return write_roman(format, static_cast<int64_t>(*whole));
  }
  if (format.has_exponent) {
    if (!value.is_finite()) {
      std::string out = " ";
      for (const NumberItem& item : format.items) {
        if (item.element == NumberElement::Nine || item.element == NumberElement::Zero) out += '#';
        if (item.element == NumberElement::Point || item.element == NumberElement::LocalePoint) out += '.';
      }
      return out + "####";
    }
    return scientific_form(value, format.after);
  }
  if (!value.is_finite()) {
    if (value.is_nan() && has_ordinal(format) && !format.has_point) return not_a_number();
    std::string text;
    value.format(text);
    bool is_negative = text[0] == '-';
    return NumberWriter(format, is_negative ? text.substr(1) : text, is_negative ? '-' : '+').write();
  }
  Decimal scaled = value;
  if (format.has_shift && !is_shifted) {
    std::string power = "1e" + std::to_string(format.shift);
    scaled = value * std::move(Decimal::parse(power)).take();
  }
  scaled = scaled.rounded(format.after).with_scale(format.after);
  std::string digits;
  scaled.absolute().format(digits);
  return NumberWriter(format, digits, scaled.is_negative() ? '-' : '+').write();
}

// Floats show no more digits than they have.
Result<std::string> format_inexact_number(NumberFormat format, double value, int digits_max) {
  if (format.has_roman) {
    double whole = std::rint(value);
    return write_roman(format, whole > 0 && whole < 4000 ? static_cast<int64_t>(whole) : 0);
  }
  if (format.has_shift) value *= std::pow(10.0, format.shift);
  if (std::isnan(value) || std::isinf(value)) {
    if (format.has_exponent)
      return format_exact_number(format, std::isnan(value) ? Decimal::nan() : Decimal::infinity(value < 0));
    if (std::isnan(value) && has_ordinal(format) && !format.has_point) return not_a_number();
    if (std::isinf(value) && digits_max < 8) format.after = 0;  // "Infinity" counts as eight digits
    return NumberWriter(format, std::isnan(value) ? "NaN" : "Infinity", value < 0 ? '-' : '+').write();
  }
  char text[512];
  if (format.has_exponent) {
    std::snprintf(text, sizeof text, "%+.*e", format.after, value);
    if (text[0] == '+') text[0] = ' ';
    return std::string(text);
  }
  int whole_digits = std::snprintf(text, sizeof text, "%.0f", std::fabs(value));
  if (whole_digits >= digits_max)
    format.after = 0;
  else if (whole_digits + format.after > digits_max)
    format.after = digits_max - whole_digits;
  std::snprintf(text, sizeof text, "%.*f", format.after, value);
  bool is_negative = text[0] == '-';
  return NumberWriter(format, is_negative ? text + 1 : text, is_negative ? '-' : '+').write();
}

// --- to_number ---

class NumberReader {
 public:
  NumberReader(const NumberFormat& format, std::string_view text) : format_(format), text_(text) {}

  Result<Decimal> read() {
    for (const NumberItem& item : format_.items) {
      if (at_ >= text_.size()) break;
      if (!take(item)) continue;
      ++at_;
    }
    if (!digits_.empty() && digits_.back() == '.') digits_.pop_back();
    std::string number = std::string(1, sign_) + digits_;
    Decimal value = TRY(Decimal::parse(number));
    // As many digits before the point as the format has.
    if (!value.is_zero() && value.exponent() >= format_.before + format_.shift)
      return Error(sqlstate::numeric_value_out_of_range, "numeric field overflow");
    if (format_.has_shift) {
      Decimal power = TRY(numeric_power(Decimal::of(10), Decimal::of(-format_.shift)));
      value = numeric_multiply(value, power);
    }
    return value;
  }

 private:
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void skip_character() { at_ += std::min(utf8_width(current()), text_.size() - at_); }
  // Passes over one character that cannot be part of a number.
  void skip_foreign() {
    if (at_ < text_.size() && std::strchr("0123456789.,+-", current()) == nullptr) skip_character();
  }

  // True: the character that was looked at is used up.
  bool take(const NumberItem& item) {
    switch (item.element) {
      case NumberElement::Nine:
      case NumberElement::Zero:
      case NumberElement::Point:
      case NumberElement::LocalePoint:
        return take_digit(item.element);
      case NumberElement::Comma:
        return current() == ',';
      case NumberElement::Group:
        if (current() == ',') return true;
        skip_foreign();
        return false;
      case NumberElement::Currency:
        skip_foreign();
        return false;
      case NumberElement::Minus:
        if (current() == '-') {
          sign_ = '-';
          return true;
        }
        skip_foreign();
        return false;
      case NumberElement::Plus:
        if (current() == '+') {
          sign_ = '+';
          return true;
        }
        skip_foreign();
        return false;
      case NumberElement::PlusMinus:
        if (current() == '-' || current() == '+') {
          sign_ = current();
          return true;
        }
        skip_foreign();
        return false;
      case NumberElement::Ordinal:
      case NumberElement::OrdinalLower:
        skip_foreign();
        skip_foreign();
        return false;
      case NumberElement::Literal:
        skip_character();
        return false;
      default:
        return false;
    }
  }

  bool take_digit(NumberElement element) {
    if (current() == ' ') ++at_;
    if (at_ >= text_.size()) return true;
    bool is_place = element == NumberElement::Nine || element == NumberElement::Zero;
    if (sign_ == ' ' && is_place && before_ + after_ == 0) {
      if (format_.has_sign && format_.sign == SignPlace::Before) {
        if (current() == '-' || current() == '+') sign_ = text_[at_++];
      } else if (current() == '-' || (format_.has_bracket && current() == '<')) {
        sign_ = '-';
        ++at_;
      } else if (current() == '+') {
        sign_ = '+';
        ++at_;
      }
    }
    if (at_ >= text_.size()) return true;
    bool has_read = false;
    if (is_digit(current())) {
      if (seen_point_ && after_ == format_.after) return true;
      digits_ += current();
      ++(seen_point_ ? after_ : before_);
      has_read = true;
    } else if (format_.has_point && !seen_point_ && current() == '.') {
      digits_ += '.';
      seen_point_ = true;
      has_read = true;
    }
    if (sign_ == ' ' && before_ + after_ > 0) {
      if (format_.has_sign && has_read && at_ + 1 < text_.size() && !is_digit(text_[at_ + 1])) {
        char next = text_[at_ + 1];
        if (next == '-' || next == '+') {
          sign_ = next;
          ++at_;
        }
      } else if (!has_read && (format_.has_plus || format_.has_minus)) {
        if (current() == '-' || current() == '+') sign_ = current();
      }
    }
    return true;
  }

  const NumberFormat& format_;
  std::string_view text_;
  std::string digits_;
  char sign_ = ' ';
  bool seen_point_ = false;
  int before_ = 0, after_ = 0;
  size_t at_ = 0;
};

// --- kernels ---

class NumberFormatSource {
 public:
  Result<const NumberFormat*> get(std::string_view text) {
    if (!is_read_ || text != text_) {
      format_ = TRY(read_number_format(text));
      text_ = text;
      is_read_ = true;
    }
    return &format_;
  }

 private:
  bool is_read_ = false;
  std::string text_;
  NumberFormat format_;
};

std::string_view format_text_at(const Vector& vector, uint32_t row) {
  return vector.data<Text>()[vector.is_constant() ? 0 : row].view();
}

template <class T>
Result<std::string> format_number_value(const NumberFormat& format, const Vector& values, uint32_t row) {
  T value = values.data<T>()[values.is_constant() ? 0 : row];
  if constexpr (std::is_floating_point_v<T>) {
    return format_inexact_number(format, value, std::numeric_limits<T>::digits10);
  } else if (format.has_shift && !format.has_roman) {
    // V shifts within the type: INTEGER wraps, BIGINT is refused, as PostgreSQL has it.
    T factor = 1;
    for (int i = 0; i < format.shift; ++i)
      factor = static_cast<T>(static_cast<std::make_unsigned_t<T>>(factor) * 10);
    T shifted = 0;
    if (__builtin_mul_overflow(value, factor, &shifted) && sizeof(T) == 8) return out_of_range("bigint");
    return format_exact_number(format, Decimal::of(shifted), true);
  } else {
    return format_exact_number(format, Decimal::of(value));
  }
}
template <>
Result<std::string> format_number_value<Decimal>(const NumberFormat& format, const Vector& values,
                                                 uint32_t row) {
  return format_exact_number(format, load_decimal(values, row));
}

template <class T>
Result<> to_char_kernel(KernelCall& call) {
  NumberFormatSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string_view text = format_text_at(*call.arguments[1], row);
    if (text.size() > kTemplateBytesMax) return text_too_long();
    const NumberFormat* format = TRY(source.get(text));
    std::string shown = TRY(format_number_value<T>(*format, *call.arguments[0], row));
    call.result.data<Text>()[row] = keep_text(call, shown);
  }
  return {};
}

Result<> to_number_kernel(KernelCall& call) {
  NumberFormatSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string_view text = format_text_at(*call.arguments[1], row);
    if (text.empty()) {
      call.result.set_null(row);
      continue;
    }
    const NumberFormat* format = TRY(source.get(text));
    if (format->has_roman) return Error(sqlstate::feature_not_supported, "\"RN\" not supported for input");
    if (format->has_exponent)
      return Error(sqlstate::feature_not_supported, "\"EEEE\" not supported for input");
    NumberReader reader(*format, format_text_at(*call.arguments[0], row));
    Decimal value = TRY(reader.read());
    TRY(store_decimal(value, call.result, row));
  }
  return {};
}

}  // namespace

void register_number_formats(FunctionRegistry& registry) {
  auto add = [&](std::string_view name, TypeId argument, TypeId result, Kernel kernel) {
    Function function;
    function.name = name;
    function.arguments = {argument, TypeId::Text};
    function.result = result;
    function.kernel = kernel;
    function.volatility = Volatility::Stable;
    registry.add(std::move(function));
  };
  add("to_char", TypeId::Integer, TypeId::Text, &to_char_kernel<int32_t>);
  add("to_char", TypeId::BigInt, TypeId::Text, &to_char_kernel<int64_t>);
  add("to_char", TypeId::Numeric, TypeId::Text, &to_char_kernel<Decimal>);
  add("to_char", TypeId::Real, TypeId::Text, &to_char_kernel<float>);
  add("to_char", TypeId::Double, TypeId::Text, &to_char_kernel<double>);
  add("to_number", TypeId::Text, TypeId::Numeric, &to_number_kernel);
}

}  // namespace rowan
