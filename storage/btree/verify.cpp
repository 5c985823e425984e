// What must hold in a whole tree: fences that fit into each other, levels, links, order, every page reached
// once.
//
// Others may write meanwhile, but no nodes are merged or moved. A node's lower fence and level never change,
// its upper fence only comes down when it splits, no page is given back, and a node is marked as split
// exactly as long as its parent does not know its neighbour. So the nodes between two separators that a
// parent once had fit together at any time. Where a parent as it was read seems not to know a node, it is
// asked again; a page that the walk did not come to (it was split off behind it) must be found by its own
// lower fence.
#include <fmt/format.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "storage/btree/btree.h"
#include "storage/btree/node.h"
#include "storage/btree/reader.h"
#include "storage/check.h"
#include "storage/space/space.h"
#include "types/try.h"

namespace rowan {

using btree::NodeView;

namespace {

class BtreeVerifier {
 public:
  BtreeVerifier(const Btree& tree, CheckReport& report) : tree_(tree), reader_(tree), report_(report) {}

  Result<> run() {
    uint16_t level = 0;
    std::vector<Child> nodes;
    {
      ReadGuard root = TRY(open(reader_.root()));
      if (!root || !looks_sound(root)) return {};
      NodeView node(root.page());
      if (node.has_upper() || node.info().right != kNoPage || !node.lower().empty())
        found(root.number(), "the root has fences or a neighbour");
      if (node.is_leaf()) {
        found(root.number(), "the root is a leaf");
        return {};
      }
      level = node.info().level;
      reached_.insert(root.number());
      check_entries(node, root.number(), nodes);
    }
    while (level-- > 0) {
      std::vector<Child> below;
      for (size_t i = 0; i < nodes.size(); ++i)
        TRY(walk(nodes[i], i + 1 < nodes.size() ? &nodes[i + 1] : nullptr, level, below));
      nodes = std::move(below);
    }
    if (has_gaps_) return {};  // they hide what lies below and to the right
    std::array<PageNo, 256> pages;
    PageNo from = 0;
    while (size_t count = tree_.storage().space().pages(tree_.relation(), from, pages)) {
      for (size_t i = 0; i < count; ++i)
        if (!reached_.contains(pages[i])) TRY(check_unreached(pages[i]));
      from = pages[count - 1] + 1;
    }
    return {};
  }

 private:
  // What a parent says of a child.
  struct Child {
    PageNo number;
    std::string lower, upper;
    bool has_upper;
  };

  Result<ReadGuard> open(PageNo page) {
    ReadGuard guard =
        TRY(read_for_check(reader_.pool(), tree_.storage().space(), tree_.relation(), page, report_));
    has_gaps_ |= !guard;
    return guard;
  }

  void found(PageNo page, std::string message) { report_.add(page, tree_.relation(), std::move(message)); }

  bool looks_sound(const ReadGuard& guard) {
    std::string fault = !reader_.expect_node(guard.page(), guard.number()).ok()
                            ? "it is no node of this B-tree"
                            : NodeView(guard.page()).fault();
    if (fault.empty()) return true;
    found(guard.number(), fault);
    has_gaps_ = true;
    return false;
  }

  // The child and, while splits are incomplete, those that its parent does not know. `next`: the level's next
  // child. Whoever reads the level from left to right takes the links, so they must lead where parents do.
  Result<> walk(const Child& child, const Child* next, uint16_t level, std::vector<Child>& below) {
    PageNo number = child.number;
    std::string lower = child.lower;
    while (true) {
      if (!reached_.insert(number).second) {
        found(number, "two paths lead to this page");
        return {};
      }
      ReadGuard guard = TRY(open(number));
      if (!guard || !looks_sound(guard)) return {};
      NodeView node(guard.page());
      if (node.info().level != level) {
        found(number, fmt::format("its level is {} where its parent says {}", node.info().level, level));
        has_gaps_ = true;
        return {};
      }
      if (node.lower() != lower) found(number, "its lower fence is not its parent's separator");
      if (node.has_upper() != (node.info().right != kNoPage)) {
        found(number, "upper fence and right link disagree");
        has_gaps_ = true;
        return {};
      }
      check_entries(node, number, below);
      bool is_last = !node.has_upper() ? !child.has_upper : child.has_upper && node.upper() == child.upper;
      if (is_last) {
        if (node.is_incomplete()) found(number, "it is marked as split, but its parent knows its neighbour");
        if (node.has_upper() && next != nullptr && next->lower == node.upper() &&
            node.info().right != next->number)
          found(number, fmt::format("its right link leads to page {} instead of page {}", node.info().right,
                                    next->number));
        return {};
      }
      if (!node.has_upper() || (child.has_upper && node.upper() > child.upper)) {
        found(number, "its upper fence is beyond its parent's next separator");
        return {};
      }
      bool is_incomplete = node.is_incomplete();
      std::string upper(node.upper());
      PageNo right = node.info().right;
      guard.release();
      bool is_known = is_incomplete;
      if (!is_incomplete) is_known = TRY(parent_knows(upper, level));
      if (!is_known) {
        found(number, "its upper fence is not its parent's next separator");
        return {};
      }
      lower = std::move(upper);
      number = right;
    }
  }

  // Has the level above a separator that is `fence`, now?
  Result<bool> parent_knows(const std::string& fence, uint16_t level) {
    auto above = static_cast<uint16_t>(level + 1);
    Result<PageNo> start = reader_.find({fence}, above);
    if (!start.ok()) return unless_damaged(std::move(start).error());
    PageNo number = *start;
    for (;;) {
      ReadGuard guard = TRY(open(number));
      if (!guard || !looks_sound(guard)) return true;  // which has been said
      NodeView node(guard.page());
      if (node.info().level != above || node.count() == 0) return false;
      if (!node.is_right_of(fence))
        return node.lower() == fence || node.entry(node.child_for(fence)) == fence;
      number = node.info().right;
    }
  }

  // A descent that met damage: no news.
  Result<bool> unless_damaged(Error error) {
    if (error.state() != sqlstate::data_corrupted && error.state() != sqlstate::index_corrupted) return error;
    has_gaps_ = true;
    return true;
  }

  Result<> check_unreached(PageNo page) {
    std::string lower;
    uint16_t level = 0;
    {
      ReadGuard guard = TRY(open(page));
      if (!guard || !looks_sound(guard)) return {};
      NodeView node(guard.page());
      lower = node.lower();
      level = node.info().level;
      std::vector<Child> ignored;
      check_entries(node, page, ignored);
    }
    bool is_found = TRY(is_on_path(page, lower, level));
    if (!is_found) found(page, "no path leads from the root to this page");
    return {};
  }

  Result<bool> is_on_path(PageNo page, const std::string& lower, uint16_t level) {
    Result<PageNo> start = reader_.find({lower}, level);
    if (!start.ok()) return unless_damaged(std::move(start).error());
    for (PageNo number = *start; number != page;) {
      ReadGuard guard = TRY(open(number));
      if (!guard || !looks_sound(guard)) return true;  // which has been said
      NodeView node(guard.page());
      if (!node.is_right_of(lower)) return false;
      number = node.info().right;
    }
    return true;
  }

  void check_entries(const NodeView& node, PageNo number, std::vector<Child>& below) {
    std::string last;
    for (uint16_t i = 0; i < node.count(); ++i) {
      std::string text = node.entry(i);
      if (i > 0 && text <= last) found(number, fmt::format("entry {} is not above the one before", i));
      if (text < node.lower() || (node.has_upper() && text >= node.upper()))
        found(number, fmt::format("entry {} lies outside the fences", i));
      // The search must find what stands there.
      if (node.is_leaf() ? node.lower_bound(text) != i : node.child_for(text) != i)
        found(number, fmt::format("entry {} is not found by its own key", i));
      if (!node.is_leaf()) {
        bool is_last = i + 1 == node.count();
        below.push_back({node.child(i), text,
                         is_last ? std::string(node.upper()) : node.entry(static_cast<uint16_t>(i + 1)),
                         !is_last || node.has_upper()});
      }
      last = std::move(text);
    }
  }

  const Btree& tree_;
  BtreeReader reader_;
  CheckReport& report_;
  bool has_gaps_ = false;  // a node could not be used
  std::set<PageNo> reached_;
};

std::string btree_hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes.substr(0, 40))
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  if (bytes.size() > 40) text += "...";
  return text;
}

}  // namespace

Result<> Btree::verify(CheckReport& report) const {
  NodeMergeGate::Hold hold(storage_.node_merges());
  return BtreeVerifier(*this, report).run();
}

Result<std::string> Btree::dump(PageNo page) const {
  NodeMergeGate::Hold hold(storage_.node_merges());
  BtreeReader reader(*this);
  std::string text;
  auto out = std::back_inserter(text);
  auto line = [&](const ReadGuard& guard) {
    NodeView node(guard.page());
    fmt::format_to(out,
                   "page {} level {} entries {} free {} garbage {} prefix {} right {}{} lower {} upper {}\n",
                   guard.number(), node.info().level, node.count(), node.free_bytes(), node.info().garbage,
                   node.info().prefix_length,
                   node.info().right == kNoPage ? std::string("-") : std::to_string(node.info().right),
                   node.is_incomplete() ? " INCOMPLETE" : "", btree_hex(node.lower()),
                   node.has_upper() ? btree_hex(node.upper()) : "-");
  };
  if (page == kNoPage) {
    std::array<PageNo, 256> pages;
    PageNo from = 0;
    while (size_t count = storage_.space().pages(relation_, from, pages)) {
      for (size_t i = 0; i < count; ++i) {
        ReadGuard guard = TRY(reader.pool().read(pages[i]));
        TRY(reader.expect_node(guard.page(), pages[i]));
        line(guard);
      }
      from = pages[count - 1] + 1;
    }
    return text;
  }
  ReadGuard guard = TRY(reader.pool().read(page));
  TRY(reader.expect_node(guard.page(), page));
  line(guard);
  NodeView node(guard.page());
  for (uint16_t i = 0; i < node.count(); ++i) {
    if (node.is_leaf())
      fmt::format_to(out, "  {} row ({},{})\n", btree_hex(node.entry(i)), node.row(i).page, node.row(i).slot);
    else
      fmt::format_to(out, "  {} child {}\n", btree_hex(node.entry(i)), node.child(i));
  }
  return text;
}

}  // namespace rowan
