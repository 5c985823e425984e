// tests/isolation/spec.h: PostgreSQL's isolation specs: set-up and tear-down, sessions with named steps, and
// the orders in which to play them. Source: the format that PostgreSQL's src/test/isolation/README describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan::isolation {

struct Step {
  std::string name;
  std::string sql;
  size_t session = 0;
};

struct SpecSession {
  std::string name;
  std::string setup, teardown;
  std::vector<size_t> steps;  // numbers in Spec::steps
};

// What holds the report of a step's end back: its first look, `(*)`; another step that has not ended,
// `(step)`; or that step's session not having given `notices` more notices, `(step notices n)`.
struct Marker {
  enum class Kind : uint8_t { Once, OtherStep, Notices };
  Kind kind = Kind::Once;
  size_t step = 0;
  size_t notices = 0;
};

struct PlannedStep {
  size_t step;
  std::vector<Marker> markers;
};
using Permutation = std::vector<PlannedStep>;

struct Spec {
  std::vector<std::string> setups;
  std::string teardown;
  std::vector<SpecSession> sessions;
  std::vector<Step> steps;
  std::vector<Permutation>
      permutations;  // where the text has none: every order that keeps each session's own
};

// Errors: 42601, with the line in the message.
Result<Spec> parse_spec(std::string_view text);

}  // namespace rowan::isolation
