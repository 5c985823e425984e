#include <algorithm>
#include <map>
#include <set>

#include "storage/cleaner/cleaner.h"
#include "storage/heap/cells.h"
#include "storage/heap/internals.h"

namespace rowan {

namespace {

// One version of a row, as found.
struct ChainVersion {
  RowId place;
  WriteId creator = kNoWriteId;
  WriteId deleter = kNoWriteId;
  uint64_t word = 0;
  bool is_aborted = false;
  bool is_dead = false;
};

bool is_aborted_id(const StatusMap& status, WriteId id) {
  return id != kNoWriteId && status.maybe_aborted(id) &&
         status.status(id).state == WriteStatus::State::Aborted;
}

bool inherits_values(const HeapView& page, uint32_t slot) {
  if ((page.words()[slot] & SlotWord::kElsewhere) != 0) return false;
  uint32_t first = page.shape().first_variable();
  for (uint32_t array = first; array < first + page.shape().variable; ++array) {
    const VarEntry& entry = page.entries(array)[slot];
    if (page.is_valid(array, slot) && entry.is_out_of_line() && (entry.meta & VarEntry::kInherited) != 0 &&
        (entry.meta & VarEntry::kPassedOn) == 0)
      return true;
  }
  return false;
}

bool has_deleters_or_links(const HeapView& page) {
  for (uint32_t slot = 0; slot < page.capacity(); ++slot) {
    if (page.state(slot) == SlotState::Free) continue;
    if (page.state(slot) == SlotState::History || page.deleters()[slot] != kNoWriteId ||
        SlotWord::has_link(page.words()[slot]))
      return true;
  }
  return false;
}

// Calls `visit(view, version)` for the versions of the row at `slot`, newest first. The home page is latched.
template <class Visit>
Result<> walk_row(HeapInternals& heap, const HeapView& home, PageNo page, uint32_t slot, Visit&& visit) {
  RowId at{page, static_cast<SlotNo>(slot)};
  for (bool is_home = true; at.is_valid(); is_home = false) {
    ReadGuard other;
    if (at.page != page) {
      other = TRY(heap.read_rows(at.page));
      if (!other)
        return Error(sqlstate::data_corrupted,
                     "a row links to page " + std::to_string(at.page) + " of another kind");
    }
    HeapView view = other ? HeapView(other.page()) : home;
    if (at.slot >= view.capacity() || view.state(at.slot) != (is_home ? SlotState::Home : SlotState::History))
      return Error(sqlstate::data_corrupted, "a row links to slot " + std::to_string(at.slot) + " of page " +
                                                 std::to_string(at.page) + ", where no version is");
    ChainVersion version;
    version.place = at;
    version.creator = view.creators()[at.slot];
    version.deleter = view.deleters()[at.slot];
    version.word = view.words()[at.slot];
    version.is_aborted = is_aborted_id(heap.status(), version.creator);
    TRY(visit(view, version));
    at = SlotWord::link(version.word);
  }
  return {};
}

class PageCleaning {
 public:
  PageCleaning(RelationStorage& relation, PageNo page, const CleaningView& view, const WriteIdSet& gone)
      : relation_(relation), heap_(relation.heap->internals()), page_(page), view_(view), gone_(gone) {}

  Result<CleaningOutcome> run();

 private:
  struct Row {
    SlotNo slot;
    std::vector<ChainVersion> versions;
    bool any_dead() const {
      return std::any_of(versions.begin(), versions.end(), [](const ChainVersion& v) { return v.is_dead; });
    }
    // Dead when it was found is dead for good, whatever judge() would say by now: what the status map has
    // forgotten of a creator makes it older than it was, and a snapshot of the view seem to need the version.
    // From `from` on, and around: who asks for a chain in its order finds each at once, however long it is.
    bool knows_dead(const ChainVersion& version, size_t& from) const {
      for (size_t tried = 0; tried < versions.size(); ++tried) {
        size_t i = from + tried < versions.size() ? from + tried : from + tried - versions.size();
        const ChainVersion& v = versions[i];
        if (v.creator != version.creator) continue;
        from = i;
        if (v.is_dead && (v.is_aborted || (v.place == version.place && v.deleter == version.deleter)))
          return true;
      }
      return false;
    }
  };
  struct StaleKey {
    size_t index;
    size_t row;  // of rows_
    SlotNo slot;
    std::string key;
  };
  // First chunks of values out of line, by page; each with the only id whose value it may be, or kNoWriteId.
  using Chunks = std::map<PageNo, std::map<SlotNo, WriteId>>;
  // What the freeing of one row does to pages other than home.
  struct Elsewhere {
    std::map<PageNo, std::unique_ptr<OpBuffer>> history;
    Chunks chunks;
    bool is_empty() const { return history.empty() && chunks.empty(); }
    // How many pages these and `more` are on together.
    size_t pages_with(const Elsewhere& more) const {
      size_t count = history.size() + chunks.size();
      for (const auto& [page, ops] : more.history) count += history.count(page) == 0 ? 1 : 0;
      for (const auto& [page, slots] : more.chunks) count += chunks.count(page) == 0 ? 1 : 0;
      return count;
    }
    void add(Elsewhere more) {
      for (auto& [page, ops] : more.history) {
        std::unique_ptr<OpBuffer>& mine = history[page];
        if (mine)
          mine->put(ops->bytes().data(), ops->size());
        else
          mine = std::move(ops);
      }
      for (auto& [page, slots] : more.chunks) chunks[page].insert(slots.begin(), slots.end());
    }
  };
  // The freeing of rows that is still to be logged: one record for many of them.
  struct Pending {
    OpBuffer home;
    Elsewhere other;
  };
  struct Link {
    ChainVersion version;
    Chunks values;  // that die with it
  };

  void judge(Row& row, const std::vector<bool>& inherits) const;
  // From slot `from` on; the slot where it stopped, for others to have the page for a moment.
  Result<uint32_t> find_rows(const HeapView& home, uint32_t from);
  bool keys_may_be_stale(const Row& row) const;
  Result<> find_stale_keys(const HeapView& home, const Row& row);
  Result<bool> key_of(size_t index, const HeapView& page, uint32_t slot, std::string& key);
  Result<> remove_stale_keys();
  Result<> free_rows();
  Result<> give_back(WriteGuard& home);  // the page, if it is empty; else room for new rows
  Result<> free_row(WriteGuard& home, const Row& known, Pending& pending);
  Result<> log(WriteGuard& home, Pending& pending);
  void choose(std::vector<Link>& chain) const;
  void collect_values(const HeapView& page, const ChainVersion& version, Chunks& chunks) const;
  Result<> log_with_others(WriteGuard& home, const OpBuffer& home_ops, Elsewhere& other);
  friend class StillDead;

  // Versions looked at before the page's latch is let go for a moment: hot rows may have thousands.
  static constexpr size_t kWalkedAtOnce = 256;

  RelationStorage& relation_;
  HeapInternals& heap_;
  const PageNo page_;
  const CleaningView& view_;
  const WriteIdSet& gone_;
  std::vector<Row> rows_;
  std::vector<StaleKey> stale_keys_;
  std::map<PageNo, bool> orphaned_pages_;  // whether the page waits to be cleaned for this alone
  bool is_left_ = false;                   // rows have moved away from the page
  bool waits_ = false;                     // for a round whose view has what has aborted here by now
  CleaningOutcome outcome_;
};

// A newest version that is deleted for all, or an insert that aborted, takes the whole row along. A version
// in the middle of the chain whose values an older one still needs has to stay.
void PageCleaning::judge(Row& row, const std::vector<bool>& inherits) const {
  ChainVersion& home = row.versions.front();
  bool home_gone = !home.is_aborted && home.deleter != kNoWriteId &&
                   is_removable(heap_.status(), view_, home.creator, home.deleter);
  bool older_needed = false;
  for (size_t i = row.versions.size(); i-- > 0;) {
    ChainVersion& version = row.versions[i];
    if (version.is_aborted) {
      // One that has aborted since the view was taken may have entries in an index made since then.
      version.is_dead = view_.aborted.contains(version.creator);
    } else if (i == 0) {
      // Where a row was moved to, it stays while somebody may be sent there.
      bool is_awaited = heap_.moved.any() && heap_.moved.origin(version.place).has_value();
      version.is_dead = home_gone && !older_needed && !is_awaited;
    } else {
      // What superseded it may have aborted: then it is the newest, whatever its deleter says.
      bool is_newest = std::all_of(row.versions.begin(), row.versions.begin() + static_cast<ptrdiff_t>(i),
                                   [](const ChainVersion& v) { return v.is_aborted; });
      version.is_dead = !is_newest && is_removable(heap_.status(), view_, version.creator, version.deleter) &&
                        !(older_needed && inherits[i]);
    }
    older_needed |= !version.is_dead;
  }
}

Result<uint32_t> PageCleaning::find_rows(const HeapView& home, uint32_t from) {
  size_t walked = 0;
  for (uint32_t slot = from; slot < home.capacity(); ++slot) {
    if (walked >= kWalkedAtOnce) return slot;
    if (home.state(slot) != SlotState::Home) continue;
    if (!SlotWord::has_link(home.words()[slot]) && home.deleters()[slot] == kNoWriteId &&
        !is_aborted_id(heap_.status(), home.creators()[slot]))
      continue;
    Row row;
    row.slot = static_cast<SlotNo>(slot);
    std::vector<bool> inherits;
    TRY(walk_row(heap_, home, page_, slot,
                 [&](const HeapView& page, const ChainVersion& version) -> Result<> {
                   row.versions.push_back(version);
                   inherits.push_back(inherits_values(page, version.place.slot));
                   return {};
                 }));
    walked += row.versions.size();
    judge(row, inherits);
    for (const ChainVersion& version : row.versions) waits_ |= version.is_aborted && !version.is_dead;
    bool deleter_aborted = is_aborted_id(heap_.status(), row.versions.front().deleter);
    if (!row.any_dead() && !deleter_aborted) continue;
    if (row.any_dead() && keys_may_be_stale(row)) TRY(find_stale_keys(home, row));
    rows_.push_back(std::move(row));  // which its keys have counted on
  }
  return home.capacity();
}

Result<bool> PageCleaning::key_of(size_t index, const HeapView& page, uint32_t slot, std::string& key) {
  CleanedIndex& of = *relation_.indexes[index];
  Batch row(of.types(), 1);
  ColumnPlan plan(*relation_.layout, of.columns());
  CellScratch scratch;
  TRY(read_cells(heap_, page, slot, plan, row, 0, scratch));
  row.set_row_count(1);
  key.clear();
  return of.key(row, key);
}

// Where the newest version stays and no dead one says that its successor has other keys, every key is needed.
bool PageCleaning::keys_may_be_stale(const Row& row) const {
  if (row.versions.front().is_dead) return true;
  return std::any_of(row.versions.begin(), row.versions.end(), [&](const ChainVersion& v) {
    return v.is_aborted || is_aborted_id(heap_.status(), v.deleter) ||
           (v.is_dead && (v.word & SlotWord::kKeyChanged) != 0);
  });
}

Result<> PageCleaning::find_stale_keys(const HeapView& home, const Row& row) {
  for (size_t index = 0; index < relation_.indexes.size(); ++index) {
    std::set<std::string> dead, needed;
    size_t i = 0;
    auto look = [&](const HeapView& page, const ChainVersion& version) -> Result<> {
      std::string key;
      bool is_indexed = TRY(key_of(index, page, version.place.slot, key));
      if (is_indexed) (row.versions[i].is_dead ? dead : needed).insert(std::move(key));
      ++i;
      return {};
    };
    TRY(walk_row(heap_, home, page_, row.slot, look));
    for (const std::string& key : dead)
      if (needed.count(key) == 0) stale_keys_.push_back({index, rows_.size(), row.slot, key});
  }
  return {};
}

// Asked under the index page's latch: does a version that somebody needs have the key by now?
class StillDead final : public RowCheck {
 public:
  StillDead(PageCleaning& cleaning, const PageCleaning::StaleKey& stale)
      : cleaning_(cleaning), stale_(stale) {}
  Result<RowVerdict> look(RowId row) override {
    HeapInternals& heap = cleaning_.heap_;
    RowVerdict verdict;
    ReadGuard guard = TRY(heap.read_rows(row.page));
    if (!guard || guard.header().type != PageType::HeapHome) return verdict;
    HeapView home(guard.page());
    if (row.slot >= home.capacity() || home.state(row.slot) != SlotState::Home) return verdict;
    PageCleaning::Row found;
    found.slot = row.slot;
    std::vector<bool> inherits;
    std::vector<std::string> keys;
    std::vector<bool> indexed;
    auto collect = [&](const HeapView& page, const ChainVersion& version) -> Result<> {
      found.versions.push_back(version);
      inherits.push_back(inherits_values(page, version.place.slot));
      std::string key;
      bool is_indexed = TRY(cleaning_.key_of(stale_.index, page, version.place.slot, key));
      keys.push_back(std::move(key));
      indexed.push_back(is_indexed);
      return {};
    };
    TRY(walk_row(heap, home, row.page, row.slot, collect));
    cleaning_.judge(found, inherits);
    const PageCleaning::Row& known = cleaning_.rows_[stale_.row];
    size_t from = 0;
    for (size_t i = 0; i < found.versions.size(); ++i) {
      bool is_dead = found.versions[i].is_dead || known.knows_dead(found.versions[i], from);
      if (!is_dead && indexed[i] && keys[i] == stale_.key) verdict.kind = RowVerdict::Kind::Conflict;
    }
    return verdict;
  }

 private:
  PageCleaning& cleaning_;
  const PageCleaning::StaleKey& stale_;
};

Result<> PageCleaning::remove_stale_keys() {
  for (const StaleKey& stale : stale_keys_) {
    StillDead check(*this, stale);
    TRY(relation_.indexes[stale.index]->remove(stale.key, {page_, stale.slot}, check));
  }
  return {};
}

// Values out of line that die with the version. Those that an aborted id wrote itself are freed by their own
// pages, and may be gone: only what a restore moved out of line, which is noted nowhere, goes with the
// version.
void PageCleaning::collect_values(const HeapView& page, const ChainVersion& version, Chunks& chunks) const {
  uint32_t slot = version.place.slot;
  if ((version.word & SlotWord::kElsewhere) != 0) {
    OverflowPointer at = elsewhere(page, slot);
    if (!version.is_aborted) chunks[at.page].emplace(at.slot, kNoWriteId);
    return;
  }
  uint32_t first = page.shape().first_variable();
  for (uint32_t array = first; array < first + page.shape().variable; ++array) {
    const VarEntry& entry = page.entries(array)[slot];
    if (!page.is_valid(array, slot) || !entry.is_out_of_line()) continue;
    bool has_moved = (entry.meta & VarEntry::kMovedOut) != 0,
         inherited = (entry.meta & VarEntry::kInherited) != 0;
    bool dies = version.is_aborted ? has_moved && !inherited : (entry.meta & VarEntry::kPassedOn) == 0;
    OverflowPointer at = entry.pointer();
    if (dies) chunks[at.page].emplace(at.slot, version.is_aborted ? version.creator : kNoWriteId);
  }
}

// Home is latched; other pages in rising order, history before values.
Result<> PageCleaning::log_with_others(WriteGuard& home, const OpBuffer& home_ops, Elsewhere& other) {
  std::vector<WriteGuard> guards;
  std::vector<std::unique_ptr<OpBuffer>> buffers;
  guards.reserve(other.history.size() + other.chunks.size());
  buffers.reserve(other.history.size() + other.chunks.size());
  for (auto& [number, ops] : other.history) {
    WriteGuard guard = TRY(heap_.write_rows(number));
    ENSURE(guard);
    heap_op::rebound(*ops);
    guards.push_back(std::move(guard));
    buffers.push_back(std::move(ops));
  }
  for (const auto& [number, slots] : other.chunks) {
    WriteGuard guard = TRY(heap_.pool().write(number));
    auto ops = std::make_unique<OpBuffer>();
    OverflowView view(guard.page());
    bool is_values =
        guard.header().type == PageType::HeapOverflow && guard.header().relation == heap_.relation;
    if (!is_values) continue;
    for (const auto& [slot, creator] : slots)
      if (view.has(slot) && (creator == kNoWriteId || view.head(slot).creator == creator))
        heap_op::orphan_chunk(*ops, slot);
    guards.push_back(std::move(guard));
    buffers.push_back(std::move(ops));
    bool is_new = heap_.page_sets.take_new(heap_.relation, number);
    orphaned_pages_.emplace(number, is_new);
  }
  Change change(heap_.storage, record_type(other.chunks.empty() ? HeapRecord::Clean : HeapRecord::Orphan),
                heap_.relation, kNoWriteId);
  change.add(home, home_ops.bytes());
  for (size_t i = 0; i < guards.size(); ++i) change.add(guards[i], buffers[i]->bytes());
  TRY(change.reserve());
  TRY(apply_or_stop(heap_.storage, home.page(), home_ops.bytes()));
  for (size_t i = 0; i < guards.size(); ++i)
    TRY(apply_or_stop(heap_.storage, guards[i].page(), buffers[i]->bytes()));
  change.commit();
  for (WriteGuard& guard : guards) {
    if (guard.header().type != PageType::HeapHistory) continue;
    PageNo number = guard.number();
    bool gone = false;
    if (guard.header().count == 0) gone = TRY(free_page(heap_.storage, heap_.relation, guard));
    if (!gone) heap_.set_history_target(number, number);
  }
  return {};
}

// One record holds only so many pages: what does not fit goes another time. The oldest go first, for a newer
// version may own the values of an older one; home, the first of the chain, goes only with all that hangs on
// it.
void PageCleaning::choose(std::vector<Link>& chain) const {
  std::vector<PageNo> pages;  // a few
  auto add_page = [](std::vector<PageNo>& to, PageNo page) {
    if (std::find(to.begin(), to.end(), page) == to.end()) to.push_back(page);
  };
  auto add_place = [&](std::vector<PageNo>& to, size_t i) {
    if (i < chain.size() && chain[i].version.place.page != page_) add_page(to, chain[i].version.place.page);
  };
  bool all_go = true, is_full = false;
  for (size_t i = chain.size(); i-- > 0;) {
    ChainVersion& version = chain[i].version;
    if (i == 0 && !all_go) version.is_dead = false;
    if (version.is_dead && !is_full) {
      size_t before = pages.size();
      for (const auto& [number, slots] : chain[i].values) add_page(pages, number);
      add_place(pages, i);
      if (i > 0) add_place(pages, i - 1);  // those beside it may be linked anew
      add_place(pages, i + 1);
      is_full = pages.size() > Change::kPagesMax - 1;
      if (is_full) pages.resize(before);
    }
    version.is_dead = version.is_dead && !is_full;
    all_go &= version.is_dead;
  }
}

Result<> PageCleaning::log(WriteGuard& home, Pending& pending) {
  heap_op::rebound(pending.home);
  if (pending.other.is_empty())
    TRY(heap_.change(home, HeapRecord::Clean, kNoWriteId, pending.home));
  else
    TRY(log_with_others(home, pending.home, pending.other));
  pending.home.clear();
  pending.other = {};
  return {};
}

// Frees those versions of the row whose keys were seen to. Rows' chains never meet, so the operations of
// several may wait for each other.
Result<> PageCleaning::free_row(WriteGuard& home, const Row& known, Pending& pending) {
  HeapView view(home.page());
  if (view.state(known.slot) != SlotState::Home) return {};
  if (is_aborted_id(heap_.status(), view.creators()[known.slot])) {
    // Which may lay the page out anew.
    if (pending.home.size() != 0 || !pending.other.is_empty()) TRY(log(home, pending));
    TRY(heap_.restore_home(home, known.slot));
  }
  std::vector<Link> chain;
  size_t dead = 0, from = 0;
  TRY(walk_row(heap_, HeapView(home.page()), page_, known.slot,
               [&](const HeapView& page, const ChainVersion& version) -> Result<> {
                 Link& link = chain.emplace_back(Link{version, {}});
                 link.version.is_dead = known.knows_dead(version, from);
                 if (!link.version.is_dead) return {};
                 ++dead;
                 collect_values(page, version, link.values);
                 return {};
               }));
  choose(chain);
  OpBuffer ops;
  Elsewhere other;
  for (Link& link : chain) {
    const ChainVersion& version = link.version;
    if (version.is_dead) {
      --dead;
      for (auto& [number, slots] : link.values) other.chunks[number].insert(slots.begin(), slots.end());
    } else if (is_aborted_id(heap_.status(), version.creator)) {
      // What stays of aborted ids (versions that aborted since they were looked at, or all that hangs on
      // those) is not seen to yet: forgotten as aborted, an id is visible to all, and the row comes back to
      // life.
      outcome_.again = true;
      outcome_.complete = false;
    }
  }
  outcome_.again |= dead != 0;

  auto ops_of = [&](RowId place) -> OpBuffer& {
    if (place.page == page_) return ops;
    auto& buffer = other.history[place.page];
    if (!buffer) buffer = std::make_unique<OpBuffer>();
    return *buffer;
  };
  ChainVersion* newer = nullptr;
  bool key_changed = false;
  for (Link& link : chain) {
    ChainVersion& version = link.version;
    if (version.is_dead) {
      if (newer == nullptr && heap_.moved.any()) is_left_ |= heap_.moved.forget(version.place);
      heap_op::free_slot(ops_of(version.place), version.place.slot);
      key_changed |= (version.word & SlotWord::kKeyChanged) != 0;
      ++outcome_.freed;
      continue;
    }
    if (newer != nullptr && SlotWord::link(newer->word) != version.place)
      newer->word = SlotWord::with_link(newer->word, version.place);
    if (key_changed && newer != nullptr) version.word |= SlotWord::kKeyChanged;
    key_changed = false;
    newer = &version;
  }
  if (newer != nullptr) newer->word = SlotWord::with_link(newer->word, kNoRow);
  for (const Link& link : chain) {
    const ChainVersion& version = link.version;
    if (version.is_dead) continue;
    bool in_page = version.place.page == page_;
    uint64_t old_word = version.word;
    if (in_page) {
      old_word = HeapView(home.page()).words()[version.place.slot];
    } else {
      ReadGuard page = TRY(heap_.read_rows(version.place.page));
      ENSURE(page);
      old_word = HeapView(page.page()).words()[version.place.slot];
    }
    if (old_word != version.word) heap_op::set_word(ops_of(version.place), version.place.slot, version.word);
  }
  const ChainVersion& front = chain.front().version;
  if (!front.is_dead && is_aborted_id(heap_.status(), front.deleter))
    heap_op::set_deleter(ops, known.slot, kNoWriteId);
  if (pending.other.pages_with(other) > Change::kPagesMax - 1) TRY(log(home, pending));
  pending.home.put(ops.bytes().data(), ops.size());
  pending.other.add(std::move(other));
  return {};
}

Result<> PageCleaning::give_back(WriteGuard& home) {
  bool gone = false;
  if (home.header().count == 0) gone = TRY(free_page(heap_.storage, heap_.relation, home, is_left_));
  if (!gone && outcome_.freed != 0) heap_.page_sets.note_room(heap_.relation, page_);
  return {};
}

Result<> PageCleaning::free_rows() {
  WriteGuard home = TRY(heap_.write_rows(page_));
  if (!home || home.header().type != PageType::HeapHome) return {};
  Pending pending;
  size_t walked = 0;
  for (const Row& row : rows_) {
    if (walked >= kWalkedAtOnce) {
      walked = 0;
      TRY(log(home, pending));
      home.release();
      home = TRY(heap_.write_rows(page_));
      if (!home || home.header().type != PageType::HeapHome) return {};
    }
    walked += row.versions.size();
    TRY(free_row(home, row, pending));
  }
  TRY(log(home, pending));
  HeapView view(home.page());
  outcome_.again |= (view.header().flags & kPageHasDeletersOrLinks) != 0;
  return give_back(home);
}

Result<CleaningOutcome> PageCleaning::run() {
  // What an earlier visit could not do, or a crash cut off: to give the page back, to clear its flag.
  bool is_unfinished = false, is_through = false;
  for (uint32_t slot = 0; !is_through;) {
    ReadGuard guard = TRY(heap_.pool().read(page_));
    if (guard.header().relation != heap_.relation) return outcome_;
    if (guard.header().type == PageType::HeapOverflow) {
      guard.release();
      auto is_gone = [&](WriteId id) { return gone_.contains(id); };
      auto waits = [&](WriteId id) { return is_aborted_id(heap_.status(), id); };
      outcome_.again = TRY(heap_.overflow.clean(page_, is_gone, waits));
      return outcome_;
    }
    if (guard.header().type != PageType::HeapHome) return outcome_;
    HeapView home(guard.page());
    slot = TRY(find_rows(home, slot));
    is_through = slot >= home.capacity();
    bool is_flagged = (home.header().flags & kPageHasDeletersOrLinks) != 0;
    is_unfinished = home.header().count == 0 || (is_flagged && !has_deleters_or_links(home));
    outcome_.again = is_flagged || waits_;
  }
  if (rows_.empty() && !is_unfinished) return outcome_;
  outcome_.again = waits_;
  TRY(remove_stale_keys());
  TRY(free_rows());
  // What was taken here is done here; who marks it meanwhile marks it anew.
  for (const auto& [page, is_mine] : orphaned_pages_) {
    Result<bool> again = heap_.overflow.clean(
        page, [](WriteId) { return false; }, [&](WriteId id) { return is_aborted_id(heap_.status(), id); });
    if (is_mine) heap_.page_sets.done(heap_.relation, page, !again.ok() || *again);
    if (!again.ok()) return std::move(again).error();
  }
  return outcome_;
}

}  // namespace

Result<CleaningOutcome> clean_page(RelationStorage& relation, PageNo page, const CleaningView& view,
                                   const WriteIdSet& gone) {
  HeapInternals& heap = relation.heap->internals();
  TRY(heap.storage.begin_writing());  // before any latch: after a recovery it takes a checkpoint
  if (heap.cleaning.exchange(true, std::memory_order_acquire)) {
    CleaningOutcome busy;
    busy.again = true;
    busy.complete = false;
    return busy;
  }
  struct Done {
    std::atomic<bool>& flag;
    ~Done() { flag.store(false, std::memory_order_release); }
  } done{heap.cleaning};
  PageCleaning cleaning(relation, page, view, gone);
  return cleaning.run();
}

}  // namespace rowan
