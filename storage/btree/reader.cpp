#include "storage/btree/reader.h"

#include <fmt/format.h>

#include "types/try.h"

namespace rowan {

using btree::NodeView;

Error BtreeReader::corrupted(PageNo number, std::string_view what) const {
  return Error(sqlstate::index_corrupted, fmt::format("the B-tree of relation {} is damaged", relation_))
      .detail(fmt::format("Page {}: {}.", number, what))
      .hint("Please REINDEX it.");
}

Result<> BtreeReader::expect_node(ConstPage page, PageNo number) const {
  PageType type = page.header().type;
  bool good =
      page.header().relation == relation_ && (type == PageType::BtreeLeaf || type == PageType::BtreeInner);
  if (good) [[likely]]
    return {};
  return corrupted(number, "it is no node of this tree");
}

bool BtreeReader::is_node(ConstPage page, uint16_t level) const {
  PageType type = level == 0 ? PageType::BtreeLeaf : PageType::BtreeInner;
  return page.header().type == type && page.header().relation == relation_ &&
         NodeView(page).info().level == level;
}

bool BtreeReader::goes_right(const NodeView& node, const Aim& aim) const {
  return aim.to_end ? node.has_upper() : node.is_right_of(aim.target, aim.below);
}

bool BtreeReader::is_beyond(const NodeView& node, const Aim& aim) const {
  if (aim.to_end) return false;
  int order = node.lower().compare(aim.target);
  return order > 0 || (aim.below && order == 0 && !node.lower().empty());
}

Result<PageNo> BtreeReader::find(const Aim& aim, uint16_t level) const {
  for (int descents = 1;; ++descents) {
    Misstep misstep;
    PageNo found = TRY(descend(aim, level, misstep));
    if (found != kNoPage) [[likely]]
      return found;
    if (descents == kDescentsMax || misstep.is_root) return corrupted(misstep.page, misstep.why);
  }
}

Result<PageNo> BtreeReader::descend(const Aim& aim, uint16_t level, Misstep& misstep) const {
  EpochGuard epoch(storage_.epochs());
  const PageNo start = root();
  PageNo number = start;
  int here = -1;  // what the level must be; not known of the root
  while (true) {
    InnerRead read = TRY(pool().inner(number, epoch));
    auto anew = [&](std::string_view reason) {
      // A root that has moved away does not come back to its page within this epoch.
      misstep = {number, reason, number == start && number == root()};
      return kNoPage;
    };
    if (!read) return anew("it is no inner page");
    if (read.header().type != PageType::BtreeInner || read.header().relation != relation_)
      return anew("it is no node of this tree");
    NodeView node(read.page());
    if (here < 0) here = node.info().level;
    if (here != node.info().level || here < level || here == 0 || node.count() == 0)
      return anew("its level is wrong");
    if (is_beyond(node, aim)) return anew("its lower fence is above what its parent says");
    if (goes_right(node, aim)) {
      number = node.info().right;
      continue;
    }
    if (here == level) return number;
    uint16_t place =
        aim.to_end ? static_cast<uint16_t>(node.count() - 1) : node.child_for(aim.target, aim.below);
    number = node.child(place);
    if (--here == 0) return number;
  }
}

template <class Guard, class Latch>
Result<Guard> BtreeReader::leaf(const Aim& aim, PageNo hint, Latch latch) const {
  PageNo number = hint;
  for (int descents = 0;;) {
    if (number == kNoPage) number = TRY(find(aim, 0));
    Guard guard = TRY(latch(number));
    bool is_ours = is_node(guard.page(), 0);
    NodeView node(guard.page());
    if (is_ours && !is_beyond(node, aim)) {
      if (!goes_right(node, aim)) return guard;
      number = node.info().right;
      continue;
    }
    // A hint may have become wrong; then it is as if there had been none.
    if (++descents > kDescentsMax) {
      return corrupted(
          number, is_ours ? "its lower fence is above what its parent says" : "it is no leaf of this tree");
    }
    number = kNoPage;
  }
}

Result<ReadGuard> BtreeReader::read_leaf(const Aim& aim, PageNo hint) const {
  return leaf<ReadGuard>(aim, hint, [this](PageNo page) { return pool().read(page); });
}

Result<WriteGuard> BtreeReader::write_leaf(std::string_view target) const {
  return leaf<WriteGuard>({target}, kNoPage, [this](PageNo page) { return pool().write(page); });
}

}  // namespace rowan
