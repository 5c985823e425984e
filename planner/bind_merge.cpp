// MERGE: the source is joined to the table, from outside where something may be inserted, and each WHEN is
// bound over what it can see: both, or the source alone (PostgreSQL's parse_merge.c).
#include <fmt/format.h>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

Result<> check_reachable(ast::List<ast::MergeWhen> clauses) {
  bool is_settled[2] = {false, false};
  for (const ast::MergeWhen& when : clauses) {
    bool& settled = is_settled[when.is_matched ? 1 : 0];
    if (settled)
      return Error(sqlstate::syntax_error,
                   "unreachable WHEN clause specified after unconditional WHEN clause");
    settled = when.condition == nullptr;
  }
  return {};
}

logical::MergeAction merge_action(ast::MergeAction action) {
  switch (action) {
    case ast::MergeAction::Nothing:
      return logical::MergeAction::Nothing;
    case ast::MergeAction::Insert:
      return logical::MergeAction::Insert;
    case ast::MergeAction::Update:
      return logical::MergeAction::Update;
    case ast::MergeAction::Delete:
      return logical::MergeAction::Delete;
  }
  return logical::MergeAction::Nothing;
}

// A join has a name only if it was given one.
std::string_view source_name(const ast::FromItem& source, const std::vector<Visible>& seen) {
  bool is_join = std::holds_alternative<ast::Join>(source.node);
  if (is_join || seen.size() != 1) return source.alias.name.text;
  return seen[0].item->name;
}

}  // namespace

Result<LogicalPtr> Binder::bind_merge(const ast::Merge& merge) {
  Level& level = open_level(nullptr);
  Restore<Level*> at(level_, &level);
  if (merge.with != nullptr) {
    if (merge.with->is_recursive)
      return Error(sqlstate::syntax_error, "WITH RECURSIVE is not supported for MERGE statement");
    TRY(bind_with(*merge.with, level));
  }
  TRY(check_reachable(merge.clauses));
  WriteTarget target = TRY(write_target(merge.table, merge.alias, "merge"));

  // The source sees nothing of the table.
  std::vector<Visible> source_alone;
  bool may_be_lateral = false;
  LogicalPtr source = TRY(bind_from_item(*merge.source, source_alone, may_be_lateral));
  if (source_name(*merge.source, source_alone) == target.item->name)
    return Error(sqlstate::duplicate_alias,
                 fmt::format("name \"{}\" specified more than once", target.item->name))
        .detail("The name is used both as MERGE target table and data source.");
  std::vector<Visible> both{Visible{target.item}};
  both.insert(both.end(), source_alone.begin(), source_alone.end());

  logical::Merge node;
  node.table = target.table;
  node.alias = target.item->name;
  node.row_id = target.row_id;
  node.columns = target.columns;
  level.visible = both;
  logical::Join join;
  join.kind = logical::Join::Kind::Inner;
  {
    Restore<ExprKind> kind(level.kind, ExprKind::JoinCondition);
    join.condition = TRY(bind_boolean(merge.on, "JOIN/ON"));
  }
  node.on = clone(*join.condition);
  for (const ast::MergeWhen& when : merge.clauses) {
    logical::MergeClause clause;
    clause.action = merge_action(when.action);
    clause.is_matched = when.is_matched;
    level.visible = when.is_matched ? both : source_alone;
    if (when.condition != nullptr) {
      Restore<ExprKind> kind(level.kind, ExprKind::MergeWhen);
      clause.condition = TRY(bind_boolean(when.condition, "WHEN"));
    }
    if (when.action == ast::MergeAction::Update)
      clause.values = TRY(bind_assignments(when.assignments, target));
    if (when.action == ast::MergeAction::Insert) {
      clause.values = TRY(bind_merge_insert(*when.insert, target));
      join.kind = logical::Join::Kind::Left;
    }
    node.clauses.push_back(std::move(clause));
  }

  auto joined = std::make_unique<LogicalPlan>(std::move(join));
  joined->output = source->output;
  joined->output.insert(joined->output.end(), target.get->output.begin(), target.get->output.end());
  joined->inputs.push_back(std::move(source));
  joined->inputs.push_back(std::move(target.get));
  auto plan = std::make_unique<LogicalPlan>(std::move(node));
  plan->inputs.push_back(std::move(joined));
  return plan;
}

// INSERT's VALUES by column number, defaults included.
Result<std::vector<std::pair<uint16_t, ExprPtr>>> Binder::bind_merge_insert(const ast::Insert& insert,
                                                                            const WriteTarget& target) {
  std::vector<std::pair<uint16_t, ExprPtr>> values;
  std::vector<uint16_t> given;
  if (insert.query != nullptr) {
    Restore<ExprKind> kind(level_->kind, ExprKind::MergeInsert);
    std::vector<size_t> columns = TRY(insert_columns(insert, target));
    // A star stands for the source's columns, which are bound already.
    std::vector<std::pair<ast::ExprPtr, ExprPtr>> row;
    for (ast::ExprPtr written : std::get<ast::Values>(insert.query->node).rows[0]) {
      const auto* star = ast::as<ast::Star>(written);
      if (star == nullptr) {
        row.emplace_back(written, nullptr);
        continue;
      }
      std::vector<ScopeColumn> expanded = TRY(expand_star(*star, written->range.begin, false));
      for (const ScopeColumn& column : expanded)
        row.emplace_back(written, reference(column, written->range.begin));
    }
    TRY(check_insert_width(
        row.size(), columns.size(), insert,
        row.size() > columns.size() ? row[columns.size()].first->range.begin : kNoPosition));
    for (size_t i = 0; i < row.size(); ++i) {
      ExprPtr value =
          TRY(inserted_value(row[i].first, std::move(row[i].second), insert.overriding, target, columns[i]));
      given.push_back(*target.writable[columns[i]]);
      values.emplace_back(given.back(), std::move(value));
    }
  }
  std::vector<std::pair<uint16_t, ExprPtr>> others = TRY(other_defaults(*target.table, given));
  for (auto& other : others) values.push_back(std::move(other));
  return values;
}

}  // namespace rowan::binding
