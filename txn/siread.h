// txn/siread.h: SIREAD locks: what SERIALIZABLE transactions have read, kept until nobody who ran beside them
// is left. They block nobody; a writer asks who has read what it has just written (txn/ssi.h).
//
// What is read is a relation (a scan of it), a page or a row of a heap, or a stretch of an index's keys: the
// gaps between the keys are part of it, and splits, merges and moves of index pages do not concern it. A
// transaction with many locks on a page holds the page instead, with many on a relation the relation.
// Source: Ports and Grittner, Serializable Snapshot Isolation in PostgreSQL (VLDB 2012), section 5.2; there
// index pages stand for their gaps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "txn/range_tree.h"
#include "types/ids.h"

namespace rowan {

class SsiTransaction;

// Not thread-safe. What takes locks may throw std::bad_alloc and then has changed nothing that a writer would
// miss.
class SireadTable {
 public:
  SireadTable();
  ~SireadTable();

  // The locks of one transaction. At the same address while it holds any.
  class Holder {
   public:
    Holder();
    ~Holder();
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    SsiTransaction* transaction = nullptr;
    size_t count() const;

   private:
    friend class SireadTable;
    struct Locks;
    std::unique_ptr<Locks> locks_;
  };

  void read_relation(Holder& holder, RelationId relation);
  void read_row(Holder& holder, RelationId relation, RowId row);
  // Keys of an index in [lower, upper); one that goes on where the holder's last one ended becomes part of
  // it.
  void read_range(Holder& holder, RelationId index, std::string_view lower, std::string_view upper,
                  bool has_upper);

  // Calls `visit` for the holders of what covers a row; without one, for those of the relation as a whole (an
  // insert into a heap). Some may come twice.
  using Visit = std::function<void(Holder&)>;
  void visit_row(RelationId relation, RowId row, const Visit& visit) const;
  void visit_relation(RelationId relation, const Visit& visit) const;
  // Those who have read something of the stretch [lower, upper) of an index's keys, or all of it.
  void visit_keys(RelationId index, std::string_view lower, std::string_view upper, const Visit& visit) const;
  // Those who have read anything of a relation.
  void visit_any(RelationId relation, const Visit& visit) const;

  // Who has read row `from` has read row `to` too.
  void copy_row(RelationId relation, RowId from, RowId to);
  // Who has read anything of `from` has read all of `to` too.
  void copy_relation(RelationId from, RelationId to);
  // All locks of `from` are `to`'s as well, and `from` has none.
  void give(Holder& from, Holder& to);
  void release(Holder& holder);

  size_t count() const { return count_; }

  // When a holder's locks on a page, or on a relation, become one.
  static constexpr uint32_t kRowsOfPageMax = 16;
  static constexpr uint32_t kLocksOfRelationMax = 256;
  // With so many locks of all each new one becomes its relation's.
  static constexpr size_t kLocksMax = size_t{1} << 17;

 private:
  struct Tables;
  bool add_place(Holder& holder, RelationId relation, uint64_t place);
  void drop_parts(Holder& holder, RelationId relation);
  void release_relation(Holder& holder, RelationId relation);
  std::unique_ptr<Tables> tables_;
  size_t count_ = 0;
};

}  // namespace rowan
