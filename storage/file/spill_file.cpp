#include "storage/file/spill_file.h"

#include "types/try.h"

namespace rowan {

Result<File*> SpillFile::file() {
  MutexLock lock(mutex_);
  if (is_released_) return Error(sqlstate::io_error, "the database in memory is closed");
  if (file_ == nullptr) file_ = TRY(files_.open_temporary(path_));
  return file_.get();
}

Result<> SpillFile::read(std::span<const ReadRequest> requests) {
  File* under = TRY(file());
  return under->read(requests);
}

Result<> SpillFile::write(std::span<const WriteRequest> requests) {
  File* under = TRY(file());
  return under->write(requests);
}

Result<uint64_t> SpillFile::size() {
  File* under = TRY(file());
  return under->size();
}

Result<> SpillFile::punch(uint64_t offset, uint64_t length) {
  File* under = TRY(file());
  return under->punch(offset, length);
}

Result<> SpillFile::truncate(uint64_t size) {
  File* under = TRY(file());
  return under->truncate(size);
}

Result<std::span<std::byte>> SpillFile::map(size_t length) {
  File* under = TRY(file());
  return under->map(length);
}

void SpillFile::release() {
  MutexLock lock(mutex_);
  is_released_ = true;
  if (file_ != nullptr) file_->release();
}

}  // namespace rowan
