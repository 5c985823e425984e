#include "shell/pset.h"

#include <cstdlib>

#include "shell/variables.h"

namespace rowan::shell {
namespace {

std::string_view format_name(Format format) {
  switch (format) {
    case Format::Aligned:
      return "aligned";
    case Format::Unaligned:
      return "unaligned";
    case Format::Csv:
      return "csv";
    case Format::Json:
      return "json";
  }
  return "";
}

std::string shown_setting(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\'') {
      out += "\\'";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string_view on_off(bool value) {
  return value ? "on" : "off";
}

// Flips `flag`, or sets it from a boolean text; what is wrong with the text otherwise.
std::string set_flag(bool& flag, const std::string& name, const std::optional<std::string>& value) {
  if (!value) {
    flag = !flag;
    return {};
  }
  std::optional<bool> parsed = parse_boolean(*value);
  if (!parsed) return "unrecognized value \"" + *value + "\" for \"\\pset " + name + "\": Boolean expected";
  flag = *parsed;
  return {};
}

}  // namespace

std::string pset_apply(OutputOptions& options, const std::string& name,
                       const std::optional<std::string>& value, std::string& told) {
  if (name == "format") {
    if (value) {
      auto begins = [&](std::string_view word) {
        return !value->empty() && word.substr(0, value->size()) == *value;
      };
      if (begins("aligned")) {
        options.format = Format::Aligned;
      } else if (begins("unaligned")) {
        options.format = Format::Unaligned;
      } else if (begins("csv")) {
        options.format = Format::Csv;
      } else if (begins("json")) {
        options.format = Format::Json;
      } else {
        return "\\pset: allowed formats are aligned, csv, json, unaligned";
      }
    }
    told = "Output format is " + std::string(format_name(options.format)) + ".\n";
  } else if (name == "border") {
    if (value) options.border = std::min(2, std::max(0, std::atoi(value->c_str())));
    told = "Border style is " + std::to_string(options.border) + ".\n";
  } else if (name == "x" || name == "expanded" || name == "vertical") {
    if (value == "auto") {
      options.expanded = Expanded::Auto;
      told = "Expanded display is used automatically.\n";
    } else {
      bool on = options.expanded == Expanded::On;
      std::string fault = set_flag(on, name, value);
      if (!fault.empty())
        return "unrecognized value \"" + *value + "\" for \"\\pset " + name +
               "\"\nAvailable values are: on, off, auto.";
      options.expanded = on ? Expanded::On : Expanded::Off;
      told = on ? "Expanded display is on.\n" : "Expanded display is off.\n";
    }
  } else if (name == "null") {
    if (value) options.null_text = *value;
    told = "Null display is \"" + options.null_text + "\".\n";
  } else if (name == "fieldsep") {
    if (value) options.field_separator = *value;
    told = "Field separator is \"" + options.field_separator + "\".\n";
  } else if (name == "fieldsep_zero") {
    options.field_separator.assign(1, '\0');
    told = "Field separator is zero byte.\n";
  } else if (name == "recordsep") {
    if (value) options.record_separator = *value;
    told = options.record_separator == "\n" ? "Record separator is <newline>.\n"
                                            : "Record separator is \"" + options.record_separator + "\".\n";
  } else if (name == "recordsep_zero") {
    options.record_separator.assign(1, '\0');
    told = "Record separator is zero byte.\n";
  } else if (name == "csv_fieldsep") {
    if (value) {
      if (value->size() != 1) return "\\pset: csv_fieldsep must be a single one-byte character";
      if (*value == "\"" || *value == "\n" || *value == "\r") {
        return "\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return";
      }
      options.csv_separator = *value;
    }
    told = "Field separator for CSV is \"" + options.csv_separator + "\".\n";
  } else if (name == "t" || name == "tuples_only") {
    std::string fault = set_flag(options.tuples_only, name, value);
    if (!fault.empty()) return fault;
    told = options.tuples_only ? "Tuples only is on.\n" : "Tuples only is off.\n";
  } else if (name == "footer") {
    std::string fault = set_flag(options.footer, name, value);
    if (!fault.empty()) return fault;
    told = options.footer ? "Default footer is on.\n" : "Default footer is off.\n";
  } else if (name == "title" || name == "C") {
    options.title = value.value_or("");
    told = options.title.empty() ? "Title is unset.\n" : "Title is \"" + options.title + "\".\n";
  } else if (name == "pager") {
    options.pager = !(value && parse_boolean(*value) == false);
    told = options.pager ? "Pager is used for long output.\n" : "Pager usage is off.\n";
  } else {
    return "\\pset: unknown option: " + name;
  }
  return {};
}

std::string pset_listing(const OutputOptions& options) {
  std::string_view expanded = options.expanded == Expanded::On     ? "on"
                              : options.expanded == Expanded::Auto ? "auto"
                                                                   : "off";
  std::string out;
  auto line = [&](std::string_view name, std::string_view value) {
    std::string padded(name);
    padded.resize(25, ' ');
    out += padded + std::string(value) + "\n";
  };
  line("border", std::to_string(options.border));
  line("csv_fieldsep", shown_setting(options.csv_separator));
  line("expanded", expanded);
  line("fieldsep", shown_setting(options.field_separator));
  line("footer", on_off(options.footer));
  line("format", format_name(options.format));
  line("null", shown_setting(options.null_text));
  line("pager", options.pager ? "1" : "0");
  line("recordsep", shown_setting(options.record_separator));
  line("title", options.title);
  line("tuples_only", on_off(options.tuples_only));
  return out;
}

}  // namespace rowan::shell
