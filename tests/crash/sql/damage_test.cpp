// A file of every structure gets damaged: single bits flip, sectors and pages turn to zeros, change places or
// go back in time, the file is cut off or grows noise. Whoever opens it and reads every table, by scan and by
// every index, gets the right answer or an error that says which page is damaged, and `check` names that
// page; what nobody owns may hold anything. With a log and a ring to recover from, the same.
//
// ROWAN_FLIPS=N: that many bits, instead of some hundreds.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "storage/header.h"
#include "tests/crash/dice.h"
#include "tests/crash/seeds.h"
#include "tests/crash/sql/look.h"
#include "tests/crash/sql/watch.h"

namespace rowan::sql_crash {
namespace {

const std::string kFile = "/bank.rowan";

// Small pages (12 rows): B-trees of three levels, extents of every size.
const char* const kTables =
    "CREATE TABLE account (id serial PRIMARY KEY, owner text NOT NULL, balance numeric(12,2) CHECK (balance "
    ">= 0), "
    "tag text, note text);"
    "CREATE INDEX account_owner ON account (owner); CREATE INDEX account_tag ON account USING hash (tag);"
    "CREATE INDEX account_upper ON account (upper(owner)) WHERE balance > 10;"
    "CREATE TABLE entry (id int PRIMARY KEY, account int REFERENCES account, memo text, UNIQUE (account, "
    "id));"
    "CREATE TABLE plain (a int, b text); CREATE TABLE gone (a int PRIMARY KEY, b text);"
    "CREATE VIEW rich AS SELECT owner FROM account WHERE balance > 500;"
    "INSERT INTO account (owner, balance, tag, note) SELECT 'o' || g, g * 3, 't' || g % 5, repeat(chr(97 + g "
    "% 26), g % "
    "60) FROM generate_series(1, 400) g;"
    "INSERT INTO entry SELECT g, g % 400 + 1, 'm' || g FROM generate_series(1, 300) g;"
    "INSERT INTO plain SELECT g, repeat('p', 30) FROM generate_series(1, 100) g;"
    "INSERT INTO gone SELECT g, repeat('g', 3000) FROM generate_series(1, 60) g";
// Values out of line, some longer than a page; a table wider than a page; old versions; pages given back.
const char* const kLater =
    "INSERT INTO account (owner, balance, tag, note) SELECT 'long' || g, g, 't7', (SELECT string_agg(md5((g "
    "* 100 + "
    "h)::text), '') FROM generate_series(1, 90 * (1 + g % 8)) h) FROM generate_series(1, 16) g;"
    "UPDATE account SET balance = balance + 1 WHERE id % 3 = 0; UPDATE account SET owner = 'p' || owner "
    "WHERE id % 5 = "
    "0; DELETE FROM entry WHERE id % 4 = 0; ALTER TABLE plain ADD COLUMN c int DEFAULT 5;"
    "UPDATE plain SET c = a WHERE a % 2 = 0; DROP TABLE gone";

std::string wide_table() {
  std::string columns, values;
  for (int i = 0; i < 150; ++i) {
    columns += (i == 0 ? "c" : ", c") + std::to_string(i) + " text";
    values += (i == 0 ? "" : ", ") + std::string("repeat('w', 150 + g)");
  }
  return "CREATE TABLE wide (" + columns + "); INSERT INTO wide SELECT " + values +
         " FROM generate_series(1, 6) g";
}

const std::vector<std::string> kDamageQuestions = {
    "SELECT * FROM account",
    "SELECT * FROM entry",
    "SELECT * FROM plain",
    "SELECT * FROM wide",
    "SELECT * FROM account WHERE id >= 0",
    "SELECT * FROM account WHERE owner >= ''",
    "SELECT * FROM account WHERE upper(owner) >= '' AND balance > 10",
    "SELECT id, owner FROM account WHERE tag = 't1'",
    "SELECT id, owner FROM account WHERE tag = 't7'",
    "SELECT * FROM entry WHERE id >= 0",
    "SELECT account, id FROM entry WHERE account >= 0",
    "SELECT * FROM rich",
    "SELECT sequencename, last_value FROM pg_sequences",
    "SELECT relname FROM pg_class"};

// The question by scan up to here, by index behind it.
Result<Lines> ask(World& world, const std::string& question) {
  bool by_index = question.find(" WHERE ") != std::string::npos;
  TRY(world.run(by_index ? "SET enable_seqscan = off" : "SET enable_seqscan = on"));
  return world.rows(question);
}

struct Sound {
  std::unique_ptr<SimFs> disk;
  std::map<std::string, Lines> answers;
  std::set<PageNo> used;                // pages that somebody owns, the state's included
  std::map<PageNo, std::string> older;  // pages as they were some time ago
};

Result<> read_all(World& world, std::map<std::string, Lines>& answers) {
  for (const std::string& question : kDamageQuestions) answers[question] = TRY(ask(world, question));
  return {};
}

std::map<PageNo, std::string> pages_of(const SimFs& disk) {
  std::map<PageNo, std::string> pages;
  std::string bytes = disk.read_whole(kFile);
  for (PageNo page = 0; (page + 1) * kPageSize <= bytes.size(); ++page)
    pages[page] = bytes.substr(page * kPageSize, kPageSize);
  return pages;
}

// `is_killed`: a log that goes on behind a checkpoint, and a ring with copies of pages.
Result<Sound> make_sound(bool is_killed) {
  Sound sound;
  SimFs files;
  World world(&files, 7, PlantedBug::None);
  TRY(world.open());
  TRY(world.run(kTables));
  TRY(world.run(wide_table()));
  TRY(world.run("CHECKPOINT"));
  sound.older = pages_of(files);
  TRY(world.run(kLater));
  world.instance().tend();
  TRY(world.run(
      "UPDATE account SET note = note || '!' WHERE id % 7 = 0; DELETE FROM account WHERE id % 11 = 0 AND id "
      "NOT IN (SELECT account FROM entry); UPDATE plain SET b = 'q' WHERE a % 3 = 0"));
  if (is_killed) {
    TRY(world.run("CHECKPOINT"));
    TRY(
        world.run("UPDATE account SET balance = balance + 2; INSERT INTO plain SELECT g, 'late' FROM "
                  "generate_series(1, "
                  "50) g; UPDATE entry SET memo = memo || '?' WHERE id % 2 = 1"));
  } else {
    TRY(world.close());
  }
  sound.disk = files.image(CrashPolicy::Kept, 1);
  std::unique_ptr<SimFs> looked_at = sound.disk->image(CrashPolicy::Kept, 1);
  World reader(looked_at.get(), 8, PlantedBug::None);
  TRY(reader.open());
  TRY(read_all(reader, sound.answers));
  std::vector<std::string> findings = TRY(reader.check());
  for (const std::string& finding : findings) ADD_FAILURE() << "before any damage: " << finding;
  Space& space = reader.instance().storage().space();
  for (PageNo page = kFirstPage; page < space.file_pages(); ++page)
    if (space.is_used(page)) sound.used.insert(page);
  std::unique_ptr<File> file = TRY(sound.disk->open(kFile, OpenMode::Read));
  HeaderSlot header = TRY(read_header(*file));
  for (PageNo page = header.state.start; page < header.state.end(); ++page) sound.used.insert(page);
  return sound;
}

bool names(const std::string& text, PageNo page) {
  std::string wanted = "page " + std::to_string(page);
  for (size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
    if (at + wanted.size() == text.size() ||
        std::isdigit(static_cast<unsigned char>(text[at + wanted.size()])) == 0)
      return true;
  return false;
}

enum class Outcome : uint8_t { Refused, Named, Harmless, Wrong };

struct Judgement {
  Outcome outcome;
  std::string text;
};

struct Limits {
  std::set<PageNo> damaged;       // of these each that somebody owns is named
  bool may_be_mended = false;     // by recovery
  bool may_be_unnoticed = false;  // valid pages, but not those that belong there
};

// Opens, reads everything, checks.
Judgement judge(SimFs& disk, const Sound& sound, const Limits& limits) {
  World world(&disk, 9, PlantedBug::None);
  Result<> opened = world.open();
  if (!opened.ok()) {
    SqlState state = opened.error().state();
    bool is_clear = state == sqlstate::data_corrupted || state == sqlstate::wrong_object_type ||
                    state == sqlstate::feature_not_supported ||
                    state == sqlstate::object_not_in_prerequisite_state;
    return {is_clear ? Outcome::Refused : Outcome::Wrong, "opening: " + text_of(opened.error())};
  }
  std::string said;
  size_t different = 0;
  for (const std::string& question : kDamageQuestions) {
    Result<Lines> answer = ask(world, question);
    if (!answer.ok()) {
      const Error& error = answer.error();
      bool is_clear =
          (error.state() == sqlstate::data_corrupted || error.state() == sqlstate::index_corrupted) &&
          text_of(error).find("page ") != std::string::npos;
      if (!is_clear) return {Outcome::Wrong, question + ": " + text_of(error)};
      said = question + ": " + text_of(error);
    } else if (*answer != sound.answers.at(question)) {
      ++different;
      if (!limits.may_be_unnoticed) return {Outcome::Wrong, question + ": a wrong answer"};
    }
  }
  Result<std::vector<std::string>> findings = world.check();
  if (!findings.ok()) {
    bool is_clear = findings.error().state() == sqlstate::data_corrupted;
    return {is_clear ? Outcome::Named : Outcome::Wrong, "check: " + text_of(findings.error())};
  }
  std::string all;
  for (const std::string& finding : *findings) all += finding + "\n";
  for (PageNo page : limits.damaged)
    if (sound.used.count(page) != 0 && !limits.may_be_mended && !limits.may_be_unnoticed && !names(all, page))
      return {Outcome::Wrong, "check does not name page " + std::to_string(page) + ": " + all};
  if (!said.empty() && findings->empty()) return {Outcome::Wrong, said + ", but check finds nothing"};
  bool noticed = !said.empty() || !findings->empty();
  if (noticed) return {Outcome::Named, said.empty() ? all : said};
  return {Outcome::Harmless, different == 0 ? "" : "unnoticed"};
}

struct DamageTally {
  size_t refused = 0, named = 0, harmless = 0, unnoticed = 0, wrong = 0;
  void add(const Judgement& judgement, const std::string& what) {
    refused += judgement.outcome == Outcome::Refused ? 1 : 0;
    named += judgement.outcome == Outcome::Named ? 1 : 0;
    harmless += judgement.outcome == Outcome::Harmless ? 1 : 0;
    unnoticed += judgement.text == "unnoticed" ? 1 : 0;
    if (judgement.outcome != Outcome::Wrong) return;
    ++wrong;
    ADD_FAILURE() << what << ": " << judgement.text;
  }
  void print(const char* what) const {
    std::printf(
        "%-28s %zu: %zu refused at opening, %zu named, %zu harmless%s\n", what,
        refused + named + harmless + wrong, refused, named, harmless,
        unnoticed == 0 ? "" : (", " + std::to_string(unnoticed) + " of them with other answers").c_str());
    std::fflush(stdout);
  }
};

size_t flips_wanted(size_t few) {
  const char* given = std::getenv("ROWAN_FLIPS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : few / kSanitizerShare;
}

std::vector<std::string> files_of(SimFs& disk) {
  std::vector<std::string> paths{kFile};
  if (disk.exists(kFile + "-wal").value())
    for (const std::string& name : disk.list(kFile + "-wal").value()) paths.push_back(kFile + "-wal/" + name);
  std::sort(paths.begin(), paths.end());
  return paths;
}

// One bit of any file: most often of what is used, and of headers more often than their size says.
void flip_bits(bool is_killed, size_t count) {
  Result<Sound> made = make_sound(is_killed);
  ASSERT_TRUE(made.ok()) << text_of(made.error());
  Sound& sound = *made;
  std::vector<std::string> paths = files_of(*sound.disk);
  std::map<std::string, std::string> bytes;
  for (const std::string& path : paths) bytes[path] = sound.disk->read_whole(path);
  DamageTally tally;
  Watch watch(120);
  for (uint64_t seed = 1; seed <= count && tally.wrong < 5; ++seed) {
    Dice dice(seed);
    const std::string& path = dice.below(3) != 0 ? kFile : paths[dice.below(paths.size())];
    const std::string& old = bytes[path];
    if (old.empty()) continue;
    uint64_t at = dice.below(old.size());
    if (dice.below(4) == 0)
      at = at / kPageSize * kPageSize + dice.below(200) % (old.size() - at / kPageSize * kPageSize);
    auto bit = static_cast<unsigned>(dice.below(8));
    std::string what = path + ", byte " + std::to_string(at) + ", bit " + std::to_string(bit) + ", seed " +
                       std::to_string(seed);
    watch.begin(what);
    std::unique_ptr<SimFs> disk = sound.disk->image(CrashPolicy::Kept, 1);
    auto flipped = static_cast<char>(static_cast<unsigned char>(old[at]) ^ (1u << bit));
    disk->poke(path, at, {&flipped, 1});
    Limits limits;
    if (path == kFile) limits.damaged.insert(static_cast<PageNo>(at / kPageSize));
    limits.may_be_mended = is_killed;
    tally.add(judge(*disk, sound, limits), what);
  }
  tally.print(is_killed ? "bits, killed" : "bits, closed");
}

TEST(Damage, FlippedBitsOfAClosedFile) {
  flip_bits(false, flips_wanted(250));
}

TEST(Damage, FlippedBitsBesideALog) {
  flip_bits(true, flips_wanted(150));
}

TEST(Damage, SectorsPagesAndEnds) {
  Result<Sound> made = make_sound(false);
  ASSERT_TRUE(made.ok()) << text_of(made.error());
  Sound& sound = *made;
  std::string whole = sound.disk->read_whole(kFile);
  auto pages = static_cast<PageNo>(whole.size() / kPageSize);
  size_t count = flips_wanted(200) / 10;
  Watch watch(120);
  auto run = [&](const char* kind, auto&& damage) {
    DamageTally tally;
    for (uint64_t seed = 1; seed <= count && tally.wrong < 5; ++seed) {
      Dice dice(seed);
      std::string what = std::string(kind) + ", seed " + std::to_string(seed);
      watch.begin(what);
      std::unique_ptr<SimFs> disk = sound.disk->image(CrashPolicy::Kept, 1);
      Limits limits;
      damage(*disk, dice, limits);
      tally.add(judge(*disk, sound, limits), what);
    }
    tally.print(kind);
  };
  auto zero = [&](size_t unit) {
    return [&, unit](SimFs& disk, Dice& dice, Limits& limits) {
      uint64_t at = dice.below(whole.size() / unit) * unit;
      std::string zeros(unit, 0);
      if (whole.compare(at, unit, zeros) != 0) limits.damaged.insert(static_cast<PageNo>(at / kPageSize));
      disk.poke(kFile, at, zeros);
    };
  };
  run("512 bytes zeroed", zero(512));
  run("4 KiB zeroed", zero(4096));
  run("page zeroed", zero(kPageSize));
  run("two pages swapped", [&](SimFs& disk, Dice& dice, Limits& limits) {
    auto a = static_cast<PageNo>(dice.below(pages)), b = static_cast<PageNo>(dice.below(pages));
    disk.poke(kFile, uint64_t{a} * kPageSize,
              std::string_view(whole).substr(uint64_t{b} * kPageSize, kPageSize));
    disk.poke(kFile, uint64_t{b} * kPageSize,
              std::string_view(whole).substr(uint64_t{a} * kPageSize, kPageSize));
    if (a != b) limits.damaged = {a, b};
  });
  // Its checksum is right: only what it should hold tells, and nothing does where rows alone are older.
  run("an older copy of a page", [&](SimFs& disk, Dice& dice, Limits& limits) {
    auto page = static_cast<PageNo>(kFirstPage + dice.below(sound.older.rbegin()->first - kFirstPage));
    disk.poke(kFile, uint64_t{page} * kPageSize, sound.older.at(page));
    limits.may_be_unnoticed = true;
  });
  run("file cut", [&](SimFs& disk, Dice& dice, Limits& limits) {
    uint64_t size = 1 + dice.below(whole.size() - 1);
    disk.open(kFile, OpenMode::Write).value()->truncate(size).value();
    for (auto page = static_cast<PageNo>(size / kPageSize); page < pages; ++page)
      if (whole.find_first_not_of('\0', std::max<uint64_t>(size, uint64_t{page} * kPageSize)) <
          (uint64_t{page} + 1) * kPageSize)
        limits.damaged.insert(page);
  });
  run("noise appended", [&](SimFs& disk, Dice& dice, Limits&) {
    std::string noise(1 + dice.below(3 * kPageSize), 0);
    for (char& byte : noise) byte = static_cast<char>(dice.below(256));
    disk.poke(kFile, whole.size(), noise);
  });
}

}  // namespace
}  // namespace rowan::sql_crash
