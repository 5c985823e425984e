// storage/commit.h: the one place where the log and the transactions meet.
//
//   prepare; reserve log space           may fail: nothing has happened
//   [commit mutex] append the commit record; set the ids' status to its end LSN; the caller's own step
//   flush the log                        Durability::Sync only; followers of a group share one flush
//   publish                              in LSN order
//
// The mutex is what a checkpoint takes its cut under: a commit is either before {redo LSN, running ids} on
// both sides or behind it on both (hazards, 1).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/checkpoint_source.h"
#include "storage/commit_record.h"
#include "storage/log/record.h"
#include "txn/transactions.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class Storage;

enum class Durability : uint8_t {
  Sync,   // returns when the commit is on the disk
  Async,  // returns when the commit survives the process (not the machine)
};

class CommitProtocol final : public CheckpointSource {
 public:
  // Registers as the source of CheckpointPart::Transactions. `storage` and `transactions` outlive this.
  CommitProtocol(Storage& storage, Transactions& transactions);
  ~CommitProtocol() override;

  // Commits; the handle is ended unless an error came before the record was appended. `under_mutex(csn)` runs
  // in between, once, under the commit mutex: publishing a catalog version, row counts; it cannot fail and
  // does no I/O. A transaction without write ids ends without a record (under_mutex is still run if it is
  // given and returns 0). Returns the commit's CSN. Thread-safe. Blocks: hold no latch. Errors before the
  // commit (the transaction is still active): those of prepare · 53100 · 58030. After: 58030 the log failed,
  // the outcome is unknown until the database is opened again: until then it counts as running, keeps its
  // locks, and whoever waits for those or for its end is told 57P01 (Transactions::stop).
  Result<CommitSeq> commit(Transaction& transaction, Durability durability) {
    return commit(transaction, durability, nullptr, nullptr);
  }
  template <class Step>
  Result<CommitSeq> commit(Transaction& transaction, Durability durability, Step&& under_mutex) {
    auto call = [](void* step, CommitSeq csn) { (*static_cast<std::remove_reference_t<Step>*>(step))(csn); };
    return commit(transaction, durability, call, &under_mutex);
  }

  // Aborts all of it. No record, no space, cannot fail. Returns the ids that need cleaning.
  std::vector<WriteId> rollback(Transaction& transaction);

  // Of these aborted ids no trace is left: says so in the log, behind the records that removed the last of
  // them, and then to the transactions. Errors: as Log::reserve.
  Result<> forget_aborted(std::span<const WriteIdInterval> ids);

  std::string checkpoint_bytes() override;

 private:
  Result<CommitSeq> commit(Transaction& transaction, Durability durability, void (*step)(void*, CommitSeq),
                           void* state);
  Storage& storage_;
  Transactions& transactions_;
};

// Rebuilds the fate of write ids: an observer of recovery, then asked once.
class TransactionRecovery final : public RecoveryObserver {
 public:
  Result<> observe(const RecordView& record) override;
  // What Transactions is built from; `storage` has been opened with this observer. Errors: XX001.
  Result<RecoveredState> state(const Storage& storage) const;

 private:
  CommitReader commits_;
  WriteIdSet committed_, cleaned_;
  WriteId id_max_ = 0;
};

}  // namespace rowan
