#include "shell/output.h"

#include <algorithm>

#include "shell/output_parts.h"
#include "shell/row_printer.h"

namespace rowan::shell {
namespace {

std::string row_count_footer(size_t rows) {
  return "(" + std::to_string(rows) + (rows == 1 ? " row)" : " rows)");
}

// 1234567.5 as 1,234,567.5.
std::string grouped(std::string_view number) {
  size_t begin = number.find_first_of("0123456789");
  size_t end = std::min(number.find_first_not_of("0123456789", begin), number.size());
  if (begin == std::string::npos || begin > 1) return std::string(number);
  std::string out(number.substr(0, begin));
  for (size_t i = begin; i < end; ++i) {
    if (i > begin && (end - i) % 3 == 0) out += ',';
    out += number[i];
  }
  out += number.substr(end);
  return out;
}

void print_rows(const ResultTable& table, const OutputOptions& options, Paper& out) {
  RowPrinter printer(table, options, out);
  printer.begin();
  for (const auto& row : table.rows) {
    printer.begin_row();
    for (size_t i = 0; i < row.size(); ++i) printer.value(i, row[i].is_null, row[i].text);
    printer.end_row();
  }
  printer.end(table.rows.size());
}

}  // namespace

std::string_view shown_text(bool is_null, std::string_view text, const Header& header,
                            const OutputOptions& options, std::string& room) {
  if (is_null) return options.null_text;
  if (!options.numeric_locale || !header.right_aligned) return text;
  room = grouped(text);
  return room;
}

std::vector<std::string> footers_of(const ResultTable& table, const OutputOptions& options, size_t rows) {
  if (options.tuples_only) return {};
  if (!table.footers.empty()) return table.footers;
  if (!table.default_footer || !options.footer) return {};
  return {row_count_footer(rows)};
}

size_t paper_width(const OutputOptions& options) {
  return options.columns > 0 ? static_cast<size_t>(options.columns) : options.terminal_columns;
}

void print_table(const ResultTable& table, const OutputOptions& options, Paper& out) {
  if (RowPrinter::prints(options.format)) return print_rows(table, options, out);
  if (options.expanded == Expanded::On) return print_expanded(table, options, out);
  print_aligned(table, options, out);
}

}  // namespace rowan::shell
