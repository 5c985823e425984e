#include "storage/backup/backup.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/checkpoint/checkpoint.h"
#include "storage/log/block.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr uint32_t kRunMax = 64;  // pages read at once
constexpr size_t kCopyStep = kRunMax * kPageSize;

std::string folder_of_log(const File& file) {
  return file.path() + "-wal";
}

}  // namespace

Backup::Backup(Storage& storage, Storage::Impl& instance, FileSystem& files, File& target,
               const CancelToken& cancel)
    : storage_(storage),
      instance_(instance),
      files_(files),
      target_(target),
      cancel_(cancel),
      bytes_(kCopyStep) {}

Backup::~Backup() {
  if (!is_holding_) return;
  instance_.log->let_go(log_copied_);
  instance_.space.let_blocks_go();
}

Result<Storage::Copied> Backup::run() {
  if (instance_.is_in_memory())
    return Error(sqlstate::feature_not_supported, "a backup of a database in memory is not supported");
  TRY(begin());
  header_.database_id = instance_.random.next();
  Lsn end = 0;
  if (header_.state.count > 0) {
    SpaceMap map = TRY(Checkpoint::map_of(instance_, state_));
    TRY(copy_pages(map));
  }
  if (is_holding_) {
    end = instance_.log->appended();
    TRY(instance_.log->flush_all());
    TRY(copy_log(instance_.log->durable()));
  } else if (header_.in_use != 0) {
    TRY(copy_log_files());
  }
  segment_copy_ = nullptr;
  TRY(write_header());
  return Storage::Copied{header_.database_id, end};
}

// From here on header_ and state_ say what is copied.
Result<> Backup::begin() {
  if (instance_.options.read_only) {
    header_ = instance_.header;
    state_ = TRY(Checkpoint::read_state(instance_));
    if (header_.in_use != 0) TRY(files_.make_directory(folder_of_log(target_)));
    return {};
  }
  TRY(storage_.begin_writing());
  TRY(files_.make_directory(folder_of_log(target_)));
  return take_checkpoint();
}

// No other checkpoint passes before everything is held that this one names.
Result<> Backup::take_checkpoint() {
  Claim claim(storage_);
  TRY(Checkpoint::run(storage_, instance_, false));
  header_ = instance_.header;
  state_ = TRY(Checkpoint::read_state(instance_));
  log_copied_ = header_.redo_lsn / header_.log_block_size * header_.log_block_size;
  instance_.log->hold(log_copied_);
  instance_.space.hold_blocks();
  is_holding_ = true;
  return {};
}

Result<> Backup::copy_pages(const SpaceMap& map) {
  size_t portion = instance_.options.backup_portion_bytes;
  auto run_max = static_cast<uint32_t>(std::clamp<size_t>(portion / kPageSize, 1, kRunMax));
  for (PageNo page = kFirstPage; page < map.file_pages();) {
    PageRun run{page, 0};
    while (run.count < run_max && map.is_used(run.end())) ++run.count;
    page += std::max<uint32_t>(run.count, 1);
    if (run.count == 0) continue;
    TRY(cancel_.check());
    TRY(copy_run(run));
    if (unsynced_ >= portion) TRY(catch_up());
  }
  return {};
}

Result<> Backup::copy_run(PageRun run) {
  std::span<std::byte> all(bytes_.data(), run.count * kPageSize);
  TRY(instance_.file->read_at(uint64_t{run.start} * kPageSize, all));
  for (uint32_t i = 0; i < run.count; ++i) {
    Page page(all.data() + i * kPageSize);
    PageNo number = run.start + i;
    if (page.header().checksum != page_checksum(page, number, instance_.database_id))
      TRY(mend_torn(number, page.bytes()));
    page.header().checksum = page_checksum(page, number, header_.database_id);
  }
  TRY(target_.write_at(uint64_t{run.start} * kPageSize, all));
  unsynced_ += all.size();
  return {};
}

// Read while it was written, by a batch of the pool or as a checkpoint's state; or damaged. Nobody writes a
// state while we are the one who is busy, nor a home inside of read_home.
Result<> Backup::mend_torn(PageNo number, std::byte* bytes) {
  std::span<std::byte> page(bytes, kPageSize);
  Claim claim(storage_);
  if (instance_.writer != nullptr)
    TRY(instance_.writer->read_home(number, page));
  else
    TRY(instance_.file->read_at(uint64_t{number} * kPageSize, page));
  return instance_.pool->verify(number, bytes);
}

// What was written goes to the disk in portions, so that no sync keeps it from the writers' commits for long,
// and the log is let go as far as we have it.
Result<> Backup::catch_up() {
  unsynced_ = 0;
  TRY(target_.sync());
  if (is_holding_) TRY(copy_log(instance_.log->durable()));
  return {};
}

// Durable blocks are never written again, and those behind log_copied_ are held.
Result<> Backup::copy_log(Lsn to) {
  const size_t segment_bytes = header_.log_segment_bytes;
  Lsn from = log_copied_;
  for (Lsn at = from; at < to;) {
    TRY(cancel_.check());
    uint64_t number = at / segment_bytes;
    if (segment_copy_ == nullptr || segment_number_ != number) {
      auto path = [&](const std::string& folder) { return log_segment_path(folder, header_.log_id, number); };
      segment_ = TRY(instance_.files.open(path(instance_.wal_directory()), OpenMode::Read));
      segment_copy_ = TRY(files_.open(path(folder_of_log(target_)), OpenMode::Create));
      segment_number_ = number;
    }
    size_t within = at % segment_bytes;
    size_t step = std::min({static_cast<size_t>(to - at), segment_bytes - within, kCopyStep});
    TRY(segment_->read_at(within, {bytes_.data(), step}));
    TRY(segment_copy_->write_at(within, {bytes_.data(), step}));
    at += step;
  }
  if (to > from) {
    instance_.log->move_hold(from, to);
    log_copied_ = to;
  }
  return {};
}

// Of a database that is only read and was not closed: nobody writes to them.
Result<> Backup::copy_log_files() {
  std::string log = log_segment_path("", header_.log_id, 0);
  std::string prefix = log.substr(1, log.rfind('.'));  // "log.<id>."
  std::string buffer = log_buffer_path("", header_.log_id).substr(1);
  std::vector<std::string> names = TRY(instance_.files.list(instance_.wal_directory()));
  for (const std::string& name : names)
    if (name == buffer || name.starts_with(prefix)) TRY(copy_whole(name));
  return {};
}

Result<> Backup::copy_whole(const std::string& name) {
  std::unique_ptr<File> from =
      TRY(instance_.files.open(instance_.wal_directory() + "/" + name, OpenMode::Read));
  std::unique_ptr<File> to = TRY(files_.open(folder_of_log(target_) + "/" + name, OpenMode::Create));
  uint64_t size = TRY(from->size());
  for (uint64_t at = 0; at < size;) {
    TRY(cancel_.check());
    size_t step = std::min<uint64_t>(size - at, kCopyStep);
    TRY(from->read_at(at, {bytes_.data(), step}));
    TRY(to->write_at(at, {bytes_.data(), step}));
    at += step;
  }
  return {};
}

Result<> Backup::write_header() {
  if (!state_.empty()) {
    // Blocks are held, so the file has not been shorter since the checkpoint: no extent reaches further.
    header_.state = {instance_.space.file_pages(), Checkpoint::state_pages(state_)};
    TRY(Checkpoint::write_state(target_, header_.state, state_, header_.database_id, header_.redo_lsn));
  }
  TRY(target_.sync());
  for (int slots = 2; slots > 0; --slots) TRY(rowan::write_header(target_, header_));
  return target_.sync();
}

}  // namespace rowan
