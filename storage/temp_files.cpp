#include "storage/temp_files.h"

#include <algorithm>
#include <cstring>

#include "storage/page.h"
#include "storage/page_usage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kTempBuffer = 64u << 10;

uint64_t pages_of(uint64_t bytes) {
  return (bytes + kPageSize - 1) / kPageSize;
}

}  // namespace

TempFiles::TempFiles(FileSystem& files, std::string directory, uint64_t limit_bytes)
    : files_(files), directory_(std::move(directory)), space_(limit_bytes) {}

Result<std::unique_ptr<TempFile>> TempFiles::create() {
  std::string folder = files_.temporary_directory();
  if (!directory_.empty()) {
    bool is_there = TRY(files_.exists(directory_));
    if (is_there) folder = directory_;
  }
  std::unique_ptr<File> file = TRY(files_.open_temporary(folder));
  return std::unique_ptr<TempFile>(new TempFile(std::move(file), *this));
}

TempFile::TempFile(std::unique_ptr<File> file, TempFiles& owner)
    : file_(std::move(file)), owner_(owner), buffer_(std::make_unique<std::byte[]>(kTempBuffer)) {}

TempFile::~TempFile() {
  owner_.space_.release(flushed_);
}

Result<uint64_t> TempFile::append(std::span<const std::byte> bytes) {
  uint64_t start = size_;
  while (!bytes.empty()) {
    size_t used = size_ - flushed_;
    if (used == kTempBuffer) {
      TRY(flush());
      used = 0;
    }
    size_t step = std::min(bytes.size(), kTempBuffer - used);
    std::memcpy(buffer_.get() + used, bytes.data(), step);
    size_ += step;
    bytes = bytes.subspan(step);
  }
  return start;
}

Result<> TempFile::flush() {
  size_t used = size_ - flushed_;
  if (!owner_.space_.try_reserve(used)) {
    return Error(sqlstate::configuration_limit_exceeded, "temporary file space exceeds its limit")
        .detail("The limit is " + std::to_string(owner_.space_.limit()) + " bytes.");
  }
  Result<> written = file_->write_at(flushed_, std::span(buffer_.get(), used));
  if (!written.ok()) {
    owner_.space_.release(used);
    return written;
  }
  flushed_ += used;
  owner_.written_.fetch_add(used, std::memory_order_relaxed);
  page_usage().temp_writes += pages_of(used);
  return {};
}

Result<> TempFile::read(uint64_t offset, std::span<std::byte> into) {
  ENSURE(offset + into.size() <= size_);
  while (!into.empty()) {
    size_t step = 0;
    if (offset >= flushed_) {  // not written yet
      step = into.size();
      std::memcpy(into.data(), buffer_.get() + (offset - flushed_), step);
    } else if (offset >= read_start_ && offset < read_start_ + read_length_) {
      step = std::min<uint64_t>(into.size(), read_start_ + read_length_ - offset);
      std::memcpy(into.data(), read_buffer_.get() + (offset - read_start_), step);
    } else if (into.size() >= kTempBuffer) {
      step = std::min<uint64_t>(into.size(), flushed_ - offset);
      TRY(file_->read_at(offset, into.first(step)));
      page_usage().temp_reads += pages_of(step);
    } else {
      if (read_buffer_ == nullptr) read_buffer_ = std::make_unique<std::byte[]>(kTempBuffer);
      read_start_ = offset;
      read_length_ = 0;
      uint64_t length = std::min<uint64_t>(kTempBuffer, flushed_ - offset);
      TRY(file_->read_at(offset, std::span(read_buffer_.get(), length)));
      page_usage().temp_reads += pages_of(length);
      read_length_ = length;
      continue;
    }
    offset += step;
    into = into.subspan(step);
  }
  return {};
}

}  // namespace rowan
