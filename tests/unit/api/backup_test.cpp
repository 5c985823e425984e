// BACKUP TO 'file': beside writers, and what it refuses. What a crash or a failing disk makes of it is told
// in tests/crash/sql/backup_crash_test.cpp.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/backup.h"
#include "api/rowan.hpp"
#include "check_world.h"
#include "storage/file/os_file_system.h"

namespace rowan::backup_test {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "rowan-backup-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(path_))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string path_;
};

using Names = std::vector<std::string>;

int64_t number(Database& database, std::string_view sql) {
  Connection connection = database.connect().value();
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

std::string state_of(const Result<>& result) {
  return result.ok() ? "ok" : std::string(result.error().state().text());
}

// A bank that never earns anything, and of each teller a journal without gaps.
constexpr int kTellers = 3, kAccounts = 400;

struct Teller {
  std::thread thread;
  std::atomic<int64_t> acknowledged{0};
};

void tell(Database& database, int who, Teller& teller, const std::atomic<bool>& stop) {
  Connection connection = database.connect().value();
  uint64_t dice = static_cast<uint64_t>(who) + 1;
  auto roll = [&](uint64_t limit) {
    dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
    return std::to_string((dice >> 33) % limit);
  };
  for (int64_t n = 1; !stop.load(); ++n) {
    std::string from = roll(kAccounts), to = roll(kAccounts), amount = roll(50);
    Result<> done = connection.execute("BEGIN; UPDATE account SET balance = balance - " + amount +
                                       " WHERE id = " + from + "; UPDATE account SET balance = balance + " +
                                       amount + " WHERE id = " + to + "; INSERT INTO journal VALUES (" +
                                       std::to_string(who) + ", " + std::to_string(n) + ", " + from + ", " +
                                       to + ", " + amount + ", repeat('j', " + roll(3000) + ")); COMMIT");
    while (!done.ok()) {  // a deadlock: the same again, in an order that has none
      ASSERT_EQ(done.error().state(), sqlstate::deadlock_detected) << done.error().message();
      connection.execute("ROLLBACK").value();
      done = connection.execute("INSERT INTO journal VALUES (" + std::to_string(who) + ", " +
                                std::to_string(n) + ", 0, 0, 0, '')");
    }
    teller.acknowledged = n;
    if (n % 40 == 0) {
      std::string table = "scratch_" + std::to_string(who);
      connection
          .execute("DROP TABLE IF EXISTS " + table + "; CREATE TABLE " + table +
                   " AS SELECT i, repeat('s', 500) FROM generate_series(1, 400) AS g(i)")
          .value();
    }
    if (n % 150 == 0) connection.execute("CHECKPOINT").value();
  }
}

void expect_sound(const std::string& path, const std::vector<int64_t>& acknowledged) {
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(path + "-wal"));
  Database copy = Database::open(path).value();
  EXPECT_EQ(copy.check().value(), Names());
  EXPECT_EQ(number(copy, "SELECT sum(balance) FROM account"), kAccounts * 1000);
  EXPECT_EQ(number(copy,
                   "SELECT count(*) FROM account a WHERE balance <> 1000 + (SELECT coalesce(sum(amount), 0) "
                   "FROM journal WHERE target = a.id) - (SELECT coalesce(sum(amount), 0) FROM journal "
                   "WHERE source = a.id)"),
            0);
  for (int who = 0; who < kTellers; ++who) {
    std::string mine = " FROM journal WHERE teller = " + std::to_string(who);
    int64_t last = number(copy, "SELECT coalesce(max(n), 0)" + mine);
    EXPECT_EQ(number(copy, "SELECT count(*)" + mine), last);
    EXPECT_GE(last, acknowledged[static_cast<size_t>(who)]) << "a commit from before the backup is not in it";
  }
  copy.connect().value().execute("CREATE TABLE later (a int); INSERT INTO later VALUES (1)").value();
  copy.close().value();
}

TEST(BackupTest, OfABusyDatabaseIsOneMomentOfIt) {
  Folder folder;
  OpenOptions options;
  options.pool_bytes = 4u << 20;  // pages leave all the time
  Database database = Database::open(folder.file("bank"), options).value();
  database.connect()
      .value()
      .execute(
          "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL);"
          "CREATE TABLE journal (teller int, n bigint, source int, target int, amount int, note text, "
          "PRIMARY KEY (teller, n)); CREATE INDEX ON journal (source); CREATE INDEX ON journal (target);"
          "INSERT INTO account SELECT i, 1000 FROM generate_series(0, " +
          std::to_string(kAccounts - 1) +
          ") AS g(i); CREATE TABLE ballast AS SELECT i, repeat('b', 1000) FROM generate_series(1, 8000) AS "
          "g(i)")
      .value();
  std::atomic<bool> stop{false};
  std::vector<Teller> tellers(kTellers);
  for (int who = 0; who < kTellers; ++who)
    tellers[static_cast<size_t>(who)].thread =
        std::thread([&, who] { tell(database, who, tellers[static_cast<size_t>(who)], stop); });
  std::vector<std::vector<int64_t>> before;
  for (int turn = 0; turn < 3; ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    before.emplace_back();
    for (const Teller& teller : tellers) before.back().push_back(teller.acknowledged);
    if (turn == 1)
      database.connect().value().execute("BACKUP TO '" + folder.file("copy1") + "'").value();
    else
      database.backup(folder.file("copy" + std::to_string(turn))).value();
  }
  stop = true;
  for (Teller& teller : tellers) teller.thread.join();
  EXPECT_EQ(database.check().value(), Names());
  for (size_t turn = 0; turn < before.size(); ++turn)
    expect_sound(folder.file("copy" + std::to_string(turn)), before[turn]);
  database.close().value();
  EXPECT_EQ(folder.names(), (Names{"bank", "copy0", "copy1", "copy2"}));
}

TEST(BackupTest, TheCopyIsADatabaseOfItsOwn) {
  Folder folder;
  Database database = Database::open(folder.file("a")).value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").value();
  Connection open = database.connect().value();
  open.execute("BEGIN; INSERT INTO t VALUES (2); CREATE TABLE never (a int)").value();
  Rows rows = connection.query("BACKUP TO '" + folder.file("it''s b") + "'").value();
  EXPECT_EQ(rows.command_tag(), "BACKUP");
  open.execute("COMMIT").value();
  Database copy = Database::open(folder.file("it's b")).value();
  EXPECT_EQ(number(copy, "SELECT sum(a) FROM t"), 1);
  EXPECT_EQ(number(copy, "SELECT count(*) FROM pg_class WHERE relname = 'never'"), 0);
  EXPECT_EQ(number(database, "SELECT sum(a) FROM t"), 3);
  auto id = [](const std::string& path) {
    OsFileSystem files;
    std::unique_ptr<File> file = files.open(path, OpenMode::Read).value();
    return read_header(*file).value().database_id;
  };
  EXPECT_NE(id(folder.file("a")), id(folder.file("it's b")));
}

TEST(BackupTest, SaysWhatItCannotDo) {
  Folder folder;
  Database database = Database::open(folder.file("a")).value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int)").value();
  auto to = [&](const std::string& name) {
    return state_of(connection.execute("BACKUP TO '" + folder.file(name) + "'"));
  };
  EXPECT_EQ(to("a"), "58P02");
  EXPECT_EQ(to("no/b"), "58P01");
  EXPECT_EQ(to("a/b"), "58030");
  EXPECT_EQ(state_of(connection.execute("BACKUP TO ''")), "22023");
  EXPECT_EQ(state_of(connection.execute("BEGIN; BACKUP TO '" + folder.file("b") + "'; COMMIT")), "25001");
  EXPECT_EQ(state_of(connection.execute("ROLLBACK")), "ok");
  EXPECT_EQ(state_of(connection.execute("SELECT 1; BACKUP TO '" + folder.file("b") + "'")), "25001");
  EXPECT_EQ(database.backup(folder.file("a")).error().message(),
            "file \"" + folder.file("a") + "\" already exists");
  Database memory = Database::open(":memory:").value();
  EXPECT_EQ(state_of(memory.backup(folder.file("b"))), "0A000");
  EXPECT_EQ(folder.names(), (Names{"a", "a-wal"}));
  {
    OsFileSystem files;
    std::unique_ptr<File> other = files.open(folder.file("b-incomplete"), OpenMode::Create).value();
    ASSERT_TRUE(files.lock(*other, true).value().locked);
    EXPECT_EQ(to("b"), "55006");
    EXPECT_TRUE(fs::exists(folder.file("b-incomplete")));
  }
  // What a crash has left of another backup.
  fs::create_directory(folder.file("b-incomplete-wal"));
  fs::copy_file(folder.file("a"), folder.file("b-incomplete-wal/log.0000000000000001.00000001"));
  fs::copy_file(folder.file("a"), folder.file("b-incomplete"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(to("b"), "ok");
  EXPECT_EQ(to("b"), "58P02");
  EXPECT_EQ(folder.names(), (Names{"a", "a-wal", "b"}));
  database.close().value();
  EXPECT_EQ(state_of(database.backup(folder.file("c"))), "57P01");
}

TEST(BackupTest, EndsWhenItIsToldTo) {
  Folder folder;
  Database database = Database::open(folder.file("a")).value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t AS SELECT i, repeat('t', 1000) FROM generate_series(1, 60000) AS g(i)")
      .value();
  Canceller canceller = connection.canceller();
  std::thread other([&] {
    std::string begun = folder.file("b-incomplete");
    while (!fs::exists(begun) || fs::file_size(begun) < 4u << 20) std::this_thread::yield();
    canceller.cancel();
  });
  EXPECT_EQ(state_of(connection.execute("BACKUP TO '" + folder.file("b") + "'")), "57014");
  other.join();
  EXPECT_EQ(folder.names(), (Names{"a", "a-wal"}));
  std::thread closer([&] {
    std::string begun = folder.file("b-incomplete");
    while (!fs::exists(begun) || fs::file_size(begun) < 4u << 20) std::this_thread::yield();
    database.close().value();
  });
  EXPECT_EQ(state_of(database.backup(folder.file("b"))), "57P01");
  closer.join();
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(BackupTest, ADatabaseThatIsOnlyReadIsCopiedToo) {
  check_test::World world;
  world.sql().run("CREATE TABLE t AS SELECT i, repeat('t', 100) FROM generate_series(1, 3000) AS g(i)");
  world.instance()->storage().checkpoint().value();
  world.sql().run("UPDATE t SET i = -i WHERE i % 3 = 0; CREATE TABLE u (a int); INSERT INTO u VALUES (1)");
  check_test::Disk killed = world.killed(), closed = world.closed();
  SimFs empty;
  empty.open(check_test::kPath, OpenMode::Create).value();
  for (SimFs* files : {&killed.files(), &closed.files(), &empty}) {
    std::shared_ptr<Instance> source = check_test::World::open(*files, true).value();
    back_up(*source, "copy", CancelToken()).value();
    InstanceParts parts;
    parts.files = files;
    parts.has_background = false;
    std::shared_ptr<Instance> copy = Instance::open("copy", {}, parts).value();
    check_test::expect_clean(check_instance(copy).value());
    EXPECT_FALSE(files->exists("copy-incomplete").value() || files->exists("copy-incomplete-wal").value());
    if (files == &empty) continue;
    check_test::Speaker speaker(copy);
    EXPECT_EQ(speaker.one_value("SELECT count(*) FROM t WHERE i < 0"), "1000");
    EXPECT_EQ(speaker.one_value("SELECT a FROM u"), "1");
  }
}

TEST(BackupTest, ADamagedPageIsNamedAndNotCopied) {
  check_test::World world;
  world.sql().run("CREATE TABLE t AS SELECT i, repeat('t', 100) FROM generate_series(1, 3000) AS g(i)");
  PageNo page = world.first_page("t");
  check_test::Disk disk = world.closed();
  disk.damage(
      page, [](Page bytes) { bytes.bytes()[5000] ^= std::byte{1}; }, false);
  std::shared_ptr<Instance> source = check_test::World::open(disk.files()).value();
  Result<> copied = back_up(*source, "copy", CancelToken());
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().state(), sqlstate::data_corrupted);
  EXPECT_NE(copied.error().message().find("page " + std::to_string(page)), std::string::npos)
      << copied.error().message();
  EXPECT_FALSE(disk.files().exists("copy").value() || disk.files().exists("copy-incomplete").value());
}

}  // namespace
}  // namespace rowan::backup_test
