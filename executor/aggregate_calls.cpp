#include "executor/aggregate_calls.h"

#include <algorithm>
#include <cstring>

#include "executor/row_buffer.h"
#include "types/try.h"

namespace rowan {

namespace {

std::vector<const Expr*> aggregate_expressions(const std::vector<ExprPtr>& arguments) {
  std::vector<const Expr*> list;
  for (const ExprPtr& argument : arguments) list.push_back(argument.get());
  return list;
}

}  // namespace

struct AggregateCalls::Call {
  Call(Run& run, const physical::AggregateCall& call)
      : node(call),
        filter(run, call.filter.get()),
        arguments(run, aggregate_expressions(call.arguments)),
        order(run, call.order) {}

  const physical::AggregateCall& node;
  Condition filter;
  Computation arguments;
  SortKeys order;
  uint32_t offset = 0;  // of its state in the group's

  // DISTINCT or ORDER BY: rows of (group, arguments) on their way through a sort by group, order, arguments.
  bool is_sorted() const { return node.distinct || !node.order.empty(); }
  std::unique_ptr<Sorter> sorter;
  Vector ordinal;
  std::vector<const Vector*> sorted_columns;
  Batch sorted;
};

AggregateCalls::AggregateCalls(Run& run, const std::vector<physical::AggregateCall>& calls) : run_(run) {
  for (const physical::AggregateCall& each : calls) {
    auto call = std::make_unique<Call>(run, each);
    call->offset = state_bytes_;
    state_bytes_ += static_cast<uint32_t>((each.aggregate->state_size + 15) / 16 * 16);
    if (call->is_sorted()) {
      std::vector<Type> types{TypeId::BigInt};
      for (const ExprPtr& argument : each.arguments) types.push_back(argument->type);
      call->sorter = std::make_unique<Sorter>(run, types);
      call->ordinal = Vector(TypeId::BigInt, kBatchRows);
      call->sorted = Batch(types, kBatchRows);
    }
    calls_.push_back(std::move(call));
  }
}

AggregateCalls::~AggregateCalls() = default;

void AggregateCalls::init(char* state) {
  for (auto& call : calls_) {
    const Aggregate& aggregate = *call->node.aggregate;
    std::memset(state + call->offset, 0, aggregate.state_size);
    if (aggregate.init != nullptr) aggregate.init(state + call->offset);
  }
}

Result<> AggregateCalls::update(const Batch& batch, const Selection& rows, char* const* states,
                                const uint64_t* ordinals, char* single) {
  for (auto& call : calls_) TRY(update_call(*call, batch, rows, states, ordinals, single));
  return {};
}

Result<> AggregateCalls::update_call(Call& call, const Batch& batch, const Selection& rows,
                                     char* const* states, const uint64_t* ordinals, char* single) {
  if (rows.count() == 0) return {};
  // The common case: every row counts, in whatever order.
  if (!call.filter.is_present() && !call.is_sorted()) {
    TRY(call.arguments.evaluate(batch, rows));
    return apply(call, call.arguments.results(), rows, states, single);
  }
  uint16_t kept[kBatchRows];
  char* kept_states[kBatchRows];
  uint64_t kept_ordinals[kBatchRows];
  uint32_t count = 0;
  if (call.filter.is_present()) {
    count = TRY(call.filter.select(batch, rows, kept));
  } else {
    count = list_rows(rows, kept);
  }
  if (count == 0) return {};
  // Both lists rise, so the groups of the kept rows are found in step.
  for (uint32_t i = 0, at = 0; i < count; ++i) {
    while (rows[at] != kept[i]) ++at;
    if (states != nullptr) kept_states[i] = states[at];
    kept_ordinals[i] = ordinals != nullptr ? ordinals[at] : 0;
  }
  TRY(call.arguments.evaluate(batch, Selection(kept, count)));
  Columns arguments = call.arguments.results();
  if (!call.is_sorted())
    return apply(call, arguments, Selection(kept, count), states != nullptr ? kept_states : nullptr, single);

  TRY(call.order.evaluate(batch, Selection(kept, count)));
  call.ordinal.reset();
  for (uint32_t i = 0; i < count; ++i)
    call.ordinal.data<int64_t>()[kept[i]] = static_cast<int64_t>(kept_ordinals[i]);
  call.sorted_columns.assign(1, &call.ordinal);
  call.sorted_columns.insert(call.sorted_columns.end(), arguments.begin(), arguments.end());
  std::string key;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = kept[i];
    key.clear();
    append_sort_key(call.ordinal, row, {}, key);
    call.order.append(row, key);
    if (call.node.distinct)
      for (const Vector* argument : arguments) append_sort_key(*argument, row, {}, key);
    TRY(call.sorter->add(call.sorted_columns, row, key));
  }
  return {};
}

// Rows with a NULL argument are left out where the aggregate says so.
Result<> AggregateCalls::apply(Call& call, Columns arguments, const Selection& rows, char* const* states,
                               char* single) {
  const Aggregate& aggregate = *call.node.aggregate;
  if (single != nullptr) single += call.offset;
  bool may_skip =
      aggregate.skips_nulls && std::any_of(arguments.begin(), arguments.end(),
                                           [](const Vector* one) { return one->may_have_nulls(); });
  uint16_t kept[kBatchRows];
  char* kept_states[kBatchRows];
  uint32_t count = 0;
  if (!may_skip) {
    if (states != nullptr && call.offset != 0) {
      for (uint32_t i = 0; i < rows.count(); ++i) kept_states[i] = states[i] + call.offset;
      states = kept_states;
    }
    Aggregate::Update update{arguments, rows, states, single, arena_, run_.eval()};
    return aggregate.update(update);
  }
  for (uint32_t i = 0; i < rows.count(); ++i) {
    bool skip = false;
    for (const Vector* argument : arguments) skip = skip || argument->is_null(rows[i]);
    if (skip) continue;
    kept[count] = static_cast<uint16_t>(rows[i]);
    if (states != nullptr) kept_states[count] = states[i] + call.offset;
    ++count;
  }
  if (count == 0) return {};
  Aggregate::Update update{
      arguments,  Selection(kept, count), states != nullptr ? kept_states : nullptr, single, arena_,
      run_.eval()};
  return aggregate.update(update);
}

Result<> AggregateCalls::complete(const std::function<char*(uint64_t)>& state_of) {
  for (auto& call : calls_)
    if (call->is_sorted()) TRY(complete_call(*call, state_of));
  return {};
}

Result<> AggregateCalls::complete_call(Call& call, const std::function<char*(uint64_t)>& state_of) {
  TRY(call.sorter->finish());
  std::string last, key;
  bool has_last = false;
  while (true) {
    call.sorted.reset();
    uint32_t count = TRY(call.sorter->next(call.sorted, kBatchRows));
    if (count == 0) break;
    TRY(run_.check_cancel());
    std::vector<const Vector*> columns = column_pointers(call.sorted);
    uint16_t rows[kBatchRows];
    char* states[kBatchRows];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (call.node.distinct) {
        key.clear();
        for (const Vector* column : columns) append_sort_key(*column, i, {}, key);
        if (has_last && key == last) continue;
        last.swap(key);
        has_last = true;
      }
      rows[kept] = static_cast<uint16_t>(i);
      states[kept++] = state_of(static_cast<uint64_t>(call.sorted.column(0).data<int64_t>()[i]));
    }
    if (kept == 0) continue;
    TRY(apply(call, Columns(columns).subspan(1), Selection(rows, kept), states, nullptr));
  }
  call.sorter->clear();
  return {};
}

Result<> AggregateCalls::write(const char* state, Batch& out, size_t first_column, uint32_t row) {
  for (size_t i = 0; i < calls_.size(); ++i)
    TRY(calls_[i]->node.aggregate->finish(state + calls_[i]->offset, out.column(first_column + i), row,
                                          run_.eval()));
  return {};
}

bool AggregateCalls::own_memory() const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [](const auto& call) { return call->node.aggregate->destroy != nullptr; });
}

void AggregateCalls::destroy(char* state) {
  for (auto& call : calls_)
    if (call->node.aggregate->destroy != nullptr) call->node.aggregate->destroy(state + call->offset);
}

}  // namespace rowan
