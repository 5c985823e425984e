// executor/lock_rows.cpp: SELECT … FOR UPDATE and its kin: each row is locked before it is handed on, one row
// for one wanted. A row that changed while we waited is evaluated again in its newest version.
#include <algorithm>
#include <optional>
#include <string>

#include "executor/conflict_text.h"
#include "executor/operators.h"
#include "executor/reevaluation.h"
#include "executor/relations.h"
#include "executor/table_binding.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

RowLockMode lock_rows_mode(physical::RowLock lock) {
  switch (lock) {
    case physical::RowLock::KeyShare:
      return RowLockMode::KeyShare;
    case physical::RowLock::Share:
      return RowLockMode::Share;
    case physical::RowLock::NoKeyUpdate:
      return RowLockMode::NoKeyUpdate;
    case physical::RowLock::Update:
      break;
  }
  return RowLockMode::Update;
}

class LockRowsOperator final : public Operator {
 public:
  LockRowsOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), node_(std::get<physical::LockRows>(plan.node)) {
    for (const physical::LockRows::Target& target : node_.targets)
      again_.push_back(std::make_unique<Reevaluation>(run, *plan.inputs[0], target.row_id, target.table));
  }

 private:
  using Target = physical::LockRows::Target;

  Result<> start() override {
    ENSURE(run().environment().transaction != nullptr);
    if (in_.capacity() == 0) in_ = input().make_batch();
    if (!heaps_.empty()) return {};
    for (const Target& target : node_.targets) {
      HeapPtr heap = TRY(run().environment().relations->heap(*target.table));
      heaps_.push_back(std::move(heap));
    }
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    bool more = TRY(input().next(in_, row_limit));
    if (!more) return false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < in_.row_count(); ++i) {
      source_ = &in_;
      source_row_ = in_.row(i);
      Result<bool> locked = lock_all();
      if (!locked.ok()) {
        fail_after(std::move(locked).error());
        break;
      }
      if (!*locked) continue;
      for (size_t column = 0; column < out.columns().size(); ++column)
        out.column(column).copy_row(count, source_->column(column), source_row_);
      ++count;
    }
    out.set_row_count(count);
    return true;
  }
  // False: the row is left out.
  Result<bool> lock_all() {
    for (size_t i = 0; i < node_.targets.size(); ++i) {
      const Vector& ids = source_->column(node_.targets[i].row_id);
      if (ids.is_null(source_row_)) continue;  // the side of an outer join that has no row
      RowId row =
          RowId::unpack(static_cast<uint64_t>(ids.data<int64_t>()[ids.is_constant() ? 0 : source_row_]));
      bool locked = TRY(lock_one(i, row));
      if (!locked) return false;
    }
    return true;
  }
  Result<bool> lock_one(size_t number, RowId row) {
    const Target& target = node_.targets[number];
    Environment& environment = run().environment();
    Transaction& transaction = *environment.transaction;
    LockManager& locks = environment.transactions->locks();
    RowLockMode mode = lock_rows_mode(target.lock);
    Wait wait;
    wait.lock_timeout_ms = environment.lock_timeout_ms;
    wait.cancel = environment.cancel;
    bool patient = target.wait == physical::LockWait::Block;
    Seen seen{run().snapshot(), kNoWriteId};
    auto refuse = [&](LockTarget held) -> Result<bool> {
      if (target.wait == physical::LockWait::SkipLocked) return false;
      return Error(sqlstate::lock_not_available,
                   "could not obtain lock on row in relation \"" + target.table->name + "\"")
          .table(target.table->name)
          .detail(locks.name_holder(transaction.locks(), held, static_cast<int>(mode)));
    };
    while (true) {
      TRY(run().check_cancel());
      if (heaps_[number]->has_moved_rows()) {
        // Not locked at a home that it has left: the slot may become another row's.
        RowOutcome place = TRY(heaps_[number]->check(transaction, row, seen));
        if (place.fate == RowFate::Moved) {
          row = place.row;
          seen.version = place.version;
          continue;
        }
      }
      if (!locks.try_lock_row(transaction.locks(), target.table->oid, row, mode)) {
        if (!patient) return refuse(LockTarget::row(kNoRelation, row));
        TRY(locks.lock_row(transaction.locks(), target.table->oid, row, mode, wait));
      }
      RowOutcome outcome = TRY(heaps_[number]->check(transaction, row, seen));
      bool repeatable = transaction.level() != IsolationLevel::ReadCommitted;
      switch (outcome.fate) {
        case RowFate::Done:
          return true;
        case RowFate::WaitForRowLock:
          continue;
        case RowFate::Moved:
          row = outcome.row;
          seen.version = outcome.version;
          continue;
        case RowFate::WaitForWriter: {
          // An update that leaves the keys alone does not disturb who only wants them to stay.
          if (mode == RowLockMode::KeyShare) {
            bool stays = TRY(keeps_its_keys(number, row, LatestState::InProgress));
            if (stays) return true;
          }
          if (!patient && !heaps_[number]->is_moving(row, outcome.writer))
            return refuse(LockTarget::write(outcome.writer));
          TRY(locks.wait_for_write(transaction.locks(), outcome.writer,
                                   LockTarget::row(target.table->oid, row), wait, mode));
          continue;
        }
        case RowFate::OwnLater:
        case RowFate::Gone:
          return false;
        case RowFate::Deleted:
          // PostgreSQL's words for a lock, of a row that is gone too.
          if (repeatable) return lost_row(environment, target.table->oid, row, WriteVerdict::Kind::Updated);
          return false;
        case RowFate::Updated:
          break;
      }
      if (mode == RowLockMode::KeyShare) {
        bool stays = TRY(keeps_its_keys(number, row, LatestState::Live));
        if (stays) return true;
      }
      if (repeatable) return lost_row(environment, target.table->oid, row, WriteVerdict::Kind::Updated);
      LatestRow latest;
      Reevaluation::Verdict verdict = TRY(again_[number]->run(row, *source_, source_row_, latest));
      if (verdict == Reevaluation::Verdict::Dropped) return false;
      if (verdict == Reevaluation::Verdict::Wait) continue;
      source_ = &again_[number]->output();
      source_row_ = again_[number]->output_row();
      seen = Seen{run().snapshot(), latest.creator};
    }
  }

  // Have all versions from the newest, which is in `state`, to the one that the snapshot sees the same unique
  // keys? Those between count too: a savepoint can bring any of them back.
  Result<bool> keeps_its_keys(size_t number, RowId row, LatestState state) {
    bindings_.resize(node_.targets.size());
    std::unique_ptr<TableBinding>& binding = bindings_[number];
    if (binding == nullptr) binding = TRY(TableBinding::make(run(), node_.targets[number].table));
    for (BoundIndex& index : binding->indexes) {
      if (!index.index->is_unique) continue;
      std::optional<std::string> newest;
      bool keeps = true, reached = false;
      auto look_at = [&](const Heap::Version& version) -> Result<bool> {
        if (version.has_values) {
          std::string key = TRY(probed_key(index));
          if (!newest) newest = key;
          keeps = key == *newest;
        }
        reached = version.is_visible || version.is_seen_where_it_was;
        return keeps && !reached;
      };
      index.probed.reset();
      TRY(binding->heap->visit_versions(*run().snapshot(), index.probe, row, index.probed, look_at));
      if (!keeps || !reached) return false;
    }
    // Without a unique key there is none to lose, but the row itself may be going.
    Projection nothing{binding->heap->layout(node_.targets[number].table->layout), {}, true};
    Batch ids(std::vector<Type>{TypeId::BigInt}, 1);
    LatestRow latest =
        TRY(binding->heap->fetch_latest(run().environment().transaction, nothing, row, ids, 0));
    return latest.state == state;
  }
  Result<std::string> probed_key(BoundIndex& index) {
    for (size_t i = 0; i < index.probe.columns.size(); ++i)
      index.probe_row.column(index.probe.columns[i]).borrow(index.probed.column(i));
    index.probe_row.set_row_count(1);
    TRY(index.probe_keys->compute(index.probe_row, Selection(1), run().eval()));
    std::string key;
    if (index.probe_keys->includes(0)) index.probe_keys->encode(0, key);
    return key;
  }

  const physical::LockRows& node_;
  std::vector<std::unique_ptr<TableBinding>> bindings_;
  std::vector<std::unique_ptr<Reevaluation>> again_;
  std::vector<HeapPtr> heaps_;
  Batch in_;
  const Batch* source_ = nullptr;  // where the row stands now: the input, or its re-evaluation
  uint32_t source_row_ = 0;
};

}  // namespace

OperatorPtr make_lock_rows(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<LockRowsOperator>(plan, run);
}

}  // namespace rowan
