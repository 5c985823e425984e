#include "tests/crash/sql/workload.h"

#include <fmt/format.h>

#include "tests/crash/dice.h"

namespace rowan::sql_crash {

namespace {

constexpr const char* kSchema =
    "CREATE TABLE account (id serial PRIMARY KEY, owner text NOT NULL, balance numeric(12,2) CHECK (balance "
    ">= 0), "
    "tag text, note text); "
    "CREATE INDEX account_owner ON account (owner); "
    "CREATE INDEX account_tag ON account USING hash (tag); "
    "CREATE TABLE entry (id int PRIMARY KEY, account int REFERENCES account ON DELETE CASCADE, amount "
    "bigint, "
    "memo text, UNIQUE (account, id)); "
    "CREATE TABLE side (a int, b text)";

class Author {
 public:
  explicit Author(uint64_t seed) : dice_(seed) {}

  Step next() {
    uint64_t kind = dice_.below(100);
    Step step;
    step.waits = waits_;
    if (kind < 26) {
      step.sql = insert();
    } else if (kind < 46) {
      step.sql = update();
    } else if (kind < 53) {
      step.sql = remove();
    } else if (kind < 60) {
      step.sql = entries();
    } else if (kind < 66) {
      step.sql = "BEGIN; " + insert() + "; SAVEPOINT s; " + update() + "; " + remove() + "; ROLLBACK TO s; " +
                 update() + "; COMMIT";
    } else if (kind < 71) {
      step.sql = "BEGIN; " + insert() + "; " + remove() + "; " + ddl() + "; ROLLBACK";
    } else if (kind < 80) {
      step.sql = ddl();
    } else if (kind < 84) {
      step.sql = "COPY side (a, b) FROM STDIN";
      uint64_t rows = 20 + dice_.below(100);
      for (uint64_t i = 0; i < rows; ++i)
        step.copied += fmt::format("{}\t{}\n", i, std::string(dice_.below(200), 'c'));
    } else if (kind < 88) {
      step.sql = "CHECKPOINT";
    } else if (kind < 94) {
      step.kind = Step::Kind::Tend;
    } else if (kind < 98) {
      waits_ = !waits_;
      step.sql = fmt::format("SET synchronous_commit = {}", waits_ ? "on" : "off");
    } else {
      step.kind = Step::Kind::Reopen;
      waits_ = true;  // a new session has the default
    }
    return step;
  }

  // See make_moving_workload().
  std::vector<Step> moving() {
    std::vector<Step> list;
    auto say = [&](std::string sql) {
      Step& step = list.emplace_back();
      step.sql = std::move(sql);
      step.waits = waits_;
    };
    auto tend = [&](size_t times) {
      Step round;
      round.kind = Step::Kind::Tend;
      list.insert(list.end(), times, round);
    };
    say(kSchema);
    say("INSERT INTO account (owner, balance, tag, note) SELECT 'o' || g % 17, g, 't' || g % 5, repeat('n', "
        "CASE "
        "WHEN g % 9 = 0 THEN 3000 ELSE g % 60 END) FROM generate_series(1, 160) g");
    say("INSERT INTO entry SELECT id, id, id, repeat('m', 10) FROM account");
    // Values out of line behind all rows, of one chunk and of several.
    say("UPDATE account SET note = (SELECT string_agg(md5(account.id::text || g::text), '') FROM "
        "generate_series(1, CASE WHEN account.id % 9 = 5 THEN 1300 ELSE 100 END) g) WHERE id % 3 = 2");
    say("CHECKPOINT");
    say(fmt::format("DELETE FROM account WHERE id % 13 NOT IN ({}, 5)", dice_.below(5)));
    tend(24);
    say(update());
    tend(2);
    waits_ = false;
    say("SET synchronous_commit = off");
    say("BEGIN; " + insert() + "; SAVEPOINT s; " + update() + "; ROLLBACK TO s; " + update() + "; COMMIT");
    tend(2);
    say(remove());
    list.emplace_back().kind = Step::Kind::Reopen;
    waits_ = true;
    say(insert());
    tend(3);
    return list;
  }

 private:
  // Short, in the page; long, out of line; too long for a page.
  uint64_t length() {
    constexpr uint64_t kLengths[] = {0, 5, 40, 400, 3000, 20000};
    return kLengths[dice_.below(6)];
  }
  std::string some() {
    uint64_t modulus = 3 + dice_.below(14);
    return fmt::format("id % {} = {}", modulus, dice_.below(modulus));
  }

  std::string insert() {
    uint64_t characters = length();
    uint64_t rows = 1 + dice_.below(characters > 1000 ? 2 : 12);
    return fmt::format(
        "INSERT INTO account (owner, balance, tag, note) SELECT 'o' || g * {} % 17, {}, 't' || g % 5, "
        "repeat('{}', {}) FROM generate_series(1, {}) g",
        1 + dice_.below(9), dice_.below(1000), static_cast<char>('a' + dice_.below(26)), characters, rows);
  }
  std::string update() {
    switch (dice_.below(4)) {
      case 0:
        return "UPDATE account SET balance = balance + 1 WHERE " + some();
      case 1:
        return fmt::format("UPDATE account SET owner = left('p{}' || owner, 10) WHERE {}", dice_.below(9),
                           some());
      case 2:
        return fmt::format("UPDATE account SET note = repeat('y', {}), tag = 't{}' WHERE {}", length(),
                           dice_.below(5), some());
      default:
        return "UPDATE account SET id = id + 100000 WHERE id < 100000 AND " + some();
    }
  }
  std::string remove() {
    if (dice_.below(12) == 0) return "DELETE FROM account WHERE id > 0";
    return "DELETE FROM account WHERE " + some();
  }
  std::string entries() {
    return fmt::format(
        "INSERT INTO entry SELECT (SELECT coalesce(max(id), 0) FROM entry) + row_number() OVER (ORDER BY "
        "id), id, "
        "{}, repeat('m', {}) FROM account WHERE {} ORDER BY id LIMIT 10",
        dice_.below(100000), dice_.below(50), some());
  }
  std::string ddl() {
    uint64_t number = dice_.below(3);
    switch (dice_.below(9)) {
      case 0:
        return fmt::format(
            "CREATE TABLE IF NOT EXISTS copy{} AS SELECT id, owner, note FROM account WHERE {}", number,
            some());
      case 1:
        return fmt::format("DROP TABLE IF EXISTS copy{}", number);
      case 2:
        return "CREATE INDEX IF NOT EXISTS account_balance ON account (balance, owner)";
      case 3:
        return "DROP INDEX IF EXISTS account_balance";
      case 4:
        return fmt::format("ALTER TABLE side ADD COLUMN IF NOT EXISTS c{} int DEFAULT {}", number,
                           dice_.below(100));
      case 5:
        return fmt::format("ALTER TABLE side DROP COLUMN IF EXISTS c{}", number);
      case 6:
        return "TRUNCATE side";
      case 7:
        return "CREATE OR REPLACE VIEW rich AS SELECT owner FROM account WHERE balance > 500";
      default:
        return fmt::format(
            "CREATE TABLE IF NOT EXISTS copy{0} (id int PRIMARY KEY, owner text, note text); "
            "INSERT INTO copy{0} SELECT id, owner, note FROM account ON CONFLICT DO NOTHING",
            number + 3);
    }
  }

  Dice dice_;
  bool waits_ = true;
};

}  // namespace

std::vector<Step> make_workload(uint64_t seed, size_t steps) {
  Author author(seed);
  std::vector<Step> list(1);
  list[0].sql = kSchema;
  while (list.size() < steps) list.push_back(author.next());
  return list;
}

std::vector<Step> make_moving_workload(uint64_t seed) {
  return Author(seed).moving();
}

}  // namespace rowan::sql_crash
