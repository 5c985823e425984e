#include "executor/spill.h"

#include <cstring>

#include "types/try.h"

namespace rowan {

Result<TempFile*> SpillStore::file() {
  if (file_ == nullptr) {
    if (files_ == nullptr)
      return Error(sqlstate::out_of_memory, "out of memory")
          .detail("The statement needs more than its work memory, and has no temporary files.");
    file_ = TRY(files_->create());
  }
  return file_.get();
}

void RowStream::note(uint64_t number) {
  if (rows_++ == 0) first_number_ = number;
  is_uniform_ = is_uniform_ && number == first_number_;
}

Result<> RowStream::append(uint64_t number, Columns columns, uint32_t row) {
  note(number);
  write_.append(reinterpret_cast<const char*>(&number), sizeof number);
  shape_->serialize(columns, row, write_);
  return flush_full();
}

Result<> RowStream::append(uint64_t number, const char* row) {
  note(number);
  write_.append(reinterpret_cast<const char*>(&number), sizeof number);
  shape_->serialize(row, write_);
  return flush_full();
}

Result<> RowStream::flush_full() {
  if (write_.size() < chunk_bytes_) return {};
  return write_out();
}

Result<> RowStream::write_out() {
  if (write_.empty()) return {};
  TempFile* file = TRY(file_.file());
  uint64_t offset = TRY(file->append(std::as_bytes(std::span(write_))));
  extents_.push_back({offset, static_cast<uint32_t>(write_.size())});
  bytes_ += write_.size();
  write_.clear();
  return {};
}

Result<> RowStream::rewind() {
  TRY(write_out());
  write_ = std::string();
  read_.clear();
  read_at_ = 0;
  next_extent_ = 0;
  return {};
}

Result<char*> RowStream::next(uint64_t& number, Arena& arena) {
  if (read_at_ == read_.size()) {
    if (next_extent_ == extents_.size()) {
      read_ = std::string();
      read_at_ = 0;
      return static_cast<char*>(nullptr);
    }
    const Extent& extent = extents_[next_extent_++];
    TempFile* file = TRY(file_.file());
    read_.resize(extent.length);
    TRY(file->read(extent.offset, std::as_writable_bytes(std::span(read_))));
    read_at_ = 0;
  }
  const char* bytes = read_.data() + read_at_;
  std::memcpy(&number, bytes, sizeof number);
  bytes += sizeof number;
  char* row = shape_->deserialize(bytes, arena);
  read_at_ = static_cast<size_t>(bytes - read_.data());
  return row;
}

}  // namespace rowan
