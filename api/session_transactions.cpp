// api/session_transactions.cpp: BEGIN to COMMIT, savepoints between.
#include "api/session_core.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr uint64_t kGroundStep = uint64_t{1} << 32;

}  // namespace

Error refused_read_only(std::string_view words) {
  return Error(sqlstate::read_only_sql_transaction,
               "cannot execute " + std::string(words) + " in a read-only transaction");
}

TransactionStatus SessionCore::status() const {
  if (state_ == State::Failed) return TransactionStatus::Failed;
  return state_ == State::Block ? TransactionStatus::Active : TransactionStatus::Idle;
}

namespace {

// What a level that may be asked for means here.
IsolationLevel level_of(ast::IsolationLevel isolation) {
  switch (isolation) {
    case ast::IsolationLevel::ReadUncommitted:
    case ast::IsolationLevel::ReadCommitted:
      return IsolationLevel::ReadCommitted;
    case ast::IsolationLevel::RepeatableRead:
      return IsolationLevel::RepeatableRead;
    case ast::IsolationLevel::Serializable:
      return IsolationLevel::Serializable;
  }
  return IsolationLevel::ReadCommitted;
}

constexpr std::string_view kIsolationNames[] = {"read uncommitted", "read committed", "repeatable read",
                                                "serializable"};

}  // namespace

std::string_view SessionCore::isolation_name(ast::IsolationLevel isolation) {
  return kIsolationNames[static_cast<size_t>(isolation)];
}

ast::IsolationLevel SessionCore::isolation_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kIsolationNames); ++i) {
    if (kIsolationNames[i] == name) return static_cast<ast::IsolationLevel>(i);
  }
  return ast::IsolationLevel::ReadCommitted;
}

Result<> SessionCore::set_isolation(ast::IsolationLevel isolation) {
  if (isolation == isolation_) return {};
  if (has_queried_)
    return Error(sqlstate::active_sql_transaction,
                 "SET TRANSACTION ISOLATION LEVEL must be called before any query");
  if (!savepoints_.empty())
    return Error(sqlstate::active_sql_transaction,
                 "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
  isolation_ = isolation;
  level_ = level_of(isolation);
  transaction_.set_level(level_);
  return {};
}

Result<> SessionCore::set_read_only(bool read_only) {
  if (!read_only && transaction_.is_read_only()) {
    if (instance_->options().read_only)
      return Error(sqlstate::feature_not_supported,
                   "cannot set transaction read-write mode in a database that was opened read-only");
    if (!savepoints_.empty())
      return Error(sqlstate::active_sql_transaction,
                   "cannot set transaction read-write mode inside a read-only transaction");
    if (has_queried_)
      return Error(sqlstate::active_sql_transaction,
                   "transaction read-write mode must be set before any query");
  }
  transaction_.set_read_only(read_only);
  return {};
}

Result<> SessionCore::set_deferrable(bool deferrable) {
  if (deferrable == is_deferrable_) return {};
  if (!savepoints_.empty())
    return Error(sqlstate::active_sql_transaction,
                 "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
  if (has_queried_)
    return Error(sqlstate::active_sql_transaction,
                 "SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
  is_deferrable_ = deferrable;
  return {};
}

Result<> SessionCore::set_modes(const ast::TransactionModes& modes) {
  if (modes.isolation) TRY(set_isolation(*modes.isolation));
  if (modes.is_read_only) TRY(set_read_only(*modes.is_read_only));
  if (modes.is_deferrable) TRY(set_deferrable(*modes.is_deferrable));
  note_modes();
  return {};
}

void SessionCore::note_modes() {
  settings_.note_transaction(isolation_name(isolation_), transaction_.is_read_only(), is_deferrable_);
}

Result<> SessionCore::start_transaction(const ast::TransactionModes& modes, bool block) {
  read_settings();
  ast::IsolationLevel isolation = modes.isolation.value_or(default_isolation_);
  IsolationLevel level = level_of(isolation);
  bool read_only = modes.is_read_only.value_or(default_read_only_) || instance_->options().read_only;
  transaction_ = TRY(instance_->transactions().begin(*slot_, id_, level, read_only));
  begin_mark_ = instance_->transactions().set_savepoint(transaction_);
  isolation_ = isolation;
  is_deferrable_ = modes.is_deferrable.value_or(default_deferrable_);
  level_ = level;
  has_queried_ = false;
  if (settings_before_version_ != settings_.version()) {
    settings_before_ = settings_.values();
    settings_before_version_ = settings_.version();
  }
  settings_.begin_transaction();
  note_modes();
  state_ = block ? State::Block : State::Implicit;
  ground_ += kGroundStep;
  eval_.transaction_start_us = eval_.statement_start_us;
  published_.transaction_begins(eval_.transaction_start_us);
  return {};
}

void SessionCore::drop_created(size_t keep) {
  // Nobody else has ever seen these: they were in this transaction's catalog alone.
  while (created_.size() > keep) {
    static_cast<void>(instance_->relations().drop(created_.back()).ok());  // or recovery does
    created_.pop_back();
  }
  if (created_.empty()) instance_->relations().end_indexing(transaction_.id());
}

SessionCore::StorageHold::StorageHold(SessionCore& session)
    : session_(session), before_(session.working_version_.load(std::memory_order_relaxed)) {
  // Whoever frees storage looks here after its definition is gone; we look for definitions after this.
  uint64_t newest = session.instance_->catalog().newest_number();
  session.working_version_.store(std::min(before_, newest), std::memory_order_seq_cst);
}

SessionCore::StorageHold::~StorageHold() {
  session_.working_version_.store(before_, std::memory_order_release);
}

void SessionCore::roll_back_transaction() {
  if (transaction_snapshot_) {
    instance_->transactions().release_snapshot(*slot_, *transaction_snapshot_);
    transaction_snapshot_.reset();
  }
  bool is_undone = transaction_.is_active();  // else it is over, and what it made is not ours to drop
  if (is_undone) {
    StorageHold hold(*this);
    std::vector<WriteId> ids = instance_->commits().rollback(transaction_);
    if (!created_.empty()) instance_->relations().end_indexing(transaction_.id());
    // Never needed for correctness; what fails here is left to the background cleaner.
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
  }
  savepoints_.clear();
  overlay_.clear();
  if (is_undone && !created_.empty()) drop_created(0);
  if (!created_.empty()) instance_->relations().end_indexing(transaction_.id());
  created_.clear();
  released_.clear();
  settings_.restore(settings_before_);
  published_.transaction_ends();
  state_ = State::Idle;
  ground_ += kGroundStep;
}

void SessionCore::fail_transaction() {
  bool is_over = !transaction_.is_active();  // memory ran out behind its commit record
  if (state_ == State::Implicit || state_ == State::Appending || (state_ == State::Block && is_over)) {
    roll_back_transaction();
  } else if (state_ == State::Block) {
    // What was done since the innermost savepoint can no longer be kept: it goes now, and its locks with it,
    // so that whoever waits for them need not wait for our client to say ROLLBACK.
    const Savepoint& mark = savepoints_.empty() ? begin_mark_ : savepoints_.back().mark;
    StorageHold hold(*this);
    std::vector<WriteId> ids = instance_->transactions().rollback_to(transaction_, mark);
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
    if (savepoints_.empty()) instance_->transactions().give_up(transaction_);
    state_ = State::Failed;
    ground_ += kGroundStep;
  }
}

Result<> SessionCore::commit_transaction() {
  auto give_up = [&](Error error) -> Result<> {
    roll_back_transaction();
    return error;
  };
  std::vector<catalog::Change> changes = overlay_.changes();
  catalog::PendingRows pending;
  if (!changes.empty()) {
    // Made before the transaction became READ ONLY, or by ANALYZE, which it does not forbid.
    transaction_.set_read_only(false);
    Result<catalog::PendingRows> written =
        instance_->catalog_store().write(transaction_, changes, cancel_.get());
    if (!written.ok()) return give_up(std::move(written).error());
    pending = std::move(*written);
  }
  if (transaction_snapshot_) {
    instance_->transactions().release_snapshot(*slot_, *transaction_snapshot_);
    transaction_snapshot_.reset();
  }
  committing_.assign(transaction_.write_ids().begin(), transaction_.write_ids().end());
  uint64_t before = instance_->catalog().newest_number();
  read_settings();
  Durability durability = synchronous_commit_ ? Durability::Sync : Durability::Async;
  Result<CommitSeq> committed = changes.empty()
                                    ? instance_->commits().commit(transaction_, durability)
                                    : instance_->commits().commit(transaction_, durability, [&](CommitSeq) {
                                        before = instance_->catalog().newest_number();
                                        instance_->catalog().publish(changes);
                                        // Here, for the locks go next: whoever changes these definitions
                                        // again asks the store where their rows are.
                                        instance_->catalog_store().committed(pending);
                                      });
  if (!committed.ok()) return give_up(std::move(committed).error());
  if (!committing_.empty()) instance_->page_sets().committed(committing_);
  constexpr size_t kIdsKept = 1024;  // a transaction of a million savepoints leaves no 8 MB behind
  if (committing_.capacity() > kIdsKept) committing_ = {};
  instance_->release_later(std::move(released_), before);
  released_.clear();
  if (!created_.empty()) instance_->relations().end_indexing(transaction_.id());  // the catalog has them now
  created_.clear();
  savepoints_.clear();
  overlay_.clear();
  settings_.end_transaction();
  published_.transaction_ends();
  state_ = State::Idle;
  ground_ += kGroundStep;
  return {};
}

Result<> SessionCore::run_savepoint(const std::string& name) {
  Savepoint mark = instance_->transactions().set_savepoint(transaction_);
  savepoints_.push_back({name, mark, overlay_.mark(), created_.size(), released_.size(), settings_.values(),
                         transaction_.is_read_only()});
  return {};
}

namespace {

Error no_such_savepoint(const std::string& name) {
  return Error(sqlstate::invalid_savepoint_specification, "savepoint \"" + name + "\" does not exist");
}

}  // namespace

Result<> SessionCore::roll_back_to(const std::string& name, Position) {
  for (size_t i = savepoints_.size(); i-- > 0;) {
    NamedSavepoint& savepoint = savepoints_[i];
    if (savepoint.name != name) continue;
    StorageHold hold(*this);
    std::vector<WriteId> ids = instance_->transactions().rollback_to(transaction_, savepoint.mark);
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
    overlay_.roll_back_to(savepoint.overlay);
    if (created_.size() > savepoint.created) drop_created(savepoint.created);
    released_.resize(savepoint.released);
    settings_.restore(savepoint.settings);
    transaction_.set_read_only(savepoint.is_read_only);
    note_modes();
    savepoints_.resize(i + 1);
    // The savepoint itself stays, and what is written from now on counts as written after it.
    savepoints_[i].mark = instance_->transactions().set_savepoint(transaction_);
    state_ = State::Block;
    ground_ += kGroundStep;
    return {};
  }
  return no_such_savepoint(name);
}

Result<> SessionCore::release_savepoint(const std::string& name, Position) {
  for (size_t i = savepoints_.size(); i-- > 0;) {
    if (savepoints_[i].name != name) continue;
    instance_->transactions().release(transaction_, savepoints_[i].mark);
    transaction_.set_read_only(savepoints_[i].is_read_only);  // READ ONLY ends with its subtransaction
    note_modes();
    savepoints_.resize(i);
    return {};
  }
  return no_such_savepoint(name);
}

// BEGIN among several statements: what stood before it belongs to the block too.
Result<> SessionCore::begin_in_implicit(const ast::TransactionModes& modes) {
  TRY(set_modes(modes));
  state_ = State::Block;
  return {};
}

Result<std::optional<std::string>> SessionCore::run_transaction_control(const ast::Statement& statement) {
  using Tag = std::optional<std::string>;
  if (const auto* begin = std::get_if<ast::Begin>(&statement.node)) {
    if (state_ == State::Block) {
      notice("WARNING",
             Error(sqlstate::active_sql_transaction, "there is already a transaction in progress"));
      return Tag(begin->is_start ? "START TRANSACTION" : "BEGIN");
    }
    if (state_ == State::Failed) return Tag();
    TRY(state_ == State::Implicit ? begin_in_implicit(begin->modes) : start_transaction(begin->modes, true));
    return Tag(begin->is_start ? "START TRANSACTION" : "BEGIN");
  }
  bool is_commit = std::holds_alternative<ast::Commit>(statement.node);
  if (is_commit || std::holds_alternative<ast::Rollback>(statement.node)) {
    bool chain = is_commit ? std::get<ast::Commit>(statement.node).chain
                           : std::get<ast::Rollback>(statement.node).chain;
    if (chain && (state_ == State::Idle || state_ == State::Implicit)) {
      return Error(sqlstate::no_active_sql_transaction,
                   std::string(is_commit ? "COMMIT" : "ROLLBACK") +
                       " AND CHAIN can only be used in transaction blocks");
    }
    if (state_ == State::Implicit)  // the script's: it ends all the same
      notice("WARNING", Error(sqlstate::no_active_sql_transaction, "there is no transaction in progress"));
    if (state_ == State::Idle) {
      notice("WARNING", Error(sqlstate::no_active_sql_transaction, "there is no transaction in progress"));
      return Tag(is_commit ? "COMMIT" : "ROLLBACK");
    }
    ast::TransactionModes modes;
    modes.isolation = isolation_;
    modes.is_read_only = transaction_.is_read_only();
    bool committed = is_commit && state_ != State::Failed;
    if (committed) {
      TRY(commit_transaction());
    } else {
      roll_back_transaction();
    }
    if (chain) TRY(start_transaction(modes, true));
    return Tag(committed ? "COMMIT" : "ROLLBACK");
  }
  if (const auto* back = std::get_if<ast::RollbackToSavepoint>(&statement.node)) {
    if (state_ != State::Block && state_ != State::Failed) {
      return Error(sqlstate::no_active_sql_transaction,
                   "ROLLBACK TO SAVEPOINT can only be used in transaction blocks");
    }
    TRY(roll_back_to(std::string(back->name.text), back->name.position));
    return Tag("ROLLBACK");
  }
  if (state_ == State::Failed) return Tag();
  if (const auto* savepoint = std::get_if<ast::Savepoint>(&statement.node)) {
    if (state_ != State::Block) {
      return Error(sqlstate::no_active_sql_transaction, "SAVEPOINT can only be used in transaction blocks");
    }
    TRY(run_savepoint(std::string(savepoint->name.text)));
    return Tag("SAVEPOINT");
  }
  if (const auto* release = std::get_if<ast::ReleaseSavepoint>(&statement.node)) {
    if (state_ != State::Block) {
      return Error(sqlstate::no_active_sql_transaction,
                   "RELEASE SAVEPOINT can only be used in transaction blocks");
    }
    TRY(release_savepoint(std::string(release->name.text), release->name.position));
    return Tag("RELEASE");
  }
  return Tag();
}

}  // namespace rowan
