// types/build_text.h: results of functions that make new bytes, put where the result vector keeps its texts.
#pragma once

#include <string>
#include <string_view>

#include "types/function.h"

namespace rowan {

// The longest value, as PostgreSQL's MaxAllocSize has it.
inline constexpr size_t kTextBytesMax = 0x3fffffff;

// The longest template of to_char: what a letter of it may become fits then, and what it is read into.
inline constexpr size_t kTemplateBytesMax = kTextBytesMax / 16;

inline Error text_too_long() {
  return Error(sqlstate::program_limit_exceeded, "requested length too large");
}

// May a text of `held` bytes grow by `more`? Asked before the memory is taken. Errors: 54000, in the words of
// PostgreSQL's string buffers, which keep a byte for themselves.
inline Result<> check_growth(size_t held, size_t more) {
  if (more < kTextBytesMax && held < kTextBytesMax - more) return {};
  return Error(sqlstate::program_limit_exceeded, "out of memory")
      .detail("Cannot enlarge string buffer containing " + std::to_string(held) + " bytes by " +
              std::to_string(more) + " more bytes.");
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
