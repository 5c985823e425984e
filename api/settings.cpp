#include "api/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr int64_t kWorkMemMinKb = 64, kMaintenanceMinKb = 1024;

enum class SettingKind : uint8_t { Boolean, Integer, Real, String, Choice, TimeZone };
enum class Effect : uint8_t { Works, None, Fixed };  // Fixed: can be shown, not changed

struct SettingEntry {
  std::string_view name;
  SettingKind kind;
  std::string_view initial;
  std::string_view unit;     // of integers: "ms", "kB", "" for plain ones
  std::string_view choices;  // of Choice: separated by blanks
  Effect effect;
  std::string_view description;
};

constexpr SettingEntry kSettings[] = {
    {"application_name", SettingKind::String, "", "", "", Effect::Works,
     "Sets the application name to be reported in statistics."},
    {"client_encoding", SettingKind::Choice, "UTF8", "", "UTF8 utf8 UTF-8 utf-8 unicode UNICODE",
     Effect::Works, "Sets the client's character set encoding."},
    {"client_min_messages", SettingKind::Choice, "notice", "",
     "debug5 debug4 debug3 debug2 debug1 debug log info notice warning error", Effect::Works,
     "Sets the message levels that are sent to the client."},
    {"cpu_index_tuple_cost", SettingKind::Real, "0.005", "", "", Effect::Works,
     "Sets the planner's estimate of the cost of processing each index entry."},
    {"cpu_operator_cost", SettingKind::Real, "0.0025", "", "", Effect::Works,
     "Sets the planner's estimate of the cost of processing each operator or function call."},
    {"cpu_tuple_cost", SettingKind::Real, "0.01", "", "", Effect::Works,
     "Sets the planner's estimate of the cost of processing each row."},
    {"datestyle", SettingKind::String, "ISO, MDY", "", "", Effect::Works,
     "Sets the display format for date and time values."},
    {"ddl_yield_timeout", SettingKind::Integer, "1000", "ms", "", Effect::Works,
     "For how long a definition that waits for a table lets later statements go first."},
    {"default_transaction_deferrable", SettingKind::Boolean, "off", "", "", Effect::Works,
     "Sets the default deferrable status of new transactions."},
    {"default_transaction_isolation", SettingKind::Choice, "read committed", "",
     "serializable repeatable_read read_committed read_uncommitted", Effect::Works,
     "Sets the transaction isolation level of each new transaction."},
    {"default_transaction_read_only", SettingKind::Boolean, "off", "", "", Effect::Works,
     "Sets the default read-only status of new transactions."},
    {"effective_cache_size", SettingKind::Integer, "524288", "8kB", "", Effect::Works,
     "Sets the planner's assumption about the total size of the data caches."},
    {"enable_hashagg", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of hashed aggregation plans."},
    {"enable_hashjoin", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of hash join plans."},
    {"enable_indexonlyscan", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of index-only-scan plans."},
    {"enable_indexscan", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of index-scan plans."},
    {"enable_material", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of materialization."},
    {"enable_mergejoin", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of merge join plans."},
    {"enable_nestloop", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of nested-loop join plans."},
    {"enable_seqscan", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of sequential-scan plans."},
    {"enable_sort", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Enables the planner's use of explicit sort steps."},
    {"extra_float_digits", SettingKind::Integer, "1", "", "", Effect::Works,
     "Sets the number of digits displayed for floating-point values."},
    {"idle_in_transaction_session_timeout", SettingKind::Integer, "0", "ms", "", Effect::Works,
     "Sets the maximum allowed idle time between queries, when in a transaction."},
    {"intervalstyle", SettingKind::Choice, "postgres", "", "postgres postgres_verbose sql_standard iso_8601",
     Effect::Works, "Sets the display format for interval values."},
    {"lock_timeout", SettingKind::Integer, "0", "ms", "", Effect::Works,
     "Sets the maximum allowed duration of any wait for a lock."},
    {"maintenance_work_mem", SettingKind::Integer, "65536", "kB", "", Effect::Works,
     "Sets the maximum memory to be used for the sort of an index that is made."},
    {"role", SettingKind::String, "none", "", "", Effect::Works, "Sets the current role."},
    {"random_page_cost", SettingKind::Real, "4", "", "", Effect::Works,
     "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."},
    {"search_path", SettingKind::Choice, "\"$user\", public", "", "public \"$user\",_public", Effect::Works,
     "Sets the schema search order for names that are not schema-qualified."},
    {"seq_page_cost", SettingKind::Real, "1", "", "", Effect::Works,
     "Sets the planner's estimate of the cost of a sequentially fetched disk page."},
    {"session_authorization", SettingKind::String, "rowan", "", "", Effect::Works,
     "Sets the session user name."},
    {"statement_timeout", SettingKind::Integer, "0", "ms", "", Effect::Works,
     "Sets the maximum allowed duration of any statement."},
    {"synchronous_commit", SettingKind::Boolean, "on", "", "", Effect::Works,
     "Whether a commit waits until it is on the disk."},
    {"timezone", SettingKind::TimeZone, "UTC", "", "", Effect::Works,
     "Sets the time zone for displaying and interpreting time stamps."},
    {"transaction_deferrable", SettingKind::Boolean, "off", "", "", Effect::Works,
     "Whether to defer a read-only serializable transaction until it can be executed with no possible "
     "serialization failures."},
    {"transaction_isolation", SettingKind::Choice, "read committed", "",
     "serializable repeatable_read read_committed read_uncommitted", Effect::Works,
     "Sets the current transaction's isolation level."},
    {"transaction_read_only", SettingKind::Boolean, "off", "", "", Effect::Works,
     "Sets the current transaction's read-only status."},
    {"work_mem", SettingKind::Integer, "65536", "kB", "", Effect::Works,
     "Sets the maximum memory to be used for query workspaces."},
    {"block_size", SettingKind::Integer, "16384", "", "", Effect::Fixed, "Shows the size of a disk block."},
    {"integer_datetimes", SettingKind::Boolean, "on", "", "", Effect::Fixed,
     "Shows whether datetimes are integer based."},
    {"lc_collate", SettingKind::String, "C.UTF-8", "", "", Effect::Fixed,
     "Shows the collation order locale."},
    {"lc_ctype", SettingKind::String, "C.UTF-8", "", "", Effect::Fixed,
     "Shows the character classification and case conversion locale."},
    {"max_identifier_length", SettingKind::Integer, "63", "", "", Effect::Fixed,
     "Shows the maximum identifier length."},
    {"server_encoding", SettingKind::String, "UTF8", "", "", Effect::Fixed,
     "Shows the server (database) character set encoding."},
    {"server_version", SettingKind::String, "15.0", "", "", Effect::Fixed,
     "Shows the version of PostgreSQL whose dialect this is."},
    {"server_version_num", SettingKind::Integer, "150000", "", "", Effect::Fixed,
     "Shows that version as an integer."},
    {"standard_conforming_strings", SettingKind::Choice, "on", "", "on true yes 1", Effect::Works,
     "Causes '...' strings to treat backslashes literally."},
    {"backslash_quote", SettingKind::String, "safe_encoding", "", "", Effect::None, ""},
    {"bytea_output", SettingKind::Choice, "hex", "", "hex", Effect::Works,
     "Sets the output format for bytea."},
    {"check_function_bodies", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"deadlock_timeout", SettingKind::Integer, "1000", "ms", "", Effect::None,
     "Deadlocks are found when the wait begins."},
    {"default_statistics_target", SettingKind::Integer, "100", "", "", Effect::None, ""},
    {"default_table_access_method", SettingKind::String, "heap", "", "", Effect::None, ""},
    {"default_tablespace", SettingKind::String, "", "", "", Effect::None, ""},
    {"enable_bitmapscan", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"enable_memoize", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"escape_string_warning", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"force_parallel_mode", SettingKind::String, "off", "", "", Effect::None, ""},
    {"fsync", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"jit", SettingKind::Boolean, "off", "", "", Effect::None, ""},
    {"lc_messages", SettingKind::String, "C.UTF-8", "", "", Effect::None, ""},
    {"lc_monetary", SettingKind::String, "C.UTF-8", "", "", Effect::None, ""},
    {"lc_numeric", SettingKind::String, "C.UTF-8", "", "", Effect::None, ""},
    {"lc_time", SettingKind::String, "C.UTF-8", "", "", Effect::None, ""},
    {"max_parallel_workers", SettingKind::Integer, "0", "", "", Effect::None, ""},
    {"max_parallel_workers_per_gather", SettingKind::Integer, "0", "", "", Effect::None, ""},
    {"plan_cache_mode", SettingKind::Choice, "auto", "", "auto force_generic_plan force_custom_plan",
     Effect::None, "A prepared statement has one plan for all its parameters."},
    {"row_security", SettingKind::Boolean, "on", "", "", Effect::None, ""},
    {"xmloption", SettingKind::String, "content", "", "", Effect::None, ""},
};

// PostgreSQL shows some settings under a name in mixed case.
std::string shown_parameter(std::string_view name) {
  if (name == "timezone") return "TimeZone";
  if (name == "datestyle") return "DateStyle";
  return std::string(name);
}

std::string folded(std::string_view text) {
  std::string lower;
  for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

const SettingEntry* find_setting(std::string_view name) {
  std::string lower = folded(name);
  if (lower == "time zone") lower = "timezone";
  for (const SettingEntry& entry : kSettings) {
    if (entry.name == lower) return &entry;
  }
  return nullptr;
}

Error bad_value(const SettingEntry& entry, std::string_view value) {
  return Error(
      sqlstate::invalid_parameter_value,
      "invalid value for parameter \"" + shown_parameter(entry.name) + "\": \"" + std::string(value) + "\"");
}

std::optional<bool> parse_switch(std::string_view text) {
  std::string lower = folded(text);
  auto begins = [&](std::string_view word) {
    return !lower.empty() && word.substr(0, lower.size()) == lower;
  };
  if (begins("true") || begins("yes") || lower == "1" || lower == "on") return true;
  if (begins("false") || begins("no") || lower == "0" || lower == "off" || lower == "of") return false;
  return std::nullopt;
}

// A number with a unit of memory or time, in the setting's own unit.
Result<int64_t> parse_quantity(const SettingEntry& entry, std::string_view text) {
  double number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return bad_value(entry, text);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  struct Unit {
    std::string_view name;
    double factor;
  };
  constexpr Unit kMemory[] = {
      {"B", 1.0 / 1024}, {"kB", 1}, {"MB", 1024}, {"GB", 1048576}, {"TB", 1073741824}};
  constexpr Unit kTime[] = {{"us", 0.001},  {"ms", 1},      {"s", 1000},
                            {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
  double factor = 1;
  if (!unit.empty()) {
    bool found = false;
    double divisor = entry.unit == "8kB" ? 8 : 1;
    if (entry.unit == "ms") {
      for (const Unit& known : kTime) {
        if (known.name == unit) found = true, factor = known.factor;
      }
    } else if (entry.unit == "kB" || entry.unit == "8kB") {
      for (const Unit& known : kMemory) {
        if (known.name == unit) found = true, factor = known.factor / divisor;
      }
    }
    if (!found) {
      std::string units = entry.unit.empty()   ? ""
                          : entry.unit == "ms" ? R"("us", "ms", "s", "min", "h", and "d")"
                                               : R"("B", "kB", "MB", "GB", and "TB")";
      return bad_value(entry, text)
          .hint(units.empty() ? "" : "Valid units for this parameter are " + units + ".");
    }
  }
  double value = std::round(number * factor);
  if (!(value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max()))
    return bad_value(entry, text).hint("Value exceeds integer range.");
  return static_cast<int64_t>(value);
}

// SHOW's form of a number with a unit: the largest unit that divides it.
std::string with_unit(const SettingEntry& entry, const std::string& value) {
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  if (entry.unit.empty() || number == 0 || number == -1) return value;
  struct Step {
    std::string_view name;
    int64_t size;
  };
  constexpr Step kMemory[] = {{"TB", int64_t{1} << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}};
  constexpr Step kTime[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
  if (entry.unit == "8kB") number *= 8;
  if (entry.unit == "ms") {
    for (const Step& step : kTime) {
      if (number % step.size == 0) return std::to_string(number / step.size) + std::string(step.name);
    }
  }
  for (const Step& step : kMemory) {
    if (number % step.size == 0) return std::to_string(number / step.size) + std::string(step.name);
  }
  return value;
}

// DateStyle's two words in any order and spelling, as SHOW prints them. What is not named stays as it is, but
// German dates put the day first unless an order is named.
Result<std::string> parse_date_style(const SettingEntry& entry, std::string_view value,
                                     const std::string& current) {
  std::string style = current.substr(0, current.find(','));
  std::string order = current.size() > style.size() + 2 ? current.substr(style.size() + 2) : "MDY";
  bool style_named = false;
  bool order_named = false;
  bool conflict = false;
  auto name = [&](std::string& which, std::string_view wanted, bool& named) {
    conflict = conflict || (named && which != wanted);
    which = wanted;
    named = true;
  };
  std::string word;
  std::string text = folded(value) + ",";
  for (char c : text) {
    if (c != ',' && c != ' ') {
      word += c;
      continue;
    }
    if (word.empty()) continue;
    if (word == "iso") {
      name(style, "ISO", style_named);
    } else if (word == "sql") {
      name(style, "SQL", style_named);
    } else if (word.substr(0, 8) == "postgres") {
      name(style, "Postgres", style_named);
    } else if (word == "german") {
      name(style, "German", style_named);
      if (!order_named) order = "DMY";
    } else if (word == "mdy" || word == "us" || word.substr(0, 7) == "noneuro") {
      name(order, "MDY", order_named);
    } else if (word == "dmy" || word.substr(0, 4) == "euro") {
      name(order, "DMY", order_named);
    } else if (word == "ymd") {
      name(order, "YMD", order_named);
    } else if (word == "default") {
      if (!style_named) style = "ISO";
      if (!order_named) order = "MDY";
    } else {
      return bad_value(entry, value).detail("Unrecognized key word: \"" + word + "\".");
    }
    word.clear();
  }
  if (conflict) return bad_value(entry, value).detail("Conflicting \"datestyle\" specifications.");
  return style + ", " + order;
}

// Blanks of a choice are written as underscores in the table above, but for those that have some.
bool has_underscores(const SettingEntry& entry) {
  return entry.name == "intervalstyle" || entry.name == "plan_cache_mode";
}

// The choices as a hint lists them, without those that are mere spellings of others.
std::string available(const SettingEntry& entry) {
  std::string list;
  std::string choices(entry.choices);
  for (size_t begin = 0; begin < choices.size();) {
    size_t end = std::min(choices.find(' ', begin), choices.size());
    std::string choice = choices.substr(begin, end - begin);
    begin = end + 1;
    if (entry.name == "client_min_messages" && (choice == "debug" || choice == "info")) continue;
    if (!has_underscores(entry)) std::replace(choice.begin(), choice.end(), '_', ' ');
    list += (list.empty() ? "" : ", ") + choice;
  }
  return list;
}

// A zone's name or POSIX form; a plain number is hours east of UTC.
Result<std::string> parse_time_zone(const SettingEntry& entry, std::string_view value) {
  double hours = 0;
  auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), hours);
  if (fault == std::errc() && end == value.data() + value.size()) {
    constexpr double kHoursMax = 168;
    if (!(std::abs(hours) <= kHoursMax)) return bad_value(entry, value);
    return TimeZone::posix_name(static_cast<int32_t>(std::lround(hours * 3600)));
  }
  if (!TimeZone::find(value)) return bad_value(entry, value);
  return std::string(value);
}

Result<std::string> canonical(const SettingEntry& entry, std::string_view value, const std::string& current) {
  if (entry.name == "datestyle") return parse_date_style(entry, value, current);
  bool is_role = entry.name == "role" || entry.name == "session_authorization";
  if (is_role && value != "rowan" && value != entry.initial)  // there is one role
    return Error(sqlstate::invalid_parameter_value, "role \"" + std::string(value) + "\" does not exist");
  switch (entry.kind) {
    case SettingKind::Boolean: {
      std::optional<bool> on = parse_switch(value);
      if (!on)
        return Error(sqlstate::invalid_parameter_value,
                     "parameter \"" + std::string(entry.name) + "\" requires a Boolean value");
      return std::string(*on ? "on" : "off");
    }
    case SettingKind::Integer: {
      int64_t number = TRY(parse_quantity(entry, value));
      bool small = entry.name == "extra_float_digits" && (number < -15 || number > 3);
      int64_t least = entry.name == "work_mem"               ? kWorkMemMinKb
                      : entry.name == "maintenance_work_mem" ? kMaintenanceMinKb
                                                             : 0;
      if (small || (number < least && entry.name != "extra_float_digits")) {
        std::string range = entry.name == "extra_float_digits" ? std::string("-15 .. 3")
                                                               : std::to_string(least) + " .. 2147483647";
        std::string unit = entry.unit.empty() ? "" : " " + std::string(entry.unit);
        return Error(sqlstate::invalid_parameter_value, std::to_string(number) + unit +
                                                            " is outside the valid range for parameter \"" +
                                                            std::string(entry.name) + "\" (" + range + ")");
      }
      return std::to_string(number);
    }
    case SettingKind::Real: {
      double number = 0;
      auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (fault != std::errc() || end != value.data() + value.size()) return bad_value(entry, value);
      if (!(number >= 0))
        return Error(sqlstate::invalid_parameter_value,
                     std::string(value) + " is outside the valid range for parameter \"" +
                         std::string(entry.name) + "\" (0 .. 1.79769e+308)");
      return std::string(value);
    }
    case SettingKind::Choice: {
      std::string wanted = folded(value);
      std::replace(wanted.begin(), wanted.end(), ' ', '_');
      std::string choices(entry.choices);
      size_t begin = 0;
      while (begin < choices.size()) {
        size_t end = std::min(choices.find(' ', begin), choices.size());
        std::string choice = choices.substr(begin, end - begin);
        begin = end + 1;
        if (folded(choice) != wanted) continue;
        if (entry.name == "client_encoding") return std::string("UTF8");
        if (entry.name == "client_min_messages" && choice == "debug") return std::string("debug2");
        if (entry.name == "standard_conforming_strings") return std::string("on");
        if (!has_underscores(entry)) std::replace(choice.begin(), choice.end(), '_', ' ');
        return choice;
      }
      if (entry.name == "search_path" || entry.name == "standard_conforming_strings" ||
          entry.name == "bytea_output") {
        return Error(sqlstate::feature_not_supported, "setting \"" + std::string(entry.name) + "\" to \"" +
                                                          std::string(value) + "\" is not supported");
      }
      if (entry.name == "client_encoding") return bad_value(entry, value);
      return bad_value(entry, value).hint("Available values: " + available(entry) + ".");
    }
    case SettingKind::TimeZone:
      return parse_time_zone(entry, value);
    case SettingKind::String:
      return std::string(value);
  }
  return std::string(value);
}

std::string initial(const SettingEntry& entry, const std::string& work_mem) {
  return entry.name == "work_mem" ? work_mem : std::string(entry.initial);
}

}  // namespace

Settings::Settings(std::string database_name, size_t work_memory_bytes)
    : database_name_(std::move(database_name)),
      work_mem_(std::to_string(std::clamp<int64_t>(static_cast<int64_t>(work_memory_bytes / 1024),
                                                   kWorkMemMinKb, std::numeric_limits<int32_t>::max()))) {}

Error unknown_setting(std::string_view name) {
  Suggestion suggestion(folded(name));
  for (const SettingEntry& entry : kSettings) suggestion.consider(entry.name);
  return Error(sqlstate::undefined_object,
               "unrecognized configuration parameter \"" + std::string(name) + "\"")
      .hint(suggestion.best().empty() ? "" : "Perhaps you meant \"" + std::string(suggestion.best()) + "\".");
}

std::optional<std::string> Settings::get(std::string_view name) const {
  if (name == "database") return database_name_;
  const SettingEntry* entry = find_setting(name);
  if (entry == nullptr) {
    auto custom = values_.find(name);
    if (name.find('.') != std::string_view::npos && custom != values_.end()) return custom->second;
    return std::nullopt;
  }
  if (entry->name == "transaction_isolation") return isolation_;
  if (entry->name == "transaction_deferrable") return std::string(is_deferrable_ ? "on" : "off");
  if (entry->name == "transaction_read_only") return std::string(is_read_only_ ? "on" : "off");
  auto found = values_.find(entry->name);
  std::string value = found == values_.end() ? initial(*entry, work_mem_) : found->second;
  return entry->kind == SettingKind::Integer ? with_unit(*entry, value) : value;
}

int64_t Settings::integer(std::string_view name) const {
  const SettingEntry* entry = find_setting(name);
  auto found = values_.find(name);
  std::string value = found == values_.end() ? initial(*entry, work_mem_) : found->second;
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

double Settings::real(std::string_view name) const {
  const SettingEntry* entry = find_setting(name);
  auto found = values_.find(name);
  std::string value = found == values_.end() ? initial(*entry, work_mem_) : found->second;
  double number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

Result<> Settings::set(std::string_view name, std::string_view value, bool is_local) {
  const SettingEntry* entry = find_setting(name);
  std::string key(entry != nullptr ? entry->name : name);
  std::string wanted(value);
  if (entry == nullptr) {
    // A name with a dot is a setting of the application's own.
    if (name.find('.') == std::string_view::npos) return unknown_setting(name);
  } else {
    if (entry->effect == Effect::Fixed) {
      constexpr SqlState kCannotChange{"55P02"};
      return Error(kCannotChange, "parameter \"" + key + "\" cannot be changed");
    }
    auto current = values_.find(key);
    wanted = TRY(
        canonical(*entry, value, current == values_.end() ? initial(*entry, work_mem_) : current->second));
  }
  if (key == "transaction_isolation") {
    isolation_ = wanted;
    return {};
  }
  if (key == "transaction_read_only") {
    is_read_only_ = wanted == "on";
    return {};
  }
  if (key == "transaction_deferrable") {
    is_deferrable_ = wanted == "on";
    return {};
  }
  if (is_local && locals_.find(key) == locals_.end()) {
    auto before = values_.find(key);
    locals_[key] = before == values_.end() ? std::optional<std::string>() : before->second;
  }
  values_[key] = wanted;
  ++version_;
  return {};
}

Result<> Settings::reset(std::string_view name) {
  const SettingEntry* entry = find_setting(name);
  if (entry == nullptr && values_.find(name) == values_.end()) return unknown_setting(name);
  auto found = values_.find(entry != nullptr ? entry->name : name);
  if (found != values_.end()) values_.erase(found);
  ++version_;
  return {};
}

void Settings::end_transaction() {
  for (auto& [name, before] : locals_) {
    if (before) {
      values_[name] = *before;
    } else {
      auto found = values_.find(name);
      if (found != values_.end()) values_.erase(found);
    }
    ++version_;
  }
  locals_.clear();
}

std::vector<SettingInfo> Settings::all() const {
  std::vector<SettingInfo> list;
  for (const SettingEntry& entry : kSettings) {
    auto found = values_.find(entry.name);
    constexpr std::string_view kKinds[] = {"bool", "integer", "real", "string", "enum", "string"};
    std::string value = found == values_.end() ? initial(entry, work_mem_) : found->second;
    list.push_back({std::string(entry.name), value, std::string(entry.unit),
                    entry.effect == Effect::Fixed ? "Preset Options" : "Client Connection Defaults",
                    std::string(entry.description), std::string(kKinds[static_cast<size_t>(entry.kind)]),
                    initial(entry, work_mem_), entry.effect != Effect::None});
  }
  return list;
}

}  // namespace rowan
