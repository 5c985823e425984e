// format(): %s, %I, %L with positions, widths and the flag '-', as PostgreSQL's.
#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "types/build_text.h"
#include "types/lift.h"
#include "types/quote.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

Error format_error(std::string message) {
  return Error(sqlstate::invalid_parameter_value, std::move(message));
}

// One row's work: walks the format string and takes arguments as it goes.
class FormatRun {
 public:
  FormatRun(KernelCall& call, uint32_t row) : call_(call), row_(row) {}

  Result<std::string> run(std::string_view format) {
    rest_ = format;
    while (!rest_.empty()) {
      char c = rest_[0];
      rest_.remove_prefix(1);
      if (c != '%') {
        out_ += c;
        continue;
      }
      if (rest_.empty()) return unterminated();
      if (rest_[0] == '%') {
        out_ += '%';
        rest_.remove_prefix(1);
        continue;
      }
      TRY(specifier());
    }
    return std::move(out_);
  }

 private:
  static Error unterminated() {
    return format_error("unterminated format() type specifier").hint("For a single \"%\" use \"%%\".");
  }

  // Digits at the front; -1 when there are none.
  Result<int> number() {
    int value = 0;
    auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return -1;
    if (status == std::errc::result_out_of_range)
      return Error(sqlstate::numeric_value_out_of_range, "number is out of range");
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  Result<const Vector*> argument(int position) {
    int index = position > 0 ? position : next_;
    if (static_cast<size_t>(index) >= call_.arguments.size())
      return format_error("too few arguments for format()");
    next_ = index + 1;
    return call_.arguments[static_cast<size_t>(index)];
  }

  // %[position$][flags][width]type
  Result<> specifier() {
    int position = 0, width = 0;
    bool is_left = false;
    int first = TRY(number());
    if (first >= 0) {
      if (rest_.empty()) return unterminated();
      if (rest_[0] == '$') {
        if (first == 0) return format_error("format specifies argument 0, but arguments are numbered from 1");
        position = first;
        rest_.remove_prefix(1);
        first = -1;
      } else {
        width = first;
      }
    }
    if (first < 0) {
      while (!rest_.empty() && rest_[0] == '-') {
        is_left = true;
        rest_.remove_prefix(1);
      }
      if (rest_.empty()) return unterminated();
      if (rest_[0] == '*') {
        rest_.remove_prefix(1);
        width = TRY(width_argument());
      } else {
        int given = TRY(number());
        if (given >= 0) width = given;
      }
    }
    if (rest_.empty()) return unterminated();
    size_t type_width = std::min(utf8_width(rest_[0]), rest_.size());
    std::string_view type = rest_.substr(0, type_width);
    rest_.remove_prefix(type_width);
    if (type != "s" && type != "I" && type != "L")
      return format_error("unrecognized format() type specifier \"" + std::string(type) + "\"")
          .hint("For a single \"%\" use \"%%\".");
    const Vector* value = TRY(argument(position));
    std::string text = TRY(convert(*value, type[0]));
    if (width == std::numeric_limits<int>::min())
      return Error(sqlstate::numeric_value_out_of_range, "number is out of range");
    if (width < 0) {
      is_left = true;
      width = -width;
    }
    auto length = static_cast<int64_t>(utf8_length(text));
    auto padding = static_cast<size_t>(std::max<int64_t>(width - length, 0));
    if (!is_left) TRY(pad(padding));
    TRY(check_growth(out_.size(), text.size()));
    out_ += text;
    return is_left ? pad(padding) : Result<>();
  }

  Result<> pad(size_t count) {
    if (count == 0) return {};
    TRY(check_growth(out_.size(), count));
    out_.append(count, ' ');
    return {};
  }

  Result<int> width_argument() {
    int position = 0;
    int given = TRY(number());
    if (given == 0) return format_error("format specifies argument 0, but arguments are numbered from 1");
    if (given > 0) {
      if (rest_.empty() || rest_[0] != '$')
        return format_error("width argument position must be ended by \"$\"");
      rest_.remove_prefix(1);
      position = given;
    }
    if (rest_.empty()) return unterminated();
    const Vector* value = TRY(argument(position));
    if (value->is_null(row_)) return 0;
    std::string text;
    format_row(*value, row_, call_.context, text);
    Value parsed = TRY(parse_value(text, TypeId::Integer, call_.context));
    return static_cast<int>(parsed.as_int());
  }

  Result<std::string> convert(const Vector& value, char type) {
    std::string text;
    if (value.is_null(row_)) {
      if (type == 'I')
        return Error(sqlstate::null_value_not_allowed,
                     "null values cannot be formatted as an SQL identifier");
      if (type == 'L') text = "NULL";
      return text;
    }
    format_row(value, row_, call_.context, text);
    if (type == 'I') return quote_identifier(text);
    if (type == 'L') return quote_string(text);
    return text;
  }

  KernelCall& call_;
  uint32_t row_;
  std::string_view rest_;
  std::string out_;
  int next_ = 1;  // argument 0 is the format
};

Result<> format_kernel(KernelCall& call) {
  const Vector& formats = *call.arguments[0];
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    if (formats.is_null(row)) {
      call.result.set_null(row);
      continue;
    }
    FormatRun run(call, row);
    std::string text = TRY(run.run(formats.data<Text>()[formats.is_constant() ? 0 : row].view()));
    call.result.data<Text>()[row] = keep_text(call, text);
  }
  return {};
}

}  // namespace

void register_number_formats(FunctionRegistry& registry);  // types/number_format.cpp

void register_format(FunctionRegistry& registry) {
  Function format;
  format.name = "format";
  format.arguments = {TypeId::Text};
  format.result = TypeId::Text;
  format.kernel = &format_kernel;
  format.is_strict = false;
  format.volatility = Volatility::Stable;
  registry.add(format);
  format.arguments = {TypeId::Text, TypeId::Any};
  format.is_variadic = true;
  registry.add(std::move(format));
  register_number_formats(registry);
}

}  // namespace rowan
