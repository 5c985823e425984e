// shell/expanded.cpp: a record a block, a column a line; in the aligned and the wrapped format.
#include <algorithm>

#include "shell/cell_cursor.h"
#include "shell/output_parts.h"

namespace rowan::shell {
namespace {

using Continued = CellCursor::Continued;

// Widths of the two sides, and whether a cell of that side has several lines.
struct Sides {
  size_t names = 0, values = 0;
  bool name_lines = false, value_lines = false;
};

Sides measure_sides(const ResultTable& table, const OutputOptions& options) {
  Sides sides;
  for (const Header& header : table.headers) {
    TextExtent name = measure_text(header.name);
    sides.names = std::max(sides.names, name.width);
    sides.name_lines |= name.height > 1;
  }
  std::string room;
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      TextExtent value =
          measure_text(shown_text(row[i].is_null, row[i].text, table.headers[i], options, room));
      sides.values = std::max(sides.values, value.width);
      sides.value_lines |= value.height > 1;
    }
  }
  return sides;
}

// How wide the values may be so that a line fits on the paper. A side that must be cut gets a column for its
// mark.
void wrap_values(Sides& sides, const ResultTable& table, const OutputOptions& options,
                 const Strokes& strokes) {
  int border = drawn_border(options);
  constexpr size_t kSeparators[] = {1, 3, 7};
  size_t separators = kSeparators[border];
  if (sides.name_lines && (border == 0 || (border == 1 && !strokes.marks_right))) ++separators;
  bool marks_apart = border < 2 && strokes.marks_right;
  if (sides.value_lines && marks_apart) ++separators;
  size_t label = 0;
  if (!options.tuples_only) {
    constexpr size_t kLabels[] = {9, 12, 15};  // "* RECORD ", "-[ RECORD  ]", "+-[ RECORD  ]-+"
    label = std::to_string(table.rows.size()).size() + kLabels[border];
  }
  size_t paper = paper_width(options);
  size_t values = sides.values;
  for (;;) {
    size_t around = sides.names + separators;
    size_t natural = std::max(around + sides.values, label);
    constexpr size_t kValuesMin = 3;
    size_t least = std::max(around + kValuesMin, label);
    size_t width = paper == 0 || paper >= natural ? natural : std::max(paper, least);
    values = width - around;
    if (values >= sides.values || sides.value_lines || !marks_apart) break;
    sides.value_lines = true;
    ++separators;
  }
  sides.values = values;
}

class ExpandedPrinter {
 public:
  ExpandedPrinter(const ResultTable& table, const OutputOptions& options, Paper& out)
      : table_(table),
        options_(options),
        border_(drawn_border(options)),
        out_(out),
        strokes_(strokes_of(options.line_style, options.unicode)),
        sides_(measure_sides(table, options)) {
    if (options.format == Format::Wrapped) wrap_values(sides_, table, options, strokes_);
  }

  void print() {
    std::string_view title = title_of(table_, options_);
    if (!title.empty() && !options_.tuples_only) print_line(title);
    for (size_t r = 0; r < table_.rows.size(); ++r) {
      const Rule& rule = r == 0 ? strokes_.top : strokes_.below_headers;
      if (!options_.tuples_only) {
        print_rule(rule, r + 1, name_columns());
      } else if (r > 0 || border_ == 2) {
        print_rule(rule, 0, name_columns());
      }
      for (size_t i = 0; i < table_.headers.size(); ++i) print_field(table_.headers[i], table_.rows[r][i]);
    }
    if (border_ == 2) print_rule(strokes_.bottom, 0, sides_.names);
    if (!options_.tuples_only && options_.footer && !table_.footers.empty()) {
      if (border_ < 2) out_ += '\n';
      for (const std::string& footer : table_.footers) print_line(footer);
    }
    out_ += '\n';
  }

 private:
  void print_line(std::string_view line) {
    out_ += line;
    out_ += '\n';
  }
  bool marks_names_left() const { return sides_.name_lines && !strokes_.marks_right; }
  bool marks_names_right() const { return sides_.name_lines && strokes_.marks_right; }
  size_t name_columns() const { return sides_.names + (border_ < 2 && marks_names_left() ? 1 : 0); }

  // "-[ RECORD 3 ]---+-----": the label may cover the place where the columns meet.
  void print_rule(const Rule& rule, size_t record, size_t names) {
    if (border_ == 2) out_ += rule.left;
    if (border_ > 0) out_ += rule.fill;
    std::string label;
    if (record > 0)
      label =
          border_ == 0 ? "* Record " + std::to_string(record) : "[ RECORD " + std::to_string(record) + " ]";
    out_ += label;
    size_t used = label.size() + (border_ != 2 ? 1 : 0);
    const std::string& fill = border_ > 0 ? rule.fill : kBlank;
    if (used < names) {
      repeat(out_, fill, names - used);
      used = names;
    }
    // Behind the names come the crossing and the values; each place that the label has not taken is drawn.
    size_t place = names;
    auto draw = [&](const std::string& stroke) {
      if (used <= place) {
        out_ += stroke;
        used = place + 1;
      }
      ++place;
    };
    if (border_ > 0) {
      draw(rule.fill);
      draw(rule.middle);
      draw(rule.fill);
    } else {
      draw(kBlank);
    }
    for (size_t i = 0; i < sides_.values; ++i) draw(fill);
    if (border_ == 2) out_ += rule.fill + rule.right;
    out_ += '\n';
  }

  void print_field(const Header& header, const Cell& cell) {
    CellCursor name(header.name);
    std::string room;
    CellCursor value(shown_text(cell.is_null, cell.text, header, options_, room));
    while (!name.at_end() || !value.at_end()) {
      if (border_ == 2) out_ += strokes_.left;
      print_name(name);
      if (border_ > 0) {
        Continued how = value.continued();
        bool over = value.at_end() || how == Continued::AfterNewline;
        out_ += how == Continued::Wrapped ? strokes_.between_wrap
                : over                    ? strokes_.between_newline
                                          : strokes_.between;
      }
      print_value(value);
      out_ += '\n';
    }
  }

  void print_name(CellCursor& name) {
    if (name.at_end()) {
      pad(out_, std::max<size_t>(1, sides_.names + static_cast<size_t>(border_) +
                                        (border_ < 2 && marks_names_left() ? 1 : 0) +
                                        (border_ == 0 && marks_names_right() ? 1 : 0)));
      return;
    }
    bool continues = name.continued() == Continued::AfterNewline;
    if (border_ == 2 || marks_names_left()) out_ += continues ? strokes_.header_left : kBlank;
    DisplayLine line = name.take(sides_.names);
    out_ += line.text;
    pad(out_, sides_.names - line.width);
    if (border_ > 0 || marks_names_right()) out_ += name.at_end() ? kBlank : strokes_.header_right;
  }

  void print_value(CellCursor& value) {
    bool framed = border_ == 2;
    if (value.at_end()) {
      if (framed) {
        pad(out_, sides_.values + 2);
        out_ += strokes_.right;
      }
      return;
    }
    out_ += value.continued() == Continued::Wrapped ? strokes_.wrap_left : kBlank;
    DisplayLine piece = value.take(sides_.values);
    out_ += piece.text;
    Continued after = value.continued();
    bool marked = after != Continued::No && (framed || (sides_.value_lines && strokes_.marks_right));
    if (marked || (framed && after == Continued::No)) {
      pad(out_, sides_.values - std::min(sides_.values, piece.width));
      out_ += after == Continued::Wrapped        ? strokes_.wrap_right
              : after == Continued::AfterNewline ? strokes_.newline_right
                                                 : kBlank;
    }
    if (framed) out_ += strokes_.right;
  }

  static inline const std::string kBlank = " ";

  const ResultTable& table_;
  const OutputOptions& options_;
  int border_;
  Paper& out_;
  Strokes strokes_;
  Sides sides_;
};

}  // namespace

void print_expanded(const ResultTable& table, const OutputOptions& options, Paper& out) {
  if (table.rows.empty() || table.headers.empty()) {
    for (const std::string& footer : footers_of(table, options, table.rows.size())) {
      out += footer;
      out += '\n';
    }
    out += '\n';
    return;
  }
  ExpandedPrinter(table, options, out).print();
}

}  // namespace rowan::shell
