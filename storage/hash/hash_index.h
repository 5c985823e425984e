// storage/hash/hash_index.h: an index for equality alone: linear hashing on pages (Litwin, VLDB 1980).
// Entries are (32 bits of hash, row id): readers compare the row's value, so keys of any length fit. A bucket
// is a page and its overflow pages; buckets split one after another as the index grows.
//
// Order of latches: meta page, then a bucket's first page, then its overflow pages, then heap pages. A
// bucket's first page stands for all of it: exclusive to change, shared to read.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/index.h"
#include "storage/log/record.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class CheckReport;
class Storage;

class HashIndex {
 public:
  // As Btree's.
  static Result<std::unique_ptr<HashIndex>> create(Storage& storage, RelationId relation);
  static Result<std::unique_ptr<HashIndex>> open(Storage& storage, RelationId relation);
  static Result<> drop(Storage& storage, RelationId relation);

  RelationId relation() const { return relation_; }
  uint64_t page_count() const;

  // Adds an entry for `key` (bytes of storage/btree/key.h, any length). With `check`, first looks at every
  // row with the same hash, under the bucket's exclusive latch: `check` compares the row's key itself, and
  // calls a row with another key Dead. Otherwise as Btree::insert.
  Result<InsertOutcome> insert(std::string_view key, RowId row, RowCheck* check = nullptr);
  Result<bool> remove(std::string_view key, RowId row);
  Result<bool> contains(std::string_view key, RowId row) const;

  // Rows that may have `key` (their hash says so), appended to `rows`. The caller compares.
  Result<> find(std::string_view key, std::vector<RowId>& rows) const;
  // The same, each shown under the bucket's shared latch, until the visitor says stop; its key argument is
  // empty.
  Result<> visit(std::string_view key, EntryVisitor& visitor) const;

  // Makes room for about `entries` before a bulk load, so that its buckets need not split one by one. Only
  // while empty.
  Result<> presize(uint64_t entries);

  Result<> verify(CheckReport& report) const;
  Result<std::string> dump(PageNo page) const;

 private:
  friend class HashWriter;
  HashIndex(Storage& storage, RelationId relation, PageNo meta)
      : storage_(storage), relation_(relation), meta_(meta) {}
  Storage& storage_;
  const RelationId relation_;
  const PageNo meta_;
};

void register_hash_redo(RedoTable& table);

}  // namespace rowan
