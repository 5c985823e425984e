// storage/space/space.h: which relation owns which page. Relations grow by extents of 1, 1, 2, 4 … 64 pages
// with real blocks under them. The map is in memory; it is rebuilt from the last checkpoint's copy and the
// log records behind it, so that nothing leaks in a crash. Blocks of freed extents are punched, and the
// file's tail is cut, by the checkpoint that no longer needs them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "storage/page.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class Storage;

struct PageRun {
  PageNo start;
  uint32_t count;
};

// Relations below this number are storage's and the catalog's own, with numbers compiled in.
inline constexpr RelationId kStateRelation = 1;
inline constexpr RelationId kFirstCatalogRelation = 16;
inline constexpr RelationId kFirstUserRelation = 1024;

class Space {
 public:
  virtual ~Space() = default;

  // A relation id that never was, logged. Errors: as Change::reserve. Thread-safe. Blocks.
  virtual Result<RelationId> new_relation_id() = 0;

  // Frees every page of the relation, logged; no page of it may be latched or reachable. Thread-safe. Blocks.
  virtual Result<> drop_relation(RelationId relation) = 0;

  // The relation's first page, which Change::commit made known first and which is freed only with the
  // relation: a place for its meta page or root. kNoPage when it has none.
  virtual PageNo anchor(RelationId relation) const = 0;
  // Pages in use (made by create() and committed), in rising order: those at or behind `from`, at most
  // out.size(). Returns how many were found. Thread-safe.
  virtual size_t pages(RelationId relation, PageNo from, std::span<PageNo> out) const = 0;
  virtual uint64_t page_count(RelationId relation) const = 0;      // in use
  virtual uint64_t reserved_count(RelationId relation) const = 0;  // in its extents
  virtual RelationId owner(PageNo page) const = 0;                 // kNoRelation: free
  virtual bool is_used(PageNo page) const = 0;
  virtual std::vector<RelationId> relations() const = 0;  // that own an extent
  virtual PageNo file_pages() const = 0;                  // the file's length

  // Drops every relation for which `exists` says no (extents of DDL that never committed): after recovery,
  // once the catalog is readable. Returns how many. Blocks.
  template <class Exists>
  Result<size_t> free_orphans(Exists exists) {
    size_t freed = 0;
    for (RelationId relation : relations()) {
      if (relation < kFirstCatalogRelation || exists(relation)) continue;
      Result<> dropped = drop_relation(relation);
      if (!dropped.ok()) return std::move(dropped).error();
      ++freed;
    }
    return freed;
  }
};

}  // namespace rowan
