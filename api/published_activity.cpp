#include "api/published_activity.h"

#include <utility>

namespace rowan {
namespace {

// At most kKept bytes, and no character cut in two.
std::string beginning_of(std::string_view text) {
  if (text.size() <= PublishedActivity::kKept) return std::string(text);
  size_t end = PublishedActivity::kKept;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace

void PublishedActivity::publish(const std::shared_ptr<ParsedStatement>& statement, bool runs_again) {
  std::shared_ptr<const ParsedStatement> before;  // destroyed outside of the mutex
  MutexLock lock(mutex_);
  before = std::exchange(shared_, statement);
  statement_ = statement.get();
  is_single_use_ = !runs_again;
}

void PublishedActivity::shorten() {
  std::shared_ptr<const ParsedStatement> gone;
  MutexLock lock(mutex_);
  is_single_use_ = false;
  text_ = beginning_of(shared_->text);
  gone = std::move(shared_);
  statement_ = nullptr;
}

std::string PublishedActivity::statement() const {
  MutexLock lock(mutex_);
  return shared_ ? beginning_of(shared_->text) : text_;
}

PublishedActivity::Seen PublishedActivity::look() const {
  Seen seen;
  seen.state = state_.load(std::memory_order_relaxed);
  seen.statement_us = statement_us_.load(std::memory_order_relaxed);
  seen.state_us = state_us_.load(std::memory_order_relaxed);
  seen.transaction_us = transaction_us_.load(std::memory_order_relaxed);
  seen.statement = statement();
  return seen;
}

}  // namespace rowan
