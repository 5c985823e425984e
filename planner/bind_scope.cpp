// Names of columns and relations, looked up from the inside out.
#include "planner/bind_scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

Level& Binder::open_level(Level* parent) {
  auto level = std::make_unique<Level>();
  level->parent = parent;
  level->number = static_cast<uint32_t>(levels_.size()) + 1;
  levels_.push_back(std::move(level));
  return *levels_.back();
}

LogicalColumn Binder::make_column(std::string name, Type type, const ScopeItem* item, uint32_t index) {
  LogicalColumn column = new_column(statement_, std::move(name), type);
  if (facts_.size() <= column.id) facts_.resize(column.id + 1);
  facts_[column.id] = ColumnFacts{level_ == nullptr ? 0 : level_->number, item, index};
  return column;
}

ExprPtr Binder::reference(const ScopeColumn& column, Position position) const {
  if (column.computed != nullptr) {
    ExprPtr copy = clone(*column.computed);
    copy->position = position;
    return copy;
  }
  return std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position);
}

namespace {

// Levenshtein's distance.
size_t letters_apart(std::string_view a, std::string_view b) {
  std::vector<size_t> last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
    }
    last.swap(row);
  }
  return last[b.size()];
}

class NearColumns {
 public:
  void consider(size_t penalty, std::string_view wanted, const ScopeItem& item, const ScopeColumn& column) {
    if (penalty > distance_) return;
    size_t apart = letters_apart(column.name, wanted);
    if (apart > wanted.size() / 2) return;
    apart += penalty;
    std::string name = fmt::format("{}.{}", item.name, column.name);
    if (apart < distance_) {
      distance_ = apart;
      names_ = {std::move(name)};
    } else if (apart == distance_ && apart <= kEditsMax) {
      if (names_.size() < 2) {
        names_.push_back(std::move(name));
      } else {  // too many are as near: none of them helps, nor any that is as far
        names_.clear();
        distance_ = apart == 0 ? 0 : apart - 1;
      }
    }
  }
  std::string hint() const {
    if (names_.empty()) return {};
    if (names_.size() == 1)
      return fmt::format("Perhaps you meant to reference the column \"{}\".", names_[0]);
    return fmt::format("Perhaps you meant to reference the column \"{}\" or the column \"{}\".", names_[0],
                       names_[1]);
  }

 private:
  static constexpr size_t kEditsMax = 3;
  size_t distance_ = kEditsMax + 1;
  std::vector<std::string> names_;
};

bool is_system_column(std::string_view name) {
  for (std::string_view known : {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"}) {
    if (name == known) return true;
  }
  return false;
}

Error refused_system_column(std::string_view name, ExprKind kind, Position position) {
  if (kind != ExprKind::MergeWhen || name == "tableoid")
    return unsupported(fmt::format("system column \"{}\"", name), position);
  return Error(sqlstate::invalid_column_reference,
               fmt::format("cannot use system column \"{}\" in MERGE WHEN condition", name))
      .at(position);
}

}  // namespace

// The nearest thing that was meant, by PostgreSQL's rule (searchRangeTableForCol): an exact column of a
// relation that cannot be seen here, or the one or two columns of any relation of any level that are at most
// three edits, and at most half the name, away; edits of the relation's name count too.
Error Binder::missing_column(std::string_view relation, std::string_view column, Position position) const {
  std::string message = relation.empty() ? fmt::format("column \"{}\" does not exist", column)
                                         : fmt::format("column {}.{} does not exist", relation, column);
  NearColumns near;
  for (const Level* level = level_; level != nullptr; level = level->parent) {
    for (const auto& item : level->items) {
      if (item->name.empty()) continue;
      size_t penalty = relation.empty() ? 0 : letters_apart(relation, item->name);
      for (const ScopeColumn& candidate : item->columns) {
        if (candidate.name == column && penalty == 0) {
          return Error(sqlstate::undefined_column, message)
              .at(position)
              .hint(fmt::format("There is a column named \"{}\" in table \"{}\", but it cannot be referenced "
                                "from this part of the query.",
                                column, item->name));
        }
        near.consider(penalty, column, *item, candidate);
      }
    }
  }
  return Error(sqlstate::undefined_column, message).at(position).hint(near.hint());
}

Error Binder::missing_relation(std::string_view relation, Position position) const {
  for (const Level* level = level_; level != nullptr; level = level->parent) {
    for (const auto& item : level->items) {
      if (item->name == relation)
        return Error(sqlstate::undefined_table,
                     fmt::format("invalid reference to FROM-clause entry for table \"{}\"", relation))
            .at(position)
            .hint(fmt::format("There is an entry for table \"{}\", but it cannot be referenced from this "
                              "part of the query.",
                              relation));
      if (item->table_name == relation)
        return Error(sqlstate::undefined_table,
                     fmt::format("invalid reference to FROM-clause entry for table \"{}\"", relation))
            .at(position)
            .hint(fmt::format("Perhaps you meant to reference the table alias \"{}\".", item->name));
    }
  }
  Suggestion near(relation);
  for (const Level* level = level_; level != nullptr; level = level->parent)
    for (const auto& item : level->items) near.consider(item->name);
  std::string hint;
  if (!near.best().empty())
    hint = fmt::format("Perhaps you meant to reference the table \"{}\".", near.best());
  return Error(sqlstate::undefined_table, fmt::format("missing FROM-clause entry for table \"{}\"", relation))
      .at(position)
      .hint(hint);
}

Result<ExprPtr> Binder::resolve_bare(const ast::Name& name, bool& found) {
  found = false;
  for (Level* level = level_; level != nullptr; level = level->parent) {
    const ScopeColumn* column = nullptr;
    for (const Visible& visible : level->visible) {
      if (!visible.as_columns) continue;
      if (visible.lateral_only && !level->lateral_active) continue;
      for (const ScopeColumn& candidate : visible.item->columns) {
        if (candidate.name != name.text) continue;
        if (column != nullptr)
          return Error(sqlstate::ambiguous_column,
                       fmt::format("column reference \"{}\" is ambiguous", name.text))
              .at(name.position);
        if (visible.lateral_only && !visible.lateral_ok)
          return Error(sqlstate::invalid_column_reference,
                       fmt::format("invalid reference to FROM-clause entry for table \"{}\"",
                                   visible.item->name))
              .at(name.position)
              .detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
        column = &candidate;
      }
    }
    if (column != nullptr) {
      found = true;
      return reference(*column, name.position);
    }
  }
  return ExprPtr();
}

// The relation of that name, nearest level first; nullptr when there is none and it need not exist.
Result<ScopeItem*> Binder::find_item(std::string_view schema, std::string_view relation, Position position,
                                     bool must_exist) {
  for (Level* level = level_; level != nullptr; level = level->parent) {
    ScopeItem* found = nullptr;
    for (const Visible& visible : level->visible) {
      if (!visible.as_relation || visible.item->name != relation) continue;
      if (visible.lateral_only && !level->lateral_active) continue;
      if (!schema.empty() && visible.item->schema != schema) continue;
      if (found != nullptr)
        return Error(sqlstate::ambiguous_alias, fmt::format("table reference \"{}\" is ambiguous", relation))
            .at(position);
      if (visible.lateral_only && !visible.lateral_ok)
        return Error(sqlstate::invalid_column_reference,
                     fmt::format("invalid reference to FROM-clause entry for table \"{}\"", relation))
            .at(position)
            .detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
      found = visible.item;
    }
    if (found != nullptr) return found;
  }
  if (must_exist) return missing_relation(relation, position);
  return nullptr;
}

Result<ExprPtr> Binder::resolve_qualified(std::string_view schema, const ast::Name& relation,
                                          const ast::Name& column, Position position) {
  ScopeItem* item = TRY(find_item(schema, relation.text, position, true));
  const ScopeColumn* found = nullptr;
  for (const ScopeColumn& candidate : item->columns) {
    if (candidate.name != column.text) continue;
    if (found != nullptr)
      return Error(sqlstate::ambiguous_column,
                   fmt::format("column reference \"{}\" is ambiguous", column.text))
          .at(position);
    found = &candidate;
  }
  if (found != nullptr) return reference(*found, position);
  if (item->table != nullptr && is_system_column(column.text))
    return refused_system_column(column.text, level_->kind, position);
  return missing_column(relation.text, column.text, position);
}

Result<ExprPtr> Binder::resolve_column(const ast::ColumnRef& ref, Position position) {
  if (const char* refusal = column_refusal(level_->kind))
    return Error(sqlstate::feature_not_supported, refusal).at(position);
  const auto& parts = ref.name.parts;
  if (parts.size() == 1) {
    bool found = false;
    ExprPtr column = TRY(resolve_bare(parts[0], found));
    if (found) return column;
    ScopeItem* item = TRY(find_item({}, parts[0].text, position, false));
    if (item != nullptr) {
      if (item->is_function_scalar && !item->columns.empty()) return reference(item->columns[0], position);
      return unsupported(fmt::format("whole-row reference to \"{}\"", parts[0].text), position);
    }
    if (is_system_column(parts[0].text)) {
      for (const Visible& visible : level_->visible) {
        if (visible.item->table != nullptr)
          return refused_system_column(parts[0].text, level_->kind, position);
      }
    }
    return missing_column({}, parts[0].text, position);
  }
  if (parts.size() == 2) return resolve_qualified({}, parts[0], parts[1], position);
  if (parts.size() == 3) return resolve_qualified(parts[0].text, parts[1], parts[2], position);
  if (parts.size() == 4) {
    return Error(sqlstate::feature_not_supported,
                 fmt::format("cross-database references are not implemented: {}.{}.{}.{}", parts[0].text,
                             parts[1].text, parts[2].text, parts[3].text))
        .at(position);
  }
  std::string message = "improper qualified name (too many dotted names): ";
  for (size_t i = 0; i < parts.size(); ++i) message.append(i == 0 ? "" : ".").append(parts[i].text);
  return Error(sqlstate::syntax_error, message).at(position);
}

Result<std::vector<ScopeColumn>> Binder::expand_star(const ast::Star& star, Position position,
                                                     bool in_select_list) {
  std::vector<ScopeColumn> columns;
  if (!star.qualifier.empty()) {
    const auto& parts = star.qualifier.parts;
    std::string_view schema = parts.size() > 1 ? parts[parts.size() - 2].text : std::string_view();
    ScopeItem* item = TRY(find_item(schema, parts.back().text, position, true));
    return item->columns;
  }
  bool any = false;
  for (const Visible& visible : level_->visible) {
    if (!visible.as_columns) continue;
    if (visible.lateral_only && !level_->lateral_active) continue;
    any = true;
    columns.insert(columns.end(), visible.item->columns.begin(), visible.item->columns.end());
  }
  if (!any && in_select_list)
    return Error(sqlstate::syntax_error, "SELECT * with no tables specified is not valid").at(position);
  return columns;
}

const char* column_refusal(ExprKind kind) {
  switch (kind) {
    case ExprKind::Default:
      return "cannot use column reference in DEFAULT expression";
    default:
      return nullptr;
  }
}

}  // namespace rowan::binding
