#include "types/cast.h"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "types/check.h"
#include "types/compare.h"
#include "types/numeric.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

constexpr size_t kNameBytesMax = 63;

// The bytes of row `row` as a string: its own, or its text form put into `scratch`. CHAR's padding is not
// part of it, BOOLEAN says its whole word.
std::string_view string_of_row(const Vector& from, uint32_t row, TypeId target, const EvalContext& context,
                               std::string& scratch) {
  TypeId id = from.type().id;
  if (id == TypeId::Char && target != TypeId::Char)
    return without_trailing_blanks(from.data<Text>()[row].view());
  if (is_string(id) || id == TypeId::Unknown || id == TypeId::QuotedChar)
    return from.data<Text>()[row].view();
  if (id == TypeId::Boolean && target != TypeId::Name)
    return from.data<uint8_t>()[row] != 0 ? "true" : "false";
  scratch.clear();
  format_row(from, row, context, scratch);
  return scratch;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(' ') == std::string_view::npos;
}

// "char": the byte that \303 names in octal, else the first. One that is no character by itself keeps its
// octal form, in which PostgreSQL shows it: so the value is text, whatever it is made into.
Text quoted_char(std::string_view text) {
  auto digit = [&](size_t i) { return static_cast<unsigned>(text[i] - '0'); };
  bool is_octal = text.size() == 4 && text[0] == '\\' && digit(1) < 8 && digit(2) < 8 && digit(3) < 8;
  unsigned byte = text.empty() ? 0 : static_cast<unsigned char>(text[0]);
  if (is_octal) byte = (digit(1) << 6 | digit(2) << 3 | digit(3)) & 0xff;
  if (byte == 0) return Text();
  auto octal = [&](int shift) { return static_cast<char>('0' + (byte >> shift & 7)); };
  const char shown[] = {'\\', octal(6), octal(3), octal(0)};
  auto character = static_cast<char>(byte);
  return Text(byte < 0x80 ? std::string_view(&character, 1) : std::string_view(shown, sizeof shown));
}

// `text` as a value of `type`, in bytes that live as long as the result.
template <bool kIsAssignment>
Result<Text> fit_string(std::string_view text, const Type& type, Arena& arena, bool is_borrowable) {
  auto keep = [&](std::string_view kept) { return is_borrowable ? Text(kept) : arena.copy(kept); };
  if (type.id == TypeId::Name) {
    if (text.size() <= kNameBytesMax) return keep(text);
    size_t end = kNameBytesMax;
    while (end > 0 && is_utf8_continuation(text[end])) --end;
    return keep(text.substr(0, end));
  }
  if (type.id == TypeId::QuotedChar) return quoted_char(text);
  if (type.length == 0) return keep(text);
  auto limit = static_cast<size_t>(type.length);
  size_t length = text.size() <= limit && is_ascii(text) ? text.size() : utf8_length(text);
  if (length > limit) {
    size_t end = utf8_offset(text, limit);
    if (kIsAssignment && !is_blank(text.substr(end)))
      return Error(sqlstate::string_data_right_truncation, "value too long for type " + type_name(type));
    return keep(text.substr(0, end));
  }
  if (type.id != TypeId::Char || length == limit) return keep(text);
  size_t size = text.size() + (limit - length);
  if (size <= Text::kInlineMax) {
    char padded[Text::kInlineMax];
    std::memset(padded, ' ', sizeof padded);
    if (!text.empty()) std::memcpy(padded, text.data(), text.size());
    return Text(std::string_view(padded, size));
  }
  char* padded = arena.allocate(size);
  if (!text.empty()) std::memcpy(padded, text.data(), text.size());
  std::memset(padded + text.size(), ' ', limit - length);
  return Text(std::string_view(padded, size));
}

// Anything to a string type.
template <bool kIsAssignment>
Result<> cast_to_string_kernel(KernelCall& call) {
  const Vector& from = *call.arguments[0];
  const Type& type = call.result.type();
  bool is_borrowable = from.physical() == PhysicalType::Text && from.type().id != TypeId::Numeric &&
                       from.type().id != TypeId::Bytea && from.type().id != TypeId::Uuid;
  std::string scratch;
  Text* out = call.result.data<Text>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string_view text = string_of_row(from, from.is_constant() ? 0 : row, type.id, call.context, scratch);
    out[row] = TRY(fit_string<kIsAssignment>(text, type, call.result.arena(), is_borrowable));
  }
  return {};
}

// A string to anything: the type's input function.
Result<> cast_from_string_kernel(KernelCall& call) {
  const Vector& from = *call.arguments[0];
  const TextForm* form = registry().text_form(call.result.type().id);
  ENSURE(form != nullptr && form->parse != nullptr);
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    TRY(form->parse(from.data<Text>()[from.is_constant() ? 0 : row].view(), call.result, row, call.context));
  }
  return {};
}

Function string_cast(TypeId from, TypeId to, uint8_t context, bool is_assignment, bool is_relabel) {
  Function function;
  function.name = is_assignment ? "assign" : "cast";
  function.arguments = {from};
  function.result = to;
  function.kernel = is_assignment ? &cast_to_string_kernel<true> : &cast_to_string_kernel<false>;
  function.cast_context = context;
  function.is_relabel = is_relabel;
  bool depends_on_session = from == TypeId::Timestamp || from == TypeId::TimestampTz ||
                            from == TypeId::Date || from == TypeId::Interval || from == TypeId::Double ||
                            from == TypeId::Real;
  if (depends_on_session) function.volatility = Volatility::Stable;
  return function;
}

constexpr TypeId kStringTypes[] = {TypeId::Text, TypeId::VarChar, TypeId::Char,
                                   TypeId::Name, TypeId::Unknown, TypeId::QuotedChar};

bool is_string_source(TypeId id) {
  return is_string(id) || id == TypeId::Unknown || id == TypeId::QuotedChar;
}

// Between string types: which PostgreSQL casts unasked, and which need no work when no length is asked for.
struct StringCast {
  TypeId from, to;
  uint8_t context;
  bool is_relabel;
};
constexpr StringCast kStringCasts[] = {
    {TypeId::Text, TypeId::VarChar, 'i', true},        {TypeId::VarChar, TypeId::Text, 'i', true},
    {TypeId::Text, TypeId::Char, 'i', true},           {TypeId::VarChar, TypeId::Char, 'i', true},
    {TypeId::Char, TypeId::Text, 'i', false},          {TypeId::Char, TypeId::VarChar, 'i', false},
    {TypeId::Name, TypeId::Text, 'i', true},           {TypeId::Name, TypeId::VarChar, 'a', true},
    {TypeId::Name, TypeId::Char, 'a', true},           {TypeId::Text, TypeId::Name, 'i', false},
    {TypeId::VarChar, TypeId::Name, 'i', false},       {TypeId::Char, TypeId::Name, 'i', false},
    {TypeId::QuotedChar, TypeId::Text, 'i', true},     {TypeId::QuotedChar, TypeId::VarChar, 'a', true},
    {TypeId::QuotedChar, TypeId::Char, 'a', true},     {TypeId::Text, TypeId::QuotedChar, 'a', false},
    {TypeId::VarChar, TypeId::QuotedChar, 'a', false}, {TypeId::Char, TypeId::QuotedChar, 'a', false},
    {TypeId::Unknown, TypeId::Text, 'i', true},        {TypeId::Unknown, TypeId::VarChar, 'i', true},
    {TypeId::Unknown, TypeId::Char, 'i', true},        {TypeId::Unknown, TypeId::Name, 'i', false},
    {TypeId::Unknown, TypeId::QuotedChar, 'i', false}, {TypeId::VarChar, TypeId::VarChar, 'i', false},
    {TypeId::Char, TypeId::Char, 'i', false},
};

}  // namespace

void register_casts(FunctionRegistry& registry) {
  for (const StringCast& cast : kStringCasts) {
    registry.add(string_cast(cast.from, cast.to, cast.context, false, cast.is_relabel));
    if (!cast.is_relabel) registry.add(string_cast(cast.from, cast.to, cast.context, true, false));
  }
  for (int i = 0; i <= static_cast<int>(TypeId::Record); ++i) {
    auto type = static_cast<TypeId>(i);
    if (is_string_source(type) || registry.text_form(type) == nullptr) continue;
    for (TypeId string : {TypeId::Text, TypeId::VarChar, TypeId::Char, TypeId::Name}) {
      registry.add(string_cast(type, string, 'a', false, false));
      registry.add(string_cast(type, string, 'a', true, false));
    }
    for (TypeId string : kStringTypes) {
      if (registry.cast(string, type) != nullptr) continue;
      Function function;
      function.name = "cast";
      function.arguments = {string};
      function.result = type;
      function.kernel = &cast_from_string_kernel;
      function.cast_context = string == TypeId::Unknown ? 'i' : 'e';
      if (type_category(type) == TypeCategory::DateTime || type_category(type) == TypeCategory::Timespan)
        function.volatility = Volatility::Stable;
      registry.add(std::move(function));
    }
  }
}

const Function* find_cast(const Type& from, const Type& to, CastContext context) {
  const FunctionRegistry& casts = registry();
  auto lookup = [&](TypeId source, TypeId target) {
    return context == CastContext::Explicit ? casts.cast(source, target)
                                            : casts.assignment_cast(source, target);
  };
  const Function* found = lookup(from.id, to.id);
  if (found == nullptr) return nullptr;
  if (context == CastContext::Implicit && found->cast_context != 'i') return nullptr;
  if (context == CastContext::Assignment && found->cast_context == 'e') return nullptr;
  // With a length to keep there is work to do.
  if (found->is_relabel && to.length > 0) return lookup(to.id, to.id);
  return found;
}

bool needs_cast(const Type& from, const Type& to) {
  if (from.id != to.id) {
    const Function* cast = registry().cast(from.id, to.id);
    if (cast == nullptr || !cast->is_relabel) return true;
    return to.length > 0 && !(to.id == TypeId::VarChar && from.length > 0 && from.length <= to.length);
  }
  switch (from.id) {
    case TypeId::Numeric:
      if (from.physical() == PhysicalType::Text && to.physical() == PhysicalType::Text)
        return to.precision != 0 && !(from.precision == to.precision && from.scale == to.scale);
      return from.physical() != to.physical() || numeric_scale(from) != numeric_scale(to) ||
             numeric_digits(from) > numeric_digits(to) || (from.scale != to.scale && to.scale < 0);
    case TypeId::VarChar:
      return to.length > 0 && (from.length == 0 || from.length > to.length);
    case TypeId::Char:
      return to.length > 0 && from.length != to.length;
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return to.precision > 0 && (from.precision == 0 || from.precision > to.precision);
    case TypeId::Interval:
      return to.precision > 0 && from.precision != to.precision;
    default:
      return false;
  }
}

Result<> cast_vector(const Vector& from, CastContext context, Selection rows, Vector& result,
                     EvalContext& evaluation, uint32_t& failed_row) {
  result.reset();
  const Type& to = result.type();
  bool is_relabel = !needs_cast(from.type(), to) && from.physical() == result.physical();
  const Function* cast = is_relabel ? nullptr : find_cast(from.type(), to, context);
  if (!is_relabel && cast == nullptr)
    return Error(sqlstate::cannot_coerce,
                 "cannot cast type " + type_name(from.type()) + " to " + type_name(to));
  if (is_relabel || cast->is_relabel) {
    result.borrow(from);
    return {};
  }
  // The kernel sees only rows that are not NULL.
  std::array<uint16_t, kBatchRows> valid;
  ENSURE(rows.count() <= valid.size());
  uint32_t count = 0;
  bool seen_null = false;
  if (from.may_have_nulls()) {
    for (uint32_t i = 0; i < rows.count(); ++i) {
      bool is_null = from.is_null(rows[i]);
      seen_null |= is_null;
      valid[count] = static_cast<uint16_t>(rows[i]);
      count += !is_null;
    }
  }
  const Vector* argument = &from;
  KernelCall call{{&argument, 1}, seen_null ? Selection(valid.data(), count) : rows, result, evaluation};
  Result<> done = cast->kernel(call);
  failed_row = call.failed_row;
  if (!done.ok()) return done;
  if (seen_null)
    for (uint32_t i = 0; i < rows.count(); ++i)
      if (from.is_null(rows[i])) result.set_null(rows[i]);
  return {};
}

Result<Value> cast_value(const Value& value, const Type& to, CastContext context, EvalContext& evaluation) {
  Vector from(value.type(), 1), result(to, 1);
  from.set_constant(value);
  uint32_t failed_row = 0;
  TRY(cast_vector(from, context, Selection(1), result, evaluation, failed_row));
  if (result.is_null(0)) return Value(to);
  Value made = result.value(0);
  return made;
}

}  // namespace rowan
