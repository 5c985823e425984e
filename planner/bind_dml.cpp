// UPDATE and DELETE, what they share with INSERT and MERGE: the relation that is written (a table, or a view
// simple enough to be seen through), assignments, RETURNING.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

LogicalPtr filter_above(ExprPtr condition, LogicalPtr input) {
  auto plan = std::make_unique<LogicalPlan>(logical::Filter{std::move(condition)});
  plan->output = input->output;
  plan->inputs.push_back(std::move(input));
  return plan;
}

// INSERT, UPDATE and DELETE in the words of errors about views.
struct WriteWords {
  std::string_view cannot, enabling, event;
};
WriteWords write_words(std::string_view verb) {
  if (verb == "insert") return {"insert into", "inserting into", "INSERT"};
  if (verb == "update") return {"update", "updating", "UPDATE"};
  return {"delete from", "deleting from", "DELETE"};
}

Error not_updatable(std::string_view view, std::string_view verb, std::string_view why) {
  WriteWords words = write_words(verb);
  return Error(sqlstate::object_not_in_prerequisite_state,
               fmt::format("cannot {} view \"{}\"", words.cannot, view))
      .detail(std::string(why))
      .hint(
          fmt::format("To enable {} the view, provide an INSTEAD OF {} trigger or an unconditional ON {} DO "
                      "INSTEAD rule.",
                      words.enabling, words.event, words.event));
}

// Why a view is not a window on one table; empty when it is.
std::string view_obstacle(const ast::Query& query) {
  auto containing = [](std::string_view what) {
    return fmt::format("Views containing {} are not automatically updatable.", what);
  };
  if (std::holds_alternative<ast::SetOperation>(query.node)) return containing("UNION, INTERSECT, or EXCEPT");
  const auto* select = std::get_if<ast::Select>(&query.node);
  if (select == nullptr)
    return "Views that do not select from a single table or view are not automatically updatable.";
  if (select->is_distinct || !select->distinct_on.empty()) return containing("DISTINCT");
  if (!select->group_by.empty()) return containing("GROUP BY");
  if (select->having != nullptr) return containing("HAVING");
  if (query.with != nullptr) return containing("WITH");
  if (query.limit != nullptr || query.offset != nullptr) return containing("LIMIT or OFFSET");
  if (select->from.size() != 1 || !std::holds_alternative<ast::TableRef>(select->from[0]->node))
    return "Views that do not select from a single table or view are not automatically updatable.";
  return {};
}

}  // namespace

// A WITH query of that name hides nothing here: what is written is a table.
Result<WriteTarget> Binder::write_target(const ast::QualifiedName& name, const ast::Name& alias,
                                         std::string_view verb) {
  const SystemView* system = nullptr;
  bool is_missing = false;
  catalog::RelationPtr relation = TRY(find_relation(name, &system, is_missing));
  if (is_missing) return no_relation(name);
  if (system != nullptr)
    return Error(sqlstate::insufficient_privilege,
                 fmt::format("permission denied: \"{}\" is a system catalog", name.last()))
        .at(name.position());
  std::string_view shown = alias.empty() ? name.last() : alias.text;
  bool is_view = std::holds_alternative<catalog::ViewPtr>(relation);
  if (verb == "merge" && (is_view || std::holds_alternative<catalog::SequencePtr>(relation)))
    return Error(sqlstate::feature_not_supported,
                 fmt::format("cannot execute MERGE on relation \"{}\"", name.last()))
        .detail(fmt::format("This operation is not supported for {}.", is_view ? "views" : "sequences"));
  if (const auto* view = std::get_if<catalog::ViewPtr>(&relation))
    return view_target(*view, shown, verb, named_then(name));
  if (std::holds_alternative<catalog::SequencePtr>(relation))
    return Error(sqlstate::wrong_object_type, fmt::format("cannot change sequence \"{}\"", name.last()));
  if (!std::holds_alternative<catalog::TablePtr>(relation))
    return Error(sqlstate::wrong_object_type, fmt::format("\"{}\" is an index", name.last()))
        .at(name.position());
  WriteTarget target;
  target.table = std::get<catalog::TablePtr>(relation);
  target.name = name.last();
  lock(target.table->oid, TableLockMode::RowExclusive);
  level_->items.push_back(std::make_unique<ScopeItem>());
  target.item = level_->items.back().get();
  Restore<bool> ids(level_->wants_row_ids, true);
  target.get = scan_table(target.table, shown, *target.item, named_then(name));
  target.item->name = shown;
  target.item->table_name = name.last();
  if (alias.empty()) target.item->schema = "public";
  target.row_id = *target.item->row_id;
  target.columns.resize(target.table->columns.size(), 0);
  const auto& scanned = std::get<logical::Get>(target.get->node).columns;
  for (size_t i = 0; i < scanned.size(); ++i)
    if (scanned[i] != kRowIdColumn) target.columns[scanned[i]] = target.get->output[i].id;
  for (uint16_t number : target.item->numbers) target.writable.emplace_back(number);
  return target;
}

// A view over one table: its rows are the table's that pass its condition, its columns expressions over them.
Result<WriteTarget> Binder::view_target(const catalog::ViewPtr& view, std::string_view alias,
                                        std::string_view verb, const catalog::NamedRelation* then) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  lock(view->oid, TableLockMode::RowExclusive);
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_stored(view->query_sql));
  const auto* root = std::get_if<ast::QueryPtr>(&parsed->root->node);
  ENSURE(root != nullptr);
  const ast::Query& query = **root;
  parsed_.push_back(std::move(parsed));
  std::string obstacle = view_obstacle(query);
  if (!obstacle.empty()) return not_updatable(view->name, verb, obstacle);
  const auto& select = std::get<ast::Select>(query.node);
  const auto& table = std::get<ast::TableRef>(select.from[0]->node);
  WriteTarget target;
  std::vector<Target> targets;
  {
    InView inside(*this, *view);
    Level& inner = open_level(nullptr);
    Restore<Level*> at(level_, &inner);
    ast::Name base_alias = select.from[0]->alias.name;
    target = TRY(write_target(table.name, base_alias, verb));
    TRY(apply_alias(select.from[0]->alias, table.name.last(), *target.item));
    inner.visible = {Visible{target.item}};
    targets = TRY(bind_targets(select.items, ExprKind::SelectList));
    if (!inner.aggregates.empty())
      return not_updatable(view->name, verb,
                           "Views that return aggregate functions are not automatically updatable.");
    if (!inner.window_calls.empty())
      return not_updatable(view->name, verb,
                           "Views that return window functions are not automatically updatable.");
    if (!inner.set_functions.empty())
      return not_updatable(view->name, verb,
                           "Views that return set-returning functions are not automatically updatable.");
    if (select.where != nullptr) {
      Restore<ExprKind> kind(inner.kind, ExprKind::Where);
      ExprPtr condition = TRY(bind_boolean(select.where, "WHERE"));
      target.get = filter_above(std::move(condition), std::move(target.get));
    }
    forget_positions(*target.get);
  }
  level_->items.push_back(std::make_unique<ScopeItem>());
  ScopeItem& item = *level_->items.back();
  std::vector<std::optional<uint16_t>> writable;
  for (size_t i = 0; i < targets.size() && i < view->columns.size(); ++i) {
    ScopeColumn column{view->columns[i].name, 0, targets[i].expr->type, nullptr};
    std::optional<uint16_t> number;
    if (const auto* ref = std::get_if<expression::ColumnRef>(&targets[i].expr->node)) {
      column.id = ref->column;
      facts_[column.id] = ColumnFacts{level_->number, &item, static_cast<uint32_t>(i)};
      auto at = std::find(target.columns.begin(), target.columns.end(), ref->column);
      if (at != target.columns.end()) number = static_cast<uint16_t>(at - target.columns.begin());
    } else {
      ExprPtr value = TRY(coerce_to_text_if_unknown(std::move(targets[i].expr)));
      value->position = kNoPosition;
      column.type = value->type;
      column.computed = std::move(value);
    }
    item.columns.push_back(std::move(column));
    writable.push_back(number);
  }
  if (then != nullptr) show_as_then(*then, item);
  writable.resize(item.columns.size());
  item.name = alias;
  item.table_name = view->name;
  target.item = &item;
  target.writable = std::move(writable);
  target.name = view->name;
  return target;
}

Result<size_t> Binder::find_target_column(const WriteTarget& target, const ast::Target& written,
                                          std::string_view) const {
  for (size_t i = 0; i < target.item->columns.size(); ++i) {
    if (target.item->columns[i].name != written.column.text) continue;
    if (!written.path.empty())
      return unsupported("assignment to a part of a column", written.column.position);
    return i;
  }
  Suggestion near(written.column.text);
  for (const ScopeColumn& column : target.item->columns) near.consider(column.name);
  std::string hint;
  if (!near.best().empty())
    hint =
        fmt::format("Perhaps you meant to reference the column \"{}.{}\".", target.item->name, near.best());
  return Error(sqlstate::undefined_column, fmt::format("column \"{}\" of relation \"{}\" does not exist",
                                                       written.column.text, target.name))
      .at(written.column.position)
      .hint(std::move(hint));
}

// ---- rows as RETURNING and ON CONFLICT know them ----------------------------------------------------------

std::vector<ColumnId> Binder::make_row(const WriteTarget& target, const ScopeItem* item) {
  std::vector<ColumnId> row;
  for (const catalog::Column& column : target.table->columns)
    row.push_back(make_column(column.name, column.type, item, 0).id);
  return row;
}

// The target's columns, taken from a row known by other ids than those of its scan.
std::vector<ScopeColumn> Binder::columns_of_row(const WriteTarget& target,
                                                const std::vector<ColumnId>& row) const {
  std::map<ColumnId, ColumnId> renamed;
  for (size_t i = 0; i < row.size(); ++i)
    if (target.columns[i] != 0) renamed[target.columns[i]] = row[i];
  auto rename = [&](ColumnId id) {
    auto found = renamed.find(id);
    return found == renamed.end() ? id : found->second;
  };
  std::vector<ScopeColumn> columns = target.item->columns;
  for (ScopeColumn& column : columns) {
    if (column.computed == nullptr) {
      column.id = rename(column.id);
      continue;
    }
    ExprPtr copy = clone(*column.computed);
    walk(*copy, [&](const Expr& node) {
      if (auto* ref = std::get_if<expression::ColumnRef>(&const_cast<Expr&>(node).node))
        ref->column = rename(ref->column);
      return true;
    });
    column.computed = std::move(copy);
  }
  return columns;
}

Result<> Binder::bind_returning(ast::List<ast::SelectItem> items, std::vector<ExprPtr>& returning,
                                std::vector<LogicalColumn>& output) {
  if (items.empty()) return {};
  std::vector<Target> targets = TRY(bind_targets(items, ExprKind::Returning));
  for (Target& target : targets) {
    ExprPtr value = TRY(coerce_to_text_if_unknown(std::move(target.expr)));
    output.push_back(make_column(target.name, value->type));
    returning.push_back(std::move(value));
  }
  return {};
}

// ---- SET --------------------------------------------------------------------------------------------------

Error multiple_assignments(std::string_view column) {
  return Error(sqlstate::syntax_error, fmt::format("multiple assignments to same column \"{}\"", column));
}

Result<std::vector<std::pair<uint16_t, ExprPtr>>> Binder::bind_assignments(
    ast::List<ast::Assignment> assignments, const WriteTarget& target) {
  Restore<ExprKind> kind(level_->kind, ExprKind::UpdateSource);
  std::vector<std::pair<uint16_t, ExprPtr>> result;
  std::vector<size_t> written_columns;
  // `value` is null for DEFAULT.
  auto assign = [&](const ast::Target& written, ExprPtr value) -> Result<> {
    size_t index = TRY(find_target_column(target, written, "update"));
    std::optional<uint16_t> number = target.writable[index];
    if (!number.has_value())
      return Error(sqlstate::feature_not_supported, fmt::format("cannot update column \"{}\" of view \"{}\"",
                                                                written.column.text, target.name))
          .detail("View columns that are not columns of their base relation are not updatable.");
    const catalog::Column& column = target.table->columns[*number];
    for (size_t i = 0; i < result.size(); ++i) {
      if (result[i].first != *number) continue;
      // Through two columns of a view it is the table's column that is meant.
      std::string_view name =
          written_columns[i] == index ? written.column.text : std::string_view(column.name);
      return multiple_assignments(name);
    }
    if (value != nullptr && column.identity == catalog::Identity::Always)
      return Error(sqlstate::generated_always,
                   fmt::format("column \"{}\" can only be updated to DEFAULT", written.column.text))
          .detail(
              fmt::format("Column \"{}\" is an identity column defined as GENERATED ALWAYS.", column.name));
    if (value == nullptr) {
      value = TRY(column_default(*target.table, *number));
      if (value == nullptr) value = make_constant(Value(column.type));
    } else {
      value = TRY(coerce_assigned(std::move(value), column.type, written.column.text));
    }
    result.emplace_back(*number, std::move(value));
    written_columns.push_back(index);
    return {};
  };
  auto bind_value = [&](ast::ExprPtr written) -> Result<ExprPtr> {
    if (ast::as<ast::DefaultValue>(written) != nullptr) return ExprPtr();
    return bind_expr(written);
  };
  for (const ast::Assignment& assignment : assignments) {
    if (!assignment.is_multiple) {
      ExprPtr value = TRY(bind_value(assignment.value));
      TRY(assign(assignment.targets[0], std::move(value)));
      continue;
    }
    size_t width = assignment.targets.size();
    if (const auto* row = ast::as<ast::Row>(assignment.value)) {
      if (row->fields.size() != width)
        return Error(sqlstate::syntax_error, "number of columns does not match number of values")
            .at(assignment.value->range.begin);
      for (size_t i = 0; i < width; ++i) {
        ExprPtr value = TRY(bind_value(row->fields[i]));
        TRY(assign(assignment.targets[i], std::move(value)));
      }
    } else if (const auto* query = ast::as<ast::ScalarQuery>(assignment.value)) {
      for (size_t i = 0; i < width; ++i) {
        ExprPtr value = TRY(bind_scalar_query(*query->query, assignment.value->range.begin, i, width));
        TRY(assign(assignment.targets[i], std::move(value)));
      }
    } else {
      return Error(sqlstate::feature_not_supported,
                   "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
          .at(assignment.value->range.begin);
    }
  }
  return result;
}

// ---- the statements ---------------------------------------------------------------------------------------

Result<LogicalPtr> Binder::bind_update(const ast::Update& update, Level* parent) {
  Level& level = open_level(parent);
  Restore<Level*> at(level_, &level);
  if (update.with != nullptr) TRY(bind_with(*update.with, level));
  WriteTarget target = TRY(write_target(update.table, update.alias, "update"));
  level.visible = {Visible{target.item}};
  LogicalPtr plan = TRY(bind_from(update.from, std::move(target.get)));
  logical::Update node;
  node.table = target.table;
  node.row_id = target.row_id;
  node.assignments = TRY(bind_assignments(update.assignments, target));
  if (update.where != nullptr) {
    Restore<ExprKind> kind(level.kind, ExprKind::Where);
    ExprPtr condition = TRY(bind_boolean(update.where, "WHERE"));
    plan = filter_above(std::move(condition), std::move(plan));
  }
  node.row = make_row(target, target.item);
  target.item->columns = columns_of_row(target, node.row);
  std::vector<LogicalColumn> returned;
  TRY(bind_returning(update.returning, node.returning, returned));
  auto above = std::make_unique<LogicalPlan>(std::move(node));
  above->output = std::move(returned);
  above->inputs.push_back(std::move(plan));
  return above;
}

Result<LogicalPtr> Binder::bind_delete(const ast::Delete& del, Level* parent) {
  Level& level = open_level(parent);
  Restore<Level*> at(level_, &level);
  if (del.with != nullptr) TRY(bind_with(*del.with, level));
  WriteTarget target = TRY(write_target(del.table, del.alias, "delete"));
  level.visible = {Visible{target.item}};
  LogicalPtr plan = TRY(bind_from(del.using_items, std::move(target.get)));
  logical::Delete node;
  node.table = target.table;
  node.row_id = target.row_id;
  if (del.where != nullptr) {
    Restore<ExprKind> kind(level.kind, ExprKind::Where);
    ExprPtr condition = TRY(bind_boolean(del.where, "WHERE"));
    plan = filter_above(std::move(condition), std::move(plan));
  }
  node.row = make_row(target, target.item);
  target.item->columns = columns_of_row(target, node.row);
  std::vector<LogicalColumn> returned;
  TRY(bind_returning(del.returning, node.returning, returned));
  auto above = std::make_unique<LogicalPlan>(std::move(node));
  above->output = std::move(returned);
  above->inputs.push_back(std::move(plan));
  return above;
}

}  // namespace rowan::binding
