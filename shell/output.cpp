#include "shell/output.h"

#include <algorithm>
#include <cstdio>

#include "shell/output_parts.h"

namespace rowan::shell {
namespace {

std::string row_count_footer(size_t rows) {
  return "(" + std::to_string(rows) + (rows == 1 ? " row)" : " rows)");
}

// 1234567.5 as 1,234,567.5.
std::string grouped(const std::string& number) {
  size_t begin = number.find_first_of("0123456789");
  size_t end = std::min(number.find_first_not_of("0123456789", begin), number.size());
  if (begin == std::string::npos || begin > 1) return number;
  std::string out = number.substr(0, begin);
  for (size_t i = begin; i < end; ++i) {
    if (i > begin && (end - i) % 3 == 0) out += ',';
    out += number[i];
  }
  return out + number.substr(end);
}

// The separator stands between records; a newline, or a zero byte where that separates, ends the last.
void print_unaligned(const ResultTable& table, const OutputOptions& options, std::string& out) {
  bool expanded = options.expanded == Expanded::On;
  std::string_view title = options.tuples_only ? std::string_view() : title_of(table, options);
  bool wants_separator = false;
  auto begin_record = [&](size_t separators) {
    if (wants_separator) repeat(out, options.record_separator, separators);
    wants_separator = true;
  };
  if (!title.empty()) {
    begin_record(1);
    out += title;
  }
  if (!expanded && !options.tuples_only) {
    begin_record(1);
    for (size_t i = 0; i < table.headers.size(); ++i) {
      if (i > 0) out += options.field_separator;
      out += table.headers[i].name;
    }
  }
  for (const auto& row : table.rows) {
    if (row.empty()) continue;
    begin_record(expanded ? 2 : 1);
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += expanded ? options.record_separator : options.field_separator;
      if (expanded) out += table.headers[i].name + options.field_separator;
      out += shown_text(row[i], table.headers[i], options);
    }
  }
  std::vector<std::string> footers;
  if (!expanded) footers = footers_of(table, options);
  if (expanded && !options.tuples_only) footers = table.footers;
  if (expanded && !footers.empty()) out += options.record_separator;
  for (const std::string& footer : footers) {
    begin_record(1);
    out += footer;
  }
  if (wants_separator)
    out += options.record_separator == std::string(1, '\0') ? options.record_separator : "\n";
}

void print_csv(const ResultTable& table, const OutputOptions& options, std::string& out) {
  auto line = [&](auto&& field, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out += options.csv_separator;
      out += csv_field(field(i), options.csv_separator);
    }
    out += '\n';
  };
  if (options.expanded == Expanded::On) {
    for (const auto& row : table.rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        out += csv_field(table.headers[i].name, options.csv_separator) + options.csv_separator +
               csv_field(shown_text(row[i], table.headers[i], options), options.csv_separator) + "\n";
      }
    }
    return;
  }
  if (!options.tuples_only) {
    line([&](size_t i) { return table.headers[i].name; }, table.headers.size());
  }
  for (const auto& row : table.rows) {
    if (row.empty()) continue;
    line([&](size_t i) { return shown_text(row[i], table.headers[i], options); }, row.size());
  }
}

void print_json(const ResultTable& table, std::string& out) {
  out += '[';
  for (size_t r = 0; r < table.rows.size(); ++r) {
    out += r == 0 ? "{" : ",\n {";
    for (size_t i = 0; i < table.headers.size(); ++i) {
      if (i > 0) out += ", ";
      out += json_string(table.headers[i].name) + ": ";
      const Cell& cell = table.rows[r][i];
      const Header& header = table.headers[i];
      bool is_finite =
          cell.text.find_first_of("NI") == std::string::npos;  // NaN and Infinity are no JSON numbers
      if (cell.is_null) {
        out += "null";
      } else if (header.is_boolean) {
        out += cell.text == "t" ? "true" : "false";
      } else if (header.is_json_bare && is_finite) {
        out += cell.text;
      } else {
        out += json_string(cell.text);
      }
    }
    out += '}';
  }
  out += "]\n";
}

}  // namespace

std::string shown_text(const Cell& cell, const Header& header, const OutputOptions& options) {
  if (cell.is_null) return options.null_text;
  return options.numeric_locale && header.right_aligned ? grouped(cell.text) : cell.text;
}

std::vector<std::string> footers_of(const ResultTable& table, const OutputOptions& options) {
  if (options.tuples_only) return {};
  if (!table.footers.empty()) return table.footers;
  if (!table.default_footer || !options.footer) return {};
  return {row_count_footer(table.rows.size())};
}

size_t paper_width(const OutputOptions& options) {
  return options.columns > 0 ? static_cast<size_t>(options.columns) : options.terminal_columns;
}

std::string csv_field(std::string_view text, std::string_view separator) {
  bool quoted = text.find_first_of("\"\n\r") != std::string_view::npos ||
                text.find(separator) != std::string_view::npos || text == "\\.";
  if (!quoted) return std::string(text);
  std::string field = "\"";
  for (char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + "\"";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", c);
          out += escape;
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

void print_table(const ResultTable& table, const OutputOptions& options, std::string& out) {
  switch (options.format) {
    case Format::Unaligned:
      return print_unaligned(table, options, out);
    case Format::Csv:
      return print_csv(table, options, out);
    case Format::Json:
      return print_json(table, out);
    case Format::Aligned:
    case Format::Wrapped:
      break;
  }
  if (options.expanded == Expanded::On) return print_expanded(table, options, out);
  print_aligned(table, options, out);
}

}  // namespace rowan::shell
