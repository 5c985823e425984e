// LIKE, ILIKE, SIMILAR TO, ~ and the regexp functions as kernels. A pattern that is the same for every row is
// taken apart once a batch.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/build_text.h"
#include "types/lift.h"
#include "types/like.h"
#include "types/regex.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

std::string_view text_at(const Vector& vector, uint32_t row) {
  return vector.data<Text>()[vector.is_constant() ? 0 : row].view();
}

std::string lower_copy(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) utf8_append(unicode_lower(utf8_decode(text, at)), out);
  return out;
}

// --- LIKE ---

template <bool kNegated, bool kIgnoresCase, bool kIsBytes>
Result<> like_kernel(KernelCall& call) {
  const Vector &texts = *call.arguments[0], &patterns = *call.arguments[1];
  auto* out = call.result.data<uint8_t>();
  auto take_apart = [&](uint32_t row) {
    std::string_view pattern = text_at(patterns, row);
    return kIgnoresCase ? LikePattern(lower_copy(pattern)) : LikePattern(pattern, kIsBytes);
  };
  std::optional<LikePattern> fixed;
  if (patterns.is_constant()) fixed.emplace(take_apart(0));
  if (fixed && fixed->is_simple() && !kIgnoresCase && !texts.is_constant()) {
    const Text* values = texts.data<Text>();
    for (uint32_t i = 0; i < call.rows.count(); ++i) {
      uint32_t row = call.rows[i];
      out[row] = fixed->matches_simple(values[row].view()) != kNegated;
    }
    return {};
  }
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string lowered;
    std::string_view text = text_at(texts, row);
    if (kIgnoresCase) {
      lowered = lower_copy(text);
      text = lowered;
    }
    Result<bool> tried = fixed ? fixed->matches(text) : take_apart(row).matches(text);
    bool matched = TRY(std::move(tried));
    out[row] = matched != kNegated;
  }
  return {};
}

// pattern LIKE … ESCAPE e: the pattern with e's meaning given to the backslash.
Result<Text> like_escape_pattern(KernelCall& call, std::string_view pattern, std::string_view escape) {
  std::string out;
  if (escape.empty()) {
    for (char c : pattern) {
      if (c == '\\') out += '\\';
      out += c;
    }
    return keep_text(call, out);
  }
  if (utf8_length(escape) != 1)
    return Error(sqlstate::invalid_escape_sequence, "invalid escape string")
        .hint("Escape string must be empty or one character.");
  if (escape == "\\") return keep_text(call, pattern);
  bool after_escape = false;
  for (size_t at = 0; at < pattern.size();) {
    size_t width = utf8_width(pattern[at]);
    std::string_view c = pattern.substr(at, width);
    at += width;
    if (c == escape && !after_escape) {
      out += '\\';
      after_escape = true;
    } else if (c == "\\") {
      if (!after_escape) out += '\\';
      out += '\\';
      after_escape = false;
    } else {
      out.append(c);
      after_escape = false;
    }
  }
  return keep_text(call, out);
}

// --- regular expressions ---

// The regex of a row: compiled again only when pattern or flags changed since the last one asked for.
class RegexSource {
 public:
  // `text` is what it will be asked about.
  Result<const Regex*> get(std::string_view pattern, std::string_view text, const RegexFlags& flags,
                           std::string_view letters, bool needs_bounds) {
    if (!regex_ || pattern != pattern_ || letters != letters_) {
      Regex compiled = TRY(Regex::compile(pattern, flags, needs_bounds));
      regex_.emplace(std::move(compiled));
      pattern_ = pattern;
      letters_ = letters;
    }
    if (regex_->needs_ascii() && !is_ascii(text))
      return Error(sqlstate::feature_not_supported,
                   "word boundaries in regular expressions are not supported for text beyond ASCII");
    return &*regex_;
  }

 private:
  std::optional<Regex> regex_;
  std::string pattern_, letters_;
};

Error no_global_option(std::string_view function) {
  return Error(sqlstate::invalid_parameter_value,
               std::string(function) + "() does not support the \"global\" option");
}

template <bool kNegated, bool kIgnoresCase>
Result<> regex_match_kernel(KernelCall& call) {
  auto* out = call.result.data<uint8_t>();
  RegexSource source;
  RegexFlags flags;
  flags.ignores_case = kIgnoresCase;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    const Regex* regex =
        TRY(source.get(text_at(*call.arguments[1], row), text_at(*call.arguments[0], row), flags, "", false));
    out[row] = regex->contains_match(text_at(*call.arguments[0], row)) != kNegated;
  }
  return {};
}

Result<> regexp_like_kernel(KernelCall& call) {
  auto* out = call.result.data<uint8_t>();
  RegexSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string_view letters =
        call.arguments.size() > 2 ? text_at(*call.arguments[2], row) : std::string_view();
    RegexFlags flags = TRY(parse_regex_flags(letters));
    if (flags.is_global) return no_global_option("regexp_like");
    std::string_view text = text_at(*call.arguments[0], row);
    const Regex* regex = TRY(source.get(text_at(*call.arguments[1], row), text, flags, letters, false));
    out[row] = regex->contains_match(text_at(*call.arguments[0], row));
  }
  return {};
}

// Every match from byte `from` on, as f(groups) until it says false. After an empty match the search goes on
// one character later.
template <class Visit>
void each_match(const Regex& regex, std::string_view text, size_t from, Visit visit) {
  std::vector<std::string_view> groups;
  size_t at = from;
  while (at <= text.size() && regex.find(text, at, groups)) {
    if (!visit(groups)) return;
    auto end = static_cast<size_t>(groups[0].data() + groups[0].size() - text.data());
    if (!groups[0].empty())
      at = end;
    else
      at = end < text.size() ? end + utf8_width(text[end]) : text.size() + 1;
  }
}

// substring(text from pattern): the first group where there is one, else the whole match.
Result<> regex_substring_kernel(KernelCall& call) {
  RegexSource source;
  std::vector<std::string_view> groups;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string_view text = text_at(*call.arguments[0], row);
    const Regex* regex = TRY(source.get(text_at(*call.arguments[1], row), text, RegexFlags(), "", true));
    bool found = regex->find(text, 0, groups);
    std::string_view part;
    if (found) part = groups.size() > 1 ? groups[1] : groups[0];
    if (!found || part.data() == nullptr)
      call.result.set_null(row);
    else
      call.result.data<Text>()[row] = Text(part);
  }
  return {};
}

// substring(text similar pattern escape e)
Result<> similar_substring_kernel(KernelCall& call) {
  RegexSource source;
  std::vector<std::string_view> groups;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    std::string pattern =
        TRY(similar_to_regex(text_at(*call.arguments[1], row), text_at(*call.arguments[2], row), true));
    std::string_view text = text_at(*call.arguments[0], row);
    const Regex* regex = TRY(source.get(pattern, text, RegexFlags(), "", false));
    bool found = regex->find(text, 0, groups);
    std::string_view part;
    if (found) part = groups.size() > 1 ? groups[1] : groups[0];
    if (!found || part.data() == nullptr)
      call.result.set_null(row);
    else
      call.result.data<Text>()[row] = Text(part);
  }
  return {};
}

Result<Text> similar_pattern(KernelCall& call, std::string_view pattern) {
  std::string regex = TRY(similar_to_regex(pattern, "\\", false));
  return keep_text(call, regex);
}
Result<Text> similar_pattern_escape(KernelCall& call, std::string_view pattern, std::string_view escape) {
  std::string regex = TRY(similar_to_regex(pattern, escape, false));
  return keep_text(call, regex);
}

// \1 … \9 are groups, \& the match, \\ a backslash.
Result<> append_replacement(std::string_view replacement, const std::vector<std::string_view>& groups,
                            std::string& out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\' || i + 1 == replacement.size()) {
      out += replacement[i];
      continue;
    }
    char next = replacement[++i];
    if (next >= '1' && next <= '9') {
      auto group = static_cast<size_t>(next - '0');
      if (group >= groups.size()) continue;
      TRY(check_growth(out.size(), groups[group].size()));
      out.append(groups[group]);
    } else if (next == '&') {
      TRY(check_growth(out.size(), groups[0].size()));
      out.append(groups[0]);
    } else if (next == '\\') {
      out += '\\';
    } else {
      out += '\\';
      out += next;
    }
  }
  return {};
}

Error bad_regexp_parameter(std::string_view name, int32_t value) {
  return Error(sqlstate::invalid_parameter_value,
               "invalid value for parameter \"" + std::string(name) + "\": " + std::to_string(value));
}

// Arguments of the regexp functions, by place; -1: there is none.
struct RegexpPlaces {
  int start = -1, nth = -1, end_option = -1, flags = -1, group = -1;
};
struct RegexpArguments {
  std::string_view text;
  size_t from = 0;
  int32_t nth = 1, end_option = 0, group = 0;
  const Regex* regex = nullptr;
  RegexFlags flags;
};

Result<RegexpArguments> read_regexp_arguments(KernelCall& call, uint32_t row, const RegexpPlaces& places,
                                              RegexSource& source, std::string_view name, int32_t nth_min) {
  auto number = [&](int place, int32_t otherwise) {
    if (place < 0) return otherwise;
    const Vector& vector = *call.arguments[static_cast<size_t>(place)];
    return vector.data<int32_t>()[vector.is_constant() ? 0 : row];
  };
  RegexpArguments read;
  read.text = text_at(*call.arguments[0], row);
  int32_t start = number(places.start, 1);
  read.nth = number(places.nth, nth_min == 0 ? 0 : 1);
  read.end_option = number(places.end_option, 0);
  read.group = number(places.group, 0);
  if (start <= 0) return bad_regexp_parameter("start", start);
  if (read.nth < nth_min) return bad_regexp_parameter("n", read.nth);
  if (read.end_option != 0 && read.end_option != 1) return bad_regexp_parameter("endoption", read.end_option);
  if (read.group < 0) return bad_regexp_parameter("subexpr", read.group);
  std::string_view letters = places.flags < 0
                                 ? std::string_view()
                                 : text_at(*call.arguments[static_cast<size_t>(places.flags)], row);
  read.flags = TRY(parse_regex_flags(letters));
  if (read.flags.is_global && name != "regexp_replace") return no_global_option(name);
  read.regex = TRY(source.get(text_at(*call.arguments[1], row), read.text, read.flags, letters, true));
  read.from = utf8_offset(read.text, static_cast<size_t>(start - 1));
  if (static_cast<size_t>(start - 1) > utf8_length(read.text)) read.from = read.text.size() + 1;
  return read;
}

// regexp_replace(text, pattern, replacement [, flags]) and (…, start [, n [, flags]]).
template <int kForm>
Result<> regexp_replace_kernel(KernelCall& call) {
  RegexpPlaces places;
  if (kForm == 1) places.flags = 3;
  if (kForm >= 2) places.start = 3;
  if (kForm >= 3) places.nth = 4;
  if (kForm >= 4) places.flags = 5;
  RegexSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    TRY(call.context.check_cancel());
    RegexpArguments read =
        TRY(read_regexp_arguments(call, row, places, source, "regexp_replace", kForm >= 3 ? 0 : 1));
    // n = 0, and the flag g where no n is given, replace all.
    int32_t wanted = kForm >= 3 ? read.nth : (read.flags.is_global ? 0 : 1);
    std::string_view replacement = text_at(*call.arguments[2], row);
    std::string out;
    size_t done = 0;
    int32_t seen = 0;
    Result<> grown;
    each_match(*read.regex, read.text, read.from, [&](const std::vector<std::string_view>& groups) {
      ++seen;
      if (seen % 1024 == 0) grown = call.context.check_cancel();
      if (!grown.ok()) return false;
      if (wanted != 0 && seen < wanted) return true;
      auto start = static_cast<size_t>(groups[0].data() - read.text.data());
      grown = check_growth(out.size(), start - done + replacement.size());
      if (!grown.ok()) return false;
      out.append(read.text.substr(done, start - done));
      grown = append_replacement(replacement, groups, out);
      done = start + groups[0].size();
      return wanted == 0 && grown.ok();
    });
    TRY(std::move(grown));
    if (out.empty() && done == 0) {
      call.result.data<Text>()[row] = Text(read.text);
      continue;
    }
    TRY(check_growth(out.size(), read.text.size() - done));
    out.append(read.text.substr(done));
    call.result.data<Text>()[row] = keep_text(call, out);
  }
  return {};
}

template <int kArguments>
Result<> regexp_count_kernel(KernelCall& call) {
  RegexpPlaces places;
  if (kArguments >= 3) places.start = 2;
  if (kArguments >= 4) places.flags = 3;
  RegexSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    RegexpArguments read = TRY(read_regexp_arguments(call, row, places, source, "regexp_count", 1));
    int32_t count = 0;
    each_match(*read.regex, read.text, read.from, [&](const std::vector<std::string_view>&) {
      ++count;
      return true;
    });
    call.result.data<int32_t>()[row] = count;
  }
  return {};
}

// The part that regexp_substr and regexp_instr ask for: the n-th match, or a group of it.
std::string_view wanted_part(const RegexpArguments& read) {
  std::string_view part;
  int32_t seen = 0;
  each_match(*read.regex, read.text, read.from, [&](const std::vector<std::string_view>& groups) {
    if (++seen < read.nth) return true;
    auto group = static_cast<size_t>(read.group);
    if (group == 1 && groups.size() == 1) group = 0;  // without groups the match is the first one
    if (group < groups.size()) part = groups[group];
    return false;
  });
  return part;
}

template <int kArguments>
Result<> regexp_substr_kernel(KernelCall& call) {
  RegexpPlaces places;
  if (kArguments >= 3) places.start = 2;
  if (kArguments >= 4) places.nth = 3;
  if (kArguments >= 5) places.flags = 4;
  if (kArguments >= 6) places.group = 5;
  RegexSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    RegexpArguments read = TRY(read_regexp_arguments(call, row, places, source, "regexp_substr", 1));
    std::string_view part = wanted_part(read);
    if (part.data() == nullptr)
      call.result.set_null(row);
    else
      call.result.data<Text>()[row] = Text(part);
  }
  return {};
}

template <int kArguments>
Result<> regexp_instr_kernel(KernelCall& call) {
  RegexpPlaces places;
  if (kArguments >= 3) places.start = 2;
  if (kArguments >= 4) places.nth = 3;
  if (kArguments >= 5) places.end_option = 4;
  if (kArguments >= 6) places.flags = 5;
  if (kArguments >= 7) places.group = 6;
  RegexSource source;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    RegexpArguments read = TRY(read_regexp_arguments(call, row, places, source, "regexp_instr", 1));
    std::string_view part = wanted_part(read);
    int32_t position = 0;
    if (part.data() != nullptr) {
      auto at =
          static_cast<size_t>(part.data() - read.text.data()) + (read.end_option == 1 ? part.size() : 0);
      position = static_cast<int32_t>(utf8_length(read.text.substr(0, at))) + 1;
    }
    call.result.data<int32_t>()[row] = position;
  }
  return {};
}

void add_pattern_function(FunctionRegistry& registry, std::string_view name, std::vector<TypeId> arguments,
                          TypeId result, Kernel kernel) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.result = result;
  function.kernel = kernel;
  registry.add(std::move(function));
}

}  // namespace

void register_patterns(FunctionRegistry& registry) {
  TypeId text = TypeId::Text, boolean = TypeId::Boolean, integer = TypeId::Integer;
  for (TypeId subject : {TypeId::Text, TypeId::Char, TypeId::Name}) {
    auto add = [&](std::string_view name, Kernel kernel) {
      add_pattern_function(registry, name, {subject, text}, boolean, kernel);
    };
    add("~~", &like_kernel<false, false, false>);
    add("!~~", &like_kernel<true, false, false>);
    add("~~*", &like_kernel<false, true, false>);
    add("!~~*", &like_kernel<true, true, false>);
    add("~", &regex_match_kernel<false, false>);
    add("!~", &regex_match_kernel<true, false>);
    add("~*", &regex_match_kernel<false, true>);
    add("!~*", &regex_match_kernel<true, true>);
  }
  TypeId bytea = TypeId::Bytea;
  add_pattern_function(registry, "~~", {bytea, bytea}, boolean, &like_kernel<false, false, true>);
  add_pattern_function(registry, "!~~", {bytea, bytea}, boolean, &like_kernel<true, false, true>);
  registry.add(strict<&like_escape_pattern>("like_escape"));
  registry.add(strict<&similar_pattern>("similar_to_escape"));
  registry.add(strict<&similar_pattern_escape>("similar_to_escape"));
  add_pattern_function(registry, "regexp_like", {text, text}, boolean, &regexp_like_kernel);
  add_pattern_function(registry, "regexp_like", {text, text, text}, boolean, &regexp_like_kernel);
  add_pattern_function(registry, "substring", {text, text}, text, &regex_substring_kernel);
  add_pattern_function(registry, "substring", {text, text, text}, text, &similar_substring_kernel);
  auto add_text = [&](std::vector<TypeId> arguments, Kernel kernel) {
    add_pattern_function(registry, "regexp_replace", std::move(arguments), text, kernel);
  };
  add_text({text, text, text}, &regexp_replace_kernel<0>);
  add_text({text, text, text, text}, &regexp_replace_kernel<1>);
  add_text({text, text, text, integer}, &regexp_replace_kernel<2>);
  add_text({text, text, text, integer, integer}, &regexp_replace_kernel<3>);
  add_text({text, text, text, integer, integer, text}, &regexp_replace_kernel<4>);
  auto add = [&](std::string_view name, std::vector<TypeId> arguments, TypeId result, Kernel kernel) {
    add_pattern_function(registry, name, std::move(arguments), result, kernel);
  };
  add("regexp_count", {text, text}, integer, &regexp_count_kernel<2>);
  add("regexp_count", {text, text, integer}, integer, &regexp_count_kernel<3>);
  add("regexp_count", {text, text, integer, text}, integer, &regexp_count_kernel<4>);
  add("regexp_substr", {text, text}, text, &regexp_substr_kernel<2>);
  add("regexp_substr", {text, text, integer}, text, &regexp_substr_kernel<3>);
  add("regexp_substr", {text, text, integer, integer}, text, &regexp_substr_kernel<4>);
  add("regexp_substr", {text, text, integer, integer, text}, text, &regexp_substr_kernel<5>);
  add("regexp_substr", {text, text, integer, integer, text, integer}, text, &regexp_substr_kernel<6>);
  add("regexp_instr", {text, text}, integer, &regexp_instr_kernel<2>);
  add("regexp_instr", {text, text, integer}, integer, &regexp_instr_kernel<3>);
  add("regexp_instr", {text, text, integer, integer}, integer, &regexp_instr_kernel<4>);
  add("regexp_instr", {text, text, integer, integer, integer}, integer, &regexp_instr_kernel<5>);
  add("regexp_instr", {text, text, integer, integer, integer, text}, integer, &regexp_instr_kernel<6>);
  add("regexp_instr", {text, text, integer, integer, integer, text, integer}, integer,
      &regexp_instr_kernel<7>);
}

}  // namespace rowan
