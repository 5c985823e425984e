// verify() and dump(): is every stored structure of a heap what it should be, and what is on a page?
//
// Others may read, write and clean meanwhile. What is judged from one row is judged under its home page's
// latch, which keeps the row's whole chain and all its values as they are. What takes two looks at different
// times (history that no row links to, values that no row has) is only suspected at first: a second walk over
// all rows finds who has it, if anybody. What no row had in the second walk, and is there unchanged before
// and after it, is nobody's: a version or value of a finished transaction gets no new owner.
#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "storage/check.h"
#include "storage/heap/internals.h"

namespace rowan {

namespace {

// Where a chunk of a value out of line lies, as a number.
uint64_t packed(OverflowPointer at) {
  return RowId{at.page, at.slot}.packed();
}

std::string place_text(RowId at) {
  return "page " + std::to_string(at.page) + ", slot " + std::to_string(at.slot);
}

class HeapCheck {
 public:
  HeapCheck(HeapInternals& heap, CheckReport& report) : heap_(heap), report_(report) {}

  Result<> run() {
    TRY(walk());
    for (const Shared& shared : shared_) TRY(confirm(shared));
    if (has_gaps_) return {};  // what a damaged page holds may be the owner of anything
    drop_what_is_owned();
    if (history_.empty() && chunks_.empty()) return {};
    is_second_ = true;
    linked_.clear();
    owned_.clear();
    reached_.clear();
    TRY(walk());
    if (has_gaps_) return {};
    drop_what_is_owned();
    return report_what_is_left();
  }

 private:
  struct Value {
    OverflowPointer at;
    bool is_passed_on;
  };
  struct Version {
    RowId place;
    bool is_aborted;
    std::vector<Value> values;
  };
  // Two rows with one older version, or one value out of line.
  struct Shared {
    uint64_t what;
    RowId first, second;
    std::string text;
  };
  struct Suspect {
    WriteId creator, deleter;
    bool operator==(const Suspect&) const = default;
  };

  void add(PageNo page, std::string message) {
    if (!is_second_) report_.add(page, heap_.relation, std::move(message));
  }

  Result<ReadGuard> open(PageNo page) {
    ReadGuard guard = TRY(read_for_check(heap_.pool(), heap_.storage.space(), heap_.relation, page, report_));
    has_gaps_ |= !guard && report_.is_unreadable(page);
    return guard;
  }

  Result<> walk() {
    std::array<PageNo, 64> pages;
    PageNo from = 0;
    for (size_t count; (count = heap_.storage.space().pages(heap_.relation, from, pages)) != 0;
         from = pages[count - 1] + 1)
      for (size_t i = 0; i < count; ++i) TRY(check_page(pages[i]));
    return {};
  }

  bool is_aborted(WriteId id) const {
    return heap_.status().maybe_aborted(id) && heap_.status().status(id).state == WriteStatus::State::Aborted;
  }

  // The page is not as pages of rows are: nobody should look for rows there.
  void fault(PageNo number, std::string message) {
    has_gaps_ = true;
    report_.add_unreadable(number, heap_.relation, std::move(message));
  }

  Result<> check_page(PageNo number) {
    ReadGuard guard = TRY(open(number));
    if (!guard) return {};
    switch (guard.header().type) {
      case PageType::HeapMeta:
        return {};
      case PageType::HeapOverflow:
        check_chunks(number, OverflowView(guard.page()));
        return {};
      case PageType::HeapHome:
      case PageType::HeapHistory:
        break;
      default:
        fault(number, "of a type that no table has");
        return {};
    }
    HeapView view(guard.page());
    std::string damage = view.find_damage();
    const Layout* layout = heap_.layout(guard.header().layout);
    if (damage.empty() && layout == nullptr)
      damage = "unknown layout " + std::to_string(guard.header().layout);
    if (damage.empty() && !(layout->shape() == view.shape()))
      damage = "shape is not that of layout " + std::to_string(layout->number());
    if (damage.empty()) damage = find_unknown_id(view);
    if (!damage.empty()) {
      fault(number, damage);
      return {};
    }
    for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
      if (view.state(slot) == SlotState::History && !is_second_)
        history_[RowId{number, static_cast<SlotNo>(slot)}.packed()] = {view.creators()[slot],
                                                                       view.deleters()[slot]};
      if (view.state(slot) == SlotState::Home) TRY(check_row(number, view, slot));
    }
    return {};
  }

  // An id that no transaction has drawn yet. The page is latched: whoever wrote there has drawn his before.
  std::string find_unknown_id(const HeapView& view) const {
    WriteId next = heap_.transactions.next_id();
    if (view.header().max_write_id < next) return "";
    for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
      if (view.state(slot) == SlotState::Free) continue;
      std::string at = "slot " + std::to_string(slot) + ": ";
      if (view.creators()[slot] >= next)
        return at + "creator " + std::to_string(view.creators()[slot]) + " is an id that was never drawn";
      if (view.deleters()[slot] >= next)
        return at + "deleter " + std::to_string(view.deleters()[slot]) + " is an id that was never drawn";
    }
    return "the header's bounds hold an id that was never drawn";
  }

  void check_chunks(PageNo number, const OverflowView& view) {
    std::string damage = view.find_damage();
    if (damage.empty() && view.header().max_write_id >= heap_.transactions.next_id())
      damage = "a value of an id that was never drawn";
    if (!damage.empty()) return fault(number, damage);
    if (is_second_) return;
    for (uint32_t slot = 0; slot < view.slot_count(); ++slot) {
      if (!view.has(slot)) continue;
      ChunkHead head = view.head(slot);
      uint64_t here = packed({number, static_cast<SlotNo>(slot)});
      if (head.next_page != kNoPage) before_[packed({head.next_page, head.next_slot})] = here;
      if (!is_unowned_for_now(head)) chunks_[here] = {head.creator, head.flags};
    }
  }

  // Given up, or of a transaction that runs (its row is yet to come) or has aborted (the page frees it).
  bool is_unowned_for_now(const ChunkHead& head) const {
    return (head.flags & ChunkHead::kOrphan) != 0 ||
           heap_.status().status(head.creator).state != WriteStatus::State::Committed;
  }

  // The row's chain, newest version first, with all that lies out of line.
  Result<> check_row(PageNo number, const HeapView& home, uint32_t slot) {
    RowId row{number, static_cast<SlotNo>(slot)};
    if (!SlotWord::has_link(home.words()[slot]) && !has_values_out_of_line(home, slot)) return {};
    std::vector<Version> versions;
    RowId at = row;
    for (bool is_home = true; at.is_valid(); is_home = false) {
      std::string says = "slot " + std::to_string(slot) + ": links to " + place_text(at);
      if (!is_home && !linked_.emplace(at.packed(), row.packed()).second) {
        RowId other_row = RowId::unpack(linked_[at.packed()]);
        if (other_row == row) {
          fault(number, says + " for the second time: its chain of versions is a ring");
          return {};
        }
        note_shared(at.packed(), other_row, row, says + ", which is linked to already");
        linked_[at.packed()] = row.packed();
      }
      ReadGuard other;
      if (at.page != number) {
        if (heap_.storage.space().owner(at.page) != heap_.relation) {
          add(number, says + " of another relation");
          return {};
        }
        other = TRY(open(at.page));
        if (!other && report_.is_unreadable(at.page)) return {};
        if (!other || other.header().type != PageType::HeapHistory) {
          add(number, says + ", which is no page of history");
          return {};
        }
      }
      HeapView view = other ? HeapView(other.page()) : home;
      if (!is_home && (at.slot >= view.capacity() || view.state(at.slot) != SlotState::History)) {
        add(number, says + ", where no older version is");
        return {};
      }
      TRY(check_values(number, view, at, versions));
      at = SlotWord::link(view.words()[at.slot]);
    }
    check_owners(row, versions);
    return {};
  }

  static bool has_values_out_of_line(const HeapView& view, uint32_t slot) {
    if ((view.words()[slot] & SlotWord::kElsewhere) != 0) return true;
    uint32_t first = view.shape().first_variable();
    for (uint32_t array = first; array < first + view.shape().variable; ++array)
      if (view.is_valid(array, slot) && view.entries(array)[slot].is_out_of_line()) return true;
    return false;
  }

  Result<> check_values(PageNo home, const HeapView& view, RowId place, std::vector<Version>& versions) {
    uint32_t slot = place.slot;
    WriteId creator = view.creators()[slot];
    Version version{place, is_aborted(creator), {}};
    if ((view.words()[slot] & SlotWord::kElsewhere) != 0) {
      version.values.push_back({elsewhere(view, slot), false});
    } else {
      uint32_t first = view.shape().first_variable();
      for (uint32_t array = first; array < first + view.shape().variable; ++array) {
        const VarEntry& entry = view.entries(array)[slot];
        if (!view.is_valid(array, slot) || !entry.is_out_of_line()) continue;
        version.values.push_back({entry.pointer(), (entry.meta & VarEntry::kPassedOn) != 0});
      }
    }
    for (const Value& value : version.values) {
      std::vector<OverflowPointer> chunks;
      Result<std::string> damage = heap_.overflow.find_damage(value.at, !is_second_, &chunks);
      if (!damage.ok() && damage.error().state() != sqlstate::data_corrupted)
        return std::move(damage).error();
      for (OverflowPointer chunk : chunks) reached_.insert(packed(chunk));
      std::string text = damage.ok() ? *damage : damage.error().message();
      // What an aborted version had may be gone already.
      if (text.empty() || is_aborted(creator)) continue;
      has_gaps_ = true;
      add(home, "slot " + std::to_string(slot) + ": " + text);
    }
    versions.push_back(std::move(version));
    return {};
  }

  // Of the versions that have one value (aborted ones apart), the newest owns it: the older ones say that
  // they passed it on, the owner does not, unless to an aborted version, which gives it back (hazards, 13).
  void check_owners(RowId row, const std::vector<Version>& versions) {
    std::unordered_map<uint64_t, bool> held;  // by a newer version; whether that one aborted
    for (const Version& version : versions) {
      for (const Value& value : version.values) {
        uint64_t key = packed(value.at);
        std::string what = "slot " + std::to_string(row.slot) + ": the value on page " +
                           std::to_string(value.at.page) + ", chunk " + std::to_string(value.at.slot);
        auto newer = held.find(key);
        bool has_heir = newer != held.end() && !newer->second;
        if (!version.is_aborted && has_heir && !value.is_passed_on)
          add(row.page, what + " is owned by two versions of the row");
        if (!version.is_aborted && newer == held.end() && value.is_passed_on)
          add(row.page, what + " is passed on to no version");
        held[key] = version.is_aborted && !has_heir;
      }
    }
    for (const auto& [key, aborted] : held) {
      if (aborted) continue;
      auto [other, is_new] = owned_.emplace(key, row.packed());
      if (is_new || other->second == row.packed()) continue;
      RowId value = RowId::unpack(key);
      note_shared(key, RowId::unpack(other->second), row,
                  "slot " + std::to_string(row.slot) + ": the value on page " + std::to_string(value.page) +
                      ", chunk " + std::to_string(value.slot) + " is another row's too");
    }
  }

  void note_shared(uint64_t what, RowId first, RowId second, std::string text) {
    if (!is_second_) shared_.push_back({what, first, second, std::move(text)});
  }

  // With both rows' pages latched at once, so that it cannot have gone from one to the other in between.
  Result<> confirm(const Shared& shared) {
    PageNo low = std::min(shared.first.page, shared.second.page);
    PageNo high = std::max(shared.first.page, shared.second.page);
    ReadGuard low_guard = TRY(open(low)), high_guard;
    if (high != low) high_guard = TRY(open(high));
    if (!low_guard || (high != low && !high_guard)) return {};
    for (RowId row : {shared.first, shared.second}) {
      HeapView home(row.page == low ? low_guard.page() : high_guard.page());
      bool has = TRY(has_in_chain(home, row, shared.what));
      if (!has) return {};
    }
    add(shared.second.page, shared.text);
    return {};
  }

  // Does the row's chain go through the version there, or have the value there?
  Result<bool> has_in_chain(const HeapView& home, RowId row, uint64_t what) {
    RowId at = row;
    for (uint64_t steps = 0; at.is_valid() && steps < kStepsMax; ++steps) {
      ReadGuard other;
      if (at.page != row.page) {
        other = TRY(open(at.page));
        if (!other) return false;
      }
      HeapView view = other ? HeapView(other.page()) : home;
      if (view.header().type == PageType::HeapOverflow || at.slot >= view.capacity()) return false;
      if (view.state(at.slot) != (at == row ? SlotState::Home : SlotState::History)) return false;
      if (at != row && at.packed() == what) return true;
      if ((view.words()[at.slot] & SlotWord::kElsewhere) != 0) {
        if (packed(elsewhere(view, at.slot)) == what) return true;
      } else {
        uint32_t first = view.shape().first_variable();
        for (uint32_t array = first; array < first + view.shape().variable; ++array) {
          const VarEntry& entry = view.entries(array)[at.slot];
          if (view.is_valid(array, at.slot) && entry.is_out_of_line() && packed(entry.pointer()) == what)
            return true;
        }
      }
      at = SlotWord::link(view.words()[at.slot]);
    }
    return false;
  }

  void drop_what_is_owned() {
    std::erase_if(history_, [&](const auto& suspect) { return linked_.count(suspect.first) != 0; });
    std::erase_if(chunks_, [&](const auto& suspect) { return reached_.count(suspect.first) != 0; });
  }

  Result<> report_what_is_left() {
    is_second_ = false;
    for (const auto& [key, suspect] : history_) {
      RowId at = RowId::unpack(key);
      ReadGuard guard = TRY(open(at.page));
      if (!guard || guard.header().type == PageType::HeapOverflow) continue;
      HeapView view(guard.page());
      if (at.slot >= view.capacity() || view.state(at.slot) != SlotState::History) continue;
      if (Suspect{view.creators()[at.slot], view.deleters()[at.slot]} == suspect)
        add(at.page, "slot " + std::to_string(at.slot) + ": history that no row links to");
    }
    for (const auto& [key, suspect] : chunks_) {
      RowId at = RowId::unpack(key);
      bool owned = TRY(has_owner(key, suspect.creator));
      if (!owned) add(at.page, "chunk " + std::to_string(at.slot) + ": a value out of line that no row has");
    }
    return {};
  }

  // The chunk at `key`, if it is one of `creator`'s still.
  Result<std::optional<ChunkHead>> chunk_of(uint64_t key, WriteId creator) {
    RowId at = RowId::unpack(key);
    std::optional<ChunkHead> found;
    ReadGuard guard = TRY(open(at.page));
    if (!guard || guard.header().type != PageType::HeapOverflow) return found;
    OverflowView view(guard.page());
    if (view.has(at.slot) && view.head(at.slot).creator == creator) found = view.head(at.slot);
    return found;
  }
  // Of a value that is given up only the first chunk left says so: the cleaner frees it and marks the next in
  // one change. So who finds that one gone looks at its own chunk once more.
  Result<bool> has_owner(uint64_t key, WriteId creator) {
    for (int look = 0; look < 2; ++look) {
      std::optional<ChunkHead> own = TRY(chunk_of(key, creator));
      if (!own || is_unowned_for_now(*own)) return true;
      auto link = before_.find(key);
      for (size_t steps = 0; link != before_.end() && steps < before_.size(); ++steps) {  // it may be a ring
        std::optional<ChunkHead> before = TRY(chunk_of(link->second, creator));
        if (!before || packed({before->next_page, before->next_slot}) != link->first) break;
        if (is_unowned_for_now(*before)) return true;
        link = before_.find(link->second);
      }
    }
    return false;
  }

  HeapInternals& heap_;
  CheckReport& report_;
  bool has_gaps_ = false;                          // a page or a value could not be read
  static constexpr uint64_t kStepsMax = 1u << 24;  // of a chain that may be a ring
  std::vector<Shared> shared_;
  bool is_second_ = false;  // walking again, to see who owns what is suspected
  std::unordered_map<uint64_t, Suspect> history_, chunks_;  // by place
  std::unordered_map<uint64_t, uint64_t> before_;          // place of a chunk -> of the one that it continues
  std::unordered_map<uint64_t, uint64_t> linked_, owned_;  // place of a version or value -> row
  std::unordered_set<uint64_t> reached_;                   // chunks of values
};

void dump_version(std::string& out, const HeapView& view, uint32_t slot) {
  static constexpr const char* kStates[] = {"free", "home", "history", "?"};
  uint64_t word = view.words()[slot];
  out += "  " + std::to_string(slot) + " " + kStates[static_cast<size_t>(view.state(slot))] + " by " +
         std::to_string(view.creators()[slot]);
  if (view.deleters()[slot] != 0) out += ", gone by " + std::to_string(view.deleters()[slot]);
  if (SlotWord::has_link(word))
    out += ", before: " + std::to_string(SlotWord::link(word).page) + "." +
           std::to_string(SlotWord::link(word).slot);
  if ((word & SlotWord::kKeyChanged) != 0) out += ", key changed";
  if ((word & SlotWord::kElsewhere) != 0) out += ", out of line";
  for (uint32_t array = 0; array < view.shape().array_count() && (word & SlotWord::kElsewhere) == 0;
       ++array) {
    out += array == 0 ? ": " : " | ";
    if (!view.is_valid(array, slot)) {
      out += "null";
    } else if (view.is_variable(array)) {
      const VarEntry& entry = view.entries(array)[slot];
      out += entry.is_out_of_line()
                 ? "@" + std::to_string(entry.pointer().page) + "." + std::to_string(entry.pointer().slot)
                 : "'" + std::string(view.bytes_of(entry).substr(0, 24)) + "'";
    } else {
      int64_t value = 0;
      std::memcpy(&value, view.array(array) + size_t{slot} * view.array_width(array),
                  std::min(8u, view.array_width(array)));
      out += std::to_string(value);
    }
  }
  out += "\n";
}

}  // namespace

Result<> Heap::verify(CheckReport& report) {
  HeapCheck check(*internals_, report);
  return check.run();
}

Result<std::string> Heap::dump(PageNo page) {
  std::string out;
  HeapInternals& heap = *internals_;
  std::array<PageNo, 64> pages;
  PageNo from = page == kNoPage ? 0 : page;
  for (size_t count; (count = heap.storage.space().pages(heap.relation, from, pages)) != 0;
       from = pages[count - 1] + 1) {
    for (size_t i = 0; i < count; ++i) {
      if (page != kNoPage && pages[i] != page) return out;
      ReadGuard guard = TRY(heap.pool().read(pages[i]));
      const PageHeader& header = guard.header();
      static constexpr const char* kTypes[] = {"meta", "home", "history", "overflow"};
      auto type = static_cast<uint32_t>(header.type) - static_cast<uint32_t>(PageType::HeapMeta);
      out += "page " + std::to_string(pages[i]) + " " + (type < 4 ? kTypes[type] : "?") + ", layout " +
             std::to_string(header.layout) + ", " + std::to_string(header.count) + " of " +
             std::to_string(header.capacity) + ", ids " + std::to_string(header.min_write_id) + " to " +
             std::to_string(header.max_write_id) +
             ((header.flags & kPageHasDeletersOrLinks) != 0 ? ", busy" : "") + "\n";
      if (page == kNoPage || (type != 1 && type != 2)) continue;
      HeapView view(guard.page());
      for (uint32_t slot = 0; slot < view.capacity(); ++slot)
        if (view.state(slot) != SlotState::Free) dump_version(out, view, slot);
    }
  }
  return out;
}

}  // namespace rowan
