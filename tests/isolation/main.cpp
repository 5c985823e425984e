// tests/isolation/main.cpp: rowan-isolation: plays interleavings of sessions against Rowan in this process.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "tests/isolation/player.h"
#include "tests/isolation/scenarios.h"
#include "types/try.h"

namespace rowan::isolation {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> find_specs(const std::vector<std::string>& arguments) {
  std::vector<fs::path> specs;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      specs.emplace_back(argument);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argument))
      if (entry.path().extension() == ".spec") specs.push_back(entry.path());
  }
  std::sort(specs.begin(), specs.end());
  return specs;
}

Result<std::string> play_file(const fs::path& path) {
  Spec spec = TRY(parse_spec(read_file(path)));
  Database database = TRY(Database::open(":memory:"));
  std::string out = TRY(play(spec, database));
  std::vector<std::string> findings = TRY(database.check());
  if (!findings.empty()) return Error(sqlstate::data_corrupted, findings.front());
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The same with the rows of each answer sorted whose statement asks for no order: there it is nobody's to
// promise, and pages that are freed in the background decide it.
std::string with_rows_in_order(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  std::string result, statement;
  for (size_t i = 0; i < lines.size(); ++i) {
    bool is_step = lines[i].rfind("step ", 0) == 0;
    statement = is_step ? lines[i] : statement + lines[i];
    result += lines[i] + "\n";
    bool is_rule = !lines[i].empty() && lines[i].find_first_not_of("-+") == std::string::npos;
    if (!is_rule || statement.find("ORDER BY") != std::string::npos) continue;
    size_t end = i + 1;
    while (end < lines.size() && lines[end].rfind("(", 0) != 0) ++end;
    std::sort(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1,
              lines.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return result;
}

// The lines around the first difference.
void show_difference(const std::string& wanted_text, const std::string& got_text) {
  std::vector<std::string> wanted = lines_of(wanted_text);
  std::vector<std::string> got = lines_of(got_text);
  size_t at = 0;
  while (at < std::min(wanted.size(), got.size()) && wanted[at] == got[at]) ++at;
  size_t start = at;
  while (start > 0 && wanted[start].rfind("starting permutation", 0) != 0) --start;
  for (size_t i = start; i < at; ++i) std::cout << "    " << wanted[i] << "\n";
  for (size_t i = at; i < std::min(wanted.size(), at + 6); ++i) std::cout << "  - " << wanted[i] << "\n";
  for (size_t i = at; i < std::min(got.size(), at + 6); ++i) std::cout << "  + " << got[i] << "\n";
}

// True: as expected, or only printed.
bool run_spec(const fs::path& path, const std::string& expected) {
  Result<std::string> out = play_file(path);
  if (!out.ok()) {
    std::cout << path.stem().string() << ": " << out.error().message() << "\n"
              << out.error().detail() << "\n";
    return false;
  }
  if (expected.empty()) {
    std::cout << *out;
    return true;
  }
  std::string wanted = read_file(fs::path(expected) / (path.stem().string() + ".out"));
  bool same = wanted == *out || with_rows_in_order(wanted) == with_rows_in_order(*out);
  std::cout << path.stem().string() << ": " << (same ? "exact" : "differs") << std::endl;
  if (!same) show_difference(wanted, *out);
  return same;
}

int run(int argc, char** argv) {
  CLI::App app("rowan-isolation: plays PostgreSQL's isolation specs, each on a fresh database");
  std::vector<std::string> arguments;
  std::vector<std::string> levels{"RC", "RR"};
  std::string expected, scenarios;
  app.add_option("SPEC", arguments, "specs, or folders of them (.spec)");
  app.add_option("--expected", expected, "compare with NAME.out in this folder instead of printing");
  app.add_option("--scenarios", scenarios, "a file of anomalies and their outcomes (hermitage.json)");
  app.add_option("--levels", levels, "which of its levels")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  size_t good = 0, bad = 0;
  for (const fs::path& path : find_specs(arguments)) ++(run_spec(path, expected) ? good : bad);
  if (!expected.empty()) std::cout << good << " specs exact, " << bad << " not\n";
  if (!scenarios.empty()) {
    ScenarioReport report = play_scenarios(read_file(scenarios), levels);
    for (const std::string& difference : report.differences) std::cout << difference << "\n";
    std::cout << report.played << " scenarios, " << report.differences.size() << " steps not as expected\n";
    bad += report.differences.size();
    good += report.played;
  }
  return bad == 0 && good > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rowan::isolation

int main(int argc, char** argv) {
  return rowan::isolation::run(argc, argv);
}
