#include "tests/isolation/scenarios.h"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/isolation/session.h"

namespace rowan::isolation {
namespace {

using nlohmann::json;

// An outcome in the file's own form.
json outcome_of(const Answer& answer) {
  if (answer.error) return {{"error", std::string(answer.error->state().text())}};
  if (!answer.is_query) return {{"ok", answer.row_count}};
  json rows = json::array();
  for (const auto& row : answer.rows) {
    json& cells = rows.emplace_back(json::array());
    for (const Cell& cell : row) {
      json number = json::parse(cell.value_or("null"), nullptr, false);
      cells.push_back(number.is_number() ? number : json(cell.value_or("NULL")));
    }
  }
  return {{"rows", rows}};
}

class ScenarioRun {
 public:
  ScenarioRun(const json& document, const json& scenario, const std::string& level)
      : database_(Database::open(":memory:").value()),
        observer_(database_),
        scenario_(scenario),
        level_(level) {
    Session control(database_, "control");
    for (const char* part : {"reset", "setup"})
      for (const json& sql : document.at(part)) must(control, sql.get<std::string>());
    if (scenario.contains("setup"))
      for (const json& sql : scenario.at("setup")) must(control, sql.get<std::string>());
  }

  json run() {
    const json& steps = scenario_.at("steps");
    outcomes_ = json::array();
    for (size_t i = 0; i < steps.size(); ++i) outcomes_.push_back({{"error", "never ended"}});
    for (size_t i = 0; i < steps.size(); ++i) {
      std::string who = steps[i][0];
      if (waiting_.count(who) != 0) {
        outcomes_[i] = {{"error", "session busy"}};
        continue;
      }
      Session& session = session_of(who);
      session.start(with_level(steps[i][1]));
      if (observer_.settles_waiting(session))
        waiting_[who] = i;
      else
        outcomes_[i] = end_of(session);
      look_at_waiting(i);
    }
    for (auto& [who, step] : waiting_) {
      Session& session = session_of(who);
      while (!session.is_done()) session.cancel();
    }
    return outcomes_;
  }

 private:
  static void must(Session& session, std::string sql) {
    for (const Answer& answer : session.run(std::move(sql)))
      if (answer.error) throw std::runtime_error(answer.error->message());
  }
  std::string with_level(std::string sql) const {
    size_t at = sql.find("{level}");
    if (at != std::string::npos)
      sql.replace(at, 7,
                  level_ == "RC"    ? "READ COMMITTED"
                  : level_ == "SER" ? "SERIALIZABLE"
                                    : "REPEATABLE READ");
    return sql;
  }
  Session& session_of(const std::string& who) {
    std::unique_ptr<Session>& session = sessions_[who];
    if (!session) session = std::make_unique<Session>(database_, who);
    return *session;
  }
  static json end_of(Session& session) { return outcome_of(session.take().back()); }
  // Steps that waited and ended once step `now` had run.
  void look_at_waiting(size_t now) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      Session& session = session_of(at->first);
      if (at->second == now || observer_.settles_waiting(session)) {
        ++at;
        continue;
      }
      json outcome = end_of(session);
      outcome["wait"] = now + 1;
      outcomes_[at->second] = outcome;
      at = waiting_.erase(at);
    }
  }

  Database database_;
  WaitObserver observer_;
  const json& scenario_;
  const std::string level_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;
  std::map<std::string, size_t> waiting_;  // session -> the step it stands at
  json outcomes_;
};

}  // namespace

ScenarioReport play_scenarios(const std::string& json_text, const std::vector<std::string>& levels) {
  json document = json::parse(json_text);
  ScenarioReport report;
  for (const json& scenario : document.at("scenarios")) {
    for (const std::string& level : levels) {
      ++report.played;
      json got = ScenarioRun(document, scenario, level).run();
      const json& wanted = scenario.at("expect").at(level);
      for (size_t i = 0; i < got.size(); ++i) {
        if (got[i] == wanted[i]) continue;
        report.differences.push_back(scenario.at("id").get<std::string>() + " " + level + " step " +
                                     std::to_string(i + 1) + " " + scenario.at("steps")[i].dump() +
                                     ": wanted " + wanted[i].dump() + ", got " + got[i].dump());
      }
    }
  }
  return report;
}

}  // namespace rowan::isolation
