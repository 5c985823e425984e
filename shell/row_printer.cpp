#include "shell/row_printer.h"

#include <cstdio>

#include "shell/output_parts.h"

namespace rowan::shell {
namespace {

void put_csv_field(Paper& out, std::string_view text, std::string_view separator) {
  bool quoted = text.find_first_of("\"\n\r") != std::string_view::npos ||
                text.find(separator) != std::string_view::npos || text == "\\.";
  if (!quoted) {
    out += text;
    return;
  }
  out += '"';
  for (size_t quote; (quote = text.find('"')) != std::string_view::npos;) {
    out += text.substr(0, quote + 1);
    out += '"';
    text.remove_prefix(quote + 1);
  }
  out += text;
  out += '"';
}

// What JSON has for a character that cannot stand in a string; "": it can.
std::string_view json_escape(char c, char (&room)[8]) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      if (static_cast<unsigned char>(c) >= 0x20) return {};
      std::snprintf(room, sizeof room, "\\u%04x", c);
      return room;
  }
}

void put_json_string(Paper& out, std::string_view text) {
  out += '"';
  size_t begin = 0;  // of what is not yet written
  for (size_t at = 0; at < text.size(); ++at) {
    char room[8];
    std::string_view escape = json_escape(text[at], room);
    if (escape.empty()) continue;
    out += text.substr(begin, at - begin);
    out += escape;
    begin = at + 1;
  }
  out += text.substr(begin);
  out += '"';
}

}  // namespace

void RowPrinter::begin() {
  switch (options_.format) {
    case Format::Unaligned:
      return begin_unaligned();
    case Format::Csv:
      if (is_expanded_ || options_.tuples_only) return;
      for (size_t i = 0; i < table_.headers.size(); ++i) csv_value(i, table_.headers[i].name);
      out_ += '\n';
      return;
    default:
      out_ += '[';
  }
}

void RowPrinter::begin_row() {
  if (options_.format == Format::Json) {
    out_ += has_records_ ? ",\n {" : "{";
    has_records_ = true;
  } else if (options_.format == Format::Unaligned && !table_.headers.empty()) {
    begin_record(is_expanded_ ? 2 : 1);
  }
}

void RowPrinter::value(size_t column, bool is_null, std::string_view text) {
  const Header& header = table_.headers[column];
  if (options_.format == Format::Json) return json_value(column, is_null, text);
  std::string_view shown = shown_text(is_null, text, header, options_, room_);
  if (options_.format == Format::Unaligned) return unaligned_value(column, shown);
  if (!is_expanded_) return csv_value(column, shown);
  put_csv_field(out_, header.name, options_.csv_separator);
  out_ += options_.csv_separator;
  put_csv_field(out_, shown, options_.csv_separator);
  out_ += '\n';
}

void RowPrinter::end_row() {
  if (options_.format == Format::Json) out_ += '}';
  if (options_.format == Format::Csv && !is_expanded_ && !table_.headers.empty()) out_ += '\n';
}

void RowPrinter::end(size_t rows) {
  if (options_.format == Format::Unaligned) end_unaligned(rows);
  if (options_.format == Format::Json) out_ += "]\n";
}

// The separator stands between records; a newline, or a zero byte where that separates, ends the last.
void RowPrinter::begin_record(size_t separators) {
  if (has_records_) repeat(out_, options_.record_separator, separators);
  has_records_ = true;
}

void RowPrinter::begin_unaligned() {
  std::string_view title = options_.tuples_only ? std::string_view() : title_of(table_, options_);
  if (!title.empty()) {
    begin_record(1);
    out_ += title;
  }
  if (is_expanded_ || options_.tuples_only) return;
  begin_record(1);
  for (size_t i = 0; i < table_.headers.size(); ++i) {
    if (i > 0) out_ += options_.field_separator;
    out_ += table_.headers[i].name;
  }
}

void RowPrinter::end_unaligned(size_t rows) {
  std::vector<std::string> footers;
  if (!is_expanded_) footers = footers_of(table_, options_, rows);
  if (is_expanded_ && !options_.tuples_only) footers = table_.footers;
  if (is_expanded_ && !footers.empty()) out_ += options_.record_separator;
  for (const std::string& footer : footers) {
    begin_record(1);
    out_ += footer;
  }
  if (!has_records_) return;
  out_ += options_.record_separator == std::string(1, '\0') ? std::string_view("\0", 1) : "\n";
}

void RowPrinter::unaligned_value(size_t column, std::string_view shown) {
  if (column > 0) out_ += is_expanded_ ? options_.record_separator : options_.field_separator;
  if (is_expanded_) {
    out_ += table_.headers[column].name;
    out_ += options_.field_separator;
  }
  out_ += shown;
}

void RowPrinter::csv_value(size_t column, std::string_view shown) {
  if (column > 0) out_ += options_.csv_separator;
  put_csv_field(out_, shown, options_.csv_separator);
}

void RowPrinter::json_value(size_t column, bool is_null, std::string_view text) {
  const Header& header = table_.headers[column];
  if (column > 0) out_ += ", ";
  put_json_string(out_, header.name);
  out_ += ": ";
  if (is_null) {
    out_ += "null";
  } else if (header.is_boolean) {
    out_ += text == "t" ? "true" : "false";
  } else if (header.is_json_bare && text.find_first_of("NI") == std::string_view::npos) {
    out_ += text;  // NaN and Infinity are no JSON numbers
  } else {
    put_json_string(out_, text);
  }
}

}  // namespace rowan::shell
