// shell/output_parts.h: what the formats of shell/output.h share.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "shell/output.h"

namespace rowan::shell {

inline void pad(Paper& out, size_t columns) {
  out.append(columns, ' ');
}
inline void repeat(Paper& out, std::string_view what, size_t times) {
  for (size_t i = 0; i < times; ++i) out += what;
}

// A frame heavier than 2 is drawn as 2.
inline int drawn_border(const OutputOptions& options) {
  return std::min<int>(options.border, 2);
}
inline std::string_view title_of(const ResultTable& table, const OutputOptions& options) {
  return table.title.empty() ? options.title : table.title;
}
// What a cell shows: its text, what stands for NULL, and a number grouped by thousands when that is asked
// for, which is written into `room`.
std::string_view shown_text(bool is_null, std::string_view text, const Header& header,
                            const OutputOptions& options, std::string& room);
// The lines below the table: its own, or "(n rows)" for `rows`.
std::vector<std::string> footers_of(const ResultTable& table, const OutputOptions& options, size_t rows);
// Columns of paper to fit in: \pset columns, or the terminal's when results go there; 0: as many as it takes.
size_t paper_width(const OutputOptions& options);

void print_aligned(const ResultTable& table, const OutputOptions& options, Paper& out);
void print_expanded(const ResultTable& table, const OutputOptions& options, Paper& out);

}  // namespace rowan::shell
