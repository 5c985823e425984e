#include "types/like.h"

#include <algorithm>
#include <cstring>

#include "types/utf8.h"

namespace rowan {

namespace {

bool ends_with_bytes(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         std::memcmp(text.data() + text.size() - end.size(), end.data(), end.size()) == 0;
}

// memmem is vectorized in the C library, string_view::find is not.
size_t find_bytes(std::string_view text, std::string_view part, size_t from) {
  if (part.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

Error like_trailing_escape() {
  return Error(sqlstate::invalid_escape_sequence, "LIKE pattern must not end with escape character");
}

}  // namespace

LikePattern::LikePattern(std::string_view pattern, bool is_bytes) : pattern_(pattern), is_bytes_(is_bytes) {
  std::string literal;
  bool in_prefix = true;
  bool last_was_percent = false;
  for (size_t i = 0; i < pattern_.size(); ++i) {
    char c = pattern_[i];
    last_was_percent = false;
    if (c == '%') {
      in_prefix = false;
      last_was_percent = true;
      if (i == 0) starts_open_ = true;
      if (!literal.empty()) literals_.push_back(std::move(literal));
      literal.clear();
      continue;
    }
    if (c == '_') {
      is_simple_ = false;
      in_prefix = false;
      continue;
    }
    if (c == '\\') {
      if (++i == pattern_.size()) {
        is_simple_ = false;
        break;
      }
      c = pattern_[i];
    }
    if (in_prefix) prefix_ += c;
    literal += c;
  }
  if (!literal.empty()) literals_.push_back(std::move(literal));
  ends_open_ = last_was_percent;
}

bool LikePattern::matches_simple(std::string_view text) const {
  if (literals_.empty()) return starts_open_ || text.empty();
  size_t first = 0, last = literals_.size();
  if (!starts_open_) {
    const std::string& start = literals_[0];
    if (text.size() < start.size() || std::memcmp(text.data(), start.data(), start.size()) != 0) return false;
    if (last == 1 && !ends_open_) return text.size() == start.size();
    text.remove_prefix(start.size());
    first = 1;
  }
  if (!ends_open_ && first < last) {
    if (!ends_with_bytes(text, literals_[last - 1])) return false;
    text.remove_suffix(literals_[last - 1].size());
    --last;
  }
  size_t at = 0;
  for (size_t i = first; i < last; ++i) {
    at = find_bytes(text, literals_[i], at);
    if (at == std::string_view::npos) return false;
    at += literals_[i].size();
  }
  return true;
}

// Greedy with one point to come back to: after a later '%' an earlier one needs no second try.
Result<bool> LikePattern::matches(std::string_view text) const {
  if (is_simple_) return matches_simple(text);
  std::string_view pattern = pattern_;
  size_t t = 0, p = 0;
  size_t retry_text = std::string_view::npos, retry_pattern = 0;
  auto width = [&](size_t at) {
    return is_bytes_ ? size_t{1} : std::min(utf8_width(text[at]), text.size() - at);
  };
  while (t < text.size()) {
    bool matched = false;
    if (p < pattern.size()) {
      char c = pattern[p];
      if (c == '%') {
        retry_text = t;
        retry_pattern = ++p;
        continue;
      }
      if (c == '_') {
        t += width(t);
        ++p;
        matched = true;
      } else {
        size_t literal = p;
        if (c == '\\') {
          literal = p + 1;
          if (literal == pattern.size()) return like_trailing_escape();
        }
        if (pattern[literal] == text[t]) {
          ++t;
          p = literal + 1;
          matched = true;
        }
      }
    }
    if (matched) continue;
    if (retry_text == std::string_view::npos) return false;
    retry_text += width(retry_text);
    t = retry_text;
    p = retry_pattern;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace rowan
