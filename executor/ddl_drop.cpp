// executor/ddl_drop.cpp: DROP, with what depends on what, and TRUNCATE.
#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "executor/ddl_support.h"
#include "storage/storage.h"
#include "txn/ssi.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

using catalog::Oid;

std::string_view drop_word(ast::ObjectKind kind) {
  switch (kind) {
    case ast::ObjectKind::Table:
      return "table";
    case ast::ObjectKind::View:
      return "view";
    case ast::ObjectKind::Index:
      return "index";
    case ast::ObjectKind::Sequence:
      return "sequence";
    default:
      return "object";
  }
}

std::vector<catalog::ViewPtr> newest_first(std::vector<catalog::ViewPtr> views) {
  std::sort(views.begin(), views.end(),
            [](const catalog::ViewPtr& a, const catalog::ViewPtr& b) { return a->oid > b->oid; });
  return views;
}

// Everything that one DROP takes away, and why it may not.
class DropPlan {
 public:
  DropPlan(DdlContext& context, bool cascade) : context_(context), cascade_(cascade) {}

  // A relation that the statement names and has locked.
  void add_target(const catalog::RelationPtr& relation) { targets_.push_back(relation); }

  Result<> run() {
    for (const catalog::RelationPtr& target : targets_) named_.insert(oid_of(target));
    for (const catalog::RelationPtr& target : targets_) TRY(collect(target));
    std::reverse(blockers_.begin(), blockers_.end());
    std::reverse(cascades_.begin(), cascades_.end());
    if (!blockers_.empty() && !cascade_) return blocked();
    tell_cascade(context_, cascades_);
    for (const catalog::ViewPtr& view : views_) context_.overlay.drop(view->oid);
    for (Oid key : keys_) {
      const catalog::Constraint* constraint = context_.overlay.current()->constraint(key);
      if (constraint != nullptr && tables_.count(constraint->table) == 0) {
        catalog::Constraint copy = *constraint;
        TRY(drop_foreign_key(context_, copy));
      }
    }
    for (Oid oid : tables_) TRY(drop_table(oid));
    for (Oid oid : sequences_) TRY(drop_sequence(context_, oid));
    for (const catalog::RelationPtr& target : targets_) {
      const catalog::IndexPtr* index = std::get_if<catalog::IndexPtr>(&target);
      if (index == nullptr) continue;
      catalog::TablePtr table = context_.overlay.current()->table((*index)->table);
      std::shared_ptr<catalog::Table> changed = copy(*table);
      changed->indexes.erase(std::remove(changed->indexes.begin(), changed->indexes.end(), (*index)->oid),
                             changed->indexes.end());
      TRY(drop_index(context_, **index));
      context_.overlay.put(catalog::TablePtr(std::move(changed)));
    }
    return {};
  }

 private:
  Result<> collect(const catalog::RelationPtr& relation) {
    if (const auto* table = std::get_if<catalog::TablePtr>(&relation)) return collect_table(**table);
    if (const auto* view = std::get_if<catalog::ViewPtr>(&relation)) {
      views_.push_back(*view);
      return collect_views((*view)->oid, "view " + (*view)->name);
    }
    if (const auto* sequence = std::get_if<catalog::SequencePtr>(&relation)) {
      sequences_.insert((*sequence)->oid);
      return collect_callers(**sequence);
    }
    if (const auto* index = std::get_if<catalog::IndexPtr>(&relation)) {
      if ((*index)->constraint != 0) {
        const catalog::Constraint* constraint = context_.overlay.current()->constraint((*index)->constraint);
        catalog::TablePtr table = context_.overlay.current()->table((*index)->table);
        std::string what =
            "constraint " + (constraint ? constraint->name : (*index)->name) + " on table " + table->name;
        return Error(sqlstate::dependent_objects_still_exist,
                     "cannot drop index " + (*index)->name + " because " + what + " requires it")
            .hint("You can drop " + what + " instead.");
      }
      collect_references(**index);
      return collect_views((*index)->oid, "index " + (*index)->name);
    }
    return {};
  }

  // Foreign keys that refer to what an index alone makes a key.
  void collect_references(const catalog::Index& index) {
    catalog::CatalogPtr catalog = context_.overlay.current();
    for (Oid oid : catalog->table(index.table)->referencing) {
      const catalog::Constraint* key = catalog->constraint(oid);
      if (key == nullptr || key->index != index.oid) continue;
      keys_.insert(oid);
      cascades_.push_back("constraint " + key->name + " on table " + catalog->table(key->table)->name);
      blockers_.push_back(cascades_.back() + " depends on index " + index.name);
    }
  }

  Result<> collect_table(const catalog::Table& table) {
    if (!tables_.insert(table.oid).second) return {};
    catalog::CatalogPtr catalog = context_.overlay.current();
    // PostgreSQL looks at the newest first, and lists what it found from the last to the first.
    std::vector<std::pair<Oid, catalog::ViewPtr>> dependents;
    for (const catalog::SequencePtr& sequence : catalog->sequences()) {
      if (sequence->owner_table != table.oid) continue;
      sequences_.insert(sequence->oid);
      dependents.emplace_back(sequence->oid, nullptr);
    }
    for (Oid oid : table.referencing) dependents.emplace_back(oid, nullptr);
    for (const catalog::ViewPtr& view : catalog->dependent_views(table.oid))
      dependents.emplace_back(view->oid, view);
    std::sort(dependents.begin(), dependents.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [oid, view] : dependents) {
      if (view) {
        TRY(collect_view(view, "table " + table.name));
        continue;
      }
      if (catalog::SequencePtr sequence = catalog->sequence(oid)) {
        TRY(collect_callers(*sequence));
        continue;
      }
      const catalog::Constraint* key = catalog->constraint(oid);
      if (key == nullptr || key->table == table.oid) continue;
      keys_.insert(oid);
      if (named_.count(key->table) != 0) continue;
      catalog::TablePtr child = catalog->table(key->table);
      blockers_.push_back("constraint " + key->name + " on table " + child->name + " depends on table " +
                          table.name);
      cascades_.push_back("constraint " + key->name + " on table " + child->name);
    }
    return {};
  }

  // A view that reads what goes goes as well, and those that read it in turn.
  Result<> collect_view(const catalog::ViewPtr& view, const std::string& what) {
    bool known = std::any_of(views_.begin(), views_.end(),
                             [&](const catalog::ViewPtr& other) { return other->oid == view->oid; });
    if (known) return {};
    bool is_named = named_.count(view->oid) != 0;
    if (!is_named) views_.push_back(view);
    TRY(lock_oid(context_, view->oid, LockMode::AccessExclusive));
    TRY(collect_views(view->oid, "view " + view->name));
    if (is_named) return {};
    blockers_.push_back("view " + view->name + " depends on " + what);
    cascades_.push_back("view " + view->name);
    return {};
  }
  Result<> collect_views(Oid oid, const std::string& what) {
    for (const catalog::ViewPtr& view : newest_first(context_.overlay.current()->dependent_views(oid)))
      TRY(collect_view(view, what));
    return {};
  }

  // Views and defaults that call a sequence which goes, but for the defaults of tables that go.
  Result<> collect_callers(const catalog::Sequence& sequence) {
    catalog::CatalogPtr catalog = context_.overlay.current();
    catalog::TablePtr owner = catalog->table(sequence.owner_table);
    bool stays = owner && tables_.count(owner->oid) == 0 && named_.count(owner->oid) == 0;
    if (stays && is_identity_sequence(*owner, sequence)) {
      std::string what = "column " + owner->columns[sequence.owner_column].name + " of table " + owner->name;
      return Error(sqlstate::dependent_objects_still_exist,
                   "cannot drop sequence " + sequence.name + " because " + what + " requires it")
          .hint("You can drop " + what + " instead.");
    }
    TRY(collect_views(sequence.oid, "sequence " + sequence.name));
    std::vector<DefaultUse> uses = defaults_calling(*catalog, sequence);
    for (auto use = uses.rbegin(); use != uses.rend(); ++use) {
      if (tables_.count(use->table) != 0 || named_.count(use->table) != 0) continue;
      blockers_.push_back(use->what + " depends on sequence " + sequence.name);
      cascades_.push_back(use->what);
      if (cascade_) TRY(drop_default(context_, *use));
    }
    return {};
  }

  Error blocked() const {
    if (targets_.size() > 1) return still_needed("desired object(s)", blockers_);
    std::string name = std::visit(
        [](const auto& pointer) -> std::string {
          if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, std::monostate>) {
            return {};
          } else {
            return pointer->name;
          }
        },
        targets_[0]);
    return still_needed(std::string(kind_word(targets_[0])) + " " + name, blockers_);
  }

  Result<> drop_table(Oid oid) {
    catalog::CatalogPtr catalog = context_.overlay.current();
    catalog::TablePtr table = catalog->table(oid);
    for (const catalog::Constraint& constraint : table->constraints) {
      if (constraint.kind != catalog::ConstraintKind::ForeignKey || constraint.parent == oid ||
          tables_.count(constraint.parent) != 0)
        continue;
      TRY(lock_oid(context_, constraint.parent, LockMode::AccessExclusive));  // its definition changes
      catalog::TablePtr parent = context_.overlay.current()->table(constraint.parent);
      if (!parent) continue;
      std::shared_ptr<catalog::Table> changed = copy(*parent);
      auto& list = changed->referencing;
      list.erase(std::remove(list.begin(), list.end(), constraint.oid), list.end());
      context_.overlay.put(catalog::TablePtr(std::move(changed)));
    }
    for (const catalog::IndexPtr& index : catalog->indexes_of(*table)) TRY(drop_index(context_, *index));
    context_.released.push_back(table->storage);
    context_.overlay.drop(oid);
    return {};
  }

  DdlContext& context_;
  bool cascade_;
  std::vector<catalog::RelationPtr> targets_;
  std::set<Oid> named_, tables_, sequences_, keys_;
  std::vector<catalog::ViewPtr> views_;
  std::vector<std::string> blockers_, cascades_;
};

bool is_kind(const catalog::RelationPtr& relation, ast::ObjectKind kind) {
  switch (kind) {
    case ast::ObjectKind::Table:
      return std::holds_alternative<catalog::TablePtr>(relation);
    case ast::ObjectKind::View:
      return std::holds_alternative<catalog::ViewPtr>(relation);
    case ast::ObjectKind::Index:
      return std::holds_alternative<catalog::IndexPtr>(relation);
    case ast::ObjectKind::Sequence:
      return std::holds_alternative<catalog::SequencePtr>(relation);
    default:
      return false;
  }
}

// The name of that kind that `name` was meant to be; "" when none is near, or `name` is near to anything.
std::string nearest_name(DdlContext& context, ast::ObjectKind kind, std::string_view name) {
  constexpr size_t kShortestName = 3;
  if (name.size() < kShortestName) return {};
  Suggestion near(name);
  auto consider = [&](const auto& objects) {
    for (const auto& object : objects) near.consider(object->name);
  };
  catalog::CatalogPtr catalog = context.overlay.current();
  if (kind == ast::ObjectKind::Table) consider(catalog->tables());
  if (kind == ast::ObjectKind::View) consider(catalog->views());
  if (kind == ast::ObjectKind::Index) consider(catalog->indexes());
  if (kind == ast::ObjectKind::Sequence) consider(catalog->sequences());
  return std::string(near.best());
}

std::string article(std::string_view word) {
  return (word == "index" ? "an " : "a ") + std::string(word);
}

}  // namespace

Error still_needed(const std::string& what, const std::vector<std::string>& lines) {
  std::string detail;
  for (const std::string& line : lines) detail += (detail.empty() ? "" : "\n") + line;
  return Error(sqlstate::dependent_objects_still_exist, "cannot drop " + what +
                                                            " because other objects depend on " +
                                                            (what == "desired object(s)" ? "them" : "it"))
      .detail(detail)
      .hint("Use DROP ... CASCADE to drop the dependent objects too.");
}

void tell_cascade(DdlContext& context, const std::vector<std::string>& gone) {
  if (gone.empty()) return;
  if (gone.size() == 1) {
    context.notice(Error(sqlstate::successful_completion, "drop cascades to " + gone[0]));
    return;
  }
  std::string detail;
  for (const std::string& line : gone) detail += (detail.empty() ? "" : "\n") + ("drop cascades to " + line);
  context.notice(Error(sqlstate::successful_completion,
                       "drop cascades to " + std::to_string(gone.size()) + " other objects")
                     .detail(detail));
}

bool is_identity_sequence(const catalog::Table& owner, const catalog::Sequence& sequence) {
  const catalog::Column& column = owner.columns[sequence.owner_column];
  return column.identity != catalog::Identity::None && column.owned_sequence == sequence.oid;
}

std::vector<DefaultUse> defaults_calling(const catalog::CatalogVersion& catalog,
                                         const catalog::Sequence& sequence) {
  std::vector<DefaultUse> uses;
  for (const catalog::TablePtr& table : catalog.tables()) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::Column& column = table->columns[i];
      if (column.dropped || !names_sequence(column.default_sql, sequence.name)) continue;
      uses.push_back({table->oid, static_cast<catalog::ColumnNumber>(i),
                      "default value for column " + column.name + " of table " + table->name});
    }
  }
  return uses;
}

Result<> drop_default(DdlContext& context, const DefaultUse& use) {
  TRY(lock_oid(context, use.table, LockMode::AccessExclusive));
  catalog::TablePtr table = context.overlay.current()->table(use.table);
  if (!table) return {};  // it went while we waited
  std::shared_ptr<catalog::Table> changed = copy(*table);
  changed->columns[use.column].default_sql.clear();
  context.overlay.put(catalog::TablePtr(std::move(changed)));
  return {};
}

Dependents dependents_on(DdlContext& context, const catalog::Table& table,
                         const std::function<std::string(const catalog::View&)>& view_needs,
                         const std::function<std::string(const catalog::Constraint&)>& key_needs,
                         const std::vector<catalog::SequencePtr>& sequences) {
  catalog::CatalogPtr catalog = context.overlay.current();
  Dependents found;
  auto add = [&](const std::string& name, const std::string& needs) {
    found.needed.push_back(name + " depends on " + needs);
    found.gone.push_back(name);
  };
  // As DropPlan does: the newest first, each after what depends on it, and listed from the last to the first.
  std::function<void(const catalog::ViewPtr&, const std::string&)> add_view =
      [&](const catalog::ViewPtr& view, const std::string& needs) {
        if (std::find(found.views.begin(), found.views.end(), view) != found.views.end()) return;
        found.views.push_back(view);
        for (const catalog::ViewPtr& reader : newest_first(catalog->dependent_views(view->oid)))
          add_view(reader, "view " + view->name);
        add("view " + view->name, needs);
      };
  struct Dependent {
    Oid oid;
    catalog::ViewPtr view;
    std::string name, needs;
    catalog::SequencePtr sequence;
  };
  std::vector<Dependent> direct;
  for (const catalog::SequencePtr& sequence : sequences)
    direct.push_back({sequence->oid, nullptr, "", "", sequence});
  for (Oid oid : table.referencing) {
    const catalog::Constraint* key = catalog->constraint(oid);
    std::string needs = key == nullptr ? "" : key_needs(*key);
    if (needs.empty()) continue;
    const std::string& child = key->table == table.oid ? table.name : catalog->table(key->table)->name;
    direct.push_back({oid, nullptr, "constraint " + key->name + " on table " + child, needs, nullptr});
  }
  for (const catalog::ViewPtr& view : catalog->views()) {
    std::string needs = view_needs(*view);
    if (!needs.empty()) direct.push_back({view->oid, view, "", needs, nullptr});
  }
  std::sort(direct.begin(), direct.end(),
            [](const Dependent& a, const Dependent& b) { return a.oid > b.oid; });
  for (const Dependent& one : direct) {
    if (one.view) {
      add_view(one.view, one.needs);
    } else if (one.sequence) {
      std::vector<DefaultUse> calling = defaults_calling(*catalog, *one.sequence);
      for (auto use = calling.rbegin(); use != calling.rend(); ++use) {
        if (use->table == table.oid && use->column == one.sequence->owner_column) continue;
        add(use->what, "sequence " + one.sequence->name);
        found.defaults.push_back(std::move(*use));
      }
    } else {
      add(one.name, one.needs);
    }
  }
  std::reverse(found.needed.begin(), found.needed.end());
  std::reverse(found.gone.begin(), found.gone.end());
  return found;
}

Result<> drop_views(DdlContext& context, const std::vector<catalog::ViewPtr>& views) {
  for (const catalog::ViewPtr& view : views) {
    TRY(lock_oid(context, view->oid, LockMode::AccessExclusive));
    context.overlay.drop(view->oid);
  }
  return {};
}

Result<> drop_dependents_of_column(DdlContext& context, catalog::Table& table, catalog::ColumnNumber column,
                                   bool cascade) {
  std::string what = "column " + table.columns[column].name + " of table " + table.name;
  std::vector<catalog::SequencePtr> sequences = context.overlay.current()->owned_sequences(table.oid, column);
  auto view_needs = [&](const catalog::View& view) -> std::string {
    if (view.reads_column(table.oid, column)) return what;
    const auto& named = view.depends_on;
    for (const catalog::SequencePtr& owned : sequences) {
      if (std::find(named.begin(), named.end(), owned->oid) != named.end()) return "sequence " + owned->name;
    }
    return {};
  };
  auto key_needs = [&](const catalog::Constraint& key) -> std::string {
    const auto& columns = key.parent_columns;
    return std::find(columns.begin(), columns.end(), column) != columns.end() ? what : "";
  };
  Dependents dependents = dependents_on(context, table, view_needs, key_needs, sequences);
  if (!dependents.needed.empty() && !cascade) return still_needed(what, dependents.needed);
  tell_cascade(context, dependents.gone);
  for (const DefaultUse& use : dependents.defaults) {
    if (use.table == table.oid) {
      table.columns[use.column].default_sql.clear();
    } else {
      TRY(drop_default(context, use));
    }
  }
  return drop_views(context, dependents.views);  // a foreign key goes with the key that it refers to
}

Result<> drop(DdlContext& context, const ast::Drop& statement) {
  bool known = statement.kind == ast::ObjectKind::Table || statement.kind == ast::ObjectKind::View ||
               statement.kind == ast::ObjectKind::Index || statement.kind == ast::ObjectKind::Sequence;
  if (!known) return Error(sqlstate::feature_not_supported, "DROP of this kind of object is not supported");
  std::string word(drop_word(statement.kind));
  DropPlan plan(context, statement.is_cascade);
  for (const ast::QualifiedName& name : statement.names) {
    catalog::RelationPtr found = TRY(
        lock_relation(context, name, [&](const catalog::RelationPtr& relation) -> std::optional<LockMode> {
          if (is_kind(relation, statement.kind)) return LockMode::AccessExclusive;
          return std::nullopt;
        }));
    if (std::holds_alternative<std::monostate>(found)) {
      std::string text = word + " \"" + std::string(name.last()) + "\" does not exist";
      std::string_view schema = name.schema();
      bool schema_exists =
          schema.empty() || schema == "public" || schema == "pg_catalog" || schema == "information_schema";
      if (!schema_exists) text = "schema \"" + std::string(schema) + "\" does not exist";
      if (!statement.if_exists) {
        SqlState state = !schema_exists                             ? sqlstate::invalid_schema_name
                         : statement.kind == ast::ObjectKind::Index ? sqlstate::undefined_object
                                                                    : sqlstate::undefined_table;
        std::string near = schema_exists ? nearest_name(context, statement.kind, name.last()) : "";
        return Error(state, text)
            .hint(near.empty() ? "" : "Perhaps you meant the " + word + " \"" + near + "\".");
      }
      context.notice(Error(sqlstate::successful_completion, text + ", skipping"));
      continue;
    }
    if (!is_kind(found, statement.kind)) {
      std::string_view actual = kind_word(found);
      std::string upper;
      for (char c : actual) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return Error(sqlstate::wrong_object_type,
                   "\"" + std::string(name.last()) + "\" is not " + article(word))
          .hint("Use DROP " + upper + " to remove " + article(actual) + ".");
    }
    plan.add_target(found);
  }
  return plan.run();
}

Result<> truncate(DdlContext& context, const ast::Truncate& statement) {
  std::vector<catalog::TablePtr> tables;
  std::set<Oid> chosen;
  for (const ast::TruncateTarget& target : statement.tables) {
    catalog::TablePtr table = TRY(lock_table(context, target.name, LockMode::AccessExclusive));
    if (chosen.insert(table->oid).second) tables.push_back(table);
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    for (Oid oid : tables[i]->referencing) {
      catalog::CatalogPtr catalog = context.overlay.current();
      const catalog::Constraint* key = catalog->constraint(oid);
      if (key == nullptr || chosen.count(key->table) != 0) continue;
      catalog::TablePtr child = catalog->table(key->table);
      if (!statement.is_cascade) {
        return Error(sqlstate::feature_not_supported,
                     "cannot truncate a table referenced in a foreign key constraint")
            .detail("Table \"" + child->name + "\" references \"" + tables[i]->name + "\".")
            .hint("Truncate table \"" + child->name + "\" at the same time, or use TRUNCATE ... CASCADE.");
      }
      TRY(lock_oid(context, child->oid, LockMode::AccessExclusive));
      child = context.overlay.current()->table(child->oid);
      if (!child) continue;  // it went while we waited
      context.notice(
          Error(sqlstate::successful_completion, "truncate cascades to table \"" + child->name + "\""));
      chosen.insert(child->oid);
      tables.push_back(child);
    }
  }
  for (const catalog::TablePtr& old : tables) {
    std::shared_ptr<catalog::Table> table = copy(*context.overlay.current()->table(old->oid));
    if (SsiTransaction* ssi = context.transaction.ssi()) TRY(ssi->wrote_relation(table->storage));
    context.released.push_back(table->storage);
    RelationId before = table->storage;
    table->storage = TRY(context.relations.storage().space().new_relation_id());
    table->layout = 0;
    for (catalog::Column& column : table->columns) column.missing.reset();
    context.created.push_back(table->storage);
    HeapPtr heap = TRY(context.relations.create_heap(table->storage, physical_columns(*table)));
    std::vector<catalog::IndexPtr> indexes = context.overlay.current()->indexes_of(*table);
    table->indexes.clear();
    Ssi& ssi = context.relations.transactions().ssi();
    ssi.relation_replaced(before, table->storage);
    for (const catalog::IndexPtr& index : indexes) {
      ssi.relation_replaced(index->storage, table->storage);
      context.released.push_back(index->storage);
      TRY(build_index(context, *table, std::make_shared<catalog::Index>(*index), false));
    }
    if (statement.restart_identity) {
      for (const catalog::SequencePtr& sequence : context.overlay.current()->sequences()) {
        if (sequence->owner_table != table->oid) continue;
        auto changed = std::make_shared<catalog::Sequence>(*sequence);
        TRY(restart_sequence(context, *changed, changed->start));
        context.overlay.put(catalog::SequencePtr(std::move(changed)));
      }
    }
    context.overlay.put(catalog::TablePtr(std::move(table)));
  }
  return {};
}

}  // namespace rowan::ddl
