// Calls: plain functions, aggregates, window functions, set-returning functions. An aggregate belongs to the
// innermost query whose columns its arguments mention (SQL's outer aggregates); it is kept with that Level
// and a reference to its result stands in the expression.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

const std::vector<Signature>& window_functions() {
  static const std::vector<Signature> table{
      {"row_number", {}, TypeId::BigInt},
      {"rank", {}, TypeId::BigInt},
      {"dense_rank", {}, TypeId::BigInt},
      {"percent_rank", {}, TypeId::Double},
      {"cume_dist", {}, TypeId::Double},
      {"ntile", {TypeId::Integer}, TypeId::Integer},
      {"lag", {TypeId::AnyElement}, TypeId::AnyElement},
      {"lag", {TypeId::AnyElement, TypeId::Integer}, TypeId::AnyElement},
      {"lag", {TypeId::AnyElement, TypeId::Integer, TypeId::AnyElement}, TypeId::AnyElement},
      {"lead", {TypeId::AnyElement}, TypeId::AnyElement},
      {"lead", {TypeId::AnyElement, TypeId::Integer}, TypeId::AnyElement},
      {"lead", {TypeId::AnyElement, TypeId::Integer, TypeId::AnyElement}, TypeId::AnyElement},
      {"first_value", {TypeId::AnyElement}, TypeId::AnyElement},
      {"last_value", {TypeId::AnyElement}, TypeId::AnyElement},
      {"nth_value", {TypeId::AnyElement, TypeId::Integer}, TypeId::AnyElement},
  };
  return table;
}

bool is_window_function(std::string_view name) {
  const auto& table = window_functions();
  return std::any_of(table.begin(), table.end(), [&](const Signature& s) { return s.name == name; });
}

bool same_keys(const std::vector<logical::SortKey>& a, const std::vector<logical::SortKey>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].descending != b[i].descending || a[i].nulls_first != b[i].nulls_first ||
        !same_expr(*a[i].key, *b[i].key))
      return false;
  }
  return true;
}

bool same_list(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same_expr(*a[i], *b[i])) return false;
  return true;
}

bool same_optional(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return same_expr(*a, *b);
}

bool same_call(const logical::AggregateCall& a, const logical::AggregateCall& b) {
  return a.aggregate == b.aggregate && a.distinct == b.distinct && same_list(a.arguments, b.arguments) &&
         same_keys(a.order, b.order) && same_optional(a.filter, b.filter);
}

bool same_window(const WindowDefinition& a, const WindowDefinition& b) {
  return same_list(a.partition, b.partition) && same_keys(a.order, b.order) && a.frame.mode == b.frame.mode &&
         a.frame.start == b.frame.start && a.frame.end == b.frame.end &&
         same_optional(a.frame.start_offset, b.frame.start_offset) &&
         same_optional(a.frame.end_offset, b.frame.end_offset);
}

// Which arguments of an aggregate call PostgreSQL's catalog has no entry for, of any kind.
bool is_volatile(const std::vector<ExprPtr>& exprs) {
  return std::any_of(exprs.begin(), exprs.end(),
                     [](const ExprPtr& expr) { return volatility(*expr) == Volatility::Volatile; });
}

bool has_parameterless_aggregate(const FunctionRegistry& functions, std::string_view name) {
  const auto& candidates = functions.aggregates(name);
  return std::any_of(candidates.begin(), candidates.end(),
                     [](const rowan::Aggregate* candidate) { return candidate->arguments.empty(); });
}

}  // namespace

const std::vector<Signature>& set_functions() {
  static const std::vector<Signature> table{
      {"generate_series", {TypeId::Integer, TypeId::Integer}, TypeId::Integer},
      {"generate_series", {TypeId::Integer, TypeId::Integer, TypeId::Integer}, TypeId::Integer},
      {"generate_series", {TypeId::BigInt, TypeId::BigInt}, TypeId::BigInt},
      {"generate_series", {TypeId::BigInt, TypeId::BigInt, TypeId::BigInt}, TypeId::BigInt},
      {"generate_series", {TypeId::Numeric, TypeId::Numeric}, TypeId::Numeric},
      {"generate_series", {TypeId::Numeric, TypeId::Numeric, TypeId::Numeric}, TypeId::Numeric},
      {"generate_series", {TypeId::Timestamp, TypeId::Timestamp, TypeId::Interval}, TypeId::Timestamp},
      {"generate_series", {TypeId::TimestampTz, TypeId::TimestampTz, TypeId::Interval}, TypeId::TimestampTz},
  };
  return table;
}

bool is_set_function(std::string_view name) {
  const auto& table = set_functions();
  return std::any_of(table.begin(), table.end(), [&](const Signature& s) { return s.name == name; });
}

Result<std::vector<ExprPtr>> Binder::bind_arguments(const ast::Call& call) {
  std::vector<ExprPtr> arguments;
  for (const ast::Argument& argument : call.arguments) {
    if (!argument.name.empty()) return unsupported("a named argument", argument.name.position);
    if (std::holds_alternative<ast::Star>(argument.value->node))
      return unsupported("a whole-row argument", argument.value->range.begin);
    ExprPtr bound = TRY(bind_expr(argument.value));
    arguments.push_back(std::move(bound));
  }
  return arguments;
}

Result<ExprPtr> Binder::bind_call(const ast::Call& call, const ast::Expr& whole) {
  Position position = whole.range.begin == kNoPosition ? whole.position : whole.range.begin;
  std::string_view schema = call.name.schema(), name = call.name.last();
  const ast::CallDetail* detail = call.detail;
  bool built_in = schema.empty() || schema == "pg_catalog";
  if (!built_in && schema != "public" && schema != "information_schema")
    return Error(sqlstate::invalid_schema_name, fmt::format("schema \"{}\" does not exist", schema))
        .at(position);
  if (detail != nullptr && detail->is_variadic) return unsupported("VARIADIC", position);
  if (detail != nullptr && detail->is_within_group) return unsupported("WITHIN GROUP", position);
  bool is_aggregate = built_in && !functions().aggregates(name).empty();
  if (detail != nullptr && detail->over != nullptr) {
    if (!is_aggregate && !(built_in && is_window_function(name))) {
      std::vector<ExprPtr> arguments = TRY(bind_arguments(call));
      if (!functions().functions(name).empty())
        return Error(sqlstate::wrong_object_type,
                     fmt::format("OVER specified, but {} is not a window function nor an aggregate function",
                                 name))
            .at(position);
      return no_function(schema, name, arguments, position, false);
    }
    return bind_window_call(call, name, is_aggregate, whole);
  }
  if (is_aggregate) return bind_aggregate(call, name, whole);
  if (built_in && is_window_function(name))
    return Error(sqlstate::wrong_object_type, fmt::format("window function {} requires an OVER clause", name))
        .at(position);
  if (built_in && is_set_function(name)) return bind_set_function(call, name, whole);
  bool exists = built_in && !functions().functions(name).empty();
  if (exists) {
    auto not_aggregate = [&](std::string_view what) {
      return Error(sqlstate::wrong_object_type,
                   fmt::format("{} specified, but {} is not an aggregate function", what, name))
          .at(position);
    };
    if (call.is_star) {
      const auto& candidates = functions().functions(name);
      bool is_callable = std::any_of(candidates.begin(), candidates.end(),
                                     [](const Function* candidate) { return candidate->arguments.empty(); });
      if (!is_callable) return no_function(schema, name, {}, position, false);
      return Error(sqlstate::wrong_object_type,
                   fmt::format("{}(*) specified, but {} is not an aggregate function", name, name))
          .at(position);
    }
    if (detail != nullptr && detail->is_distinct) return not_aggregate("DISTINCT");
    if (detail != nullptr && !detail->order_by.empty()) return not_aggregate("ORDER BY");
    if (detail != nullptr && detail->filter != nullptr) return not_aggregate("FILTER");
  }
  std::vector<ExprPtr> arguments = TRY(bind_arguments(call));
  // What has a syntax of its own is shown as the catalog's function that it stands for.
  return make_function(name, std::move(arguments), position, call.is_sql_syntax ? "pg_catalog" : schema);
}

// ---- aggregates -------------------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_aggregate(const ast::Call& call, std::string_view name, const ast::Expr& whole) {
  Position position = whole.range.begin;
  const ast::CallDetail* detail = call.detail;
  logical::AggregateCall bound;
  Level* here = level_;
  ++here->aggregate_depth;
  Result<> outcome = [&]() -> Result<> {
    bound.arguments = TRY(bind_arguments(call));
    if (detail == nullptr) return {};
    bound.distinct = detail->is_distinct;
    for (const ast::SortKey& key : detail->order_by) {
      auto [descending, nulls_first] = TRY(sort_direction(key));
      ExprPtr value = TRY(bind_expr(key.expr));
      value = TRY(coerce_to_text_if_unknown(std::move(value)));
      bound.order.push_back({std::move(value), descending, nulls_first});
    }
    return {};
  }();
  --here->aggregate_depth;
  TRY(std::move(outcome));
  // The query that the aggregate belongs to: the innermost one whose columns it mentions.
  std::set<ColumnId> columns;
  auto add = [&](const Expr& expr) {
    for (ColumnId id : mentioned(expr)) columns.insert(id);
  };
  for (const ExprPtr& argument : bound.arguments) add(*argument);
  for (const logical::SortKey& key : bound.order) add(*key.key);
  if (detail != nullptr && detail->filter != nullptr) {
    Restore<ExprKind> restore(here->kind, ExprKind::Filter);
    bound.filter = TRY(bind_boolean(detail->filter, "FILTER"));
    add(*bound.filter);
  }
  Level* owner = here;
  if (!columns.empty()) {
    for (owner = here; owner != nullptr; owner = owner->parent) {
      bool mine = std::any_of(columns.begin(), columns.end(), [&](ColumnId id) {
        return id < facts_.size() && facts_[id].level == owner->number;
      });
      if (mine) break;
    }
    if (owner == nullptr) owner = here;
  }
  if (const char* refusal = aggregate_refusal(owner->kind))
    return Error(sqlstate::grouping_error, refusal).at(position);
  if (owner->aggregate_depth > 0)
    return Error(sqlstate::grouping_error, "aggregate function calls cannot be nested").at(position);
  for (ColumnId id : columns) {
    for (const PendingWindow& window : owner->window_calls) {
      if (window.column.id == id)
        return Error(sqlstate::grouping_error,
                     "aggregate function calls cannot contain window function calls")
            .at(position);
    }
  }
  // Under DISTINCT, ORDER BY means arguments as they are written, before they become what the aggregate
  // takes.
  std::vector<size_t> ordered;  // which argument, by key
  if (bound.distinct) {
    for (const logical::SortKey& key : bound.order) {
      auto found = std::find_if(bound.arguments.begin(), bound.arguments.end(),
                                [&](const ExprPtr& argument) { return same_expr(*argument, *key.key); });
      ordered.push_back(static_cast<size_t>(found - bound.arguments.begin()));
    }
  }
  if (call.is_star) {
    for (const rowan::Aggregate* candidate : functions().aggregates(name))
      if (candidate->arguments.empty()) bound.aggregate = candidate;
    if (bound.aggregate == nullptr) return no_function({}, name, bound.arguments, position, false);
  } else if (call.arguments.empty()) {
    if (!has_parameterless_aggregate(functions(), name))
      return no_function({}, name, bound.arguments, position, false);
    return Error(sqlstate::wrong_object_type,
                 fmt::format("{}(*) must be used to call a parameterless aggregate function", name))
        .at(position);
  } else {
    bound.aggregate = TRY(find_aggregate(name, bound.arguments, position));
  }
  for (size_t i = 0; i < ordered.size(); ++i) {
    ExprPtr& key = bound.order[i].key;
    if (ordered[i] == bound.arguments.size())
      return Error(sqlstate::invalid_column_reference,
                   "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
          .at(key->position);
    key = clone(*bound.arguments[ordered[i]]);
  }
  bound.type = Type(bound.aggregate->result);
  if (bound.aggregate->result == TypeId::AnyElement && !bound.arguments.empty())
    bound.type = bound.arguments[0]->type;
  if (bound.aggregate->derive != nullptr) {
    std::vector<Type> types;
    for (const ExprPtr& argument : bound.arguments) types.push_back(argument->type);
    bound.type = bound.aggregate->derive(types);
  }
  bound.text = call.is_star ? fmt::format("{}(*)", name) : std::string(name);
  for (const PendingAggregate& known : owner->aggregates) {
    if (same_call(known.call, bound) && !is_volatile(bound.arguments))
      return std::make_unique<Expr>(expression::ColumnRef{known.column.id, known.column.name},
                                    known.call.type, position);
  }
  LogicalColumn column = make_column(std::string(name), bound.type);
  facts_[column.id].level = owner->number;
  ExprPtr result =
      std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, bound.type, position);
  owner->aggregates.push_back({std::move(bound), column, position});
  return result;
}

// ---- windows ----------------------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_window_call(const ast::Call& call, std::string_view name, bool is_aggregate,
                                         const ast::Expr& whole) {
  Position position = whole.range.begin;
  const ast::CallDetail& detail = *call.detail;
  if (const char* refusal = window_refusal(level_->kind))
    return Error(sqlstate::windowing_error, refusal).at(position);
  if (level_->aggregate_depth > 0)
    return Error(sqlstate::grouping_error, "aggregate function calls cannot contain window function calls")
        .at(position);
  if (level_->window_depth > 0)
    return Error(sqlstate::windowing_error, "window function calls cannot be nested").at(position);
  if (detail.is_distinct)
    return Error(sqlstate::feature_not_supported, "DISTINCT is not implemented for window functions")
        .at(position);
  if (!detail.order_by.empty())
    return Error(sqlstate::feature_not_supported,
                 "aggregate ORDER BY is not implemented for window functions")
        .at(position);
  if (detail.filter != nullptr && !is_aggregate)
    return Error(sqlstate::feature_not_supported,
                 "FILTER is not implemented for non-aggregate window functions")
        .at(position);
  logical::WindowCall bound;
  Restore<int> depth(level_->window_depth, level_->window_depth + 1);
  bound.arguments = TRY(bind_arguments(call));
  if (is_aggregate) {
    if (call.is_star) {
      for (const rowan::Aggregate* candidate : functions().aggregates(name))
        if (candidate->arguments.empty()) bound.aggregate = candidate;
      if (bound.aggregate == nullptr) return no_function({}, name, bound.arguments, position, false);
    } else if (call.arguments.empty()) {
      if (!has_parameterless_aggregate(functions(), name))
        return no_function({}, name, bound.arguments, position, false);
      return Error(sqlstate::wrong_object_type,
                   fmt::format("{}(*) must be used to call a parameterless aggregate function", name))
          .at(position);
    } else {
      bound.aggregate = TRY(find_aggregate(name, bound.arguments, position));
    }
    bound.type = Type(bound.aggregate->result);
    if (bound.aggregate->result == TypeId::AnyElement && !bound.arguments.empty())
      bound.type = bound.arguments[0]->type;
    if (bound.aggregate->derive != nullptr) {
      std::vector<Type> types;
      for (const ExprPtr& argument : bound.arguments) types.push_back(argument->type);
      bound.type = bound.aggregate->derive(types);
    }
    if (detail.filter != nullptr) {
      Restore<ExprKind> restore(level_->kind, ExprKind::Filter);
      bound.filter = TRY(bind_boolean(detail.filter, "FILTER"));
    }
  } else {
    if (call.is_star)
      return Error(sqlstate::wrong_object_type,
                   fmt::format("{}(*) specified, but {} is not an aggregate function", name, name))
          .at(position);
    Type element(TypeId::Unknown);
    const Signature* signature =
        TRY(find_signature(window_functions(), name, bound.arguments, position, &element));
    bound.function = name;
    bound.type = signature->result == TypeId::AnyElement ? element : Type(signature->result);
  }
  uint32_t definition = TRY(window_definition(*detail.over));
  for (const PendingWindow& known : level_->window_calls) {
    bool same = known.definition == definition && known.call.function == bound.function &&
                known.call.aggregate == bound.aggregate && same_list(known.call.arguments, bound.arguments) &&
                same_optional(known.call.filter, bound.filter) && !is_volatile(bound.arguments);
    if (same)
      return std::make_unique<Expr>(expression::ColumnRef{known.column.id, known.column.name}, bound.type,
                                    position);
  }
  LogicalColumn column = make_column(std::string(name), bound.type);
  ExprPtr result =
      std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, bound.type, position);
  level_->window_calls.push_back({std::move(bound), column, definition});
  return result;
}

// The definition that OVER means: a named one, or a new one unless there is its like already.
Result<uint32_t> Binder::window_definition(const ast::WindowSpec& spec) {
  auto find_named = [&](const ast::Name& name) -> Result<uint32_t> {
    for (size_t i = 0; i < level_->windows.size(); ++i)
      if (level_->windows[i].name == name.text) return static_cast<uint32_t>(i);
    for (const ast::WindowSpec& named : level_->named_windows) {
      if (named.name.text != name.text) continue;
      WindowDefinition definition;
      definition.name = name.text;
      TRY(complete_window(named, definition));
      level_->windows.push_back(std::move(definition));
      return static_cast<uint32_t>(level_->windows.size() - 1);
    }
    return Error(sqlstate::undefined_object, fmt::format("window \"{}\" does not exist", name.text))
        .at(name.position);
  };
  if (!spec.name.empty()) return find_named(spec.name);
  WindowDefinition definition;
  if (!spec.base.empty()) TRY(find_named(spec.base));
  TRY(complete_window(spec, definition));
  for (size_t i = 0; i < level_->windows.size(); ++i)
    if (same_window(level_->windows[i], definition)) return static_cast<uint32_t>(i);
  level_->windows.push_back(std::move(definition));
  return static_cast<uint32_t>(level_->windows.size() - 1);
}

Result<> Binder::complete_window(const ast::WindowSpec& spec, WindowDefinition& definition) {
  definition.position = spec.position;
  const WindowDefinition* base = nullptr;
  if (!spec.base.empty()) {
    ast::WindowSpec reference;
    reference.name = spec.base;
    uint32_t index = TRY(window_definition(reference));
    base = &level_->windows[index];
    if (!spec.partition_by.empty())
      return Error(sqlstate::windowing_error,
                   fmt::format("cannot override PARTITION BY clause of window \"{}\"", spec.base.text))
          .at(spec.position);
    if (!spec.order_by.empty() && !base->order.empty())
      return Error(sqlstate::windowing_error,
                   fmt::format("cannot override ORDER BY clause of window \"{}\"", spec.base.text))
          .at(spec.position);
    if (base->has_frame) {
      return Error(sqlstate::windowing_error,
                   fmt::format("cannot copy window \"{}\" because it has a frame clause", spec.base.text))
          .at(spec.position);
    }
    for (const ExprPtr& key : base->partition) definition.partition.push_back(clone(*key));
    for (const logical::SortKey& key : base->order)
      definition.order.push_back({clone(*key.key), key.descending, key.nulls_first});
  }
  {
    Restore<ExprKind> restore(level_->kind, ExprKind::WindowPartition);
    for (ast::ExprPtr key : spec.partition_by) {
      ExprPtr value = TRY(bind_expr(key));
      ExprPtr coerced = TRY(coerce_to_text_if_unknown(std::move(value)));
      definition.partition.push_back(std::move(coerced));
    }
  }
  {
    Restore<ExprKind> restore(level_->kind, ExprKind::WindowOrder);
    for (const ast::SortKey& key : spec.order_by) {
      auto [descending, nulls_first] = TRY(sort_direction(key));
      ExprPtr value = TRY(bind_expr(key.expr));
      value = TRY(coerce_to_text_if_unknown(std::move(value)));
      definition.order.push_back({std::move(value), descending, nulls_first});
    }
  }
  if (spec.frame != nullptr) return bind_frame(*spec.frame, definition);
  return {};
}

Result<> Binder::bind_frame(const ast::Frame& frame, WindowDefinition& definition) {
  using Bound = logical::WindowFrame::Bound;
  using Mode = logical::WindowFrame::Mode;
  definition.has_frame = true;
  if (frame.exclusion != ast::FrameExclusion::NoOthers)
    return unsupported("EXCLUDE in a window frame", frame.position);
  definition.frame.mode = frame.unit == ast::FrameUnit::Rows    ? Mode::Rows
                          : frame.unit == ast::FrameUnit::Range ? Mode::Range
                                                                : Mode::Groups;
  if (definition.frame.mode == Mode::Groups && definition.order.empty())
    return Error(sqlstate::windowing_error, "GROUPS mode requires an ORDER BY clause").at(frame.position);
  auto kind = [](ast::FrameBoundKind written) {
    switch (written) {
      case ast::FrameBoundKind::UnboundedPreceding:
        return Bound::UnboundedPreceding;
      case ast::FrameBoundKind::Preceding:
        return Bound::Preceding;
      case ast::FrameBoundKind::CurrentRow:
        return Bound::CurrentRow;
      case ast::FrameBoundKind::Following:
        return Bound::Following;
      case ast::FrameBoundKind::UnboundedFollowing:
        return Bound::UnboundedFollowing;
    }
    return Bound::CurrentRow;
  };
  definition.frame.start = kind(frame.start.kind);
  definition.frame.end = kind(frame.end.kind);
  auto offset = [&](const ast::FrameBound& bound, ExprPtr& out) -> Result<> {
    if (bound.offset == nullptr) return {};
    if (definition.frame.mode == Mode::Range)
      return unsupported("RANGE with an offset", bound.offset->range.begin);
    std::string_view unit = definition.frame.mode == Mode::Rows ? "ROWS" : "GROUPS";
    ExprPtr value = TRY(bind_expr(bound.offset, ExprKind::WindowFrame));
    if (!mentioned(*value).empty())
      return Error(sqlstate::invalid_column_reference,
                   fmt::format("argument of {} must not contain variables", unit))
          .at(value->position);
    if (!can_coerce(value->type, TypeId::BigInt, CastContext::Assignment))
      return Error(sqlstate::datatype_mismatch, fmt::format("argument of {} must be type bigint, not type {}",
                                                            unit, base_type_name(value->type.id)))
          .at(value->position);
    out = TRY(coerce(std::move(value), TypeId::BigInt, CastContext::Assignment));
    return {};
  };
  TRY(offset(frame.start, definition.frame.start_offset));
  return offset(frame.end, definition.frame.end_offset);
}

// ---- set-returning functions in the select list -----------------------------------------------------------

Result<ExprPtr> Binder::bind_set_function(const ast::Call& call, std::string_view name,
                                          const ast::Expr& whole) {
  Position position = whole.range.begin;
  if (const char* refusal = set_function_refusal(level_->kind))
    return Error(sqlstate::feature_not_supported, refusal).at(position);
  if (level_->aggregate_depth > 0)
    return Error(sqlstate::feature_not_supported,
                 "aggregate function calls cannot contain set-returning function calls")
        .at(position)
        .hint("You might be able to move the set-returning function into a LATERAL FROM item.");
  if (level_->kind != ExprKind::SelectList || !level_->set_functions.empty() || level_->window_depth > 0)
    return unsupported("more than one set-returning function, or one outside the select list,", position);
  std::vector<ExprPtr> arguments = TRY(bind_arguments(call));
  Type element(TypeId::Unknown);
  const Signature* signature = TRY(find_signature(set_functions(), name, arguments, position, &element));
  LogicalColumn column = make_column(std::string(name), Type(signature->result));
  ExprPtr result =
      std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position);
  level_->set_functions.push_back({std::string(name), std::move(arguments), column, position});
  return result;
}

Result<> Binder::refuse_set_functions(size_t before, std::string_view construct) const {
  if (level_->set_functions.size() == before) return {};
  return Error(sqlstate::feature_not_supported,
               fmt::format("set-returning functions are not allowed in {}", construct))
      .at(level_->set_functions.back().position)
      .hint("You might be able to move the set-returning function into a LATERAL FROM item.");
}

// ---- where they may not stand -----------------------------------------------------------------------------

const char* aggregate_refusal(ExprKind kind) {
  switch (kind) {
    case ExprKind::FromSubquery:
      return "aggregate functions are not allowed in FROM clause of their own query level";
    case ExprKind::FromFunction:
      return "aggregate functions are not allowed in functions in FROM";
    case ExprKind::JoinCondition:
      return "aggregate functions are not allowed in JOIN conditions";
    case ExprKind::Where:
      return "aggregate functions are not allowed in WHERE";
    case ExprKind::Filter:
      return "aggregate functions are not allowed in FILTER";
    case ExprKind::WindowFrame:
      return "aggregate functions are not allowed in window ROWS";
    case ExprKind::UpdateSource:
      return "aggregate functions are not allowed in UPDATE";
    case ExprKind::GroupBy:
      return "aggregate functions are not allowed in GROUP BY";
    case ExprKind::Limit:
      return "aggregate functions are not allowed in LIMIT";
    case ExprKind::Offset:
      return "aggregate functions are not allowed in OFFSET";
    case ExprKind::Returning:
      return "aggregate functions are not allowed in RETURNING";
    case ExprKind::Values:
    case ExprKind::MergeInsert:
      return "aggregate functions are not allowed in VALUES";
    case ExprKind::MergeWhen:
      return "aggregate functions are not allowed in MERGE WHEN conditions";
    case ExprKind::Check:
      return "aggregate functions are not allowed in check constraints";
    case ExprKind::Default:
      return "aggregate functions are not allowed in DEFAULT expressions";
    case ExprKind::IndexKey:
      return "aggregate functions are not allowed in index expressions";
    case ExprKind::IndexPredicate:
      return "aggregate functions are not allowed in index predicates";
    case ExprKind::Using:
      return "aggregate functions are not allowed in transform expressions";
    case ExprKind::CopyWhere:
      return "aggregate functions are not allowed in COPY FROM WHERE conditions";
    case ExprKind::ExecuteArgument:
      return "aggregate functions are not allowed in EXECUTE parameters";
    case ExprKind::Other:
    case ExprKind::Having:
    case ExprKind::WindowPartition:
    case ExprKind::WindowOrder:
    case ExprKind::SelectList:
    case ExprKind::OrderBy:
    case ExprKind::DistinctOn:
      return nullptr;
  }
  return nullptr;
}

const char* window_refusal(ExprKind kind) {
  switch (kind) {
    case ExprKind::FromSubquery:
    case ExprKind::FromFunction:
      return "window functions are not allowed in functions in FROM";
    case ExprKind::JoinCondition:
      return "window functions are not allowed in JOIN conditions";
    case ExprKind::Where:
      return "window functions are not allowed in WHERE";
    case ExprKind::Having:
      return "window functions are not allowed in HAVING";
    case ExprKind::Filter:
      return "window functions are not allowed in FILTER";
    case ExprKind::WindowPartition:
    case ExprKind::WindowOrder:
    case ExprKind::WindowFrame:
      return "window functions are not allowed in window definitions";
    case ExprKind::UpdateSource:
      return "window functions are not allowed in UPDATE";
    case ExprKind::GroupBy:
      return "window functions are not allowed in GROUP BY";
    case ExprKind::Limit:
      return "window functions are not allowed in LIMIT";
    case ExprKind::Offset:
      return "window functions are not allowed in OFFSET";
    case ExprKind::Returning:
      return "window functions are not allowed in RETURNING";
    case ExprKind::Values:
    case ExprKind::MergeInsert:
      return "window functions are not allowed in VALUES";
    case ExprKind::MergeWhen:
      return "window functions are not allowed in MERGE WHEN conditions";
    case ExprKind::Check:
      return "window functions are not allowed in check constraints";
    case ExprKind::Default:
      return "window functions are not allowed in DEFAULT expressions";
    case ExprKind::IndexKey:
      return "window functions are not allowed in index expressions";
    case ExprKind::IndexPredicate:
      return "window functions are not allowed in index predicates";
    case ExprKind::Using:
      return "window functions are not allowed in transform expressions";
    case ExprKind::CopyWhere:
      return "window functions are not allowed in COPY FROM WHERE conditions";
    case ExprKind::ExecuteArgument:
      return "window functions are not allowed in EXECUTE parameters";
    case ExprKind::Other:
    case ExprKind::SelectList:
    case ExprKind::OrderBy:
    case ExprKind::DistinctOn:
      return nullptr;
  }
  return nullptr;
}

const char* set_function_refusal(ExprKind kind) {
  switch (kind) {
    case ExprKind::JoinCondition:
      return "set-returning functions are not allowed in JOIN conditions";
    case ExprKind::Where:
      return "set-returning functions are not allowed in WHERE";
    case ExprKind::Having:
      return "set-returning functions are not allowed in HAVING";
    case ExprKind::Filter:
      return "set-returning functions are not allowed in FILTER";
    case ExprKind::WindowFrame:
      return "set-returning functions are not allowed in window definitions";
    case ExprKind::UpdateSource:
      return "set-returning functions are not allowed in UPDATE";
    case ExprKind::Limit:
      return "set-returning functions are not allowed in LIMIT";
    case ExprKind::Offset:
      return "set-returning functions are not allowed in OFFSET";
    case ExprKind::Returning:
      return "set-returning functions are not allowed in RETURNING";
    case ExprKind::Values:
      return "set-returning functions are not allowed in VALUES";
    case ExprKind::MergeInsert:
      return "set-valued function called in context that cannot accept a set";
    case ExprKind::MergeWhen:
      return "set-returning functions are not allowed in MERGE WHEN conditions";
    case ExprKind::Check:
      return "set-returning functions are not allowed in check constraints";
    case ExprKind::Default:
      return "set-returning functions are not allowed in DEFAULT expressions";
    case ExprKind::IndexKey:
      return "set-returning functions are not allowed in index expressions";
    case ExprKind::IndexPredicate:
      return "set-returning functions are not allowed in index predicates";
    case ExprKind::Using:
      return "set-returning functions are not allowed in transform expressions";
    case ExprKind::CopyWhere:
      return "set-returning functions are not allowed in COPY FROM WHERE conditions";
    case ExprKind::ExecuteArgument:
      return "set-returning functions are not allowed in EXECUTE parameters";
    default:
      return nullptr;
  }
}

const char* subquery_refusal(ExprKind kind) {
  switch (kind) {
    case ExprKind::Check:
      return "cannot use subquery in check constraint";
    case ExprKind::Default:
      return "cannot use subquery in DEFAULT expression";
    case ExprKind::IndexKey:
      return "cannot use subquery in index expression";
    case ExprKind::IndexPredicate:
      return "cannot use subquery in index predicate";
    case ExprKind::Using:
      return "cannot use subquery in transform expression";
    case ExprKind::CopyWhere:
      return "cannot use subquery in COPY FROM WHERE condition";
    case ExprKind::ExecuteArgument:
      return "cannot use subquery in EXECUTE parameter";
    default:
      return nullptr;
  }
}

}  // namespace rowan::binding
