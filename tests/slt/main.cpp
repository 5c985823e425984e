// tests/slt/main.cpp: rowan-slt: runs sqllogictest scripts against Rowan in this process.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/slt/runner.h"

namespace rowan::slt {
namespace {

namespace fs = std::filesystem;

using Known = std::map<size_t, std::pair<std::string, std::string>>;  // line -> what, key

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::map<std::string, Known> read_baseline(const std::string& path) {
  std::map<std::string, Known> baseline;
  nlohmann::json json = nlohmann::json::parse(read_file(path));
  for (const auto& file : json.at("files")) {
    Known& known = baseline[file.at("file").get<std::string>()];
    for (const auto& failure : file.at("fail")) {
      known[failure.at(0).get<size_t>()] = {failure.at(1).get<std::string>(),
                                            failure.at(2).get<std::string>()};
    }
  }
  return baseline;
}

std::vector<fs::path> find_scripts(const std::vector<std::string>& arguments) {
  std::vector<fs::path> scripts;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      scripts.emplace_back(argument);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(argument)) {
      std::string extension = entry.path().extension();
      if (extension == ".test" || extension == ".slt") scripts.push_back(entry.path());
    }
  }
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

struct Settings {
  std::vector<std::string> paths;
  std::string baseline, unskip, root, database = ":memory:";
  bool rewrite = false;
  int verbose = 0;
};

struct Totals {
  size_t records = 0, run = 0, passed = 0, failed = 0, skipped = 0, beyond = 0, off_dialect = 0;
};

void run_one(const fs::path& path, const Settings& settings, const std::map<std::string, Known>& baseline,
             Totals& totals) {
  std::string name = settings.root.empty() ? path.string() : fs::relative(path, settings.root).string();
  Result<Script> script = parse_script(read_file(path), settings.unskip);
  if (!script.ok()) {
    std::cout << name << ": " << script.error().message() << "\n";
    ++totals.beyond;
    return;
  }
  auto started = std::chrono::steady_clock::now();
  std::string rewritten;
  Report report = run_script(*script, settings.database, settings.rewrite ? &rewritten : nullptr);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  if (settings.rewrite && !report.failures.empty()) std::ofstream(path, std::ios::binary) << rewritten;

  auto found = baseline.find(name);
  const Known known = found == baseline.end() ? Known() : found->second;
  size_t beyond = 0;
  size_t same = 0;
  for (const Failure& failure : report.failures) {
    auto departure = known.find(failure.line);
    if (departure == known.end()) {
      ++beyond;
    } else if (departure->second == std::make_pair(failure.what, failure.key)) {
      ++same;
    }
  }
  size_t off = known.size() - same;
  std::printf("%-44s run %6zu pass %6zu fail %5zu skip %6zu %7.2fs  beyond baseline %zu, off dialect %zu\n",
              name.c_str(), report.run, report.passed, report.failures.size(), report.skipped, took.count(),
              beyond, off);
  size_t shown = 0;
  for (const Failure& failure : report.failures) {
    if (known.count(failure.line) != 0 || (settings.verbose == 0 && shown++ >= 10)) continue;
    std::printf("    line %zu %s: %s\n", failure.line, failure.what.c_str(), failure.detail.c_str());
  }
  totals.records += report.records;
  totals.run += report.run;
  totals.passed += report.passed;
  totals.failed += report.failures.size();
  totals.skipped += report.skipped;
  totals.beyond += beyond;
  totals.off_dialect += off;
}

int run(int argc, char** argv) {
  CLI::App app("rowan-slt: runs sqllogictest scripts, each on a fresh database");
  Settings settings;
  app.add_option("FILE", settings.paths, "scripts, or folders of them (.test, .slt)")->required();
  app.add_option("--baseline", settings.baseline, "another engine's result; only what it passes counts");
  app.add_option("--unskip", settings.unskip, "run skipif records whose remark has this text");
  app.add_option("--root", settings.root, "names are relative to this folder, as the baseline's are");
  app.add_option("--database", settings.database,
                 "where the database goes, instead of memory; removed before each script");
  app.add_flag("--rewrite", settings.rewrite, "write what Rowan answers into the scripts");
  app.add_flag("-v", settings.verbose, "show every failure");
  CLI11_PARSE(app, argc, argv);
  std::map<std::string, Known> baseline;
  if (!settings.baseline.empty()) baseline = read_baseline(settings.baseline);
  Totals totals;
  for (const fs::path& path : find_scripts(settings.paths)) {
    if (settings.database != ":memory:") {
      fs::remove(settings.database);
      fs::remove_all(settings.database + "-wal");
    }
    run_one(path, settings, baseline, totals);
    std::fflush(stdout);
  }
  std::printf("total: records %zu run %zu pass %zu fail %zu skipped %zu\n", totals.records, totals.run,
              totals.passed, totals.failed, totals.skipped);
  std::printf("beyond baseline (must be 0): %zu; off dialect (goal 0): %zu\n", totals.beyond,
              totals.off_dialect);
  return totals.beyond == 0 && totals.run > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rowan::slt

int main(int argc, char** argv) {
  return rowan::slt::run(argc, argv);
}
