// storage/file/spill_file.h: the pages of a database in memory that memory has no room for: a temporary file
// that is opened when the first of them comes.
#pragma once

#include "storage/file/file.h"
#include "types/mutex.h"

namespace rowan {

class SpillFile final : public File {
 public:
  SpillFile(FileSystem& files, std::string directory) : files_(files), path_(std::move(directory)) {}

  Result<> read(std::span<const ReadRequest> requests) override;
  Result<> write(std::span<const WriteRequest> requests) override;
  Result<> sync() override { return {}; }
  Result<uint64_t> size() override;
  Result<> allocate(uint64_t, uint64_t) override { return {}; }
  Result<> punch(uint64_t offset, uint64_t length) override;
  Result<> truncate(uint64_t size) override;
  Result<std::span<std::byte>> map(size_t length) override;
  void release() override;
  const std::string& path() const override { return path_; }

 private:
  Result<File*> file();
  FileSystem& files_;
  const std::string path_;
  Mutex mutex_{LockRank::File};
  std::unique_ptr<File> file_ GUARDED_BY(mutex_);
  bool is_released_ GUARDED_BY(mutex_) = false;
};

}  // namespace rowan
