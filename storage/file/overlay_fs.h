// storage/file/overlay_fs.h: a file system that reads what lies below and never writes there: whatever is
// written, renamed or removed stays with this object and is gone with it. Recovery runs on it when a file
// that was not closed is opened only to be read: the file and its NAME-wal/ keep every byte.
//
//   read    a block that was written here comes from the store, any other from the file below
//   write   block by block (16 KiB, the rest of a block is copied first) into the store, a file without a
//   name
//
// The store is a temporary file, not memory: redo may touch as many pages as the log has records.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/file/file.h"
#include "storage/file/spill_file.h"
#include "types/mutex.h"

namespace rowan {

class OverlayFileSystem final : public FileSystem {
 public:
  // `below` outlives this, and this all files opened through it.
  explicit OverlayFileSystem(FileSystem& below);
  ~OverlayFileSystem() override;

  // Files below are opened for reading alone, whatever `mode` says. Errors: as below.
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> open_temporary(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<> remove(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> make_directory(const std::string&) override { return {}; }
  Result<> remove_directory(const std::string&) override { return {}; }
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> sync_directory(const std::string&) override { return {}; }
  // A shared lock on the file below, also when an exclusive one is asked for: nothing is written there.
  Result<FileLock> lock(File& file, bool exclusive) override;
  size_t sector_size(const std::string& path) override { return below_.sector_size(path); }
  std::string temporary_directory() override { return below_.temporary_directory(); }

 private:
  friend class OverlayFile;
  struct Store;
  struct Node;

  FileSystem& below_;
  const std::unique_ptr<Store> store_;
  mutable Mutex mutex_{LockRank::File};
  // What was opened or changed here; nullptr: removed.
  std::map<std::string, std::shared_ptr<Node>> nodes_ GUARDED_BY(mutex_);
};

}  // namespace rowan
