#include "types/check.h"

#include <cstdio>
#include <cstdlib>

namespace rowan::detail {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

Error ensure_failed(const char* condition, const char* file, int line) {
  return Error(sqlstate::internal_error, std::string("internal error: ") + condition + " does not hold (" +
                                             file + ":" + std::to_string(line) + ")");
}

}  // namespace rowan::detail
