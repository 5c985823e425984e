// api/session_transactions.cpp: BEGIN to COMMIT, savepoints between.
#include "api/session_core.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr uint64_t kGroundStep = uint64_t{1} << 32;

}  // namespace

TransactionStatus SessionCore::status() const {
  if (state_ == State::Failed) return TransactionStatus::Failed;
  return state_ == State::Block ? TransactionStatus::Active : TransactionStatus::Idle;
}

IsolationLevel SessionCore::isolation_level(const ast::TransactionModes& modes) const {
  if (modes.isolation) {
    switch (*modes.isolation) {
      case ast::IsolationLevel::ReadUncommitted:
      case ast::IsolationLevel::ReadCommitted:
        return IsolationLevel::ReadCommitted;
      case ast::IsolationLevel::RepeatableRead:
        return IsolationLevel::RepeatableRead;
      case ast::IsolationLevel::Serializable:
        return IsolationLevel::Serializable;
    }
  }
  return default_level_;
}

namespace {

std::string_view level_name(IsolationLevel level) {
  switch (level) {
    case IsolationLevel::ReadCommitted:
      return "read committed";
    case IsolationLevel::RepeatableRead:
      return "repeatable read";
    case IsolationLevel::Serializable:
      return "serializable";
  }
  return "";
}

}  // namespace

Result<> SessionCore::start_transaction(const ast::TransactionModes& modes, bool block) {
  read_settings();
  IsolationLevel level = isolation_level(modes);
  bool read_only = modes.is_read_only.value_or(default_read_only_) || instance_->options().read_only;
  transaction_ = TRY(instance_->transactions().begin(*slot_, id_, level, read_only));
  begin_mark_ = instance_->transactions().set_savepoint(transaction_);
  level_ = level;
  if (settings_before_version_ != settings_.version()) {
    settings_before_ = settings_.values();
    settings_before_version_ = settings_.version();
  }
  settings_.begin_transaction();
  settings_.note_transaction(level_name(level), read_only);
  state_ = block ? State::Block : State::Implicit;
  ground_ += kGroundStep;
  eval_.transaction_start_us = eval_.statement_start_us;
  return {};
}

void SessionCore::drop_created(size_t keep) {
  // Nobody else has ever seen these: they were in this transaction's catalog alone.
  while (created_.size() > keep) {
    static_cast<void>(instance_->relations().drop(created_.back()).ok());  // or recovery does
    created_.pop_back();
  }
}

void SessionCore::roll_back_transaction() {
  if (transaction_snapshot_) {
    instance_->transactions().release_snapshot(*slot_, *transaction_snapshot_);
    transaction_snapshot_.reset();
  }
  if (transaction_.is_active()) {
    std::vector<WriteId> ids = instance_->commits().rollback(transaction_);
    // Never needed for correctness; what fails here is left to the background cleaner.
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
  }
  savepoints_.clear();
  overlay_.clear();
  drop_created(0);
  released_.clear();
  settings_.restore(settings_before_);
  state_ = State::Idle;
  ground_ += kGroundStep;
}

void SessionCore::fail_transaction() {
  if (state_ == State::Implicit) {
    roll_back_transaction();
  } else if (state_ == State::Block) {
    // What was done since the innermost savepoint can no longer be kept: it goes now, and its locks with it,
    // so that whoever waits for them need not wait for our client to say ROLLBACK.
    const Savepoint& mark = savepoints_.empty() ? begin_mark_ : savepoints_.back().mark;
    std::vector<WriteId> ids = instance_->transactions().rollback_to(transaction_, mark);
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
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
                                      });
  if (!committed.ok()) return give_up(std::move(committed).error());
  if (!committing_.empty()) instance_->page_sets().committed(committing_);
  constexpr size_t kIdsKept = 1024;  // a transaction of a million savepoints leaves no 8 MB behind
  if (committing_.capacity() > kIdsKept) committing_ = {};
  if (!changes.empty()) instance_->catalog_store().committed(pending);
  instance_->release_later(std::move(released_), before);
  released_.clear();
  created_.clear();
  savepoints_.clear();
  overlay_.clear();
  settings_.end_transaction();
  state_ = State::Idle;
  ground_ += kGroundStep;
  return {};
}

Result<> SessionCore::run_savepoint(const std::string& name) {
  Savepoint mark = instance_->transactions().set_savepoint(transaction_);
  savepoints_.push_back({name, mark, overlay_.mark(), created_.size(), released_.size(), settings_.values()});
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
    std::vector<WriteId> ids = instance_->transactions().rollback_to(transaction_, savepoint.mark);
    if (!ids.empty()) static_cast<void>(instance_->cleaner().after_rollback(ids).ok());
    overlay_.roll_back_to(savepoint.overlay);
    drop_created(savepoint.created);
    released_.resize(savepoint.released);
    settings_.restore(savepoint.settings);
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
    savepoints_.resize(i);
    return {};
  }
  return no_such_savepoint(name);
}

// BEGIN among several statements: what stood before it belongs to the block too.
Result<> SessionCore::begin_in_implicit(const ast::TransactionModes& modes) {
  bool is_untouched =
      transaction_.write_ids().empty() && overlay_.is_empty() && created_.empty() && !transaction_snapshot_;
  if (is_untouched) {  // but for settings
    TRY(commit_transaction());
    return start_transaction(modes, true);
  }
  if (modes.isolation && isolation_level(modes) != level_)
    return Error(sqlstate::active_sql_transaction,
                 "SET TRANSACTION ISOLATION LEVEL must be called before any query");
  if (modes.is_read_only) transaction_.set_read_only(*modes.is_read_only || instance_->options().read_only);
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
    if (state_ == State::Idle) {
      if (chain) {
        return Error(sqlstate::no_active_sql_transaction,
                     std::string(is_commit ? "COMMIT" : "ROLLBACK") +
                         " AND CHAIN can only be used in transaction blocks");
      }
      notice("WARNING", Error(sqlstate::no_active_sql_transaction, "there is no transaction in progress"));
      return Tag(is_commit ? "COMMIT" : "ROLLBACK");
    }
    IsolationLevel level = level_;
    bool committed = is_commit && state_ != State::Failed;
    if (committed) {
      TRY(commit_transaction());
    } else {
      roll_back_transaction();
    }
    if (chain) {
      ast::TransactionModes modes;
      modes.isolation = level == IsolationLevel::RepeatableRead ? ast::IsolationLevel::RepeatableRead
                                                                : ast::IsolationLevel::ReadCommitted;
      TRY(start_transaction(modes, true));
    }
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
