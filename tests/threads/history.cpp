#include "tests/threads/history.h"

#include <algorithm>
#include <deque>

namespace rowan::history {
namespace {

bool is_prefix(const List& part, const List& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

class Checker {
 public:
  Checker(const History& history, const std::map<int64_t, List>& final_lists)
      : history_(history), final_(final_lists), ww_(history.size()), dependent_(history.size()) {}

  std::map<std::string, int> run() {
    note_writers();
    for (size_t i = 0; i < history_.size(); ++i)
      if (history_[i].committed) check_reads(i);
    check_final_lists();
    find_cycles();
    return found_;
  }

 private:
  void note_writers() {
    for (size_t i = 0; i < history_.size(); ++i) {
      std::map<int64_t, int64_t> last;
      for (const Operation& operation : history_[i].operations) {
        if (!operation.is_append) continue;
        writer_[operation.value] = i;
        last[operation.key] = operation.value;
      }
      for (const auto& [key, value] : last) last_appends_.insert(value);
    }
  }
  const List& final_list(int64_t key) const {
    static const List kNothing;
    auto found = final_.find(key);
    return found == final_.end() ? kNothing : found->second;
  }
  // The transaction that appended `value`; npos for one that nobody appended.
  size_t writer(int64_t value) const {
    auto found = writer_.find(value);
    return found == writer_.end() ? std::string::npos : found->second;
  }

  void check_reads(size_t number) {
    std::map<int64_t, List> before;  // what the transaction must see if nobody comes between
    std::map<int64_t, List> own;
    for (const Operation& operation : history_[number].operations) {
      if (operation.is_append) {
        own[operation.key].push_back(operation.value);
        if (before.count(operation.key) != 0) before[operation.key].push_back(operation.value);
        continue;
      }
      const List& mine = own[operation.key];
      const List& seen = operation.seen;
      bool sees_own = mine.size() <= seen.size() && std::equal(mine.rbegin(), mine.rend(), seen.rbegin());
      if (!sees_own) ++found_["own"];
      auto known = before.find(operation.key);
      if (known != before.end() && known->second != seen) ++found_["internal"];
      before[operation.key] = seen;
      check_values(number, operation);
      if (sees_own) add_read_edges(number, operation, seen.size() - mine.size());
    }
  }
  void check_values(size_t number, const Operation& operation) {
    for (int64_t value : operation.seen) {
      size_t by = writer(value);
      if (by == std::string::npos || (by != number && !history_[by].committed)) ++found_["G1a"];
    }
    if (!operation.seen.empty()) {
      int64_t last = operation.seen.back();
      if (writer(last) != number && last_appends_.count(last) == 0) ++found_["G1b"];
    }
    if (!is_prefix(operation.seen, final_list(operation.key))) ++found_["order"];
  }
  // `outside`: how many of the values seen stood there before the reader's own.
  void add_read_edges(size_t number, const Operation& operation, size_t outside) {
    const List& order = final_list(operation.key);
    if (outside > 0) {
      size_t by = writer(operation.seen[outside - 1]);
      if (by != std::string::npos && by != number) dependent_[by].insert(number);
    }
    if (outside < order.size()) {
      size_t next = writer(order[outside]);
      if (next != std::string::npos && next != number) anti_.emplace_back(number, next);
    }
  }

  void check_final_lists() {
    std::set<int64_t> stayed;
    for (const auto& [key, list] : final_) {
      for (size_t i = 0; i < list.size(); ++i) {
        if (!stayed.insert(list[i]).second) ++found_["order"];
        size_t by = writer(list[i]);
        if (by == std::string::npos || !history_[by].committed) ++found_["G1a"];
        size_t before = i == 0 ? std::string::npos : writer(list[i - 1]);
        if (by == std::string::npos || before == std::string::npos || before == by) continue;
        ww_[before].insert(by);
        dependent_[before].insert(by);
      }
    }
    for (const auto& [value, by] : writer_)
      if (history_[by].committed && stayed.count(value) == 0) ++found_["lost"];
  }

  using Graph = std::vector<std::set<size_t>>;

  // Can `to` be reached from `from`, itself apart?
  static bool reaches(const Graph& graph, size_t from, size_t to) {
    std::vector<bool> seen(graph.size(), false);
    std::deque<size_t> next{from};
    while (!next.empty()) {
      size_t at = next.front();
      next.pop_front();
      for (size_t after : graph[at]) {
        if (after == to) return true;
        if (seen[after]) continue;
        seen[after] = true;
        next.push_back(after);
      }
    }
    return false;
  }
  void find_cycles() {
    for (size_t i = 0; i < history_.size(); ++i) {
      if (reaches(ww_, i, i)) {
        ++found_["G0"];
      } else if (reaches(dependent_, i, i)) {
        ++found_["G1c"];
      }
    }
    Graph all = dependent_;
    for (const auto& [reader, after] : anti_) all[reader].insert(after);
    for (const auto& [reader, after] : anti_) {
      if (reaches(dependent_, after, reader)) {
        ++found_["G-single"];
      } else if (reaches(all, after, reader)) {
        ++found_["G2-item"];
      }
    }
  }

  const History& history_;
  const std::map<int64_t, List>& final_;
  std::map<int64_t, size_t> writer_;
  std::set<int64_t> last_appends_;
  Graph ww_, dependent_;                         // dependent_: ww and wr
  std::vector<std::pair<size_t, size_t>> anti_;  // rw
  std::map<std::string, int> found_;
};

}  // namespace

std::set<std::string> forbidden_at_read_committed() {
  return {"G0", "G1a", "G1b", "G1c", "order", "own", "lost"};
}

std::set<std::string> forbidden_at_repeatable_read() {
  std::set<std::string> forbidden = forbidden_at_read_committed();
  forbidden.insert({"internal", "G-single"});
  return forbidden;
}

std::set<std::string> forbidden_at_serializable() {
  std::set<std::string> all = forbidden_at_repeatable_read();
  all.insert("G2-item");
  return all;
}

std::map<std::string, int> find_anomalies(const History& history,
                                          const std::map<int64_t, List>& final_lists) {
  return Checker(history, final_lists).run();
}

std::string to_text(const History& history) {
  std::string text;
  for (const Transaction& transaction : history) {
    if (!transaction.committed) continue;
    for (const Operation& operation : transaction.operations) {
      text += (operation.is_append ? "a " : "r ") + std::to_string(operation.key) + " ";
      if (operation.is_append) text += std::to_string(operation.value);
      for (size_t i = 0; i < operation.seen.size(); ++i)
        text += (i == 0 ? "" : ",") + std::to_string(operation.seen[i]);
      text += "; ";
    }
    text += "\n";
  }
  return text;
}

}  // namespace rowan::history
