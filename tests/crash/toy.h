// tests/crash/toy.h: the smallest thing that lives on pages: 64 numbers each. And a model of it that forgets
// nothing: the state after each logged operation, as a hash.
#pragma once

#include <array>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "storage/commit.h"
#include "storage/storage.h"
#include "tests/crash/dice.h"

namespace rowan::toy {

inline constexpr size_t kNumbers = 64;
inline constexpr RecordType kToySet = RecordType::ToyFirst;

struct Assignment {
  uint32_t slot;
  uint32_t is_inner;  // the page is from here on one that changes by replacement
  uint64_t value;
};

inline Result<> redo_set(Page page, const RecordView& record, size_t part) {
  std::span<const std::byte> bytes = record.part(part).bytes;
  if (bytes.size() % sizeof(Assignment) != 0) return Error(sqlstate::data_corrupted, "toy");
  for (size_t at = 0; at < bytes.size(); at += sizeof(Assignment)) {
    Assignment one;
    std::memcpy(&one, bytes.data() + at, sizeof one);
    if (one.slot >= kNumbers) return Error(sqlstate::data_corrupted, "toy slot");
    std::memcpy(page.body() + one.slot * 8, &one.value, 8);
    if (one.is_inner != 0) page.header().flags |= kPageInner;
  }
  return {};
}

inline StorageHooks hooks(RecoveryObserver* observer) {
  StorageHooks hooks;
  hooks.redo.add(kToySet, redo_set);
  hooks.observers[0] = observer;
  return hooks;
}

inline uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32);
}

struct ToyPage {
  RelationId relation;
  std::array<uint64_t, kNumbers> numbers{};
};

// Pages in use with their owners and numbers, and the write ids that committed.
struct State {
  std::map<PageNo, ToyPage> pages;
  std::set<WriteId> committed;

  uint64_t hash() const {
    uint64_t sum = 1;
    for (const auto& [number, page] : pages) {
      sum = mix(mix(sum, number), page.relation);
      for (uint64_t value : page.numbers) sum = mix(sum, value);
    }
    for (WriteId id : committed) sum = mix(sum, id);
    return sum;
  }
};

// What was logged, in order: history[k] is the hash of the state after k operations.
struct Model {
  State state;
  std::vector<uint64_t> history{State().hash()};
  std::set<WriteId> writers;  // every id that logged anything
  size_t acknowledged = 0;    // operations that are on the disk for certain

  void note() { history.push_back(state.hash()); }
  size_t issued() const { return history.size() - 1; }
};

}  // namespace rowan::toy
