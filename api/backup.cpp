#include "api/backup.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/instance.h"
#include "api/session_core.h"
#include "storage/header.h"
#include "types/try.h"

namespace rowan {
namespace {

// Recovery reads each page that the log names once or twice; more memory would not make it quicker.
constexpr size_t kRecoveryPool = 64u << 20;

Result<> check_absent(FileSystem& files, const std::string& path) {
  bool exists = TRY(files.exists(path));
  if (exists) return Error(sqlstate::duplicate_file, fmt::format("file \"{}\" already exists", path));
  return {};
}

Error another_is_under_way(const std::string& path) {
  return Error(sqlstate::object_in_use, fmt::format("a backup to \"{}\" is under way", path));
}

// The file under its temporary name, removed with its log unless it is kept.
class IncompleteCopy {
 public:
  IncompleteCopy(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~IncompleteCopy() {
    if (file_ != nullptr) remove();
  }
  IncompleteCopy(const IncompleteCopy&) = delete;
  IncompleteCopy& operator=(const IncompleteCopy&) = delete;

  const std::string& path() const { return path_; }
  File& file() { return *file_; }

  // Made or made empty, and locked.
  Result<> begin() {
    std::unique_ptr<File> file = TRY(files_.open(path_, OpenMode::Create));
    FileLock lock = TRY(files_.lock(*file, true));
    if (!lock.locked) return another_is_under_way(path_);
    file_ = std::move(file);
    remove_log();
    return file_->truncate(0);
  }
  // Locks it again: it was not while it was opened as a database. Is it still the one that we made?
  Result<bool> is_still_ours(uint64_t database_id) {
    std::unique_ptr<File> file = TRY(files_.open(path_, OpenMode::Write));
    FileLock lock = TRY(files_.lock(*file, true));
    if (!lock.locked) return false;
    Result<HeaderSlot> header = read_header(*file);
    if (!header.ok() || header->database_id != database_id) return false;
    file_ = std::move(file);
    return true;
  }
  void leave_alone() { file_ = nullptr; }
  // Under its final name, durably.
  Result<> publish(const std::string& path) {
    TRY(check_absent(files_, path));
    TRY(files_.rename(path_, path));
    path_ = path;
    TRY(files_.sync_directory(directory_of(path)));
    file_ = nullptr;
    return {};
  }

 private:
  void remove() {
    file_ = nullptr;
    remove_log();
    (void)files_.remove(path_).ok();
  }
  void remove_log() {
    std::string folder = path_ + "-wal";
    Result<std::vector<std::string>> names = files_.list(folder);
    if (!names.ok()) return;
    for (const std::string& name : *names) (void)files_.remove(folder + "/" + name).ok();
    (void)files_.remove_directory(folder).ok();
  }

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<File> file_;
};

// To the end of its log; the log is gone after that.
Result<> recover_copy(Instance& instance, const std::string& path, const Storage::Copied& copied) {
  OpenOptions options;
  options.create = false;
  options.pool_bytes = std::min(kRecoveryPool, instance.storage().pool().frame_count() * kPageSize);
  InstanceParts parts = instance.parts();
  parts.has_background = false;
  parts.released = nullptr;
  std::shared_ptr<Instance> copy = TRY(Instance::open(path, options, parts));
  // What the lock did not cover for a moment may be somebody else's; what the log did not tell is lost.
  if (copy->storage().database_id() != copied.database_id || copy->storage().opened_at() < copied.end)
    return Error(sqlstate::io_error, fmt::format("the copy \"{}\" did not come out whole", path));
  return copy->close();
}

}  // namespace

Result<> back_up(Instance& instance, const std::string& path, const CancelToken& cancel) {
  if (instance.storage().path().empty())
    return Error(sqlstate::feature_not_supported, "a backup of a database in memory is not supported");
  if (path.empty()) return Error(sqlstate::invalid_parameter_value, "the name of the backup file is empty");
  TRY(check_absent(instance.files(), path));
  IncompleteCopy copy(instance.files(), path + "-incomplete");
  TRY(copy.begin());
  Storage::Copied copied = TRY(instance.storage().copy_to(instance.files(), copy.file(), cancel));
  copy.file().release();
  TRY(cancel.check());
  Result<> recovered = recover_copy(instance, copy.path(), copied);
  bool is_ours = TRY(copy.is_still_ours(copied.database_id));
  if (!is_ours) copy.leave_alone();
  TRY(recovered);
  if (!is_ours) return another_is_under_way(copy.path());
  TRY(cancel.check());
  return copy.publish(path);
}

Result<> back_up(const std::shared_ptr<Instance>& instance, const std::string& path) {
  std::shared_ptr<SessionCore> session = TRY(SessionCore::open(instance));
  CallGate::Inside inside(session->gate());  // so close() waits for us
  TRY(session->check_open());
  return back_up(*instance, path, *session->cancel_token());
}

}  // namespace rowan
