// executor/index_build.h: fills a new index from the rows of its table: the keys of the newest committed
// versions are sorted (runs that do not fit in memory are merged from temporary files) and loaded bottom-up.
#pragma once

#include "executor/index_keys.h"
#include "executor/relations.h"
#include "types/budget.h"
#include "types/cancel.h"
#include "types/result.h"

namespace rowan {

class Transaction;

// What an index that was filled holds: the versions that were seen at `complete_from`, and when it is not 0
// there were others (catalog::Index says what follows).
struct FilledIndex {
  CommitSeq complete_from = 0;
};

// The caller holds a lock that keeps writers out. `keys` is of the index, `storage` its empty storage. Sorts
// in `sort_memory` bytes, beyond which runs go to temporary files. Unique indexes refuse duplicates: 23505
// "could not create unique index" with the key. Errors also: 54000, 57014, those of storage.
Result<FilledIndex> fill_index(Relations& relations, Transaction& transaction, IndexKeys& keys,
                               IndexStorage& storage, size_t sort_memory, EvalContext& context,
                               CancelToken* cancel);

}  // namespace rowan
