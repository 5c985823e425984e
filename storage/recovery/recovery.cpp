#include "storage/recovery/recovery.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "storage/checkpoint/checkpoint.h"
#include "storage/log/block.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

Error redo_damage(const RecordView& record, PageNo page) {
  return Error(sqlstate::data_corrupted, fmt::format("log record {} of type {} makes no sense for page {}",
                                                     record.lsn(), static_cast<int>(record.type()), page));
}

// An image: where the hole is, how long, the bytes before and behind it.
bool unpack_image(std::span<const std::byte> bytes, std::byte* page) {
  uint16_t hole[2];
  if (bytes.size() < sizeof hole) return false;
  std::memcpy(hole, bytes.data(), sizeof hole);
  bytes = bytes.subspan(sizeof hole);
  size_t behind = size_t{hole[0]} + hole[1];
  if (behind > kPageSize || bytes.size() != kPageSize - hole[1]) return false;
  std::memcpy(page, bytes.data(), hole[0]);
  std::memset(page + hole[0], 0, hole[1]);
  std::memcpy(page + behind, bytes.data() + hole[0], kPageSize - behind);
  return true;
}

}  // namespace

Result<> Recovery::run() {
  const HeaderSlot& header = instance_.header;
  std::string folder = instance_.wal_directory();
  if (!TRY(LogReader::exists(instance_.files, folder, header.log_id))) {
    int slots = TRY(count_valid_slots(*instance_.file));
    if (slots < 2) {
      return Error(sqlstate::data_corrupted,
                   fmt::format("the header of database \"{}\" is damaged", instance_.path))
          .detail(fmt::format(
              "One of its two slots has a wrong checksum; the other is of a time when the database was in "
              "use, and the log of that time is not in \"{}\".",
              folder));
    }
    return Error(sqlstate::object_not_in_prerequisite_state,
                 fmt::format("database \"{}\" was in use and its log in \"{}\" is missing", instance_.path,
                             folder))
        .detail("What was committed since the last checkpoint is in that log alone.")
        .hint("Put the directory back beside the file, or restore a backup.");
  }
  LogOptions log_options = instance_.options.log;
  log_options.block_size = header.log_block_size;
  log_options.segment_bytes = header.log_segment_bytes;
  LogReader reader =
      TRY(LogReader::open(instance_.files, folder, header.log_id, header.redo_lsn, log_options));
  TRY(reader.make_durable());
  TRY(confirm_header(*instance_.file));
  using PlantedBug = StorageOptions::PlantedBug;
  if (!instance_.has_bug(PlantedBug::RingUnread))
    TRY(repair_from_ring(instance_.files, instance_.ring_path(), *instance_.file, instance_.database_id));
  TRY(Checkpoint::load_state(instance_));
  // Pages leave through the ring from the start: recovery may be cut short too.
  instance_.writer =
      TRY(PageWriter::create(instance_.files, instance_.ring_path(), instance_.options.ring_bytes,
                             *instance_.file, nullptr, instance_.database_id, {}));
  TRY(instance_.files.sync_directory(folder));
  instance_.pool->attach_writer(instance_.writer.get());
  instance_.pool->set_cut(header.redo_lsn);

  for (;;) {
    std::optional<RecordView> record = TRY(reader.next());
    if (!record) break;
    TRY(redo(*record));
  }
  // What is nobody's in the end needs no mending.
  std::erase_if(damaged_, [&](const auto& damage) { return !instance_.space.is_used(damage.first); });
  if (!damaged_.empty()) return std::move(damaged_.begin()->second);
  // The first change ends this recovery with a checkpoint, latches in hand: it must find nothing to write.
  TRY(instance_.pool->write_dirty());
  instance_.header.last_lsn = std::max(instance_.header.last_lsn, reader.position());
  std::vector<std::string> names = TRY(instance_.files.list(folder));
  for (const std::string& name : names) {
    if (name.starts_with(kLogFilePrefix) || name.starts_with(kLogBufferPrefix)) {
      instance_.old_log_files.push_back(folder + "/" + name);
    }
  }
  return {};
}

Result<> Recovery::redo(const RecordView& record) {
  instance_.space.redo(record);
  for (size_t i = 0; i < record.part_count(); ++i) TRY(redo_part(record, i));
  for (RecoveryObserver* observer : hooks_.observers) {
    if (observer != nullptr) TRY(observer->observe(record));
  }
  return {};
}

Result<> Recovery::redo_part(const RecordView& record, size_t index) {
  RecordPart part = record.part(index);
  if (part.kind == PartKind::Free) {
    forget(part.page, record.end());
    damaged_.erase(part.page);
    return {};
  }
  bool fresh = part.kind != PartKind::Change;
  if (!fresh && damaged_.count(part.page) != 0) return {};
  Result<std::byte*> found = page_for_redo(part.page, fresh);
  if (!found.ok()) {
    if (found.error().state() != sqlstate::data_corrupted) return std::move(found).error();
    damaged_.emplace(part.page, std::move(found).error());
    return {};
  }
  Page page(*found);
  // A home that is new enough is written once more: the sync behind it may have failed, and what is read here
  // would not be on the disk (see confirm_header).
  if (page.header().lsn >= record.end() && !instance_.has_bug(StorageOptions::PlantedBug::RedoTwice)) {
    done_with(part.page, true, false, 0);
    return {};
  }
  Result<> redone;
  if (part.kind == PartKind::Image) {
    if (!unpack_image(part.bytes, page.bytes())) redone = redo_damage(record, part.page);
  } else {
    RedoFunction function = hooks_.redo.find(record.type());
    if (part.kind == PartKind::Fresh) {  // what was here before is of an earlier life
      std::memset(page.bytes(), 0, kPageSize);
      page.header().relation = record.relation();
      page.header().type = part.fresh_type;
    }
    redone = function != nullptr ? function(page, record, index) : redo_damage(record, part.page);
  }
  page.header().lsn = record.end();
  done_with(part.page, true, fresh, record.end());
  if (redone.ok()) {
    if (fresh) damaged_.erase(part.page);
    return {};
  }
  // A home torn in a later life of the page, which needs no copy in the ring, was mended with a copy from an
  // earlier one. That life begins in the log, or else this is damage.
  if (fresh || redone.error().state() != sqlstate::data_corrupted) return redone;
  damaged_.emplace(part.page, std::move(redone).error());
  return {};
}

Result<std::byte*> Recovery::page_for_redo(PageNo page, bool fresh) {
  using namespace page_word;
  BufferPool& pool = *instance_.pool;
  BufferPool::Word& word = *pool.word_of(page);
  TRY(pool.latch(page, word, BufferPool::Mode::Exclusive, !fresh, false));
  uint64_t frame = frame_of(word.load(std::memory_order_relaxed));
  if (frame == 0) {  // fresh, and not here: what its home says does not matter
    Result<uint64_t> taken = pool.take_frame();
    if (!taken.ok()) {
      pool.unlatch_exclusive(page, word, 0, 0, 0);
      return std::move(taken).error();
    }
    frame = *taken;
    std::memset(pool.bytes_of(frame), 0, kPageSize);
    pool.frame_at(frame).image_lsn = 0;
    pool.frame_at(frame).page.store(page, std::memory_order_release);
    word.fetch_or(frame, std::memory_order_release);
  }
  return pool.bytes_of(frame);
}

// The page is nobody's from `lsn` on: whoever follows an old pointer shall not take it for what it was.
void Recovery::forget(PageNo page, Lsn lsn) {
  using namespace page_word;
  BufferPool& pool = *instance_.pool;
  BufferPool::Word& word = *pool.word_of(page);
  if (frame_of(word.load(std::memory_order_relaxed)) == 0) return;
  Result<BufferPool::Latched> latched = pool.latch(page, word, BufferPool::Mode::Exclusive, false, false);
  ASSERT(latched.ok());
  uint64_t frame = frame_of(word.load(std::memory_order_relaxed));
  if (frame != 0) {
    std::memset(pool.bytes_of(frame), 0, kPageSize);
    Page(pool.bytes_of(frame)).header().lsn = lsn;
  }
  pool.unlatch_exclusive(page, word, frame, kInner, 0);
}

void Recovery::done_with(PageNo page, bool changed, bool imaged, Lsn lsn) {
  using namespace page_word;
  BufferPool& pool = *instance_.pool;
  BufferPool::Word& word = *pool.word_of(page);
  uint64_t frame = frame_of(word.load(std::memory_order_relaxed));
  ConstPage bytes(pool.bytes_of(frame));
  if (imaged) pool.frame_at(frame).image_lsn = lsn;
  bool is_inner = (bytes.header().flags & kPageInner) != 0;
  pool.unlatch_exclusive(page, word, frame, kInner, (changed ? kDirty : 0) | (is_inner ? kInner : 0));
}

}  // namespace rowan
