// storage/check.h: what `rowan check FILE` found. Every stored structure has a verify() that adds to one
// report.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "types/ids.h"

namespace rowan {

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
  bool is_clean() const { return count_ == 0; }
  uint64_t count() const { return count_; }  // all, also those beyond the first kFindingsMax
  const std::vector<CheckFinding>& findings() const { return findings_; }

  static constexpr size_t kFindingsMax = 1000;

 private:
  std::vector<CheckFinding> findings_;
  uint64_t count_ = 0;
};

}  // namespace rowan
