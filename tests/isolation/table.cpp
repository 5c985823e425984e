#include "tests/isolation/table.h"

#include <algorithm>

namespace rowan::isolation {
namespace {

// PQprint's own idea of a number: digits, points, blanks, signs and exponents, a digit last.
bool looks_numeric(const std::string& text) {
  if (text.find_first_not_of("0123456789.Ee -") != std::string::npos) return false;
  return text[0] != 'E' && text[0] != 'e' && text.back() >= '0' && text.back() <= '9';
}

void put(const std::string& text, size_t width, bool to_the_right, std::string& out) {
  std::string blanks(width - std::min(width, text.size()), ' ');
  out += to_the_right ? blanks + text : text + blanks;
}

}  // namespace

void print_table(const Answer& answer, std::string& out) {
  size_t columns = answer.names.size();
  if (columns == 0) return;
  std::vector<size_t> widths;
  std::vector<bool> numeric(columns, true);
  for (const std::string& name : answer.names) widths.push_back(name.size());
  for (const auto& row : answer.rows) {
    for (size_t i = 0; i < columns; ++i) {
      if (!row[i] || row[i]->empty()) continue;
      widths[i] = std::max(widths[i], row[i]->size());
      if (!looks_numeric(*row[i])) numeric[i] = false;
    }
  }
  auto line = [&](auto&& cell, const char* between) {
    for (size_t i = 0; i < columns; ++i) {
      put(cell(i), widths[i], numeric[i], out);
      out += i + 1 < columns ? between : "\n";
    }
  };
  line([&](size_t i) { return answer.names[i]; }, "|");
  line([&](size_t i) { return std::string(widths[i], '-'); }, "+");
  for (const auto& row : answer.rows) line([&](size_t i) { return row[i].value_or(""); }, "|");
  size_t count = answer.rows.size();
  out += "(" + std::to_string(count) + (count == 1 ? " row)\n\n" : " rows)\n\n");
}

}  // namespace rowan::isolation
