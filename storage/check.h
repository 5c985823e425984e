// storage/check.h: what `rowan check FILE` found. Every stored structure has a verify() that adds to one
// report.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/pool/guards.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class BufferPool;
class Space;

struct CheckFinding {
  PageNo page;       // kNoPage: of the whole file
  RelationId owner;  // kNoRelation: nobody's
  std::string message;
};

class CheckReport {
 public:
  void add(PageNo page, RelationId owner, std::string message) {
    if (findings_.size() < kFindingsMax) findings_.push_back({page, owner, std::move(message)});
    ++count_;
  }
  // A page whose bytes cannot be used: said once, whoever meets it next passes over it.
  void add_unreadable(PageNo page, RelationId owner, std::string message) {
    if (unreadable_.insert(page).second) add(page, owner, std::move(message));
  }
  bool is_unreadable(PageNo page) const { return unreadable_.count(page) != 0; }

  bool is_clean() const { return count_ == 0; }
  uint64_t count() const { return count_; }  // all, also those beyond the first kFindingsMax
  const std::vector<CheckFinding>& findings() const { return findings_; }

  static constexpr size_t kFindingsMax = 1000;

 private:
  std::vector<CheckFinding> findings_;
  std::set<PageNo> unreadable_;
  uint64_t count_ = 0;
};

// A page of `relation` under its shared latch. An empty guard: it is damaged, which the report says by now,
// or it was given back meanwhile. Errors: those of the pool that are not XX001.
Result<ReadGuard> read_for_check(BufferPool& pool, const Space& space, RelationId relation, PageNo page,
                                 CheckReport& report);

}  // namespace rowan
