// executor/aggregate_calls.h: the aggregate functions of one step, for any number of groups: arguments,
// FILTER, DISTINCT and ORDER BY inside the call. A group's states lie one after the other in memory that the
// step owns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "executor/compute.h"
#include "executor/sort_keys.h"
#include "executor/sorter.h"
#include "types/result.h"

namespace rowan {

class AggregateCalls {
 public:
  AggregateCalls(Run& run, const std::vector<physical::AggregateCall>& calls);
  ~AggregateCalls();
  AggregateCalls(const AggregateCalls&) = delete;
  AggregateCalls& operator=(const AggregateCalls&) = delete;

  size_t size() const { return calls_.size(); }
  uint32_t state_bytes() const { return state_bytes_; }  // of a group; aligned to 16
  // Starts the states of a group at `state`.
  void init(char* state);
  // Adds rows `rows` of `batch`: states[i] is the group of the i-th row, ordinals[i] its number (both
  // nullptr: every row goes to `single`, group 0). Errors: those of arguments and functions.
  Result<> update(const Batch& batch, const Selection& rows, char* const* states, const uint64_t* ordinals,
                  char* single);
  // All rows of the groups are in: calls with DISTINCT or ORDER BY get theirs now. `state_of` tells a group's
  // states by its number.
  Result<> complete(const std::function<char*(uint64_t)>& state_of);
  // The values of a group into row `row` of columns first_column … of `out`.
  Result<> write(const char* state, Batch& out, size_t first_column, uint32_t row);
  // Gives back what states own outside of the arena; own_memory(): some may.
  void destroy(char* state);
  bool own_memory() const;
  // After the last group of a round: long values go.
  void reset_arena() { arena_ = Arena(); }
  size_t arena_bytes() const { return arena_.allocated_bytes(); }

 private:
  struct Call;
  Result<> update_call(Call& call, const Batch& batch, const Selection& rows, char* const* states,
                       const uint64_t* ordinals, char* single);
  Result<> complete_call(Call& call, const std::function<char*(uint64_t)>& state_of);
  Result<> apply(Call& call, Columns arguments, const Selection& rows, char* const* states, char* single);

  Run& run_;
  std::vector<std::unique_ptr<Call>> calls_;
  uint32_t state_bytes_ = 0;
  Arena arena_;
};

}  // namespace rowan
