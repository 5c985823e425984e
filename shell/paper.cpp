#include "shell/paper.h"

#include <algorithm>

namespace rowan::shell {

Paper& Paper::write_through(std::string_view text) {
  flush();
  if (text.size() <= kHeldMax) {
    held_ = text;
  } else {
    std::fwrite(text.data(), 1, text.size(), file_);
    has_written_ = true;
  }
  return *this;
}

void Paper::append(size_t count, char c) {
  constexpr size_t kStretch = 4096;
  for (std::string stretch(std::min(count, kStretch), c); count > 0;) {
    size_t length = std::min(count, kStretch);
    *this += std::string_view(stretch).substr(0, length);
    count -= length;
  }
}

void Paper::flush() {
  if (held_.empty()) return;
  std::fwrite(held_.data(), 1, held_.size(), file_);
  has_written_ = true;
  held_.clear();
}

}  // namespace rowan::shell
