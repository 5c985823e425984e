// FROM: tables, views, subqueries, functions, CTEs and joins become a tree of logical nodes, and names that
// the rest of the query can use. What stands to the left is visible to a LATERAL item only (PostgreSQL's
// parse_clause.c and parse_relation.c).
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

LogicalPtr join_plans(logical::Join::Kind kind, LogicalPtr left, LogicalPtr right, ExprPtr condition,
                      bool is_lateral) {
  logical::Join node;
  node.kind = kind;
  node.condition = std::move(condition);
  node.is_lateral = is_lateral;
  auto join = std::make_unique<LogicalPlan>(std::move(node));
  join->output = left->output;
  join->output.insert(join->output.end(), right->output.begin(), right->output.end());
  join->inputs.push_back(std::move(left));
  join->inputs.push_back(std::move(right));
  return join;
}

bool reads_left(const std::set<ColumnId>& wanted, const LogicalPlan& left) {
  return std::any_of(left.output.begin(), left.output.end(),
                     [&](const LogicalColumn& column) { return wanted.count(column.id) != 0; });
}

logical::Join::Kind join_kind(ast::JoinKind kind) {
  switch (kind) {
    case ast::JoinKind::Inner:
    case ast::JoinKind::Cross:
      return logical::Join::Kind::Inner;
    case ast::JoinKind::Left:
      return logical::Join::Kind::Left;
    case ast::JoinKind::Right:
      return logical::Join::Kind::Right;
    case ast::JoinKind::Full:
      return logical::Join::Kind::Full;
  }
  return logical::Join::Kind::Inner;
}

std::vector<const ScopeColumn*> seen_columns(const std::vector<Visible>& side) {
  std::vector<const ScopeColumn*> columns;
  for (const Visible& visible : side) {
    if (!visible.as_columns) continue;
    for (const ScopeColumn& column : visible.item->columns) columns.push_back(&column);
  }
  return columns;
}

}  // namespace

Result<LogicalPtr> Binder::bind_from(ast::List<ast::FromPtr> from, LogicalPtr first) {
  LogicalPtr plan = std::move(first);
  std::vector<Visible> known = level_->visible;
  size_t written = known.size();
  for (ast::FromPtr item : from) {
    for (size_t i = 0; i < level_->visible.size(); ++i) {
      level_->visible[i].lateral_only = true;
      // UPDATE's and DELETE's own table stays out of reach of FROM items.
      level_->visible[i].lateral_ok = i >= written;
    }
    std::vector<Visible> added;
    bool may_be_lateral = false;
    LogicalPtr right = TRY(bind_from_item(*item, added, may_be_lateral));
    TRY(check_names(known, added, item->position));
    known.insert(known.end(), added.begin(), added.end());
    level_->visible = known;
    if (plan == nullptr) {
      plan = std::move(right);
      continue;
    }
    bool is_lateral = may_be_lateral && reads_left(free_columns(*right), *plan);
    plan = join_plans(logical::Join::Kind::Inner, std::move(plan), std::move(right), nullptr, is_lateral);
  }
  for (Visible& visible : level_->visible) {
    visible.lateral_only = false;
    visible.lateral_ok = true;
  }
  if (plan == nullptr) plan = std::make_unique<LogicalPlan>(logical::OneRow{});
  return plan;
}

// One name for two relations is an error unless both are tables of different schemas.
Result<> Binder::check_names(const std::vector<Visible>& known, const std::vector<Visible>& added,
                             Position) const {
  for (const Visible& a : known) {
    if (!a.as_relation) continue;
    for (const Visible& b : added) {
      if (!b.as_relation || a.item->name != b.item->name || a.item->name.empty()) continue;
      if (!a.item->schema.empty() && !b.item->schema.empty() && a.item->schema != b.item->schema) continue;
      return Error(sqlstate::duplicate_alias,
                   fmt::format("table name \"{}\" specified more than once", a.item->name));
    }
  }
  return {};
}

Result<LogicalPtr> Binder::bind_from_item(const ast::FromItem& item, std::vector<Visible>& visible,
                                          bool& may_be_lateral) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  if (const auto* join = std::get_if<ast::Join>(&item.node)) {
    may_be_lateral = true;  // something in it may be
    return bind_join(*join, item, visible);
  }
  level_->items.push_back(std::make_unique<ScopeItem>());
  ScopeItem& scope = *level_->items.back();
  LogicalPtr plan;
  if (const auto* table = std::get_if<ast::TableRef>(&item.node)) {
    plan = TRY(bind_table_ref(*table, item, scope));
  } else if (const auto* query = std::get_if<ast::QueryRef>(&item.node)) {
    may_be_lateral = query->is_lateral;
    plan = TRY(bind_query_ref(*query, item, scope));
  } else {
    may_be_lateral = true;
    plan = TRY(bind_function_ref(std::get<ast::FunctionRef>(item.node), item, scope));
  }
  visible.push_back(Visible{&scope});
  return plan;
}

// The columns of `plan` are the columns of `scope`; from now on they belong to this level.
void Binder::show_output(ScopeItem& scope, const LogicalPlan& plan) {
  scope.columns.clear();
  for (size_t i = 0; i < plan.output.size(); ++i) {
    const LogicalColumn& column = plan.output[i];
    scope.columns.push_back({column.name, column.id, column.type, nullptr});
    if (facts_.size() <= column.id) facts_.resize(column.id + 1);
    facts_[column.id] = ColumnFacts{level_->number, &scope, static_cast<uint32_t>(i)};
  }
}

Result<> Binder::apply_alias(const ast::Alias& alias, std::string_view fallback, ScopeItem& scope) {
  scope.table_name = fallback;
  scope.name = alias.name.empty() ? fallback : alias.name.text;
  if (!alias.name.empty()) scope.schema.clear();
  if (alias.columns.size() > scope.columns.size())
    return Error(sqlstate::invalid_column_reference,
                 fmt::format("table \"{}\" has {} columns available but {} columns specified", scope.name,
                             scope.columns.size(), alias.columns.size()));
  for (size_t i = 0; i < alias.columns.size(); ++i) scope.columns[i].name = alias.columns[i].text;
  return {};
}

// ---- relations --------------------------------------------------------------------------------------------

Result<catalog::RelationPtr> Binder::find_relation(const ast::QualifiedName& name, const SystemView** system,
                                                   bool& is_missing) {
  *system = nullptr;
  is_missing = false;
  if (name.parts.size() > 2)
    return Error(sqlstate::feature_not_supported,
                 fmt::format("cross-database references are not implemented: \"{}.{}.{}\"",
                             name.parts[0].text, name.parts[1].text, name.parts[2].text))
        .at(name.position());
  std::string_view schema = name.schema();
  const catalog::NamedRelation* then = named_then(name);
  if (then != nullptr && then->oid >= catalog::kFirstUserOid) {
    catalog::RelationPtr relation = relation_of(*catalog_, then->oid);
    is_missing = std::holds_alternative<std::monostate>(relation);
    return relation;
  }
  if (options_.system_view && schema != "public" && !is_set_function_name(name.last())) {
    *system = options_.system_view(schema, name.last());
    if (*system != nullptr) {
      if (records_) record_relation(name, {}, (*system)->oid);
      return catalog::RelationPtr();
    }
  }
  catalog::RelationPtr relation;
  if (world_ == nullptr) relation = catalog_->find_relation(schema, name.last());
  is_missing = std::holds_alternative<std::monostate>(relation);
  if (records_ && !is_missing) record_relation(name, relation, oid_of(relation));
  return relation;
}

Error Binder::no_relation(const ast::QualifiedName& name) const {
  std::string shown =
      name.schema().empty() ? std::string(name.last()) : fmt::format("{}.{}", name.schema(), name.last());
  if (name.parts.size() == 1 && find_cte(name.last()) == nullptr) {
    for (const Level* level = level_; level != nullptr; level = level->parent) {
      if (level->with == nullptr) continue;
      for (const ast::CommonTable& table : level->with->tables) {
        if (table.name.text != name.last()) continue;
        if (level->with->is_recursive)
          return unsupported("a forward reference from an item of WITH RECURSIVE", name.position());
        return Error(sqlstate::undefined_table, fmt::format("relation \"{}\" does not exist", shown))
            .at(name.position())
            .detail(fmt::format(
                "There is a WITH item named \"{}\", but it cannot be referenced from this part of "
                "the query.",
                shown))
            .hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.");
      }
    }
  }
  std::string hint, near = catalog_->suggest_relation(name.last());
  if (!near.empty()) hint = fmt::format("Perhaps you meant the relation \"{}\".", near);
  return Error(sqlstate::undefined_table, fmt::format("relation \"{}\" does not exist", shown))
      .at(name.position())
      .hint(hint);
}

void Binder::lock(catalog::Oid oid, TableLockMode mode) {
  for (auto& [known, held] : statement_.locks) {
    if (known != oid) continue;
    held = std::max(held, mode);
    return;
  }
  statement_.locks.emplace_back(oid, mode);
}

LogicalPtr Binder::scan_table(const catalog::TablePtr& table, std::string_view alias, ScopeItem& scope,
                              const catalog::NamedRelation* then) {
  logical::Get node;
  node.table = table;
  node.alias = alias;
  std::vector<LogicalColumn> output;
  scope.table = table;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const catalog::Column& column = table->columns[i];
    if (column.dropped) continue;
    auto number = static_cast<uint16_t>(i);
    node.columns.push_back(number);
    output.push_back(
        make_column(column.name, column.type, &scope, static_cast<uint32_t>(scope.columns.size())));
    if (records_ && stored_depth_ == 0) own_columns_[output.back().id] = {table->oid, number};
    scope.columns.push_back({column.name, output.back().id, column.type, nullptr});
    scope.numbers.push_back(number);
  }
  if (then != nullptr) show_as_then(*then, scope);
  if (level_ != nullptr && level_->wants_row_ids) {
    node.columns.push_back(kRowIdColumn);
    output.push_back(make_column("ctid", TypeId::BigInt));
    scope.row_id = output.back().id;
  }
  auto get = std::make_unique<LogicalPlan>(std::move(node));
  get->output = std::move(output);
  return get;
}

LogicalPtr Binder::scan_system_view(const SystemView& view, std::string_view shown, ScopeItem& scope) {
  logical::SystemGet node;
  node.view =
      view.schema == "pg_catalog" ? std::string(view.name) : fmt::format("{}.{}", view.schema, view.name);
  node.alias = shown;
  for (size_t i = 0; i < view.columns.size(); ++i) node.columns.push_back(static_cast<uint16_t>(i));
  auto plan = std::make_unique<LogicalPlan>(std::move(node));
  for (const OutputColumn& column : view.columns)
    plan->output.push_back(make_column(column.name, column.type));
  show_output(scope, *plan);
  return plan;
}

Result<LogicalPtr> Binder::bind_table_ref(const ast::TableRef& ref, const ast::FromItem& item,
                                          ScopeItem& scope) {
  std::string_view name = ref.name.last();
  std::string_view shown = item.alias.name.empty() ? name : item.alias.name.text;
  if (ref.name.parts.size() == 1) {
    if (CteEntry* cte = find_cte(name)) {
      LogicalPtr plan = TRY(read_cte(*cte, shown, ref.name.position(), scope));
      TRY(apply_alias(item.alias, name, scope));
      return plan;
    }
  }
  const SystemView* system = nullptr;
  bool is_missing = false;
  catalog::RelationPtr relation = TRY(find_relation(ref.name, &system, is_missing));
  if (is_missing) return no_relation(ref.name);
  LogicalPtr plan;
  if (system != nullptr) {
    plan = scan_system_view(*system, shown, scope);
    scope.schema = system->schema;
  } else if (const auto* table = std::get_if<catalog::TablePtr>(&relation)) {
    lock((*table)->oid, TableLockMode::AccessShare);
    edit_relation(ref, item.alias, relation);
    plan = scan_table(*table, shown, scope, named_then(ref.name));
    scope.schema = "public";
  } else if (const auto* view = std::get_if<catalog::ViewPtr>(&relation)) {
    edit_relation(ref, item.alias, relation);
    plan = TRY(expand_view(*view, scope));
    if (const catalog::NamedRelation* then = named_then(ref.name)) show_as_then(*then, scope);
    scope.schema = "public";
  } else if (std::holds_alternative<catalog::SequencePtr>(relation)) {
    return unsupported(fmt::format("reading sequence \"{}\" as a table", name), ref.name.position());
  } else {
    return Error(sqlstate::wrong_object_type, fmt::format("cannot open relation \"{}\"", name))
        .at(ref.name.position())
        .detail("This operation is not supported for indexes.");
  }
  scope.name = name;
  TRY(apply_alias(item.alias, name, scope));
  return plan;
}

// ---- subqueries and functions -----------------------------------------------------------------------------

Result<LogicalPtr> Binder::bind_query_ref(const ast::QueryRef& ref, const ast::FromItem& item,
                                          ScopeItem& scope) {
  bool is_values = std::holds_alternative<ast::Values>(ref.query->node);
  if (item.alias.name.empty())
    return Error(sqlstate::syntax_error,
                 is_values ? "VALUES in FROM must have an alias" : "subquery in FROM must have an alias")
        .at(item.position)
        .hint(is_values ? "For example, FROM (VALUES ...) [AS] foo."
                        : "For example, FROM (SELECT ...) [AS] foo.");
  LogicalPtr plan;
  {
    Restore<bool> lateral(level_->lateral_active, ref.is_lateral);
    Restore<ExprKind> kind(level_->kind, ExprKind::FromSubquery);
    plan = TRY(bind_query(*ref.query, level_, false));
  }
  show_output(scope, *plan);
  TRY(apply_alias(item.alias, item.alias.name.text, scope));
  return plan;
}

Result<LogicalPtr> Binder::bind_function_ref(const ast::FunctionRef& ref, const ast::FromItem& item,
                                             ScopeItem& scope) {
  if (ref.functions.size() != 1 || ref.is_rows_from) return unsupported("ROWS FROM", item.position);
  const ast::FunctionItem& function = ref.functions[0];
  if (!function.columns.empty()) return unsupported("a column definition list", item.position);
  const auto* call = ast::as<ast::Call>(function.call);
  std::string name;
  figure_name(function.call, name, [](const ast::Query*) { return std::string(); });
  LogicalPtr plan;
  Restore<bool> lateral(level_->lateral_active, true);
  Restore<ExprKind> kind(level_->kind, ExprKind::FromFunction);
  std::string_view column_name = item.alias.name.empty() ? std::string_view(name) : item.alias.name.text;
  bool built_in = call != nullptr && (call->name.schema().empty() || call->name.schema() == "pg_catalog");
  bool is_bare = built_in && call->arguments.empty() && call->detail == nullptr && !call->is_star;
  if (is_bare && options_.system_view && !ref.with_ordinality) {
    const SystemView* set = options_.system_view("pg_catalog", std::string(call->name.last()) + "()");
    if (set != nullptr) {
      plan = scan_system_view(*set, column_name, scope);
      TRY(apply_alias(item.alias, name, scope));
      return plan;
    }
  }
  if (built_in && is_set_function(call->name.last())) {
    std::vector<ExprPtr> arguments = TRY(bind_arguments(*call));
    Type element(TypeId::Unknown);
    const Signature* signature = TRY(
        find_signature(set_functions(), call->name.last(), arguments, function.call->range.begin, &element));
    logical::FunctionGet node;
    node.function = call->name.last();
    node.arguments = std::move(arguments);
    node.with_ordinality = ref.with_ordinality;
    node.alias = column_name;
    plan = std::make_unique<LogicalPlan>(std::move(node));
    plan->output.push_back(make_column(std::string(column_name), Type(signature->result)));
    if (ref.with_ordinality) plan->output.push_back(make_column("ordinality", TypeId::BigInt));
  } else {
    ExprPtr value = TRY(bind_expr(function.call));
    value = TRY(coerce_to_text_if_unknown(std::move(value)));
    LogicalColumn column = make_column(std::string(column_name), value->type);
    logical::Project node;
    node.expressions.push_back(std::move(value));
    std::vector<LogicalColumn> output{column};
    if (ref.with_ordinality) {
      node.expressions.push_back(make_constant(Value::bigint(1)));
      output.push_back(make_column("ordinality", TypeId::BigInt));
    }
    plan = std::make_unique<LogicalPlan>(std::move(node));
    plan->output = std::move(output);
    plan->inputs.push_back(std::make_unique<LogicalPlan>(logical::OneRow{}));
  }
  show_output(scope, *plan);
  scope.is_function_scalar = !ref.with_ordinality;
  TRY(apply_alias(item.alias, name, scope));
  return plan;
}

// ---- joins ------------------------------------------------------------------------------------------------

Result<LogicalPtr> Binder::bind_join(const ast::Join& join, const ast::FromItem& item,
                                     std::vector<Visible>& visible) {
  using Kind = logical::Join::Kind;
  Kind kind = join_kind(join.kind);
  std::vector<Visible> before = level_->visible, left_side, right_side;
  bool left_lateral = false, right_lateral = false;
  LogicalPtr left = TRY(bind_from_item(*join.left, left_side, left_lateral));
  level_->visible = before;
  for (Visible side : left_side) {
    side.lateral_only = true;
    side.lateral_ok = kind == Kind::Inner || kind == Kind::Left;
    level_->visible.push_back(side);
  }
  LogicalPtr right = TRY(bind_from_item(*join.right, right_side, right_lateral));
  level_->visible = before;
  TRY(check_names(left_side, right_side, item.position));
  for (const Visible& side : left_side)
    if (kind == Kind::Right || kind == Kind::Full) side.item->is_nullable = true;
  for (const Visible& side : right_side)
    if (kind == Kind::Left || kind == Kind::Full) side.item->is_nullable = true;
  bool is_lateral = right_lateral && reads_left(free_columns(*right), *left);

  std::vector<const ScopeColumn*> left_columns = seen_columns(left_side);
  std::vector<const ScopeColumn*> right_columns = seen_columns(right_side);
  std::vector<ast::Name> merged_names(join.using_columns.begin(), join.using_columns.end());
  if (join.is_natural) {
    for (const ScopeColumn* column : left_columns) {
      bool common = std::any_of(right_columns.begin(), right_columns.end(),
                                [&](const ScopeColumn* other) { return other->name == column->name; });
      bool known = std::any_of(merged_names.begin(), merged_names.end(),
                               [&](const ast::Name& name) { return name.text == column->name; });
      if (common && !known) merged_names.push_back({column->name, kNoPosition});
    }
  }

  std::vector<ScopeColumn> merged;
  std::vector<ExprPtr> equalities;
  std::set<const ScopeColumn*> taken;
  for (size_t i = 0; i < merged_names.size(); ++i) {
    const ast::Name& name = merged_names[i];
    for (size_t j = 0; j < i; ++j) {
      if (merged_names[j].text == name.text)
        return Error(sqlstate::duplicate_column,
                     fmt::format("column name \"{}\" appears more than once in USING clause", name.text));
    }
    auto find = [&](const std::vector<const ScopeColumn*>& columns,
                    std::string_view side) -> Result<const ScopeColumn*> {
      const ScopeColumn* found = nullptr;
      for (const ScopeColumn* column : columns) {
        if (column->name != name.text) continue;
        if (found != nullptr)
          return Error(
              sqlstate::ambiguous_column,
              fmt::format("common column name \"{}\" appears more than once in {} table", name.text, side));
        found = column;
      }
      if (found == nullptr)
        return Error(sqlstate::undefined_column,
                     fmt::format("column \"{}\" specified in USING clause does not exist in {} table",
                                 name.text, side));
      return found;
    };
    const ScopeColumn* l = TRY(find(left_columns, "left"));
    const ScopeColumn* r = TRY(find(right_columns, "right"));
    taken.insert(l);
    taken.insert(r);
    ExprPtr left_value = reference(*l, kNoPosition), right_value = reference(*r, kNoPosition);
    std::vector<const Expr*> both{left_value.get(), right_value.get()};
    Type type = TRY(common_type(both, "JOIN/USING"));
    type = common_modifiers(both, type, false);
    ExprPtr equal =
        TRY(make_operator("=", reference(*l, kNoPosition), reference(*r, kNoPosition), kNoPosition));
    equalities.push_back(std::move(equal));
    // The merged column is whichever side is never null-extended, COALESCE of both in a full join.
    bool left_exact = left_value->type == type, right_exact = right_value->type == type;
    ScopeColumn column{std::string(name.text), 0, type, nullptr};
    if (kind == Kind::Full) {
      auto either = std::make_unique<Expr>(expression::Coalesce{}, type);
      ExprPtr first = TRY(coerce_common(std::move(left_value), type, "JOIN/USING"));
      either->children.push_back(std::move(first));
      ExprPtr second = TRY(coerce_common(std::move(right_value), type, "JOIN/USING"));
      either->children.push_back(std::move(second));
      column.computed = std::move(either);
    } else {
      bool use_right = kind == Kind::Right || (kind == Kind::Inner && !left_exact && right_exact);
      const ScopeColumn& chosen = use_right ? *r : *l;
      if ((use_right ? right_exact : left_exact) && chosen.computed == nullptr) {
        column.id = chosen.id;
      } else {
        ExprPtr value = use_right ? std::move(right_value) : std::move(left_value);
        column.computed = TRY(coerce_common(std::move(value), type, "JOIN/USING"));
      }
    }
    merged.push_back(std::move(column));
  }

  std::vector<Visible> all = left_side;
  all.insert(all.end(), right_side.begin(), right_side.end());
  ExprPtr condition;
  if (!equalities.empty()) {
    condition = conjunction(std::move(equalities));
  } else if (join.on != nullptr) {
    Restore<std::vector<Visible>> inside(level_->visible, all);
    for (Visible& one : level_->visible) one.lateral_only = false;
    Restore<ExprKind> where(level_->kind, ExprKind::JoinCondition);
    condition = TRY(bind_boolean(join.on, "JOIN/ON"));
  }
  LogicalPtr plan = join_plans(kind, std::move(left), std::move(right), std::move(condition), is_lateral);

  bool has_alias = !item.alias.name.empty();
  if (!has_alias && merged.empty()) {
    visible.insert(visible.end(), all.begin(), all.end());
    return plan;
  }
  auto scope = std::make_unique<ScopeItem>();
  scope->columns = merged;
  for (const ScopeColumn* column : left_columns)
    if (taken.count(column) == 0) scope->columns.push_back(*column);
  for (const ScopeColumn* column : right_columns)
    if (taken.count(column) == 0) scope->columns.push_back(*column);
  TRY(apply_alias(item.alias, "", *scope));
  if (!has_alias) {
    for (Visible& one : all) one.as_columns = false;
    visible.insert(visible.end(), all.begin(), all.end());
  }
  Visible whole{scope.get()};
  whole.as_relation = has_alias;
  visible.push_back(whole);
  level_->items.push_back(std::move(scope));
  if (!join.using_alias.empty()) {
    auto alias = std::make_unique<ScopeItem>();
    alias->name = join.using_alias.text;
    alias->columns = std::move(merged);
    Visible only{alias.get()};
    only.as_columns = false;
    visible.push_back(only);
    level_->items.push_back(std::move(alias));
  }
  return plan;
}

}  // namespace rowan::binding
