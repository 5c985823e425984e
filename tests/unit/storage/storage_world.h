// tests/unit/storage/storage_world.h: a database on a simulated disk, with pages of 64 numbers to change.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "storage/file/sim_fs.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan::storage_test {

inline constexpr RecordType kSetNumbers = static_cast<RecordType>(241);
inline constexpr size_t kNumbers = 64;

inline Result<> redo_numbers(Page page, const RecordView& record, size_t part) {
  std::span<const std::byte> bytes = record.part(part).bytes;
  if (bytes.size() != kNumbers * 8) return Error(sqlstate::data_corrupted, "numbers");
  std::memcpy(page.body(), bytes.data(), bytes.size());
  return {};
}

// One more than they were: makes sense only on a page that holds what the record says.
inline constexpr RecordType kRaiseNumbers = static_cast<RecordType>(242);
inline Result<> redo_raise(Page page, const RecordView& record, size_t part) {
  uint64_t before = 0;
  std::span<const std::byte> bytes = record.part(part).bytes;
  if (bytes.size() == sizeof before) std::memcpy(&before, bytes.data(), sizeof before);
  uint64_t numbers[kNumbers];
  std::memcpy(numbers, page.body(), sizeof numbers);
  for (uint64_t& number : numbers)
    if (number++ != before) return Error(sqlstate::data_corrupted, "other numbers");
  std::memcpy(page.body(), numbers, sizeof numbers);
  return {};
}

class TestClock final : public Clock {
 public:
  MonotonicNs now_ns() override { return monotonic_now_ns(); }
  int64_t wall_microseconds() override { return 0; }
};

class TestRandom final : public Random {
 public:
  uint64_t next() override { return state_.fetch_add(0x9e3779b97f4a7c15ULL) + 1; }

 private:
  std::atomic<uint64_t> state_{12345};
};

inline StorageOptions small_storage() {
  StorageOptions options;
  options.pool_bytes = 32 * kPageSize;
  options.log.segment_bytes = 256u << 10;
  options.log.buffer_bytes = 256u << 10;
  options.ring_bytes = 256u << 10;
  return options;
}

struct StorageWorld {
  explicit StorageWorld(std::string path_in = "db", StorageOptions options_in = small_storage())
      : path(std::move(path_in)), options(options_in) {}

  Result<> open() {
    StorageHooks hooks;
    hooks.redo.add(kSetNumbers, redo_numbers);
    hooks.redo.add(kRaiseNumbers, redo_raise);
    storage = TRY(Storage::open(*disk, path, options, hooks, clock, random));
    return {};
  }
  // As after a crash: the process is gone, the disk is what `policy` leaves.
  void crash(CrashPolicy policy, uint64_t seed = 1) {
    std::unique_ptr<SimFs> after = disk->image(policy, seed);
    storage = nullptr;
    disk = std::move(after);
  }

  // A page of `relation` full of `value`.
  Result<PageNo> make(RelationId relation, uint64_t value, bool is_inner = false) {
    WriteGuard page = TRY(storage->pool().create(relation, PageType::Toy));
    std::vector<uint64_t> numbers(kNumbers, value);
    Change change(*storage, kSetNumbers, relation, kNoWriteId);
    change.add_image(page);
    TRY(change.reserve());
    std::memcpy(page.page().body(), numbers.data(), kNumbers * 8);
    if (is_inner) page.header().flags |= kPageInner;
    change.commit();
    return page.number();
  }
  // All numbers of the page become `value`; returns the record's end.
  Result<Lsn> set(PageNo number, uint64_t value) {
    WriteGuard page = TRY(storage->pool().write(number));
    std::vector<uint64_t> numbers(kNumbers, value);
    Change change(*storage, kSetNumbers, page.header().relation, kNoWriteId);
    change.add(page, std::as_bytes(std::span(numbers)));
    TRY(change.reserve());
    std::memcpy(page.page().body(), numbers.data(), kNumbers * 8);
    return change.commit();
  }
  Result<> raise(PageNo number) {
    WriteGuard page = TRY(storage->pool().write(number));
    uint64_t before = TRY(read_equal(page.page()));
    std::vector<uint64_t> numbers(kNumbers, before + 1);
    Change change(*storage, kRaiseNumbers, page.header().relation, kNoWriteId);
    change.add(page, std::as_bytes(std::span(&before, 1)));
    TRY(change.reserve());
    std::memcpy(page.page().body(), numbers.data(), kNumbers * 8);
    change.commit();
    return {};
  }
  Result<> free(PageNo number) {
    WriteGuard page = TRY(storage->pool().write(number));
    Change change(*storage, RecordType::FreePages, page.header().relation, kNoWriteId);
    change.add_free(page);
    TRY(change.reserve());
    change.commit();
    return {};
  }
  Result<uint64_t> get(PageNo number) {
    ReadGuard page = TRY(storage->pool().read(number));
    return read_equal(page.page());
  }
  // The value that all numbers of the page have.
  static Result<uint64_t> read_equal(ConstPage page) {
    uint64_t numbers[kNumbers];
    std::memcpy(numbers, page.body(), sizeof numbers);
    for (uint64_t number : numbers) {
      if (number != numbers[0]) return Error(sqlstate::internal_error, "a page is torn in memory");
    }
    return numbers[0];
  }

  std::string path;
  StorageOptions options;
  TestClock clock;
  TestRandom random;
  std::unique_ptr<SimFs> disk = std::make_unique<SimFs>();
  std::unique_ptr<Storage> storage;
};

}  // namespace rowan::storage_test
