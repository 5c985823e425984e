#include "storage/ring/page_writer.h"

#include <lz4.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <new>
#include <vector>

#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

// A batch in the ring: header, one entry a page, the copies one after the other, zeros up to kIoAlignment.
struct RingBatchHeader {
  uint64_t magic;
  uint64_t checksum;  // of everything behind it
  uint64_t database_id;
  uint32_t length;  // of all, with this header, without the zeros
  uint32_t page_count;
};
struct RingEntry {
  PageNo page;
  uint32_t length;  // kPageSize: as it is; less: LZ4
  Lsn lsn;
};
constexpr uint64_t kRingMagic = 0x676e69724e574f52ULL;  // "ROWNring"

size_t ring_round_up(size_t length) {
  return (length + kIoAlignment - 1) / kIoAlignment * kIoAlignment;
}

constexpr size_t ring_batch_bytes_max(size_t pages) {
  return sizeof(RingBatchHeader) + pages * (sizeof(RingEntry) + kPageSize) + kIoAlignment;
}

uint64_t ring_checksum(const std::byte* batch, size_t length) {
  constexpr size_t kSkipped = offsetof(RingBatchHeader, database_id);
  return XXH3_64bits(batch + kSkipped, length - kSkipped);
}

}  // namespace

AlignedBytes::AlignedBytes(size_t size)
    : bytes_(new (std::align_val_t{kIoAlignment}) std::byte[size]()), size_(size) {}

void AlignedBytes::Release::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, std::align_val_t{kIoAlignment});
}

PageWriter::PageWriter(File& home, Log* log, uint64_t database_id, Switches switches)
    : home_(home), log_(log), database_id_(database_id), switches_(switches) {}

Result<std::unique_ptr<PageWriter>> PageWriter::create(FileSystem& files, const std::string& ring_path,
                                                       size_t ring_bytes, File& home, Log* log,
                                                       uint64_t database_id, Switches switches) {
  std::unique_ptr<PageWriter> writer(new PageWriter(home, log, database_id, switches));
  MutexLock lock(writer->mutex_);
  OpenMode mode = switches.sync_ring ? OpenMode::Direct : OpenMode::Create;
  writer->ring_ = TRY(files.open(ring_path, mode));
  writer->ring_bytes_ = ring_round_up(std::max(ring_bytes, 2 * ring_batch_bytes_max(1)));
  while (writer->batch_pages_ > 1 && 2 * ring_batch_bytes_max(writer->batch_pages_) > writer->ring_bytes_) {
    --writer->batch_pages_;
  }
  TRY(writer->ring_->allocate(0, writer->ring_bytes_));
  TRY(writer->ring_->sync());
  return writer;
}

void PageWriter::kill_log(const Error& why) {
  if (Log* log = log_.load(std::memory_order_acquire)) log->kill(why);
}

std::unique_ptr<PageWriter> PageWriter::direct(File& home) {
  return std::unique_ptr<PageWriter>(new PageWriter(home, nullptr, 0, {}));
}

Result<> PageWriter::write(std::span<OutgoingPage> pages) {
  if (pages.empty()) return {};
  ASSERT(pages.size() <= kBatchMax);
  std::sort(pages.begin(), pages.end(),
            [](const OutgoingPage& a, const OutgoingPage& b) { return a.number < b.number; });
  MutexLock lock(mutex_);
  for (size_t done = 0; done < pages.size(); done += batch_pages_) {
    TRY(write_batch(pages.subspan(done, std::min(batch_pages_, pages.size() - done))));
  }
  return {};
}

Result<> PageWriter::write_batch(std::span<OutgoingPage> pages) {
  if (Log* log = log_.load(std::memory_order_acquire); log != nullptr && switches_.log_before_page) {
    Lsn highest = 0;
    for (const OutgoingPage& page : pages) highest = std::max(highest, page.lsn());
    TRY(log->flush(highest));
  }
  if (ring_ != nullptr) TRY(write_ring(pages));
  return write_home(pages);
}

Result<> PageWriter::write_ring(std::span<const OutgoingPage> pages) {
  size_t length = build_batch(pages);
  if (length == 0) return {};
  TRY(take_slot(length));
  Result<> written = ring_->write_at(next_, std::span(batch_.data(), length));
  if (written.ok() && !ring_->writes_are_durable() && switches_.sync_ring) written = ring_->sync();
  if (!written.ok()) {
    kill_log(written.error());
    return written;
  }
  live_.push_back({next_, next_ + length});
  next_ += length;
  return {};
}

// Into batch_; returns its length with the zeros, 0 when no page needs a copy.
size_t PageWriter::build_batch(std::span<const OutgoingPage> pages) {
  auto needs_ring = [](const OutgoingPage& page) { return page.needs_ring; };
  auto count = static_cast<size_t>(std::count_if(pages.begin(), pages.end(), needs_ring));
  if (count == 0) return 0;
  if (batch_.size() == 0) batch_ = AlignedBytes(ring_round_up(ring_batch_bytes_max(batch_pages_)));
  std::byte* entry_at = batch_.data() + sizeof(RingBatchHeader);
  std::byte* copy_at = entry_at + count * sizeof(RingEntry);
  for (const OutgoingPage& page : pages) {
    if (!page.needs_ring) continue;
    int packed = LZ4_compress_default(reinterpret_cast<const char*>(page.bytes),
                                      reinterpret_cast<char*>(copy_at), kPageSize, kPageSize - 1);
    RingEntry entry{page.number, packed > 0 ? static_cast<uint32_t>(packed) : uint32_t{kPageSize},
                    page.lsn()};
    if (packed <= 0) std::memcpy(copy_at, page.bytes, kPageSize);
    std::memcpy(entry_at, &entry, sizeof entry);
    entry_at += sizeof entry;
    copy_at += entry.length;
  }
  auto length = static_cast<size_t>(copy_at - batch_.data());
  RingBatchHeader header{kRingMagic, 0, database_id_, static_cast<uint32_t>(length),
                         static_cast<uint32_t>(count)};
  std::memcpy(batch_.data(), &header, sizeof header);
  header.checksum = ring_checksum(batch_.data(), length);
  std::memcpy(batch_.data(), &header, sizeof header);
  size_t whole = ring_round_up(length);
  std::memset(copy_at, 0, whole - length);
  return whole;
}

// Moves next_ to where `length` bytes overwrite no copy that may still be needed.
Result<> PageWriter::take_slot(size_t length) {
  ENSURE(length <= ring_bytes_);
  if (next_ + length > ring_bytes_) next_ = 0;
  uint64_t start = next_, end = next_ + length;
  auto overlaps = [&](const Slot& slot) { return slot.start < end && start < slot.end; };
  if (std::none_of(live_.begin(), live_.end(), overlaps)) return {};
  if (switches_.sync_before_reuse) {
    if (Result<> synced = home_.sync(); !synced.ok()) {
      kill_log(synced.error());
      return synced;
    }
  }
  live_.clear();
  return {};
}

Result<> PageWriter::write_home(std::span<OutgoingPage> pages) {
  WriteRequest requests[kBatchMax];
  for (size_t i = 0; i < pages.size(); ++i) {
    requests[i] = {uint64_t{pages[i].number} * kPageSize, {pages[i].bytes, kPageSize}};
  }
  Result<> written = home_.write({requests, pages.size()});
  if (!written.ok()) kill_log(written.error());  // a home may be torn now
  if (written.ok()) pages_written_.fetch_add(pages.size(), std::memory_order_relaxed);
  return written;
}

Result<> PageWriter::sync_home() {
  MutexLock lock(mutex_);
  Result<> synced = home_.sync();
  if (!synced.ok()) {
    kill_log(synced.error());
    return synced;
  }
  live_.clear();
  return {};
}

Result<> PageWriter::read_home(PageNo page, std::span<std::byte> into) {
  MutexLock lock(mutex_);
  return home_.read_at(uint64_t{page} * kPageSize, into);
}

namespace {

struct RingCopy {
  Lsn lsn;
  size_t offset;
  uint32_t length;
};

std::map<PageNo, RingCopy> newest_copies(std::span<const std::byte> ring, uint64_t database_id) {
  std::map<PageNo, RingCopy> newest;
  for (size_t at = 0; at + kIoAlignment <= ring.size(); at += kIoAlignment) {
    RingBatchHeader header;
    std::memcpy(&header, ring.data() + at, sizeof header);
    if (header.magic != kRingMagic || header.database_id != database_id) continue;
    size_t table = sizeof header + size_t{header.page_count} * sizeof(RingEntry);
    if (header.length > ring.size() - at || table > header.length) continue;
    if (header.checksum != ring_checksum(ring.data() + at, header.length)) continue;
    size_t copy = at + table;
    for (size_t i = 0; i < header.page_count; ++i) {
      RingEntry entry;
      std::memcpy(&entry, ring.data() + at + sizeof header + i * sizeof entry, sizeof entry);
      auto [place, is_first] = newest.try_emplace(entry.page, RingCopy{entry.lsn, copy, entry.length});
      if (!is_first && place->second.lsn <= entry.lsn) place->second = {entry.lsn, copy, entry.length};
      copy += entry.length;
    }
  }
  return newest;
}

bool unpack_copy(std::span<const std::byte> ring, const RingCopy& copy, std::byte* page) {
  if (copy.length == kPageSize) {
    std::memcpy(page, ring.data() + copy.offset, kPageSize);
    return true;
  }
  return LZ4_decompress_safe(reinterpret_cast<const char*>(ring.data() + copy.offset),
                             reinterpret_cast<char*>(page), static_cast<int>(copy.length),
                             kPageSize) == static_cast<int>(kPageSize);
}

}  // namespace

Result<size_t> repair_from_ring(FileSystem& files, const std::string& ring_path, File& home,
                                uint64_t database_id) {
  if (!TRY(files.exists(ring_path))) return size_t{0};
  std::unique_ptr<File> file = TRY(files.open(ring_path, OpenMode::Read));
  uint64_t size = TRY(file->size());
  std::vector<std::byte> ring(size);
  TRY(file->read_at(0, ring));
  uint64_t home_size = TRY(home.size());
  AlignedBytes scratch(2 * kPageSize);
  std::byte* stored = scratch.data();
  std::byte* copied = scratch.data() + kPageSize;
  size_t repaired = 0;
  for (const auto& [page, copy] : newest_copies(ring, database_id)) {
    if ((uint64_t{page} + 1) * kPageSize > home_size) continue;
    TRY(home.read_at(uint64_t{page} * kPageSize, std::span(stored, kPageSize)));
    if (ConstPage(stored).header().checksum == page_checksum(ConstPage(stored), page, database_id)) continue;
    if (!unpack_copy(ring, copy, copied)) continue;
    if (ConstPage(copied).header().checksum != page_checksum(ConstPage(copied), page, database_id)) continue;
    TRY(home.write_at(uint64_t{page} * kPageSize, std::span<const std::byte>(copied, kPageSize)));
    ++repaired;
  }
  if (repaired > 0) TRY(home.sync());
  return repaired;
}

}  // namespace rowan
