// types/build_text.h: results of functions that make new bytes, put where the result vector keeps its texts.
#pragma once

#include <string_view>

#include "types/function.h"

namespace rowan {

// The longest value, as PostgreSQL's MaxAllocSize has it.
inline constexpr size_t kTextBytesMax = 0x3fffffff;

inline Error text_too_long() {
  return Error(sqlstate::program_limit_exceeded, "requested length too large");
}

// A Text of `size` bytes that fill(char*) writes, all of them.
template <class Fill>
Text build_text(KernelCall& call, size_t size, Fill fill) {
  if (size <= Text::kInlineMax) {
    char bytes[Text::kInlineMax];
    fill(bytes);
    return Text(std::string_view(bytes, size));
  }
  char* bytes = call.result.arena().allocate(size);
  fill(bytes);
  return Text(std::string_view(bytes, size));
}

inline Text keep_text(KernelCall& call, std::string_view bytes) {
  return call.result.arena().copy(bytes);
}

}  // namespace rowan
