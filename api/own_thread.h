// api/own_thread.h: how the library starts a thread of its own: with every signal blocked, so that handlers
// of the program around it run on the program's threads only (hazards, 42).
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace rowan {

// Errors: std::system_error when the system has no thread to give. Thread-safe.
template <typename Body>
std::thread start_own_thread(Body&& body) {
  struct Blocked {
    sigset_t before;
    Blocked() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~Blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  } blocked;  // what is begun meanwhile inherits it
  return std::thread(std::forward<Body>(body));
}

}  // namespace rowan
