// txn/range_tree.h: stretches of byte strings, and which of them meet another. A treap ordered by the lower
// ends; each node knows the greatest upper end below it, so that a search passes by what ends too early.
// Expected O(log n + found) a question. Sources: Seidel and Aragon, Randomized Search Trees (1996); Cormen et
// al., Introduction to Algorithms, ch. 14.3 (interval trees).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rowan {

// [lower, upper), or everything from `lower` on.
struct KeyStretch {
  std::string lower, upper;
  bool has_upper = false;
};

// Not thread-safe. The tree does not own its nodes.
class RangeTree {
 public:
  struct Node {
    KeyStretch range;
    void* owner = nullptr;

   private:
    friend class RangeTree;
    Node* left = nullptr;
    Node* right = nullptr;
    const Node* furthest = nullptr;  // whose upper end is the greatest of this subtree
    uint64_t priority = 0;
  };

  bool empty() const { return root_ == nullptr; }
  // `node` stays where it is until it is removed; its range does not change meanwhile. Neither allocates.
  void insert(Node& node);
  void remove(Node& node);
  // Calls visit(Node&) for each that has something in common with [lower, upper); the tree must not change
  // meanwhile. An empty `upper` is none: to the end.
  template <class Visit>
  void meet(std::string_view lower, std::string_view upper, Visit&& visit) const {
    meet(root_, lower, upper, visit);
  }

 private:
  static bool ends_before(const Node& a, const Node& b) {  // by their upper ends
    if (!a.range.has_upper) return false;
    return !b.range.has_upper || a.range.upper < b.range.upper;
  }
  static bool is_less(const Node& a, const Node& b) {
    int order = a.range.lower.compare(b.range.lower);
    return order != 0 ? order < 0 : &a < &b;
  }
  static void update(Node& node);
  static Node* merge(Node* left, Node* right);
  // What is less than `at`, and the rest.
  static void split(Node* node, const Node& at, Node*& left, Node*& right);
  static Node* insert(Node* root, Node& node);
  static Node* remove(Node* root, Node& node);

  template <class Visit>
  static void meet(Node* node, std::string_view lower, std::string_view upper, Visit& visit) {
    while (node != nullptr) {
      const KeyStretch& reach = node->furthest->range;
      if (reach.has_upper && reach.upper.compare(lower) <= 0) return;
      meet(node->left, lower, upper, visit);
      if (!upper.empty() && node->range.lower.compare(upper) >= 0) return;
      if (!node->range.has_upper || node->range.upper.compare(lower) > 0) visit(*node);
      node = node->right;
    }
  }

  Node* root_ = nullptr;
  uint64_t seed_ = 0x9e3779b97f4a7c15ULL;
};

}  // namespace rowan
