#include "executor/statement_writes.h"

#include <algorithm>

#include "executor/conflict_text.h"
#include "executor/execution.h"
#include "planner/binder.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

using catalog::Constraint;
using catalog::ForeignKeyAction;

enum ActionKind : int { kFindChild, kDeleteChildren, kUpdateChildren };

// `value` as `type` has it; an error where it has no such value.
Result<Value> convert_key(const Value& value, const Type& type, EvalContext& context) {
  if (value.type() == type) return value;
  if (value.is_null()) return Value(type);
  const Function* cast = value.type().id == type.id ? nullptr : registry().cast(value.type().id, type.id);
  if (cast == nullptr) {
    if (value.type().physical() == type.physical() && value.type().id != TypeId::Numeric) return value;
    return parse_value(format_value(value, context), type, context);
  }
  std::vector<ExprPtr> arguments;
  arguments.push_back(make_constant(value));
  ExprPtr expr = make_call(cast, type, std::move(arguments));
  return evaluate_constant(*expr, context);
}

void number_action(PhysicalPlan& plan, uint32_t& next) {
  plan.id = next++;
  for (PlanPtr& input : plan.inputs) number_action(*input, next);
}

}  // namespace

// Looks a parent up by a key, through the unique index that the foreign key refers to.
class StatementWrites::Finder {
 public:
  static Result<std::unique_ptr<Finder>> make(Run& run, const Constraint& key) {
    auto made = std::make_unique<Finder>();
    const catalog::CatalogPtr& catalog = run.statement().catalog;
    made->child = catalog->table(key.table);
    made->parent = catalog->table(key.parent);
    ENSURE(made->child != nullptr && made->parent != nullptr);
    made->binding = TRY(TableBinding::make(run, made->parent));
    for (BoundIndex& index : made->binding->indexes)
      if (index.index->oid == key.index) made->index = &index;
    ENSURE(made->index != nullptr);
    // The constraint's columns in the index's order.
    for (const catalog::IndexKey& column : made->index->index->keys) {
      ENSURE(column.column.has_value());
      auto at = std::find(key.parent_columns.begin(), key.parent_columns.end(), *column.column);
      ENSURE(at != key.parent_columns.end());
      made->order.push_back(static_cast<size_t>(at - key.parent_columns.begin()));
      made->types.push_back(made->parent->columns[*column.column].type);
    }
    return made;
  }
  // The index key of `values` (in the constraint's order, of any comparable types).
  Result<std::string> encode(const std::vector<Value>& values, EvalContext& context) const {
    std::string bytes;
    for (size_t i = 0; i < order.size(); ++i) {
      Value value = TRY(convert_key(values[order[i]], types[i], context));
      index->keys->shape().encoder.encode(i, value, bytes);
    }
    return bytes;
  }
  Result<std::vector<RowId>> candidates(const std::string& bytes) {
    class Collector final : public EntryVisitor {
     public:
      Result<bool> visit(std::string_view, RowId row) override {
        rows.push_back(row);
        return true;
      }
      std::vector<RowId> rows;
    };
    Collector collector;
    if (index->storage->btree != nullptr)
      TRY(index->storage->btree->visit(KeyRange::equal(bytes), collector));
    else
      TRY(index->storage->hash->visit(bytes, collector));
    return std::move(collector.rows);
  }
  // The newest version of `row`: its state, and whether it has the key. A slot may have been freed and used
  // again since the index was read, so the key always decides.
  Result<LatestRow> look(Run& run, RowId row, const std::string& bytes, bool& has_key) {
    index->probed.reset();
    LatestRow latest =
        TRY(binding->heap->fetch_latest(run.environment().transaction, index->probe, row, index->probed, 0));
    has_key = false;
    if (latest.state == LatestState::Gone) return latest;
    has_key = TRY(probed_has(run, bytes));
    return latest;
  }
  // Has every version from the newest to the one that `snapshot` sees the key? A savepoint can bring any
  // back.
  Result<bool> keeps_key(Run& run, const Snapshot& snapshot, RowId row, const std::string& bytes) {
    bool keeps = true, reached = false;
    auto look_at = [&](const Heap::Version& version) -> Result<bool> {
      if (version.has_values) keeps = TRY(probed_has(run, bytes));
      reached = version.is_visible || version.is_seen_where_it_was;
      return keeps && !reached;
    };
    index->probed.reset();
    TRY(binding->heap->visit_versions(snapshot, index->probe, row, index->probed, look_at));
    return keeps && reached;
  }
  // Does `snapshot` see the row with that key?
  Result<bool> is_seen(Run& run, const Snapshot& snapshot, RowId row, const std::string& bytes) {
    index->probed.reset();
    uint16_t from[1];
    row = binding->heap->seen_home(snapshot, row);
    uint32_t count = TRY(binding->heap->fetch(snapshot, index->probe, {&row, 1}, index->probed, from));
    if (count == 0) return false;
    return probed_has(run, bytes);
  }

  catalog::TablePtr child, parent;
  std::unique_ptr<TableBinding> binding;
  BoundIndex* index = nullptr;
  std::vector<size_t> order;
  std::vector<Type> types;

 private:
  Result<bool> probed_has(Run& run, const std::string& bytes) {
    for (size_t i = 0; i < index->probe.columns.size(); ++i)
      index->probe_row.column(index->probe.columns[i]).borrow(index->probed.column(i));
    index->probe_row.set_row_count(1);
    TRY(index->probe_keys->compute(index->probe_row, Selection(1), run.eval()));
    std::string found;
    index->probe_keys->encode(0, found);
    return found == bytes;
  }
};

// A statement on the children of one key: find one, delete them, set their columns. $1 … are the old key, in
// the child's types, then the columns' new values.
class StatementWrites::Action {
 public:
  static Result<std::unique_ptr<Action>> make(Run& run, StatementWrites& writes, const Constraint& key,
                                              int kind) {
    const catalog::CatalogPtr& catalog = run.statement().catalog;
    catalog::TablePtr child = catalog->table(key.table);
    ENSURE(child != nullptr);
    auto statement = std::make_shared<PlannedStatement>();
    statement->catalog = catalog;
    statement->command = kind == kFindChild        ? PlannedStatement::Command::Select
                         : kind == kDeleteChildren ? PlannedStatement::Command::Delete
                                                   : PlannedStatement::Command::Update;
    PlanPtr scan = TRY(child_scan(*catalog, child, key));
    auto row_id = static_cast<uint32_t>(key.columns.size());
    if (kind == kFindChild) {
      // Its key must stay until the answer is known: one whose delete is in flight is waited for.
      physical::LockRows step;
      step.targets.push_back({child, row_id, physical::RowLock::KeyShare, physical::LockWait::Block});
      statement->root = std::make_unique<PhysicalPlan>(std::move(step));
      statement->root->output = scan->output;
      statement->root->inputs.push_back(std::move(scan));
    } else if (kind == kDeleteChildren) {
      physical::Delete step;
      step.table = child;
      step.row_id = row_id;
      statement->root = std::make_unique<PhysicalPlan>(std::move(step));
      statement->root->inputs.push_back(std::move(scan));
    } else {
      physical::Update step;
      step.table = child;
      step.row_id = row_id;
      for (size_t i = 0; i < key.columns.size(); ++i) {
        const Type& type = child->columns[key.columns[i]].type;
        auto number = static_cast<uint32_t>(key.columns.size() + i);
        step.assignments.emplace_back(key.columns[i],
                                      std::make_unique<Expr>(expression::Parameter{number}, type));
      }
      statement->root = std::make_unique<PhysicalPlan>(std::move(step));
      statement->root->inputs.push_back(std::move(scan));
    }
    for (int round = 0; round < 2; ++round)
      for (catalog::ColumnNumber column : key.columns)
        statement->parameters.push_back(child->columns[column].type);
    uint32_t count = 0;
    number_action(*statement->root, count);
    statement->node_count = count;
    auto made = std::make_unique<Action>();
    made->environment = run.environment();
    made->execution = TRY(Execution::make(std::move(statement), made->environment));
    made->execution->set_writes(&writes);
    return made;
  }
  // The children's key columns and row ids: by an index on those columns where there is one.
  static Result<PlanPtr> child_scan(const catalog::CatalogVersion& catalog, const catalog::TablePtr& child,
                                    const Constraint& key) {
    physical::TableRef source{child, child->name, {}};
    for (catalog::ColumnNumber column : key.columns) source.columns.push_back(column);
    source.columns.push_back(kRowIdColumn);
    auto value = [&](size_t i) {
      return std::make_unique<Expr>(expression::Parameter{static_cast<uint32_t>(i)},
                                    child->columns[key.columns[i]].type);
    };
    auto equals = [&](size_t i, uint32_t input) -> Result<ExprPtr> {
      const Type& type = child->columns[key.columns[i]].type;
      const Function* function = equality(type.id);
      if (function == nullptr)
        return Error(sqlstate::feature_not_supported, "a foreign key of type " + type_name(type));
      std::vector<ExprPtr> arguments;
      arguments.push_back(std::make_unique<Expr>(expression::InputRef{input}, type));
      arguments.push_back(value(i));
      return make_call(function, TypeId::Boolean, std::move(arguments));
    };
    PlanPtr plan;
    for (const catalog::IndexPtr& index : catalog.indexes_of(*child)) {
      size_t count = key.columns.size();
      if (!index->predicate_sql.empty() || index->keys.size() < count) continue;
      if (index->method == catalog::IndexMethod::Hash && index->keys.size() != count) continue;
      std::vector<size_t> order;
      for (size_t i = 0; i < count; ++i) {
        if (!index->keys[i].column) break;
        auto at = std::find(key.columns.begin(), key.columns.end(), *index->keys[i].column);
        if (at == key.columns.end()) break;
        order.push_back(static_cast<size_t>(at - key.columns.begin()));
      }
      if (order.size() != count) continue;
      physical::IndexScan step;
      step.source = source;
      step.index = index;
      std::vector<ExprPtr> condition;
      for (size_t i = 0; i < count; ++i) {
        step.bounds.push_back(
            {static_cast<uint16_t>(i), physical::IndexBound::Kind::Equal, value(order[i]), {}});
        ExprPtr term = TRY(equals(order[i], key.columns[order[i]]));
        condition.push_back(std::move(term));
      }
      step.condition = conjunction(std::move(condition));
      plan = std::make_unique<PhysicalPlan>(std::move(step));
      break;
    }
    if (plan == nullptr) {
      physical::SeqScan step;
      step.source = source;
      std::vector<ExprPtr> condition;
      for (size_t i = 0; i < key.columns.size(); ++i) {
        ExprPtr term = TRY(equals(i, static_cast<uint32_t>(i)));
        condition.push_back(std::move(term));
      }
      step.filter = conjunction(std::move(condition));
      plan = std::make_unique<PhysicalPlan>(std::move(step));
    }
    for (catalog::ColumnNumber column : key.columns)
      plan->output.push_back({child->columns[column].name, child->columns[column].type});
    plan->output.push_back({"ctid", TypeId::BigInt});
    return plan;
  }
  static const Function* equality(TypeId type) {
    TypeId wanted = type == TypeId::VarChar ? TypeId::Text : type;
    for (const Function* function : registry().functions("="))
      if (function->arguments == std::vector<TypeId>{wanted, wanted}) return function;
    return nullptr;
  }

  Environment environment;
  std::unique_ptr<Execution> execution;
};

StatementWrites::StatementWrites(Run& run) : run_(run) {}

StatementWrites::~StatementWrites() {
  clear();
}

void StatementWrites::clear() {
  events_.clear();
  pending_children_.clear();
  for (auto& [key, action] : actions_) action->execution->close();
  if (snapshot_ != nullptr && run_.environment().transaction != nullptr &&
      run_.environment().transaction->is_active())
    run_.environment().transactions->release_snapshot(run_.environment().transaction->slot(), *snapshot_);
  snapshot_.reset();
}

Result<StatementWrites::Finder*> StatementWrites::finder(const Constraint& key) {
  std::unique_ptr<Finder>& found = finders_[key.oid];
  if (found == nullptr) found = TRY(Finder::make(run_, key));
  return found.get();
}

Result<> StatementWrites::child_changed(const catalog::TablePtr& child, const Constraint& key,
                                        const Batch& rows, uint32_t row) {
  std::vector<Value> values;
  size_t nulls = 0;
  for (catalog::ColumnNumber column : key.columns) {
    values.push_back(rows.column(column).value(row));
    nulls += values.back().is_null() ? 1 : 0;
  }
  if (nulls > 0) {
    if (key.match == catalog::ForeignKeyMatch::Full && nulls < values.size())
      return Error(sqlstate::foreign_key_violation, "insert or update on table \"" + child->name +
                                                        "\" violates foreign key constraint \"" + key.name +
                                                        "\"")
          .detail("MATCH FULL does not allow mixing of null and nonnull key values.")
          .table(child->name)
          .constraint(key.name);
    return {};
  }
  Finder* parent = TRY(finder(key));
  Result<std::string> bytes = parent->encode(values, run_.eval());
  // A value that the parent's type cannot have: the event will say that it is not there.
  if (bytes.ok() && !pending_children_[key.oid].insert(*bytes).second) return {};
  events_.push_back({&key, true, std::move(values), {}});
  return {};
}

void StatementWrites::parent_changed(const catalog::TablePtr& parent, const Constraint& key,
                                     const Batch& old_rows, const Batch* new_rows, uint32_t row) {
  (void)parent;
  Event event{&key, false, {}, {}};
  for (catalog::ColumnNumber column : key.parent_columns) {
    event.values.push_back(old_rows.column(column).value(row));
    if (event.values.back().is_null()) return;  // nothing refers to NULL
    if (new_rows != nullptr) event.new_values.push_back(new_rows->column(column).value(row));
  }
  events_.push_back(std::move(event));
}

Result<> StatementWrites::refresh_snapshot() {
  Environment& environment = run_.environment();
  if (snapshot_ != nullptr)
    environment.transactions->release_snapshot(environment.transaction->slot(), *snapshot_);
  snapshot_.reset();
  Snapshot taken = TRY(environment.transactions->take_snapshot(*environment.transaction, environment.cancel));
  snapshot_ = std::make_unique<Snapshot>(taken);
  return {};
}

Result<> StatementWrites::finish() {
  Result<> outcome;
  while (outcome.ok() && !events_.empty()) {
    Event event = std::move(events_.front());
    events_.pop_front();
    outcome = run_.check_cancel();
    if (!outcome.ok()) break;
    if (snapshot_ == nullptr) outcome = refresh_snapshot();
    if (!outcome.ok()) break;
    outcome = event.is_child ? check_child(event) : act_on_children(event);
  }
  clear();
  return outcome;
}

// Is there a parent, and may it be locked against losing its key?
Result<> StatementWrites::check_child(const Event& event) {
  const Constraint& key = *event.key;
  Finder* parent = TRY(finder(key));
  Environment& environment = run_.environment();
  LockManager& locks = environment.transactions->locks();
  Wait wait;
  wait.lock_timeout_ms = environment.lock_timeout_ms;
  wait.cancel = environment.cancel;
  bool repeatable = environment.transaction->level() != IsolationLevel::ReadCommitted;
  Result<std::string> bytes = parent->encode(event.values, run_.eval());
  if (bytes.ok()) {
    pending_children_[key.oid].erase(*bytes);
    std::vector<RowId> rows = TRY(parent->candidates(*bytes));
    for (size_t i = 0; i < rows.size();) {
      RowId row = rows[i];
      bool has_key = false;
      LatestRow latest = TRY(parent->look(run_, row, *bytes, has_key));
      if (latest.moved_to.is_valid()) {
        rows[i] = latest.moved_to;
        continue;
      }
      // Entries of keys that the row has no more lead here too: it is not locked for those.
      bool may_be_parent = latest.state == LatestState::InProgress ||
                           latest.state == LatestState::DeleteInProgress ||
                           (latest.state == LatestState::Live && has_key);
      if (may_be_parent) {
        // What counts is looked at under the lock: a writer that comes later waits for us.
        TRY(locks.lock_row(environment.transaction->locks(), key.parent, row, RowLockMode::KeyShare, wait));
        latest = TRY(parent->look(run_, row, *bytes, has_key));
        if (latest.moved_to.is_valid()) continue;
      }
      bool there = may_be_parent && latest.state == LatestState::Live && has_key;
      if (latest.state == LatestState::InProgress || latest.state == LatestState::DeleteInProgress) {
        // An update in progress that leaves the key alone leaves us a parent however it ends; an insert in
        // progress is none.
        bool seen = TRY(parent->is_seen(run_, *snapshot_, row, *bytes));
        if (seen && has_key && latest.state == LatestState::InProgress) {
          bool keeps = TRY(parent->keeps_key(run_, *snapshot_, row, *bytes));
          if (keeps) return {};
        }
        if (seen) {
          TRY(locks.wait_for_write(environment.transaction->locks(), latest.writer,
                                   LockTarget::row(key.parent, row), wait, RowLockMode::KeyShare));
          continue;
        }
      }
      if (repeatable) {
        Snapshot mine = environment.transactions->refresh_own(*environment.transaction, *run_.snapshot());
        Result<bool> seen = parent->is_seen(run_, mine, row, *bytes);
        environment.transactions->release_snapshot(environment.transaction->slot(), mine);
        if (!seen.ok()) return std::move(seen).error();
        if (*seen && !there) return lost_row(environment, key.parent, row, WriteVerdict::Kind::Updated);
        there = there && *seen;
      }
      if (there) return {};
      ++i;
    }
  }
  return Error(sqlstate::foreign_key_violation, "insert or update on table \"" + parent->child->name +
                                                    "\" violates foreign key constraint \"" + key.name + "\"")
      .detail("Key " + describe_key(*parent->child, key.columns, event.values, run_.eval()) +
              " is not present in table \"" + parent->parent->name + "\".")
      .table(parent->child->name)
      .constraint(key.name);
}

Error StatementWrites::still_referenced(const Event& event) const {
  const catalog::CatalogPtr& catalog = run_.statement().catalog;
  catalog::TablePtr parent = catalog->table(event.key->parent), child = catalog->table(event.key->table);
  return Error(sqlstate::foreign_key_violation, "update or delete on table \"" + parent->name +
                                                    "\" violates foreign key constraint \"" +
                                                    event.key->name + "\" on table \"" + child->name + "\"")
      .detail("Key " + describe_key(*parent, event.key->parent_columns, event.values, run_.eval()) +
              " is still referenced from table \"" + child->name + "\".")
      .table(child->name)
      .constraint(event.key->name);
}

Result<uint64_t> StatementWrites::run_action(const Event& event, int kind, std::vector<Value> parameters) {
  std::unique_ptr<Action>& action = actions_[{event.key->oid, kind}];
  if (action == nullptr) action = TRY(Action::make(run_, *this, *event.key, kind));
  action->environment = run_.environment();
  TRY(action->execution->start(parameters, snapshot_.get()));
  uint64_t rows = 0;
  if (kind == kFindChild) {
    bool found = TRY(action->execution->next(1));
    rows = found ? 1 : 0;
  } else {
    TRY(action->execution->next());
    rows = action->execution->row_count();
  }
  action->execution->close();
  // What comes next must see what was written now.
  if (kind != kFindChild && rows > 0) TRY(refresh_snapshot());
  return rows;
}

// Under REPEATABLE READ a child must not be changed for the transaction that its own snapshot cannot see, or
// sees in a version that is no longer the newest.
Result<> StatementWrites::check_all_seen(const Event& event, const std::vector<Value>& parameters) {
  Environment& environment = run_.environment();
  if (environment.transaction->level() == IsolationLevel::ReadCommitted) return {};
  std::unique_ptr<Action>& action = actions_[{event.key->oid, kFindChild}];
  if (action == nullptr) action = TRY(Action::make(run_, *this, *event.key, kFindChild));
  action->environment = environment;
  catalog::TablePtr child = run_.statement().catalog->table(event.key->table);
  HeapPtr heap = TRY(environment.relations->heap(*child));
  Projection nothing{heap->layout(child->layout), {}, true};
  Batch seen(std::vector<Type>{TypeId::BigInt}, kBatchRows);
  size_t row_id = event.key->columns.size();
  TRY(action->execution->start(parameters, snapshot_.get()));
  Snapshot mine = environment.transactions->refresh_own(*environment.transaction, *run_.snapshot());
  Result<> outcome;
  while (outcome.ok()) {
    Result<bool> more = action->execution->next();
    if (!more.ok()) outcome = std::move(more).error();
    if (!outcome.ok() || !*more) break;
    const Batch& rows = action->execution->rows();
    std::vector<RowId> ids;
    for (uint32_t i = 0; i < rows.row_count(); ++i)
      ids.push_back(heap->seen_home(
          mine, RowId::unpack(static_cast<uint64_t>(rows.column(row_id).data<int64_t>()[rows.row(i)]))));
    uint16_t from[kBatchRows];
    seen.reset();
    Result<uint32_t> count = heap->fetch(mine, nothing, ids, seen, from);
    if (!count.ok())
      outcome = std::move(count).error();
    else if (*count < ids.size()) {
      uint32_t missing = 0;
      while (missing < *count && from[missing] == missing) ++missing;
      outcome = lost_row(environment, child->oid, ids[missing], WriteVerdict::Kind::Updated);
    }
    for (size_t i = 0; outcome.ok() && i < ids.size(); ++i) {
      Result<RowOutcome> now = heap->check(*environment.transaction, ids[i], Seen{&mine, kNoWriteId});
      while (now.ok() && now->fate == RowFate::Moved)
        now = heap->check(*environment.transaction, now->row, Seen{&mine, now->version});
      if (!now.ok())
        outcome = std::move(now).error();
      else if (now->fate == RowFate::Updated || now->fate == RowFate::Deleted)
        outcome = lost_row(environment, child->oid, ids[i], WriteVerdict::Kind::Updated);
    }
  }
  environment.transactions->release_snapshot(environment.transaction->slot(), mine);
  action->execution->close();
  return outcome;
}

// No child may have the key any more, unless (`or_taken_over`) another parent has it by now.
Result<> StatementWrites::check_unreferenced(const Event& event, Finder& parent, std::vector<Value> key,
                                             bool or_taken_over) {
  if (or_taken_over) {
    std::string bytes = TRY(parent.encode(event.values, run_.eval()));
    std::vector<RowId> rows = TRY(parent.candidates(bytes));
    for (RowId row : rows) {
      bool has_key = false;
      LatestRow latest = TRY(parent.look(run_, row, bytes, has_key));
      while (latest.moved_to.is_valid()) latest = TRY(parent.look(run_, latest.moved_to, bytes, has_key));
      if (has_key && latest.state == LatestState::Live) return {};
    }
  }
  key.resize(2 * key.size());
  uint64_t found = TRY(run_action(event, kFindChild, std::move(key)));
  if (found > 0) return still_referenced(event);
  return {};
}

Result<> StatementWrites::act_on_children(const Event& event) {
  const Constraint& key = *event.key;
  Finder* parent = TRY(finder(key));
  bool deleted = event.new_values.empty();
  ForeignKeyAction action = deleted ? key.on_delete : key.on_update;
  EvalContext& context = run_.eval();
  std::vector<Value> parameters;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    Result<Value> value = convert_key(event.values[i], parent->child->columns[key.columns[i]].type, context);
    if (!value.ok()) return {};  // no child can have it
    parameters.push_back(std::move(value).take());
  }
  switch (action) {
    case ForeignKeyAction::NoAction:
      return check_unreferenced(event, *parent, std::move(parameters), true);
    case ForeignKeyAction::Restrict:
      return check_unreferenced(event, *parent, std::move(parameters), false);
    case ForeignKeyAction::Cascade: {
      TRY(check_all_seen(event, parameters));
      if (deleted) {
        parameters.resize(2 * parameters.size());
        TRY(run_action(event, kDeleteChildren, std::move(parameters)));
        return {};
      }
      for (size_t i = 0; i < key.columns.size(); ++i) {
        Value value =
            TRY(convert_key(event.new_values[i], parent->child->columns[key.columns[i]].type, context));
        parameters.push_back(std::move(value));
      }
      TRY(run_action(event, kUpdateChildren, std::move(parameters)));
      return {};
    }
    case ForeignKeyAction::SetNull:
    case ForeignKeyAction::SetDefault: {
      TRY(check_all_seen(event, parameters));
      for (size_t i = 0; i < key.columns.size(); ++i) {
        const catalog::Column& column = parent->child->columns[key.columns[i]];
        bool chosen = !deleted || key.set_columns.empty() ||
                      std::find(key.set_columns.begin(), key.set_columns.end(), key.columns[i]) !=
                          key.set_columns.end();
        if (!chosen) {
          parameters.push_back(parameters[i]);
          continue;
        }
        Value value(column.type);
        if (action == ForeignKeyAction::SetDefault && !column.default_sql.empty()) {
          BindOptions options;
          ExprPtr bound =
              TRY(bind_stored_expression(column.default_sql, *parent->child, TableExpressionKind::Default,
                                         run_.statement().catalog, options, &column.type, column.name));
          Evaluator evaluator(*bound, 1);
          EvalInput input;
          input.context = &context;
          const Vector* made = TRY(evaluator.evaluate(input, nullptr, Selection(1)));
          value = made->value(0);
        }
        parameters.push_back(std::move(value));
      }
      std::vector<Value> old(parameters.begin(),
                             parameters.begin() + static_cast<std::ptrdiff_t>(key.columns.size()));
      TRY(run_action(event, kUpdateChildren, std::move(parameters)));
      // A child whose key was the default already has not changed, so nothing else looks for its parent.
      if (action == ForeignKeyAction::SetDefault)
        return check_unreferenced(event, *parent, std::move(old), true);
      return {};
    }
  }
  return {};
}

}  // namespace rowan
