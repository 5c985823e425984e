// tests/isolation/scenarios.h: plays the anomalies of a scenario file (hermitage.json) and compares each
// step's outcome with the one expected: rows, rows touched or SQLSTATE, and after which step one that waited
// ended.
#pragma once

#include <string>
#include <vector>

namespace rowan::isolation {

struct ScenarioReport {
  size_t played = 0;
  std::vector<std::string> differences;
};

// `levels`: "RC", "RR", "SER". Exact outcomes, of SERIALIZABLE too: the same victim at the same step.
ScenarioReport play_scenarios(const std::string& json_text, const std::vector<std::string>& levels);

}  // namespace rowan::isolation
