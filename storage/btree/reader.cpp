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

bool BtreeReader::goes_right(const NodeView& node, const Aim& aim) const {
  return aim.to_end ? node.has_upper() : node.is_right_of(aim.target, aim.below);
}

Result<PageNo> BtreeReader::find(const Aim& aim, uint16_t level) const {
  EpochGuard epoch(storage_.epochs());
  PageNo number = root_;
  while (true) {
    InnerRead read = TRY(pool().inner(number, epoch));
    if (!read) return corrupted(number, "it is no inner page");
    NodeView node(read.page());
    TRY(expect_node(read.page(), number));
    if (goes_right(node, aim)) {
      number = node.info().right;
      continue;
    }
    uint16_t here = node.info().level;
    if (here == level) return number;
    if (here < level || here == 0 || node.count() == 0) return corrupted(number, "its level is wrong");
    uint16_t place =
        aim.to_end ? static_cast<uint16_t>(node.count() - 1) : node.child_for(aim.target, aim.below);
    number = node.child(place);
    if (here == level + 1 && level == 0) return number;
  }
}

Result<ReadGuard> BtreeReader::read_leaf(const Aim& aim, PageNo hint) const {
  PageNo number = hint;
  while (true) {
    if (number == kNoPage) number = TRY(find(aim, 0));
    ReadGuard guard = TRY(pool().read(number));
    bool is_ours = guard.header().type == PageType::BtreeLeaf && guard.header().relation == relation_;
    if (!is_ours && hint == kNoPage) return corrupted(number, "it is no leaf of this tree");
    if (is_ours) {
      NodeView node(guard.page());
      // A hint may have become wrong; then it is as if there had been none.
      bool too_far_right = aim.to_end
                               ? false
                               : node.lower() > aim.target ||
                                     (aim.below && node.lower() == aim.target && !node.lower().empty());
      if (!too_far_right) {
        if (!goes_right(node, aim)) return guard;
        number = node.info().right;
        continue;
      }
    }
    if (hint == kNoPage) return corrupted(guard.number(), "its lower fence is above what its parent says");
    hint = kNoPage;
    number = kNoPage;
  }
}

Result<WriteGuard> BtreeReader::write_leaf(std::string_view target) const {
  PageNo number = TRY(find({target}, 0));
  while (true) {
    WriteGuard guard = TRY(pool().write(number));
    if (guard.header().type != PageType::BtreeLeaf || guard.header().relation != relation_)
      return corrupted(number, "it is no leaf of this tree");
    NodeView node(guard.page());
    if (!node.is_right_of(target)) return guard;
    number = node.info().right;
  }
}

}  // namespace rowan
