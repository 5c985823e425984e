#include "shell/output.h"

#include <algorithm>
#include <cstdio>

#include "shell/display_width.h"

namespace rowan::shell {
namespace {

void pad(std::string& out, size_t columns, char with = ' ') {
  out.append(columns, with);
}

std::string row_count_footer(size_t rows) {
  return "(" + std::to_string(rows) + (rows == 1 ? " row)" : " rows)");
}

std::string_view shown(const Cell& cell, const OutputOptions& options) {
  return cell.is_null ? std::string_view(options.null_text) : std::string_view(cell.text);
}

// One column of the aligned format: all its cells cut into lines, and how wide the widest is.
struct AlignedColumn {
  std::vector<DisplayLine> header;
  size_t width = 0;
};

void print_rule(const std::vector<AlignedColumn>& columns, int border, std::string& out) {
  if (border == 2) out += '+';
  if (border > 0) out += '-';
  for (size_t i = 0; i < columns.size(); ++i) {
    pad(out, columns[i].width, '-');
    if (i + 1 < columns.size()) out += border == 0 ? " " : "-+-";
  }
  if (border > 0) out += '-';
  if (border == 2) out += '+';
  out += '\n';
}

void print_headers(const std::vector<AlignedColumn>& columns, int border, std::string& out) {
  size_t height = 0;
  for (const AlignedColumn& column : columns) height = std::max(height, column.header.size());
  for (size_t line = 0; line < height; ++line) {
    if (border == 2) out += '|';
    for (size_t i = 0; i < columns.size(); ++i) {
      const AlignedColumn& column = columns[i];
      if (border != 0) out += ' ';
      bool more = line + 1 < column.header.size();
      if (line < column.header.size()) {
        size_t spare = column.width - column.header[line].width;
        pad(out, spare / 2);
        out += column.header[line].text;
        pad(out, (spare + 1) / 2);
      } else {
        pad(out, column.width);
      }
      out += more ? '+' : ' ';
      if (border != 0 && i + 1 < columns.size()) out += '|';
    }
    if (border == 2) out += '|';
    out += '\n';
  }
}

// A row is as tall as its tallest cell; '+' marks a line that goes on below. The last column is not padded.
void print_aligned_row(const std::vector<AlignedColumn>& columns, const std::vector<Header>& headers,
                       const std::vector<std::vector<DisplayLine>>& cells, int border, std::string& out) {
  size_t height = 1;
  for (const auto& lines : cells) height = std::max(height, lines.size());
  for (size_t line = 0; line < height; ++line) {
    if (border == 2) out += '|';
    for (size_t i = 0; i < columns.size(); ++i) {
      bool last = i + 1 == columns.size();
      bool padded = border == 2 || !last;
      bool more = line + 1 < cells[i].size();
      if (border != 0) out += ' ';
      if (line >= cells[i].size()) {
        if (padded) pad(out, columns[i].width);
      } else {
        size_t spare = columns[i].width - cells[i][line].width;
        if (headers[i].right_aligned) pad(out, spare);
        out += cells[i][line].text;
        if (!headers[i].right_aligned && (padded || more)) pad(out, spare);
      }
      if (more) {
        out += '+';
      } else if (padded) {
        out += ' ';
      }
      if (border != 0 && !last) out += '|';
    }
    if (border == 2) out += '|';
    out += '\n';
  }
}

void print_footers(const ResultTable& table, const OutputOptions& options, std::string& out) {
  if (options.tuples_only || !options.footer) return;
  if (!table.footers.empty()) {
    for (const std::string& footer : table.footers) out += footer + "\n";
  } else if (table.default_footer) {
    out += row_count_footer(table.rows.size()) + "\n";
  }
}

void print_aligned(const ResultTable& table, const OutputOptions& options, std::string& out) {
  std::vector<AlignedColumn> columns(table.headers.size());
  std::vector<std::vector<std::vector<DisplayLine>>> cells;
  cells.reserve(table.rows.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].header = display_lines(table.headers[i].name);
    for (const DisplayLine& line : columns[i].header)
      columns[i].width = std::max(columns[i].width, line.width);
  }
  for (const auto& row : table.rows) {
    std::vector<std::vector<DisplayLine>>& lines = cells.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      lines.push_back(display_lines(shown(row[i], options)));
      for (const DisplayLine& line : lines.back()) columns[i].width = std::max(columns[i].width, line.width);
    }
  }
  if (!options.tuples_only) {
    std::string title = table.title.empty() ? options.title : table.title;
    if (!title.empty()) {
      size_t total = options.border == 2 ? 4 : options.border == 1 ? 2 : 0;
      for (size_t i = 0; i < columns.size(); ++i)
        total += columns[i].width + (i == 0 ? 0 : options.border == 0 ? 1 : 3);
      size_t width = display_width(title);
      if (width < total) pad(out, (total - width) / 2);
      out += title + "\n";
    }
    if (options.border == 2) print_rule(columns, 2, out);
    print_headers(columns, options.border, out);
    print_rule(columns, options.border, out);
  }
  if (!columns.empty()) {
    for (const auto& row : cells) print_aligned_row(columns, table.headers, row, options.border, out);
  }
  if (options.border == 2) print_rule(columns, 2, out);
  print_footers(table, options, out);
  out += "\n";
}

// "-[ RECORD 3 ]---+-----": the line above each record of the expanded format.
void print_record_rule(size_t record, size_t name_width, size_t value_width, int border, std::string& out) {
  std::string head;
  if (border == 2) head = "+-";
  if (border == 1) head = "-";
  std::string label;
  if (record > 0)
    label = border == 0 ? "* Record " + std::to_string(record) : "[ RECORD " + std::to_string(record) + " ]";
  out += head + label;
  char rule = border > 0 ? '-' : ' ';
  auto used = static_cast<long>(label.size()) + (border != 2 ? 1 : 0);
  auto names = static_cast<long>(name_width);
  for (long i = used; i < names; ++i) out += rule;
  used -= names;
  if (border > 0) {
    if (used-- <= 0) out += '-';
    if (used-- <= 0) out += '+';
    if (used-- <= 0) out += '-';
  } else if (used-- <= 0) {
    out += ' ';
  }
  for (long i = std::max(used, 0L); i < static_cast<long>(value_width); ++i) out += rule;
  if (border == 2) out += "-+";
  out += '\n';
}

void print_expanded(const ResultTable& table, const OutputOptions& options, std::string& out) {
  if (table.rows.empty()) {
    if (!options.tuples_only && table.default_footer && options.footer) out += row_count_footer(0) + "\n";
    if (!options.tuples_only || !table.title.empty()) out += "\n";
    return;
  }
  std::string title = table.title.empty() ? options.title : table.title;
  if (!title.empty() && !options.tuples_only) out += title + "\n";
  int border = options.border;
  size_t name_width = 0;
  size_t value_width = 0;
  std::vector<std::vector<DisplayLine>> names;
  bool name_has_lines = false;
  for (const Header& header : table.headers) {
    names.push_back(display_lines(header.name));
    name_has_lines |= names.back().size() > 1;
    for (const DisplayLine& line : names.back()) name_width = std::max(name_width, line.width);
  }
  std::vector<std::vector<std::vector<DisplayLine>>> records;
  bool value_has_lines = false;
  for (const auto& row : table.rows) {
    auto& record = records.emplace_back();
    for (const Cell& cell : row) {
      record.push_back(display_lines(shown(cell, options)));
      value_has_lines |= record.back().size() > 1;
      for (const DisplayLine& line : record.back()) value_width = std::max(value_width, line.width);
    }
  }
  if (border == 0 && name_has_lines) ++name_width;
  if (border == 0 && value_has_lines) ++value_width;
  for (size_t r = 0; r < records.size(); ++r) {
    if (r == 0 && border == 2 && options.tuples_only)
      print_record_rule(0, name_width, value_width, border, out);
    if (!options.tuples_only) {
      print_record_rule(r + 1, name_width, value_width, border, out);
    } else if (r > 0) {
      if (border == 2) {
        print_record_rule(0, name_width, value_width, border, out);
      } else {
        out += "\n";
      }
    }
    for (size_t i = 0; i < table.headers.size(); ++i) {
      size_t height = std::max(names[i].size(), records[r][i].size());
      for (size_t line = 0; line < height; ++line) {
        if (border == 2) out += "| ";
        bool more_name = line + 1 < names[i].size();
        if (line < names[i].size()) {
          out += names[i][line].text;
          pad(out, name_width - names[i][line].width);
        } else {
          pad(out, name_width);
        }
        if (border > 0) {
          out += more_name ? '+' : ' ';
          out += '|';
        } else {
          out += more_name ? '+' : ' ';
        }
        if (line < records[r][i].size()) {
          bool more = line + 1 < records[r][i].size();
          if (border > 0) out += ' ';
          out += records[r][i][line].text;
          size_t spare = value_width - records[r][i][line].width;
          if (border > 1 || more) pad(out, spare);
          if (more) {
            out += '+';
          } else if (border > 1) {
            out += ' ';
          }
        } else if (border > 1) {
          pad(out, value_width + 2);
        }
        if (border == 2) out += '|';
        out += '\n';
      }
    }
  }
  if (border == 2) print_record_rule(0, name_width, value_width, border, out);
  if (!options.tuples_only && options.footer && !table.footers.empty()) {
    out += "\n";
    for (const std::string& footer : table.footers) out += footer + "\n";
  }
  out += "\n";
}

void print_unaligned(const ResultTable& table, const OutputOptions& options, std::string& out) {
  bool need_separator = false;
  auto start_line = [&] {
    if (need_separator) out += options.record_separator;
    need_separator = true;
  };
  bool expanded = options.expanded == Expanded::On;
  std::string title = table.title.empty() ? options.title : table.title;
  if (!options.tuples_only && !title.empty()) {
    out += title;
    need_separator = true;
  }
  if (!expanded) {
    if (!options.tuples_only) {
      start_line();
      for (size_t i = 0; i < table.headers.size(); ++i) {
        if (i > 0) out += options.field_separator;
        out += table.headers[i].name;
      }
    }
    for (const auto& row : table.rows) {
      start_line();
      for (size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out += options.field_separator;
        out += shown(row[i], options);
      }
    }
    if (!options.tuples_only && options.footer) {
      if (!table.footers.empty()) {
        for (const std::string& footer : table.footers) {
          start_line();
          out += footer;
        }
      } else if (table.default_footer) {
        start_line();
        out += row_count_footer(table.rows.size());
      }
    }
  } else {
    bool first = true;
    for (const auto& row : table.rows) {
      if (!first || need_separator) out += options.record_separator + (first ? "" : options.record_separator);
      first = false;
      need_separator = false;
      for (size_t i = 0; i < row.size(); ++i) {
        start_line();
        out += table.headers[i].name + options.field_separator;
        out += shown(row[i], options);
      }
    }
  }
  // The last record separator is a newline whatever was asked for, unless it is a NUL.
  if (need_separator || !table.rows.empty())
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
               csv_field(shown(row[i], options), options.csv_separator) + "\n";
      }
    }
    return;
  }
  if (!options.tuples_only) {
    line([&](size_t i) { return std::string_view(table.headers[i].name); }, table.headers.size());
  }
  for (const auto& row : table.rows) {
    line([&](size_t i) { return shown(row[i], options); }, row.size());
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
      break;
  }
  if (options.expanded == Expanded::On) return print_expanded(table, options, out);
  print_aligned(table, options, out);
}

}  // namespace rowan::shell
