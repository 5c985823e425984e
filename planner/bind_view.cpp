// planner/bind_view.cpp: a view's text, bound in the world in which the view was made (catalog::ViewWorld),
// and how that world is put down when one is made. Whatever has been renamed, added or set since, names mean
// what they meant: a relation is found by its oid and shows the columns that it had, under the names they
// had, so that stars, NATURAL, USING, correlation and ambiguity come out as they did.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

std::vector<catalog::NamedRelation::Column> columns_of(const catalog::RelationPtr& relation) {
  std::vector<catalog::NamedRelation::Column> columns;
  auto add = [&](const std::string& name, size_t number) {
    columns.push_back({name, static_cast<catalog::ColumnNumber>(number)});
  };
  if (const auto* table = std::get_if<catalog::TablePtr>(&relation)) {
    for (size_t i = 0; i < (*table)->columns.size(); ++i)
      if (!(*table)->columns[i].dropped) add((*table)->columns[i].name, i);
  } else if (const auto* view = std::get_if<catalog::ViewPtr>(&relation)) {
    for (size_t i = 0; i < (*view)->columns.size(); ++i) add((*view)->columns[i].name, i);
  }
  return columns;
}

catalog::Oid oid_of(const catalog::RelationPtr& relation) {
  return std::visit(
      [](const auto& object) -> catalog::Oid {
        if constexpr (std::is_same_v<std::decay_t<decltype(object)>, std::monostate>) {
          return 0;
        } else {
          return object->oid;
        }
      },
      relation);
}

std::string relation_name(const catalog::RelationPtr& relation) {
  return std::visit(
      [](const auto& object) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(object)>, std::monostate>) {
          return {};
        } else {
          return object->name;
        }
      },
      relation);
}

catalog::RelationPtr relation_of(const catalog::CatalogVersion& catalog, catalog::Oid oid) {
  if (catalog::TablePtr table = catalog.table(oid)) return table;
  if (catalog::ViewPtr view = catalog.view(oid)) return view;
  if (catalog::SequencePtr sequence = catalog.sequence(oid)) return sequence;
  if (catalog::IndexPtr index = catalog.index(oid)) return index;
  return {};
}

// ---- putting a world down ---------------------------------------------------------------------------------

void Binder::record_relation(const ast::QualifiedName& name, const catalog::RelationPtr& relation,
                             catalog::Oid oid) {
  if (stored_depth_ != 0 || made_.find(name.schema(), name.last()) != nullptr) return;
  made_.relations.push_back(
      {std::string(name.schema()), std::string(name.last()), oid, columns_of(relation)});
}

void Binder::record_constraint(catalog::Oid constraint) {
  auto& known = made_.constraints;
  if (!records_ || stored_depth_ != 0) return;
  if (std::find(known.begin(), known.end(), constraint) == known.end()) known.push_back(constraint);
}

void Binder::record_reads(const LogicalPlan& root) {
  walk_plan(root, [&](const LogicalPlan& plan) {
    for_each_expression(plan, [&](const Expr& expr) {
      walk(expr, [&](const Expr& node) {
        const auto* ref = std::get_if<expression::ColumnRef>(&node.node);
        auto own = ref == nullptr ? own_columns_.end() : own_columns_.find(ref->column);
        if (own == own_columns_.end()) return true;
        made_.reads.push_back(own->second);
        own_columns_.erase(own);
        return true;
      });
    });
  });
}

Result<BoundStatement> Binder::run_for_view(const ast::Statement& statement, catalog::ViewWorld& world) {
  records_ = true;
  BoundStatement bound = TRY(run(statement));
  for (const LogicalCte& cte : bound.ctes)
    if (cte.writes)
      return Error(sqlstate::feature_not_supported,
                   "views must not contain data-modifying statements in WITH");
  record_reads(*bound.root);
  for (const LogicalSubquery& subquery : bound.subqueries)
    if (subquery.plan != nullptr) record_reads(*subquery.plan);
  for (const LogicalCte& cte : bound.ctes)
    if (cte.plan != nullptr) record_reads(*cte.plan);
  EvalContext& settings = evaluation();
  made_.date_style = settings.date_style;
  made_.interval_style = settings.interval_style;
  made_.time_zone = settings.time_zone;
  made_.moment_us = settings.transaction_start_us;
  world = std::move(made_);
  return bound;
}

// ---- living in one ----------------------------------------------------------------------------------------

Binder::InView::InView(Binder& binder, const catalog::View& view)
    : literals_(binder.evaluation()),
      depth_(binder.stored_depth_, binder.stored_depth_ + 1),
      sublinks_(binder.sublink_depth_, 0),
      world_(binder.world_, view.world ? &*view.world : nullptr),
      reading_(binder.reading_, nullptr) {
  if (!view.world) return;
  literals_.date_style = view.world->date_style;
  literals_.interval_style = view.world->interval_style;
  literals_.time_zone = view.world->time_zone;
  literals_.transaction_start_us = literals_.statement_start_us = view.world->moment_us;
  binder.reading_ = &literals_;
}

const catalog::NamedRelation* Binder::named_then(const ast::QualifiedName& name) const {
  return world_ == nullptr ? nullptr : world_->find(name.schema(), name.last());
}

void Binder::show_as_then(const catalog::NamedRelation& then, ScopeItem& scope) {
  std::vector<ScopeColumn> now = std::move(scope.columns);
  std::vector<uint16_t> numbers = std::move(scope.numbers);
  scope.columns.clear();
  scope.numbers.clear();
  for (const catalog::NamedRelation::Column& column : then.columns) {
    size_t at = column.number;  // of a view's columns, which keep their places
    if (scope.table != nullptr)
      at = static_cast<size_t>(std::find(numbers.begin(), numbers.end(), column.number) - numbers.begin());
    if (at < now.size()) {
      if (now[at].computed == nullptr) facts_[now[at].id].index = static_cast<uint32_t>(scope.columns.size());
      scope.columns.push_back(std::move(now[at]));
      scope.columns.back().name = column.name;
    } else {  // dropped since, so nothing reads it; its name and its place are still taken
      Type type = scope.table != nullptr ? scope.table->columns[column.number].type : Type(TypeId::Text);
      scope.columns.push_back({column.name, 0, type, make_constant(Value(type))});
    }
    if (scope.table != nullptr) scope.numbers.push_back(column.number);
  }
}

Result<std::unique_ptr<ParsedStatement>> Binder::parse_stored(std::string_view sql) const {
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
  ENSURE(parsed != nullptr && parsed->root != nullptr);
  return parsed;
}

// Positions inside a view's text mean nothing in the statement's.
void Binder::forget_positions(LogicalPlan& root) {
  walk_plan(root, [](LogicalPlan& plan) {
    for_each_expression(plan, [](ExprPtr& expr) {
      walk(*expr, [](const Expr& node) {
        const_cast<Expr&>(node).position = kNoPosition;
        return true;
      });
    });
  });
}

Result<LogicalPtr> Binder::expand_view(const catalog::ViewPtr& view, ScopeItem& scope) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  if (std::find(open_views_.begin(), open_views_.end(), view->oid) != open_views_.end())
    return Error(sqlstate::invalid_object_definition,
                 fmt::format("infinite recursion detected in rules for relation \"{}\"", view->name));
  lock(view->oid, TableLockMode::AccessShare);
  size_t first_subquery = statement_.subqueries.size(), first_cte = statement_.ctes.size();
  Result<LogicalPtr> bound = [&]() -> Result<LogicalPtr> {
    std::unique_ptr<ParsedStatement> parsed = TRY(parse_stored(view->query_sql));
    const auto* query = std::get_if<ast::QueryPtr>(&parsed->root->node);
    ENSURE(query != nullptr);
    const ast::Query& root = **query;
    parsed_.push_back(std::move(parsed));
    InView inside(*this, *view);
    Restore<Level*> none(level_, nullptr);
    open_views_.push_back(view->oid);
    Result<LogicalPtr> made = bind_query(root, nullptr, false);
    open_views_.pop_back();
    return made;
  }();
  if (!bound.ok()) {
    const Error& inner = bound.error();
    return Error(inner.state(), inner.message())
        .detail(inner.detail())
        .hint(inner.hint())
        .context(fmt::format("view \"{}\"", view->name));
  }
  LogicalPtr plan = std::move(*bound);
  if (stored_depth_ == 0) {  // a view inside a view is walked with the outer one
    forget_positions(*plan);
    for (size_t i = first_subquery; i < statement_.subqueries.size(); ++i)
      if (statement_.subqueries[i].plan != nullptr) forget_positions(*statement_.subqueries[i].plan);
    for (size_t i = first_cte; i < statement_.ctes.size(); ++i)
      if (statement_.ctes[i].plan != nullptr) forget_positions(*statement_.ctes[i].plan);
  }
  show_output(scope, *plan);
  // Without a world a star may mean more columns today than when the view was made: the view keeps its own.
  if (plan->output.size() != view->columns.size()) {
    std::vector<ScopeColumn> kept;
    for (const catalog::ViewColumn& wanted : view->columns) {
      auto same = std::find_if(scope.columns.begin(), scope.columns.end(),
                               [&](const ScopeColumn& column) { return column.name == wanted.name; });
      if (same == scope.columns.end())
        return Error(sqlstate::undefined_column,
                     fmt::format("view \"{}\" no longer finds its column \"{}\"", view->name, wanted.name))
            .hint("Use CREATE OR REPLACE VIEW to define it anew.");
      kept.push_back(*same);
    }
    scope.columns = std::move(kept);
  }
  for (size_t i = 0; i < view->columns.size(); ++i) scope.columns[i].name = view->columns[i].name;
  return plan;
}

}  // namespace rowan::binding
