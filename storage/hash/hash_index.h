// storage/hash/hash_index.h: an index for equality alone. Entries are (64-bit hash of the key, row id) in a
// B-link tree ordered by the hash: keys of any length take 18 bytes, lie whole in their slots, and share the
// tree's latching, splits, log records and checks. Readers compare the row's value, since hashes collide.
//
// Rejected for now: linear hashing on pages of its own. It saves the descent through one or two inner levels,
// which are read without latches anyhow, and would cost a second set of split, redo and crash rules
// (docs/decisions.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/btree/btree.h"
#include "storage/index.h"
#include "storage/log/record.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class CheckReport;
class SsiTransaction;
class Storage;

class HashIndex {
 public:
  // As Btree's.
  static Result<std::unique_ptr<HashIndex>> create(Storage& storage, RelationId relation);
  static Result<std::unique_ptr<HashIndex>> open(Storage& storage, RelationId relation);
  static Result<> drop(Storage& storage, RelationId relation);

  RelationId relation() const { return tree_->relation(); }
  uint64_t page_count() const { return tree_->page_count(); }

  // Adds an entry for `key` (bytes of storage/btree/key.h, any length). With `check`, first looks at every
  // row with the same hash, under the leaf's exclusive latch: `check` compares the row's key itself, and
  // calls a row with another key Dead. Otherwise as Btree::insert.
  Result<InsertOutcome> insert(std::string_view key, RowId row, RowCheck* check = nullptr);
  // As Btree::remove.
  Result<bool> remove(std::string_view key, RowId row, RowCheck* check = nullptr);
  Result<bool> contains(std::string_view key, RowId row) const;

  // Rows that may have `key` (their hash says so), appended to `rows`. The caller compares.
  // SERIALIZABLE: `reader` is told.
  Result<> find(std::string_view key, std::vector<RowId>& rows, SsiTransaction* reader = nullptr) const;
  // The same, each shown under its leaf's shared latch, until the visitor says stop; its key argument is
  // empty.
  Result<> visit(std::string_view key, EntryVisitor& visitor) const;

  // Every entry, in the order of hashes, each under its leaf's shared latch; its key argument is
  // entry_key() of the row's key.
  Result<> visit_all(EntryVisitor& visitor) const { return tree_->visit(KeyRange::all(), visitor); }
  static std::string entry_key(std::string_view key);

  // As Btree's.
  Result<bool> relocate(PageNo page, PageNo limit) { return tree_->relocate(page, limit); }
  Result<uint64_t> vacate(PageRun run, const std::function<bool()>& goes_on) {
    return tree_->vacate(run, goes_on);
  }

  Result<> verify(CheckReport& report) const { return tree_->verify(report); }
  Result<std::string> dump(PageNo page) const { return tree_->dump(page); }

 private:
  explicit HashIndex(std::unique_ptr<Btree> tree) : tree_(std::move(tree)) {}
  std::unique_ptr<Btree> tree_;
};

}  // namespace rowan
