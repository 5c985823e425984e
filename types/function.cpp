#include "types/function.h"

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/cast.h"
#include "types/hash_map.h"
#include "types/try.h"

namespace rowan {

namespace {
constexpr size_t kTypeCount = static_cast<size_t>(TypeId::Record) + 1;
constexpr size_t type_index(TypeId id) {
  return static_cast<size_t>(id);
}
}  // namespace

struct FunctionRegistry::Tables {
  std::deque<Function> function_storage;  // addresses stay
  std::deque<Aggregate> aggregate_storage;
  std::vector<const Function*> functions;
  std::vector<const Aggregate*> aggregates;
  HashMap<std::string_view, std::vector<const Function*>> functions_by_name;
  HashMap<std::string_view, std::vector<const Aggregate*>> aggregates_by_name;
  std::array<std::array<const Function*, kTypeCount>, kTypeCount> casts{};
  std::array<std::array<const Function*, kTypeCount>, kTypeCount> assignment_casts{};
  std::array<TextForm, kTypeCount> text_forms{};
};

FunctionRegistry::FunctionRegistry() : tables_(std::make_unique<Tables>()) {}
FunctionRegistry::FunctionRegistry(FunctionRegistry&&) noexcept = default;
FunctionRegistry::~FunctionRegistry() = default;

FunctionRegistry FunctionRegistry::copy() const {
  FunctionRegistry made;
  made.tables_->functions = tables_->functions;
  made.tables_->aggregates = tables_->aggregates;
  made.tables_->functions_by_name = tables_->functions_by_name;
  made.tables_->aggregates_by_name = tables_->aggregates_by_name;
  made.tables_->casts = tables_->casts;
  made.tables_->assignment_casts = tables_->assignment_casts;
  made.tables_->text_forms = tables_->text_forms;
  return made;
}

void FunctionRegistry::add(Function function) {
  const Function* kept = &tables_->function_storage.emplace_back(std::move(function));
  if (kept->name == "cast") {
    tables_->casts[type_index(kept->arguments[0])][type_index(kept->result)] = kept;
    return;
  }
  if (kept->name == "assign") {
    tables_->assignment_casts[type_index(kept->arguments[0])][type_index(kept->result)] = kept;
    return;
  }
  tables_->functions.push_back(kept);
  tables_->functions_by_name[kept->name].push_back(kept);
}

void FunctionRegistry::add(Aggregate aggregate) {
  const Aggregate* kept = &tables_->aggregate_storage.emplace_back(std::move(aggregate));
  tables_->aggregates.push_back(kept);
  tables_->aggregates_by_name[kept->name].push_back(kept);
}

void FunctionRegistry::set_text_form(TypeId id, TextForm form) {
  tables_->text_forms[type_index(id)] = form;
}

const TextForm* FunctionRegistry::text_form(TypeId id) const {
  const TextForm& form = tables_->text_forms[type_index(id)];
  return form.format == nullptr ? nullptr : &form;
}

std::span<const Function* const> FunctionRegistry::functions(std::string_view name) const {
  auto found = tables_->functions_by_name.find(name);
  if (found == tables_->functions_by_name.end()) return {};
  return found->second;
}

std::span<const Aggregate* const> FunctionRegistry::aggregates(std::string_view name) const {
  auto found = tables_->aggregates_by_name.find(name);
  if (found == tables_->aggregates_by_name.end()) return {};
  return found->second;
}

const Function* FunctionRegistry::cast(TypeId from, TypeId to) const {
  return tables_->casts[type_index(from)][type_index(to)];
}

const Function* FunctionRegistry::assignment_cast(TypeId from, TypeId to) const {
  const Function* special = tables_->assignment_casts[type_index(from)][type_index(to)];
  return special != nullptr ? special : cast(from, to);
}

std::span<const Function* const> FunctionRegistry::all_functions() const {
  return tables_->functions;
}
std::span<const Aggregate* const> FunctionRegistry::all_aggregates() const {
  return tables_->aggregates;
}

const FunctionRegistry& registry() {
  static const FunctionRegistry instance = [] {
    FunctionRegistry made;
    register_bool(made);
    register_comparisons(made);
    register_integers(made);
    register_floats(made);
    register_numeric(made);
    register_text(made);
    register_patterns(made);
    register_bytea(made);
    register_format(made);
    register_system(made);
    register_date_time(made);
    register_aggregates(made);
    register_casts(made);  // last: conversion through text is for every type that has a text form
    return made;
  }();
  return instance;
}

void format_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  if (vector.is_null(row)) return;
  const TextForm* form = registry().text_form(vector.type().id);
  if (form != nullptr) form->format(vector, vector.is_constant() ? 0 : row, context, out);
}

std::string format_value(const Value& value, const EvalContext& context) {
  std::string out;
  if (value.is_null()) return out;
  Vector row(value.type(), 1);
  row.set_constant(value);
  format_row(row, 0, context, out);
  return out;
}

Result<> parse_into(std::string_view text, Vector& result, uint32_t row, const EvalContext& context) {
  const TextForm* form = registry().text_form(result.type().id);
  if (form == nullptr || form->parse == nullptr)
    return Error(sqlstate::feature_not_supported,
                 "cannot accept a value of type " + std::string(base_type_name(result.type().id)));
  return form->parse(text, result, row, context);
}

Result<Value> parse_value(std::string_view text, const Type& type, const EvalContext& context) {
  Type unlimited = type;  // an explicit cast cuts what is too long, the input function refuses it
  unlimited.length = 0;
  Vector parsed(unlimited, 1);
  TRY(parse_into(text, parsed, 0, context));
  if (unlimited == type) return parsed.value(0);
  const Function* cut = find_cast(unlimited, type, CastContext::Explicit);
  ENSURE(cut != nullptr);
  Vector result(type, 1);
  const Vector* argument = &parsed;
  EvalContext scratch = context;
  KernelCall call{{&argument, 1}, Selection(1), result, scratch};
  TRY(cut->kernel(call));
  return result.value(0);
}

}  // namespace rowan
