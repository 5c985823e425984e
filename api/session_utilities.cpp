// api/session_utilities.cpp: statements that are neither queries nor transaction control: SET and SHOW,
// PREPARE and EXECUTE, EXPLAIN, ANALYZE, LOCK, DDL.
#include <algorithm>
#include <set>
#include <utility>

#include "api/backup.h"
#include "api/session_core.h"
#include "executor/analyze.h"
#include "executor/ddl.h"
#include "expression/evaluator.h"
#include "planner/deparse.h"
#include "planner/explain.h"
#include "types/try.h"

namespace rowan {
namespace {

std::string setting_text(const ast::Expr& expr, bool& good) {
  good = true;
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  if (literal == nullptr) {
    good = false;
    return {};
  }
  switch (literal->kind) {
    case ast::LiteralKind::Integer:
      return std::to_string(literal->integer);
    case ast::LiteralKind::Boolean:
      return literal->integer != 0 ? "on" : "off";
    case ast::LiteralKind::Null:
      good = false;
      return {};
    default:
      return std::string(literal->text);
  }
}

std::string upper(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// What an option of VACUUM says: written without a value it is on. nullopt: no truth value.
std::optional<bool> truth_of(const ast::Option& option) {
  if (option.kind == ast::OptionValueKind::None) return true;
  std::string word = upper(option.text);
  if (word == "TRUE" || word == "ON" || word == "1") return true;
  if (word == "FALSE" || word == "OFF" || word == "0") return false;
  return std::nullopt;
}

bool is_on(const ast::List<ast::Option>& options, std::string_view name) {
  bool on = false;
  for (const ast::Option& option : options)
    if (option.name.text == name) on = truth_of(option).value_or(false);
  return on;
}

// Errors: 42601 an option that there is not, or one with a wrong value.
Result<> check_vacuum_options(std::string_view statement, const ast::List<ast::Option>& options,
                              std::initializer_list<std::string_view> known) {
  for (const ast::Option& option : options) {
    std::string name(option.name.text);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Error(sqlstate::syntax_error,
                   "unrecognized " + std::string(statement) + " option \"" + name + "\"")
          .at(option.name.position);
    }
    if (name == "parallel") {
      constexpr int kWorkersMax = 1024;
      bool is_number = option.kind == ast::OptionValueKind::Integer;
      if (is_number && option.integer >= 0 && option.integer <= kWorkersMax) continue;
      return Error(sqlstate::syntax_error, option.kind == ast::OptionValueKind::None
                                               ? "parallel option requires a value between 0 and 1024"
                                           : is_number
                                               ? "parallel workers for vacuum must be between 0 and 1024"
                                               : "parallel requires an integer value")
          .at(is_number || option.kind == ast::OptionValueKind::None ? option.name.position : kNoPosition);
    }
    bool is_auto = name == "index_cleanup" && upper(option.text) == "AUTO";
    std::optional<bool> truth = truth_of(option);
    if (name == "verbose" && truth.value_or(false))
      return Error(sqlstate::feature_not_supported, std::string(statement) + " VERBOSE is not supported")
          .at(option.name.position);
    if (is_auto || truth) continue;
    return Error(sqlstate::syntax_error, name + " requires a Boolean value");
  }
  return {};
}

// PostgreSQL shows some settings under a name in mixed case.
std::string shown_name(std::string_view name) {
  if (name == "timezone") return "TimeZone";
  if (name == "datestyle") return "DateStyle";
  if (name == "intervalstyle") return "IntervalStyle";
  return std::string(name);
}

// Rowan builds and drops indexes as it always does, but where PostgreSQL would refuse so do we.
Result<> check_concurrently(const ast::Statement& statement) {
  std::string_view words;
  if (const auto* create = std::get_if<ast::CreateIndex>(&statement.node); create && create->is_concurrent)
    words = "CREATE INDEX CONCURRENTLY";
  if (const auto* dropped = std::get_if<ast::Drop>(&statement.node); dropped && dropped->is_concurrent)
    words = "DROP INDEX CONCURRENTLY";
  if (words.empty()) return {};
  return Error(sqlstate::active_sql_transaction,
               std::string(words) + " cannot run inside a transaction block");
}

}  // namespace

ResultStreamPtr SessionCore::tag_stream(std::string tag) {
  auto stream = std::make_shared<ResultStream>();
  stream->tag = std::move(tag);
  stream->ended = true;
  return stream;
}

ResultStreamPtr SessionCore::made_stream(std::vector<std::string> columns,
                                         std::vector<std::vector<std::string>> rows, std::string tag) {
  auto stream = std::make_shared<ResultStream>();
  std::vector<Type> types;
  for (std::string& name : columns) {
    stream->columns.push_back({std::move(name), TypeId::Text});
    types.push_back(TypeId::Text);
  }
  stream->is_query = true;
  stream->row_count = rows.size();
  stream->made_rows = std::move(rows);
  stream->made = Batch(types, kBatchRows);
  stream->tag = std::move(tag);
  return stream;
}

Result<> SessionCore::run_set(const ast::SetVariable& statement) {
  bool local = statement.scope == ast::SetScope::Local;
  if (statement.values.empty()) return settings_.reset(statement.name);
  std::string value;
  for (const ast::ExprPtr& item : statement.values) {
    bool good = false;
    std::string text = setting_text(*item, good);
    if (!good)
      return Error(sqlstate::feature_not_supported, "SET with this kind of value is not supported")
          .at(item->position);
    bool listed = statement.values.size() > 1;
    value += (value.empty() ? "" : ", ") +
             (listed && statement.name == "search_path" && text == "$user" ? "\"$user\"" : text);
  }
  if (local && !in_block()) {
    notice("WARNING",
           Error(sqlstate::no_active_sql_transaction, "SET LOCAL can only be used in transaction blocks"));
  }
  TRY(set_setting(statement.name, value, local));
  if (statement.name == "timezone" || statement.name == "datestyle") prepare_statement_context();
  return {};
}

Result<> SessionCore::run_set_transaction(const ast::SetTransaction& statement) {
  const ast::TransactionModes& modes = statement.modes;
  if (!statement.is_session) {
    if (in_block()) return set_modes(modes);
    notice("WARNING", Error(sqlstate::no_active_sql_transaction,
                            "SET TRANSACTION can only be used in transaction blocks"));
    return {};
  }
  if (modes.isolation)
    TRY(settings_.set("default_transaction_isolation", isolation_name(*modes.isolation), false));
  if (modes.is_read_only)
    TRY(settings_.set("default_transaction_read_only", *modes.is_read_only ? "on" : "off", false));
  if (modes.is_deferrable)
    TRY(settings_.set("default_transaction_deferrable", *modes.is_deferrable ? "on" : "off", false));
  return {};
}

Result<ResultStreamPtr> SessionCore::run_show(const ast::Show& statement) {
  if (statement.name == "all") {
    std::vector<std::vector<std::string>> rows;
    std::vector<SettingInfo> all = settings_.all();
    std::sort(all.begin(), all.end(),
              [](const SettingInfo& a, const SettingInfo& b) { return a.name < b.name; });
    for (const SettingInfo& setting : all) {
      rows.push_back({setting.name, settings_.get(setting.name).value_or(""), setting.description});
    }
    return made_stream({"name", "setting", "description"}, std::move(rows), "SHOW");
  }
  std::optional<std::string> value = settings_.get(statement.name);
  if (!value) return unknown_setting(statement.name);
  return made_stream({shown_name(statement.name)}, {{*value}}, "SHOW");
}

Result<> SessionCore::run_lock(const ast::LockTable& statement) {
  if (!in_block()) {
    return Error(sqlstate::no_active_sql_transaction, "LOCK TABLE can only be used in transaction blocks");
  }
  for (const ast::TruncateTarget& target : statement.tables) {
    auto find = [&]() -> Result<catalog::TablePtr> {
      catalog::RelationPtr found =
          overlay_.current()->find_relation(target.name.schema(), target.name.last());
      if (const auto* table = std::get_if<catalog::TablePtr>(&found)) return *table;
      std::string name = "\"" + std::string(target.name.last()) + "\"";
      if (std::holds_alternative<std::monostate>(found))
        return Error(sqlstate::undefined_table, "relation " + name + " does not exist");
      return Error(sqlstate::wrong_object_type, name + " is not a table");
    };
    TRY(lock_found(find, static_cast<LockMode>(statement.mode), statement.no_wait));
  }
  return {};
}

Result<> SessionCore::analyze_table(const catalog::Table& table) {
  Wait wait;
  wait.cancel = cancel_.get();
  TRY(instance_->transactions().locks().acquire(transaction_.locks(), LockTarget::table(table.oid),
                                                LockMode::ShareUpdateExclusive, wait));
  catalog::TablePtr newest = overlay_.current()->table(table.oid);
  if (!newest) return {};
  Snapshot snapshot = TRY(statement_snapshot());
  Result<catalog::TableStatistics> statistics =
      rowan::analyze_table(instance_->relations(), *newest, snapshot, instance_->random(), cancel_.get());
  instance_->transactions().release_snapshot(*slot_, snapshot);
  if (!statistics.ok()) return std::move(statistics).error();
  overlay_.put(catalog::StatisticsPtr(std::make_shared<catalog::TableStatistics>(std::move(*statistics))));
  return {};
}

// Looks the tables up; of those that are tables gathers statistics where that is wanted. `verb`: for what the
// others are passed over.
Result<> SessionCore::run_analyze(ast::List<ast::AnalyzeTarget> targets, std::string_view verb,
                                  bool gathers) {
  if (targets.empty() && gathers) {
    for (const catalog::TablePtr& table : overlay_.current()->tables()) TRY(analyze_table(*table));
    return {};
  }
  for (const ast::AnalyzeTarget& target : targets) {
    catalog::RelationPtr found =
        overlay_.current()->find_relation(target.table.schema(), target.table.last());
    if (std::holds_alternative<std::monostate>(found)) {
      return Error(sqlstate::undefined_table,
                   "relation \"" + std::string(target.table.last()) + "\" does not exist");
    }
    const auto* table = std::get_if<catalog::TablePtr>(&found);
    if (table == nullptr) {
      notice("WARNING",
             Error(sqlstate::warning, "skipping \"" + std::string(target.table.last()) + "\" --- cannot " +
                                          std::string(verb) + " non-tables or special system tables"));
      continue;
    }
    std::set<std::string_view> seen;
    for (const ast::Name& column : target.columns) {
      std::string words =
          "column \"" + std::string(column.text) + "\" of relation \"" + (*table)->name + "\"";
      if ((*table)->find_column(column.text) == nullptr)
        return Error(sqlstate::undefined_column, words + " does not exist");
      if (!seen.insert(column.text).second)
        return Error(sqlstate::duplicate_column, words + " appears more than once");
    }
    if (gathers) TRY(analyze_table(**table));
  }
  return {};
}

Result<> SessionCore::run_vacuum(const ast::Vacuum& vacuum) {
  TRY(check_vacuum_options("VACUUM", vacuum.options,
                           {"verbose", "skip_locked", "analyze", "freeze", "full", "disable_page_skipping",
                            "index_cleanup", "process_toast", "truncate", "parallel"}));
  bool is_full = is_on(vacuum.options, "full"), analyzes = is_on(vacuum.options, "analyze");
  for (const ast::Option& option : vacuum.options) {
    if (is_full && option.name.text == "parallel" && option.integer > 0)
      return Error(sqlstate::feature_not_supported, "VACUUM FULL cannot be performed in parallel");
  }
  for (const ast::AnalyzeTarget& target : vacuum.targets) {
    if (target.columns.empty() || analyzes) continue;
    return Error(sqlstate::feature_not_supported,
                 "ANALYZE option must be specified when a column list is provided");
  }
  if (in_block())
    return Error(sqlstate::active_sql_transaction, "VACUUM cannot run inside a transaction block");
  {
    StorageHold hold(*this);
    TRY(instance_->cleaner().run([] { return true; }));
  }
  return run_analyze(vacuum.targets, "vacuum", analyzes);
}

Result<> SessionCore::run_prepare(const std::shared_ptr<ParsedStatement>& parsed,
                                  const ast::Prepare& prepare) {
  std::string name(prepare.name.text);
  if (named_statements_.count(name) != 0) {
    return Error(sqlstate::duplicate_prepared_statement,
                 "prepared statement \"" + name + "\" already exists");
  }
  auto plan = std::make_shared<PreparedPlan>();
  plan->parsed = parsed;
  for (const ast::TypeName* type : prepare.parameter_types) {
    Type declared = TRY(resolve_type(*type));
    plan->parameters.push_back(declared);
  }
  plan->execution = TRY(plan_statement(*prepare.statement, parsed->text, plan->parameters, false));
  plan->parameters = plan->execution->statement().parameters;
  // The first run plans anew, now with its constants: one that cannot be computed is that run's error.
  plan->catalog_number = PreparedPlan::kPlanAnew;
  named_statements_[name] = {std::move(plan), prepare.statement};
  return {};
}

Result<ResultStreamPtr> SessionCore::run_execute(const ast::Execute& execute) {
  auto found = named_statements_.find(execute.name.text);
  if (found == named_statements_.end()) {
    return Error(sqlstate::invalid_sql_statement_name,
                 "prepared statement \"" + std::string(execute.name.text) + "\" does not exist");
  }
  PreparedPlan& plan = *found->second.plan;
  if (execute.arguments.size() != plan.parameters.size()) {
    return Error(sqlstate::syntax_error,
                 "wrong number of parameters for prepared statement \"" + found->first + "\"")
        .detail("Expected " + std::to_string(plan.parameters.size()) + " parameters but got " +
                std::to_string(execute.arguments.size()) + ".");
  }
  std::vector<Value> values;
  for (size_t i = 0; i < execute.arguments.size(); ++i) {
    BindOptions options = bind_options({});
    options.allow_parameters = false;
    ExprPtr bound = TRY(bind_argument(*execute.arguments[i], plan.parameters[i], static_cast<uint32_t>(i + 1),
                                      overlay_.current(), options));
    Value value = TRY(evaluate_constant(*bound, eval_));
    values.push_back(std::move(value));
  }
  Result<ResultStreamPtr> stream = run_prepared(plan, *found->second.statement, values, true);
  if (stream.ok()) return stream;
  return std::move(stream).error().without_position();  // PREPARE's text had it
}

Result<ResultStreamPtr> SessionCore::run_explain(const std::shared_ptr<ParsedStatement>& parsed,
                                                 const ast::Explain& explained,
                                                 std::span<const Value> given) {
  std::vector<Value> parameters(given.begin(), given.end());
  ExplainOptions options = TRY(explain_options(explained));
  const ast::Statement* statement = explained.statement;
  std::vector<Type> types;
  if (const auto* execute = std::get_if<ast::Execute>(&statement->node)) {
    auto found = named_statements_.find(execute->name.text);
    if (found == named_statements_.end()) {
      return Error(sqlstate::invalid_sql_statement_name,
                   "prepared statement \"" + std::string(execute->name.text) + "\" does not exist");
    }
    statement = found->second.statement;
    types = found->second.plan->parameters;
    for (size_t i = 0; i < execute->arguments.size() && i < types.size(); ++i) {
      ExprPtr bound = TRY(bind_argument(*execute->arguments[i], types[i], static_cast<uint32_t>(i + 1),
                                        overlay_.current(), bind_options({})));
      Value value = TRY(evaluate_constant(*bound, eval_));
      parameters.push_back(std::move(value));
    }
  } else if (const auto* create = std::get_if<ast::CreateTableAs>(&statement->node)) {
    if (create->query == nullptr || options.analyze) {
      return Error(sqlstate::feature_not_supported,
                   "EXPLAIN of this form of CREATE TABLE AS is not supported")
          .at(statement->position);
    }
    return Error(sqlstate::feature_not_supported, "EXPLAIN of CREATE TABLE AS is not supported")
        .at(statement->position);
  }
  MonotonicNs started = monotonic_now_ns();
  std::shared_ptr<Execution> execution = TRY(plan_statement(*statement, parsed->text, types));
  ExecutionFigures figures;
  auto planning = static_cast<uint64_t>(monotonic_now_ns() - started);
  if (options.analyze) {
    started = monotonic_now_ns();
    ResultStreamPtr stream = TRY(run_plan(execution, parameters, {options.timing, options.buffers}));
    Result<bool> more = true;
    while (more.ok() && *more) more = execution->next();
    figures = execution->figures();
    figures.execution_ns = static_cast<uint64_t>(monotonic_now_ns() - started);
    execution->close();
    release_statement_snapshot(*stream);
    stream->ended = true;
    if (!more.ok()) return std::move(more).error();
  }
  figures.planning_ns = planning;
  std::vector<std::vector<std::string>> rows;
  for (std::string& line :
       explain(execution->statement(), options, options.analyze || options.summary ? &figures : nullptr)) {
    rows.push_back({std::move(line)});
  }
  return made_stream({"QUERY PLAN"}, std::move(rows), "EXPLAIN");
}

Result<std::string> SessionCore::run_ddl(const ParsedStatement& parsed, const ast::Statement& statement) {
  if (transaction_.is_read_only()) {
    std::string tag = ddl_tag(statement);
    if (!tag.empty()) return refused_read_only(tag);
  }
  Wait wait;
  wait.cancel = cancel_.get();
  wait.lock_timeout_ms = environment_.lock_timeout_ms;
  if (!std::holds_alternative<ast::Truncate>(statement.node))
    wait.yield_ms = static_cast<uint32_t>(settings_.integer("ddl_yield_timeout"));
  working_version_.store(instance_->catalog().newest_number(), std::memory_order_release);
  DdlContext context{overlay_,
                     instance_->relations(),
                     transaction_,
                     eval_,
                     *this,
                     bind_options(parsed.text),
                     wait,
                     [this](Error error) { notice("NOTICE", std::move(error)); },
                     [this](const std::string& sql) { return run_internal(sql); },
                     created_,
                     released_,
                     static_cast<size_t>(settings_.integer("maintenance_work_mem")) * 1024};
  auto source = [&parsed](ast::Range range) { return parsed.source(range); };
  return execute_ddl(statement, source, context);
}

Result<ResultStreamPtr> SessionCore::run_create_table_as(const ParsedStatement& parsed,
                                                         const ast::CreateTableAs& statement) {
  if (statement.query == nullptr || statement.persistence == ast::Persistence::Temporary) {
    return Error(sqlstate::feature_not_supported, "this form of CREATE TABLE AS is not supported")
        .at(statement.name.position());
  }
  TRY(check_table_storage(statement.options, statement.on_commit, statement.tablespace));
  if (transaction_.is_read_only())
    return refused_read_only(statement.is_select_into ? "SELECT INTO" : "CREATE TABLE AS");
  std::string_view schema = statement.name.schema().empty() ? "public" : statement.name.schema();
  std::string name = quote_identifier(schema) + "." + quote_identifier(statement.name.last());
  bool exists = !std::holds_alternative<std::monostate>(
      overlay_.current()->find_relation("public", statement.name.last()));
  if (exists && statement.if_not_exists) {
    notice("NOTICE", Error(sqlstate::duplicate_table, "relation \"" + std::string(statement.name.last()) +
                                                          "\" already exists, skipping"));
    return tag_stream("CREATE TABLE AS");
  }
  BindOptions options = bind_options(parsed.text);
  ast::Statement select{statement.query, kNoPosition, statement.query->range};
  BoundStatement bound = TRY(rowan::bind(select, overlay_.current(), options));
  if (statement.columns.size() > bound.output.size())
    return Error(sqlstate::syntax_error, "too many column names were specified");
  std::string columns;
  for (size_t i = 0; i < bound.output.size(); ++i) {
    Type type = bound.output[i].type;
    if (type.id == TypeId::Unknown) type = TypeId::Text;
    if (type.id == TypeId::Numeric && !type.is_declared) type = TypeId::Numeric;
    std::string_view column =
        i < statement.columns.size() ? statement.columns[i].text : std::string_view(bound.output[i].name);
    columns += (i == 0 ? "" : ", ") + quote_identifier(column) + " " + type_name(type);
  }
  std::unique_ptr<ParsedStatement> create =
      TRY(parse_statement("CREATE TABLE " + name + " (" + columns + ")"));
  TRY(run_ddl(*create, *create->root));
  uint64_t count = 0;
  if (statement.with_data) {
    // The query's WITH is the statement's: it may write.
    ast::Query query = *statement.query;
    ast::Insert insert;
    insert.with = std::exchange(query.with, nullptr);
    insert.table = statement.name;
    insert.query = &query;
    ast::Statement filling{insert, kNoPosition, statement.query->range};
    std::shared_ptr<Execution> execution = TRY(plan_statement(filling, parsed.text, {}));
    ResultStreamPtr stream = TRY(run_plan(execution, {}, {}));
    Result<bool> more = true;
    while (more.ok() && *more) more = execution->next();
    count = execution->row_count();
    execution->close();
    release_statement_snapshot(*stream);
    if (!more.ok()) return std::move(more).error();
  }
  return tag_stream(statement.with_data ? "SELECT " + std::to_string(count) : "CREATE TABLE AS");
}

Result<ResultStreamPtr> SessionCore::run_utility(const std::shared_ptr<ParsedStatement>& parsed,
                                                 const ast::Statement& statement,
                                                 std::span<const Value> parameters) {
  if (const auto* set = std::get_if<ast::SetVariable>(&statement.node)) {
    TRY(run_set(*set));
    return tag_stream(set->values.empty() && upper(parsed->text.substr(0, 5)) == "RESET" ? "RESET" : "SET");
  }
  if (const auto* show = std::get_if<ast::Show>(&statement.node)) return run_show(*show);
  if (const auto* reset = std::get_if<ast::Reset>(&statement.node)) {
    if (reset->name == "all") {
      settings_.reset_all();
    } else {
      TRY(settings_.reset(reset->name));
    }
    return tag_stream("RESET");
  }
  if (const auto* modes = std::get_if<ast::SetTransaction>(&statement.node)) {
    TRY(run_set_transaction(*modes));
    return tag_stream("SET");
  }
  if (const auto* prepare = std::get_if<ast::Prepare>(&statement.node)) {
    TRY(run_prepare(parsed, *prepare));
    return tag_stream("PREPARE");
  }
  if (const auto* execute = std::get_if<ast::Execute>(&statement.node)) return run_execute(*execute);
  if (const auto* deallocate = std::get_if<ast::Deallocate>(&statement.node)) {
    if (deallocate->name.empty()) {
      named_statements_.clear();
      return tag_stream("DEALLOCATE ALL");
    }
    auto found = named_statements_.find(deallocate->name.text);
    if (found == named_statements_.end()) {
      return Error(sqlstate::invalid_sql_statement_name,
                   "prepared statement \"" + std::string(deallocate->name.text) + "\" does not exist");
    }
    named_statements_.erase(found);
    return tag_stream("DEALLOCATE");
  }
  if (const auto* explained = std::get_if<ast::Explain>(&statement.node))
    return run_explain(parsed, *explained, parameters);
  if (const auto* analyze = std::get_if<ast::Analyze>(&statement.node)) {
    TRY(check_vacuum_options("ANALYZE", analyze->options, {"verbose", "skip_locked"}));
    TRY(run_analyze(analyze->targets, "analyze", true));
    return tag_stream("ANALYZE");
  }
  if (const auto* vacuum = std::get_if<ast::Vacuum>(&statement.node)) {
    TRY(run_vacuum(*vacuum));
    return tag_stream("VACUUM");
  }
  if (std::holds_alternative<ast::Checkpoint>(statement.node)) {
    TRY(instance_->storage().checkpoint());
    return tag_stream("CHECKPOINT");
  }
  if (const auto* backup = std::get_if<ast::Backup>(&statement.node)) {
    if (in_block())
      return Error(sqlstate::active_sql_transaction, "BACKUP cannot run inside a transaction block");
    TRY(back_up(*instance_, std::string(backup->path), *cancel_));
    return tag_stream("BACKUP");
  }
  if (const auto* lock = std::get_if<ast::LockTable>(&statement.node)) {
    TRY(run_lock(*lock));
    return tag_stream("LOCK TABLE");
  }
  if (const auto* constraints = std::get_if<ast::SetConstraints>(&statement.node)) {
    if (!constraints->names.empty() || constraints->is_deferred) {
      return Error(sqlstate::feature_not_supported, "deferrable constraints are not supported")
          .at(statement.position);
    }
    return tag_stream("SET CONSTRAINTS");
  }
  if (const auto* discard = std::get_if<ast::Discard>(&statement.node)) {
    if (discard->kind == ast::DiscardKind::All) {
      if (in_block())
        return Error(sqlstate::active_sql_transaction, "DISCARD ALL cannot run inside a transaction block");
      named_statements_.clear();
      settings_.reset_all();
      unlock_all_advisory();
    }
    if (discard->kind == ast::DiscardKind::All || discard->kind == ast::DiscardKind::Sequences) {
      sequence_values_.clear();
      last_sequence_.reset();
    }
    constexpr std::string_view kTags[] = {"DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES",
                                          "DISCARD TEMP"};
    return tag_stream(std::string(kTags[static_cast<size_t>(discard->kind)]));
  }
  if (const auto* copy = std::get_if<ast::Copy>(&statement.node)) return run_copy(parsed, *copy);
  if (const auto* create = std::get_if<ast::CreateTableAs>(&statement.node))
    return run_create_table_as(*parsed, *create);
  if (std::holds_alternative<ast::DeclareCursor>(statement.node) ||
      std::holds_alternative<ast::Fetch>(statement.node) ||
      std::holds_alternative<ast::CloseCursor>(statement.node)) {
    return Error(sqlstate::feature_not_supported, "cursors are not supported").at(statement.position);
  }
  if (in_block()) TRY(check_concurrently(statement));
  std::string tag = TRY(run_ddl(*parsed, statement));
  if (tag.empty())
    return Error(sqlstate::feature_not_supported, "this statement is not supported").at(statement.position);
  return tag_stream(std::move(tag));
}

}  // namespace rowan
