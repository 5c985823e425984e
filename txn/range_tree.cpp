#include "txn/range_tree.h"

namespace rowan {

void RangeTree::update(Node& node) {
  node.furthest = &node;
  for (const Node* child : {node.left, node.right})
    if (child != nullptr && ends_before(*node.furthest, *child->furthest)) node.furthest = child->furthest;
}

RangeTree::Node* RangeTree::merge(Node* left, Node* right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  if (left->priority > right->priority) {
    left->right = merge(left->right, right);
    update(*left);
    return left;
  }
  right->left = merge(left, right->left);
  update(*right);
  return right;
}

void RangeTree::split(Node* node, const Node& at, Node*& left, Node*& right) {
  if (node == nullptr) {
    left = right = nullptr;
    return;
  }
  if (is_less(*node, at)) {
    split(node->right, at, node->right, right);
    left = node;
  } else {
    split(node->left, at, left, node->left);
    right = node;
  }
  update(*node);
}

RangeTree::Node* RangeTree::insert(Node* root, Node& node) {
  if (root == nullptr || node.priority > root->priority) {
    split(root, node, node.left, node.right);
    update(node);
    return &node;
  }
  Node*& side = is_less(node, *root) ? root->left : root->right;
  side = insert(side, node);
  update(*root);
  return root;
}

RangeTree::Node* RangeTree::remove(Node* root, Node& node) {
  if (root == &node) return merge(node.left, node.right);
  if (root == nullptr) return nullptr;
  Node*& side = is_less(node, *root) ? root->left : root->right;
  side = remove(side, node);
  update(*root);
  return root;
}

void RangeTree::insert(Node& node) {
  seed_ ^= seed_ << 13;  // xorshift64
  seed_ ^= seed_ >> 7;
  seed_ ^= seed_ << 17;
  node.priority = seed_;
  node.left = node.right = nullptr;
  root_ = insert(root_, node);
}

void RangeTree::remove(Node& node) {
  root_ = remove(root_, node);
  node.left = node.right = nullptr;
}

}  // namespace rowan
