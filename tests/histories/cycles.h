// tests/histories/cycles.h: cycles among transactions that depend on each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rowan::history {

enum class EdgeKind : uint8_t {
  Ww = 1,  // the second made the next version
  Wr = 2,  // the second read what the first had made
  Rw = 4   // the first read the version before the one that the second made
};

struct Edge {
  uint32_t from, to;
  EdgeKind kind;
  int64_t key;
};

struct Cycles {
  // Of ww alone "G0"; with wr "G1c"; with one rw "G-single"; with more "G2-item". G-single counts rw edges,
  // the others components of the graph that have nothing worse in them.
  std::map<std::string, int> found;
  std::map<std::string, std::vector<Edge>> examples;  // a shortest cycle through some edge
};

// Takes time and space in proportion to the edges, but for what lies in cycles.
Cycles find_cycles(size_t transactions, const std::vector<Edge>& edges);

}  // namespace rowan::history
