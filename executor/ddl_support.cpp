#include "executor/ddl_support.h"

#include <algorithm>

#include "types/try.h"

namespace rowan::ddl {
namespace {

constexpr uint32_t kNameSpace = 1;  // of LockTarget::object: names being created

// At most `bytes` bytes of `text`, whole characters.
std::string_view clip(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::string name_text(const ast::QualifiedName& name) {
  std::string text;
  for (const ast::Name& part : name.parts) text += (text.empty() ? "" : ".") + std::string(part.text);
  return text;
}

Result<catalog::Oid> target_schema(const ast::QualifiedName& name) {
  std::string_view schema = name.schema();
  if (schema.empty() || schema == "public") return catalog::kPublicSchema;
  if (schema == "pg_catalog" || schema == "information_schema") {
    return Error(sqlstate::insufficient_privilege, "permission denied to create \"" + name_text(name) + "\"")
        .detail("System catalog modifications are currently disallowed.")
        .at(name.position());
  }
  return Error(sqlstate::invalid_schema_name, "schema \"" + std::string(schema) + "\" does not exist")
      .at(name.position());
}

Result<> lock_name(DdlContext& context, std::string_view name) {
  LockTarget target = LockTarget::object(kNameSpace, std::hash<std::string_view>{}(name));
  return context.relations.transactions().locks().acquire(context.transaction.locks(), target,
                                                          LockMode::Exclusive, context.wait);
}

bool is_name_free(DdlContext& context, std::string_view name) {
  return std::holds_alternative<std::monostate>(context.overlay.current()->find_relation("public", name));
}

std::string choose_name(DdlContext& context, std::string_view table, std::string_view column,
                        std::string_view suffix, const std::vector<std::string>& also_taken) {
  constexpr size_t kNameMax = 63;
  for (int attempt = 0;; ++attempt) {
    std::string tail = "_" + std::string(suffix) + (attempt == 0 ? "" : std::to_string(attempt));
    size_t room = kNameMax - tail.size() - (column.empty() ? 0 : 1);
    // The longer of the two names gives way first.
    size_t table_bytes = table.size();
    size_t column_bytes = column.size();
    while (table_bytes + column_bytes > room) {
      if (table_bytes > column_bytes) {
        --table_bytes;
      } else {
        --column_bytes;
      }
    }
    std::string name(clip(table, table_bytes));
    if (!column.empty()) name += "_" + std::string(clip(column, column_bytes));
    name += tail;
    bool taken = std::find(also_taken.begin(), also_taken.end(), name) != also_taken.end();
    if (!taken && is_name_free(context, name)) return name;
  }
}

catalog::RelationPtr find(DdlContext& context, const ast::QualifiedName& name) {
  return context.overlay.current()->find_relation(name.schema(), name.last());
}

std::string_view kind_word(const catalog::RelationPtr& relation) {
  if (std::holds_alternative<catalog::TablePtr>(relation)) return "table";
  if (std::holds_alternative<catalog::ViewPtr>(relation)) return "view";
  if (std::holds_alternative<catalog::IndexPtr>(relation)) return "index";
  if (std::holds_alternative<catalog::SequencePtr>(relation)) return "sequence";
  return "relation";
}

Error undefined_relation(DdlContext& context, const ast::QualifiedName& name) {
  std::string nearest = context.overlay.current()->suggest_relation(name.last());
  return Error(sqlstate::undefined_table, "relation \"" + name_text(name) + "\" does not exist")
      .hint(nearest.empty() ? "" : "Perhaps you meant the relation \"" + nearest + "\".");
}

Result<> lock_oid(DdlContext& context, catalog::Oid oid, LockMode mode) {
  return context.relations.transactions().locks().acquire(context.transaction.locks(), LockTarget::table(oid),
                                                          mode, context.wait);
}

Result<catalog::TablePtr> lock_table(DdlContext& context, const ast::QualifiedName& name, LockMode mode) {
  for (;;) {
    catalog::RelationPtr found = find(context, name);
    if (std::holds_alternative<std::monostate>(found)) return undefined_relation(context, name);
    const catalog::TablePtr* table = std::get_if<catalog::TablePtr>(&found);
    if (table == nullptr) {
      return Error(sqlstate::wrong_object_type, "\"" + std::string(name.last()) + "\" is not a table")
          .table(name.last());
    }
    TRY(lock_oid(context, (*table)->oid, mode));
    // While we waited the name may have come to mean something else.
    catalog::TablePtr newest = context.overlay.current()->table((*table)->oid);
    if (newest && newest->name == name.last()) return newest;
  }
}

catalog::Oid oid_of(const catalog::RelationPtr& relation) {
  return std::visit(
      [](const auto& pointer) -> catalog::Oid {
        if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, std::monostate>) {
          return 0;
        } else {
          return pointer->oid;
        }
      },
      relation);
}

Result<catalog::RelationPtr> lock_relation(
    DdlContext& context, const ast::QualifiedName& name,
    const std::function<std::optional<LockMode>(const catalog::RelationPtr&)>& mode_for) {
  for (;;) {
    catalog::RelationPtr found = find(context, name);
    std::optional<LockMode> mode = mode_for(found);
    if (!mode) return found;
    const catalog::IndexPtr* index = std::get_if<catalog::IndexPtr>(&found);
    TRY(lock_oid(context, index != nullptr ? (*index)->table : oid_of(found), *mode));
    // While we waited it may have changed or gone, or the name have come to mean something else.
    catalog::RelationPtr newest = find(context, name);
    if (oid_of(newest) == oid_of(found)) return newest;
  }
}

bool is_system_column(std::string_view name) {
  constexpr std::string_view kNames[] = {"tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Result<> check_column_name(std::string_view name) {
  if (!is_system_column(name)) return {};
  return Error(sqlstate::duplicate_column,
               "column name \"" + std::string(name) + "\" conflicts with a system column name");
}

std::string column_hint(const catalog::Table& table, std::string_view name) {
  Suggestion near(name);
  for (const catalog::Column& column : table.columns)
    if (!column.dropped) near.consider(column.name);
  if (near.best().empty()) return {};
  return "Perhaps you meant to reference the column \"" + table.name + "." + std::string(near.best()) + "\".";
}

Result<catalog::ColumnNumber> find_column(const catalog::Table& table, const ast::Name& name) {
  std::optional<catalog::ColumnNumber> number = table.column_number(name.text);
  if (number) return *number;
  return Error(sqlstate::undefined_column,
               "column \"" + std::string(name.text) + "\" of relation \"" + table.name + "\" does not exist")
      .hint(column_hint(table, name.text));
}

Error unplaced(const Error& error) {
  if (error.position() == kNoPosition) return error;
  return Error(error.state(), error.message())
      .detail(error.detail())
      .hint(error.hint())
      .table(error.table())
      .column(error.column())
      .constraint(error.constraint());
}

std::shared_ptr<catalog::Table> copy(const catalog::Table& table) {
  auto changed = std::make_shared<catalog::Table>(table);
  changed->bound = std::make_shared<catalog::BoundSlot>();  // what was bound to the old form
  return changed;
}

std::vector<PhysicalType> physical_columns(const catalog::Table& table) {
  std::vector<PhysicalType> columns;
  for (const catalog::Column& column : table.columns) columns.push_back(column.type.physical());
  return columns;
}

}  // namespace rowan::ddl
