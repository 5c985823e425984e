#include "types/error.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace rowan {

Error::Error(SqlState state, std::string message) : facts_(std::make_unique<Facts>()) {
  facts_->state = state;
  facts_->message = std::move(message);
}

Error::Error(const Error& other) : facts_(other.facts_ ? std::make_unique<Facts>(*other.facts_) : nullptr) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) facts_ = other.facts_ ? std::make_unique<Facts>(*other.facts_) : nullptr;
  return *this;
}

Error&& Error::at(Position position) && {
  if (facts_->position == kNoPosition) facts_->position = position;
  return std::move(*this);
}

Error&& Error::without_position() && {
  facts_->position = kNoPosition;
  return std::move(*this);
}

Error&& Error::detail(std::string text) && {
  facts_->detail = std::move(text);
  return std::move(*this);
}

Error&& Error::hint(std::string text) && {
  facts_->hint = std::move(text);
  return std::move(*this);
}

Error&& Error::context(std::string text) && {
  if (!facts_->context.empty()) facts_->context += '\n';
  facts_->context += text;
  return std::move(*this);
}

Error&& Error::table(std::string_view name) && {
  facts_->table = name;
  return std::move(*this);
}

Error&& Error::column(std::string_view name) && {
  facts_->column = name;
  return std::move(*this);
}

Error&& Error::constraint(std::string_view name) && {
  facts_->constraint = name;
  return std::move(*this);
}

Error&& Error::row(uint64_t number) && {
  facts_->row = number;
  return std::move(*this);
}

Error&& Error::value(std::string_view text) && {
  facts_->value = text;
  return std::move(*this);
}

namespace {

// Edits that turn `a` into `b`: insert, delete, replace, swap of two neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

Suggestion::Suggestion(std::string_view name)
    : name_(name), distance_(std::max<size_t>(name.size() / 3, 1) + 1) {}

void Suggestion::consider(std::string_view candidate) {
  constexpr size_t kIdentifierMax = 63;
  if (candidate.size() > kIdentifierMax || name_.size() > kIdentifierMax || candidate == name_) return;
  size_t distance = edit_distance(name_, candidate);
  if (distance < distance_ && distance < candidate.size()) {
    distance_ = distance;
    best_ = candidate;
  }
}

}  // namespace rowan
