// api/session_core.h: one connection: its transaction, settings, prepared statements, and the statement that
// runs.
//
// The path of a statement: begin_statement() parses nothing (it is handed a tree), sees that there is a
// transaction, plans (plan_statement), takes table locks, takes a snapshot and opens the operators; a
// ResultStream pulls rows; when it ends, so does an implicit transaction. One thread at a time, inside the
// session's CallGate; only cancel_token(), working_version(), shut_down() and terminate() may be called by
// others.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/call_gate.h"
#include "api/instance.h"
#include "api/published_activity.h"
#include "api/settings.h"
#include "executor/execution.h"
#include "executor/session_services.h"
#include "executor/table_load.h"
#include "parser/parser.h"
#include "planner/planner.h"
#include "storage/commit.h"
#include "txn/transactions.h"
#include "types/cancel.h"

namespace rowan {

// The rows of one statement, pulled one batch at a time. A prepared statement uses its own again and again.
class ResultStream {
 public:
  std::vector<OutputColumn> columns;
  bool is_query = false;  // has a result at all, even without columns
  std::string tag;        // after the end: "INSERT 0 3"
  uint64_t row_count = 0;

  // The batch that next() filled; for results made at once (SHOW, EXPLAIN) `made`. nullptr once it is gone.
  // Read outside of the session's gate: close() does not touch it.
  const Batch* batch = nullptr;

 private:
  friend class SessionCore;
  std::shared_ptr<Execution> execution;  // of a plan
  PlannedStatement::Command command = PlannedStatement::Command::Select;
  std::vector<std::vector<std::string>> made_rows;  // of a utility, as text; "\0" alone stands for NULL
  size_t made_next = 0;
  Batch made;
  bool is_implicit = false;  // ends its transaction
  bool has_given = false;    // rows, to its reader
  uint32_t attempts = 0;     // after the first
  bool ended = false;
  bool cut_off = false;    // ended by another statement or by close(), not by its reader
  bool left_open = false;  // by close(): the execution still holds its rows
  std::optional<Snapshot> snapshot;
};
using ResultStreamPtr = std::shared_ptr<ResultStream>;

// A statement that was planned and may run again.
struct PreparedPlan {
  std::shared_ptr<ParsedStatement> parsed;
  std::vector<Type> parameters;                        // as declared, then as inferred
  std::shared_ptr<Execution> execution;                // nullptr: a utility, or not yet planned
  static constexpr uint64_t kPlanAnew = ~uint64_t{0};  // of no catalog
  uint64_t catalog_number = 0;                         // planned against
  uint64_t settings_version = 0;
  ResultStreamPtr stream;  // of the last run; used again when nobody else holds it
};

// 25006: what `words` name writes, in a READ ONLY transaction.
Error refused_read_only(std::string_view words);

class SessionCore final : public SessionServices, public std::enable_shared_from_this<SessionCore> {
 public:
  static Result<std::shared_ptr<SessionCore>> open(std::shared_ptr<Instance> instance);
  ~SessionCore() override;

  // Runs a parsed statement; `prepared` keeps its plan when given. The stream before is ended first.
  Result<ResultStreamPtr> begin_statement(const std::shared_ptr<ParsedStatement>& parsed,
                                          std::span<const Value> parameters, PreparedPlan* prepared);
  // True: stream->batch has rows. False: the end. Errors besides the statement's: 24000 another statement has
  // cut it off · 57P01 closed.
  Result<bool> next(ResultStream& stream);
  // Runs to the end what has effects, drops the rest, ends an implicit transaction. Errors: of what still
  // ran.
  Result<> end(ResultStream& stream);
  // An exception flew out of a call: what it was at ends as after an error.
  void abandon();

  // Parses and plans, inferring the parameters' types.
  Result<std::unique_ptr<PreparedPlan>> prepare(std::string_view sql);

  // Several statements one after the other; outside a transaction block they share one transaction.
  Result<> run_script(std::vector<std::unique_ptr<ParsedStatement>> statements);
  // A statement that could not even be parsed fails the transaction block that it stands in.
  void fail_after_syntax_error();
  // What a text without a statement gives: nothing.
  ResultStreamPtr empty_result();
  // "patient", or the number where there is no such relation.
  std::string relation_name(int64_t oid);

  TransactionStatus status() const;
  // Of the statement that runs or, between statements, of the next one. Thread-safe.
  std::shared_ptr<CancelToken> cancel_token();
  // Asks what runs to stop; whatever comes later is refused. Thread-safe, does not block.
  void shut_down();
  bool is_shut_down() const { return shut_down_.load(std::memory_order_relaxed); }
  // After shut_down(): waits until no call is inside, then rolls back what is open. A stream's rows stay
  // where they are: its reader may be looking at them, and lets go of them with its next call. Thread-safe;
  // not from inside one of this session's own calls.
  void terminate();
  // Errors: 57P01 after shut_down().
  Result<> check_open() const;
  // Who calls stands in here; see rowan.cpp.
  CallGate& gate() { return gate_; }
  // For a handle that goes, or looks at what calls change: enters the gate if nobody is inside, or if it is
  // close() that is, for which it waits. False: some other call is inside (whose callback we may be).
  bool enter_to_leave();
  // The catalog version that a running statement holds; the newest otherwise.
  uint64_t working_version() const { return working_version_.load(std::memory_order_acquire); }

  std::function<void(const Notice&)> on_notice;
  std::function<Result<std::string>()> copy_read;
  std::function<Result<>(std::string_view)> copy_write;

  EvalContext& eval() { return eval_; }
  Instance& instance() { return *instance_; }
  // The open one.
  Transaction& transaction() { return transaction_; }

  // For the appender (api/appender.h): a transaction of its own unless a block is open (true: it has one, and
  // every other statement is refused until it ends); the table's lock; the way in; one batch, as a statement.
  Result<bool> begin_append();
  Result<> end_append(bool is_own, bool good);
  // Its own transaction is to be rolled back before the next statement: the appender went from inside of some
  // other call. Thread-safe.
  void leave_append() { appender_is_gone_.store(true); }
  // Looks a table up by its name. Errors: 42P01 · 42809.
  using FindTable = std::function<Result<catalog::TablePtr>()>;
  Result<catalog::TablePtr> lock_for_append(const FindTable& find);
  Result<std::unique_ptr<TableLoad>> open_load(catalog::TablePtr table,
                                               std::vector<catalog::ColumnNumber> columns);
  Result<> write_load(TableLoad& load, uint32_t rows);
  // 40001 and 40P01: others were in the way, and another try may succeed.
  static bool is_conflict(const Error& error);
  // Sleeps before try number `attempt` + 1 of a whole transaction that ended so. Errors: 57014, 57P01.
  Result<> pause_before_retry(uint32_t attempt);
  // Errors: 25P03, once, after end_idle_transaction().
  Result<> check_not_ended_idle();

  // What it is at, for others. Thread-safe.
  SessionActivity look() const;
  uint64_t number() const { return id_; }
  // Once, when it becomes known to others.
  void set_number(uint64_t number) { id_ = number; }
  std::string published_statement() const { return published_.statement(); }
  // Its transaction has been idle for longer than idle_in_transaction_session_timeout: rolled back, unless a
  // call is inside. From the idle timer's thread.
  void end_idle_transaction();

  // Changes whenever a transaction begins, ends, fails, is rolled back to a savepoint or changes definitions.
  uint64_t ground() const { return ground_ + overlay_.mark(); }

  // SessionServices.
  catalog::CatalogPtr catalog() override;
  Result<int64_t> next_value(const catalog::Sequence& sequence) override;
  Result<int64_t> current_value(const catalog::Sequence& sequence) override;
  Result<int64_t> last_value() override;
  Result<> set_value(const catalog::Sequence& sequence, int64_t value, bool is_called) override;
  Result<SequenceState> sequence_state(const catalog::Sequence& sequence) override;
  std::optional<std::string> setting(std::string_view name) override;
  Result<> set_setting(std::string_view name, std::string_view value, bool is_local) override;
  std::vector<SettingInfo> settings() override { return settings_.all(); }
  uint64_t session_id() override { return id_; }
  Result<bool> lock_advisory(const AdvisoryLock& lock, bool waits) override;
  bool unlock_advisory(const AdvisoryLock& lock) override;
  void unlock_all_advisory() override;
  InstanceActivity activity() override;
  BufferUse buffer_use() override;
  Result<std::vector<FoundFault>> find_faults() override;
  uint64_t relation_bytes(RelationId relation) override;
  uint64_t relation_pages(RelationId relation) override;

 private:
  Result<ResultStreamPtr> begin_with_token(const std::shared_ptr<ParsedStatement>& parsed,
                                           std::span<const Value> parameters, PreparedPlan* prepared);
  void retire_token();
  struct NamedSavepoint {
    std::string name;
    Savepoint mark;
    size_t overlay, created, released;
    Settings::Marked settings;
    bool is_read_only;
  };
  struct NamedStatement {
    std::shared_ptr<PreparedPlan> plan;
    const ast::Statement* statement;  // inside plan->parsed
  };
  // Appending: the open transaction is an appender's own; nothing else may run in it, end it or join it.
  enum class State : uint8_t { Idle, Implicit, Appending, Block, Failed };
  // Does the transaction go on after this statement? Several statements of one script are a block of their
  // own, in all but savepoints and AND CHAIN.
  bool in_block() const { return state_ == State::Block || (state_ == State::Implicit && is_grouped_); }
  // Changed inside the gate alone; transaction_status() reads it outside, while close() may be inside.
  class ObservedState {
   public:
    ObservedState& operator=(State state) {
      state_.store(state, std::memory_order_relaxed);
      return *this;
    }
    operator State() const { return state_.load(std::memory_order_relaxed); }

   private:
    std::atomic<State> state_{State::Idle};  // no partner: a report
  };

  explicit SessionCore(std::shared_ptr<Instance> instance);

  // --- transactions (api/session_transactions.cpp) ---
  Result<> start_transaction(const ast::TransactionModes& modes, bool block);
  // The one that a statement or a script outside of a block shares; false: there is one already.
  Result<bool> begin_implicit();
  // Errors: 55000 an appender has the session's transaction · 25P03, once, after end_idle_transaction().
  Result<> check_not_appending();
  Result<> begin_in_implicit(const ast::TransactionModes& modes);
  Result<> commit_transaction();
  void roll_back_transaction();
  void fail_transaction();
  Result<> run_savepoint(const std::string& name);
  Result<> roll_back_to(const std::string& name, Position position);
  Result<> release_savepoint(const std::string& name, Position position);
  // The tag, or nullopt when the statement is none of transaction control.
  Result<std::optional<std::string>> run_transaction_control(const ast::Statement& statement);
  static std::string_view isolation_name(ast::IsolationLevel isolation);
  static ast::IsolationLevel isolation_named(std::string_view name);
  // The open transaction's modes, where SQL lets them change. Errors: 25001 too late · 0A000 SERIALIZABLE.
  Result<> set_modes(const ast::TransactionModes& modes);
  Result<> set_isolation(ast::IsolationLevel isolation);
  Result<> set_read_only(bool read_only);
  Result<> set_deferrable(bool deferrable);
  void note_modes();
  void drop_created(size_t keep);
  // While one lives no storage is freed that the definitions of when it began have: for the cleaner, which
  // works where this session has no lock any more.
  class StorageHold {
   public:
    explicit StorageHold(SessionCore& session);
    ~StorageHold();
    StorageHold(const StorageHold&) = delete;
    StorageHold& operator=(const StorageHold&) = delete;

   private:
    SessionCore& session_;
    const uint64_t before_;
  };

  // --- statements (api/session_core.cpp; those of appenders: api/session_append.cpp) ---
  Result<ResultStreamPtr> dispatch(const std::shared_ptr<ParsedStatement>& parsed,
                                   const ast::Statement& statement, std::span<const Value> parameters,
                                   PreparedPlan* prepared);
  // The prepared plan, or a new one where definitions or settings have changed since. 0A000: the new one has
  // other columns. `check_constants`: see plan_statement.
  Result<ResultStreamPtr> run_prepared(PreparedPlan& prepared, const ast::Statement& statement,
                                       std::span<const Value> parameters, bool check_constants);
  // `stream`: one to use again, if nobody else holds it any more.
  Result<ResultStreamPtr> run_plan(std::shared_ptr<Execution> execution, std::span<const Value> parameters,
                                   Instrument instrument, ResultStreamPtr stream = nullptr);
  // `is_run`: it is planned to run once, so constant expressions that fail do so, with rows or without.
  Result<std::shared_ptr<Execution>> plan_statement(const ast::Statement& statement, std::string_view text,
                                                    const std::vector<Type>& types, bool is_run = true);
  Result<> lock_for(const PlannedStatement& plan);
  // The table that `find` gives, locked: asked again behind the wait, until it is the one that was locked.
  Result<catalog::TablePtr> lock_found(const FindTable& find, LockMode mode, bool nowait = false);
  Result<Snapshot> statement_snapshot();
  void release_statement_snapshot(ResultStream& stream);
  Result<bool> advance(ResultStream& stream);
  // (api/session_retry.cpp)
  Result<> pause(CancelToken& token, uint32_t attempt);
  bool may_retry(const ResultStream& stream, const Error& error) const;
  Result<bool> start_again(const ResultStreamPtr& stream);
  Result<> finish_stream(ResultStream& stream);
  Result<> cut_off_current();
  void drop(ResultStream& stream);
  void let_go(ResultStream& stream);
  void drop_current();
  void rest();
  void prepare_statement_context();
  void read_settings();
  // At a statement's end: others see what the session is at now, and its idle time begins.
  void note_rest();
  int64_t now_us() const;  // since 2000-01-01 UTC
  void stop_idle_timer();
  void start_statement_timer();
  void stop_statement_timer();
  BindOptions bind_options(std::string_view text);
  PlanOptions plan_options(std::string_view text, const std::vector<Type>& types);
  Result<> run_statements(std::vector<std::unique_ptr<ParsedStatement>>& statements, bool grouped);
  Result<std::vector<std::vector<Value>>> run_internal(const std::string& sql);

  // --- utilities (api/session_utilities.cpp) ---
  Result<ResultStreamPtr> run_utility(const std::shared_ptr<ParsedStatement>& parsed,
                                      const ast::Statement& statement, std::span<const Value> parameters);
  Result<ResultStreamPtr> run_explain(const std::shared_ptr<ParsedStatement>& parsed,
                                      const ast::Explain& explain, std::span<const Value> parameters);
  Result<ResultStreamPtr> run_execute(const ast::Execute& execute);
  Result<ResultStreamPtr> run_create_table_as(const ParsedStatement& parsed,
                                              const ast::CreateTableAs& statement);
  Result<catalog::TablePtr> find_copied(const ast::Copy& copy);
  Result<ResultStreamPtr> run_copy(const std::shared_ptr<ParsedStatement>& parsed, const ast::Copy& copy);
  Result<> run_prepare(const std::shared_ptr<ParsedStatement>& parsed, const ast::Prepare& prepare);
  Result<> run_set(const ast::SetVariable& statement);
  Result<> run_set_transaction(const ast::SetTransaction& statement);
  Result<ResultStreamPtr> run_show(const ast::Show& statement);
  Result<> run_analyze(ast::List<ast::AnalyzeTarget> targets, std::string_view verb, bool gathers);
  Result<> run_vacuum(const ast::Vacuum& vacuum);
  Result<> analyze_table(const catalog::Table& table);
  Result<> run_lock(const ast::LockTable& statement);
  Result<std::string> run_ddl(const ParsedStatement& parsed, const ast::Statement& statement);
  ResultStreamPtr made_stream(std::vector<std::string> columns, std::vector<std::vector<std::string>> rows,
                              std::string tag);
  ResultStreamPtr tag_stream(std::string tag);
  void notice(std::string_view severity, Error error);

  std::shared_ptr<Instance> instance_;
  CallGate gate_;
  uint64_t id_ = 0;
  Settings settings_;
  Settings::Marked settings_before_;      // the transaction
  uint64_t settings_before_version_ = 0;  // of the settings that it is a copy of
  std::vector<WriteId> committing_;       // memory that a commit uses again
  SnapshotSlot* slot_ = nullptr;
  ObservedState state_;
  bool is_grouped_ = false;  // inside a script of several statements that began outside a block
  uint64_t ground_ = 0;      // in steps of 2^32: an overlay's marks lie between
  Transaction transaction_;
  std::optional<Snapshot> transaction_snapshot_;                        // REPEATABLE READ
  ast::IsolationLevel isolation_ = ast::IsolationLevel::ReadCommitted;  // as it was named
  IsolationLevel level_ = IsolationLevel::ReadCommitted;
  std::unique_ptr<LockOwner> session_locks_;  // advisory ones that outlive transactions; made when needed
  // How often they were taken or given back, and when the statement began: what is kept is not done twice.
  uint64_t advisory_calls_ = 0, advisory_calls_before_ = 0;
  bool is_deferrable_ = false;  // the transaction: its snapshot waits until it is safe
  bool has_queried_ = false;    // what PostgreSQL would have taken a snapshot for ran in this transaction
  catalog::Overlay overlay_;
  std::vector<RelationId> created_, released_;
  std::vector<NamedSavepoint> savepoints_;
  Savepoint begin_mark_;  // where the transaction began
  std::map<std::string, NamedStatement, std::less<>> named_statements_;
  std::map<catalog::Oid, int64_t> sequence_values_;  // currval
  std::optional<catalog::Oid> last_sequence_;

  Budget budget_;
  EvalContext eval_;
  // What every statement asks the settings for, read once for each version of them (read_settings).
  uint64_t context_version_ = 0;
  ast::IsolationLevel default_isolation_ = ast::IsolationLevel::ReadCommitted;
  bool default_read_only_ = false, default_deferrable_ = false;
  bool synchronous_commit_ = true;
  std::string time_zone_, date_style_, interval_style_;  // eval_ borrows them
  std::shared_ptr<CancelToken> cancel_;
  PublishedActivity published_;
  uint32_t statement_timeout_ms_ = 0;    // 0: none
  uint32_t idle_timeout_ms_ = 0;         // in a transaction; 0: none
  std::atomic<bool> waits_idle_{false};  // it stands in the idle timer; partner: the gate
  MonotonicNs idle_until_ = 0;           // in the gate
  bool has_idle_timer_ = false;          // had it ever; its own thread's
  bool is_leaving_ = false;              // in its destructor
  bool was_ended_idle_ = false;          // in the gate: the next call is to be told so
  bool has_alarm_ = false;               // cancel_ stands in the statement timer
  Environment environment_;
  ResultStreamPtr current_;                    // the stream that has not ended
  std::atomic<uint64_t> working_version_;      // partner: Instance::free_released
  std::atomic<bool> appender_is_gone_{false};  // partner: check_not_appending
  std::atomic<bool> shut_down_{false};         // set once; partner: the gate, where close() then waits
};

}  // namespace rowan
