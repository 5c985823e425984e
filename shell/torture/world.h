// shell/torture/world.h: what the writers and the verifier agree on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "api/rowan.hpp"

namespace rowan::torture {

inline constexpr int kAccounts = 100;
inline constexpr int64_t kBalance = 1000;
inline constexpr int kDocumentsEach = 16;  // of a writer
inline constexpr int kCrowd = 400;         // rows of a writer's crowd

// What goes through the pipe.
struct Acknowledged {
  int32_t writer;
  int32_t number;
};

// By writer: the number of the next transaction, or of the last acknowledged one.
using Numbers = std::map<int, int32_t>;

// Makes the tables.
Result<> set_up(Database& database, int writers);

// The child: writes until it is killed. Ends by itself only when a statement fails, with what went wrong on
// stderr.
[[noreturn]] void write_until_killed(const std::string& path, int writers, const Numbers& next, uint64_t seed,
                                     int pipe_end);

// Looks at what a kill has left, tells `fault` of each fault, and says where the writers go on.
Result<> verify(Database& database, int writers, const Numbers& acknowledged, Numbers& next,
                const std::function<void(const std::string&)>& fault);

// The first value of the first row, NULL and no row being -1.
Result<int64_t> number_of(Connection& connection, const std::string& sql);

}  // namespace rowan::torture
