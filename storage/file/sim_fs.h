// storage/file/sim_fs.h: a file system in memory that does what a bad day does: it loses, reorders and tears
// what was not synced, and refuses what it is told to refuse. Tests of every folder may use it.
//
// Each file has a durable image and the list of what was done to it since. Names are as durable as their
// folder's last sync. A crash is an image() of another SimFs, built from the durable state and a choice among
// the pending operations. Everything follows from the seed.
// Source: Pillai et al., All File Systems Are Not Created Equal (OSDI 2014), for what may be reordered.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/file/file.h"
#include "types/mutex.h"

namespace rowan {

// What becomes of writes that were not synced.
enum class CrashPolicy : uint8_t {
  Lost,    // all gone
  Kept,    // all there (also: the process was killed and the machine lives)
  Prefix,  // a seeded number of the first, over all files
  Torn,    // all there, but the last one only up to a seeded sector; that sector may be noise
  Subset,  // each sector of each write by the toss of a coin
};

enum class SimOperation : uint8_t {
  Read,
  Write,
  Sync,
  Allocate,
  Punch,
  Truncate,
  Open,
  Remove,
  Rename,
  SyncDirectory
};

enum class SimFault : uint8_t {
  None,
  IoError,        // 58030
  DiskFull,       // 53100
  NoRoom,         // 53100 where new blocks are needed; what lies in blocks that the file has goes on
  ShortWrite,     // the first half of a write is done, then the disk is full: 53100
  LostSync,       // a sync fails, and what was written is forgotten: reads show the durable bytes
  ForgottenSync,  // a sync fails; what was written can be read, but no later sync will make it durable
  Halt,           // the machine is off: this and every later call fails
};

class SimFs final : public FileSystem {
 public:
  explicit SimFs(size_t sector_size = 512);
  ~SimFs() override;

  // Asked before each operation, which `number` counts from 1 over this file system. A write that it halts is
  // pending, as one that was on its way. Called with no lock held: it may take an image().
  using Hook = std::function<SimFault(uint64_t number, SimOperation operation, const std::string& path)>;
  void set_hook(Hook hook);
  uint64_t operations() const;  // so far; reads are not counted

  // The disk as it may look after a crash now. Thread-safe.
  std::unique_ptr<SimFs> image(CrashPolicy policy, uint64_t seed) const;

  // For tests that damage: the bytes as they are, and a write behind everybody's back (durable).
  std::string read_whole(const std::string& path) const;
  void poke(const std::string& path, uint64_t offset, std::string_view bytes);

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
  std::string temporary_directory() override { return "/tmp"; }

 private:
  friend class SimFile;
  struct Inode;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
