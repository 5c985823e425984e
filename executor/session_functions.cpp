#include "executor/session_functions.h"

#include "executor/advisory_functions.h"
#include "executor/ddl_support.h"
#include "executor/session_services.h"
#include "executor/system_view_table.h"
#include "planner/deparse.h"
#include "types/lift.h"
#include "types/try.h"

namespace rowan {
namespace {

using std::string_view;

SessionServices& services(KernelCall& call) {
  return *static_cast<SessionServices*>(call.context.session);
}

std::optional<Text> kept_text(KernelCall& call, const std::string& text) {
  return call.result.arena().copy(text);
}

Result<catalog::SequencePtr> sequence_of(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  if (catalog::SequencePtr sequence = catalog->sequence(static_cast<catalog::Oid>(oid))) return sequence;
  if (catalog::TablePtr table = catalog->table(static_cast<catalog::Oid>(oid))) {
    return Error(sqlstate::wrong_object_type, "\"" + table->name + "\" is not a sequence");
  }
  return Error(sqlstate::undefined_table, "relation with OID " + std::to_string(oid) + " does not exist");
}

Result<int64_t> nextval(KernelCall& call, int64_t oid) {
  catalog::SequencePtr sequence = TRY(sequence_of(call, oid));
  return services(call).next_value(*sequence);
}

Result<int64_t> currval(KernelCall& call, int64_t oid) {
  catalog::SequencePtr sequence = TRY(sequence_of(call, oid));
  return services(call).current_value(*sequence);
}

Result<int64_t> setval_called(KernelCall& call, int64_t oid, int64_t value, bool is_called) {
  catalog::SequencePtr sequence = TRY(sequence_of(call, oid));
  TRY(services(call).set_value(*sequence, value, is_called));
  return value;
}

Result<int64_t> setval(KernelCall& call, int64_t oid, int64_t value) {
  return setval_called(call, oid, value, true);
}

// lastval() and pg_backend_pid() take no argument, so they are kernels by hand: one value for all rows.
Result<> lastval_kernel(KernelCall& call) {
  int64_t value = TRY(services(call).last_value());
  call.result.reset_constant();
  call.result.data<int64_t>()[0] = value;
  return {};
}

Result<> session_id_kernel(KernelCall& call) {
  call.result.reset_constant();
  call.result.data<int32_t>()[0] = static_cast<int32_t>(services(call).session_id());
  return {};
}

Result<> current_schema_kernel(KernelCall& call) {
  call.result.reset_constant();
  call.result.data<Text>()[0] = Text("public");
  return {};
}

Result<std::optional<Text>> current_setting(KernelCall& call, string_view name) {
  std::optional<std::string> value = services(call).setting(name);
  if (!value)
    return Error(sqlstate::undefined_object,
                 "unrecognized configuration parameter \"" + std::string(name) + "\"");
  return kept_text(call, *value);
}

Result<std::optional<Text>> current_setting_or_null(KernelCall& call, string_view name, bool missing_ok) {
  if (missing_ok && !services(call).setting(name)) return std::optional<Text>();
  return current_setting(call, name);
}

Result<std::optional<Text>> set_config(KernelCall& call, string_view name, string_view value, bool is_local) {
  TRY(services(call).set_setting(name, value, is_local));
  return current_setting(call, name);
}

std::optional<Text> get_indexdef_key(KernelCall& call, int64_t oid, int32_t key, bool pretty) {
  catalog::CatalogPtr catalog = services(call).catalog();
  catalog::IndexPtr index = catalog->index(static_cast<catalog::Oid>(oid));
  catalog::TablePtr table = index ? catalog->table(index->table) : nullptr;
  if (!table || key < 0 || static_cast<size_t>(key) > index->keys.size() + index->include.size())
    return std::nullopt;
  catalog::Index shown = pretty ? pretty_index(catalog, *table, *index) : *index;
  return kept_text(call, key == 0 ? index_definition(*table, shown, !pretty)
                                  : index_key_definition(*table, shown, static_cast<size_t>(key) - 1));
}

std::optional<Text> get_indexdef(KernelCall& call, int64_t oid) {
  return get_indexdef_key(call, oid, 0, false);
}

std::optional<Text> get_constraintdef(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  const catalog::Constraint* constraint = catalog->constraint(static_cast<catalog::Oid>(oid));
  if (constraint == nullptr) return std::nullopt;
  return kept_text(call, constraint_definition(*catalog, *constraint));
}

std::optional<Text> get_constraintdef_pretty(KernelCall& call, int64_t oid, bool pretty) {
  catalog::CatalogPtr catalog = services(call).catalog();
  const catalog::Constraint* constraint = catalog->constraint(static_cast<catalog::Oid>(oid));
  if (constraint == nullptr) return std::nullopt;
  return kept_text(call, constraint_definition(catalog, *constraint, pretty));
}

// What a definition may name: the functions of a session too. One for all, made on first use.
const BindOptions& definition_options() {
  struct World {
    FunctionRegistry functions = registry().copy();
    std::optional<SystemViews> views;
    BindOptions options;
    World() {
      register_session_functions(functions);
      views.emplace(functions);
      options.functions = &functions;
      options.system_view = [this](string_view schema, string_view name) {
        return views->find(schema, name);
      };
    }
  };
  static const World world;
  return world.options;
}

std::optional<Text> get_viewdef(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  catalog::ViewPtr view = catalog->view(static_cast<catalog::Oid>(oid));
  if (!view) return std::nullopt;
  return kept_text(call, " " + view_text(*view, catalog, definition_options()) + ";");
}

std::optional<Text> get_viewdef_pretty(KernelCall& call, int64_t oid, bool) {
  return get_viewdef(call, oid);
}

// The catalog keeps expressions as text already.
std::optional<Text> get_expr(KernelCall& call, string_view expression, int64_t) {
  return kept_text(call, std::string(expression));
}
std::optional<Text> get_expr_pretty(KernelCall& call, string_view expression, int64_t relation, bool pretty) {
  catalog::CatalogPtr catalog = services(call).catalog();
  catalog::TablePtr table = catalog->table(static_cast<catalog::Oid>(relation));
  if (pretty && table) {
    Result<ExprPtr> bound =
        bind_stored_expression(expression, *table, TableExpressionKind::Using, catalog, definition_options());
    if (bound.ok()) {
      std::string shown = deparse_for_table(**bound, *table, true);
      ddl::name_sequences(shown, *catalog);
      return kept_text(call, shown);
    }
  }
  return kept_text(call, std::string(expression));
}

std::optional<Text> format_type(KernelCall& call, int64_t oid, int32_t modifier) {
  for (int id = 0; id <= static_cast<int>(TypeId::Void); ++id) {
    auto type = static_cast<TypeId>(id);
    if (type_oid(type) == oid && oid != 0)
      return kept_text(call, type_name(system_views::with_modifier(type, modifier)));
  }
  return kept_text(call, oid == 0 ? "-" : "???");
}

bool table_is_visible(KernelCall& call, int64_t oid) {
  auto number = static_cast<catalog::Oid>(oid);
  catalog::CatalogPtr catalog = services(call).catalog();
  return catalog->table(number) || catalog->index(number) || catalog->view(number) ||
         catalog->sequence(number) || number < 13000;
}

int64_t relation_size(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  auto number = static_cast<catalog::Oid>(oid);
  if (catalog::TablePtr table = catalog->table(number))
    return static_cast<int64_t>(services(call).relation_bytes(table->storage));
  if (catalog::IndexPtr index = catalog->index(number))
    return static_cast<int64_t>(services(call).relation_bytes(index->storage));
  return 0;
}

int64_t indexes_size(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  catalog::TablePtr table = catalog->table(static_cast<catalog::Oid>(oid));
  int64_t bytes = 0;
  if (!table) return 0;
  for (const catalog::IndexPtr& index : catalog->indexes_of(*table))
    bytes += static_cast<int64_t>(services(call).relation_bytes(index->storage));
  return bytes;
}

int64_t total_relation_size(KernelCall& call, int64_t oid) {
  return relation_size(call, oid) + indexes_size(call, oid);
}

Result<std::optional<Text>> get_serial_sequence(KernelCall& call, string_view table_name,
                                                string_view column_name) {
  catalog::CatalogPtr catalog = services(call).catalog();
  string_view plain = table_name.substr(0, 7) == "public." ? table_name.substr(7) : table_name;
  catalog::RelationPtr found = catalog->find_relation("", plain);
  const auto* table = std::get_if<catalog::TablePtr>(&found);
  if (table == nullptr)
    return Error(sqlstate::undefined_table, "relation \"" + std::string(table_name) + "\" does not exist");
  const catalog::Column* column = (*table)->find_column(column_name);
  if (column == nullptr) {
    return Error(sqlstate::undefined_column, "column \"" + std::string(column_name) + "\" of relation \"" +
                                                 (*table)->name + "\" does not exist");
  }
  auto number = static_cast<catalog::ColumnNumber>(column - (*table)->columns.data());
  std::vector<catalog::SequencePtr> sequences = catalog->owned_sequences((*table)->oid, number);
  if (sequences.empty()) return std::optional<Text>();
  return kept_text(call, "public." + quote_identifier(sequences.front()->name));
}

std::optional<int64_t> to_regclass(KernelCall& call, string_view name) {
  string_view plain = name.substr(0, 7) == "public." ? name.substr(7) : name;
  catalog::RelationPtr found = services(call).catalog()->find_relation("", plain);
  return std::visit(
      [](const auto& pointer) -> std::optional<int64_t> {
        if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, std::monostate>) {
          return std::nullopt;
        } else {
          return pointer->oid;
        }
      },
      found);
}

// regclass::text: the relation's name, or the number where there is none.
std::optional<Text> regclass_text(KernelCall& call, int64_t oid) {
  catalog::CatalogPtr catalog = services(call).catalog();
  auto number = static_cast<catalog::Oid>(oid);
  if (catalog::TablePtr table = catalog->table(number)) return kept_text(call, quote_identifier(table->name));
  if (catalog::IndexPtr index = catalog->index(number)) return kept_text(call, quote_identifier(index->name));
  if (catalog::ViewPtr view = catalog->view(number)) return kept_text(call, quote_identifier(view->name));
  if (catalog::SequencePtr sequence = catalog->sequence(number))
    return kept_text(call, quote_identifier(sequence->name));
  return kept_text(call, oid == 0 ? "-" : std::to_string(oid));
}

// Nothing keeps comments yet: there are none.
std::optional<Text> no_description(KernelCall&, int64_t) {
  return std::nullopt;
}
std::optional<Text> no_description_of_class(KernelCall&, int64_t, string_view) {
  return std::nullopt;
}
std::optional<Text> no_column_description(KernelCall&, int64_t, int32_t) {
  return std::nullopt;
}

}  // namespace

void register_session_functions(FunctionRegistry& registry) {
  const TypeId oid = TypeId::Oid, regclass = TypeId::RegClass, text = TypeId::Text, int4 = TypeId::Integer,
               int8 = TypeId::BigInt, boolean = TypeId::Boolean;
  auto without_arguments = [&](std::string_view name, TypeId result, Kernel kernel, Volatility kind) {
    Function function;
    function.name = name;
    function.result = result;
    function.kernel = kernel;
    function.volatility = kind;
    registry.add(std::move(function));
  };
  constexpr Volatility kVolatile = Volatility::Volatile;
  constexpr Volatility kStable = Volatility::Stable;
  registry.add(strict<nextval>("nextval", {regclass}, int8, kVolatile));
  registry.add(strict<currval>("currval", {regclass}, int8, kVolatile));
  registry.add(strict<setval>("setval", {regclass, int8}, int8, kVolatile));
  registry.add(strict<setval_called>("setval", {regclass, int8, boolean}, int8, kVolatile));
  without_arguments("lastval", int8, lastval_kernel, kVolatile);
  without_arguments("pg_backend_pid", int4, session_id_kernel, kStable);
  without_arguments("current_schema", TypeId::Name, current_schema_kernel, kStable);
  registry.add(strict<current_setting>("current_setting", {text}, text, kStable));
  registry.add(strict<current_setting_or_null>("current_setting", {text, boolean}, text, kStable));
  registry.add(strict<set_config>("set_config", {text, text, boolean}, text, kVolatile));
  registry.add(strict<get_indexdef>("pg_get_indexdef", {oid}, text, kStable));
  registry.add(strict<get_indexdef_key>("pg_get_indexdef", {oid, int4, boolean}, text, kStable));
  registry.add(strict<get_constraintdef>("pg_get_constraintdef", {oid}, text, kStable));
  registry.add(strict<get_constraintdef_pretty>("pg_get_constraintdef", {oid, boolean}, text, kStable));
  registry.add(strict<get_viewdef>("pg_get_viewdef", {oid}, text, kStable));
  registry.add(strict<get_viewdef_pretty>("pg_get_viewdef", {oid, boolean}, text, kStable));
  registry.add(strict<get_expr>("pg_get_expr", {text, oid}, text, kStable));
  registry.add(strict<get_expr_pretty>("pg_get_expr", {text, oid, boolean}, text, kStable));
  registry.add(strict<format_type>("format_type", {oid, int4}, text, kStable));
  registry.add(strict<table_is_visible>("pg_table_is_visible", {oid}, boolean, kStable));
  registry.add(strict<relation_size>("pg_relation_size", {regclass}, int8, kVolatile));
  registry.add(strict<relation_size>("pg_table_size", {regclass}, int8, kVolatile));
  registry.add(strict<indexes_size>("pg_indexes_size", {regclass}, int8, kVolatile));
  registry.add(strict<total_relation_size>("pg_total_relation_size", {regclass}, int8, kVolatile));
  registry.add(strict<get_serial_sequence>("pg_get_serial_sequence", {text, text}, text, kStable));
  registry.add(strict<to_regclass>("to_regclass", {text}, regclass, kStable));
  registry.add(strict<regclass_text>("cast", {regclass}, text, kStable));
  registry.add(strict<no_description>("obj_description", {oid}, text, kStable));
  registry.add(strict<no_description_of_class>("obj_description", {oid, TypeId::Name}, text, kStable));
  register_advisory_functions(registry);
  registry.add(strict<no_column_description>("col_description", {oid, int4}, text, kStable));
}

}  // namespace rowan
