// tests/histories/versions.h: the versions of each key in their order, rebuilt from what committed
// transactions wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/histories/history.h"

namespace rowan::history {

inline constexpr size_t kNobody = std::numeric_limits<size_t>::max();

struct Version {
  size_t writer = kNobody;  // the first version of all, nothing, is nobody's
  int64_t value = 0;
  bool is_absent = true;
  bool is_last_of_writer = true;  // its writer did not replace it
  size_t strand = 0, length = 0;  // its list: so many values of that strand
  size_t life = 0, place = 0;     // since how many deletes; the how many-eth version since then, from 1
};

struct VersionOrder {
  std::vector<Version> versions;
  std::vector<List> strands;  // lists that begin anew, by a first insert or a write in place of all
};

class Versions {
 public:
  // `has_lists`: keys hold lists; else registers. What contradicts the order is counted in `found`: "order".
  Versions(const History& history, bool has_lists, std::map<std::string, int>& found);

  const std::map<int64_t, VersionOrder>& keys() const { return keys_; }
  const VersionOrder& of(int64_t key) const;

  // The version that ends in `value`; false: no committed transaction wrote that to `key`.
  bool find(int64_t key, int64_t value, size_t& version) const;
  // Did the version hold this?
  bool holds(const VersionOrder& order, const Version& version, const List& seen) const;
  // The next version that another than the writer of `version` made; the size: none.
  static size_t next_of_another(const VersionOrder& order, size_t version);

  // A line each transaction that committed, as checkers of appended lists read it: "a KEY VALUE; r KEY
  // V1,V2;". Each life of a key is a key of its own there, which ends by a value that stands for the delete.
  std::string to_text(const History& history) const;

 private:
  struct Place {
    int64_t key;
    size_t version;
  };
  struct Write {
    size_t writer;
    const Operation* operation;
  };
  void add(VersionOrder& order, const Write& write, std::map<std::string, int>& found);
  void print_reading(std::string& text, int64_t key, const VersionOrder& order, size_t first,
                     size_t last) const;

  bool has_lists_;
  std::map<int64_t, VersionOrder> keys_;
  std::unordered_map<int64_t, Place> places_;
};

// The versions that an operation that saw no row may have seen: [first, last]. False: none.
bool find_absent(const History& history, const VersionOrder& order, const Operation& read, size_t& first,
                 size_t& last);
// Was `version` the newest that is committed at some moment of the read?
bool was_current(const History& history, const VersionOrder& order, size_t version, const Operation& read);

}  // namespace rowan::history
