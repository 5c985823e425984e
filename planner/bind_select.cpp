// SELECT: FROM, WHERE, the select list and all that comes after it, bound in PostgreSQL's order and stacked
// in SQL's: join tree, filter, aggregate, HAVING, windows, projection, DISTINCT, sort, limit.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

// `node` above `input`, putting out what it does.
template <class Node>
LogicalPtr stack_above(Node node, LogicalPtr input) {
  auto plan = std::make_unique<LogicalPlan>(std::move(node));
  plan->output = input->output;
  plan->inputs.push_back(std::move(input));
  return plan;
}

ExprPtr column_reference(const LogicalColumn& column, Position position = kNoPosition) {
  return std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position);
}

std::string_view lock_words(ast::RowLockStrength strength) {
  switch (strength) {
    case ast::RowLockStrength::KeyShare:
      return "FOR KEY SHARE";
    case ast::RowLockStrength::Share:
      return "FOR SHARE";
    case ast::RowLockStrength::NoKeyUpdate:
      return "FOR NO KEY UPDATE";
    case ast::RowLockStrength::Update:
      return "FOR UPDATE";
  }
  return "FOR UPDATE";
}

logical::RowLock lock_strength(ast::RowLockStrength strength) {
  switch (strength) {
    case ast::RowLockStrength::KeyShare:
      return logical::RowLock::KeyShare;
    case ast::RowLockStrength::Share:
      return logical::RowLock::Share;
    case ast::RowLockStrength::NoKeyUpdate:
      return logical::RowLock::NoKeyUpdate;
    case ast::RowLockStrength::Update:
      return logical::RowLock::Update;
  }
  return logical::RowLock::Update;
}

}  // namespace

Result<LogicalPtr> Binder::bind_query(const ast::Query& query, Level* parent, bool keep_unknown) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  Level& level = open_level(parent);
  Restore<Level*> at(level_, &level);
  if (query.with != nullptr) TRY(bind_with(*query.with, level));
  if (const auto* select = std::get_if<ast::Select>(&query.node))
    return bind_select(*select, query, keep_unknown);
  if (const auto* values = std::get_if<ast::Values>(&query.node))
    return bind_values(*values, query, keep_unknown);
  return bind_set_operation(query);
}

Result<std::vector<Target>> Binder::bind_targets(ast::List<ast::SelectItem> items, ExprKind kind) {
  Restore<ExprKind> restore(level_->kind, kind);
  std::vector<Target> targets;
  for (const ast::SelectItem& item : items) {
    Position position = item.expr->range.begin;
    if (const auto* star = ast::as<ast::Star>(item.expr)) {
      std::vector<ScopeColumn> columns = TRY(expand_star(*star, position, kind == ExprKind::SelectList));
      edit_star(*star, item.expr->range, columns, items, targets.size());
      for (const ScopeColumn& column : columns) {
        Target target;
        target.expr = reference(column, position);
        target.name = column.name;
        targets.push_back(std::move(target));
      }
      continue;
    }
    Target target;
    target.expr = TRY(bind_expr(item.expr));
    target.written = item.expr;
    if (item.alias.empty()) {
      auto query_name = [&](const ast::Query* query) {
        auto found = query_names_.find(query);
        return found == query_names_.end() ? std::string() : found->second;
      };
      if (figure_name(item.expr, target.name, query_name) == 0) target.name = "?column?";
    } else {
      target.name = item.alias.text;
    }
    edit_target(items, item, target, targets.size());
    targets.push_back(std::move(target));
  }
  return targets;
}

// ---- ORDER BY, GROUP BY, DISTINCT ON: by output name, position or value -----------------------------------

Result<std::pair<bool, bool>> Binder::sort_direction(const ast::SortKey& key) {
  bool descending = key.direction == ast::SortDirection::Descending;
  if (key.direction == ast::SortDirection::Using) {
    if (key.using_operator.symbol != "<" && key.using_operator.symbol != ">")
      return Error(sqlstate::wrong_object_type,
                   fmt::format("operator {} is not a valid ordering operator", key.using_operator.symbol))
          .at(key.using_operator.position)
          .hint("Ordering operators must be \"<\" or \">\" members of btree operator families.");
    descending = key.using_operator.symbol == ">";
  }
  bool nulls_first = key.nulls == ast::NullsOrder::Default ? descending : key.nulls == ast::NullsOrder::First;
  return std::pair<bool, bool>(descending, nulls_first);
}

Result<size_t> Binder::find_target_by_value(ast::ExprPtr expr, std::vector<Target>& targets, ExprKind kind) {
  ExprPtr value = TRY(bind_expr(expr, kind));
  for (size_t i = 0; i < targets.size(); ++i)
    if (same_expr(*targets[i].expr, *value)) return i;
  Target target;
  target.expr = TRY(coerce_to_text_if_unknown(std::move(value)));
  target.is_hidden = true;
  target.written = expr;
  targets.push_back(std::move(target));
  return targets.size() - 1;
}

Result<size_t> Binder::find_target(ast::ExprPtr expr, std::vector<Target>& targets, std::string_view clause,
                                   ExprKind kind) {
  Position position = expr->range.begin;
  const auto* ref = ast::as<ast::ColumnRef>(expr);
  if (ref != nullptr && ref->name.parts.size() == 1) {
    bool shadowed = false;
    if (kind == ExprKind::GroupBy) {
      // A column of FROM comes before an output name.
      Restore<ExprKind> restore(level_->kind, kind);
      ExprPtr column = TRY(resolve_bare(ref->name.parts[0], shadowed));
      if (shadowed) {
        std::set<ColumnId> ids = mentioned(*column);
        bool local = std::any_of(ids.begin(), ids.end(), [&](ColumnId id) {
          return id < facts_.size() && facts_[id].level == level_->number;
        });
        shadowed = local;
      }
    }
    if (!shadowed) {
      size_t found = targets.size();
      for (size_t i = 0; i < targets.size(); ++i) {
        if (targets[i].is_hidden || targets[i].name != ref->name.last()) continue;
        if (found < targets.size()) {
          if (same_expr(*targets[i].expr, *targets[found].expr)) continue;
          return Error(sqlstate::ambiguous_column,
                       fmt::format("{} \"{}\" is ambiguous", clause, ref->name.last()))
              .at(position);
        }
        found = i;
      }
      if (found < targets.size()) return found;
    }
  }
  if (const auto* literal = ast::as<ast::Literal>(expr)) {
    if (literal->kind != ast::LiteralKind::Integer)
      return Error(sqlstate::syntax_error, fmt::format("non-integer constant in {}", clause)).at(position);
    int32_t wanted = literal->integer, seen = 0;
    for (size_t i = 0; i < targets.size(); ++i) {
      if (!targets[i].is_hidden && ++seen == wanted) return i;
    }
    return Error(sqlstate::invalid_column_reference,
                 fmt::format("{} position {} is not in select list", clause, wanted))
        .at(position);
  }
  return find_target_by_value(expr, targets, kind);
}

Result<std::vector<Binder::OrderItem>> Binder::bind_order(ast::List<ast::SortKey> keys,
                                                          std::vector<Target>& targets, ExprKind kind) {
  std::vector<OrderItem> order;
  for (const ast::SortKey& key : keys) {
    auto [descending, nulls_first] = TRY(sort_direction(key));
    size_t target = TRY(find_target(key.expr, targets, "ORDER BY", kind));
    targets[target].expr = TRY(coerce_to_text_if_unknown(std::move(targets[target].expr)));
    bool known =
        std::any_of(order.begin(), order.end(), [&](const OrderItem& item) { return item.target == target; });
    if (!known) order.push_back({target, descending, nulls_first, key.expr->range.begin});
  }
  return order;
}

Result<std::vector<ExprPtr>> Binder::bind_group_by(ast::List<ast::GroupItem> items,
                                                   std::vector<Target>& targets) {
  std::vector<ast::ExprPtr> written;
  for (const ast::GroupItem& item : items) {
    if (item.kind == ast::GroupingKind::Set && item.items.empty() && items.size() == 1)
      return std::vector<ExprPtr>();
    if (item.kind != ast::GroupingKind::Expression) {
      std::string_view what = item.kind == ast::GroupingKind::Rollup ? "ROLLUP"
                              : item.kind == ast::GroupingKind::Cube ? "CUBE"
                                                                     : "GROUPING SETS";
      return unsupported(what, item.position);
    }
    if (const auto* row = ast::as<ast::Row>(item.expr); row != nullptr && !row->is_explicit) {
      written.insert(written.end(), row->fields.begin(), row->fields.end());
    } else {
      written.push_back(item.expr);
    }
  }
  std::vector<ExprPtr> keys;
  for (ast::ExprPtr expr : written) {
    size_t before = targets.size();
    size_t found = TRY(find_target(expr, targets, "GROUP BY", ExprKind::GroupBy));
    Target& target = targets[found];
    target.expr = TRY(coerce_to_text_if_unknown(std::move(target.expr)));
    ExprPtr key = clone(*target.expr);
    if (targets.size() > before) targets.pop_back();  // a key need not be computed twice
    for (ColumnId id : mentioned(*key)) {
      for (const PendingAggregate& aggregate : level_->aggregates) {
        if (aggregate.column.id == id)
          return Error(sqlstate::grouping_error, "aggregate functions are not allowed in GROUP BY")
              .at(aggregate.position);
      }
      for (const PendingWindow& window : level_->window_calls) {
        if (window.column.id == id)
          return Error(sqlstate::windowing_error, "window functions are not allowed in GROUP BY")
              .at(expr->range.begin);
      }
    }
    for (const PendingSetFunction& function : level_->set_functions) {
      if (mentioned(*key).count(function.column.id) != 0)
        return unsupported("a set-returning function in GROUP BY", expr->range.begin);
    }
    bool known =
        std::any_of(keys.begin(), keys.end(), [&](const ExprPtr& other) { return same_expr(*other, *key); });
    if (!known) keys.push_back(std::move(key));
  }
  return keys;
}

// ---- LIMIT, FOR UPDATE ------------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_limit(ast::ExprPtr expr, ExprKind kind, std::string_view construct) {
  ExprPtr value;
  {
    // Columns of this query are found, only to be refused with their own message.
    value = TRY(bind_expr(expr, kind));
  }
  for (ColumnId id : mentioned(*value)) {
    if (id < facts_.size() && facts_[id].level == level_->number)
      return Error(sqlstate::invalid_column_reference,
                   fmt::format("argument of {} must not contain variables", construct))
          .at(value->position);
  }
  if (!can_coerce(value->type, TypeId::BigInt, CastContext::Assignment))
    return Error(sqlstate::datatype_mismatch, fmt::format("argument of {} must be type bigint, not type {}",
                                                          construct, base_type_name(value->type.id)))
        .at(value->position);
  return coerce(std::move(value), TypeId::BigInt, CastContext::Assignment);
}

Result<LogicalPtr> Binder::add_limit(LogicalPtr plan, const ast::Query& query) {
  if (query.limit == nullptr && query.offset == nullptr) return plan;
  logical::Limit node;
  if (query.offset != nullptr) node.offset = TRY(bind_limit(query.offset, ExprKind::Offset, "OFFSET"));
  if (query.limit != nullptr) node.count = TRY(bind_limit(query.limit, ExprKind::Limit, "LIMIT"));
  node.with_ties = query.with_ties;
  if (node.with_ties && query.order_by.empty())
    return Error(sqlstate::syntax_error, "WITH TIES cannot be specified without ORDER BY clause");
  return stack_above(std::move(node), std::move(plan));
}

Result<std::vector<logical::LockRows::Target>> Binder::bind_row_locks(const ast::Query& query) {
  std::vector<logical::LockRows::Target> targets;
  auto add = [&](const ScopeItem& item, const ast::RowLock& lock_clause) -> Result<> {
    if (item.is_nullable)
      return Error(sqlstate::feature_not_supported,
                   fmt::format("{} cannot be applied to the nullable side of an outer join",
                               lock_words(lock_clause.strength)));
    has_effects_ = true;
    auto strength = lock_strength(lock_clause.strength);
    auto wait = lock_clause.wait == ast::LockWait::Block        ? logical::LockWait::Block
                : lock_clause.wait == ast::LockWait::SkipLocked ? logical::LockWait::SkipLocked
                                                                : logical::LockWait::NoWait;
    lock(item.table->oid, TableLockMode::RowShare);
    for (auto& known : targets) {
      if (known.row_id != *item.row_id) continue;
      known.lock = std::max(known.lock, strength);
      known.wait = std::max(known.wait, wait);
      return {};
    }
    targets.push_back({item.table, *item.row_id, strength, wait});
    return {};
  };
  for (const ast::RowLock& lock_clause : query.row_locks) {
    std::string_view words = lock_words(lock_clause.strength);
    if (lock_clause.of.empty()) {
      for (const auto& item : level_->items) {
        if (item->row_id.has_value())
          TRY(add(*item, lock_clause));
        else if (!item->name.empty() && item->table == nullptr && !item->is_function_scalar && !item->is_cte)
          return unsupported(fmt::format("{} of a view or subquery", words), lock_clause.position);
      }
      continue;
    }
    for (const ast::QualifiedName& name : lock_clause.of) {
      if (name.parts.size() > 1)
        return Error(sqlstate::syntax_error, fmt::format("{} must specify unqualified relation names", words))
            .at(name.position());
      const ScopeItem* found = nullptr;
      for (const auto& item : level_->items)
        if (item->name == name.last()) found = item.get();
      if (found == nullptr)
        return Error(sqlstate::undefined_table,
                     fmt::format("relation \"{}\" in {} clause not found in FROM clause", name.last(), words))
            .at(name.position());
      if (found->is_cte)
        return Error(sqlstate::feature_not_supported,
                     fmt::format("{} cannot be applied to a WITH query", words))
            .at(name.position());
      if (!found->row_id.has_value())
        return unsupported(fmt::format("{} of a view or subquery", words), name.position());
      TRY(add(*found, lock_clause));
    }
  }
  return targets;
}

// ---- the stack --------------------------------------------------------------------------------------------

// A column that is merely passed on keeps its number, once.
LogicalColumn Binder::output_column(const std::string& name, const Expr& expr, const std::set<ColumnId>& made,
                                    std::set<ColumnId>& used) {
  const auto* ref = std::get_if<expression::ColumnRef>(&expr.node);
  if (ref != nullptr && made.count(ref->column) != 0 && used.insert(ref->column).second)
    return LogicalColumn{ref->column, name, expr.type};
  return make_column(name, expr.type);
}

LogicalPtr Binder::project(LogicalPtr plan, std::vector<Target>& targets,
                           std::vector<LogicalColumn>& columns) {
  std::set<ColumnId> made, used;
  for (const LogicalColumn& column : plan->output) made.insert(column.id);
  logical::Project node;
  columns.clear();
  for (Target& target : targets) {
    columns.push_back(output_column(target.name, *target.expr, made, used));
    node.expressions.push_back(std::move(target.expr));
  }
  auto above = std::make_unique<LogicalPlan>(std::move(node));
  above->output = columns;
  above->inputs.push_back(std::move(plan));
  return above;
}

LogicalPtr Binder::add_windows(LogicalPtr plan) {
  for (uint32_t i = 0; i < level_->windows.size(); ++i) {
    WindowDefinition& definition = level_->windows[i];
    logical::Window node;
    std::vector<LogicalColumn> columns;
    for (PendingWindow& pending : level_->window_calls) {
      if (pending.definition != i) continue;
      node.calls.push_back(std::move(pending.call));
      columns.push_back(pending.column);
    }
    if (node.calls.empty()) continue;
    node.partition = std::move(definition.partition);
    node.order = std::move(definition.order);
    node.frame = std::move(definition.frame);
    plan = stack_above(std::move(node), std::move(plan));
    plan->output.insert(plan->output.end(), columns.begin(), columns.end());
  }
  return plan;
}

LogicalPtr Binder::add_set_functions(LogicalPtr plan) {
  for (PendingSetFunction& pending : level_->set_functions) {
    logical::FunctionGet node;
    node.function = pending.function;
    node.arguments = std::move(pending.arguments);
    node.alias = pending.function;
    auto rows = std::make_unique<LogicalPlan>(std::move(node));
    rows->output.push_back(pending.column);
    logical::Join join;
    join.is_lateral = !free_columns(*rows).empty();
    auto joined = std::make_unique<LogicalPlan>(std::move(join));
    joined->output = plan->output;
    joined->output.push_back(pending.column);
    joined->inputs.push_back(std::move(plan));
    joined->inputs.push_back(std::move(rows));
    plan = std::move(joined);
  }
  return plan;
}

Result<LogicalPtr> Binder::bind_select(const ast::Select& select, const ast::Query& query,
                                       bool keep_unknown) {
  Level& level = *level_;
  level.wants_row_ids = !query.row_locks.empty();
  level.named_windows.assign(select.windows.begin(), select.windows.end());
  for (size_t i = 0; i < level.named_windows.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (level.named_windows[i].name.text == level.named_windows[j].name.text)
        return Error(sqlstate::windowing_error,
                     fmt::format("window \"{}\" is already defined", level.named_windows[i].name.text))
            .at(level.named_windows[i].position);
    }
  }
  if (!query.row_locks.empty()) {
    std::string_view words = lock_words(query.row_locks[0].strength);
    const char* beside = select.is_distinct || !select.distinct_on.empty() ? "DISTINCT clause"
                         : !select.group_by.empty()                        ? "GROUP BY clause"
                         : select.having != nullptr                        ? "HAVING clause"
                                                                           : nullptr;
    if (beside != nullptr)
      return Error(sqlstate::feature_not_supported, fmt::format("{} is not allowed with {}", words, beside));
  }
  LogicalPtr plan = TRY(bind_from(select.from));
  level.wants_row_ids = false;
  std::vector<Target> targets = TRY(bind_targets(select.items, ExprKind::SelectList));
  size_t visible_count = targets.size();
  if (select.where != nullptr) {
    Restore<ExprKind> kind(level.kind, ExprKind::Where);
    ExprPtr condition = TRY(bind_boolean(select.where, "WHERE"));
    plan = stack_above(logical::Filter{std::move(condition)}, std::move(plan));
  }
  ExprPtr having;
  if (select.having != nullptr) {
    Restore<ExprKind> kind(level.kind, ExprKind::Having);
    having = TRY(bind_boolean(select.having, "HAVING"));
  }
  std::vector<OrderItem> order = TRY(bind_order(query.order_by, targets, ExprKind::OrderBy));
  std::vector<ExprPtr> keys = TRY(bind_group_by(select.group_by, targets));

  std::vector<size_t> distinct_on;
  bool is_plain_distinct = select.is_distinct && select.distinct_on.empty();
  if (is_plain_distinct) {
    for (const OrderItem& item : order) {
      if (targets[item.target].is_hidden)
        return Error(sqlstate::invalid_column_reference,
                     "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
            .at(item.position);
    }
    for (size_t i = 0; i < visible_count; ++i)
      targets[i].expr = TRY(coerce_to_text_if_unknown(std::move(targets[i].expr)));
  }
  for (ast::ExprPtr expr : select.distinct_on) {
    size_t target = TRY(find_target(expr, targets, "DISTINCT ON", ExprKind::DistinctOn));
    targets[target].expr = TRY(coerce_to_text_if_unknown(std::move(targets[target].expr)));
    if (std::find(distinct_on.begin(), distinct_on.end(), target) == distinct_on.end())
      distinct_on.push_back(target);
  }
  if (!distinct_on.empty()) {
    bool skipped = false;
    size_t matched = 0;
    for (const OrderItem& item : order) {
      bool wanted = std::find(distinct_on.begin(), distinct_on.end(), item.target) != distinct_on.end();
      if (wanted && skipped)
        return Error(sqlstate::invalid_column_reference,
                     "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
            .at(item.position);
      if (wanted) ++matched;
      skipped = skipped || !wanted;
    }
    if (skipped && matched < distinct_on.size())
      return Error(sqlstate::invalid_column_reference,
                   "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
          .at(select.distinct_on[0]->range.begin);
  }
  // LIMIT is bound by add_limit, which must not see the columns go.
  for (const ast::WindowSpec& named : select.windows) {
    ast::WindowSpec reference;
    reference.name = named.name;
    TRY(window_definition(reference));
  }
  if (!keep_unknown) {
    for (size_t i = 0; i < visible_count; ++i)
      targets[i].expr = TRY(coerce_to_text_if_unknown(std::move(targets[i].expr)));
  }

  bool is_grouped = !select.group_by.empty() || having != nullptr || !level.aggregates.empty();
  if (!query.row_locks.empty()) {
    const char* beside = !level.aggregates.empty()      ? "aggregate functions"
                         : !level.window_calls.empty()  ? "window functions"
                         : !level.set_functions.empty() ? "set-returning functions in the target list"
                                                        : nullptr;
    if (beside != nullptr)
      return Error(sqlstate::feature_not_supported,
                   fmt::format("{} is not allowed with {}", lock_words(query.row_locks[0].strength), beside));
  }
  if (is_grouped) {
    Grouping grouping;
    for (ExprPtr& key : keys) {
      const auto* ref = std::get_if<expression::ColumnRef>(&key->node);
      grouping.columns.push_back(make_column(ref != nullptr ? ref->name : "?column?", key->type));
      grouping.keys.push_back(std::move(key));
    }
    for (Target& target : targets) TRY(replace_grouped(target.expr, grouping));
    if (having != nullptr) TRY(replace_grouped(having, grouping));
    for (WindowDefinition& window : level.windows) {
      for (ExprPtr& key : window.partition) TRY(replace_grouped(key, grouping));
      for (logical::SortKey& key : window.order) TRY(replace_grouped(key.key, grouping));
    }
    for (PendingWindow& window : level.window_calls) {
      for (ExprPtr& argument : window.call.arguments) TRY(replace_grouped(argument, grouping));
      if (window.call.filter != nullptr) TRY(replace_grouped(window.call.filter, grouping));
    }
    for (PendingSetFunction& function : level.set_functions)
      for (ExprPtr& argument : function.arguments) TRY(replace_grouped(argument, grouping));
    logical::Aggregate node;
    node.keys = std::move(grouping.keys);
    std::vector<LogicalColumn> output = std::move(grouping.columns);
    for (PendingAggregate& pending : level.aggregates) {
      node.calls.push_back(std::move(pending.call));
      output.push_back(pending.column);
    }
    auto aggregate = std::make_unique<LogicalPlan>(std::move(node));
    aggregate->output = std::move(output);
    aggregate->inputs.push_back(std::move(plan));
    plan = std::move(aggregate);
    if (having != nullptr) plan = stack_above(logical::Filter{std::move(having)}, std::move(plan));
  }
  plan = add_windows(std::move(plan));
  plan = add_set_functions(std::move(plan));

  std::vector<logical::LockRows::Target> locks = TRY(bind_row_locks(query));
  for (const logical::LockRows::Target& lock_target : locks) {
    Target target;
    target.expr = std::make_unique<Expr>(expression::ColumnRef{lock_target.row_id, "ctid"}, TypeId::BigInt);
    target.is_hidden = true;
    target.name = "ctid";
    targets.push_back(std::move(target));
  }
  std::vector<LogicalColumn> columns;
  plan = project(std::move(plan), targets, columns);
  for (size_t i = 0; i < locks.size(); ++i) locks[i].row_id = columns[columns.size() - locks.size() + i].id;

  if (is_plain_distinct) plan = stack_above(logical::Distinct{}, std::move(plan));
  if (!order.empty()) {
    logical::Sort node;
    for (const OrderItem& item : order)
      node.keys.push_back(
          {column_reference(columns[item.target], item.position), item.descending, item.nulls_first});
    plan = stack_above(std::move(node), std::move(plan));
  }
  if (!distinct_on.empty()) {
    logical::Distinct node;
    node.is_on = true;
    for (size_t target : distinct_on) node.on.push_back(columns[target].id);
    plan = stack_above(std::move(node), std::move(plan));
  }
  if (!locks.empty()) plan = stack_above(logical::LockRows{std::move(locks)}, std::move(plan));
  plan = TRY(add_limit(std::move(plan), query));
  if (targets.size() > visible_count) {
    logical::Project node;
    std::vector<LogicalColumn> output(columns.begin(),
                                      columns.begin() + static_cast<std::ptrdiff_t>(visible_count));
    for (const LogicalColumn& column : output) node.expressions.push_back(column_reference(column));
    auto above = std::make_unique<LogicalPlan>(std::move(node));
    above->output = std::move(output);
    above->inputs.push_back(std::move(plan));
    plan = std::move(above);
  }
  return plan;
}

}  // namespace rowan::binding
