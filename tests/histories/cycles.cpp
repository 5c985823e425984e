#include "tests/histories/cycles.h"

#include <algorithm>
#include <deque>

namespace rowan::history {
namespace {

constexpr uint32_t kNone = ~uint32_t{0};
constexpr unsigned kWw = 1, kDependent = 3, kAny = 7;

class Graph {
 public:
  Graph(size_t nodes, const std::vector<Edge>& edges) : first_(nodes + 1), edges_(edges) {
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
    for (const Edge& edge : edges_) ++first_[edge.from + 1];
    for (size_t i = 0; i < nodes; ++i) first_[i + 1] += first_[i];
  }

  const std::vector<Edge>& edges() const { return edges_; }
  size_t nodes() const { return first_.size() - 1; }

  // The number of each node's strongly connected component, among edges of these kinds; kNone for nodes that
  // lie in no cycle. Source: Tarjan (1972), with a stack of its own.
  std::vector<uint32_t> components(unsigned kinds, uint32_t& count) const {
    struct Frame {
      uint32_t node, edge;
    };
    std::vector<uint32_t> index(nodes(), kNone), low(nodes()), component(nodes(), kNone), open;
    std::vector<bool> is_open(nodes());
    std::vector<Frame> stack;
    uint32_t next = 0;
    count = 0;
    auto enter = [&](uint32_t node) {
      index[node] = low[node] = next++;
      open.push_back(node);
      is_open[node] = true;
      stack.push_back({node, first_[node]});
    };
    for (uint32_t root = 0; root < nodes(); ++root) {
      if (index[root] != kNone) continue;
      enter(root);
      while (!stack.empty()) {
        auto& [node, at] = stack.back();
        if (at < first_[node + 1]) {
          const Edge& edge = edges_[at++];
          if ((static_cast<unsigned>(edge.kind) & kinds) == 0) continue;
          if (index[edge.to] == kNone)
            enter(edge.to);
          else if (is_open[edge.to])
            low[node] = std::min(low[node], index[edge.to]);
          continue;
        }
        uint32_t done = node;
        stack.pop_back();
        if (!stack.empty()) low[stack.back().node] = std::min(low[stack.back().node], low[done]);
        if (low[done] != index[done]) continue;
        bool is_alone = open.back() == done;
        for (uint32_t member = kNone; member != done;) {
          member = open.back();
          open.pop_back();
          is_open[member] = false;
          if (!is_alone) component[member] = count;
        }
        if (!is_alone) ++count;
      }
    }
    return component;
  }

  // The edges of a shortest way from `from` to `to` inside a component; empty: there is none.
  std::vector<Edge> way(uint32_t from, uint32_t to, unsigned kinds,
                        const std::vector<uint32_t>& component) const {
    std::map<uint32_t, uint32_t> came_by;  // the edge
    std::deque<uint32_t> next{from};
    while (!next.empty() && came_by.count(to) == 0) {
      uint32_t at = next.front();
      next.pop_front();
      for (uint32_t i = first_[at]; i < first_[at + 1]; ++i) {
        const Edge& edge = edges_[i];
        if ((static_cast<unsigned>(edge.kind) & kinds) == 0 || component[edge.to] != component[from])
          continue;
        if (edge.to == from || !came_by.emplace(edge.to, i).second) continue;
        next.push_back(edge.to);
      }
    }
    std::vector<Edge> edges;
    if (came_by.count(to) == 0) return edges;
    for (uint32_t at = to; at != from; at = edges.back().from) edges.push_back(edges_[came_by[at]]);
    std::reverse(edges.begin(), edges.end());
    return edges;
  }

 private:
  std::vector<uint32_t> first_;
  std::vector<Edge> edges_;
};

}  // namespace

Cycles find_cycles(size_t transactions, const std::vector<Edge>& edges) {
  Cycles cycles;
  Graph graph(transactions, edges);
  uint32_t count = 0;
  std::vector<uint32_t> all = graph.components(kAny, count);
  if (count == 0) return cycles;
  std::vector<bool> is_explained(count);
  auto add = [&](const char* name, const Edge& edge, std::vector<Edge> way) {
    ++cycles.found[name];
    is_explained[all[edge.from]] = true;
    way.insert(way.begin(), edge);
    std::vector<Edge>& example = cycles.examples[name];
    if (example.empty() || way.size() < example.size()) example = std::move(way);
  };
  // Of whole components: one edge of each that has a way back.
  auto add_components = [&](const char* name, unsigned kinds) {
    uint32_t found = 0;
    std::vector<uint32_t> component = graph.components(kinds, found);
    std::vector<bool> is_done(found);
    for (const Edge& edge : graph.edges()) {
      uint32_t number = component[edge.from];
      bool is_inside = number != kNone && number == component[edge.to];
      if (!is_inside || (static_cast<unsigned>(edge.kind) & kinds) == 0 || is_done[number]) continue;
      is_done[number] = true;
      if (!is_explained[all[edge.from]]) add(name, edge, graph.way(edge.to, edge.from, kinds, component));
    }
  };
  add_components("G0", kWw);
  add_components("G1c", kDependent);
  for (const Edge& edge : graph.edges()) {
    bool is_inside = all[edge.from] != kNone && all[edge.from] == all[edge.to];
    if (!is_inside || edge.kind != EdgeKind::Rw) continue;
    std::vector<Edge> way = graph.way(edge.to, edge.from, kDependent, all);
    if (!way.empty()) add("G-single", edge, std::move(way));
  }
  add_components("G2-item", kAny);
  return cycles;
}

}  // namespace rowan::history
