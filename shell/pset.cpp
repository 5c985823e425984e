#include "shell/pset.h"

#include <strings.h>
#include <algorithm>

#include <cstdlib>
#include <span>

#include "shell/variables.h"

namespace rowan::shell {
namespace {

using Value = std::optional<std::string>;

std::string_view on_off(bool value) {
  return value ? "on" : "off";
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::Aligned:
      return "aligned";
    case Format::Wrapped:
      return "wrapped";
    case Format::Unaligned:
      return "unaligned";
    case Format::Csv:
      return "csv";
    case Format::Json:
      return "json";
  }
  return "";
}

std::string_view style_name(LineStyle style) {
  switch (style) {
    case LineStyle::Ascii:
      return "ascii";
    case LineStyle::OldAscii:
      return "old-ascii";
    case LineStyle::Unicode:
      return "unicode";
  }
  return "";
}

std::string_view weight_name(bool is_double) {
  return is_double ? "double" : "single";
}

// A setting as \pset lists it: quoted, with what a reader could not see spelt out.
std::string quoted_setting(std::string_view text) {
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

std::string quoted_if_set(const std::string& text) {
  return text.empty() ? std::string() : quoted_setting(text);
}

std::string unrecognized(const std::string& name, const std::string& value, std::string_view expected) {
  return "unrecognized value \"" + value + "\" for \"" + name + "\"" + std::string(expected);
}

// Flips `flag`, or sets it from a boolean text. What is wrong with the text otherwise.
std::string set_flag(bool& flag, const std::string& name, const Value& value) {
  if (!value) {
    flag = !flag;
    return {};
  }
  std::optional<bool> parsed = parse_boolean(*value);
  if (!parsed) return unrecognized(name, *value, ": Boolean expected");
  flag = *parsed;
  return {};
}

// `value` begins one of `choices`; the first that it begins.
std::optional<size_t> choose(const std::string& value, std::span<const std::string_view> choices) {
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!value.empty() && strncasecmp(choices[i].data(), value.c_str(), value.size()) == 0 &&
        value.size() <= choices[i].size())
      return i;
  }
  return std::nullopt;
}

std::string set_format(OutputOptions& options, const std::string&, const Value& value) {
  constexpr std::string_view kNames[] = {"aligned", "csv", "json", "unaligned", "wrapped"};
  constexpr Format kFormats[] = {Format::Aligned, Format::Csv, Format::Json, Format::Unaligned,
                                 Format::Wrapped};
  if (!value) return {};
  std::optional<size_t> chosen = choose(*value, kNames);
  if (!chosen) return "\\pset: allowed formats are aligned, csv, json, unaligned, wrapped";
  options.format = kFormats[*chosen];
  return {};
}

std::string set_line_style(OutputOptions& options, const std::string&, const Value& value) {
  constexpr std::string_view kNames[] = {"ascii", "old-ascii", "unicode"};
  if (!value) return {};
  std::optional<size_t> chosen = choose(*value, kNames);
  if (!chosen) return "\\pset: allowed line styles are ascii, old-ascii, unicode";
  options.line_style = static_cast<LineStyle>(*chosen);
  return {};
}

std::string set_weight(bool& is_double, const std::string& part, const Value& value) {
  constexpr std::string_view kNames[] = {"single", "double"};
  if (!value) return {};
  std::optional<size_t> chosen = choose(*value, kNames);
  if (!chosen) return "\\pset: allowed Unicode " + part + " line styles are single, double";
  is_double = *chosen == 1;
  return {};
}

std::string set_expanded(OutputOptions& options, const std::string& name, const Value& value) {
  if (value && strcasecmp(value->c_str(), "auto") == 0) {
    options.expanded = Expanded::Auto;
    return {};
  }
  bool on = options.expanded != Expanded::Off;
  if (!set_flag(on, name, value).empty())
    return unrecognized(name, *value, "\nAvailable values are: on, off, auto.");
  options.expanded = on ? Expanded::On : Expanded::Off;
  return {};
}

std::string set_pager(OutputOptions& options, const std::string& name, const Value& value) {
  if (value && strcasecmp(value->c_str(), "always") == 0) {
    options.pager = 2;
    return {};
  }
  bool on = options.pager == 1;
  if (!set_flag(on, name, value).empty())
    return unrecognized(name, *value, "\nAvailable values are: on, off, always.");
  options.pager = on ? 1 : 0;
  return {};
}

std::string set_csv_separator(OutputOptions& options, const std::string&, const Value& value) {
  if (!value) return {};
  if (value->size() != 1) return "\\pset: csv_fieldsep must be a single one-byte character";
  if (*value == "\"" || *value == "\n" || *value == "\r")
    return "\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return";
  options.csv_separator = *value;
  return {};
}

const std::string kZeroByte(1, '\0');

std::string told_pager_lines(int lines) {
  return "Pager won't be used for less than " + std::to_string(lines) + (lines == 1 ? " line." : " lines.");
}

std::string told_expanded(const OutputOptions& o) {
  switch (o.expanded) {
    case Expanded::On:
      return "Expanded display is on.";
    case Expanded::Off:
      return "Expanded display is off.";
    case Expanded::Auto:
      return "Expanded display is used automatically.";
  }
  return {};
}

using Options = OutputOptions;

struct Setting {
  std::string_view name;
  std::string_view short_name;
  // Sets it. "" or what is wrong.
  std::string (*set)(Options&, const std::string& name, const Value&);
  // What it is now, in a sentence; and as \pset lists it.
  std::string (*told)(const Options&);
  std::string (*listed)(const Options&);
  // psql says nothing where such a one is set to a value, only where it is flipped.
  bool silent_when_given = false;
};

// In the order of psql's list.
const Setting kSettings[] = {
    {"border", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.border = static_cast<uint16_t>(std::atoi(v->c_str()));
       return std::string();
     },
     [](const Options& o) { return "Border style is " + std::to_string(o.border) + "."; },
     [](const Options& o) { return std::to_string(o.border); }},
    {"columns", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.columns = std::atoi(v->c_str());
       return std::string();
     },
     [](const Options& o) {
       return o.columns == 0 ? "Target width is unset."
                             : "Target width is " + std::to_string(o.columns) + ".";
     },
     [](const Options& o) { return std::to_string(o.columns); }},
    {"csv_fieldsep", "", set_csv_separator,
     [](const Options& o) { return "Field separator for CSV is \"" + o.csv_separator + "\"."; },
     [](const Options& o) { return quoted_setting(o.csv_separator); }},
    {"expanded", "x", set_expanded, told_expanded,
     [](const Options& o) {
       return std::string(o.expanded == Expanded::Auto ? "auto" : on_off(o.expanded == Expanded::On));
     }},
    {"fieldsep", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.field_separator = *v;
       return std::string();
     },
     [](const Options& o) {
       return o.field_separator == kZeroByte ? "Field separator is zero byte."
                                             : "Field separator is \"" + o.field_separator + "\".";
     },
     [](const Options& o) {
       return quoted_setting(o.field_separator == kZeroByte ? "" : o.field_separator);
     }},
    {"fieldsep_zero", "",
     [](Options& o, const std::string&, const Value&) {
       o.field_separator = kZeroByte;
       return std::string();
     },
     [](const Options&) { return std::string("Field separator is zero byte."); },
     [](const Options& o) { return std::string(on_off(o.field_separator == kZeroByte)); }},
    {"footer", "",
     [](Options& o, const std::string& name, const Value& v) { return set_flag(o.footer, name, v); },
     [](const Options& o) { return "Default footer is " + std::string(on_off(o.footer)) + "."; },
     [](const Options& o) { return std::string(on_off(o.footer)); }, true},
    {"format", "", set_format,
     [](const Options& o) { return "Output format is " + std::string(format_name(o.format)) + "."; },
     [](const Options& o) { return std::string(format_name(o.format)); }},
    {"linestyle", "", set_line_style,
     [](const Options& o) { return "Line style is " + std::string(style_name(o.line_style)) + "."; },
     [](const Options& o) { return std::string(style_name(o.line_style)); }},
    {"null", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.null_text = *v;
       return std::string();
     },
     [](const Options& o) { return "Null display is \"" + o.null_text + "\"."; },
     [](const Options& o) { return quoted_setting(o.null_text); }},
    {"numericlocale", "",
     [](Options& o, const std::string& name, const Value& v) { return set_flag(o.numeric_locale, name, v); },
     [](const Options& o) {
       return "Locale-adjusted numeric output is " + std::string(on_off(o.numeric_locale)) + ".";
     },
     [](const Options& o) { return std::string(on_off(o.numeric_locale)); }, true},
    {"pager", "", set_pager,
     [](const Options& o) {
       return std::string(o.pager == 2   ? "Pager is always used."
                          : o.pager == 1 ? "Pager is used for long output."
                                         : "Pager usage is off.");
     },
     [](const Options& o) { return std::to_string(o.pager); }},
    {"pager_min_lines", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.pager_min_lines = std::atoi(v->c_str());
       return std::string();
     },
     [](const Options& o) { return told_pager_lines(o.pager_min_lines); },
     [](const Options& o) { return std::to_string(o.pager_min_lines); }},
    {"recordsep", "",
     [](Options& o, const std::string&, const Value& v) {
       if (v) o.record_separator = *v;
       return std::string();
     },
     [](const Options& o) {
       if (o.record_separator == kZeroByte) return std::string("Record separator is zero byte.");
       return o.record_separator == "\n" ? "Record separator is <newline>."
                                         : "Record separator is \"" + o.record_separator + "\".";
     },
     [](const Options& o) {
       return quoted_setting(o.record_separator == kZeroByte ? "" : o.record_separator);
     }},
    {"recordsep_zero", "",
     [](Options& o, const std::string&, const Value&) {
       o.record_separator = kZeroByte;
       return std::string();
     },
     [](const Options&) { return std::string("Record separator is zero byte."); },
     [](const Options& o) { return std::string(on_off(o.record_separator == kZeroByte)); }},
    {"tableattr", "T",
     [](Options& o, const std::string&, const Value& v) {
       o.table_attributes = v.value_or("");
       return std::string();
     },
     [](const Options& o) {
       return o.table_attributes.empty() ? "Table attributes unset."
                                         : "Table attributes are \"" + o.table_attributes + "\".";
     },
     [](const Options& o) { return quoted_if_set(o.table_attributes); }},
    {"title", "C",
     [](Options& o, const std::string&, const Value& v) {
       o.title = v.value_or("");
       return std::string();
     },
     [](const Options& o) { return o.title.empty() ? "Title is unset." : "Title is \"" + o.title + "\"."; },
     [](const Options& o) { return quoted_if_set(o.title); }},
    {"tuples_only", "t",
     [](Options& o, const std::string& name, const Value& v) { return set_flag(o.tuples_only, name, v); },
     [](const Options& o) { return "Tuples only is " + std::string(on_off(o.tuples_only)) + "."; },
     [](const Options& o) { return std::string(on_off(o.tuples_only)); }, true},
    {"unicode_border_linestyle", "",
     [](Options& o, const std::string&, const Value& v) {
       return set_weight(o.unicode.border_double, "border", v);
     },
     [](const Options& o) {
       return "Unicode border line style is \"" + std::string(weight_name(o.unicode.border_double)) + "\".";
     },
     [](const Options& o) { return std::string(weight_name(o.unicode.border_double)); }},
    {"unicode_column_linestyle", "",
     [](Options& o, const std::string&, const Value& v) {
       return set_weight(o.unicode.column_double, "column", v);
     },
     [](const Options& o) {
       return "Unicode column line style is \"" + std::string(weight_name(o.unicode.column_double)) + "\".";
     },
     [](const Options& o) { return std::string(weight_name(o.unicode.column_double)); }},
    {"unicode_header_linestyle", "",
     [](Options& o, const std::string&, const Value& v) {
       return set_weight(o.unicode.header_double, "header", v);
     },
     [](const Options& o) {
       return "Unicode header line style is \"" + std::string(weight_name(o.unicode.header_double)) + "\".";
     },
     [](const Options& o) { return std::string(weight_name(o.unicode.header_double)); }},
};

}  // namespace

std::string pset_apply(OutputOptions& options, const std::string& name,
                       const std::optional<std::string>& value, std::string& told) {
  for (const Setting& setting : kSettings) {
    bool vertical = name == "vertical" && setting.name == "expanded";
    if (name != setting.name && (setting.short_name.empty() || name != setting.short_name) && !vertical)
      continue;
    std::string fault = setting.set(options, name, value);
    if (!fault.empty()) return fault;
    if (!(setting.silent_when_given && value)) told = setting.told(options) + "\n";
    return {};
  }
  return "\\pset: unknown option: " + name;
}

std::string pset_listing(const OutputOptions& options) {
  std::string out;
  for (const Setting& setting : kSettings) {
    std::string padded(setting.name);
    padded.resize(25, ' ');
    out += padded + setting.listed(options) + "\n";
  }
  return out;
}

}  // namespace rowan::shell
