// shell/output.h: results on paper: psql's aligned, wrapped, expanded, unaligned and CSV formats, byte for
// byte, and JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shell/line_style.h"
#include "shell/paper.h"

namespace rowan::shell {

enum class Format : uint8_t { Aligned, Wrapped, Unaligned, Csv, Json };
enum class Expanded : uint8_t { Off, On, Auto };

// What \pset sets.
struct OutputOptions {
  Format format = Format::Aligned;
  Expanded expanded = Expanded::Off;
  uint16_t border = 1;  // above 2: as 2
  bool tuples_only = false;
  bool footer = true;
  std::string null_text;
  std::string field_separator = "|";
  std::string record_separator = "\n";
  std::string csv_separator = ",";
  std::string title;
  std::string table_attributes;  // kept for \pset's sake: no format here uses them
  bool numeric_locale = false;
  uint16_t pager = 1;  // 2: always
  int pager_min_lines = 0;
  LineStyle line_style = LineStyle::Ascii;
  UnicodeWeights unicode;
  int columns = 0;              // the width to wrap at and to expand beyond; 0: the terminal's
  size_t terminal_columns = 0;  // of where results go now; 0: no terminal
};

struct Cell {
  bool is_null = false;
  std::string text;
};

struct Header {
  std::string name;
  bool right_aligned = false;  // numbers
  bool is_json_bare = false;   // printed without quotes in JSON: numbers and booleans
  bool is_boolean = false;
};

// A whole result. The footer lines replace "(n rows)" where there are any (\d prints its indexes there).
struct ResultTable {
  std::vector<Header> headers;
  std::vector<std::vector<Cell>> rows;
  std::string title;
  std::vector<std::string> footers;
  bool default_footer = true;
};

// Prints the table as `options` say.
void print_table(const ResultTable& table, const OutputOptions& options, Paper& out);

}  // namespace rowan::shell
