#include "api/session_core.h"

#include <algorithm>
#include <utility>

#include "api/check.h"
#include "planner/plan_writes.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kStatementMemory = size_t{4} << 30;
constexpr int64_t kUnixToPostgres = 946684800LL * 1000000;  // microseconds from 1970 to 2000

bool is_planned(const ast::Statement& statement) {
  return std::holds_alternative<ast::QueryPtr>(statement.node) ||
         std::holds_alternative<ast::Insert>(statement.node) ||
         std::holds_alternative<ast::Update>(statement.node) ||
         std::holds_alternative<ast::Delete>(statement.node) ||
         std::holds_alternative<ast::Merge>(statement.node);
}

// What an open statement of the block has not done yet need not be done before it is undone.
bool takes_back(const ast::Statement& statement) {
  return std::holds_alternative<ast::Rollback>(statement.node) ||
         std::holds_alternative<ast::RollbackToSavepoint>(statement.node);
}

// Is it one of those that PostgreSQL takes a snapshot for? After them a transaction's modes are settled.
bool asks_for_snapshot(const ast::Statement& statement) {
  return !std::holds_alternative<ast::SetVariable>(statement.node) &&
         !std::holds_alternative<ast::SetTransaction>(statement.node) &&
         !std::holds_alternative<ast::Reset>(statement.node) &&
         !std::holds_alternative<ast::Show>(statement.node) &&
         !std::holds_alternative<ast::LockTable>(statement.node) &&
         !std::holds_alternative<ast::SetConstraints>(statement.node) &&
         !std::holds_alternative<ast::Checkpoint>(statement.node);
}

std::string plan_tag(PlannedStatement::Command command, uint64_t rows) {
  std::string count = std::to_string(rows);
  switch (command) {
    case PlannedStatement::Command::Select:
      return "SELECT " + count;
    case PlannedStatement::Command::Insert:
      return "INSERT 0 " + count;
    case PlannedStatement::Command::Update:
      return "UPDATE " + count;
    case PlannedStatement::Command::Delete:
      return "DELETE " + count;
    case PlannedStatement::Command::Merge:
      return "MERGE " + count;
  }
  return count;
}

// Does the plan look at stored rows? An INSERT … VALUES does not (its constraints look at the newest rows):
// it goes without a snapshot, so a transaction of a million of them draws one write id, not a million (hazard
// 15).
bool reads_rows(const PhysicalPlan& plan) {
  if (const auto* insert = std::get_if<physical::Insert>(&plan.node)) {
    if (insert->on_conflict) return true;
    for (const catalog::Constraint& constraint : insert->table->constraints) {
      if (constraint.kind == catalog::ConstraintKind::ForeignKey) return true;
    }
  } else if (!std::holds_alternative<physical::Values>(plan.node) &&
             !std::holds_alternative<physical::OneRow>(plan.node) &&
             !std::holds_alternative<physical::Project>(plan.node)) {
    return true;
  }
  return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                     [](const PlanPtr& input) { return reads_rows(*input); });
}

// A MERGE that does nothing whatever it meets is no write to PostgreSQL.
bool merges_nothing(const PhysicalPlan& plan) {
  const auto* merge = std::get_if<physical::Merge>(&plan.node);
  return merge != nullptr &&
         std::all_of(merge->clauses.begin(), merge->clauses.end(), [](const physical::MergeClause& clause) {
           return clause.action == physical::MergeAction::Nothing;
         });
}

// "SELECT FOR UPDATE" and its like where some part of the plan locks rows, otherwise nothing.
std::string_view locking_words(const PhysicalPlan& plan) {
  if (const auto* lock = std::get_if<physical::LockRows>(&plan.node);
      lock != nullptr && !lock->targets.empty()) {
    constexpr std::string_view kWords[] = {"SELECT FOR KEY SHARE", "SELECT FOR SHARE",
                                           "SELECT FOR NO KEY UPDATE", "SELECT FOR UPDATE"};
    return kWords[static_cast<size_t>(lock->targets.front().lock)];
  }
  for (const PlanPtr& input : plan.inputs) {
    if (std::string_view words = locking_words(*input); !words.empty()) return words;
  }
  return {};
}

std::string_view locking_words(const PlannedStatement& statement) {
  std::string_view words = locking_words(*statement.root);
  for (const Subplan& subplan : statement.subplans) {
    if (words.empty()) words = locking_words(*subplan.plan);
  }
  for (const PlanPtr& cte : statement.ctes) {
    if (words.empty() && cte) words = locking_words(*cte);
  }
  return words;
}

LockMode lock_mode(TableLockMode mode) {
  return static_cast<LockMode>(mode);
}

int64_t system_now_us(void* clock) {
  return static_cast<Clock*>(clock)->wall_microseconds() - kUnixToPostgres;
}

}  // namespace

SessionCore::SessionCore(std::shared_ptr<Instance> instance)
    : instance_(std::move(instance)),
      settings_(instance_->name(), instance_->options().work_memory_bytes),
      overlay_(instance_->catalog()),
      budget_(kStatementMemory, &instance_->budget()),
      cancel_(std::make_shared<CancelToken>()),
      working_version_(~uint64_t{0}) {}

Result<std::shared_ptr<SessionCore>> SessionCore::open(std::shared_ptr<Instance> instance) {
  if (instance->is_closed()) return Error(sqlstate::admin_shutdown, "the database is closed");
  std::shared_ptr<SessionCore> session(new SessionCore(std::move(instance)));
  session->slot_ = &session->instance_->transactions().open_slot();
  session->instance_->add_session(*session);
  session->eval_.session = static_cast<SessionServices*>(session.get());
  session->eval_.clock = &session->instance_->clock();
  session->eval_.clock_now_us = system_now_us;
  session->eval_.budget = &session->budget_;
  session->eval_.current_database = session->instance_->name();
  Environment& environment = session->environment_;
  environment.eval = &session->eval_;
  environment.budget = &session->budget_;
  environment.temp_files = &session->instance_->storage().temp_files();
  environment.relations = &session->instance_->relations();
  environment.system_views = &session->instance_->system_views();
  environment.transactions = &session->instance_->transactions();
  environment.transaction = &session->transaction_;
  return session;
}

SessionCore::~SessionCore() {
  is_leaving_ = true;  // what is ended here begins no idle time
  if (has_idle_timer_) instance_->idle_timer().forget(*this);
  if (current_) static_cast<void>(cut_off_current().ok());
  current_.reset();
  if (state_ != State::Idle) roll_back_transaction();
  named_statements_.clear();
  if (session_locks_ != nullptr) {
    unlock_all_advisory();
    instance_->transactions().locks().detach(*session_locks_);
  }
  instance_->remove_session(*this);
  if (slot_ != nullptr) instance_->transactions().close_slot(*slot_);
}

void SessionCore::shut_down() {
  shut_down_.store(true);
  std::shared_ptr<CancelToken> token = std::atomic_load(&cancel_);
  token->request(CancelToken::Reason::Shutdown);
}

void SessionCore::terminate() {
  gate_.enter_waiting();
  struct Leave {
    CallGate& gate;
    ~Leave() { gate.leave(); }
  } leave{gate_};
  if (current_) {
    current_->ended = current_->cut_off = current_->left_open = true;
    release_statement_snapshot(*current_);
    rest();
    current_.reset();
  }
  if (state_ != State::Idle) roll_back_transaction();
}

bool SessionCore::enter_to_leave() {
  if (gate_.try_enter()) return true;
  if (!is_shut_down() || gate_.is_mine()) return false;
  gate_.enter_waiting();
  return true;
}

std::shared_ptr<CancelToken> SessionCore::cancel_token() {
  return std::atomic_load(&cancel_);
}

catalog::CatalogPtr SessionCore::catalog() {
  return overlay_.current();
}

void SessionCore::notice(std::string_view severity, Error error) {
  std::string level = settings_.get("client_min_messages").value_or("notice");
  if (level == "error" || (level == "warning" && severity == "NOTICE")) return;
  std::function<void(const Notice&)> handler = on_notice;  // it may install another one meanwhile
  if (handler) handler({std::string(severity), std::move(error)});
}

void SessionCore::prepare_statement_context() {
  eval_.statement_start_us = system_now_us(&instance_->clock());
  read_settings();
}

void SessionCore::read_settings() {
  if (context_version_ == settings_.version()) return;
  context_version_ = settings_.version();
  time_zone_ = settings_.get("timezone").value_or("UTC");
  date_style_ = settings_.get("datestyle").value_or("ISO, MDY");
  interval_style_ = settings_.get("intervalstyle").value_or("postgres");
  eval_.time_zone = time_zone_;
  eval_.date_style = date_style_;
  eval_.interval_style = interval_style_;
  eval_.extra_float_digits = static_cast<int>(settings_.integer("extra_float_digits"));
  environment_.work_memory = static_cast<size_t>(settings_.integer("work_mem")) * 1024;
  environment_.lock_timeout_ms = static_cast<uint32_t>(settings_.integer("lock_timeout"));
  statement_timeout_ms_ = static_cast<uint32_t>(settings_.integer("statement_timeout"));
  default_isolation_ = isolation_named(settings_.get("default_transaction_isolation").value_or(""));
  default_read_only_ = settings_.is_on("default_transaction_read_only");
  default_deferrable_ = settings_.is_on("default_transaction_deferrable");
  synchronous_commit_ = settings_.is_on("synchronous_commit");
  idle_timeout_ms_ = static_cast<uint32_t>(settings_.integer("idle_in_transaction_session_timeout"));
}

BindOptions SessionCore::bind_options(std::string_view text) {
  BindOptions options;
  options.system_view = [this](std::string_view schema, std::string_view name) {
    return instance_->system_views().find(schema, name);
  };
  options.functions = &instance_->functions();
  options.evaluation = &eval_;
  options.text = text;
  return options;
}

PlanOptions SessionCore::plan_options(std::string_view text, const std::vector<Type>& types) {
  PlanOptions options;
  options.bind = bind_options(text);
  options.bind.parameter_types = types;
  options.optimizer.page_count = [this](RelationId relation) {
    return instance_->relations().page_count(relation);
  };
  // An index that lacks old versions serves snapshots that need none: those at least as new as the one it was
  // built under which see its builder. Snapshots yet to be taken are newer than that of this moment.
  options.optimizer.may_use = [this](const catalog::Index& index) {
    Transactions& transactions = instance_->transactions();
    Snapshot snapshot =
        transaction_snapshot_
            ? *transaction_snapshot_
            : transactions.instant_snapshot(transaction_.is_active() ? &transaction_ : nullptr);
    snapshot.own_below =
        std::numeric_limits<WriteId>::max();  // the index went with what a savepoint took back
    return snapshot.csn >= index.complete_from && sees(transactions.status(), snapshot, index.built_by);
  };
  PlannerSettings& planner = options.optimizer.settings;
  planner.enable_seqscan = settings_.is_on("enable_seqscan");
  planner.enable_indexscan = settings_.is_on("enable_indexscan");
  planner.enable_indexonlyscan = settings_.is_on("enable_indexonlyscan");
  planner.enable_nestloop = settings_.is_on("enable_nestloop");
  planner.enable_hashjoin = settings_.is_on("enable_hashjoin");
  planner.enable_mergejoin = settings_.is_on("enable_mergejoin");
  planner.enable_hashagg = settings_.is_on("enable_hashagg");
  planner.enable_sort = settings_.is_on("enable_sort");
  planner.enable_material = settings_.is_on("enable_material");
  planner.seq_page_cost = settings_.real("seq_page_cost");
  planner.random_page_cost = settings_.real("random_page_cost");
  planner.cpu_tuple_cost = settings_.real("cpu_tuple_cost");
  planner.cpu_index_tuple_cost = settings_.real("cpu_index_tuple_cost");
  planner.cpu_operator_cost = settings_.real("cpu_operator_cost");
  planner.work_memory_bytes = static_cast<uint64_t>(settings_.integer("work_mem")) * 1024;
  return options;
}

Result<> SessionCore::lock_for(const PlannedStatement& plan) {
  Wait wait;
  wait.cancel = cancel_.get();
  wait.lock_timeout_ms = environment_.lock_timeout_ms;
  for (const auto& [oid, mode] : plan.locks) {
    TRY(instance_->transactions().locks().acquire(transaction_.locks(), LockTarget::table(oid),
                                                  lock_mode(mode), wait));
  }
  return {};
}

Result<catalog::TablePtr> SessionCore::lock_found(const FindTable& find, LockMode mode, bool nowait) {
  Wait wait;
  wait.cancel = cancel_.get();
  wait.lock_timeout_ms = environment_.lock_timeout_ms;
  wait.nowait = nowait;
  catalog::TablePtr table = TRY(find());
  for (;;) {
    TRY(instance_->transactions().locks().acquire(transaction_.locks(), LockTarget::table(table->oid), mode,
                                                  wait));
    // While we waited the name may have come to mean another table, which is not locked yet.
    catalog::TablePtr newest = TRY(find());
    if (newest->oid == table->oid) return newest;
    table = std::move(newest);
  }
}

// Plans, locks, and plans again if a definition changed while it waited for the locks.
Result<std::shared_ptr<Execution>> SessionCore::plan_statement(const ast::Statement& statement,
                                                               std::string_view text,
                                                               const std::vector<Type>& types, bool is_run) {
  PlanOptions options = plan_options(text, types);
  options.check_constants = is_run;
  for (;;) {
    catalog::CatalogPtr catalog = overlay_.current();
    working_version_.store(std::min(catalog->number(), instance_->catalog().newest_number()),
                           std::memory_order_release);
    PlannedPtr planned = TRY(plan(statement, catalog, options));
    TRY(lock_for(*planned));
    if (overlay_.current()->number() != catalog->number()) continue;
    std::unique_ptr<Execution> execution = TRY(Execution::make(planned, environment_));
    return std::shared_ptr<Execution>(std::move(execution));
  }
}

Result<Snapshot> SessionCore::statement_snapshot() {
  Transactions& transactions = instance_->transactions();
  if (level_ == IsolationLevel::ReadCommitted) return transactions.take_snapshot(transaction_, cancel_.get());
  if (!transaction_snapshot_) {
    bool must_be_safe =
        is_deferrable_ && level_ == IsolationLevel::Serializable && transaction_.is_read_only();
    Wait wait;
    wait.lock_timeout_ms = environment_.lock_timeout_ms;
    wait.cancel = cancel_.get();
    Result<Snapshot> taken = must_be_safe ? transactions.take_safe_snapshot(transaction_, wait)
                                          : transactions.take_snapshot(transaction_, cancel_.get());
    transaction_snapshot_ = TRY(std::move(taken));
    Snapshot again = *transaction_snapshot_;
    transactions.pin_snapshot(*slot_, again);
    return again;
  }
  return transactions.refresh_own(transaction_, *transaction_snapshot_);
}

void SessionCore::release_statement_snapshot(ResultStream& stream) {
  if (!stream.snapshot) return;
  instance_->transactions().release_snapshot(*slot_, *stream.snapshot);
  stream.snapshot.reset();
}

Result<ResultStreamPtr> SessionCore::run_plan(std::shared_ptr<Execution> execution,
                                              std::span<const Value> parameters, Instrument instrument,
                                              ResultStreamPtr stream) {
  const PlannedStatement& statement = execution->statement();
  if (stream == nullptr || stream.use_count() > 2 || stream->execution != execution) {
    stream = std::make_shared<ResultStream>();
    stream->columns = statement.output;
    stream->is_query = statement.command == PlannedStatement::Command::Select || !statement.output.empty();
    stream->command = statement.command;
  } else {  // ours and the prepared plan's alone
    stream->tag.clear();
    stream->row_count = 0;
    stream->batch = nullptr;
    stream->is_implicit = stream->has_given = stream->ended = stream->cut_off = false;
    stream->attempts = 0;
    stream->snapshot.reset();
  }
  if (transaction_.is_read_only()) {
    constexpr std::string_view kVerbs[] = {"", "INSERT", "UPDATE", "DELETE", "MERGE"};
    std::string verb(kVerbs[static_cast<size_t>(statement.command)]);
    if (statement.command == PlannedStatement::Command::Select) verb = locking_words(statement);
    if (verb.empty() && has_writing_cte(statement)) verb = "SELECT";
    if (merges_nothing(*statement.root) && !has_writing_cte(statement)) verb.clear();
    if (!verb.empty()) return refused_read_only(verb);
  }
  bool blind = level_ == IsolationLevel::ReadCommitted && statement.subplans.empty() &&
               statement.ctes.empty() && !reads_rows(*statement.root);
  if (!blind) stream->snapshot = TRY(statement_snapshot());
  stream->execution = std::move(execution);
  Result<> started =
      stream->execution->start(parameters, stream->snapshot ? &*stream->snapshot : nullptr, instrument);
  if (!started.ok()) {
    stream->execution->close();
    release_statement_snapshot(*stream);
    return std::move(started).error();
  }
  return stream;
}

int64_t SessionCore::now_us() const {
  return system_now_us(&instance_->clock());
}

void SessionCore::start_statement_timer() {
  if (statement_timeout_ms_ == 0) return;
  instance_->statement_timer().arm(cancel_, statement_timeout_ms_);
  has_alarm_ = true;
}

void SessionCore::stop_statement_timer() {
  if (!has_alarm_) return;
  instance_->statement_timer().disarm(*cancel_);
  has_alarm_ = false;
}

Result<ResultStreamPtr> SessionCore::begin_statement(const std::shared_ptr<ParsedStatement>& parsed,
                                                     std::span<const Value> parameters,
                                                     PreparedPlan* prepared) {
  if (current_ && takes_back(*parsed->root) && !current_->is_implicit) drop_current();
  if (current_) TRY(cut_off_current());
  TRY(check_open());
  if (std::holds_alternative<ast::Rollback>(parsed->root->node))
    was_ended_idle_ = false;  // it asks for no more
  TRY(check_not_appending());
  if (waits_idle_) stop_idle_timer();
  eval_.cancel = environment_.cancel = cancel_.get();
  Result<ResultStreamPtr> stream = begin_with_token(parsed, parameters, prepared);
  if (!current_) retire_token();
  return stream;
}

// A token belongs to one statement: who took it while that ran cancels nothing later, who takes the new one
// before the next statement begins cancels that.
void SessionCore::retire_token() {
  note_rest();
  stop_statement_timer();
  if (cancel_.use_count() > 1 || cancel_->is_requested())
    std::atomic_store(&cancel_, std::make_shared<CancelToken>());
  eval_.cancel = environment_.cancel = cancel_.get();
}

Result<ResultStreamPtr> SessionCore::begin_with_token(const std::shared_ptr<ParsedStatement>& parsed,
                                                      std::span<const Value> parameters,
                                                      PreparedPlan* prepared) {
  prepare_statement_context();
  advisory_calls_before_ = advisory_calls_;
  published_.statement_begins(parsed, prepared != nullptr, eval_.statement_start_us);
  start_statement_timer();
  for (const ParserNotice& remark : parsed->notices) notice("NOTICE", Error(remark.state, remark.message));

  const ast::Statement& statement = *parsed->root;
  if (!is_planned(statement)) {
    Result<std::optional<std::string>> control = run_transaction_control(statement);
    if (!control.ok()) {
      fail_transaction();
      return std::move(control).error();
    }
    if (*control) return tag_stream(**control);
  }
  if (state_ == State::Failed) {
    return Error(sqlstate::in_failed_sql_transaction,
                 "current transaction is aborted, commands ignored until end of transaction block");
  }
  bool implicit = state_ == State::Idle;
  if (implicit) TRY(start_transaction({}, false));
  Result<> wanted = cancel_->check();  // cancelled before it began
  Result<ResultStreamPtr> stream =
      wanted.ok() ? dispatch(parsed, statement, parameters, prepared) : std::move(wanted).error();
  if (!stream.ok()) {
    rest();
    fail_transaction();
    return stream;
  }
  (*stream)->is_implicit = implicit;
  if ((*stream)->execution) {
    current_ = *stream;
    // What gives no rows runs now: its errors belong to this call.
    if (!(*stream)->is_query) {
      while (TRY(next(**stream))) {
      }
    }
  } else {
    rest();
    if (implicit) TRY(commit_transaction());
  }
  return stream;
}

namespace {

// Whoever prepared a statement knows its columns and goes on reading them as those.
bool is_same_result(const PlannedStatement& before, const PlannedStatement& after) {
  return std::equal(
      before.output.begin(), before.output.end(), after.output.begin(), after.output.end(),
      [](const OutputColumn& a, const OutputColumn& b) { return a.name == b.name && a.type == b.type; });
}

}  // namespace

Result<ResultStreamPtr> SessionCore::dispatch(const std::shared_ptr<ParsedStatement>& parsed,
                                              const ast::Statement& statement,
                                              std::span<const Value> parameters, PreparedPlan* prepared) {
  if (asks_for_snapshot(statement)) has_queried_ = true;
  if (!is_planned(statement)) return run_utility(parsed, statement, parameters);
  if (prepared != nullptr) return run_prepared(*prepared, statement, parameters, false);
  std::shared_ptr<Execution> execution = TRY(plan_statement(statement, parsed->text, {}));
  return run_plan(std::move(execution), parameters, {});
}

Result<ResultStreamPtr> SessionCore::run_prepared(PreparedPlan& prepared, const ast::Statement& statement,
                                                  std::span<const Value> parameters, bool check_constants) {
  auto newest_definitions = [this] {
    return overlay_.is_empty() ? instance_->catalog().newest_number() : overlay_.current()->number();
  };
  uint64_t newest = newest_definitions();
  bool stale = !prepared.execution || prepared.execution->statement().is_transient ||
               prepared.catalog_number != newest || prepared.settings_version != settings_.version();
  if (!stale) {
    working_version_.store(std::min(prepared.catalog_number, instance_->catalog().newest_number()),
                           std::memory_order_release);
    TRY(lock_for(prepared.execution->statement()));
    stale = newest_definitions() != newest;  // while it waited for the locks
  }
  if (stale) {
    std::shared_ptr<Execution> again =
        TRY(plan_statement(statement, prepared.parsed->text, prepared.parameters, check_constants));
    if (prepared.execution && !is_same_result(prepared.execution->statement(), again->statement()))
      return Error(sqlstate::feature_not_supported, "cached plan must not change result type");
    prepared.execution = std::move(again);
    prepared.catalog_number = prepared.execution->statement().catalog->number();
    prepared.settings_version = settings_.version();
  }
  ResultStreamPtr stream = TRY(run_plan(prepared.execution, parameters, {}, prepared.stream));
  prepared.stream = stream;
  return stream;
}

Result<bool> SessionCore::next(ResultStream& stream) {
  if (stream.ended) {
    let_go(stream);
    if (!stream.cut_off) return false;
    TRY(check_open());
    return Error(sqlstate::invalid_cursor_state,
                 "the rows ended when another statement began on their connection");
  }
  Result<> open = check_open();
  if (!stream.execution) {
    TRY(std::move(open));
    if (stream.made_next >= stream.made_rows.size()) {
      stream.ended = true;
      return false;
    }
    stream.made.reset();
    uint32_t count = 0;
    for (; count < kBatchRows && stream.made_next < stream.made_rows.size(); ++count, ++stream.made_next) {
      const std::vector<std::string>& row = stream.made_rows[stream.made_next];
      for (size_t i = 0; i < row.size(); ++i) stream.made.column(i).data<Text>()[count] = Text(row[i]);
    }
    stream.made.set_row_count(count);
    stream.batch = &stream.made;
    return true;
  }
  ResultStreamPtr keep = current_;  // the stream may be held by nobody else
  for (;;) {
    Result<bool> more = open.ok() ? advance(stream) : std::move(open).error();
    if (more.ok()) return more;
    Error error = std::move(more).error();
    stream.cut_off = is_shut_down();
    if (!stream.ended) drop(stream);
    if (current_.get() == &stream) current_.reset();
    fail_transaction();
    if (keep.get() == &stream && may_retry(stream, error)) {
      Result<bool> again = start_again(keep);
      if (again.ok() && *again) continue;
      if (!again.ok()) error = std::move(again).error();
    }
    retire_token();
    return error;
  }
}

Result<bool> SessionCore::advance(ResultStream& stream) {
  bool more = TRY(stream.execution->next());
  if (!more) {
    TRY(finish_stream(stream));
    return false;
  }
  stream.has_given = stream.is_query;
  stream.batch = &stream.execution->rows();
  return true;
}

// The statement is over.
void SessionCore::rest() {
  working_version_.store(~uint64_t{0}, std::memory_order_release);
  retire_token();
}

// Lets go of what `stream` holds; its rows are gone.
void SessionCore::drop(ResultStream& stream) {
  stream.ended = true;
  stream.batch = nullptr;
  stream.execution->close();
  release_statement_snapshot(stream);
  working_version_.store(~uint64_t{0}, std::memory_order_release);
}

// Of the rows that close() left to their reader.
void SessionCore::let_go(ResultStream& stream) {
  if (!std::exchange(stream.left_open, false)) return;
  stream.batch = nullptr;
  stream.execution->close();
}

void SessionCore::drop_current() {
  if (!current_) return;
  current_->cut_off = true;
  drop(*current_);
  retire_token();
  current_.reset();
}

Result<> SessionCore::cut_off_current() {
  ResultStreamPtr stream = current_;
  stream->cut_off = true;
  return end(*stream);
}

void SessionCore::abandon() {
  is_grouped_ = false;
  drop_current();
  rest();
  fail_transaction();
}

Result<> SessionCore::check_open() const {
  if (!shut_down_.load(std::memory_order_relaxed)) return {};
  return Error(sqlstate::admin_shutdown, "terminating connection due to administrator command");
}

Result<> SessionCore::finish_stream(ResultStream& stream) {
  ResultStreamPtr keep = current_;  // the stream may be held by nobody else
  stream.row_count = stream.execution->row_count();
  stream.tag = plan_tag(stream.command, stream.row_count);
  drop(stream);
  if (current_.get() == &stream) current_.reset();
  if (stream.is_implicit) TRY(commit_transaction());
  retire_token();
  return {};
}

Result<> SessionCore::end(ResultStream& stream) {
  if (stream.ended || !stream.execution) {
    stream.ended = true;
    let_go(stream);
    return {};
  }
  if (stream.execution->statement().has_effects) {
    while (TRY(next(stream))) {
    }
    return {};
  }
  Result<> finished = finish_stream(stream);
  if (!finished.ok()) retire_token();
  return finished;
}

Result<std::unique_ptr<PreparedPlan>> SessionCore::prepare(std::string_view sql) {
  if (current_) TRY(cut_off_current());
  TRY(check_open());
  TRY(check_not_appending());
  auto prepared = std::make_unique<PreparedPlan>();
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
  if (!parsed) return Error(sqlstate::syntax_error, "there is no statement to prepare");
  prepared->parsed = std::move(parsed);
  if (state_ == State::Failed) {
    return Error(sqlstate::in_failed_sql_transaction,
                 "current transaction is aborted, commands ignored until end of transaction block");
  }
  if (!is_planned(*prepared->parsed->root)) return prepared;
  prepare_statement_context();
  bool implicit = state_ == State::Idle;
  if (implicit) TRY(start_transaction({}, false));
  Result<std::shared_ptr<Execution>> execution =
      plan_statement(*prepared->parsed->root, prepared->parsed->text, {}, false);
  rest();
  if (!execution.ok()) {
    fail_transaction();
    return std::move(execution).error();
  }
  prepared->execution = std::move(*execution);
  prepared->parameters = prepared->execution->statement().parameters;
  prepared->catalog_number = prepared->execution->statement().catalog->number();
  prepared->settings_version = settings_.version();
  if (implicit) TRY(commit_transaction());
  return prepared;
}

Result<std::vector<std::vector<Value>>> SessionCore::run_internal(const std::string& sql) {
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
  std::shared_ptr<Execution> execution = TRY(plan_statement(*parsed->root, parsed->text, {}));
  ResultStreamPtr stream = TRY(run_plan(execution, {}, {}));
  std::vector<std::vector<Value>> rows;
  auto pull = [&]() -> Result<> {
    while (TRY(execution->next())) {
      const Batch& batch = execution->rows();
      for (uint32_t i = 0; i < batch.row_count(); ++i) {
        std::vector<Value>& row = rows.emplace_back();
        for (const Vector& column : batch.columns()) row.push_back(column.value(batch.row(i)));
      }
    }
    return {};
  };
  Result<> pulled = pull();
  stream->row_count = execution->row_count();
  execution->close();
  release_statement_snapshot(*stream);
  if (!pulled.ok()) return std::move(pulled).error();
  return rows;
}

Result<> SessionCore::run_script(std::vector<std::unique_ptr<ParsedStatement>> statements) {
  bool grouped = statements.size() > 1 && state_ == State::Idle;
  is_grouped_ = grouped;
  Result<> done = run_statements(statements, grouped);
  is_grouped_ = false;
  // Whatever stopped them: the transaction that they share ends with them.
  if (!done.ok() && grouped && state_ == State::Implicit) roll_back_transaction();
  if (grouped) note_rest();
  return done;
}

Result<> SessionCore::run_statements(std::vector<std::unique_ptr<ParsedStatement>>& statements,
                                     bool grouped) {
  if (grouped) TRY(begin_implicit());
  for (std::unique_ptr<ParsedStatement>& parsed : statements) {
    if (grouped && state_ == State::Idle) TRY(begin_implicit());  // a COMMIT inside ended the last one
    ResultStreamPtr stream = TRY(begin_statement(std::move(parsed), {}, nullptr));
    for (;;) {
      bool more = TRY(next(*stream));
      if (!more) break;
    }
  }
  if (grouped && state_ == State::Implicit) return commit_transaction();
  return {};
}

void SessionCore::fail_after_syntax_error() {
  if (current_) static_cast<void>(cut_off_current().ok());
  if (state_ != State::Block) return;
  fail_transaction();
  note_rest();
}

ResultStreamPtr SessionCore::empty_result() {
  return tag_stream("");
}

std::string SessionCore::relation_name(int64_t oid) {
  catalog::CatalogPtr catalog = overlay_.current();
  auto number = static_cast<catalog::Oid>(oid);
  if (catalog::TablePtr table = catalog->table(number)) return table->name;
  if (catalog::IndexPtr index = catalog->index(number)) return index->name;
  if (catalog::ViewPtr view = catalog->view(number)) return view->name;
  if (catalog::SequencePtr sequence = catalog->sequence(number)) return sequence->name;
  for (const SystemView* view : instance_->system_views().all()) {
    if (view->oid == number) return std::string(view->name);
  }
  return oid == 0 ? "-" : std::to_string(oid);
}

Result<int64_t> SessionCore::next_value(const catalog::Sequence& sequence) {
  if (transaction_.is_read_only()) return refused_read_only("nextval()");
  int64_t value = TRY(instance_->sequences().next(sequence));
  sequence_values_[sequence.oid] = value;
  last_sequence_ = sequence.oid;
  return value;
}

Result<int64_t> SessionCore::current_value(const catalog::Sequence& sequence) {
  auto found = sequence_values_.find(sequence.oid);
  if (found == sequence_values_.end()) {
    return Error(sqlstate::object_not_in_prerequisite_state,
                 "currval of sequence \"" + sequence.name + "\" is not yet defined in this session");
  }
  return found->second;
}

Result<int64_t> SessionCore::last_value() {
  if (!last_sequence_)
    return Error(sqlstate::object_not_in_prerequisite_state, "lastval is not yet defined in this session");
  return sequence_values_[*last_sequence_];
}

Result<> SessionCore::set_value(const catalog::Sequence& sequence, int64_t value, bool is_called) {
  if (transaction_.is_read_only()) return refused_read_only("setval()");
  TRY(instance_->sequences().set(sequence, value, is_called));
  if (is_called) {
    sequence_values_[sequence.oid] = value;
    last_sequence_ = sequence.oid;
  }
  return {};
}

Result<SessionServices::SequenceState> SessionCore::sequence_state(const catalog::Sequence& sequence) {
  return instance_->sequences().state(sequence);
}

std::optional<std::string> SessionCore::setting(std::string_view name) {
  return settings_.get(name);
}

Result<> SessionCore::set_setting(std::string_view name, std::string_view value, bool is_local) {
  TRY(settings_.set(name, value, is_local));
  ast::TransactionModes modes;  // which may have been set by their names
  modes.isolation = isolation_named(settings_.get("transaction_isolation").value_or(""));
  modes.is_read_only = settings_.is_on("transaction_read_only");
  modes.is_deferrable = settings_.is_on("transaction_deferrable");
  return set_modes(modes);
}

uint64_t SessionCore::relation_pages(RelationId relation) {
  return instance_->relations().page_count(relation);
}
SessionServices::InstanceActivity SessionCore::activity() {
  InstanceActivity activity;
  PoolStats pool = instance_->storage().pool().stats();
  activity.blocks_hit = pool.hits;
  activity.blocks_read = pool.misses;
  activity.evictions = pool.evictions;
  activity.blocks_written = pool.writes;
  activity.temp_bytes = instance_->storage().temp_files().bytes_written();
  LockManager& locks = instance_->transactions().locks();
  activity.sessions = instance_->session_activity();
  for (SessionActivity& session : activity.sessions) {
    session.lock_waits = locks.waits_begun(session.id);
    for (uint64_t blocker : locks.blockers(session.id)) activity.blocks.push_back({session.id, blocker});
  }
  activity.locks = locks.list();
  activity.pages_to_clean = instance_->page_sets().pages_to_clean();
  return activity;
}

SessionServices::BufferUse SessionCore::buffer_use() {
  const BufferPool& pool = instance_->storage().pool();
  PoolFill fill = pool.fill();
  PoolStats stats = pool.stats();
  return {kPageSize,  fill.frames,  fill.used,       fill.dirty,
          stats.hits, stats.misses, stats.evictions, stats.writes};
}

// The check has a session of its own, which would wait for our locks.
Result<std::vector<FoundFault>> SessionCore::find_faults() {
  if (!overlay_.is_empty())
    return Error(sqlstate::active_sql_transaction,
                 "rowan_check() cannot run in a transaction that has changed definitions");
  return rowan::find_faults(instance_, cancel_.get());
}

uint64_t SessionCore::relation_bytes(RelationId relation) {
  return relation_pages(relation) * kPageSize;
}

}  // namespace rowan
