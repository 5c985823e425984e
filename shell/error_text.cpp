#include "shell/error_text.h"

#include <algorithm>
#include <vector>

#include "shell/display_width.h"

namespace rowan::shell {
namespace {

struct Glyph {
  std::string text;
  size_t width;
};

// The characters of `text` with their columns; a tab counts as one blank, as libpq shows it.
std::vector<Glyph> glyphs(std::string_view text) {
  std::vector<Glyph> result;
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xc0) == 0x80)
      ++length;
    std::string one(text.substr(i, length));
    if (one == "\t") one = " ";
    size_t width = one.size() == 1 ? 1 : display_width(one);
    result.push_back({std::move(one), width});
    i += length;
  }
  return result;
}

// "LINE 2: …" and the caret below. A long line is cut to 60 columns around the position, as libpq does.
std::string position_lines(std::string_view statement, size_t position) {
  constexpr size_t kColumns = 60;
  constexpr size_t kRightMin = 10;
  position = std::min(position, statement.size());
  size_t line_number = 1;
  size_t begin = 0;
  for (size_t i = 0; i < position; ++i) {
    bool crlf = statement[i] == '\r' && i + 1 < statement.size() && statement[i + 1] == '\n';
    if (statement[i] != '\n' && (statement[i] != '\r' || crlf)) continue;
    ++line_number;
    begin = i + 1;
  }
  size_t end = statement.find_first_of("\r\n", std::max(begin, position));
  if (end == std::string_view::npos) end = statement.size();
  std::vector<Glyph> line = glyphs(statement.substr(begin, end - begin));
  size_t target = glyphs(statement.substr(begin, position - begin)).size();

  auto width_of = [&](size_t from, size_t to) {
    size_t width = 0;
    for (size_t i = from; i < to; ++i) width += line[i].width;
    return width;
  };
  size_t from = 0;
  size_t to = line.size();
  bool cut_left = false;
  bool cut_right = false;
  size_t width = width_of(0, to);
  if (width > kColumns) {
    if (width_of(0, target) + kRightMin <= kColumns) {
      while (width > kColumns) width -= line[--to].width;
      cut_right = true;
    } else {
      // Keep something on the right, then cut the left.
      while (width_of(target, to) > kRightMin) {
        width -= line[--to].width;
        cut_right = true;
      }
      while (width > kColumns) {
        width -= line[from++].width;
        cut_left = true;
      }
    }
  }
  std::string head = "LINE " + std::to_string(line_number) + ": ";
  std::string text = head + (cut_left ? "..." : "");
  for (size_t i = from; i < to; ++i) text += line[i].text;
  if (cut_right) text += "...";
  text += "\n";
  text.append(head.size() + (cut_left ? 3 : 0) + width_of(from, target), ' ');
  return text + "^\n";
}

}  // namespace

std::string error_text(std::string_view severity, const Error& error, std::string_view statement,
                       std::string_view prefix, Verbosity verbosity, ShowContext context, size_t offset) {
  bool has_position = error.position() >= 0;
  size_t position = has_position ? static_cast<size_t>(error.position()) + offset : 0;
  std::string out = std::string(prefix) + std::string(severity) + ":  ";
  if (verbosity == Verbosity::SqlState) return out + std::string(error.state().text()) + "\n";
  if (verbosity == Verbosity::Verbose) out += std::string(error.state().text()) + ": ";
  out += error.message();
  if (verbosity == Verbosity::Terse) {
    if (has_position) {
      size_t bytes = std::min(position, statement.size());
      out += " at character " + std::to_string(glyphs(statement.substr(0, bytes)).size() + 1);
    }
    return out + "\n";
  }
  out += "\n";
  if (has_position && !statement.empty()) out += position_lines(statement, position);
  if (!error.detail().empty()) out += "DETAIL:  " + error.detail() + "\n";
  if (!error.hint().empty()) out += "HINT:  " + error.hint() + "\n";
  bool is_error = severity == "ERROR" || severity == "FATAL";
  bool with_context = context == ShowContext::Always || (context == ShowContext::Errors && is_error);
  if (!error.context().empty() && with_context) out += "CONTEXT:  " + error.context() + "\n";
  if (verbosity == Verbosity::Verbose) {
    if (!error.table().empty()) out += "SCHEMA NAME:  public\nTABLE NAME:  " + error.table() + "\n";
    if (!error.column().empty()) out += "COLUMN NAME:  " + error.column() + "\n";
    if (!error.constraint().empty()) out += "CONSTRAINT NAME:  " + error.constraint() + "\n";
  }
  return out;
}

}  // namespace rowan::shell
