#include "storage/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "types/check.h"
#include "types/sync.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kStatePayload = kPageSize - kPageHeaderSize;

void append_section(std::string& state, const std::string& section) {
  uint64_t length = section.size();
  state.append(reinterpret_cast<const char*>(&length), sizeof length);
  state.append(section);
}

bool take_section(std::string_view& state, std::string_view& section) {
  uint64_t length = 0;
  if (state.size() < sizeof length) return false;
  std::memcpy(&length, state.data(), sizeof length);
  state.remove_prefix(sizeof length);
  if (state.size() < length) return false;
  section = state.substr(0, length);
  state.remove_prefix(length);
  return true;
}

Error damaged_state(const Storage::Impl& instance, PageNo page) {
  return Error(sqlstate::data_corrupted,
               fmt::format("page {} of file \"{}\" is damaged", page, instance.path))
      .detail("It belongs to the checkpoint's state, which holds the map of all pages.");
}

constexpr size_t kGentleBatch = 32;  // pages: what a commit may stand behind at the disk
constexpr MonotonicNs kRestMax = 100'000'000;

// What a gentle checkpoint does between two batches of pages.
class Rests {
 public:
  explicit Rests(Storage::Impl& instance) : instance_(instance), since_(instance.clock.now_ns()) {}
  void take() {
    // The thread that rests is the one that makes the log ready ahead of its need.
    (void)instance_.log->prepare_ahead().ok();
    MonotonicNs rest = std::min(instance_.clock.now_ns() - since_, kRestMax);
    if (rest > 0 && may_rest()) sync::park(instance_.in_hurry, 0, monotonic_now_ns() + rest);
    since_ = instance_.clock.now_ns();
  }

 private:
  bool may_rest() const {
    Lsn length = instance_.log->end() - instance_.redo_lsn.load(std::memory_order_relaxed);
    uint64_t due = instance_.options.checkpoint_bytes;
    return length < due + due / 4 && instance_.in_hurry.load(std::memory_order_relaxed) == 0;
  }
  Storage::Impl& instance_;
  MonotonicNs since_;
};

}  // namespace

Result<> Checkpoint::run(Storage& storage, Storage::Impl& instance, bool close, Pace pace) {
  using PlantedBug = StorageOptions::PlantedBug;
  Log& log = *instance.log;
  if (log.is_dead()) return log.flush_all();  // says why; not a byte of the file may change any more
  std::string state;
  Lsn redo = 0;
  {
    MutexLock commit_lock(storage.commit_mutex());
    storage.wait_for_listings();
    {
      MutexLock space_lock(instance.space.mutex());
      redo = log.end();
      append_section(state, instance.space.map_.serialize());
    }
    for (size_t i = 0; i < instance.sources.size(); ++i) {
      CheckpointSource* source = instance.sources[i];
      append_section(state, source != nullptr ? source->checkpoint_bytes() : instance.recovered[i]);
    }
    instance.pool->set_cut(redo);
  }
  if (pace == Pace::Full) {
    TRY(instance.pool->write_dirty());
  } else {
    Rests rests(instance);
    TRY(instance.pool->write_dirty(kGentleBatch, [&rests] { rests.take(); }));
  }

  PageRun run = TRY(instance.space.take_state_run(state_pages(state)));
  Result<> stored = write_state(*instance.file, run, state, instance.database_id, redo);
  if (stored.ok()) stored = log.flush_all();
  if (stored.ok() && !instance.has_bug(PlantedBug::CheckpointData)) stored = instance.writer->sync_home();
  if (!stored.ok()) {
    instance.space.free_state_run(run);
    return stored;
  }

  PageRun old_run = instance.header.state;
  HeaderSlot slot = instance.header;
  slot.in_use = close ? 0 : 1;
  slot.log_id = log.log_id();
  slot.redo_lsn = redo;
  slot.last_lsn = log.end();
  slot.state = run;
  slot.state_bytes = state.size();
  Result<> written = write_header(*instance.file, slot);
  if (written.ok() && !instance.has_bug(PlantedBug::CheckpointHeader)) written = instance.file->sync();
  if (!written.ok()) {  // either slot may count now: nothing that one of them needs may change any more
    log.kill(written.error());
    return written;
  }
  instance.header = slot;
  instance.redo_lsn.store(redo, std::memory_order_release);

  instance.space.free_state_run(old_run);
  // The checkpoint stands. What the disk does not take back now is offered again, or removed at the end.
  (void)instance.space.return_blocks(redo).ok();
  if (close) return {};
  (void)log.recycle(redo).ok();
  return log.settle();
}

uint32_t Checkpoint::state_pages(const std::string& state) {
  return static_cast<uint32_t>((state.size() + kStatePayload - 1) / kStatePayload);
}

Result<> Checkpoint::write_state(File& file, PageRun run, const std::string& state, uint64_t database_id,
                                 Lsn lsn) {
  AlignedBytes bytes(kPageSize);
  for (uint32_t i = 0; i < run.count; ++i) {
    Page page(bytes.data());
    std::memset(page.bytes(), 0, kPageSize);
    page.header().relation = kStateRelation;
    page.header().type = PageType::State;
    page.header().lsn = lsn;
    size_t length = std::min(kStatePayload, state.size() - i * kStatePayload);
    std::memcpy(page.body(), state.data() + i * kStatePayload, length);
    page.header().checksum = page_checksum(page, run.start + i, database_id);
    TRY(file.write_at(uint64_t{run.start + i} * kPageSize, page.span()));
  }
  return {};
}

Result<std::string> Checkpoint::read_state(Storage::Impl& instance) {
  const HeaderSlot& header = instance.header;
  if (header.state_bytes > uint64_t{header.state.count} * kStatePayload)
    return damaged_state(instance, header.state.start);
  std::string state(header.state_bytes, 0);
  AlignedBytes bytes(kPageSize);
  for (uint32_t i = 0; i < header.state.count; ++i) {
    PageNo number = header.state.start + i;
    TRY(instance.file->read_at(uint64_t{number} * kPageSize, std::span(bytes.data(), kPageSize)));
    ConstPage page(bytes.data());
    if (page.header().checksum != page_checksum(page, number, instance.database_id))
      return damaged_state(instance, number);
    if (i * kStatePayload >= state.size()) break;
    size_t length = std::min(kStatePayload, state.size() - i * kStatePayload);
    std::memcpy(state.data() + i * kStatePayload, page.body(), length);
  }
  return state;
}

Result<SpaceMap> Checkpoint::map_of(Storage::Impl& instance, std::string_view state) {
  SpaceMap map;
  std::string_view section;
  if (!take_section(state, section) || !map.deserialize(section))
    return damaged_state(instance, instance.header.state.start);
  return map;
}

Result<> Checkpoint::load_state(Storage::Impl& instance) {
  const HeaderSlot& header = instance.header;
  if (header.state.count == 0) return {};
  std::string state = TRY(read_state(instance));
  std::string_view rest = state, section;
  MutexLock lock(instance.space.mutex());
  if (!take_section(rest, section) || !instance.space.map_.deserialize(section))
    return damaged_state(instance, header.state.start);
  instance.space.map_.take_run(header.state);
  for (std::string& bytes_of_part : instance.recovered) {
    if (!take_section(rest, section)) return damaged_state(instance, header.state.start);
    bytes_of_part = section;
  }
  return {};
}

}  // namespace rowan
