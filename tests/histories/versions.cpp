#include "tests/histories/versions.h"

#include <algorithm>

namespace rowan::history {

Versions::Versions(const History& history, bool has_lists, std::map<std::string, int>& found)
    : has_lists_(has_lists) {
  std::map<int64_t, std::vector<Write>> writes;
  for (size_t i = 0; i < history.size(); ++i) {
    if (!history[i].committed) continue;
    for (const Operation& operation : history[i].operations)
      if (operation.kind != Operation::Kind::Read) writes[operation.key].push_back({i, &operation});
  }
  for (auto& [key, list] : writes) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Write& a, const Write& b) { return a.operation->to < b.operation->to; });
    VersionOrder& order = keys_[key];
    order.versions.emplace_back();
    order.strands.emplace_back();
    for (const Write& write : list) {
      add(order, write, found);
      places_[write.operation->value] = {key, order.versions.size() - 1};
    }
    for (size_t i = 0; i + 1 < order.versions.size(); ++i)
      order.versions[i].is_last_of_writer = order.versions[i].writer != order.versions[i + 1].writer;
  }
}

void Versions::add(VersionOrder& order, const Write& write, std::map<std::string, int>& found) {
  const Operation& operation = *write.operation;
  const Version before = order.versions.back();
  Version version = before;
  version.writer = write.writer;
  version.value = operation.value;
  version.is_absent = operation.kind == Operation::Kind::Delete;
  bool begins = before.is_absent && before.writer != kNobody;
  version.life = before.life + (begins ? 1 : 0);
  version.place = begins ? 1 : before.place + 1;
  if (operation.kind == Operation::Kind::Delete) {
    if (before.is_absent || (!operation.seen.empty() && !holds(order, before, operation.seen)))
      ++found["order"];
  } else {
    bool extends = !before.is_absent && (!has_lists_ || operation.kind == Operation::Kind::Append ||
                                         (operation.seen.size() == before.length + 1 &&
                                          std::equal(operation.seen.begin(), operation.seen.end() - 1,
                                                     order.strands[before.strand].begin())));
    if (!extends) {
      version.strand = order.strands.size();
      bool is_whole = has_lists_ && operation.kind == Operation::Kind::Write;
      order.strands.push_back(is_whole ? operation.seen : List{operation.value});
    } else {
      order.strands[before.strand].push_back(operation.value);
    }
    version.length = order.strands[version.strand].size();
    if (operation.kind == Operation::Kind::Append && !operation.seen.empty() &&
        !holds(order, version, operation.seen))
      ++found["order"];
  }
  order.versions.push_back(version);
}

const VersionOrder& Versions::of(int64_t key) const {
  static const VersionOrder kNothing{{Version()}, {List()}};
  auto found = keys_.find(key);
  return found == keys_.end() ? kNothing : found->second;
}

bool Versions::find(int64_t key, int64_t value, size_t& version) const {
  auto found = places_.find(value);
  if (found == places_.end() || found->second.key != key) return false;
  version = found->second.version;
  return true;
}

bool Versions::holds(const VersionOrder& order, const Version& version, const List& seen) const {
  if (version.is_absent) return seen.empty();
  if (!has_lists_) return seen.size() == 1 && seen.front() == version.value;
  const List& strand = order.strands[version.strand];
  return seen.size() == version.length && std::equal(seen.begin(), seen.end(), strand.begin());
}

size_t Versions::next_of_another(const VersionOrder& order, size_t version) {
  size_t next = version + 1;
  while (next < order.versions.size() && order.versions[next].writer == order.versions[version].writer)
    ++next;
  return next;
}

bool was_current(const History& history, const VersionOrder& order, size_t version, const Operation& read) {
  size_t writer = order.versions[version].writer;
  if (writer != kNobody && history[writer].commit_from > read.to) return false;
  size_t next = Versions::next_of_another(order, version);
  return next == order.versions.size() || history[order.versions[next].writer].commit_to >= read.from;
}

bool find_absent(const History& history, const VersionOrder& order, const Operation& read, size_t& first,
                 size_t& last) {
  bool is_found = false;
  for (size_t i = 0; i < order.versions.size(); ++i) {
    const Version& version = order.versions[i];
    if (!version.is_absent || !version.is_last_of_writer || !was_current(history, order, i, read)) continue;
    if (!is_found) first = i;
    last = i;
    is_found = true;
  }
  return is_found;
}

// What was read, `first` to `last` where that is not known exactly.
void Versions::print_reading(std::string& text, int64_t key, const VersionOrder& order, size_t first,
                             size_t last) const {
  auto print_key = [&](size_t life) {
    text += "r " + std::to_string(key * 1'000'000 + static_cast<int64_t>(life)) + " ";
  };
  const Version& version = order.versions[first];
  if (version.writer != kNobody) {
    print_key(version.life);
    for (size_t i = first + 1 - version.place; i <= first; ++i)
      text += (order.versions[i].place == 1 ? "" : ",") + std::to_string(order.versions[i].value);
    text += "; ";
  }
  const Version& after = order.versions[last];
  if (!after.is_absent) return;
  print_key(after.writer == kNobody ? 0 : after.life + 1);
  text += "; ";
}

std::string Versions::to_text(const History& history) const {
  std::string text;
  for (size_t number = 0; number < history.size(); ++number) {
    if (!history[number].committed) continue;
    std::map<int64_t, size_t> own;  // its last version of each key so far
    for (const Operation& operation : history[number].operations) {
      const VersionOrder& order = of(operation.key);
      size_t version = 0;
      if (operation.kind != Operation::Kind::Read) {
        if (!find(operation.key, operation.value, version)) continue;
        const Version& made = order.versions[version];
        if (made.place == 1 && made.life > 0)
          print_reading(text, operation.key, order, version - 1, version - 1);
        text += "a " + std::to_string(operation.key * 1'000'000 + static_cast<int64_t>(made.life)) + " " +
                std::to_string(operation.value) + "; ";
        own[operation.key] = version;
        continue;
      }
      size_t last = 0;
      auto mine = own.find(operation.key);
      if (!operation.seen.empty()) {
        if (!find(operation.key, operation.seen.back(), version)) continue;
        last = version;
      } else if (mine != own.end()) {
        version = last = mine->second;
        if (!order.versions[version].is_absent) continue;
      } else if (!find_absent(history, order, operation, version, last)) {
        continue;
      }
      print_reading(text, operation.key, order, version, last);
    }
    text += "\n";
  }
  return text;
}

}  // namespace rowan::history
