// storage/index.h: what the kinds of index (storage/btree, storage/hash) share: how an insert asks about rows
// with an equal key, and how it may end.
//
// Latch order: index page before heap page. Whoever looks at a row without a snapshot (unique checks, foreign
// keys) does so under the index page's latch, or a slot freed and used again in between would deceive it
// (hazards, 9, 19).
#pragma once

#include <cstdint>
#include <string_view>

#include "types/ids.h"
#include "types/result.h"

namespace rowan {

// Longer keys are refused: 54000 (the caller adds the index's name).
inline constexpr size_t kIndexKeyMax = 2700;

// What a look at a row with an equal key says about inserting another.
struct RowVerdict {
  enum class Kind : uint8_t {
    Dead,      // gone, aborted, or its key is another now: no obstacle
    Conflict,  // it is there
    WaitFor    // its writer is in progress; `writer` decides
  };
  Kind kind = Kind::Dead;
  WriteId writer = kNoWriteId;
};

// Looks at rows from under an index page's latch: may latch heap pages and read them in, nothing else.
class RowCheck {
 public:
  virtual ~RowCheck() = default;
  virtual Result<RowVerdict> look(RowId row) = 0;
};

struct InsertOutcome {
  enum class Kind : uint8_t {
    Inserted,
    Duplicate,  // `row` has that key
    WaitFor     // wait for `writer` with no latch held, then insert again
  };
  Kind kind = Kind::Inserted;
  RowId row;
  WriteId writer = kNoWriteId;
};

// Visits entries from under their page's latch; returns whether to go on. May do what RowCheck may.
class EntryVisitor {
 public:
  virtual ~EntryVisitor() = default;
  virtual Result<bool> visit(std::string_view key, RowId row) = 0;
};

}  // namespace rowan
