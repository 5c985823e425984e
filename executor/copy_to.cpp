// executor/copy_to.cpp: rows as COPY's text or CSV.
#include <algorithm>

#include "executor/copy.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr size_t kCopyChunk = 32768;

void copy_put_text(std::string_view value, char delimiter, std::string& out) {
  for (char c : value) {
    switch (c) {
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
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
      case '\v':
        out += "\\v";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (c == delimiter) out += '\\';
        out += c;
    }
  }
}

void copy_put_csv(std::string_view value, const CopyOptions& options, bool force, bool single,
                  std::string& out) {
  bool quote = force || value == options.null_text || (single && value == "\\.");
  for (char c : value)
    quote = quote || c == options.delimiter || c == options.quote || c == '\n' || c == '\r';
  if (!quote) {
    out += value;
    return;
  }
  out += options.quote;
  for (char c : value) {
    if (c == options.quote || c == options.escape) out += options.escape;
    out += c;
  }
  out += options.quote;
}

}  // namespace

Result<uint64_t> copy_to(const CopyOptions& options, Execution& execution, EvalContext& context,
                         const CopySink& sink) {
  const std::vector<OutputColumn>& columns = execution.statement().output;
  std::vector<bool> force(columns.size(), options.force_quote_all);
  for (const ast::Name& name : options.force_quote) {
    auto found = std::find_if(columns.begin(), columns.end(),
                              [&](const OutputColumn& c) { return c.name == name.text; });
    if (found == columns.end())
      return Error(sqlstate::invalid_column_reference,
                   "FORCE_QUOTE column \"" + std::string(name.text) + "\" not referenced by COPY");
    force[static_cast<size_t>(found - columns.begin())] = true;
  }
  std::string out;
  if (options.header != CopyOptions::Header::No) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += options.delimiter;
      if (options.csv)
        copy_put_csv(columns[i].name, options, false, columns.size() == 1, out);
      else
        copy_put_text(columns[i].name, options.delimiter, out);
    }
    out += '\n';
  }
  uint64_t rows = 0;
  std::string value;
  while (true) {
    bool more = TRY(execution.next());
    if (!more) break;
    const Batch& batch = execution.rows();
    for (uint32_t i = 0; i < batch.row_count(); ++i) {
      uint32_t row = batch.row(i);
      for (size_t c = 0; c < columns.size(); ++c) {
        if (c > 0) out += options.delimiter;
        const Vector& column = batch.column(c);
        if (column.is_null(row)) {
          out += options.null_text;
          continue;
        }
        value.clear();
        format_row(column, column.is_constant() ? 0 : row, context, value);
        if (options.csv)
          copy_put_csv(value, options, force[c], columns.size() == 1, out);
        else
          copy_put_text(value, options.delimiter, out);
      }
      out += '\n';
      ++rows;
      if (out.size() < kCopyChunk) continue;
      TRY(sink(out));
      out.clear();
    }
  }
  if (!out.empty()) TRY(sink(out));
  return rows;
}

}  // namespace rowan
