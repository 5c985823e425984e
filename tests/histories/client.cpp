#include "tests/histories/client.h"

#include <algorithm>
#include <thread>

#include "types/try.h"

namespace rowan::history {
namespace {

List parse_list(const std::string& text) {
  List list;
  int64_t value = 0;
  for (char each : text) {
    if (each == ',') {
      list.push_back(value);
      value = 0;
    } else {
      value = value * 10 + (each - '0');
    }
  }
  if (!text.empty()) list.push_back(value);
  return list;
}

std::string to_list(const List& list) {
  std::string text;
  for (int64_t value : list) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

Connection connect(Database& database, bool scans) {
  Connection connection = database.connect().value();
  if (!scans) connection.execute("SET enable_seqscan = off").value();
  return connection;
}

bool is_read(Step step) {
  return step <= Step::ReadAll;
}

}  // namespace

const std::vector<Mix>& mixes() {
  using S = Step;
  static const std::vector<Mix> kMixes = {
      {"append", true, false, {{S::Read, 4}, {S::Append, 5}, {S::Reinsert, 1}}},
      {"write_back", true, false, {{S::Read, 3}, {S::WriteBack, 5}}},
      {"upsert", true, false, {{S::Read, 4}, {S::Upsert, 5}, {S::Delete, 2}}},
      {"delete",
       true,
       false,
       {{S::Read, 4}, {S::Append, 2}, {S::Upsert, 1}, {S::Delete, 3}, {S::Reinsert, 2}}},
      {"index",
       true,
       true,
       {{S::ReadGroup, 4}, {S::ReadAll, 1}, {S::Append, 2}, {S::Upsert, 3}, {S::Delete, 1}}},
      {"absent", true, false, {{S::Read, 5}, {S::InsertAbsent, 4}, {S::Upsert, 1}, {S::Delete, 3}}},
      {"register",
       false,
       false,
       {{S::Read, 4}, {S::Append, 3}, {S::Upsert, 3}, {S::Reinsert, 1}, {S::Delete, 2}}},
      {"mixed",
       true,
       true,
       {{S::Read, 4},
        {S::ReadLocked, 1},
        {S::ReadGroup, 1},
        {S::ReadAll, 1},
        {S::Append, 2},
        {S::Upsert, 2},
        {S::InsertAbsent, 1},
        {S::Delete, 1},
        {S::Reinsert, 1},
        {S::WriteBack, 1},
        {S::Savepoint, 2}}},
      // What has shown G2-item in PostgreSQL 15.18, with 12 clients on 8 keys.
      {"postgres", true, false, {{S::Read, 5}, {S::Upsert, 5}}},
  };
  return kMixes;
}

bool Mix::leaves_absent() const {
  return std::any_of(weights.begin(), weights.end(),
                     [](const auto& each) { return each.first == Step::Delete; });
}

const Mix* find_mix(std::string_view name) {
  for (const Mix& mix : mixes())
    if (name == mix.name) return &mix;
  return nullptr;
}

void create_table(Database& database) {
  Connection connection = database.connect().value();
  connection
      .execute(
          "CREATE TABLE list (k int PRIMARY KEY, grp int NOT NULL, v text NOT NULL); "
          "CREATE INDEX list_grp ON list (grp)")
      .value();
}

Lists read_lists(Connection& connection) {
  Lists lists;
  Rows rows = connection.query("SELECT k, v FROM list").value();
  while (rows.next().value()) lists[rows.int64(0)] = parse_list(rows.text(1));
  return lists;
}

Client::Client(Database& database, std::atomic<Tick>& clock, int64_t number, const Setup& setup)
    : clock_(clock),
      connection_(connect(database, setup.mix->scans && number % 4 == 3)),
      setup_(setup),
      groups_(std::max<int64_t>(1, setup.keys / 4)),
      number_(number),
      state_(setup.seed * 7919 + static_cast<uint64_t>(number) * 104729 + 1),
      has_lists_(setup.mix->has_lists),
      sees_all_(setup.level != Level::ReadCommitted),
      read_(prepare("SELECT k, v FROM list WHERE k = $1")),
      read_locked_(prepare("SELECT k, v FROM list WHERE k = $1 FOR UPDATE")),
      read_group_(prepare("SELECT k, v FROM list WHERE grp = $1")),
      read_all_(prepare("SELECT k, v FROM list")),
      update_(prepare(has_lists_ ? "UPDATE list SET v = v || ',' || $2 WHERE k = $1 RETURNING k, v"
                                 : "UPDATE list SET v = $2 WHERE k = $1 RETURNING k, v")),
      insert_(prepare("INSERT INTO list VALUES ($1, $2, $3)")),
      upsert_(prepare("INSERT INTO list VALUES ($1, $2, $3) ON CONFLICT (k) DO UPDATE "
                      "SET v = list.v || ',' || excluded.v RETURNING k, v")),
      replace_(prepare("INSERT INTO list VALUES ($1, $2, $3) ON CONFLICT (k) DO UPDATE "
                       "SET v = excluded.v RETURNING k, v")),
      delete_(prepare("DELETE FROM list WHERE k = $1 RETURNING k, v")) {}

int64_t Client::draw(int64_t below) {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<int64_t>((state_ >> 33) % static_cast<uint64_t>(below));
}

Step Client::draw_step(bool only_reads) {
  while (true) {
    int64_t total = 0;
    for (const auto& [step, weight] : setup_.mix->weights) total += weight;
    int64_t drawn = draw(total);
    for (const auto& [step, weight] : setup_.mix->weights) {
      drawn -= weight;
      if (drawn >= 0) continue;
      if (!only_reads || (is_read(step) && step != Step::ReadLocked)) return step;
      break;
    }
  }
}

// --- Transactions ---

void Client::random_transaction() {
  bool is_read_only = draw(12) == 0;
  Result<> done = begin(is_read_only);
  int64_t steps = 1 + draw(4);
  for (int64_t i = 0; done.ok() && i < steps; ++i) {
    // Where cores are few, others come between all the same.
    if (draw(2) == 0) std::this_thread::yield();
    done = take(draw_step(is_read_only), draw(setup_.keys));
  }
  if (done.ok() && draw(20) == 0) {
    ++given_up_;
    return roll_back();
  }
  bool is_committing = done.ok();
  if (is_committing) done = commit();
  if (done.ok()) return;
  SqlState state = done.error().state();
  ++aborts_[std::string(state.text())];
  bool may_be = state == sqlstate::deadlock_detected || state == sqlstate::unique_violation ||
                (state == sqlstate::serialization_failure && sees_all_);
  if (!may_be) failures_.push_back(std::string(state.text()) + " " + std::string(done.error().message()));
  if (!is_committing) roll_back();
}

Result<> Client::begin(bool is_read_only) {
  current_ = undone_ = {};
  snapshot_from_ = snapshot_to_ = 0;
  return connection_.execute(std::string("BEGIN ISOLATION LEVEL ") + level_name(setup_.level) +
                             (is_read_only ? " READ ONLY" : ""));
}

Result<> Client::commit() {
  current_.commit_from = tick();
  Result<> done = connection_.execute("COMMIT");
  current_.commit_to = tick();
  if (done.ok()) ++committed_;
  keep(done.ok());
  return done;
}

void Client::roll_back() {
  connection_.execute("ROLLBACK").value();
  keep(false);
}

void Client::keep(bool committed) {
  current_.committed = committed;
  history_.push_back(std::move(current_));
  if (!undone_.operations.empty()) history_.push_back(std::move(undone_));
  current_ = undone_ = {};
}

History Client::take_history() {
  return std::exchange(history_, {});
}

// --- Steps ---

Result<> Client::take(Step step, int64_t key) {
  List list;
  switch (step) {
    case Step::Read:
      TRY(read(read_, key, true));
      return {};
    case Step::ReadLocked:
      TRY(read(read_locked_, key, sees_all_));
      return {};
    case Step::ReadGroup:
      TRY(read_group_.bind(1, group(key)));
      return read_many(read_group_, group(key), groups_);
    case Step::ReadAll:
      return read_many(read_all_, 0, 1);
    case Step::Append: {
      bool is_there = TRY(update(key));
      return is_there ? Result<>() : insert(key, {});
    }
    case Step::Upsert:
      return upsert(key, std::nullopt);
    case Step::InsertAbsent:
      list = TRY(read(read_, key, true));
      return list.empty() ? insert(key, {}) : Result<>();
    case Step::Delete:
      TRY(remove(key));
      return {};
    case Step::Reinsert:
      TRY(remove(key, &list));
      return insert(key, list);
    case Step::WriteBack:
      list = TRY(read(read_, key, true));
      return upsert(key, list);
    case Step::Savepoint:
      return in_savepoint(key);
  }
  return {};
}

// What is rolled back to a savepoint is what a transaction that never committed did.
Result<> Client::in_savepoint(int64_t key) {
  if (snapshot_from_ == 0) snapshot_from_ = tick();
  TRY(connection_.execute("SAVEPOINT s"));
  size_t before = current_.operations.size();
  Step step = Step::Savepoint;
  while (step == Step::Savepoint || is_read(step)) step = draw_step(false);
  TRY(take(step, key));
  if (draw(2) == 0) return connection_.execute("RELEASE s");
  TRY(connection_.execute("ROLLBACK TO s"));
  auto first = std::stable_partition(current_.operations.begin() + static_cast<ptrdiff_t>(before),
                                     current_.operations.end(),
                                     [](const Operation& each) { return each.kind == Kind::Read; });
  undone_.operations.insert(undone_.operations.end(), first, current_.operations.end());
  current_.operations.erase(first, current_.operations.end());
  return {};
}

// --- Statements ---

Result<Client::Seen> Client::run(Statement& statement) {
  bool is_first = snapshot_to_ == 0;
  if (!sees_all_ || snapshot_from_ == 0) snapshot_from_ = tick();
  Seen seen;
  Rows rows = TRY(statement.query());
  while (TRY(rows.next())) seen.emplace_back(rows.int64(0), parse_list(rows.text(1)));
  read_to_ = tick();
  if (!sees_all_ || is_first) snapshot_to_ = read_to_;
  if (draw(2) == 0) std::this_thread::yield();
  return seen;
}

void Client::note_read(int64_t key, List seen, bool is_twice) {
  current_.operations.push_back(
      {Kind::Read, key, 0, std::move(seen), snapshot_from_, snapshot_to_, is_twice});
}

void Client::note_write(Kind kind, int64_t key, int64_t value, List seen) {
  current_.operations.push_back({kind, key, value, std::move(seen), 0, read_to_, false});
}

Result<List> Client::read(Statement& statement, int64_t key, bool notes_absent) {
  TRY(statement.bind(1, key));
  Seen seen = TRY(run(statement));
  List list = seen.empty() ? List() : seen.back().second;
  if (!seen.empty() || notes_absent) note_read(key, list, seen.size() > 1);
  return list;
}

// Of the keys `first`, `first` + `distance` and so on.
Result<> Client::read_many(Statement& statement, int64_t first, int64_t distance) {
  Seen seen = TRY(run(statement));
  for (int64_t key = first; key < setup_.keys; key += distance) {
    auto is_it = [&](const auto& row) { return row.first == key; };
    auto found = std::find_if(seen.begin(), seen.end(), is_it);
    note_read(key, found == seen.end() ? List() : found->second,
              std::count_if(seen.begin(), seen.end(), is_it) > 1);
  }
  return {};
}

int64_t Client::draw_value() {
  return next_value_++ * setup_.clients + number_;
}

// False: there was no row.
Result<bool> Client::update(int64_t key) {
  int64_t value = draw_value();
  TRY(update_.bind(1, key));
  TRY(update_.bind(2, std::to_string(value)));
  Seen seen = TRY(run(update_));
  if (!seen.empty())
    note_write(has_lists_ ? Kind::Append : Kind::Write, key, value, seen.back().second);
  else if (sees_all_)
    note_read(key, {});
  return !seen.empty();
}

// A row that holds `before` and one more.
Result<> Client::insert(int64_t key, const List& before) {
  int64_t value = draw_value();
  List list = has_lists_ ? before : List();
  list.push_back(value);
  TRY(insert_.bind(1, key));
  TRY(insert_.bind(2, group(key)));
  TRY(insert_.bind(3, to_list(list)));
  TRY(run(insert_));
  note_write(Kind::Write, key, value, std::move(list));
  return {};
}

// Appends, or puts `before` and one more in place of what is there.
Result<> Client::upsert(int64_t key, std::optional<List> before) {
  int64_t value = draw_value();
  bool appends = has_lists_ && !before;
  List list = before && has_lists_ ? std::move(*before) : List();
  list.push_back(value);
  Statement& statement = appends ? upsert_ : replace_;
  TRY(statement.bind(1, key));
  TRY(statement.bind(2, group(key)));
  TRY(statement.bind(3, to_list(list)));
  Seen seen = TRY(run(statement));
  if (appends) list = seen.empty() ? List() : seen.back().second;
  note_write(appends ? Kind::Append : Kind::Write, key, value, std::move(list));
  return {};
}

// False: there was no row.
Result<bool> Client::remove(int64_t key, List* before) {
  TRY(delete_.bind(1, key));
  Seen seen = TRY(run(delete_));
  if (seen.empty()) {
    if (sees_all_) note_read(key, {});
    return false;
  }
  note_write(Kind::Delete, key, draw_value(), seen.back().second);
  if (before != nullptr) *before = seen.back().second;
  return true;
}

}  // namespace rowan::history
