#include "tests/histories/judge.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "tests/histories/cycles.h"
#include "tests/histories/versions.h"

namespace rowan::history {
namespace {

std::string words(const List& list) {
  std::string text = "[";
  for (size_t i = list.size() > 4 ? list.size() - 4 : 0; i < list.size(); ++i)
    text += (text.size() > 1 ? "," : list.size() > 4 ? "...," : "") + std::to_string(list[i]);
  return text + "]";
}

std::string words(const Operation& operation) {
  constexpr const char* kNames[] = {"read", "append", "write", "delete"};
  std::string text =
      std::string(kNames[static_cast<int>(operation.kind)]) + " " + std::to_string(operation.key);
  if (operation.kind != Operation::Kind::Read) text += " " + std::to_string(operation.value);
  return text + (operation.kind == Operation::Kind::Append ? "" : " " + words(operation.seen));
}

std::string words(size_t number, const Transaction& transaction) {
  std::string text = "T" + std::to_string(number) + ":";
  for (const Operation& operation : transaction.operations) text += " " + words(operation) + ";";
  return text;
}

class Judge {
 public:
  Judge(const History& history, bool has_lists)
      : history_(history), versions_(history, has_lists, verdict_.found) {
    for (const Transaction& transaction : history) {
      if (transaction.committed) continue;
      for (const Operation& operation : transaction.operations)
        if (operation.kind != Operation::Kind::Read) undone_.insert(operation.value);
    }
  }

  Verdict run(const Lists& final_lists) {
    for (size_t i = 0; i < history_.size(); ++i)
      if (history_[i].committed) check_transaction(i);
    check_end(final_lists);
    add_successors();
    find_edges_and_cycles();
    return std::move(verdict_);
  }

 private:
  // What a transaction knows of a key so far.
  struct Known {
    size_t own = 0;  // its last version; 0: none
    bool has_read = false;
    bool has_seen = false;       // nothing of its own has come since
    size_t first = 0, last = 0;  // the versions that it may have read first of all
    List seen;
  };

  void note(const std::string& anomaly, size_t number, const Operation& operation) {
    ++verdict_.found[anomaly];
    std::string& example = verdict_.examples[anomaly];
    if (example.empty())
      example = words(operation) + " in " + words(number, history_[number]) + " of " +
                words(versions_.of(operation.key).strands.back());
  }

  void check_transaction(size_t number) {
    std::map<int64_t, Known> known;
    for (const Operation& operation : history_[number].operations) {
      Known& key = known[operation.key];
      if (operation.kind == Operation::Kind::Read)
        check_read(number, operation, key);
      else
        check_write(number, operation, key);
    }
  }

  void check_write(size_t number, const Operation& operation, Known& key) {
    size_t version = 0;
    if (!versions_.find(operation.key, operation.value, version)) return;
    bool replaces_another = key.own == 0 && key.has_read;
    if (replaces_another && (version - 1 < key.first || version - 1 > key.last))
      note("lost update", number, operation);
    key.own = version;
    key.has_seen = false;
  }

  void check_read(size_t number, const Operation& operation, Known& key) {
    if (operation.is_twice) note("twice", number, operation);
    if (key.has_seen && key.seen != operation.seen) note("internal", number, operation);
    key.has_seen = true;
    key.seen = operation.seen;
    const VersionOrder& order = versions_.of(operation.key);
    if (key.own != 0) {
      if (!versions_.holds(order, order.versions[key.own], operation.seen)) note("own", number, operation);
      return;
    }
    size_t first = 0, last = 0;
    if (operation.seen.empty()) {
      ++verdict_.absent_reads;
      if (!find_absent(history_, order, operation, first, last)) return note("stale", number, operation);
      if (first != last) ++verdict_.vague_reads;
    } else {
      for (int64_t value : operation.seen)
        if (undone_.count(value) != 0) note("G1a", number, operation);
      if (!versions_.find(operation.key, operation.seen.back(), first)) return note("G1a", number, operation);
      last = first;
      const Version& version = order.versions[first];
      if (version.writer == number) return note("own", number, operation);  // before it was written
      if (!versions_.holds(order, version, operation.seen)) note("order", number, operation);
      if (!version.is_last_of_writer) note("G1b", number, operation);
      if (!was_current(history_, order, first, operation)) note("stale", number, operation);
    }
    if (!key.has_read) {
      key.has_read = true;
      key.first = first;
      key.last = last;
    }
    connect(order.versions[first].writer, number, EdgeKind::Wr, operation.key);
    size_t next = Versions::next_of_another(order, last);
    if (next < order.versions.size())
      connect(number, order.versions[next].writer, EdgeKind::Rw, operation.key);
  }

  void check_end(const Lists& final_lists) {
    for (const auto& [key, list] : final_lists) {
      for (int64_t value : list)
        if (undone_.count(value) != 0) ++verdict_.found["G1a"];
      if (versions_.keys().count(key) == 0) ++verdict_.found["order"];
    }
    for (const auto& [key, order] : versions_.keys()) {
      auto found = final_lists.find(key);
      const List& list = found == final_lists.end() ? List() : found->second;
      if (!versions_.holds(order, order.versions.back(), list)) ++verdict_.found["lost"];
    }
  }

  void add_successors() {
    for (const auto& [key, order] : versions_.keys())
      for (size_t i = 0; i + 1 < order.versions.size(); ++i)
        connect(order.versions[i].writer, order.versions[i + 1].writer, EdgeKind::Ww, key);
  }

  void connect(size_t from, size_t to, EdgeKind kind, int64_t key) {
    if (from == to || from == kNobody || to == kNobody) return;
    edges_.push_back({static_cast<uint32_t>(from), static_cast<uint32_t>(to), kind, key});
  }

  void find_edges_and_cycles() {
    auto key = [](const Edge& edge) { return std::tuple(edge.from, edge.to, edge.kind); };
    std::sort(edges_.begin(), edges_.end(), [&](const Edge& a, const Edge& b) { return key(a) < key(b); });
    edges_.erase(std::unique(edges_.begin(), edges_.end(),
                             [&](const Edge& a, const Edge& b) { return key(a) == key(b); }),
                 edges_.end());
    for (const Edge& edge : edges_)
      ++(edge.kind == EdgeKind::Ww ? verdict_.ww : edge.kind == EdgeKind::Wr ? verdict_.wr : verdict_.rw);
    Cycles cycles = find_cycles(history_.size(), edges_);
    for (const auto& [name, count] : cycles.found) verdict_.found[name] += count;
    for (const auto& [name, cycle] : cycles.examples) verdict_.examples[name] = path(cycle);
  }
  std::string path(const std::vector<Edge>& cycle) const {
    std::string text;
    for (const Edge& edge : cycle) {
      text += words(edge.from, history_[edge.from]) + "\n  -";
      text += edge.kind == EdgeKind::Ww ? "ww" : edge.kind == EdgeKind::Wr ? "wr" : "rw";
      text += " on " + std::to_string(edge.key) + "-> T" + std::to_string(edge.to) + "\n";
    }
    return text;
  }

  const History& history_;
  Verdict verdict_;  // before versions_, which counts in it
  Versions versions_;
  std::unordered_set<int64_t> undone_;
  std::vector<Edge> edges_;
};

}  // namespace

const char* level_name(Level level) {
  constexpr const char* kNames[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
  return kNames[static_cast<int>(level)];
}

const std::set<std::string>& forbidden(Level level) {
  static const std::set<std::string> kReadCommitted = {"G0",  "G1a",   "G1b",   "G1c",
                                                       "own", "order", "stale", "lost"};
  static const std::set<std::string> kRepeatableRead = [] {
    std::set<std::string> all = kReadCommitted;
    all.insert({"internal", "G-single", "lost update", "twice"});
    return all;
  }();
  static const std::set<std::string> kSerializable = [] {
    std::set<std::string> all = kRepeatableRead;
    all.insert("G2-item");
    return all;
  }();
  return level == Level::ReadCommitted    ? kReadCommitted
         : level == Level::RepeatableRead ? kRepeatableRead
                                          : kSerializable;
}

bool Verdict::has_any(const std::set<std::string>& names) const {
  return std::any_of(found.begin(), found.end(),
                     [&](const auto& each) { return each.second > 0 && names.count(each.first) != 0; });
}

Verdict judge(const History& history, const Lists& final_lists, bool has_lists) {
  return Judge(history, has_lists).run(final_lists);
}

std::string to_text(const History& history, bool has_lists) {
  std::map<std::string, int> found;
  return Versions(history, has_lists, found).to_text(history);
}

}  // namespace rowan::history
