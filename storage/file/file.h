// storage/file/file.h: the only door to the disk. Everything above it works on a File and a FileSystem, so
// that tests put SimFs (sim_fs.h) behind them: a file system that loses, tears and refuses what a real one
// may. Durability: a write is durable after sync() of its file (or at once through Mode::Direct handles); a
// created, renamed or removed name is durable after sync_directory() of its folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan {

inline constexpr size_t kIoAlignment = 4096;  // of buffers, offsets and lengths given to a direct file

struct ReadRequest {
  uint64_t offset;
  std::span<std::byte> into;
};
struct WriteRequest {
  uint64_t offset;
  std::span<const std::byte> from;
};

// Errors of all calls: 53100 the disk is full (ENOSPC, EDQUOT) · 58030 any other failure, naming the file.
class File {
 public:
  virtual ~File() = default;

  // Reads whole requests in any order; bytes behind the end of the file read as zeros. Thread-safe. Blocks.
  virtual Result<> read(std::span<const ReadRequest> requests) = 0;
  // Writes whole requests in any order; extends the file as needed. Thread-safe. Blocks.
  virtual Result<> write(std::span<const WriteRequest> requests) = 0;
  // Makes durable every write that returned before the call. After a failure nothing may be believed durable
  // and no further sync may be trusted. Thread-safe. Blocks.
  virtual Result<> sync() = 0;

  virtual Result<uint64_t> size() = 0;
  // Gives the range real blocks, and zeros where nothing was written; extends the file. Errors: 53100.
  virtual Result<> allocate(uint64_t offset, uint64_t length) = 0;
  // Gives the range's blocks back; it reads as zeros. The file keeps its size. Where the file system cannot,
  // nothing happens.
  virtual Result<> punch(uint64_t offset, uint64_t length) = 0;
  virtual Result<> truncate(uint64_t size) = 0;

  // Maps the first `length` bytes, shared: what is stored there survives the process, not the machine. The
  // mapping lives as long as the file object.
  virtual Result<std::span<std::byte>> map(size_t length) = 0;

  // Gives back what the system holds for it, the lock included, although the object goes on living: every
  // later call fails with 58030. Nobody may be inside another call.
  virtual void release() = 0;

  // Whether each write is durable when it returns (O_DIRECT|O_DSYNC): sync() then has nothing to do.
  virtual bool writes_are_durable() const { return false; }
  virtual const std::string& path() const = 0;

  Result<> read_at(uint64_t offset, std::span<std::byte> into) {
    ReadRequest request{offset, into};
    return read({&request, 1});
  }
  Result<> write_at(uint64_t offset, std::span<const std::byte> from) {
    WriteRequest request{offset, from};
    return write({&request, 1});
  }
};

enum class OpenMode : uint8_t {
  Read,    // must exist; no write will come
  Write,   // must exist
  Create,  // made with mode 0600 if absent
  Direct,  // as Create; aligned writes bypass the cache and are durable when they return, where that works
};

// What a lock on a database file found.
struct FileLock {
  bool locked = false;  // by us now
  int64_t pid = 0;      // of who holds it, 0 when unknown
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Errors: 58P01 no such file · 42501 permission denied · 58030 others.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // A file without a name in `directory`, gone when closed.
  virtual Result<std::unique_ptr<File>> open_temporary(const std::string& directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<> remove(const std::string& path) = 0;  // 58P01 when absent
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> make_directory(const std::string& path) = 0;    // mode 0700; fine if it exists
  virtual Result<> remove_directory(const std::string& path) = 0;  // must be empty
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, unordered
  virtual Result<> sync_directory(const std::string& path) = 0;

  // Takes the open-file-description lock on the database file: exclusive, or shared for readers. It goes with
  // the File. Never waits.
  virtual Result<FileLock> lock(File& file, bool exclusive) = 0;

  // The unit that a power failure leaves whole or not: 512 or 4096, as the device under `path` says.
  virtual size_t sector_size(const std::string& path) = 0;
  // Where temporary files of databases without a folder go.
  virtual std::string temporary_directory() = 0;
};

// The folder part of `path` ("." when it has none).
std::string directory_of(const std::string& path);

}  // namespace rowan
