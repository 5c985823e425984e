#include "shell/interrupt.h"

#include <signal.h>
#include <sys/select.h>

#include <atomic>

namespace rowan::shell::interrupt {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<const Canceller*> running{nullptr};

void handle_interrupt(int) {
  interrupted.store(true);
  // Canceller::cancel() stores a word and wakes a futex: both are allowed in a signal handler.
  if (const Canceller* canceller = running.load()) canceller->cancel();
}

}  // namespace

void install() {
  struct sigaction action = {};
  action.sa_handler = handle_interrupt;  // without SA_RESTART: a read of the next line is interrupted, too
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool take() {
  return interrupted.exchange(false);
}

bool is_pending() {
  return interrupted.load();
}

// SIGINT is let in only while we wait, so that none falls between looking and waiting.
bool wait_for_input(int descriptor) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  bool ready = false;
  while (!ready && !interrupted.load()) {
    fd_set descriptors;
    FD_ZERO(&descriptors);
    FD_SET(descriptor, &descriptors);
    ready = pselect(descriptor + 1, &descriptors, nullptr, nullptr, nullptr, &before) > 0;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return ready;
}

Scope::Scope(Canceller canceller) : canceller_(std::move(canceller)) {
  interrupted.store(false);
  running.store(&canceller_);
}

Scope::~Scope() {
  running.store(nullptr);
  interrupted.store(false);  // what cancelled the statement is not for the line after it
}

}  // namespace rowan::shell::interrupt
