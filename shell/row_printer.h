// shell/row_printer.h: the formats that need no column widths, a row at a time: unaligned, CSV and JSON. No
// value is copied on its way to the paper but into the paper's buffer.
#pragma once

#include <string>
#include <string_view>

#include "shell/output.h"
#include "shell/paper.h"

namespace rowan::shell {

class RowPrinter {
 public:
  static bool prints(Format format) {
    return format == Format::Unaligned || format == Format::Csv || format == Format::Json;
  }
  // Headers, title and footers are `table`'s, rows are given. All outlive the printer; nothing is printed
  // yet.
  RowPrinter(const ResultTable& table, const OutputOptions& options, Paper& out)
      : table_(table), options_(options), out_(out), is_expanded_(options.expanded == Expanded::On) {}

  void begin();
  // A row is begun, given the value of each column, and ended.
  void begin_row();
  void value(size_t column, bool is_null, std::string_view text);
  void end_row();
  // `rows`: how many there were, for "(n rows)".
  void end(size_t rows);

 private:
  void begin_record(size_t separators);
  void begin_unaligned();
  void end_unaligned(size_t rows);
  void unaligned_value(size_t column, std::string_view shown);
  void csv_value(size_t column, std::string_view shown);
  void json_value(size_t column, bool is_null, std::string_view text);

  const ResultTable& table_;
  const OutputOptions& options_;
  Paper& out_;
  const bool is_expanded_;
  bool has_records_ = false;
  std::string room_;
};

}  // namespace rowan::shell
