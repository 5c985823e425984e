// verify() and dump(): is every stored structure of a heap what it should be, and what is on a page?
#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

#include "storage/check.h"
#include "storage/heap/internals.h"

namespace rowan {

namespace {

class HeapCheck {
 public:
  HeapCheck(HeapInternals& heap, CheckReport& report) : heap_(heap), report_(report) {}

  Result<> run() {
    std::array<PageNo, 64> pages;
    PageNo from = 0;
    for (size_t count; (count = heap_.storage.space().pages(heap_.relation, from, pages)) != 0;
         from = pages[count - 1] + 1)
      for (size_t i = 0; i < count; ++i) TRY(check_page(pages[i]));
    for (uint64_t history : history_slots_)
      if (linked_.count(history) == 0) {
        RowId at = RowId::unpack(history);
        report_.add(at.page, heap_.relation,
                    "slot " + std::to_string(at.slot) + ": history that no row links to");
      }
    return {};
  }

 private:
  void add(PageNo page, std::string message) { report_.add(page, heap_.relation, std::move(message)); }

  Result<> check_page(PageNo number) {
    ReadGuard guard = TRY(heap_.pool().read(number));
    if (guard.header().relation != heap_.relation) {
      add(number, "owned by relation " + std::to_string(guard.header().relation));
      return {};
    }
    switch (guard.header().type) {
      case PageType::HeapMeta:
        return {};
      case PageType::HeapOverflow: {
        std::string damage = OverflowView(guard.page()).find_damage();
        if (!damage.empty()) add(number, damage);
        return {};
      }
      case PageType::HeapHome:
      case PageType::HeapHistory:
        break;
      default:
        add(number, "of a type that no table has");
        return {};
    }
    HeapView view(guard.page());
    std::string damage = view.find_damage();
    const Layout* layout = heap_.layout(guard.header().layout);
    if (damage.empty() && layout == nullptr)
      damage = "unknown layout " + std::to_string(guard.header().layout);
    if (damage.empty() && !(layout->shape() == view.shape()))
      damage = "shape is not that of layout " + std::to_string(layout->number());
    if (!damage.empty()) {
      add(number, damage);
      return {};
    }
    for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
      if (view.state(slot) == SlotState::Free) continue;
      if (view.state(slot) == SlotState::History)
        history_slots_.insert(RowId{number, static_cast<SlotNo>(slot)}.packed());
      TRY(check_values(number, view, slot));
      if (view.state(slot) == SlotState::Home) TRY(check_chain(number, view, slot));
    }
    return {};
  }

  Result<> check_values(PageNo number, const HeapView& view, uint32_t slot) {
    std::string at = "slot " + std::to_string(slot) + ": ";
    // What an aborted version had may be gone already.
    WriteId creator = view.creators()[slot];
    if (heap_.status().maybe_aborted(creator) &&
        heap_.status().status(creator).state == WriteStatus::State::Aborted)
      return {};
    if ((view.words()[slot] & SlotWord::kElsewhere) != 0) {
      std::string damage = TRY(heap_.overflow.find_damage(elsewhere(view, slot)));
      if (!damage.empty()) add(number, at + damage);
      return {};
    }
    uint32_t first = view.shape().first_variable();
    for (uint32_t array = first; array < first + view.shape().variable; ++array) {
      const VarEntry& entry = view.entries(array)[slot];
      if (!view.is_valid(array, slot) || !entry.is_out_of_line()) continue;
      std::string damage = TRY(heap_.overflow.find_damage(entry.pointer()));
      if (!damage.empty()) add(number, at + damage);
    }
    return {};
  }

  Result<> check_chain(PageNo number, const HeapView& home, uint32_t slot) {
    uint64_t word = home.words()[slot];
    for (uint64_t steps = 0; SlotWord::has_link(word); ++steps) {
      RowId link = SlotWord::link(word);
      std::string at = "slot " + std::to_string(slot) + ": ";
      std::string there = "page " + std::to_string(link.page) + ", slot " + std::to_string(link.slot);
      if (!linked_.insert(link.packed()).second) {
        add(number, at + "links to " + there + ", which is linked to already");
        return {};
      }
      ReadGuard other;
      if (link.page != number) {
        if (heap_.storage.space().owner(link.page) != heap_.relation) {
          add(number, at + "links to page " + std::to_string(link.page) + " of another relation");
          return {};
        }
        other = TRY(heap_.read_rows(link.page));
        if (!other || other.header().type != PageType::HeapHistory) {
          add(number, at + "links to " + there + ", which is no page of history");
          return {};
        }
      }
      HeapView view = other ? HeapView(other.page()) : home;
      if (link.slot >= view.capacity() || view.state(link.slot) != SlotState::History) {
        add(number, at + "links to " + there + ", where no older version is");
        return {};
      }
      word = view.words()[link.slot];
    }
    return {};
  }

  HeapInternals& heap_;
  CheckReport& report_;
  std::unordered_set<uint64_t> history_slots_, linked_;
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
