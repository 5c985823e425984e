#include "tests/histories/rounds.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

#include "api/open_instances.h"

namespace rowan::history {
namespace {

constexpr std::array<std::pair<const char*, PlantedRace>, 7> kPlanted = {{
    {"FirstUpdaterWins", PlantedRace::FirstUpdaterWins},
    {"WritersAskNobody", PlantedRace::WritersAskNobody},
    {"ReadersMeetNobody", PlantedRace::ReadersMeetNobody},
    {"PivotsCommit", PlantedRace::PivotsCommit},
    {"RowsUnread", PlantedRace::RowsUnread},
    {"KeysUnread", PlantedRace::KeysUnread},
    {"CommittedForgotten", PlantedRace::CommittedForgotten},
}};

template <class Map>
std::string words(const Map& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += (text.empty() ? "" : ", ") + name + " " + fmt::format("{}", count);
  return text.empty() ? "none" : text;
}

}  // namespace

std::optional<PlantedRace> find_planted(const std::string& name) {
  for (const auto& [known, planted] : kPlanted)
    if (name == known) return planted;
  return std::nullopt;
}

uint64_t Totals::aborted() const {
  uint64_t sum = 0;
  for (const auto& [state, count] : aborts) sum += count;
  return sum;
}

// At REPEATABLE READ an INSERT may take the place of a row that its snapshot still sees, when another
// transaction has deleted that meanwhile. Its transaction stands after the other then though it has read what
// was before, and sees both rows. PostgreSQL does the same (tests/isolation/specs/insert-over-deleted.spec).
std::map<std::string, uint64_t> Totals::forbidden_of(const RoundsSetup& setup) const {
  static const std::set<std::string> kOfInserts = {"G-single", "lost update", "own", "twice", "internal"};
  bool has_gaps = setup.judged == Level::RepeatableRead && setup.mix->leaves_absent();
  std::map<std::string, uint64_t> result;
  for (const auto& [name, count] : found) {
    if (has_gaps && kOfInserts.count(name) != 0) continue;
    if (history::forbidden(setup.judged).count(name) != 0) result[name] = count;
  }
  return result;
}

// Another opening of the same file shares the instance, with what was planted in it.
struct Rounds::Held {
  std::shared_ptr<Instance> instance;
};

Rounds::Rounds(const RoundsSetup& setup) : setup_(setup) {
  if (setup.planted != PlantedRace::None) {
    InstanceParts parts;
    parts.planted_race = setup.planted;
    held_ = std::make_unique<Held>(Held{open_shared(setup.path, {}, parts).value()});
  }
  database_ = Database::open(setup.path.empty() ? ":memory:" : setup.path).value();
  create_table(*database_);
  connection_ = database_->connect().value();
  Client::Setup client{setup.mix, setup.run.value_or(setup.judged), setup.keys, setup.threads, setup.seed};
  for (int64_t i = 0; i < setup.threads; ++i)
    clients_.push_back(std::make_unique<Client>(*database_, clock_, i, client));
}

Rounds::~Rounds() = default;

void Rounds::play() {
  connection_->execute("DELETE FROM list").value();
  std::vector<std::thread> threads;
  for (auto& client : clients_) {
    threads.emplace_back([&client, this] {
      for (int64_t i = 0; i < setup_.transactions; ++i) client->random_transaction();
    });
  }
  for (std::thread& thread : threads) thread.join();
  History history;
  for (auto& client : clients_)
    for (Transaction& transaction : client->take_history()) history.push_back(std::move(transaction));
  gather(history, read_lists(*connection_));
}

void Rounds::gather(const History& history, const Lists& final_lists) {
  ++totals_.rounds;
  totals_.committed = totals_.given_up = 0;
  totals_.aborts.clear();
  totals_.failures.clear();
  for (const auto& client : clients_) {
    totals_.committed += client->committed();
    totals_.given_up += client->given_up();
    for (const auto& [state, count] : client->aborts()) totals_.aborts[state] += count;
    totals_.failures.insert(totals_.failures.end(), client->failures().begin(), client->failures().end());
  }
  bool has_lists = setup_.mix->has_lists;
  Verdict verdict = judge(history, final_lists, has_lists);
  totals_.ww += verdict.ww;
  totals_.wr += verdict.wr;
  totals_.rw += verdict.rw;
  totals_.absent_reads += verdict.absent_reads;
  totals_.vague_reads += verdict.vague_reads;
  for (const auto& [name, count] : verdict.found) totals_.found[name] += static_cast<uint64_t>(count);
  for (const auto& [name, words] : verdict.examples) totals_.examples.emplace(name, words);
  if (setup_.keep.empty()) return;
  std::string name = fmt::format("{}/{}_{}_{}_{}", setup_.keep, setup_.mix->name,
                                 static_cast<int>(setup_.judged), setup_.seed, totals_.rounds);
  std::ofstream(name) << to_text(history, has_lists);
}

std::string table_head() {
  return "| level | mix | threads | keys | committed | ww | wr | rw | aborted | by SQLSTATE | not forbidden "
         "| "
         "forbidden |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
}

std::string table_line(const RoundsSetup& setup, const Totals& totals) {
  std::map<std::string, uint64_t> forbidden = totals.forbidden_of(setup), allowed;
  for (const auto& [name, count] : totals.found)
    if (forbidden.count(name) == 0) allowed[name] = count;
  std::string level = level_name(setup.judged);
  if (setup.run) level += std::string(", run at ") + level_name(*setup.run);
  double tried = static_cast<double>(totals.committed + totals.aborted());
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {:.1f} % | {} | {} | {} |\n", level,
                     setup.mix->name, setup.threads, setup.keys, totals.committed, totals.ww, totals.wr,
                     totals.rw, tried > 0 ? 100.0 * static_cast<double>(totals.aborted()) / tried : 0.0,
                     words(totals.aborts), words(allowed), words(forbidden));
}

}  // namespace rowan::history
