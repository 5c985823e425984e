// types/try.h: hands an error to our caller, or yields the value.
//
//   ColumnRef column = TRY(scope.resolve(name));
//   TRY(file.sync());
//
// A GCC and Clang extension (statement expressions). TRY is a whole statement or a whole right-hand side:
// inside a braced initialiser or among other arguments both compilers leak what was already built (tests/tidy
// checks).
#pragma once

#include "types/result.h"

#define TRY(expression)                     \
  ({                                        \
    auto try_result = (expression);         \
    if (!try_result.ok()) [[unlikely]]      \
      return std::move(try_result).error(); \
    std::move(try_result).take();           \
  })
