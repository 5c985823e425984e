// What must hold in a whole tree: fences that fit into each other, levels, links, order, every page reached
// once.
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
    ReadGuard root = TRY(reader_.pool().read(reader_.root()));
    if (!looks_sound(root)) return {};
    NodeView node(root.page());
    if (node.has_upper() || node.info().right != kNoPage || !node.lower().empty())
      found(root.number(), "the root has fences or a neighbour");
    uint16_t level = node.info().level;
    root.release();
    std::vector<Child> nodes{{reader_.root(), "", "", false}};
    for (;; --level) {
      std::vector<Child> below;
      for (const Child& child : nodes) TRY(walk(child, level, below));
      if (level == 0) break;
      nodes = std::move(below);
    }
    std::array<PageNo, 256> pages;
    PageNo from = 0;
    while (size_t count = tree_.storage().space().pages(tree_.relation(), from, pages)) {
      for (size_t i = 0; i < count; ++i)
        if (!reached_.contains(pages[i])) found(pages[i], "no path leads from the root to this page");
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

  void found(PageNo page, std::string message) { report_.add(page, tree_.relation(), std::move(message)); }

  bool looks_sound(const ReadGuard& guard) {
    if (!reader_.expect_node(guard.page(), guard.number()).ok()) {
      found(guard.number(), "it is no node of this B-tree");
      return false;
    }
    std::string fault = NodeView(guard.page()).fault();
    if (fault.empty()) return true;
    found(guard.number(), fault);
    return false;
  }

  // The child and, while splits are incomplete, those that its parent does not know.
  Result<> walk(const Child& child, uint16_t level, std::vector<Child>& below) {
    PageNo number = child.number;
    std::string lower = child.lower;
    while (true) {
      if (!reached_.insert(number).second) {
        found(number, "two paths lead to this page");
        return {};
      }
      ReadGuard guard = TRY(reader_.pool().read(number));
      if (!looks_sound(guard)) return {};
      NodeView node(guard.page());
      if (node.info().level != level) {
        found(number, fmt::format("its level is {} where its parent says {}", node.info().level, level));
        return {};
      }
      if (node.lower() != lower) found(number, "its lower fence is not its parent's separator");
      check_entries(node, number, below);
      bool is_last = !node.has_upper() ? !child.has_upper : child.has_upper && node.upper() == child.upper;
      if (is_last) {
        if (node.is_incomplete()) found(number, "it is marked as split, but its parent knows its neighbour");
        if (node.has_upper() != (node.info().right != kNoPage))
          found(number, "upper fence and right link disagree");
        return {};
      }
      if (!node.is_incomplete()) {
        found(number, "its upper fence is not its parent's next separator");
        return {};
      }
      lower = node.upper();
      number = node.info().right;
    }
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
  return BtreeVerifier(*this, report).run();
}

Result<std::string> Btree::dump(PageNo page) const {
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
