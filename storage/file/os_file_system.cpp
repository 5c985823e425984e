#include "storage/file/os_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "types/try.h"

namespace rowan {
namespace {

Error os_error(std::string_view action, const std::string& path, int code) {
  SqlState state = sqlstate::io_error;
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) state = sqlstate::disk_full;
  if (code == ENOENT) state = sqlstate::undefined_file;
  if (code == EACCES || code == EPERM || code == EROFS) state = sqlstate::insufficient_privilege;
  if (code == EMFILE || code == ENFILE) state = sqlstate::insufficient_resources;
  return Error(state, fmt::format("could not {} file \"{}\": {}", action, path, strerror(code)));
}

template <class Call>
auto retry_interrupted(Call call) {
  auto outcome = call();
  while (outcome == -1 && errno == EINTR) outcome = call();
  return outcome;
}

// A lock byte far behind any data: the OFD lock. The one behind it carries a POSIX lock, which alone tells
// the pid of its owner (an OFD lock reports -1).
constexpr off_t kLockByte = off_t{1} << 61;

struct flock lock_request(short kind, off_t byte) {
  struct flock request {};
  request.l_type = kind;
  request.l_whence = SEEK_SET;
  request.l_start = byte;
  request.l_len = 1;
  return request;
}

enum class FileKind : uint8_t {
  Kept,
  Temporary,  // nothing of it outlives the process
  Durable,    // each write is on the disk when it returns
};

class OsFile final : public File {
 public:
  OsFile(int descriptor, std::string path, FileKind kind)
      : descriptor_(descriptor), path_(std::move(path)), kind_(kind) {}
  ~OsFile() override {
    if (mapped_ != nullptr) munmap(mapped_, mapped_length_);
    release();
  }

  Result<> read(std::span<const ReadRequest> requests) override {
    for (const ReadRequest& request : requests) TRY(read_one(request));
    return {};
  }

  Result<> write(std::span<const WriteRequest> requests) override {
    // Neighbours go in one call.
    size_t next = 0;
    while (next < requests.size()) {
      iovec pieces[kPiecesMax];
      size_t count = 0, bytes = 0;
      uint64_t start = requests[next].offset;
      while (next < requests.size() && count < kPiecesMax && requests[next].offset == start + bytes) {
        const WriteRequest& request = requests[next++];
        pieces[count++] = {const_cast<std::byte*>(request.from.data()), request.from.size()};
        bytes += request.from.size();
      }
      TRY(write_pieces(pieces, count, start, bytes));
    }
    if (kind_ == FileKind::Kept && requests.size() > 1) start_on_its_way(requests);
    return {};
  }

  Result<> sync() override {
    if (retry_interrupted([&] { return fdatasync(descriptor_); }) == 0) return {};
    return os_error("sync", path_, errno);
  }

  Result<uint64_t> size() override {
    struct stat facts;
    if (fstat(descriptor_, &facts) != 0) return os_error("stat", path_, errno);
    return static_cast<uint64_t>(facts.st_size);
  }

  Result<> allocate(uint64_t offset, uint64_t length) override {
    int code = posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length));
    while (code == EINTR) {
      code = posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length));
    }
    if (code == 0) return {};
    return os_error("extend", path_, code);
  }

  Result<> punch(uint64_t offset, uint64_t length) override {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    int code = retry_interrupted(
        [&] { return fallocate(descriptor_, mode, static_cast<off_t>(offset), static_cast<off_t>(length)); });
    if (code == 0 || errno == EOPNOTSUPP || errno == ENOSYS) return {};
    return os_error("punch a hole into", path_, errno);
  }

  Result<> truncate(uint64_t size) override {
    if (retry_interrupted([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); }) == 0) return {};
    return os_error("truncate", path_, errno);
  }

  Result<std::span<std::byte>> map(size_t length) override {
    TRY(allocate(0, length));  // a store into a hole of a full disk would be a signal
    void* start = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (start == MAP_FAILED) return os_error("map", path_, errno);
    madvise(start, length, MADV_DONTFORK);
    mapped_ = start;
    mapped_length_ = length;
    return std::span<std::byte>(static_cast<std::byte*>(start), length);
  }

  // Closing alone would leave the lock to a child that fork() gave a copy of the descriptor.
  void release() override {
    if (descriptor_ < 0) return;
    if (is_locked_) {
      struct flock ours = lock_request(F_UNLCK, kLockByte);
      (void)fcntl(descriptor_, F_OFD_SETLK, &ours);
    }
    close(std::exchange(descriptor_, -1));
  }

  bool writes_are_durable() const override { return kind_ == FileKind::Durable; }
  const std::string& path() const override { return path_; }
  int descriptor() const { return descriptor_; }
  void note_lock() { is_locked_ = true; }

 private:
  static constexpr size_t kPiecesMax = 64;

  Result<> read_one(const ReadRequest& request) {
    std::byte* into = request.into.data();
    size_t left = request.into.size();
    auto offset = static_cast<off_t>(request.offset);
    while (left > 0) {
      ssize_t got = retry_interrupted([&] { return pread(descriptor_, into, left, offset); });
      if (got < 0) return os_error("read", path_, errno);
      if (got == 0) {
        std::memset(into, 0, left);
        return {};
      }
      into += got;
      left -= static_cast<size_t>(got);
      offset += got;
    }
    return {};
  }

  Result<> write_pieces(iovec* pieces, size_t count, uint64_t start, size_t bytes) {
    auto offset = static_cast<off_t>(start);
    while (bytes > 0) {
      ssize_t put =
          retry_interrupted([&] { return pwritev(descriptor_, pieces, static_cast<int>(count), offset); });
      if (put < 0) return os_error("write", path_, errno);
      if (put == 0) return os_error("write", path_, ENOSPC);
      bytes -= static_cast<size_t>(put);
      offset += put;
      for (auto left = static_cast<size_t>(put); left > 0;) {
        size_t step = std::min(left, pieces->iov_len);
        pieces->iov_base = static_cast<std::byte*>(pieces->iov_base) + step;
        pieces->iov_len -= step;
        left -= step;
        if (pieces->iov_len == 0 && count > 1) ++pieces, --count;
      }
    }
    return {};
  }

  // Batches are pages on their way home. Left in the system's cache until the next sync they would leave it
  // all at once, and every commit would stand behind them at the disk: p99 beside a checkpoint 28 ms, and 16
  // so. A hint: a failure to write shows at the sync.
  void start_on_its_way(std::span<const WriteRequest> requests) {
    uint64_t first = requests[0].offset, last = first;
    for (const WriteRequest& request : requests) {
      first = std::min(first, request.offset);
      last = std::max(last, request.offset + request.from.size());
    }
    (void)sync_file_range(descriptor_, static_cast<off_t>(first), static_cast<off_t>(last - first),
                          SYNC_FILE_RANGE_WRITE);
  }

  int descriptor_;  // -1: released
  const std::string path_;
  const FileKind kind_;
  bool is_locked_ = false;
  void* mapped_ = nullptr;
  size_t mapped_length_ = 0;
};

Result<std::unique_ptr<File>> open_file(const std::string& path, int flags, FileKind kind) {
  int descriptor = retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); });
  if (descriptor < 0) return os_error("open", path, errno);
  return std::unique_ptr<File>(new OsFile(descriptor, path, kind));
}

uint64_t read_number(const std::string& path) {
  unsigned long number = 0;
  if (FILE* file = fopen(path.c_str(), "re")) {
    if (fscanf(file, "%lu", &number) != 1) number = 0;
    fclose(file);
  }
  return number;
}

}  // namespace

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::unique_ptr<File>> OsFileSystem::open(const std::string& path, OpenMode mode) {
  switch (mode) {
    case OpenMode::Read:
      return open_file(path, O_RDONLY, FileKind::Kept);
    case OpenMode::Write:
      return open_file(path, O_RDWR, FileKind::Kept);
    case OpenMode::Create:
      return open_file(path, O_RDWR | O_CREAT, FileKind::Kept);
    case OpenMode::Direct:
      break;
  }
  Result<std::unique_ptr<File>> direct =
      open_file(path, O_RDWR | O_CREAT | O_DIRECT | O_DSYNC, FileKind::Durable);
  if (direct.ok()) return direct;
  return open_file(path, O_RDWR | O_CREAT | O_DSYNC, FileKind::Durable);  // tmpfs and others know no O_DIRECT
}

Result<std::unique_ptr<File>> OsFileSystem::open_temporary(const std::string& directory) {
  Result<std::unique_ptr<File>> unnamed =
      open_file(directory, O_RDWR | O_TMPFILE | O_EXCL, FileKind::Temporary);
  if (unnamed.ok()) return unnamed;
  std::string name = directory + "/rowan.XXXXXX";
  int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return os_error("create temporary", name, errno);
  unlink(name.c_str());
  return std::unique_ptr<File>(new OsFile(descriptor, name, FileKind::Temporary));
}

Result<bool> OsFileSystem::exists(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return os_error("stat", path, errno);
}

Result<> OsFileSystem::remove(const std::string& path) {
  if (unlink(path.c_str()) == 0) return {};
  return os_error("remove", path, errno);
}

Result<> OsFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return os_error("rename", from, errno);
}

Result<> OsFileSystem::make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return os_error("create directory", path, errno);
}

Result<> OsFileSystem::remove_directory(const std::string& path) {
  if (rmdir(path.c_str()) == 0) return {};
  return os_error("remove directory", path, errno);
}

Result<std::vector<std::string>> OsFileSystem::list(const std::string& directory) {
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return os_error("open directory", directory, errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(stream);
  return names;
}

Result<> OsFileSystem::sync_directory(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return os_error("open directory", path, errno);
  int code = retry_interrupted([&] { return fsync(descriptor); });
  int why = errno;
  close(descriptor);
  if (code == 0 || why == EINVAL) return {};  // some file systems have nothing to sync in a folder
  return os_error("sync directory", path, why);
}

Result<FileLock> OsFileSystem::lock(File& file, bool exclusive) {
  auto& locked = static_cast<OsFile&>(file);
  int descriptor = locked.descriptor();
  struct flock ours = lock_request(exclusive ? F_WRLCK : F_RDLCK, kLockByte);
  if (fcntl(descriptor, F_OFD_SETLK, &ours) == 0) {
    locked.note_lock();
    if (exclusive) {
      struct flock told = lock_request(F_WRLCK, kLockByte + 1);
      (void)fcntl(descriptor, F_SETLK, &told);  // only for the message that others print
    }
    return FileLock{true, getpid()};
  }
  if (errno != EAGAIN && errno != EACCES) return os_error("lock", file.path(), errno);
  struct flock asked = lock_request(F_WRLCK, kLockByte + 1);
  FileLock found;
  if (fcntl(descriptor, F_GETLK, &asked) == 0 && asked.l_type != F_UNLCK) found.pid = asked.l_pid;
  return found;
}

size_t OsFileSystem::sector_size(const std::string& path) {
  struct stat facts;
  if (stat(directory_of(path).c_str(), &facts) != 0) return 4096;
  std::string device = fmt::format("/sys/dev/block/{}:{}", major(facts.st_dev), minor(facts.st_dev));
  uint64_t size = read_number(device + "/queue/physical_block_size");
  if (size == 0) size = read_number(device + "/../queue/physical_block_size");  // a partition
  return size == 512 ? 512 : 4096;
}

std::string OsFileSystem::temporary_directory() {
  const char* named = getenv("TMPDIR");
  return named != nullptr && *named != 0 ? named : "/tmp";
}

}  // namespace rowan
