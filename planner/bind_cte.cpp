// WITH: each query becomes an entry of BoundStatement::ctes that any number of CteRefs read. One that
// mentions columns from outside cannot stand apart: it is copied to where it is used. WITH RECURSIVE becomes
// a logical::Recursive whose second input reads the last round through a WorkTable. INSERT, UPDATE and DELETE
// become entries too, of the whole statement's WITH alone; what is read of them is their RETURNING.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

Error recursion_error(std::string_view name, std::string_view where, Position position) {
  return Error(sqlstate::invalid_recursion,
               fmt::format("recursive reference to query \"{}\" must not appear {}", name, where))
      .at(position);
}

// Written as something whose length or digits PostgreSQL does not follow: a call, CASE without ELSE.
bool forgets_modifiers(const ast::Query& query, size_t column, size_t width) {
  const auto* select = std::get_if<ast::Select>(&query.node);
  if (select == nullptr || select->items.size() != width) return false;
  ast::ExprPtr expr = select->items[column].expr;
  if (ast::as<ast::Call>(expr) != nullptr) return true;
  const auto* choice = ast::as<ast::Case>(expr);
  return choice != nullptr && choice->otherwise == nullptr;
}

bool reads_work_table(const LogicalPlan& plan, uint32_t work_table) {
  bool found = false;
  walk_plan(plan, [&](const LogicalPlan& node) {
    const auto* read = std::get_if<logical::WorkTable>(&node.node);
    found = found || (read != nullptr && read->work_table == work_table);
  });
  return found;
}

}  // namespace

Position output_position(const ast::Query& query, size_t column, size_t width) {
  if (const auto* set = std::get_if<ast::SetOperation>(&query.node))
    return output_position(*set->left, column, width);
  const auto* select = std::get_if<ast::Select>(&query.node);
  if (select == nullptr) return kNoPosition;
  size_t extra = width - std::min<size_t>(width, select->items.size());  // what a star stands for beyond one
  size_t at = 0;
  for (const auto& item : select->items) {
    bool is_star = std::holds_alternative<ast::Star>(item.expr->node);
    size_t last = at + (is_star ? std::exchange(extra, 0) : 0);
    if (column <= last) return item.expr->range.begin;
    at = last + 1;
  }
  return kNoPosition;
}

CteEntry* Binder::find_cte(std::string_view name) const {
  for (Level* level = level_; level != nullptr; level = level->parent) {
    for (const auto& entry : level->ctes)
      if (entry->name == name) return entry.get();
  }
  return nullptr;
}

Result<> Binder::rename_cte(const ast::CommonTable& table, CteEntry& entry,
                            const std::vector<LogicalColumn>& from) {
  entry.columns = from;
  if (table.columns.size() > from.size())
    return Error(sqlstate::invalid_column_reference,
                 fmt::format("WITH query \"{}\" has {} columns available but {} columns specified",
                             entry.name, from.size(), table.columns.size()))
        .at(table.position);
  for (size_t i = 0; i < table.columns.size(); ++i) entry.columns[i].name = table.columns[i].text;
  return {};
}

// Bound, it goes behind the queries of its own WITH: what a plan reads is planned before it.
Result<> Binder::keep_cte(const ast::CommonTable& table, CteEntry& entry, LogicalPtr plan) {
  TRY(rename_cte(table, entry, plan->output));
  entry.is_bound = true;
  entry.is_recursing = false;
  entry.is_correlated = !free_columns(*plan).empty();
  entry.index = static_cast<uint32_t>(statement_.ctes.size());
  statement_.ctes.push_back(
      {entry.name, nullptr, table.materialize == ast::Materialize::Always, entry.writes});
  (entry.is_correlated ? entry.pattern : statement_.ctes[entry.index].plan) = std::move(plan);
  return {};
}

Result<> Binder::bind_with(const ast::With& with, Level& level) {
  level.with = &with;
  for (size_t i = 0; i < with.tables.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (with.tables[i].name.text == with.tables[j].name.text)
        return Error(sqlstate::duplicate_alias,
                     fmt::format("WITH query name \"{}\" specified more than once", with.tables[i].name.text))
            .at(with.tables[i].name.position);
    }
  }
  for (const ast::CommonTable& table : with.tables) {
    const auto* query = std::get_if<ast::QueryPtr>(&table.statement->node);
    if (std::holds_alternative<ast::Merge>(table.statement->node))
      return Error(sqlstate::feature_not_supported, "MERGE not supported in WITH query")
          .at(table.name.position);
    if (query == nullptr) {
      TRY(bind_writing_cte(table, with.is_recursive, level));
      continue;
    }
    auto entry = std::make_unique<CteEntry>();
    entry->name = table.name.text;
    entry->position = table.name.position;
    CteEntry& cte = *entry;
    if (with.is_recursive) {
      level.ctes.push_back(std::move(entry));
      TRY(bind_recursive_cte(table, **query, cte));
      continue;
    }
    // Not recursive: its own name means something further out.
    LogicalPtr plan = TRY(bind_query(**query, &level, false));
    TRY(keep_cte(table, cte, std::move(plan)));
    level.ctes.push_back(std::move(entry));
  }
  return {};
}

Result<> Binder::bind_writing_cte(const ast::CommonTable& table, bool is_recursive, Level& level) {
  auto made = std::make_unique<CteEntry>();
  CteEntry& entry = *made;
  entry.name = table.name.text;
  entry.position = table.name.position;
  entry.writes = true;
  if (is_recursive) level.ctes.push_back(std::move(made));  // so that reading itself is told from no relation
  LogicalPtr plan = TRY(bind_write(*table.statement, &level));
  if (level.parent != nullptr)
    return Error(sqlstate::feature_not_supported,
                 "WITH clause containing a data-modifying statement must be at the top level")
        .at(entry.position);
  TRY(keep_cte(table, entry, std::move(plan)));
  has_effects_ = true;
  if (!is_recursive) level.ctes.push_back(std::move(made));
  return {};
}

Result<LogicalPtr> Binder::bind_write(const ast::Statement& statement, Level* parent) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  if (const auto* insert = std::get_if<ast::Insert>(&statement.node)) return bind_insert(*insert, parent);
  if (const auto* update = std::get_if<ast::Update>(&statement.node)) return bind_update(*update, parent);
  if (const auto* del = std::get_if<ast::Delete>(&statement.node)) return bind_delete(*del, parent);
  return unsupported("this statement in WITH", statement.position);
}

Result<> Binder::bind_recursive_cte(const ast::CommonTable& table, const ast::Query& query, CteEntry& entry) {
  const auto* body = std::get_if<ast::SetOperation>(&query.node);
  Level* owner = level_;
  bool may_recurse = body != nullptr && body->op == ast::SetOperator::Union;
  if (!may_recurse) {
    LogicalPtr plan = TRY(bind_query(query, owner, false));
    return keep_cte(table, entry, std::move(plan));
  }
  Level& level = open_level(owner);
  Restore<Level*> at(level_, &level);
  if (query.with != nullptr) TRY(bind_with(*query.with, level));
  LogicalPtr start = TRY(bind_query(*body->left, &level, true));
  TRY(settle_unknown_output(start));
  for (size_t i = 0; i < start->output.size(); ++i) {
    // What one round makes of a number may need more digits than the last had, unless they were declared.
    Type type = start->output[i].type;
    bool is_inferred = type.id == TypeId::Numeric && !type.is_declared;
    bool forgets = type != Type(type.id) && forgets_modifiers(*body->left, i, start->output.size());
    if (!is_inferred && !forgets) continue;
    TRY(coerce_output(start, i, Type(type.id), CastContext::Implicit));
    start->output[i].type =
        Type(type.id);  // a longer string type is the same value, so that alone changed nothing
  }
  TRY(rename_cte(table, entry, start->output));
  entry.has_left_term = true;
  entry.is_recursing = true;
  entry.sublink_depth = sublink_depth_;
  entry.work_table = statement_.work_tables++;
  LogicalPtr step = TRY(bind_query(*body->right, &level, true));
  entry.is_recursing = false;
  if (start->output.size() != step->output.size())
    return Error(sqlstate::syntax_error, "each UNION query must have the same number of columns")
        .at(body->right->range.begin);
  if (!entry.seen_recursion) {
    LogicalPtr plan = TRY(combine(std::move(start), std::move(step), *body, *body->left, *body->right));
    level.visible.clear();
    if (!query.order_by.empty()) plan = TRY(sort_by_output(std::move(plan), query));
    plan = TRY(add_limit(std::move(plan), query));
    return keep_cte(table, entry, std::move(plan));
  }
  if (!query.order_by.empty())
    return Error(sqlstate::feature_not_supported, "ORDER BY in a recursive query is not implemented")
        .at(query.order_by[0].expr->range.begin);
  if (query.offset != nullptr)
    return Error(sqlstate::feature_not_supported, "OFFSET in a recursive query is not implemented")
        .at(query.offset->range.begin);
  if (query.limit != nullptr)
    return Error(sqlstate::feature_not_supported, "LIMIT in a recursive query is not implemented")
        .at(query.limit->range.begin);
  if (!query.row_locks.empty())
    return Error(sqlstate::feature_not_supported, "FOR UPDATE/SHARE in a recursive query is not implemented")
        .at(query.row_locks[0].position);
  TRY(check_recursion(*step, entry));
  for (size_t i = 0; i < start->output.size(); ++i) {
    Type wanted = start->output[i].type;
    LogicalColumn& got = step->output[i];
    if (got.type == wanted) continue;
    Type overall(wanted.id);  // modifiers that differ are none
    if (got.type.id != wanted.id && got.type.id != TypeId::Unknown) {
      Expr left(expression::ColumnRef{0, ""}, wanted), right(expression::ColumnRef{0, ""}, got.type);
      std::vector<const Expr*> both{&left, &right};
      overall = TRY(common_type(both, "UNION"));
    }
    if (overall != wanted) {
      std::string shown = overall.id == TypeId::Char ? "bpchar" : type_name(overall);
      return Error(sqlstate::datatype_mismatch,
                   fmt::format("recursive query \"{}\" column {} has type {} in non-recursive term but type "
                               "{} overall",
                               entry.name, i + 1, type_name(wanted), shown))
          .at(output_position(*body->left, i, start->output.size()))
          .hint("Cast the output of the non-recursive term to the correct type.");
    }
    TRY(coerce_output(step, i, wanted, CastContext::Implicit));
  }
  logical::Recursive node;
  node.work_table = entry.work_table;
  node.distinct = !body->is_all;
  node.name = entry.name;
  auto plan = std::make_unique<LogicalPlan>(std::move(node));
  for (const LogicalColumn& column : start->output)
    plan->output.push_back(make_column(column.name, column.type));
  plan->inputs.push_back(std::move(start));
  plan->inputs.push_back(std::move(step));
  return keep_cte(table, entry, std::move(plan));
}

// The step may not aggregate over the rounds so far, nor keep rows for what a round lacks.
Result<> Binder::check_recursion(const LogicalPlan& step, const CteEntry& entry) {
  Result<> outcome;
  walk_plan(step, [&](const LogicalPlan& plan) {
    if (!outcome.ok()) return;
    if (std::holds_alternative<logical::Aggregate>(plan.node) && reads_work_table(plan, entry.work_table)) {
      outcome = Error(sqlstate::invalid_recursion,
                      "aggregate functions are not allowed in a recursive query's recursive term");
    } else if (const auto* join = std::get_if<logical::Join>(&plan.node)) {
      using Kind = logical::Join::Kind;
      bool left_null = join->kind == Kind::Right || join->kind == Kind::Full;
      bool right_null = join->kind == Kind::Left || join->kind == Kind::Full;
      if ((left_null && reads_work_table(*plan.inputs[0], entry.work_table)) ||
          (right_null && reads_work_table(*plan.inputs[1], entry.work_table)))
        outcome = recursion_error(entry.name, "within an outer join", entry.recursion);
    } else if (const auto* set = std::get_if<logical::SetOperation>(&plan.node)) {
      if (set->kind == logical::SetOperation::Kind::Except &&
          reads_work_table(*plan.inputs[1], entry.work_table))
        outcome = recursion_error(entry.name, "within EXCEPT", entry.recursion);
    }
  });
  return outcome;
}

Result<LogicalPtr> Binder::read_cte(CteEntry& cte, std::string_view alias, Position position,
                                    ScopeItem& scope) {
  if (cte.writes && !cte.is_bound)
    return Error(sqlstate::invalid_recursion,
                 fmt::format("recursive query \"{}\" must not contain data-modifying statements", cte.name))
        .at(cte.position);
  if (cte.writes && cte.columns.empty())
    return Error(sqlstate::feature_not_supported,
                 fmt::format("WITH query \"{}\" does not have a RETURNING clause", cte.name))
        .at(position);
  if (!cte.is_bound) {
    if (!cte.is_recursing) {
      if (cte.has_left_term) return recursion_error(cte.name, "here", position);
      return Error(sqlstate::invalid_recursion,
                   fmt::format("recursive query \"{}\" does not have the form non-recursive-term UNION [ALL] "
                               "recursive-term",
                               cte.name))
          .at(cte.position);
    }
    if (sublink_depth_ > cte.sublink_depth) return recursion_error(cte.name, "within a subquery", position);
    if (cte.seen_recursion) return recursion_error(cte.name, "more than once", position);
    cte.seen_recursion = true;
    cte.recursion = position;
  }
  ++cte.uses;
  scope.is_cte = true;
  LogicalPtr plan;
  if (!cte.is_bound) {
    plan = std::make_unique<LogicalPlan>(logical::WorkTable{cte.work_table, cte.name, std::string(alias)});
  } else if (cte.is_correlated) {
    std::map<ColumnId, ColumnId> renamed;
    plan = copy_plan(*cte.pattern, statement_, renamed);
    facts_.resize(std::max<size_t>(facts_.size(), statement_.next_column));
    show_output(scope, *plan);
    for (size_t i = 0; i < cte.columns.size(); ++i) scope.columns[i].name = cte.columns[i].name;
    return plan;
  } else {
    logical::CteRef node;
    node.cte = cte.index;
    node.name = cte.name;
    node.alias = alias;
    for (uint32_t i = 0; i < cte.columns.size(); ++i) node.positions.push_back(i);
    plan = std::make_unique<LogicalPlan>(std::move(node));
  }
  for (const LogicalColumn& column : cte.columns)
    plan->output.push_back(make_column(column.name, column.type));
  show_output(scope, *plan);
  return plan;
}

}  // namespace rowan::binding
