#include "storage/heap/bulk.h"

#include <algorithm>
#include <vector>

#include "storage/heap/row_writer.h"

namespace rowan {

class BulkInsert::State {
 public:
  State(Heap& heap, Transaction& transaction, LayoutPtr layout)
      : heap_(heap.internals()), transaction_(transaction), layout_(std::move(layout)) {}

  Result<> append(std::span<const Vector* const> columns, const Selection& rows, RowId* ids) {
    WriteId creator = TRY(heap_.transactions.write_id(transaction_));
    RowWriter writer(heap_, *layout_, columns, creator);
    images_.clear();
    pending_.clear();
    uint32_t in_page = 0;
    for (uint32_t i = 0; i < rows.count(); ++i) {
      EncodedRow row = TRY(writer.write(images_, rows[i]));
      if (!fits(in_page + row.in_page)) {
        TRY(write_page(creator, ids + i - pending_.size()));
        // The row that did not fit begins the next page.
        row.offset = keep_last(row);
        in_page = 0;
      }
      pending_.push_back(row);
      in_page += row.in_page;
    }
    TRY(place_encoded_rows(heap_, transaction_.id(), *layout_, creator, pending_, images_,
                           ids + rows.count() - pending_.size()));
    if (transaction_.ssi() != nullptr) return transaction_.ssi()->inserted_into(heap_.relation);
    return {};
  }

 private:
  // Rows and a few slots for the history of updates to come.
  uint32_t capacity_for(uint32_t rows) const {
    if (heap_.slot_limit() != 0) return (std::min(rows, heap_.slot_limit()) + 7) / 8 * 8;
    return (rows + 1 + rows / 64 + 7) / 8 * 8;
  }
  bool fits(uint32_t in_page) const {
    auto rows = static_cast<uint32_t>(pending_.size() + 1);
    if (heap_.slot_limit() != 0 && rows > heap_.slot_limit()) return false;
    return kPageHeaderSize + HeapView::arrays_size(layout_->shape(), capacity_for(rows)) + in_page <=
           kPageSize;
  }
  uint32_t keep_last(const EncodedRow& row) {
    OpBuffer last;
    last.put(images_.bytes().data() + row.offset, row.size);
    images_.clear();
    images_.put(last.bytes().data(), last.size());
    return 0;
  }
  // The pending rows as a page of their own.
  Result<> write_page(WriteId creator, RowId* ids) {
    auto count = static_cast<uint32_t>(pending_.size());
    ENSURE(count != 0);
    TRY(heap_.storage.begin_writing());
    WriteGuard page = TRY(heap_.pool().create(heap_.relation, PageType::HeapHome));
    ops_.clear();
    heap_op::format(ops_, layout_->number(), capacity_for(count), layout_->shape());
    heap_op::insert(ops_, creator, static_cast<uint16_t>(count));
    for (uint32_t slot = 0; slot < count; ++slot) {
      heap_op::insert_row(ops_, static_cast<SlotNo>(slot));
      ops_.put(images_.bytes().data() + pending_[slot].offset, pending_[slot].size);
      ids[slot] = {page.number(), static_cast<SlotNo>(slot)};
    }
    heap_.page_sets.note(creator, heap_.relation, page.number(), false);
    // Nobody knows the page yet: it is filled before its record is reserved, and given back if that fails.
    ENSURE(apply_heap_ops(page.page(), ops_.bytes()));
    HeapView view(page.page());
    Change change(heap_.storage, record_type(HeapRecord::Insert), heap_.relation, creator);
    change.add_image(page, static_cast<uint16_t>(view.arrays_end()),
                     static_cast<uint16_t>(view.free_bytes()));
    TRY(change.reserve());
    change.commit();
    pending_.clear();
    return {};
  }

  HeapInternals& heap_;
  Transaction& transaction_;
  const LayoutPtr layout_;
  OpBuffer images_, ops_;
  std::vector<EncodedRow> pending_;
};

BulkInsert::BulkInsert(Heap& heap, Transaction& transaction, LayoutPtr layout)
    : state_(std::make_unique<State>(heap, transaction, std::move(layout))) {}
BulkInsert::~BulkInsert() = default;
Result<> BulkInsert::append(std::span<const Vector* const> columns, const Selection& rows, RowId* ids) {
  return state_->append(columns, rows, ids);
}

}  // namespace rowan
