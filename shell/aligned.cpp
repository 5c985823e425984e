// shell/aligned.cpp: the aligned and the wrapped format: columns side by side.
#include <algorithm>

#include "shell/cell_cursor.h"
#include "shell/output_parts.h"

namespace rowan::shell {
namespace {

using Continued = CellCursor::Continued;

struct Column {
  CellCursor header;
  size_t header_width;
  size_t natural_width;  // of the widest cell or header
  size_t width;          // what it is given
  double average = 0;    // of its cells
};

std::vector<Column> measure_columns(const ResultTable& table, const OutputOptions& options) {
  std::vector<Column> columns;
  for (const Header& header : table.headers) {
    size_t width = display_width(header.name);
    columns.push_back({CellCursor(header.name), width, width, width});
  }
  std::string room;
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      size_t width = display_width(shown_text(row[i].is_null, row[i].text, table.headers[i], options, room));
      columns[i].natural_width = std::max(columns[i].natural_width, width);
      columns[i].average += static_cast<double>(width);
    }
  }
  for (Column& column : columns) {
    column.width = column.natural_width;
    if (!table.rows.empty()) column.average /= static_cast<double>(table.rows.size());
  }
  return columns;
}

// Columns of paper that stand between and around `count` columns.
size_t frame_width(size_t count, int border) {
  if (border == 0) return count;
  return border == 1 ? count * 3 - (count > 0 ? 1 : 0) : count * 3 + 1;
}

// Takes from the columns that are widest beside their average cell, never less than a header, until all fit.
void shrink(std::vector<Column>& columns, size_t total, size_t target) {
  while (total > target) {
    double worst_ratio = 0;
    Column* worst = nullptr;
    for (Column& column : columns) {
      if (column.average < 1 || column.width <= column.header_width) continue;
      double ratio =
          static_cast<double>(column.width) / static_cast<double>(static_cast<size_t>(column.average)) +
          static_cast<double>(column.natural_width) * 0.01;
      if (ratio <= worst_ratio) continue;
      worst_ratio = ratio;
      worst = &column;
    }
    if (worst == nullptr) return;
    --worst->width;
    --total;
  }
}

class AlignedPrinter {
 public:
  AlignedPrinter(const ResultTable& table, const OutputOptions& options, std::vector<Column> columns,
                 Paper& out)
      : table_(table),
        options_(options),
        border_(drawn_border(options)),
        columns_(std::move(columns)),
        out_(out),
        strokes_(strokes_of(options.line_style, options.unicode)) {}

  void print(size_t total_width) {
    if (!options_.tuples_only) {
      print_title(total_width);
      if (border_ == 2) print_rule(strokes_.top);
      print_headers();
      print_rule(strokes_.below_headers);
    }
    if (!columns_.empty()) {
      for (const auto& row : table_.rows) print_row(row);
    }
    if (border_ == 2) print_rule(strokes_.bottom);
    for (const std::string& footer : footers_of(table_, options_, table_.rows.size())) {
      out_ += footer;
      out_ += '\n';
    }
    out_ += '\n';
  }

 private:
  void print_title(size_t total_width) {
    std::string_view title = title_of(table_, options_);
    if (title.empty()) return;
    size_t width = display_width(title);
    if (width < total_width) pad(out_, (total_width - width) / 2);
    out_ += title;
    out_ += '\n';
  }

  void print_rule(const Rule& rule) {
    if (border_ == 2) out_ += rule.left;
    if (border_ > 0) out_ += rule.fill;
    for (size_t i = 0; i < columns_.size(); ++i) {
      repeat(out_, rule.fill, columns_[i].width);
      if (i + 1 < columns_.size()) out_ += border_ == 0 ? " " : rule.fill + rule.middle + rule.fill;
    }
    if (border_ > 0) out_ += rule.fill;
    if (border_ == 2) out_ += rule.right;
    out_ += '\n';
  }

  void print_headers() {
    bool first = true;
    bool more = !columns_.empty();
    while (more) {
      more = false;
      if (border_ == 2) out_ += strokes_.left;
      for (size_t i = 0; i < columns_.size(); ++i) {
        Column& column = columns_[i];
        if (border_ != 0 || (!strokes_.marks_right && i > 0)) out_ += first ? " " : strokes_.header_left;
        if (column.header.at_end()) {
          pad(out_, column.width);
        } else {
          DisplayLine line = column.header.take(column.width);
          size_t spare = column.width - line.width;
          pad(out_, spare / 2);
          out_ += line.text;
          pad(out_, (spare + 1) / 2);
        }
        bool goes_on = !column.header.at_end();
        if (border_ != 0 || strokes_.marks_right) out_ += goes_on ? strokes_.header_right : " ";
        if (border_ != 0 && i + 1 < columns_.size()) out_ += strokes_.between;
        more |= goes_on;
      }
      if (border_ == 2) out_ += strokes_.right;
      out_ += '\n';
      first = false;
    }
  }

  // A row is as tall as its tallest cell. The last column is padded only up to a mark or a frame.
  void print_row(const std::vector<Cell>& row) {
    std::vector<CellCursor> cells;
    std::vector<std::string> rooms(row.size());
    for (size_t i = 0; i < row.size(); ++i)
      cells.emplace_back(shown_text(row[i].is_null, row[i].text, table_.headers[i], options_, rooms[i]));
    bool more = true;
    while (more) {
      more = false;
      if (border_ == 2) out_ += strokes_.left;
      for (size_t i = 0; i < cells.size(); ++i) {
        bool last = i + 1 == cells.size();
        print_piece(cells[i], columns_[i].width, table_.headers[i].right_aligned, last);
        if (border_ != 0 && !last) out_ += stroke_before(cells[i + 1]);
        more |= !cells[i].at_end();
      }
      if (border_ == 2) out_ += strokes_.right;
      out_ += '\n';
    }
  }

  void print_piece(CellCursor& cell, size_t width, bool right_aligned, bool last) {
    Continued before = cell.continued();
    if (border_ != 0)
      out_ += before == Continued::Wrapped        ? strokes_.wrap_left
              : before == Continued::AfterNewline ? strokes_.newline_left
                                                  : " ";
    bool framed = border_ == 2 || !last;
    DisplayLine piece;
    bool blank = cell.at_end();
    if (!blank) piece = cell.take(width);
    size_t spare = width - std::min(width, piece.width);
    Continued after = cell.continued();
    if (!blank && right_aligned) pad(out_, spare);
    out_ += piece.text;
    bool padded = blank ? framed : !right_aligned && (framed || after != Continued::No);
    if (padded) pad(out_, spare);
    if (after == Continued::Wrapped) {
      out_ += strokes_.wrap_right;
    } else if (after == Continued::AfterNewline) {
      out_ += strokes_.newline_right;
    } else if (framed) {
      out_ += ' ';
    }
  }

  std::string_view stroke_before(const CellCursor& cell) const {
    switch (cell.continued()) {
      case Continued::Wrapped:
        return strokes_.between_wrap;
      case Continued::AfterNewline:
        return strokes_.between_newline;
      case Continued::No:
        break;
    }
    return cell.at_end() ? strokes_.between_blank : strokes_.between;
  }

  const ResultTable& table_;
  const OutputOptions& options_;
  int border_;
  std::vector<Column> columns_;
  Paper& out_;
  Strokes strokes_;
};

}  // namespace

void print_aligned(const ResultTable& table, const OutputOptions& options, Paper& out) {
  std::vector<Column> columns = measure_columns(table, options);
  size_t frame = frame_width(columns.size(), drawn_border(options));
  size_t natural = frame;
  size_t headers = frame;
  for (const Column& column : columns) {
    natural += column.natural_width;
    headers += column.header_width;
  }
  size_t paper = paper_width(options);
  if (options.format == Format::Wrapped && paper > 0 && paper >= headers) shrink(columns, natural, paper);
  size_t total = frame;
  for (const Column& column : columns) total += column.width;
  bool too_wide = paper > 0 && (paper < headers || paper < total);
  if (options.expanded == Expanded::Auto && too_wide) return print_expanded(table, options, out);
  AlignedPrinter(table, options, std::move(columns), out).print(total);
}

}  // namespace rowan::shell
