// A batch ends early once its values out of line pass kBatchBytesMax, whatever way its rows are read, and
// what follows goes on with the next row.
#include "storage/heap/scan.h"
#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

constexpr size_t kLarge = size_t{3} << 19;

size_t text_bytes(const Batch& batch) {
  size_t bytes = 0;
  for (uint32_t i = 0; i < batch.row_count(); ++i) bytes += get_heap_row(batch, i).text.value_or("").size();
  return bytes;
}

// Keeps rows by the first letter of their text, long or short.
class FirstLetter final : public PageFilter {
 public:
  explicit FirstLetter(char letter) : letter_(letter) {}
  void keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) override {
    const Vector& texts = columns.column(1, rows);
    for (uint32_t i = 0; i < count; ++i) {
      if ((rows[i / 64] >> (i % 64) & 1) == 0) continue;
      bool passes = !texts.is_null(i) && texts.data<Text>()[i].view().substr(0, 1) == std::string(1, letter_);
      if (!passes) rows[i / 64] &= ~(uint64_t{1} << (i % 64));
    }
  }

 private:
  char letter_;
};

class LargeValues : public testing::Test {
 protected:
  LargeValues() {
    world_.create(kHeapRowForms);
    for (int64_t key = 0; key < 200; ++key) {
      char letter = static_cast<char>('a' + key % 2);
      HeapRow row{key, static_cast<int32_t>(key), std::string(key % 10 < 3 ? kLarge : 20, letter)};
      if (key % 10 == 9) row.text.reset();
      rows_.push_back(std::move(row));
    }
    Transaction writer = world_.begin();
    ids_ = insert_heap_rows(world_, writer, rows_);
    world_.commit(writer);
  }
  // Newer versions, on pages of their own where they do not fit, which `older` does not see.
  void update_some() {
    Transaction writer = world_.begin(writer_slot_);
    Snapshot now = heap_must(world_.transactions->take_snapshot(writer));
    for (size_t i = 0; i < rows_.size(); i += 7) {
      HeapRow newer = rows_[i];
      newer.text = std::string(i % 2 == 0 ? kLarge : 1000, 'c');
      EXPECT_EQ(update_heap_row(world_, writer, ids_[i], {&now, 0}, newer, false).fate, RowFate::Done);
    }
    world_.transactions->release_snapshot(writer.slot(), now);
    world_.commit(writer);
  }
  void expect_scanned(const Snapshot& snapshot, uint32_t limit, PageFilter* filter,
                      const std::vector<HeapRow>& expected) {
    ScanSpec spec;
    spec.projection = {world_.heap->layout(0), {0, 1, 2}, true};
    if (filter != nullptr) {
      spec.filter = filter;
      spec.filter_columns = {1, 2};
      spec.filter_types = {TypeId::Integer, TypeId::Text};
    }
    HeapScan scan(*world_.heap, snapshot, std::move(spec));
    std::vector<Type> types = kHeapRowTypes;
    types.push_back(TypeId::BigInt);
    Batch out(types, kBatchRows);
    std::vector<HeapRow> found;
    while (heap_must(scan.next(out, limit))) {
      EXPECT_LT(text_bytes(out), kBatchBytesMax + 2 * kLarge);
      for (uint32_t i = 0; i < out.row_count(); ++i) {
        found.push_back(get_heap_row(out, i));
        EXPECT_EQ(static_cast<uint64_t>(out.column(3).data<int64_t>()[i]),
                  ids_[static_cast<size_t>(found.back().key)].packed());
      }
    }
    std::sort(found.begin(), found.end(), [](const HeapRow& a, const HeapRow& b) { return a.key < b.key; });
    EXPECT_TRUE(found == expected) << found.size() << " rows of " << expected.size();
  }
  std::vector<HeapRow> beginning_with(char letter) const {
    std::vector<HeapRow> some;
    for (const HeapRow& row : rows_)
      if (row.text && row.text->front() == letter) some.push_back(row);
    return some;
  }

  HeapWorld world_;
  SnapshotSlot& writer_slot_ = world_.transactions->open_slot();
  std::vector<HeapRow> rows_;
  std::vector<RowId> ids_;
};

TEST_F(LargeValues, EndABatchOfAScan) {
  Transaction reader = world_.begin();
  Snapshot snapshot = heap_must(world_.transactions->take_snapshot(reader));
  FirstLetter filter('b');
  for (int round = 0; round < 2; ++round) {
    for (uint32_t limit : {1u, 7u, 1024u}) {
      expect_scanned(snapshot, limit, nullptr, rows_);
      expect_scanned(snapshot, limit, &filter, beginning_with('b'));
    }
    update_some();  // then the same through older versions
  }
  world_.transactions->release_snapshot(reader.slot(), snapshot);
  world_.commit(reader);
  world_.transactions->close_slot(writer_slot_);
}

TEST_F(LargeValues, EndABatchOfRowsFetched) {
  Transaction reader = world_.begin();
  Snapshot snapshot = heap_must(world_.transactions->take_snapshot(reader));
  update_some();
  Projection all{world_.heap->layout(0), {0, 1, 2}, false};
  Batch out(kHeapRowTypes, 64);
  uint16_t from[64];
  bool doubtful[64];
  std::vector<HeapRow> found;
  std::span<const RowId> left(ids_);
  while (!left.empty()) {
    uint32_t looked_at = 0;
    std::span<const RowId> asked = left.first(std::min<size_t>(left.size(), 64));
    uint32_t count = heap_must(world_.heap->fetch(snapshot, all, asked, out, from, 0, doubtful, &looked_at));
    ASSERT_GT(looked_at, 0u);
    ASSERT_EQ(count, looked_at);  // all are visible
    EXPECT_LT(text_bytes(out), kBatchBytesMax + kLarge);
    for (uint32_t i = 0; i < count; ++i) found.push_back(get_heap_row(out, i));
    left = left.subspan(looked_at);
  }
  EXPECT_TRUE(found == rows_);
  // Without it all that was asked for comes at once.
  EXPECT_EQ(heap_must(world_.heap->fetch(snapshot, all, std::span(ids_).first(64), out, from)), 64u);
  world_.transactions->release_snapshot(reader.slot(), snapshot);
  world_.commit(reader);
  world_.transactions->close_slot(writer_slot_);
}

}  // namespace
}  // namespace rowan
