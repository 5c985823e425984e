#include "executor/row_buffer.h"

#include <algorithm>
#include <cstring>

#include "types/try.h"

namespace rowan {

namespace {
constexpr size_t kRowBufferChunk = 16384;
}

RowBuffer::RowBuffer(Run& run, std::span<const Type> types)
    : run_(run),
      shape_(types, 0),
      memory_(run.environment().work_memory, run.environment().budget),
      file_(run.environment().temp_files) {}

Result<> RowBuffer::append(const Batch& batch) {
  std::vector<const Vector*> columns = column_pointers(batch);
  for (uint32_t i = 0; i < batch.row_count(); ++i) TRY(append(columns, batch.row(i)));
  return {};
}

Result<> RowBuffer::append(Columns columns, uint32_t row) {
  if (!spilling_) {
    char* to = arena_.allocate(shape_.size() == 0 ? 1 : shape_.size());
    shape_.put(columns, row, to, arena_);
    in_memory_.push_back(to);
    ++rows_;
    size_t bytes = arena_.allocated_bytes() + in_memory_.capacity_bytes();
    if (!memory_.cover(bytes)) {
      if (run_.environment().temp_files == nullptr) return memory_.require(bytes);
      spilling_ = true;
    }
    return {};
  }
  shape_.serialize(columns, row, pending_);
  ++rows_;
  return pending_.size() < kRowBufferChunk ? Result<>() : write_out();
}

Result<> RowBuffer::write_out() {
  if (pending_.empty()) return {};
  TempFile* file = TRY(file_.file());
  uint64_t offset = TRY(file->append(std::as_bytes(std::span(pending_))));
  extents_.push_back({offset, static_cast<uint32_t>(pending_.size()), rows_});
  pending_.clear();
  return run_.check_cancel();
}

Result<uint32_t> RowBuffer::read(Reader& reader, Batch& out, uint32_t limit) {
  const char* rows[kBatchRows];
  limit = std::min(limit, kBatchRows);
  uint32_t count = 0;
  for (; count < limit && reader.row < in_memory_.size(); ++count) rows[count] = in_memory_[reader.row++];
  if (count == 0 && reader.row < rows_) {
    reader.arena.reset();
    while (count < limit && reader.row < rows_ && reader.arena.used_bytes() < kBatchBytesMax) {
      if (reader.at == reader.bytes.size()) {
        if (reader.extent == extents_.size()) TRY(write_out());
        const Extent& extent = extents_[reader.extent++];
        TempFile* file = TRY(file_.file());
        reader.bytes.resize(extent.length);
        TRY(file->read(extent.offset, std::as_writable_bytes(std::span(reader.bytes))));
        reader.at = 0;
      }
      const char* bytes = reader.bytes.data() + reader.at;
      rows[count++] = shape_.deserialize(bytes, reader.arena);
      reader.at = static_cast<size_t>(bytes - reader.bytes.data());
      ++reader.row;
    }
  }
  for (size_t column = 0; column < shape_.column_count(); ++column)
    shape_.get(rows, count, column, out.column(column), 0);
  out.set_row_count(count);
  return count;
}

void RowBuffer::clear() {
  arena_.reset();
  in_memory_.clear();
  spilling_ = false;
  file_.close();
  pending_.clear();
  extents_.clear();
  rows_ = 0;
  memory_.cover(arena_.allocated_bytes());
}

void RowBuffer::swap(RowBuffer& other) {
  // The accounts stay where they are: each is told again at the next append.
  std::swap(arena_, other.arena_);
  in_memory_.swap(other.in_memory_);
  std::swap(spilling_, other.spilling_);
  std::swap(file_, other.file_);
  std::swap(pending_, other.pending_);
  std::swap(extents_, other.extents_);
  std::swap(rows_, other.rows_);
}

std::vector<const Vector*> column_pointers(const Batch& batch) {
  std::vector<const Vector*> columns;
  columns.reserve(batch.columns().size());
  for (const Vector& column : batch.columns()) columns.push_back(&column);
  return columns;
}

}  // namespace rowan
