#include "storage/heap/scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "storage/heap/cells.h"
#include "storage/heap/internals.h"
#include "storage/heap/page_columns.h"
#include "txn/visibility.h"

namespace rowan {

namespace {
constexpr uint32_t kWindow = 64;  // least number of slots looked at for a few rows

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

// The bits of word `word` that stand for slots first … end - 1.
uint64_t bits_between(uint32_t word, uint32_t first, uint32_t end) {
  uint32_t base = word * 64;
  if (end <= base || first >= base + 64) return 0;
  uint64_t bits = ~uint64_t{0};
  if (first > base) bits &= ~uint64_t{0} << (first - base);
  if (end < base + 64) bits &= ~uint64_t{0} >> (base + 64 - end);
  return bits;
}

// `rows` are among those of `mask`.
void copy_nulls(const HeapView& page, uint32_t array, const SlotMask& mask, const uint16_t* rows,
                uint32_t count, Vector& to, uint32_t at) {
  const uint64_t* words = page.validity(array);
  uint64_t missing = 0;
  for (uint32_t word = 0; word < HeapView::validity_words(page.capacity()); ++word)
    missing |= mask[word] & ~words[word];
  if (missing == 0) return;
  for (uint32_t i = 0; i < count; ++i)
    if ((words[rows[i] / 64] >> (rows[i] % 64) & 1) == 0) to.set_null(at + i);
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
        in_page_(*spec_.projection.layout, spec_.filter_columns, spec_.filter_types),
        one_row_(spec_.filter_types) {
    next_page_ = range.begin;
    if (snapshot.ssi != nullptr) snapshot.ssi->read_relation(heap_.relation);
  }

  void restart(const Snapshot& snapshot, PageRange range) {
    snapshot_ = &snapshot;
    range_ = range;
    next_page_ = range.begin;
    known_ = at_ = slot_ = 0;
    if (snapshot.ssi != nullptr) snapshot.ssi->read_relation(heap_.relation);
  }

  Result<bool> next(Batch& out, uint32_t row_limit);

  uint64_t pages_read_ = 0;
  uint64_t rows_filtered_ = 0;
  bool met_old_versions_ = false;

 private:
  // Candidates of a page, in order of their homes: where the visible version lies (a bit in `mask` too) and
  // whose home it is.
  struct Window {
    std::array<uint16_t, kSlotsMax> sources, homes;
    SlotMask mask;
    uint32_t count = 0;
    uint32_t end = 0;          // the slot where the window ends
    bool has_history = false;  // some version lies in a history slot of the page
    bool has_special = false;  // the row at `end` is seen through another page or out of line
  };

  Result<bool> find_page();
  Result<> read_page(const HeapView& page, Batch& out, uint32_t& count, uint32_t limit);
  void learn_home_rows(const HeapView& page);
  void hide_moved(const HeapView& page);
  void meet_writers(const HeapView& page);
  bool is_plain(const HeapView& page) const;
  Result<> take_plain_rows(const HeapView& page, Batch& out, uint32_t& count, uint32_t limit);
  Result<> take_rows(const HeapView& page, const Layout& layout, Batch& out, uint32_t& count, uint32_t limit);
  Result<> fill_window(const HeapView& page, uint32_t slots);
  bool is_special(const HeapView& page, uint32_t slot) const;
  uint32_t run_filter(const HeapView& page);
  Result<uint32_t> copy_rows(const HeapView& page, uint32_t count, Batch& out, uint32_t at);
  Result<uint32_t> copy_texts(const HeapView& page, uint32_t array, uint32_t count, Vector& to, uint32_t at);
  Result<bool> take_special(const HeapView& page, uint32_t slot, Batch& out, uint32_t at);
  // Does the batch end with the `count` rows that it has?
  bool is_full(uint32_t count) const { return count > 0 && scratch_.is_batch_full(); }

  HeapInternals& heap_;
  const Snapshot* snapshot_;
  const ScanSpec spec_;
  PageRange range_;
  ColumnPlan plan_;
  CellScratch scratch_;

  std::array<PageNo, 64> pages_;
  size_t known_ = 0, at_ = 0;
  PageNo next_page_ = 0;
  uint32_t slot_ = 0;         // where to go on in pages_[at_]
  uint32_t rows_a_page_ = 0;  // on the page last read

  // Of the page at hand, while it is latched.
  bool settled_ = false, busy_ = false;
  SlotMask visible_;
  Window window_;
  InPageColumns in_page_;
  OneRowColumns one_row_;
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

// Bits of home slots whose newest version the snapshot sees. Of a page that is settled, full and without
// history the header alone tells it.
void HeapScan::State::learn_home_rows(const HeapView& page) {
  const PageHeader& header = page.header();
  uint32_t words_used = HeapView::validity_words(page.capacity());
  busy_ = (header.flags & kPageHasDeletersOrLinks) != 0;
  met_old_versions_ |= busy_;
  settled_ = !busy_ && is_settled(heap_.status(), *snapshot_, header.min_write_id, header.max_write_id);
  if (!busy_ && header.count == page.capacity()) {
    for (uint32_t word = 0; word < words_used; ++word)
      visible_[word] = bits_between(word, 0, page.capacity());
  } else {
    const uint64_t* words = page.words();
    visible_.fill(0);
    for (uint32_t slot = 0; slot < page.capacity(); ++slot) {
      uint64_t is_home = SlotWord::state(words[slot]) == SlotState::Home ? 1 : 0;
      visible_[slot / 64] |= is_home << (slot % 64);
    }
  }
  if (settled_) return;
  if (snapshot_->ssi != nullptr) meet_writers(page);
  std::span<const WriteId> deleters;
  if (busy_) deleters = {page.deleters(), page.capacity()};
  visible(heap_.status(), {page.creators(), page.capacity()}, deleters, *snapshot_,
          SelectionMask(visible_.data(), words_used));
  if (busy_ && heap_.moved.any()) hide_moved(page);
}

// SERIALIZABLE: who made what the snapshot does not see, or removed what it does. Older versions are met when
// they are looked for.
void HeapScan::State::meet_writers(const HeapView& page) {
  for (uint32_t slot = 0; slot < page.capacity(); ++slot) {
    if (page.state(slot) != SlotState::Home) continue;
    WriteId creator = page.creators()[slot], deleter = page.deleters()[slot];
    if (!sees(heap_.status(), *snapshot_, creator))
      heap_.meet_writer(*snapshot_, creator);
    else if (busy_ && deleter != kNoWriteId && !sees(heap_.status(), *snapshot_, deleter))
      heap_.meet_writer(*snapshot_, deleter);
  }
}

// What this transaction has written at their new homes hides rows that it sees at their old ones.
void HeapScan::State::hide_moved(const HeapView& page) {
  for (uint32_t slot = 0; slot < page.capacity(); ++slot) {
    uint64_t bit = uint64_t{1} << (slot % 64);
    if ((visible_[slot / 64] & bit) == 0 || page.deleters()[slot] == kNoWriteId) continue;
    if (heap_.moved.is_hidden({pages_[at_], static_cast<SlotNo>(slot)}, heap_.status(), *snapshot_))
      visible_[slot / 64] &= ~bit;
  }
}

// Are all rows of the page seen at home, and every column that the filter looks at in the page?
bool HeapScan::State::is_plain(const HeapView& page) const {
  if (busy_ || (page.header().flags & kHeapHasElsewhere) != 0) return false;
  if (spec_.filter == nullptr) return true;
  if (in_page_.has_tail()) return false;
  if (!in_page_.has_texts()) return true;
  for (uint32_t slot = slot_; slot < page.capacity(); ++slot)
    if ((visible_[slot / 64] >> (slot % 64) & 1) != 0 && in_page_.is_out_of_line(slot)) return false;
  return true;
}

// From slot_ on, up to `limit` rows in `out`: masks from the first to the last.
Result<> HeapScan::State::take_plain_rows(const HeapView& page, Batch& out, uint32_t& count, uint32_t limit) {
  uint32_t room = limit - count;
  uint32_t end = std::min(page.capacity(), slot_ + std::max(kWindow, room));
  uint32_t words = HeapView::validity_words(page.capacity());
  SlotMask& mask = window_.mask;
  for (uint32_t word = 0; word < words; ++word) mask[word] = visible_[word] & bits_between(word, slot_, end);
  if (spec_.filter != nullptr) spec_.filter->keep(in_page_, page.capacity(), {mask.data(), words});
  uint32_t taken = 0;
  for (uint32_t word = 0; word < words && taken < room; ++word)
    for (uint64_t bits = mask[word]; bits != 0 && taken < room; bits &= bits - 1)
      window_.sources[taken++] = static_cast<uint16_t>(word * 64 + std::countr_zero(bits));
  window_.has_history = false;
  if (spec_.projection.with_row_id) std::copy_n(window_.sources.begin(), taken, window_.homes.begin());
  uint32_t copied = TRY(copy_rows(page, taken, out, count));
  bool is_through = copied == taken && taken < room;
  uint32_t next = is_through ? end : window_.sources[copied - 1] + 1u;
  if (spec_.filter != nullptr) {
    uint32_t seen = 0;
    for (uint32_t word = slot_ / 64; word * 64 < next; ++word)
      seen += static_cast<uint32_t>(std::popcount(visible_[word] & bits_between(word, slot_, next)));
    rows_filtered_ += seen - copied;
  }
  count += copied;
  slot_ = next;
  return {};
}

// Out of line as a whole, or in a column that the filter looks at.
bool HeapScan::State::is_special(const HeapView& page, uint32_t slot) const {
  if ((page.words()[slot] & SlotWord::kElsewhere) != 0) return true;
  return spec_.filter != nullptr && (in_page_.has_tail() || in_page_.is_out_of_line(slot));
}

Result<> HeapScan::State::fill_window(const HeapView& page, uint32_t slots) {
  window_.count = 0;
  window_.mask.fill(0);
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
    window_.mask[source / 64] |= uint64_t{1} << (source % 64);
    window_.sources[window_.count] = static_cast<uint16_t>(source);
    window_.homes[window_.count++] = static_cast<uint16_t>(slot);
  }
  window_.end = end;
  return {};
}

// Runs over window_: drops what does not pass and returns how many are left.
uint32_t HeapScan::State::run_filter(const HeapView& page) {
  if (spec_.filter == nullptr || window_.count == 0) return window_.count;
  SlotMask& mask = window_.mask;
  spec_.filter->keep(in_page_, page.capacity(), {mask.data(), HeapView::validity_words(page.capacity())});
  uint32_t kept = 0;
  for (uint32_t i = 0; i < window_.count; ++i) {
    uint16_t source = window_.sources[i];
    if ((mask[source / 64] >> (source % 64) & 1) == 0) continue;
    window_.sources[kept] = source;
    window_.homes[kept++] = window_.homes[i];
  }
  rows_filtered_ += window_.count - kept;
  return window_.count = kept;
}

// Returns how many: fewer when values out of line fill a batch. Each column counts its own: what is copied of
// one and not of the next is little beside what the batch gets.
Result<uint32_t> HeapScan::State::copy_texts(const HeapView& page, uint32_t array, uint32_t count, Vector& to,
                                             uint32_t at) {
  const VarEntry* entries = page.entries(array);
  Text* texts = to.data<Text>();
  Arena& arena = to.arena();
  size_t before = scratch_.bytes_read;
  for (uint32_t n = 0; n < count; ++n) {
    uint32_t slot = window_.sources[n];
    if (!page.is_valid(array, slot)) {
      to.set_null(at + n);
    } else if (entries[slot].is_out_of_line()) {
      TRY(read_out_of_line(heap_, entries[slot].pointer(), to, at + n, scratch_));
      if (scratch_.bytes_read - before >= kBatchBytesMax) return n + 1;
    } else {
      texts[at + n] = arena.copy(page.bytes_of(entries[slot]));
    }
  }
  return count;
}

// The first `count` rows of window_, to `at` and on; fewer, at least one, when their values fill the batch.
// Returns how many.
Result<uint32_t> HeapScan::State::copy_rows(const HeapView& page, uint32_t count, Batch& out, uint32_t at) {
  if (count == 0) return 0;
  // Slots of history stand in no order.
  bool is_run = !window_.has_history && window_.sources[count - 1] - window_.sources[0] + 1u == count;
  if (plan_.has_tail()) {
    for (uint32_t n = 0; n < count; ++n) {
      TRY(read_cells(heap_, page, window_.sources[n], plan_, out, at + n, scratch_));
      if (scratch_.is_batch_full()) count = n + 1;
    }
  }
  for (size_t i = 0; i < spec_.projection.columns.size() && !plan_.has_tail(); ++i) {
    Vector& to = out.column(i);
    CellSource source = plan_.source(i);
    if (source.kind == CellSource::Kind::Missing) {
      for (uint32_t n = 0; n < count; ++n) store_missing(to, at + n, plan_.column(i));
    } else if (page.is_variable(source.place)) {
      count = TRY(copy_texts(page, source.place, count, to, at));
    } else {
      gather_fixed(static_cast<uint32_t>(to.width()), page.array(source.place), window_.sources.data(), count,
                   is_run, to.raw_data() + size_t{at} * to.width());
      copy_nulls(page, source.place, window_.mask, window_.sources.data(), count, to, at);
    }
  }
  if (!spec_.projection.with_row_id) return count;
  int64_t* ids = out.column(spec_.projection.columns.size()).data<int64_t>() + at;
  for (uint32_t n = 0; n < count; ++n)
    ids[n] = static_cast<int64_t>(RowId{pages_[at_], window_.homes[n]}.packed());
  return count;
}

// A row whose version is on another page or (partly) out of line, on its own.
Result<bool> HeapScan::State::take_special(const HeapView& page, uint32_t slot, Batch& out, uint32_t at) {
  FoundVersion version = TRY(heap_.find_visible(page, pages_[at_], slot, *snapshot_));
  if (!version.found) return false;
  HeapView source = version.other ? HeapView(version.other.page()) : page;
  if (spec_.filter != nullptr) {
    one_row_.row.reset();
    size_t before = scratch_.bytes_read;
    TRY(read_cells(heap_, source, version.slot, in_page_.plan(), one_row_.row, 0, scratch_));
    scratch_.bytes_read = before;  // looked at only
    one_row_.row.set_row_count(1);
    uint64_t passes = 1;
    spec_.filter->keep(one_row_, 1, {&passes, 1});
    if (passes == 0) {
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

// The general way, for pages with history, rows out of line and the like.
Result<> HeapScan::State::take_rows(const HeapView& page, const Layout& layout, Batch& out, uint32_t& count,
                                    uint32_t limit) {
  while (count < limit && slot_ < page.capacity() && !is_full(count)) {
    TRY(fill_window(page, std::max(kWindow, limit - count)));
    uint32_t kept = run_filter(page);
    uint32_t taken = std::min(kept, limit - count);
    uint32_t copied = TRY(copy_rows(page, taken, out, count));
    count += copied;
    if (copied < kept) {
      slot_ = window_.homes[copied - 1] + 1u;
      break;
    }
    slot_ = window_.end;
    if (!window_.has_special || count == limit || is_full(count)) continue;
    bool passed = TRY(take_special(page, slot_, out, count));
    if (passed) ++count;
    ++slot_;
    // Other pages may have other layouts.
    plan_.prepare(layout);
    in_page_.prepare(page, layout);
  }
  return {};
}

Result<> HeapScan::State::read_page(const HeapView& page, Batch& out, uint32_t& count, uint32_t limit) {
  const Layout* layout = heap_.layout(page.header().layout);
  if (layout == nullptr)
    return Error(sqlstate::data_corrupted, "page " + std::to_string(pages_[at_]) + " has an unknown layout");
  rows_a_page_ = page.header().count;
  learn_home_rows(page);
  plan_.prepare(*layout);
  in_page_.prepare(page, *layout);
  if (!is_plain(page)) return take_rows(page, *layout, out, count, limit);
  while (count < limit && slot_ < page.capacity() && !is_full(count))
    TRY(take_plain_rows(page, out, count, limit));
  return {};
}

Result<bool> HeapScan::State::next(Batch& out, uint32_t row_limit) {
  uint32_t limit = std::min(row_limit, out.capacity());
  out.reset();
  scratch_.bytes_read = 0;
  uint32_t count = 0;
  while (count < limit && !is_full(count)) {
    // A page that would not fit whole waits for the next batch: looking at it twice costs more than a batch
    // that is not full.
    if (count > 0 && slot_ == 0 && limit - count < rows_a_page_) break;
    bool more = TRY(find_page());
    if (!more) break;
    if (slot_ == 0) {
      ++pages_read_;
      if (at_ + 1 < known_) heap_.pool().prefetch({pages_.data() + at_ + 1, 1});
    }
    ReadGuard guard = TRY(heap_.read_rows(pages_[at_]));
    if (guard && guard.header().type == PageType::HeapHome && guard.header().count != 0) {
      HeapView page(guard.page());
      TRY(read_page(page, out, count, limit));
      if (slot_ < page.capacity()) continue;
    }
    ++at_;
    slot_ = 0;
  }
  out.set_row_count(count);
  if (snapshot_->ssi != nullptr) TRY(snapshot_->ssi->check());
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
bool HeapScan::met_old_versions() const {
  return state_->met_old_versions_;
}
uint64_t HeapScan::pages_read() const {
  return state_->pages_read_;
}
uint64_t HeapScan::rows_filtered() const {
  return state_->rows_filtered_;
}

}  // namespace rowan
