// storage/file/os_file_system.h: files of Linux. No state: one may serve any number of databases and threads.
#pragma once

#include "storage/file/file.h"

namespace rowan {

class OsFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> open_temporary(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<> remove(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> make_directory(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> sync_directory(const std::string& path) override;
  Result<FileLock> lock(File& file, bool exclusive) override;
  size_t sector_size(const std::string& path) override;
  std::string temporary_directory() override;
};

}  // namespace rowan
