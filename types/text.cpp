// TEXT, VARCHAR, CHAR and NAME: text form, length, parts, search, concatenation. Lengths and positions are in
// characters.
#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "types/build_text.h"
#include "types/compare.h"
#include "types/lift.h"
#include "types/text_form.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

int32_t text_length(std::string_view text) {
  return static_cast<int32_t>(utf8_length(text));
}
int32_t char_length_trimmed(std::string_view text) {
  return text_length(without_trailing_blanks(text));
}
int32_t text_octet_length(std::string_view text) {
  return static_cast<int32_t>(text.size());
}
int32_t text_bit_length(std::string_view text) {
  return static_cast<int32_t>(text.size() * 8);
}

// --- parts ---

// Characters from `start` (1-based, may be before the text), `length` of them or all.
std::string_view text_slice(std::string_view text, int64_t start, int64_t end) {
  start = std::max<int64_t>(start, 1);
  if (end <= start) return {};
  if (is_ascii(text)) {
    auto size = static_cast<int64_t>(text.size());
    if (start > size) return {};
    return text.substr(static_cast<size_t>(start - 1), static_cast<size_t>(std::min(end, size + 1) - start));
  }
  std::string_view rest = text.substr(utf8_offset(text, static_cast<size_t>(start - 1)));
  return rest.substr(0, utf8_offset(rest, static_cast<size_t>(end - start)));
}

std::string_view text_substring_from(std::string_view text, int32_t start) {
  return text_slice(text, start, std::numeric_limits<int64_t>::max());
}
Result<std::string_view> text_substring(std::string_view text, int32_t start, int32_t length) {
  if (length < 0) return Error(sqlstate::substring_error, "negative substring length not allowed");
  return text_slice(text, start, int64_t{start} + length);
}
std::string_view text_left(std::string_view text, int32_t count) {
  if (count >= 0) return text.substr(0, utf8_offset(text, static_cast<size_t>(count)));
  int64_t kept = static_cast<int64_t>(utf8_length(text)) + count;
  return kept <= 0 ? std::string_view() : text.substr(0, utf8_offset(text, static_cast<size_t>(kept)));
}
std::string_view text_right(std::string_view text, int32_t count) {
  int64_t skipped =
      count >= 0 ? static_cast<int64_t>(utf8_length(text)) - count : -static_cast<int64_t>(count);
  if (skipped <= 0) return text;
  return text.substr(utf8_offset(text, static_cast<size_t>(skipped)));
}

Result<Text> text_overlay(KernelCall& call, std::string_view text, std::string_view other, int32_t start,
                          int32_t length) {
  if (start <= 0) return Error(sqlstate::substring_error, "negative substring length not allowed");
  int64_t after = int64_t{start} + length;
  if (after > std::numeric_limits<int32_t>::max()) return out_of_range("integer");
  std::string_view head = text_slice(text, 1, start);
  std::string_view tail = text_slice(text, after, std::numeric_limits<int64_t>::max());
  if (head.size() + other.size() + tail.size() > kTextBytesMax) return text_too_long();
  return build_text(call, head.size() + other.size() + tail.size(), [&](char* to) {
    to = std::copy(head.begin(), head.end(), to);
    to = std::copy(other.begin(), other.end(), to);
    std::copy(tail.begin(), tail.end(), to);
  });
}
Result<Text> text_overlay_whole(KernelCall& call, std::string_view text, std::string_view other,
                                int32_t start) {
  return text_overlay(call, text, other, start, text_length(other));
}

Result<std::string_view> text_split_part(std::string_view text, std::string_view delimiter, int32_t field) {
  if (field == 0) return Error(sqlstate::invalid_parameter_value, "field position must not be zero");
  if (text.empty()) return std::string_view();
  if (delimiter.empty()) return field == 1 || field == -1 ? text : std::string_view();
  if (field > 0) {
    size_t at = 0;
    for (int32_t i = 1;; ++i) {
      size_t end = text.find(delimiter, at);
      if (i == field) return text.substr(at, end == std::string_view::npos ? end : end - at);
      if (end == std::string_view::npos) return std::string_view();
      at = end + delimiter.size();
    }
  }
  // From the end: fields are those that a search from the start finds, so count them first.
  int64_t fields = 1;
  for (size_t at = 0; (at = text.find(delimiter, at)) != std::string_view::npos; at += delimiter.size())
    ++fields;
  int64_t wanted = fields + 1 + field;
  if (wanted < 1) return std::string_view();
  return text_split_part(text, delimiter, static_cast<int32_t>(wanted));
}

// --- search ---

int32_t text_position(std::string_view text, std::string_view part) {
  size_t at = text.find(part);
  if (at == std::string_view::npos) return 0;
  return text_length(text.substr(0, at)) + 1;
}
bool text_starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// --- trimming ---

bool trim_set_has(std::string_view set, std::string_view character) {
  if (character.size() == 1) return set.find(character[0]) != std::string_view::npos;
  for (size_t at = 0; at < set.size(); at += utf8_width(set[at]))
    if (set.substr(at, character.size()) == character) return true;
  return false;
}
std::string_view trim_start(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    size_t width = std::min(utf8_width(text[0]), text.size());
    if (!trim_set_has(set, text.substr(0, width))) break;
    text.remove_prefix(width);
  }
  return text;
}
std::string_view trim_end(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && is_utf8_continuation(text[start])) --start;
    if (!trim_set_has(set, text.substr(start))) break;
    text = text.substr(0, start);
  }
  return text;
}
std::string_view text_ltrim(std::string_view text) {
  return trim_start(text, " ");
}
std::string_view text_rtrim(std::string_view text) {
  return trim_end(text, " ");
}
std::string_view text_btrim(std::string_view text) {
  return trim_end(trim_start(text, " "), " ");
}
std::string_view text_ltrim_set(std::string_view text, std::string_view set) {
  return trim_start(text, set);
}
std::string_view text_rtrim_set(std::string_view text, std::string_view set) {
  return trim_end(text, set);
}
std::string_view text_btrim_set(std::string_view text, std::string_view set) {
  return trim_end(trim_start(text, set), set);
}

// --- making ---

Result<Text> text_concat_pair(KernelCall& call, std::string_view a, std::string_view b) {
  if (a.size() + b.size() > kTextBytesMax) return text_too_long();
  return build_text(call, a.size() + b.size(), [&](char* to) {
    if (!a.empty()) std::memcpy(to, a.data(), a.size());
    if (!b.empty()) std::memcpy(to + a.size(), b.data(), b.size());
  });
}

Result<Text> text_pad(KernelCall& call, std::string_view text, int32_t wanted, std::string_view fill,
                      bool at_start) {
  auto length = static_cast<int64_t>(utf8_length(text));
  int64_t target = std::max(wanted, 0);
  // PostgreSQL counts on the widest characters.
  constexpr int64_t kCharacterBytesMax = 4;
  if (target * kCharacterBytesMax > static_cast<int64_t>(kTextBytesMax)) return text_too_long();
  if (length >= target) return keep_text(call, text_left(text, static_cast<int32_t>(target)));
  auto fill_length = static_cast<int64_t>(utf8_length(fill));
  if (fill_length == 0) return keep_text(call, text);  // empty, or (from a damaged file) no character at all
  int64_t missing = target - length;
  int64_t whole = missing / fill_length;
  std::string_view part = fill.substr(0, utf8_offset(fill, static_cast<size_t>(missing % fill_length)));
  size_t padding = static_cast<size_t>(whole) * fill.size() + part.size();
  if (padding + text.size() > kTextBytesMax) return text_too_long();
  return build_text(call, padding + text.size(), [&](char* to) {
    if (!at_start) to = std::copy(text.begin(), text.end(), to);
    for (int64_t i = 0; i < whole; ++i) to = std::copy(fill.begin(), fill.end(), to);
    to = std::copy(part.begin(), part.end(), to);
    if (at_start) std::copy(text.begin(), text.end(), to);
  });
}
Result<Text> text_lpad(KernelCall& call, std::string_view text, int32_t length, std::string_view fill) {
  return text_pad(call, text, length, fill, true);
}
Result<Text> text_rpad(KernelCall& call, std::string_view text, int32_t length, std::string_view fill) {
  return text_pad(call, text, length, fill, false);
}
Result<Text> text_lpad_blank(KernelCall& call, std::string_view text, int32_t length) {
  return text_pad(call, text, length, " ", true);
}
Result<Text> text_rpad_blank(KernelCall& call, std::string_view text, int32_t length) {
  return text_pad(call, text, length, " ", false);
}

// After so many steps inside one value a loop looks whether its statement was cancelled.
constexpr uint32_t kLookEvery = 4096;

Result<Text> text_repeat(KernelCall& call, std::string_view text, int32_t count) {
  if (count <= 0 || text.empty()) return Text();
  if (text.size() * static_cast<uint64_t>(count) > kTextBytesMax) return text_too_long();
  size_t size = text.size() * static_cast<size_t>(count);
  Text built = build_text(call, size, [&](char* to) {
    // Twice as much each time, but never more than what stays in the cache.
    constexpr size_t kAtOnceMax = size_t{64} << 10;
    std::memcpy(to, text.data(), text.size());
    for (size_t done = text.size(), period = done; done < size && call.context.check_cancel().ok();) {
      size_t part = std::min(period, size - done);
      std::memcpy(to + done, to, part);
      done += part;
      if (period < kAtOnceMax) period = done;
    }
  });
  TRY(call.context.check_cancel());  // what was built then is not whole
  return built;
}

Text text_reverse(KernelCall& call, std::string_view text) {
  return build_text(call, text.size(), [&](char* to) {
    char* end = to + text.size();
    for (size_t at = 0; at < text.size();) {
      size_t width = std::min(utf8_width(text[at]), text.size() - at);
      end -= width;
      std::memcpy(end, text.data() + at, width);
      at += width;
    }
  });
}

Result<Text> text_replace(KernelCall& call, std::string_view text, std::string_view from,
                          std::string_view to) {
  if (from.empty()) return keep_text(call, text);
  size_t at = text.find(from);
  if (at == std::string_view::npos) return Text(text);
  std::string out;
  size_t done = 0;
  for (uint32_t found = 1; at != std::string_view::npos; at = text.find(from, done), ++found) {
    if (found % kLookEvery == 0) TRY(call.context.check_cancel());
    TRY(check_growth(out.size(), at - done + to.size()));
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  TRY(check_growth(out.size(), text.size() - done));
  out.append(text.substr(done));
  return keep_text(call, out);
}

Result<Text> text_translate(KernelCall& call, std::string_view text, std::string_view from,
                            std::string_view to) {
  std::string out;
  uint32_t characters = 0;
  for (size_t at = 0; at < text.size();) {
    if (++characters % kLookEvery == 0) TRY(call.context.check_cancel());
    size_t width = utf8_width(text[at]);
    std::string_view character = text.substr(at, width);
    at += width;
    size_t found = 0;
    size_t index = 0;
    for (; found < from.size(); found += utf8_width(from[found]), ++index)
      if (from.substr(found, utf8_width(from[found])) == character) break;
    if (found >= from.size()) {
      out.append(character);
      continue;
    }
    size_t target = utf8_offset(to, index);
    if (target < to.size()) out.append(to.substr(target, utf8_width(to[target])));
  }
  return keep_text(call, out);
}

// --- characters ---

int32_t text_ascii(std::string_view text) {
  if (text.empty()) return 0;
  size_t at = 0;
  return static_cast<int32_t>(utf8_decode(text, at));
}
Result<Text> text_chr(int32_t code) {
  if (code < 0) return Error(sqlstate::invalid_parameter_value, "character number must be positive");
  if (code == 0) return Error(sqlstate::program_limit_exceeded, "null character not permitted");
  if (code > 0x10ffff)
    return Error(sqlstate::program_limit_exceeded,
                 "requested character too large for encoding: " + std::to_string(code));
  if (code >= 0xd800 && code <= 0xdfff)
    return Error(sqlstate::program_limit_exceeded,
                 "requested character not valid for encoding: " + std::to_string(code));
  std::string out;
  utf8_append(static_cast<uint32_t>(code), out);
  return Text(out);
}

template <uint32_t (*kMap)(uint32_t), char kFirst, char kLast>
Text map_text_case(KernelCall& call, std::string_view text) {
  if (is_ascii(text)) {
    return build_text(call, text.size(), [&](char* to) {
      for (size_t i = 0; i < text.size(); ++i)
        to[i] = static_cast<char>(text[i] ^ (text[i] >= kFirst && text[i] <= kLast ? 0x20 : 0));
    });
  }
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) utf8_append(kMap(utf8_decode(text, at)), out);
  return keep_text(call, out);
}
Text text_upper(KernelCall& call, std::string_view text) {
  return map_text_case<unicode_upper, 'a', 'z'>(call, text);
}
Text text_lower(KernelCall& call, std::string_view text) {
  return map_text_case<unicode_lower, 'A', 'Z'>(call, text);
}
Text text_initcap(KernelCall& call, std::string_view text) {
  std::string out;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    uint32_t point = utf8_decode(text, at);
    utf8_append(in_word ? unicode_lower(point) : unicode_upper(point), out);
    in_word = unicode_is_alphanumeric(point);
  }
  return keep_text(call, out);
}

// --- any type ---

// As a cast to text has it: BOOLEAN's whole word, CHAR without its padding.
void append_cast_text(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  if (vector.type().id == TypeId::Boolean)
    out += vector.data<uint8_t>()[vector.is_constant() ? 0 : row] != 0 ? "true" : "false";
  else if (vector.type().id == TypeId::Char)
    out += without_trailing_blanks(vector.data<Text>()[vector.is_constant() ? 0 : row].view());
  else
    format_row(vector, row, context, out);
}

// Room for row `row` of `vector` behind `out`? Only texts can be long.
Result<> check_row_growth(const Vector& vector, uint32_t row, const std::string& out) {
  if (vector.is_null(row) || vector.physical() != PhysicalType::Text) return {};
  return check_growth(out.size(), vector.data<Text>()[vector.is_constant() ? 0 : row].view().size());
}

Result<> concat_any_kernel(KernelCall& call) {
  std::string out;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    out.clear();
    call.failed_row = row;
    for (const Vector* argument : call.arguments) {
      TRY(check_row_growth(*argument, row, out));
      append_cast_text(*argument, row, call.context, out);
    }
    call.result.data<Text>()[row] = keep_text(call, out);
  }
  return {};
}

// concat(…): NULLs are nothing.
Result<> concat_kernel(KernelCall& call) {
  std::string out;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    out.clear();
    call.failed_row = row;
    for (const Vector* argument : call.arguments) {
      TRY(check_row_growth(*argument, row, out));
      format_row(*argument, row, call.context, out);
    }
    call.result.data<Text>()[row] = keep_text(call, out);
  }
  return {};
}

Result<> concat_ws_kernel(KernelCall& call) {
  std::string out;
  const Vector& separator = *call.arguments[0];
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    if (separator.is_null(row)) {
      call.result.set_null(row);
      continue;
    }
    out.clear();
    bool is_first = true;
    for (const Vector* argument : call.arguments.subspan(1)) {
      if (argument->is_null(row)) continue;
      call.failed_row = row;
      if (!is_first) {
        TRY(check_row_growth(separator, row, out));
        format_row(separator, row, call.context, out);
      }
      is_first = false;
      TRY(check_row_growth(*argument, row, out));
      format_row(*argument, row, call.context, out);
    }
    call.result.data<Text>()[row] = keep_text(call, out);
  }
  return {};
}

template <bool kWantsNull>
Result<> num_nulls_kernel(KernelCall& call) {
  auto* out = call.result.data<int32_t>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    out[row] = 0;
    for (const Vector* argument : call.arguments) out[row] += argument->is_null(row) == kWantsNull;
  }
  return {};
}

// --- text forms ---

void format_text(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  out += vector.data<Text>()[row].view();
}
Result<> parse_text(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  result.data<Text>()[row] = result.arena().copy(text);
  return {};
}
// VARCHAR(n), CHAR(n), NAME, "char": by the casts, which know the lengths.
Result<> parse_sized_text(std::string_view text, Vector& result, uint32_t row, const EvalContext& context) {
  Vector whole(TypeId::Text, 1);
  whole.reset_constant();
  whole.data<Text>()[0] = Text(text);
  const Vector* argument = &whole;
  const Type& type = result.type();
  const Function* fit =
      registry().assignment_cast(type.id == TypeId::VarChar ? type.id : TypeId::Text, type.id);
  if (type.id == TypeId::Char) fit = registry().assignment_cast(TypeId::Char, TypeId::Char);
  Vector fitted(type, 1);
  EvalContext scratch = context;
  KernelCall call{{&argument, 1}, Selection(1), fitted, scratch};
  TRY(fit->kernel(call));
  result.copy_row(row, fitted, 0);
  return {};
}

void add_any_function(FunctionRegistry& registry, std::string_view name, std::vector<TypeId> arguments,
                      TypeId result, Kernel kernel, bool is_strict, bool is_variadic,
                      Volatility volatility = Volatility::Stable) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.result = result;
  function.kernel = kernel;
  function.is_strict = is_strict;
  function.is_variadic = is_variadic;
  function.volatility = volatility;  // text forms may depend on the session
  registry.add(std::move(function));
}

}  // namespace

void register_text(FunctionRegistry& registry) {
  for (TypeId type : {TypeId::Text, TypeId::Unknown}) registry.set_text_form(type, {format_text, parse_text});
  for (TypeId type : {TypeId::VarChar, TypeId::Char, TypeId::Name, TypeId::QuotedChar})
    registry.set_text_form(type, {format_text, parse_sized_text});

  TypeId text = TypeId::Text, character = TypeId::Char, integer = TypeId::Integer;
  for (std::string_view name : {"length", "char_length", "character_length"}) {
    registry.add(strict<&text_length>(name));
    registry.add(strict<&char_length_trimmed>(name, {character}, integer));
  }
  registry.add(strict<&text_octet_length>("octet_length"));
  registry.add(strict<&text_octet_length>("octet_length", {character}, integer));
  registry.add(strict<&text_bit_length>("bit_length"));
  for (std::string_view name : {"substr", "substring"}) {
    registry.add(strict<&text_substring_from>(name));
    registry.add(strict<&text_substring>(name));
  }
  registry.add(strict<&text_left>("left"));
  registry.add(strict<&text_right>("right"));
  registry.add(strict<&text_overlay>("overlay"));
  registry.add(strict<&text_overlay_whole>("overlay"));
  registry.add(strict<&text_split_part>("split_part"));
  registry.add(strict<&text_position>("position"));
  registry.add(strict<&text_position>("strpos"));
  registry.add(strict<&text_starts_with>("starts_with"));
  registry.add(strict<&text_starts_with>("^@"));
  registry.add(strict<&text_ltrim>("ltrim"));
  registry.add(strict<&text_rtrim>("rtrim"));
  registry.add(strict<&text_btrim>("btrim"));
  registry.add(strict<&text_ltrim_set>("ltrim"));
  registry.add(strict<&text_rtrim_set>("rtrim"));
  registry.add(strict<&text_btrim_set>("btrim"));
  registry.add(strict<&text_concat_pair>("||"));
  registry.add(strict<&text_concat_pair>("textcat"));
  registry.add(strict<&text_lpad>("lpad"));
  registry.add(strict<&text_rpad>("rpad"));
  registry.add(strict<&text_lpad_blank>("lpad"));
  registry.add(strict<&text_rpad_blank>("rpad"));
  registry.add(strict<&text_repeat>("repeat"));
  registry.add(strict<&text_reverse>("reverse"));
  registry.add(strict<&text_replace>("replace"));
  registry.add(strict<&text_translate>("translate"));
  registry.add(strict<&text_ascii>("ascii"));
  registry.add(strict<&text_chr>("chr", {integer}, text));
  registry.add(strict<&text_upper>("upper"));
  registry.add(strict<&text_lower>("lower"));
  registry.add(strict<&text_initcap>("initcap"));

  add_any_function(registry, "||", {text, TypeId::AnyElement}, text, &concat_any_kernel, true, false);
  add_any_function(registry, "||", {TypeId::AnyElement, text}, text, &concat_any_kernel, true, false);
  add_any_function(registry, "concat", {TypeId::Any}, text, &concat_kernel, false, true);
  add_any_function(registry, "concat_ws", {text, TypeId::Any}, text, &concat_ws_kernel, false, true);
  add_any_function(registry, "num_nulls", {TypeId::Any}, integer, &num_nulls_kernel<true>, false, true,
                   Volatility::Immutable);
  add_any_function(registry, "num_nonnulls", {TypeId::Any}, integer, &num_nulls_kernel<false>, false, true,
                   Volatility::Immutable);
}

}  // namespace rowan
