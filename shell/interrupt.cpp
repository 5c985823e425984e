#include "shell/interrupt.h"

#include <signal.h>

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

Scope::Scope(Canceller canceller) : canceller_(std::move(canceller)) {
  interrupted.store(false);
  running.store(&canceller_);
}

Scope::~Scope() {
  running.store(nullptr);
}

}  // namespace rowan::shell::interrupt
