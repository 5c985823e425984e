// types/aggregate_state.h: loops over rows and their states, for the files that define aggregates. Private to
// types/.
#pragma once

#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "types/function.h"

namespace rowan {

// step(state, position) for every row of the update; step returns void or Result<>.
template <class State, class Step>
Result<> for_each_state(Aggregate::Update& update, Step step) {
  for (uint32_t i = 0; i < update.rows.count(); ++i) {
    char* bytes = update.states != nullptr ? update.states[i] : update.single;
    State& state = *reinterpret_cast<State*>(bytes);
    if constexpr (std::is_void_v<decltype(step(state, 0u))>) {
      step(state, update.rows[i]);
    } else {
      Result<> done = step(state, update.rows[i]);
      if (!done.ok()) [[unlikely]]
        return done;
    }
  }
  return {};
}

template <class State>
void init_state(char* state) {
  new (state) State();
}
template <class State>
const State& state_of(const char* state) {
  return *reinterpret_cast<const State*>(state);
}
template <class State>
State& state_of(char* state) {
  return *reinterpret_cast<State*>(state);
}

// Value `row` of an argument, flat or constant.
template <class T>
const T& argument_value(const Aggregate::Update& update, size_t argument, uint32_t row) {
  const Vector& vector = *update.arguments[argument];
  return vector.data<T>()[vector.is_constant() ? 0 : row];
}

// The common parts of an aggregate over `State`.
template <class State>
Aggregate aggregate_of(std::string_view name, std::vector<TypeId> arguments, TypeId result) {
  static_assert(alignof(State) <= 16);
  Aggregate aggregate;
  aggregate.name = name;
  aggregate.arguments = std::move(arguments);
  aggregate.result = result;
  aggregate.state_size = (sizeof(State) + 15) & ~size_t{15};
  aggregate.init = &init_state<State>;
  return aggregate;
}

void register_moment_aggregates(FunctionRegistry& registry);   // types/aggregate_moments.cpp
void register_extreme_aggregates(FunctionRegistry& registry);  // types/aggregate_extremes.cpp

}  // namespace rowan
