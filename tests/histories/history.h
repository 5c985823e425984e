// tests/histories/history.h: what concurrent transactions did and saw.
//
// Keys hold lists of values that are unique in the history, or one such value (a register); a key without a
// row holds nothing. So a read of a row tells exactly whose work it saw.
//
// In what order the versions of a key came about is told by a clock that the program ticks and the database
// knows nothing of, so nothing is serialized by being observed: whoever writes a key has it locked until the
// end of its transaction, so a tick after the statement and before COMMIT lies in the order of the versions.
// What is read confirms that order or refutes it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace rowan::history {

using List = std::vector<int64_t>;
using Tick = uint64_t;

inline constexpr Tick kEver = std::numeric_limits<Tick>::max();

struct Operation {
  enum class Kind : uint8_t {
    Read,
    Append,  // to what stands there, by the engine; or the first value of a new row
    Write,   // in place of whatever stood there
    Delete
  };
  Kind kind = Kind::Read;
  int64_t key = 0;
  int64_t value = 0;  // of everything that writes, unique in the history; a delete's is never stored
  // Read: what stood there, nothing: no row. Write: what was written, `value` last. Append, Delete: what it
  // says it has made, or taken away; empty: it does not say.
  List seen;
  // Read: what it sees was the newest that is committed at some moment between these two. What writes has
  // its place in the order of versions at `to`.
  Tick from = 0, to = kEver;
  bool is_twice = false;  // Read: it saw two rows of one key
};

struct Transaction {
  bool committed = false;  // false: rolled back, whole or (what it wrote alone) to a savepoint
  Tick commit_from = 0, commit_to = kEver;
  std::vector<Operation> operations;
};

using History = std::vector<Transaction>;
using Lists = std::map<int64_t, List>;  // by key; keys without a row are left out

}  // namespace rowan::history
