// types/interval.h: INTERVAL's three fields, which do not convert into each other without a date.
#pragma once

#include <cstdint>

namespace rowan {

struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t microseconds = 0;
  bool operator==(const Interval&) const = default;  // of fields; SQL's = compares the estimated length
};
static_assert(sizeof(Interval) == 16);

}  // namespace rowan
