#include "tests/crash/sql/look.h"

namespace rowan::sql_crash {
namespace {

// Both ways to the same rows.
Result<std::string> compare_index_with_table(World& world) {
  Lines found = TRY(world.rows("SELECT 1 FROM pg_class WHERE relname = 'account_tag'"));
  if (found.empty()) return std::string();
  constexpr const char* kQuestions[] = {
      "SELECT id, owner FROM account WHERE owner >= ''", "SELECT id, owner FROM account WHERE id >= 0",
      "SELECT id FROM account WHERE tag = 't1'", "SELECT id FROM account WHERE tag = 't3'",
      "SELECT id, account FROM entry WHERE account >= 0 AND id >= 0"};
  for (const char* question : kQuestions) {
    TRY(world.run("SET enable_seqscan = off; SET enable_indexscan = on; SET enable_indexonlyscan = on"));
    Lines by_index = TRY(world.rows(question));
    TRY(world.run("SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off"));
    Lines by_table = TRY(world.rows(question));
    TRY(world.run("RESET enable_seqscan; RESET enable_indexscan; RESET enable_indexonlyscan"));
    if (by_index != by_table)
      return std::string(question) + ": " + std::to_string(by_index.size()) + " rows by index, " +
             std::to_string(by_table.size()) + " by table";
  }
  return std::string();
}

}  // namespace

std::string text_of(const Error& error) {
  return error.message() + " " + error.detail();
}

Result<> run_step(World& world, const Step& step) {
  switch (step.kind) {
    case Step::Kind::Sql:
      return world.run(step.sql, step.copied);
    case Step::Kind::Tend:
      world.instance().tend();
      return {};
    case Step::Kind::Reopen:
      TRY(world.close());
      return world.open();
  }
  return {};
}

Result<std::string> check_all(World& world) {
  std::vector<std::string> findings = TRY(world.check());
  if (!findings.empty()) return "check: " + findings[0];
  return compare_index_with_table(world);
}

Result<std::string> live_on(World& world, const State& before) {
  TRY(world.run("CREATE TABLE IF NOT EXISTS zz_after (a int PRIMARY KEY, b text)"));
  TRY(world.run("INSERT INTO zz_after SELECT coalesce(max(a), 0) + 1, repeat('z', 3000) FROM zz_after"));
  Lines accounts = TRY(world.rows("SELECT 1 FROM pg_class WHERE relname = 'account'"));
  if (!accounts.empty()) {
    TRY(world.run(
        "INSERT INTO account (owner, balance) VALUES ('new', 1); DELETE FROM account WHERE owner = 'new'"));
  }
  TRY(world.close());
  TRY(world.open());
  State after = TRY(world.state());
  if (!(after == before)) return "after a clean close: " + after.summary + " before: " + before.summary;
  Lines kept = TRY(world.rows("SELECT a FROM zz_after"));
  if (kept.empty()) return std::string("what was written after recovery is gone");
  return check_all(world);
}

}  // namespace rowan::sql_crash
