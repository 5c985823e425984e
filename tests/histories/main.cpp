// tests/histories/main.cpp: rowan-histories: random transactions at size, judged by the rules of their level.
// Prints a Markdown table, and what was found that the level forbids. Exit status 1: something was, or
// something else went wrong.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "tests/histories/rounds.h"

namespace rowan::history {
namespace {

const std::map<std::string, Level> kLevels = {
    {"rc", Level::ReadCommitted}, {"rr", Level::RepeatableRead}, {"ser", Level::Serializable}};

struct Options {
  std::vector<std::string> levels, names;
  std::string lower, plant, file;
  uint64_t transactions = 10'000;
  bool stops_when_found = false;
  RoundsSetup setup;
};

bool play(Options& options, const std::string& level, const Mix& mix) {
  RoundsSetup setup = options.setup;
  setup.mix = &mix;
  setup.judged = kLevels.at(level);
  if (!options.lower.empty()) setup.run = kLevels.at(options.lower);
  std::filesystem::path folder;
  if (!options.file.empty() || setup.planted != PlantedRace::None) {
    folder =
        options.file.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(options.file);
    folder /= "rowan-histories-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder);
    setup.path = folder / "histories.rowan";
  }
  auto begin = std::chrono::steady_clock::now();
  bool is_good = true;
  {
    Rounds rounds(setup);
    while (rounds.totals().committed < options.transactions) {
      rounds.play();
      if (options.stops_when_found && !rounds.forbidden().empty()) break;
    }
    const Totals& totals = rounds.totals();
    std::cout << table_line(setup, totals) << std::flush;
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cerr << totals.rounds << " rounds in " << seconds << " s, " << totals.given_up
              << " rolled back for no reason, " << totals.absent_reads << " reads of absent keys, "
              << totals.vague_reads << " of them between lives not known exactly\n";
    for (const auto& [name, count] : rounds.forbidden()) {
      is_good = false;
      auto example = totals.examples.find(name);
      std::cerr << name << ": " << count << "\n"
                << (example == totals.examples.end() ? "" : example->second) << "\n";
    }
    std::vector<std::string> wrong = totals.failures;
    for (std::string& finding : rounds.check()) wrong.push_back(std::move(finding));
    for (size_t i = 0; i < wrong.size() && i < 10; ++i) std::cerr << wrong[i] << "\n";
    is_good &= wrong.empty();
  }
  if (!folder.empty()) std::filesystem::remove_all(folder);
  return is_good;
}

int main(int count, char** arguments) {
  Options options;
  CLI::App app("Random transactions at size, judged by the rules of their level");
  std::vector<std::string> known;
  for (const Mix& mix : mixes()) known.emplace_back(mix.name);
  app.add_option("--level", options.levels, "rc, rr or ser; all if none is given")
      ->check(CLI::IsMember(kLevels));
  app.add_option("--mix", options.names, "what transactions do; all if none is given")
      ->check(CLI::IsMember(known));
  app.add_option("--threads", options.setup.threads)->check(CLI::PositiveNumber);
  app.add_option("--keys", options.setup.keys)->check(CLI::PositiveNumber);
  app.add_option("--transactions", options.transactions, "how many have to commit, of each level and mix");
  app.add_option("--round", options.setup.transactions, "transactions of a thread between judgements")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.setup.seed);
  app.add_option("--lower", options.lower, "run at this level instead of the one judged")
      ->check(CLI::IsMember(kLevels));
  app.add_option("--plant", options.plant, "leave out a check: a name of txn/planted_race.h");
  app.add_option("--file", options.file,
                 "a folder for a database on disk, removed afterwards; else in memory");
  app.add_option("--keep", options.setup.keep, "a folder for the histories, a file each round")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--stop", options.stops_when_found, "stop a mix when something forbidden is found");
  CLI11_PARSE(app, count, arguments);
  if (!options.plant.empty()) {
    std::optional<PlantedRace> planted = find_planted(options.plant);
    if (!planted) {
      std::cerr << "there is no check " << options.plant << " in txn/planted_race.h\n";
      return 2;
    }
    options.setup.planted = *planted;
  }
  if (options.levels.empty()) options.levels = {"rc", "rr", "ser"};
  if (options.names.empty()) options.names = known;
  bool is_good = true;
  std::cout << table_head();
  for (const std::string& level : options.levels)
    for (const std::string& name : options.names) is_good &= play(options, level, *find_mix(name));
  return is_good ? 0 : 1;
}

}  // namespace
}  // namespace rowan::history

int main(int count, char** arguments) {
  return rowan::history::main(count, arguments);
}
