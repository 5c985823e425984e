// What `rowan check` finds: every kind of fault, planted below the interface, is found and named; a sound
// database, closed, killed or busy, has none.
#include <gtest/gtest.h>

#include "check_tables.h"
#include "storage/btree/node.h"
#include "storage/btree/ops.h"
#include "storage/heap/heap.h"

namespace rowan::check_test {
namespace {

TEST(CheckTest, ASoundDatabaseHasNoFinding) {
  Loaded world;
  expect_clean(check_instance(world.instance()).value());
  expect_clean(world.killed().check());
  world.sql().run(
      "UPDATE parent SET name = name || '!' WHERE id % 2 = 0; UPDATE parent SET weight = 101 - weight;"
      "UPDATE big SET v = v + 1; UPDATE big SET document = document || 'z' WHERE id % 3 = 0;"
      "DELETE FROM child WHERE id % 5 = 0; DELETE FROM big WHERE id % 4 = 0;"
      "BEGIN; UPDATE parent SET name = 'lost', weight = 7; UPDATE big SET document = 'lost'; ROLLBACK;"
      "BEGIN; SAVEPOINT a; UPDATE big SET document = repeat(document, 2); ROLLBACK TO a; UPDATE big SET v = "
      "0; "
      "COMMIT; ALTER TABLE child ADD COLUMN more int NOT NULL DEFAULT 5; TRUNCATE wide;"
      "ALTER TABLE child ADD CHECK (id > 100) NOT VALID, ADD FOREIGN KEY (id) REFERENCES parent NOT VALID");
  expect_clean(check_instance(world.instance()).value());
  world.instance()->tend();
  expect_clean(check_instance(world.instance()).value());
  expect_clean(world.killed().check());
  expect_clean(world.killed_after_checkpoint().check());
}

// Old versions on history pages, and their home page laid out anew before the update is undone: what comes
// home would have to leave its values out of line behind.
TEST(CheckTest, AnUpdateUndoneAfterAColumnCameLeavesNoValueBehind) {
  const std::string long_text =
      "(SELECT string_agg(md5((i * 1000 + j)::text), '') FROM generate_series(1, 100) AS h(j))";
  for (const char* undo : {"ROLLBACK", "ROLLBACK TO a; COMMIT"}) {
    World world;
    world.sql().run("CREATE TABLE t (id int PRIMARY KEY, document text, filler text)");
    world.sql().run("INSERT INTO t SELECT i, " + long_text +
                    ", repeat('p', 120) FROM generate_series(1, 200) AS g(i)");
    world.sql().run(
        "BEGIN; SAVEPOINT a; UPDATE t SET filler = 'q'; ALTER TABLE t ADD COLUMN n int;"
        "UPDATE t SET n = 1 WHERE id % 40 = 0");
    world.sql().run(undo);
    EXPECT_EQ(world.sql().one_value("SELECT sum(length(document) + length(filler)) FROM t"), "664000");
    world.instance()->tend();
    expect_clean(check_instance(world.instance()).value());
    expect_clean(world.killed().check());
  }
}

// The entries of rows that are taken back to a savepoint go from an index that only their transaction knows,
// too.
TEST(CheckTest, RowsTakenBackLeaveNoEntryInAnIndexOfTheirTransaction) {
  World world;
  world.sql().run(
      "CREATE TABLE t (id int, v int); INSERT INTO t SELECT i, i FROM generate_series(1, 10) AS g(i)");
  world.sql().run(
      "BEGIN; CREATE INDEX t_v ON t (v); CREATE INDEX t_hash ON t USING hash (v); SAVEPOINT a;"
      "INSERT INTO t VALUES (100, 777); UPDATE t SET v = 778 WHERE id = 4; ROLLBACK TO a");
  world.instance()->tend();
  expect_clean(check_instance(world.instance()).value());
  world.sql().run("INSERT INTO t VALUES (101, 5); COMMIT");
  expect_clean(check_instance(world.instance()).value());
  world.instance()->tend();
  EXPECT_EQ(world.instance()->page_sets().pages_to_clean(), 0u);
  expect_clean(check_instance(world.instance()).value());
  expect_clean(world.killed().check());
}

TEST(CheckTest, AFileThatWasNotClosedIsReadAndKeepsEveryByte) {
  World world;
  world.sql().run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')");
  world.instance()->storage().checkpoint().value();
  world.sql().run("INSERT INTO t SELECT i, 'later' FROM generate_series(2, 500) AS g(i)");
  world.sql().run("BEGIN");
  world.sql().run("UPDATE t SET v = 'never committed'");
  world.instance()->storage().flush_log(world.instance()->storage().last_lsn()).value();
  Disk disk = world.killed();
  std::map<std::string, std::string> before = disk.all_bytes();
  ASSERT_GT(before.size(), 2u);  // the log and the ring are there
  {
    std::shared_ptr<Instance> instance = disk.open_read_only().value();
    Speaker reader(instance);
    EXPECT_EQ(reader.one_value("SELECT count(*) FROM t"), "500");
    EXPECT_EQ(reader.one_value("SELECT count(*) FROM t WHERE v = 'later'"), "499");
    EXPECT_EQ(reader.one_value("SELECT v FROM t WHERE id = 77"), "later");
    expect_clean(check_instance(instance).value());
    instance->close().value();
  }
  EXPECT_TRUE(disk.all_bytes() == before);
  // And the next writer recovers as if nobody had looked.
  std::shared_ptr<Instance> writer = World::open(disk.files()).value();
  EXPECT_EQ(Speaker(writer).one_value("SELECT count(*) FROM t"), "500");
}

TEST(CheckTest, AnUncleanFileWithoutItsLogSaysSo) {
  World world;
  world.sql().run("CREATE TABLE t (id int)");
  Disk disk = world.killed();
  std::string folder = std::string(kPath) + "-wal";
  for (const std::string& name : disk.files().list(folder).value())
    disk.files().remove(folder + "/" + name).value();
  Result<std::shared_ptr<Instance>> opened = disk.open_read_only();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state(), sqlstate::object_not_in_prerequisite_state);
  EXPECT_NE(opened.error().message().find("is missing"), std::string::npos);
}

TEST(CheckTest, AFileInUseIsRefused) {
  World world;
  world.sql().run("CREATE TABLE t (id int)");
  Result<std::shared_ptr<Instance>> opened = World::open(world.files(), true);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state(), sqlstate::object_in_use);
}

// --- the file: closed, or recovery would mend damaged pages from the ring ---

TEST(CheckTest, FindsAFlippedBit) {
  Loaded world;
  PageNo page = world.first_page("parent");
  Disk disk = world.closed();
  disk.damage(
      page, [](Page bytes) { bytes.bytes()[9000] ^= std::byte{4}; }, false);
  expect_finding(disk.check(), "page " + std::to_string(page) + ", table \"parent\"", "the checksum is");
}

TEST(CheckTest, TellsSqlWhatItFinds) {
  Loaded world;
  PageNo page = world.first_page("parent");
  Disk disk = world.closed();
  disk.damage(
      page, [](Page bytes) { bytes.bytes()[9000] ^= std::byte{4}; }, false);
  std::shared_ptr<Instance> instance = disk.open_read_only().value();
  Speaker reader(instance);
  std::string about = " FROM rowan_check() WHERE page = " + std::to_string(page);
  EXPECT_EQ(reader.one_value("SELECT owner" + about), "table \"parent\"");
  EXPECT_EQ(reader.one_value("SELECT fault LIKE '%the checksum is%'" + about), "t");
  EXPECT_EQ(reader.one_value("SELECT count(*) FROM rowan_check() WHERE owner LIKE '%wide%'"), "0");
}

TEST(CheckTest, FindsATornPage) {
  Loaded world;
  PageNo page = world.pages(world.index("wide_pkey")->storage, PageType::BtreeLeaf).at(1);
  Disk disk = world.closed();
  disk.damage(
      page, [](Page bytes) { std::memset(bytes.bytes() + 8192, 0, 8192); }, false);
  expect_finding(disk.check(), "index \"wide_pkey\"", "the checksum is");
}

TEST(CheckTest, FindsAChecksumOfAnotherPlace) {
  Loaded world;
  std::vector<PageNo> pages = world.pages(world.table("wide")->storage, PageType::HeapHome);
  Disk disk = world.closed();
  std::string other = disk.page_bytes(pages.at(0));
  disk.damage(
      pages.at(1), [&](Page bytes) { std::memcpy(bytes.bytes(), other.data(), kPageSize); }, false);
  expect_finding(disk.check(), "page " + std::to_string(pages.at(1)) + ", table \"wide\"", "the checksum is");
}

TEST(CheckTest, FindsAPageOfAnotherOwner) {
  Loaded world;
  PageNo page = world.first_page("wide");
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [](Page bytes) { bytes.header().relation = 4000; });
  expect_finding(disk.check(), "table \"wide\"", "belongs to relation 4000");
}

TEST(CheckTest, FindsADamagedHeaderSlot) {
  Loaded world;
  Disk disk = world.closed();
  std::unique_ptr<File> file = disk.files().open(kPath, OpenMode::Read).value();
  uint64_t other = 1 - read_header(*file).value().generation % 2;
  disk.files().poke(kPath, other * kPageSize + 20, "XX");
  expect_finding(disk.check(), "file", "one of the header's slots is damaged");
}

TEST(CheckTest, FindsALeakedExtent) {
  World world;
  world.sql().run("CREATE TABLE t (id int)");
  Instance& instance = *world.instance();
  RelationId relation = instance.storage().space().new_relation_id().value();
  PhysicalType column = PhysicalType::Int32;
  instance.relations().create_heap(relation, {&column, 1}).value();
  Disk disk = world.closed();
  expect_finding(disk.check(), "relation " + std::to_string(relation), "that no table or index has");
}

// --- pages of rows ---

TEST(CheckTest, FindsAWrongRowCount) {
  Loaded world;
  PageNo page = world.first_page("child");
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [](Page bytes) { bytes.header().count++; });
  expect_finding(disk.check(), "table \"child\"", "count says");
}

TEST(CheckTest, FindsADeleterThatNobodyIs) {
  Loaded world;
  PageNo page = world.first_page("child");
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [](Page bytes) {
    HeapPage rows(bytes);
    rows.deleter(3) = WriteId{1} << 40;
    rows.recompute_bounds();
  });
  expect_finding(disk.check(), "table \"child\"",
                 "slot 3: deleter 1099511627776 is an id that was never drawn");
}

TEST(CheckTest, HistoryThatASnapshotHoldsIsNoFault) {
  WithHistory world;
  expect_clean(check_instance(world.instance()).value());
  expect_clean(world.killed_after_checkpoint().check());
}

TEST(CheckTest, FindsADanglingLink) {
  WithHistory world;
  PageNo page = world.first_page("big");
  uint32_t slot = world.linked(page).at(0);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) {
    HeapPage rows(bytes);
    rows.word(slot) = SlotWord::with_link(rows.word(slot), {page, static_cast<SlotNo>(slot)});
  });
  expect_finding(disk.check(), "table \"big\"", "where no older version is");
}

TEST(CheckTest, FindsHistoryOfTwoRowsAndOfNone) {
  WithHistory world;
  PageNo page = world.first_page("big");
  std::vector<uint32_t> slots = world.linked(page);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) {
    HeapPage rows(bytes);
    rows.word(slots.at(1)) =
        SlotWord::with_link(rows.word(slots.at(1)), SlotWord::link(rows.word(slots.at(0))));
  });
  Lines lines = disk.check();
  expect_finding(lines, "table \"big\"", "which is linked to already");
  expect_finding(lines, "table \"big\"", "history that no row links to");
}

TEST(CheckTest, FindsAValueThatTwoVersionsOwn) {
  WithHistory world;
  PageNo page = world.first_page("big");
  uint32_t slot = world.linked(page).at(0);
  uint16_t array = world.array_of("big", 2);
  RowId older;
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) { older = SlotWord::link(HeapPage(bytes).word(slot)); });
  disk.damage(older.page, [&](Page bytes) {
    uint16_t& meta = HeapPage(bytes).entry(array, older.slot).meta;
    ASSERT_NE(meta & VarEntry::kPassedOn, 0);
    meta = static_cast<uint16_t>(meta & ~VarEntry::kPassedOn);
  });
  expect_finding(disk.check(), "table \"big\"", "is owned by two versions of the row");
}

TEST(CheckTest, FindsAValueThatNoRowHas) {
  Loaded world;
  PageNo page = world.first_page("big");
  uint16_t array = world.array_of("big", 2);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) { HeapPage(bytes).set_valid(array, 0, false); });
  expect_finding(disk.check(), "table \"big\"", "a value out of line that no row has");
}

TEST(CheckTest, FindsAValueThatIsNotThere) {
  Loaded world;
  PageNo page = world.first_page("big");
  uint16_t array = world.array_of("big", 2);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) { HeapPage(bytes).entry(array, 0).low = 77; });
  expect_finding(disk.check(), "table \"big\"", "slot 0: no chunk 77");
}

TEST(CheckTest, FindsAValueOfTwoRows) {
  Loaded world;
  PageNo page = world.first_page("big");
  uint16_t array = world.array_of("big", 2);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [&](Page bytes) {
    HeapPage rows(bytes);
    rows.entry(array, 1) = rows.entry(array, 0);
  });
  expect_finding(disk.check(), "table \"big\"", "is another row's too");
}

// --- indexes against rows ---

TEST(CheckTest, FindsAMissingEntryInEveryKindOfIndex) {
  Loaded world;
  for (const char* name : {"parent_pkey", "parent_name", "parent_heavy", "parent_upper"}) {
    World::Entry entry = world.list(name).at(7);
    ASSERT_TRUE(world.entries(name)->remove(entry.key, entry.row).value());
  }
  RowId row = world.list("parent_name").at(0).row;
  ASSERT_TRUE(world.entries("parent_hash")->remove(world.list("parent_name").at(0).key, row).value());
  Lines lines = world.killed().check();
  for (const char* name : {"parent_pkey", "parent_name", "parent_heavy", "parent_upper", "parent_hash"})
    expect_finding(lines, "index \"" + std::string(name) + "\"", "has no entry");
  expect_finding(lines, "index \"parent_hash\"", "with (name)=(name 1) has no entry");
  EXPECT_EQ(lines.size(), 5u);
}

TEST(CheckTest, FindsAnEntryForNoRow) {
  Loaded world;
  World::Entry entry = world.list("parent_name").at(3);
  world.entries("parent_name")->insert(entry.key, {entry.row.page, 5000}, nullptr).value();
  world.entries("parent_hash")->insert(entry.key, {60000, 1}, nullptr).value();
  Lines lines = world.killed().check();
  expect_finding(lines, "index \"parent_name\"", "where no row is");
  expect_finding(lines, "index \"parent_hash\"", "a page that the table does not have");
  EXPECT_EQ(lines.size(), 2u);
}

TEST(CheckTest, FindsAnEntryWithAKeyThatItsRowHasNot) {
  Loaded world;
  std::vector<World::Entry> entries = world.list("parent_name");
  world.entries("parent_name")->insert(entries.at(0).key, entries.at(1).row, nullptr).value();
  world.entries("parent_hash")->insert(entries.at(0).key, entries.at(1).row, nullptr).value();
  // Of a row that the predicate keeps out.
  world.entries("parent_heavy")
      ->insert(world.list("parent_heavy").at(0).key, entries.at(0).row, nullptr)
      .value();
  Lines lines = world.killed().check();
  for (const char* name : {"parent_name", "parent_hash", "parent_heavy"})
    expect_finding(lines, "index \"" + std::string(name) + "\"", "no version of which has its key");
  EXPECT_EQ(lines.size(), 3u);
}

TEST(CheckTest, FindsADuplicateInAUniqueIndex) {
  Loaded world;
  // Row 2 gets the id of row 1, in the heap and in the index.
  std::vector<World::Entry> entries = world.list("wide_pkey");
  IndexStoragePtr index = world.entries("wide_pkey");
  index->insert(entries.at(0).key, entries.at(1).row, nullptr).value();
  ASSERT_TRUE(index->remove(entries.at(1).key, entries.at(1).row).value());
  uint16_t array = world.array_of("wide", 0);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(entries.at(1).row.page, [&](Page bytes) {
    int32_t one = 1;
    std::memcpy(HeapPage(bytes).array(array) + entries.at(1).row.slot * 4, &one, 4);
  });
  Lines lines = disk.check();
  expect_finding(lines, "index \"wide_pkey\"", "both have the unique key (id)=(1)");
  EXPECT_EQ(lines.size(), 1u);
}

// --- B-trees ---

TEST(CheckTest, FindsAWrongOrderOfKeys) {
  Loaded world;
  PageNo page = world.pages(world.index("wide_pkey")->storage, PageType::BtreeLeaf).at(0);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(page, [](Page bytes) {
    auto* slots = bytes.at<btree::LeafSlot>(btree::kSlotsBegin);
    std::swap(slots[4], slots[5]);
  });
  expect_finding(disk.check(), "index \"wide_pkey\"", "entry 5 is not above the one before");
}

TEST(CheckTest, FindsABrokenSiblingLink) {
  Loaded world;
  std::vector<PageNo> leaves = world.pages(world.index("wide_pkey")->storage, PageType::BtreeLeaf);
  ASSERT_GT(leaves.size(), 2u);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(leaves.at(0), [](Page bytes) { bytes.at<btree::NodeInfo>(kPageHeaderSize)->right = kNoPage; });
  expect_finding(disk.check(), "index \"wide_pkey\"", "upper fence and right link disagree");
}

TEST(CheckTest, FindsALeafThatItsParentDoesNotKnow) {
  Loaded world;
  PageNo page = world.pages(world.index("wide_pkey")->storage, PageType::BtreeLeaf).at(0);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(
      page, [](Page bytes) { bytes.at<btree::NodeInfo>(kPageHeaderSize)->flags |= btree::kIncompleteSplit; });
  expect_finding(disk.check(), "index \"wide_pkey\"", "marked as split, but its parent knows its neighbour");
}

// --- constraints ---

// The value of an int column in the first row of a table.
void set_int(World& world, Disk& disk, const std::string& table, uint16_t column, int32_t value) {
  uint16_t array = world.array_of(table, column);
  disk.damage(world.first_page(table),
              [&](Page bytes) { std::memcpy(HeapPage(bytes).array(array), &value, sizeof value); });
}

TEST(CheckTest, FindsANullWhereNoneMayBe) {
  Loaded world;
  uint16_t array = world.array_of("parent", 1);
  Disk disk = world.killed_after_checkpoint();
  disk.damage(world.first_page("parent"), [&](Page bytes) { HeapPage(bytes).set_valid(array, 0, false); });
  expect_finding(disk.check(), "table \"parent\"", "has NULL in column \"name\", which is NOT NULL");
}

TEST(CheckTest, FindsAViolatedCheck) {
  Loaded world;
  Disk disk = world.killed_after_checkpoint();
  set_int(world, disk, "parent", 2, -4);
  Lines lines = disk.check();
  expect_finding(lines, "table \"parent\"", "violates check constraint \"parent_weight_check\"");
  EXPECT_EQ(lines.size(), 1u);
}

TEST(CheckTest, FindsAChildWithoutParent) {
  Loaded world;
  Disk disk = world.killed_after_checkpoint();
  set_int(world, disk, "child", 1, 4711);
  Lines lines = disk.check();
  expect_finding(
      lines, "table \"child\"",
      "violates foreign key \"child_parent_id_fkey\": key (parent_id)=(4711) is not present in table "
      "\"parent\"");
  EXPECT_EQ(lines.size(), 1u);
}

}  // namespace
}  // namespace rowan::check_test
