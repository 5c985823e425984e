// executor/copy_to.cpp: what a query puts out, as COPY's text or CSV.
#include <algorithm>

#include "executor/copy.h"
#include "executor/copy_writer.h"
#include "types/try.h"

namespace rowan {

namespace {

// A row's value straight from the vector where its bytes are what is printed; of other types by way of
// `room`.
Result<> copy_put_value(const Vector& column, uint32_t row, bool force, const EvalContext& context,
                        std::string& room, CopyWriter& writer) {
  if (column.is_null(row)) return writer.null();
  if (column.is_constant()) row = 0;
  TypeId type = column.type().id;
  if (is_string(type)) return writer.value(column.data<Text>()[row].view(), force);
  if (type == TypeId::Bytea) return writer.hex(column.data<Text>()[row].view(), force);
  room.clear();
  format_row(column, row, context, room);
  return writer.value(room, force);
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
  CopyWriter writer(options, columns.size(), sink);
  if (options.header != CopyOptions::Header::No) {
    for (const OutputColumn& column : columns) TRY(writer.value(column.name, false));
    TRY(writer.end_row());
  }
  uint64_t rows = 0;
  std::string room;
  while (true) {
    bool more = TRY(execution.next());
    if (!more) break;
    const Batch& batch = execution.rows();
    for (uint32_t i = 0; i < batch.row_count(); ++i) {
      for (size_t c = 0; c < columns.size(); ++c)
        TRY(copy_put_value(batch.column(c), batch.row(i), force[c], context, room, writer));
      TRY(writer.end_row());
      ++rows;
    }
    if (room.capacity() > CopyWriter::kPieceMax) room = std::string();
  }
  TRY(writer.finish());
  return rows;
}

}  // namespace rowan
