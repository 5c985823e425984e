// shell/interrupt.h: Ctrl-C. It cancels the statement that runs; at the prompt it forgets the line being
// typed. A signal handler is the process's, so this is the one place of the shell that keeps state of the
// process.
#pragma once

#include "api/rowan.hpp"

namespace rowan::shell::interrupt {

// Catches SIGINT from now on.
void install();

// Was there a Ctrl-C since the last call? is_pending() asks without taking it away.
bool take();
bool is_pending();

// Waits for something to read on `descriptor`. False: Ctrl-C came first, now or since the last take().
bool wait_for_input(int descriptor);

// While it lives, Ctrl-C cancels what `canceller` stands for.
class Scope {
 public:
  explicit Scope(Canceller canceller);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Canceller canceller_;
};

}  // namespace rowan::shell::interrupt
