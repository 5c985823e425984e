#include "storage/storage.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/backup/backup.h"
#include "storage/checkpoint/checkpoint.h"
#include "storage/file/overlay_fs.h"
#include "storage/file/spill_file.h"
#include "storage/instance.h"
#include "storage/log/block.h"
#include "storage/recovery/recovery.h"
#include "types/check.h"
#include "types/sync.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr Lsn kFirstLsn = 0;

Result<> lock_database(FileSystem& files, File& file, bool exclusive) {
  FileLock lock = TRY(files.lock(file, exclusive));
  if (lock.locked) return {};
  return Error(sqlstate::object_in_use,
               fmt::format("database \"{}\" is in use by another process", file.path()))
      .detail(lock.pid > 0 ? fmt::format("Its process id is {}.", lock.pid) : "");
}

Lsn next_segment(Lsn lsn, size_t segment_bytes) {
  return (lsn + segment_bytes - 1) / segment_bytes * segment_bytes;
}

}  // namespace

Storage::Storage() = default;

Storage::~Storage() = default;

Result<std::unique_ptr<Storage>> Storage::open(FileSystem& files, const std::string& path,
                                               const StorageOptions& options, const StorageHooks& hooks,
                                               Clock& clock, Random& random) {
  std::unique_ptr<Storage> storage(new Storage());
  // Who only reads cannot write, not even to recover: see overlay_fs.h.
  std::unique_ptr<OverlayFileSystem> overlay;
  if (options.read_only && !path.empty()) overlay = std::make_unique<OverlayFileSystem>(files);
  FileSystem& seen = overlay ? *overlay : files;
  storage->impl_ = std::make_unique<Impl>(seen, path, options, clock, random);
  Impl& impl = *storage->impl_;
  impl.overlay = std::move(overlay);
  if (impl.options.log.block_size == 0) impl.options.log.block_size = files.sector_size(path);
  bool in_use = false;
  if (impl.is_in_memory()) {
    impl.file = std::make_unique<SpillFile>(files, files.temporary_directory());
    impl.database_id = random.next();
    impl.log = Log::counter(kFirstLsn + 1);
    impl.writer = PageWriter::direct(*impl.file);
  } else {
    OpenMode mode = options.read_only ? OpenMode::Read : options.create ? OpenMode::Create : OpenMode::Write;
    impl.file = TRY(seen.open(path, mode));
    TRY(lock_database(seen, *impl.file, !options.read_only));
    bool unborn = TRY(is_unborn(*impl.file));
    if (unborn) {
      impl.is_new_file = true;
      impl.header.magic = kHeaderMagic;
      impl.header.format_version = kFormatVersion;
      impl.header.page_size = kPageSize;
      impl.header.database_id = random.next();
    } else {
      impl.header = TRY(read_header(*impl.file));
    }
    impl.database_id = impl.header.database_id;
    in_use = impl.header.in_use != 0;
  }
  std::string temp_directory = impl.is_in_memory() || options.read_only ? "" : impl.wal_directory();
  impl.temp_files = std::make_unique<TempFiles>(files, std::move(temp_directory), options.temp_bytes_max);
  impl.space.attach(storage.get(), impl.is_in_memory() ? nullptr : impl.file.get(), &impl.epochs);
  impl.pool =
      TRY(BufferPool::create(options.pool_bytes, *impl.file, impl.database_id, impl.space, impl.epochs));
  if (impl.is_in_memory()) {
    impl.pool->attach_writer(impl.writer.get());
    impl.is_writing.store(true);
  } else if (!in_use) {
    TRY(Checkpoint::load_state(impl));
  } else {
    TRY(Recovery(impl, hooks).run());
  }
  impl.opened_at = impl.header.last_lsn;
  return storage;
}

// Waits until nobody else starts to write, checkpoints or closes.
Result<> Storage::claim() {
  MutexLock lock(impl_->busy_mutex);
  if (impl_->is_busy) {
    hurry();
    while (impl_->is_busy) impl_->busy_changed.wait(impl_->busy_mutex);
    impl_->in_hurry.fetch_sub(1);
  }
  impl_->is_busy = true;
  return {};
}

void Storage::hurry() {
  impl_->in_hurry.fetch_add(1);
  sync::unpark(impl_->in_hurry, sync::kAll);
}

void Storage::unclaim() {
  MutexLock lock(impl_->busy_mutex);
  impl_->is_busy = false;
  impl_->busy_changed.notify_all();
}

Result<> Storage::begin_writing() {
  if (impl_->is_writing.load(std::memory_order_acquire)) [[likely]]
    return {};
  if (impl_->options.read_only) {
    return Error(sqlstate::read_only_sql_transaction, "the database was opened read-only");
  }
  TRY(claim());
  auto let_go = [](Storage* storage) { storage->unclaim(); };
  std::unique_ptr<Storage, decltype(let_go)> busy(this, let_go);
  return impl_->is_writing.load(std::memory_order_acquire) ? Result<>() : start_writing();
}

// What an earlier life left in NAME-wal/ and this one does not need.
Result<> Storage::remove_leftovers() {
  Impl& impl = *impl_;
  std::vector<std::string> names = TRY(impl.files.list(impl.wal_directory()));
  std::vector<std::string> doomed;
  for (const std::string& name : names) {
    std::string path = impl.wal_directory() + "/" + name;
    bool is_needed =
        std::find(impl.old_log_files.begin(), impl.old_log_files.end(), path) != impl.old_log_files.end();
    bool is_ours = name.starts_with(kLogFilePrefix) || name.starts_with(kLogBufferPrefix);
    if (is_ours && !is_needed) doomed.push_back(std::move(path));
  }
  bool may_be_named = !impl.is_new_file && !impl.is_writing.load(std::memory_order_acquire);
  if (may_be_named && !doomed.empty()) TRY(confirm_header(*impl.file));
  for (const std::string& path : doomed) TRY(impl.files.remove(path));
  return {};
}

// The header names the log that is there now. After a failure the log is dead: the disk may have either
// header.
Result<> Storage::mark_in_use(Lsn start) {
  Impl& impl = *impl_;
  HeaderSlot slot = impl.header;
  slot.in_use = 1;
  slot.log_id = impl.log->log_id();
  slot.redo_lsn = slot.last_lsn = start;
  Result<> marked;
  // A new file gets both slots before anything is acknowledged: see is_unborn.
  for (int left = impl.is_new_file ? 2 : 1; left > 0 && marked.ok(); --left) {
    marked = write_header(*impl.file, slot);
    if (marked.ok() && !impl.has_bug(StorageOptions::PlantedBug::MarkHeader)) marked = impl.file->sync();
  }
  if (marked.ok())
    impl.header = slot;
  else
    impl.log->kill(marked.error());
  return marked;
}

Result<> Storage::start_writing() {
  using PlantedBug = StorageOptions::PlantedBug;
  Impl& impl = *impl_;
  TRY(impl.files.make_directory(impl.wal_directory()));
  TRY(remove_leftovers());
  LogOptions log_options = impl.options.log;
  log_options.sync_flushes = !impl.has_bug(PlantedBug::LogFlush);
  // At least one block behind everything that was: an LSN means one thing for ever.
  Lsn start = next_segment(impl.header.last_lsn + 1, log_options.segment_bytes);
  std::unique_ptr<Log> log =
      TRY(Log::create(impl.files, impl.wal_directory(), impl.random.next(), start, log_options));
  bool recovered = impl.writer != nullptr;
  std::unique_ptr<PageWriter> writer;  // not impl's before all is well: who finds one there has recovered
  if (!recovered) {
    PageWriter::Switches switches;
    switches.log_before_page = !impl.has_bug(PlantedBug::LogBeforePage);
    switches.sync_ring = !impl.has_bug(PlantedBug::Ring);
    switches.sync_before_reuse = !impl.has_bug(PlantedBug::RingReuse);
    writer = TRY(PageWriter::create(impl.files, impl.ring_path(), impl.options.ring_bytes, *impl.file,
                                    log.get(), impl.database_id, switches));
  }
  if (impl.is_new_file) TRY(allocate_header(*impl.file));
  if (!impl.has_bug(PlantedBug::Directory)) {
    TRY(impl.files.sync_directory(impl.wal_directory()));
    TRY(impl.files.sync_directory(directory_of(impl.path)));
  }
  if (recovered) impl.writer->set_log(log.get());
  impl.log = std::move(log);
  impl.header.log_block_size = static_cast<uint32_t>(log_options.block_size);
  impl.header.log_segment_bytes = log_options.segment_bytes;
  // After a recovery the header goes from the old log to the new one, with every page of the old one home.
  Result<> marked = recovered ? Checkpoint::run(*this, impl, false) : mark_in_use(start);
  bool has_stopped = impl.log->is_dead();
  if (!marked.ok() && !has_stopped) {
    if (recovered) impl.writer->set_log(nullptr);
    impl.log = nullptr;
    return marked;
  }
  if (!recovered) impl.writer = std::move(writer);
  impl.pool->attach_writer(impl.writer.get());
  if (has_stopped) {  // which header counts, only the next opening will know: both logs stay
    impl.is_writing.store(true, std::memory_order_release);
    return marked;
  }
  impl.is_new_file = false;
  impl.redo_lsn.store(impl.header.redo_lsn, std::memory_order_release);
  for (const std::string& path : std::exchange(impl.old_log_files, {})) (void)impl.files.remove(path).ok();
  impl.is_writing.store(true, std::memory_order_release);
  return {};
}

Result<> Storage::close() {
  Result<> folded = fold();
  // Whoever opens the file next owns its log, too.
  if (!folded.ok() && impl_->log != nullptr) impl_->log->kill(folded.error());
  impl_->file->release();
  return folded;
}

// The log into the file.
Result<> Storage::fold() {
  Impl& impl = *impl_;
  if (impl.is_in_memory() || impl.options.read_only) return {};
  if (!impl.is_writing.load(std::memory_order_acquire)) {
    if (impl.old_log_files.empty()) return {};  // nothing was written, nothing was recovered
    TRY(begin_writing());
  }
  TRY(claim());
  auto let_go = [](Storage* storage) { storage->unclaim(); };
  std::unique_ptr<Storage, decltype(let_go)> busy(this, let_go);
  Result<> closed = Checkpoint::run(*this, impl, true);
  if (closed.ok()) closed = impl.log->remove();
  if (closed.ok()) closed = impl.files.remove(impl.ring_path());
  if (closed.ok()) closed = remove_leftovers();
  if (closed.ok()) {
    (void)impl.files.remove_directory(impl.wal_directory()).ok();  // not empty: somebody else's files
    closed = impl.files.sync_directory(directory_of(impl.path));
  }
  return closed;
}

Result<> Storage::checkpoint() {
  return checkpoint(false);
}

Result<> Storage::checkpoint(bool gently) {
  if (impl_->is_in_memory() || impl_->options.read_only) return {};
  if (!impl_->is_writing.load(std::memory_order_acquire)) return {};
  TRY(claim());
  // Also where memory runs out, or everybody would wait for this one for ever.
  auto let_go = [](Storage* storage) { storage->unclaim(); };
  std::unique_ptr<Storage, decltype(let_go)> busy(this, let_go);
  return Checkpoint::run(*this, *impl_, false, gently ? Checkpoint::Pace::Gentle : Checkpoint::Pace::Full);
}

bool Storage::checkpoint_due() const {
  const Impl& impl = *impl_;
  if (impl.is_in_memory() || !impl.is_writing.load(std::memory_order_acquire)) return false;
  return impl.log->end() - impl.redo_lsn.load(std::memory_order_acquire) >= impl.options.checkpoint_bytes;
}

namespace {
constexpr MonotonicNs kIdleAfter = 1'000'000'000;
constexpr int kFoldsAtOnce = 3;  // one frees, one moves the state to the front and cuts, one to spare
constexpr MonotonicNs kFoldsApart = 5'000'000'000;  // while others write
constexpr uint64_t kManyPages = 256;
}  // namespace

Result<> Storage::maintain() {
  if (impl_->is_in_memory() || !impl_->is_writing.load(std::memory_order_acquire)) return {};
  // Where there is no room for a segment, a checkpoint makes some.
  Result<> prepared = impl_->log->prepare_ahead();
  TRY(checkpoint_due() ? checkpoint(true) : give_back_space());
  return prepared;
}

// Blocks go back to the file system with a checkpoint, and the file's tail with the next one, whose state
// finds a place further in front.
Result<> Storage::give_back_space() {
  Impl& impl = *impl_;
  Lsn end = impl.log->end();
  MonotonicNs now = impl.clock.now_ns();
  Impl::Idleness& idle = impl.idleness;
  if (end != idle.log_end) idle = {end, now, 0, idle.last_fold};
  bool is_idle = now - idle.since >= kIdleAfter && idle.folds < kFoldsAtOnce;
  bool is_turn = now - idle.last_fold >= kFoldsApart;
  if (!is_idle && !is_turn) return {};
  TRY(claim());
  PageRun state = impl.header.state;
  unclaim();
  uint64_t pages = impl.space.returnable_pages(state);
  bool is_much = pages >= kManyPages && pages * 4 >= impl.space.file_pages();
  if (pages == 0 || !(is_idle || is_much)) return {};
  ++idle.folds;  // also when it fails: not again at once
  idle.last_fold = now;
  TRY(checkpoint(true));
  // What the checkpoint itself logged is nobody's work.
  if (is_idle) idle.log_end = impl.log->end();
  return is_idle ? impl.log->remove_spares() : Result<>();
}

BufferPool& Storage::pool() {
  return *impl_->pool;
}
Log& Storage::log() {
  return *impl_->log;
}
Space& Storage::space() {
  return impl_->space;
}
Epochs& Storage::epochs() {
  return impl_->epochs;
}
TempFiles& Storage::temp_files() {
  return *impl_->temp_files;
}
Clock& Storage::clock() {
  return impl_->clock;
}
Random& Storage::random() {
  return impl_->random;
}
const StorageOptions& Storage::options() const {
  return impl_->options;
}
const std::string& Storage::path() const {
  return impl_->path;
}
bool Storage::is_read_only() const {
  return impl_->options.read_only;
}
bool Storage::is_recovered_copy() const {
  return impl_->options.read_only && !impl_->old_log_files.empty();
}
Result<Storage::Copied> Storage::copy_to(FileSystem& files, File& target, const CancelToken& cancel) {
  return Backup(*this, *impl_, files, target, cancel).run();
}

Lsn Storage::opened_at() const {
  return impl_->opened_at;
}

uint64_t Storage::database_id() const {
  return impl_->database_id;
}

Lsn Storage::change_mark() const {
  return impl_->is_writing.load(std::memory_order_acquire) ? impl_->log->appended() : impl_->opened_at;
}

Lsn Storage::last_lsn() const {
  return impl_->is_writing.load(std::memory_order_acquire) ? impl_->log->end() : impl_->header.last_lsn;
}

Result<> Storage::flush_log(Lsn lsn) {
  if (!impl_->is_writing.load(std::memory_order_acquire)) return {};
  return impl_->log->flush(lsn);
}

void Storage::begin_listing() {
  MutexLock lock(commit_mutex_);
  while (is_cut_wanted_) listing_changed_.wait(commit_mutex_);
  ++listings_;
}

void Storage::end_listing() {
  MutexLock lock(commit_mutex_);
  --listings_;
  listing_changed_.notify_all();
}

void Storage::wait_for_listings() {
  is_cut_wanted_ = true;
  while (listings_ > 0) listing_changed_.wait(commit_mutex_);
  is_cut_wanted_ = false;
  listing_changed_.notify_all();
}

void Storage::set_checkpoint_source(CheckpointPart part, CheckpointSource* source) {
  impl_->sources[static_cast<size_t>(part)] = source;
}

const std::string& Storage::recovered_bytes(CheckpointPart part) const {
  return impl_->recovered[static_cast<size_t>(part)];
}

}  // namespace rowan
