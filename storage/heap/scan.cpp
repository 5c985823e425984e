#include "storage/heap/scan.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "storage/heap/cells.h"
#include "storage/heap/internals.h"
#include "txn/visibility.h"

namespace rowan {

namespace {
constexpr uint32_t kSlotsMax = 704;  // no page has more: 16,320 bytes at 24 and more a slot
constexpr uint32_t kWindow = 64;     // least number of slots looked at for a few rows

// Values `rows` of one array, fixed width, one behind the other.
template <class T>
void gather(const std::byte* array, const uint16_t* rows, uint32_t count, char* to) {
  const T* from = reinterpret_cast<const T*>(array);
  T* out = reinterpret_cast<T*>(to);
  for (uint32_t i = 0; i < count; ++i) out[i] = from[rows[i]];
}

struct Wide {
  uint64_t parts[2];
};

void gather_fixed(uint32_t width, const std::byte* array, const uint16_t* rows, uint32_t count, bool is_run,
                  char* to) {
  if (is_run) {
    std::memcpy(to, array + size_t{rows[0]} * width, size_t{count} * width);
    return;
  }
  switch (width) {
    case 1:
      return gather<uint8_t>(array, rows, count, to);
    case 2:
      return gather<uint16_t>(array, rows, count, to);
    case 4:
      return gather<uint32_t>(array, rows, count, to);
    case 8:
      return gather<uint64_t>(array, rows, count, to);
    default:
      return gather<Wide>(array, rows, count, to);
  }
}

void copy_nulls(const HeapView& page, uint32_t array, const uint16_t* rows, uint32_t count, Vector& to,
                uint32_t at) {
  const uint64_t* words = page.validity(array);
  bool all = true;
  for (uint32_t i = 0; i < count; ++i) all &= (words[rows[i] / 64] >> (rows[i] % 64) & 1) != 0;
  if (all) return;
  for (uint32_t i = 0; i < count; ++i)
    if ((words[rows[i] / 64] >> (rows[i] % 64) & 1) == 0) to.set_null(at + i);
}

// Every slot's text as a view into the page, for filters.
void view_texts(const HeapView& page, uint32_t array, const uint16_t* rows, uint32_t count, Text* to) {
  const VarEntry* entries = page.entries(array);
  for (uint32_t i = 0; i < count; ++i)
    if (page.is_valid(array, rows[i])) to[rows[i]] = Text(page.bytes_of(entries[rows[i]]));
}
}  // namespace

class HeapScan::State {
 public:
  State(Heap& heap, const Snapshot& snapshot, ScanSpec spec, PageRange range)
      : heap_(heap.internals()),
        snapshot_(&snapshot),
        spec_(std::move(spec)),
        range_(range),
        plan_(*spec_.projection.layout, spec_.projection.columns),
        filter_plan_(*spec_.projection.layout, spec_.filter_columns) {
    next_page_ = range.begin;
    if (spec_.filter == nullptr) return;
    one_row_ = Batch(spec_.filter_types, 1);
    in_page_ = Batch(spec_.filter_types, kSlotsMax);
  }

  void restart(const Snapshot& snapshot, PageRange range) {
    snapshot_ = &snapshot;
    range_ = range;
    next_page_ = range.begin;
    known_ = at_ = slot_ = 0;
  }

  Result<bool> next(Batch& out, uint32_t row_limit);

  uint64_t pages_read_ = 0;
  uint64_t rows_filtered_ = 0;

 private:
  // Candidates of a page, in order of their homes: where the visible version lies and whose home it is.
  struct Window {
    std::array<uint16_t, kSlotsMax> sources, homes;
    uint32_t count = 0;
    uint32_t end = 0;          // the slot where the window ends
    bool has_history = false;  // some version lies in a history slot of the page
    bool has_special = false;  // the row at `end` is seen through another page or out of line
  };

  Result<bool> find_page();
  void learn_home_rows(const HeapView& page);
  Result<> fill_window(const HeapView& page, uint32_t slots);
  bool is_special(const HeapView& page, uint32_t slot) const;
  void prepare_filter(const HeapView& page);
  uint32_t run_filter(const HeapView& page);
  Result<> copy_rows(const HeapView& page, uint32_t count, Batch& out, uint32_t at);
  Result<> copy_texts(const HeapView& page, uint32_t array, uint32_t count, Vector& to, uint32_t at);
  Result<bool> take_special(const HeapView& page, uint32_t slot, Batch& out, uint32_t at);

  HeapInternals& heap_;
  const Snapshot* snapshot_;
  const ScanSpec spec_;
  PageRange range_;
  ColumnPlan plan_, filter_plan_;
  CellScratch scratch_;

  std::array<PageNo, 64> pages_;
  size_t known_ = 0, at_ = 0;
  PageNo next_page_ = 0;
  uint32_t slot_ = 0;  // where to go on in pages_[at_]

  // Of the page at hand, while it is latched.
  bool settled_ = false;
  std::array<uint64_t, (kSlotsMax + 63) / 64> visible_;
  const Layout* filter_layout_ = nullptr;
  bool filter_needs_tail_ = false;
  Window window_;
  Batch one_row_, in_page_;
};

// pages_[at_] is a page to look at; false: there is no more.
Result<bool> HeapScan::State::find_page() {
  if (at_ < known_) return true;
  known_ = heap_.storage.space().pages(heap_.relation, next_page_, pages_);
  while (known_ > 0 && pages_[known_ - 1] >= range_.end) --known_;
  at_ = 0;
  if (known_ == 0) return false;
  next_page_ = pages_[known_ - 1] + 1;
  return true;
}

// Bits of home slots whose newest version the snapshot sees.
void HeapScan::State::learn_home_rows(const HeapView& page) {
  const uint64_t* words = page.words();
  visible_.fill(0);
  for (uint32_t slot = 0; slot < page.capacity(); ++slot) {
    uint64_t is_home = SlotWord::state(words[slot]) == SlotState::Home ? 1 : 0;
    visible_[slot / 64] |= is_home << (slot % 64);
  }
  const PageHeader& header = page.header();
  bool busy = (header.flags & kPageHasDeletersOrLinks) != 0;
  settled_ = !busy && is_settled(heap_.status(), *snapshot_, header.min_write_id, header.max_write_id);
  if (settled_) return;
  std::span<const WriteId> deleters;
  if (busy) deleters = {page.deleters(), page.capacity()};
  visible(heap_.status(), {page.creators(), page.capacity()}, deleters, *snapshot_,
          SelectionMask(visible_.data(), (page.capacity() + 63) / 64));
}

// Out of line as a whole, or in a column that the filter looks at.
bool HeapScan::State::is_special(const HeapView& page, uint32_t slot) const {
  if ((page.words()[slot] & SlotWord::kElsewhere) != 0) return true;
  if (spec_.filter == nullptr) return false;
  if (filter_needs_tail_) return true;
  for (size_t i = 0; i < spec_.filter_columns.size(); ++i) {
    CellSource source = filter_plan_.source(i);
    if (source.kind == CellSource::Kind::Array && page.is_variable(source.place) &&
        page.is_valid(source.place, slot) && page.entries(source.place)[slot].is_out_of_line())
      return true;
  }
  return false;
}

Result<> HeapScan::State::fill_window(const HeapView& page, uint32_t slots) {
  window_.count = 0;
  window_.has_history = window_.has_special = false;
  uint32_t end = std::min(page.capacity(), slot_ + slots);
  for (uint32_t slot = slot_; slot < end; ++slot) {
    bool is_visible = (visible_[slot / 64] >> (slot % 64) & 1) != 0;
    uint32_t source = slot;
    if (!is_visible) {
      if (settled_ || page.state(slot) != SlotState::Home || !SlotWord::has_link(page.words()[slot]))
        continue;
      FoundVersion version = TRY(heap_.find_visible(page, pages_[at_], slot, *snapshot_));
      if (!version.found) continue;
      source = version.slot;
      if (version.other) window_.has_special = true;
    }
    if (!window_.has_special) window_.has_special = is_special(page, source);
    if (window_.has_special) {
      end = slot;
      break;
    }
    window_.has_history |= source != slot;
    window_.sources[window_.count] = static_cast<uint16_t>(source);
    window_.homes[window_.count++] = static_cast<uint16_t>(slot);
  }
  window_.end = end;
  return {};
}

void HeapScan::State::prepare_filter(const HeapView& page) {
  if (spec_.filter == nullptr) return;
  const Layout* layout = heap_.layout(page.header().layout);
  if (layout == nullptr) return;
  filter_plan_.prepare(*layout);
  filter_needs_tail_ = filter_plan_.has_tail();
  for (size_t i = 0; i < spec_.filter_columns.size(); ++i) {
    Vector& column = in_page_.column(i);
    CellSource source = filter_plan_.source(i);
    if (source.kind == CellSource::Kind::Array && !page.is_variable(source.place)) {
      column.borrow_array(reinterpret_cast<const char*>(page.array(source.place)),
                          page.validity(source.place));
    } else if (filter_layout_ != layout || source.kind == CellSource::Kind::Array) {
      column.reset();
      if (source.kind == CellSource::Kind::Missing) {
        column.reset_constant();
        store_missing(column, 0, filter_plan_.column(i));
      }
    }
  }
  filter_layout_ = layout;
}

// Runs over window_: drops what does not pass and returns how many are left.
uint32_t HeapScan::State::run_filter(const HeapView& page) {
  if (spec_.filter == nullptr || window_.count == 0) return window_.count;
  for (size_t i = 0; i < spec_.filter_columns.size(); ++i) {
    CellSource source = filter_plan_.source(i);
    if (source.kind != CellSource::Kind::Array || !page.is_variable(source.place)) continue;
    Vector& column = in_page_.column(i);
    column.reset();
    view_texts(page, source.place, window_.sources.data(), window_.count, column.data<Text>());
    for (uint32_t n = 0; n < window_.count; ++n)
      if (!page.is_valid(source.place, window_.sources[n])) column.set_null(window_.sources[n]);
  }
  std::array<uint16_t, kSlotsMax> kept;
  std::copy_n(window_.sources.begin(), window_.count, kept.begin());
  in_page_.set_row_count(page.capacity());
  uint32_t count = spec_.filter->keep(in_page_, kept.data(), window_.count);
  uint32_t from = 0;
  for (uint32_t i = 0; i < count; ++i) {
    while (window_.sources[from] != kept[i]) ++from;
    window_.sources[i] = kept[i];
    window_.homes[i] = window_.homes[from++];
  }
  rows_filtered_ += window_.count - count;
  window_.count = count;
  return count;
}

Result<> HeapScan::State::copy_texts(const HeapView& page, uint32_t array, uint32_t count, Vector& to,
                                     uint32_t at) {
  const VarEntry* entries = page.entries(array);
  Text* texts = to.data<Text>();
  Arena& arena = to.arena();
  for (uint32_t n = 0; n < count; ++n) {
    uint32_t slot = window_.sources[n];
    if (!page.is_valid(array, slot)) {
      to.set_null(at + n);
    } else if (entries[slot].is_out_of_line()) {
      TRY(read_out_of_line(heap_, entries[slot].pointer(), to, at + n));
    } else {
      texts[at + n] = arena.copy(page.bytes_of(entries[slot]));
    }
  }
  return {};
}

// The first `count` rows of window_, to `at` and on.
Result<> HeapScan::State::copy_rows(const HeapView& page, uint32_t count, Batch& out, uint32_t at) {
  if (count == 0) return {};
  // Slots of history stand in no order.
  bool is_run = !window_.has_history && window_.sources[count - 1] - window_.sources[0] + 1u == count;
  if (plan_.has_tail()) {
    for (uint32_t n = 0; n < count; ++n)
      TRY(read_cells(heap_, page, window_.sources[n], plan_, out, at + n, scratch_));
  }
  for (size_t i = 0; i < spec_.projection.columns.size() && !plan_.has_tail(); ++i) {
    Vector& to = out.column(i);
    CellSource source = plan_.source(i);
    if (source.kind == CellSource::Kind::Missing) {
      for (uint32_t n = 0; n < count; ++n) store_missing(to, at + n, plan_.column(i));
    } else if (page.is_variable(source.place)) {
      TRY(copy_texts(page, source.place, count, to, at));
    } else {
      gather_fixed(static_cast<uint32_t>(to.width()), page.array(source.place), window_.sources.data(), count,
                   is_run, to.raw_data() + size_t{at} * to.width());
      copy_nulls(page, source.place, window_.sources.data(), count, to, at);
    }
  }
  if (!spec_.projection.with_row_id) return {};
  int64_t* ids = out.column(spec_.projection.columns.size()).data<int64_t>() + at;
  for (uint32_t n = 0; n < count; ++n)
    ids[n] = static_cast<int64_t>(RowId{pages_[at_], window_.homes[n]}.packed());
  return {};
}

// A row whose version is on another page or (partly) out of line, on its own.
Result<bool> HeapScan::State::take_special(const HeapView& page, uint32_t slot, Batch& out, uint32_t at) {
  FoundVersion version = TRY(heap_.find_visible(page, pages_[at_], slot, *snapshot_));
  if (!version.found) return false;
  HeapView source = version.other ? HeapView(version.other.page()) : page;
  if (spec_.filter != nullptr) {
    one_row_.reset();
    TRY(read_cells(heap_, source, version.slot, filter_plan_, one_row_, 0, scratch_));
    one_row_.set_row_count(1);
    uint16_t row = 0;
    if (spec_.filter->keep(one_row_, &row, 1) == 0) {
      ++rows_filtered_;
      return false;
    }
  }
  TRY(read_cells(heap_, source, version.slot, plan_, out, at, scratch_));
  if (spec_.projection.with_row_id)
    out.column(spec_.projection.columns.size()).data<int64_t>()[at] =
        static_cast<int64_t>(RowId{pages_[at_], static_cast<SlotNo>(slot)}.packed());
  return true;
}

Result<bool> HeapScan::State::next(Batch& out, uint32_t row_limit) {
  uint32_t limit = std::min(row_limit, out.capacity());
  out.reset();
  uint32_t count = 0;
  while (count < limit) {
    bool more = TRY(find_page());
    if (!more) break;
    if (slot_ == 0) {
      ++pages_read_;
      if (at_ + 1 < known_) heap_.pool().prefetch({pages_.data() + at_ + 1, 1});
    }
    ReadGuard guard = TRY(heap_.read_rows(pages_[at_]));
    if (!guard || guard.header().type != PageType::HeapHome || guard.header().count == 0) {
      ++at_;
      slot_ = 0;
      continue;
    }
    HeapView page(guard.page());
    const Layout* layout = heap_.layout(page.header().layout);
    if (layout == nullptr)
      return Error(sqlstate::data_corrupted,
                   "page " + std::to_string(pages_[at_]) + " has an unknown layout");
    learn_home_rows(page);
    plan_.prepare(*layout);
    prepare_filter(page);
    while (count < limit && slot_ < page.capacity()) {
      TRY(fill_window(page, std::max(kWindow, limit - count)));
      uint32_t kept = run_filter(page);
      uint32_t taken = std::min(kept, limit - count);
      TRY(copy_rows(page, taken, out, count));
      count += taken;
      if (taken < kept) {
        slot_ = window_.homes[taken - 1] + 1u;
        break;
      }
      slot_ = window_.end;
      if (!window_.has_special || count == limit) continue;
      bool passed = TRY(take_special(page, slot_, out, count));
      if (passed) ++count;
      ++slot_;
      // Other pages may have other layouts.
      plan_.prepare(*layout);
      prepare_filter(page);
    }
    if (slot_ >= page.capacity()) {
      ++at_;
      slot_ = 0;
    }
  }
  out.set_row_count(count);
  return count > 0;
}

HeapScan::HeapScan(Heap& heap, const Snapshot& snapshot, ScanSpec spec, PageRange range)
    : state_(std::make_unique<State>(heap, snapshot, std::move(spec), range)) {}
HeapScan::~HeapScan() = default;
Result<bool> HeapScan::next(Batch& out, uint32_t row_limit) {
  return state_->next(out, row_limit);
}
void HeapScan::restart(const Snapshot& snapshot, PageRange range) {
  state_->restart(snapshot, range);
}
uint64_t HeapScan::pages_read() const {
  return state_->pages_read_;
}
uint64_t HeapScan::rows_filtered() const {
  return state_->rows_filtered_;
}

}  // namespace rowan
