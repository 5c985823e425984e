// watch.h: says what was running when a test hangs or dies.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace rowan::sql_crash {

class Watch {
 public:
  explicit Watch(unsigned seconds) : seconds_(seconds) {
    for (int number : {SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(number, tell);
  }
  ~Watch() {
    alarm(0);
    for (int number : {SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(number, SIG_DFL);
  }
  void begin(const std::string& what) const {
    std::snprintf(running_, sizeof running_, "hung or died: %s\n", what.c_str());
    alarm(seconds_);
  }

 private:
  static void tell(int number) {  // may not allocate
    (void)!write(STDERR_FILENO, running_, strnlen(running_, sizeof running_));
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  static inline char running_[200];
  const unsigned seconds_;
};

}  // namespace rowan::sql_crash
