// shell/paper.h: where results are written: a file behind a buffer. What is longer than the buffer goes past
// it, so that a table is never held as text, and the first of it can be taken back as long as it fits in the
// buffer.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rowan::shell {

class Paper {
 public:
  explicit Paper(std::FILE* file) : file_(file) {}
  Paper(const Paper&) = delete;
  Paper& operator=(const Paper&) = delete;

  Paper& operator+=(std::string_view text) {
    if (held_.size() + text.size() > kHeldMax) return write_through(text);
    held_ += text;
    return *this;
  }
  Paper& operator+=(char c) { return *this += std::string_view(&c, 1); }
  void append(size_t count, char c);

  // What is held goes to the file; without it, it is dropped with this.
  void flush();
  // Is some of it in the file already?
  bool has_written() const { return has_written_; }

 private:
  static constexpr size_t kHeldMax = size_t{256} << 10;
  Paper& write_through(std::string_view text);

  std::FILE* file_;
  std::string held_;
  bool has_written_ = false;
};

}  // namespace rowan::shell
