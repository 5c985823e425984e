#include "storage/btree/builder.h"

#include <cstring>
#include <string>
#include <vector>

#include "storage/btree/node.h"
#include "storage/btree/ops.h"
#include "storage/btree/reader.h"
#include "storage/change.h"
#include "storage/storage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

using btree::Node;
using btree::NodeEntry;
using btree::NodeShape;

// Room left in each page, in percent, so that the first inserts need not split everything.
constexpr size_t kBtreeBuildSlack = 10;

class BtreeBuilder::State {
 public:
  explicit State(Btree& tree)
      : storage_(tree.storage()),
        reader_(tree),
        relation_(tree.relation()),
        root_(storage_.space().anchor(relation_)) {}

  Result<> add(std::string_view key, RowId row) {
    if (key.size() > kIndexKeyMax) {
      return Error(sqlstate::program_limit_exceeded, "index row size " + std::to_string(key.size()) +
                                                         " exceeds maximum " + std::to_string(kIndexKeyMax) +
                                                         " for an index");
    }
    std::string text = btree::entry_string(key, row);
    ENSURE(leaf_.empty() || leaf_.back().text < text);
    size_t bytes = sizeof(btree::LeafSlot) + text.size();  // at most: the prefix is not known yet
    if (!leaf_.empty() && (leaf_bytes_ + bytes > room() || at_item_limit(leaf_.size()))) {
      std::string fence = btree::separator_between(leaf_.back().text, text);
      TRY(write_leaf(fence, true));
    }
    leaf_bytes_ += bytes;
    leaf_.push_back({std::move(text), kNoPage});
    return {};
  }

  Result<> finish() {
    TRY(write_leaf({}, false));
    uint16_t level = 1;
    while (children_.size() > 1 && !root_fits(level)) {
      TRY(write_level(level));
      ++level;
    }
    WriteGuard root = TRY(storage_.pool().write_inner(root_));
    NodeShape shape;
    shape.level = level;
    return write(root, shape, children_);
  }

 private:
  size_t room() const {
    return (kPageSize - btree::kSlotsBegin) * (100 - kBtreeBuildSlack) / 100 - 2 * lower_.size();
  }
  bool at_item_limit(size_t count) const {
    return storage_.options().items_per_page_max != 0 && count >= storage_.options().items_per_page_max;
  }
  bool root_fits(uint16_t level) const {
    NodeShape shape;
    shape.level = level;
    return btree::fits(shape, children_) && !at_item_limit(children_.size() - 1);
  }

  // Lays the node out aside, then logs it as an image and puts it into its page.
  Result<> write(WriteGuard& page, const NodeShape& shape, const std::vector<NodeEntry>& entries) {
    std::memcpy(scratch_.data(), page.page().bytes(), kPageSize);
    Node node{Page(scratch_.data())};
    node.build(shape, entries);
    Change change(storage_, btree::record_type(btree::BtreeRecord::Build), relation_, kNoWriteId);
    change.add_image(page, node.hole_offset(), node.hole_length());
    TRY(change.reserve());
    std::memcpy(page.page().bytes(), scratch_.data(), kPageSize);
    change.commit();
    return {};
  }

  // Each page names its right neighbour, so that one is made before this one is written.
  Result<> write_leaf(std::string fence, bool goes_on) {
    if (!current_) {  // the empty leaf that the tree was made with
      TRY(storage_.begin_writing());
      PageNo first = TRY(reader_.find({}, 0));
      current_ = TRY(storage_.pool().write(first));
    }
    WriteGuard next;
    NodeShape shape;
    shape.lower = lower_;
    if (goes_on) {
      next = TRY(storage_.pool().create(relation_, PageType::BtreeLeaf));
      shape.flags = btree::kHasUpper;
      shape.upper = fence;
      shape.right = next.number();
    }
    TRY(write(current_, shape, leaf_));
    children_.push_back({children_.empty() ? std::string() : lower_, current_.number()});
    lower_ = std::move(fence);
    leaf_.clear();
    leaf_bytes_ = 0;
    current_ = std::move(next);
    return {};
  }

  // Puts the nodes of one level over children_, which then are those nodes.
  Result<> write_level(uint16_t level) {
    std::vector<NodeEntry> below = std::move(children_);
    children_.clear();
    std::string lower;
    WriteGuard page = TRY(storage_.pool().create(relation_, PageType::BtreeInner));
    size_t begin = 0;
    while (begin < below.size()) {
      size_t bytes = btree::kSlotsBegin + lower.size();
      size_t end = begin;
      while (end < below.size() && !(end > begin && at_item_limit(end - begin)) &&
             (end < begin + 2 ||
              bytes + sizeof(btree::InnerSlot) + 2 * below[end].text.size() < kPageSize * 9 / 10)) {
        bytes += sizeof(btree::InnerSlot) + below[end].text.size();
        ++end;
      }
      if (end + 1 == below.size()) --end;  // no node with a single child at the end
      WriteGuard next;
      NodeShape shape;
      shape.level = level;
      shape.lower = lower;
      if (end < below.size()) {
        next = TRY(storage_.pool().create(relation_, PageType::BtreeInner));
        shape.flags = btree::kHasUpper;
        shape.upper = below[end].text;
        shape.right = next.number();
      }
      std::vector<NodeEntry> entries(below.begin() + static_cast<ptrdiff_t>(begin),
                                     below.begin() + static_cast<ptrdiff_t>(end));
      entries.front().text.clear();
      TRY(write(page, shape, entries));
      children_.push_back({children_.empty() ? std::string() : lower, page.number()});
      lower = shape.upper;
      page = std::move(next);
      begin = end;
    }
    return {};
  }

  Storage& storage_;
  BtreeReader reader_;
  const RelationId relation_;
  const PageNo root_;
  std::vector<std::byte> scratch_ = std::vector<std::byte>(kPageSize);
  WriteGuard current_;           // the leaf being filled
  std::string lower_;            // its lower fence
  std::vector<NodeEntry> leaf_;  // what goes into it
  size_t leaf_bytes_ = 0;
  std::vector<NodeEntry> children_;  // of the level above: (lower fence, page)
};

BtreeBuilder::BtreeBuilder(Btree& tree) : state_(std::make_unique<State>(tree)) {}
BtreeBuilder::~BtreeBuilder() = default;

Result<> BtreeBuilder::add(std::string_view key, RowId row) {
  return state_->add(key, row);
}

Result<> BtreeBuilder::finish() {
  return state_->finish();
}

}  // namespace rowan
