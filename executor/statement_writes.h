// executor/statement_writes.h: what a statement's writes leave to be done at its end: foreign keys. A child's
// new key must have a parent, which is then locked FOR KEY SHARE; a parent that lost its key has its children
// looked up and refused, deleted or changed. What those changes leave in turn is queued behind (as
// PostgreSQL's after triggers are), so cascades of any depth and cycles end in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "executor/run.h"
#include "executor/table_binding.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

class StatementWrites {
 public:
  explicit StatementWrites(Run& run);
  ~StatementWrites();
  void clear();

  // Row `row` of `rows` (by table column number) of `child` is new, or its key is. Rows with the same key are
  // looked up once.
  Result<> child_changed(const catalog::TablePtr& child, const catalog::Constraint& key, const Batch& rows,
                         uint32_t row);
  // Row `row` of `old_rows` of `parent`, which `key` refers to, is gone (new_rows nullptr) or changed.
  void parent_changed(const catalog::TablePtr& parent, const catalog::Constraint& key, const Batch& old_rows,
                      const Batch* new_rows, uint32_t row);
  // Does all of it. Errors: 23503 · 40001 · those of waiting and writing.
  Result<> finish();

 private:
  struct Event {
    const catalog::Constraint* key;
    bool is_child;
    std::vector<Value> values;      // the child's new key; the parent's old one
    std::vector<Value> new_values;  // a parent's new key; empty: it is gone
  };
  class Finder;
  class Action;
  Result<> check_child(const Event& event);
  Result<> act_on_children(const Event& event);
  Result<> check_unreferenced(const Event& event, Finder& parent, std::vector<Value> key, bool or_taken_over);
  Result<> check_all_seen(const Event& event, const std::vector<Value>& parameters);
  Result<Finder*> finder(const catalog::Constraint& key);
  Result<uint64_t> run_action(const Event& event, int kind, std::vector<Value> parameters);
  Result<> refresh_snapshot();
  Error still_referenced(const Event& event) const;

  Run& run_;
  std::deque<Event> events_;
  std::map<catalog::Oid, std::set<std::string>> pending_children_;
  std::map<catalog::Oid, std::unique_ptr<Finder>> finders_;
  std::map<std::pair<catalog::Oid, int>, std::unique_ptr<Action>> actions_;
  std::unique_ptr<Snapshot> snapshot_;
};

}  // namespace rowan
