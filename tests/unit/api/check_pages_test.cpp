// Faults planted in pages that go home with a valid checksum: each kind is found, on its page, with its
// owner. What the tests of check_test.cpp plant, and what these do, is listed in check_faults.md.
#include <gtest/gtest.h>

#include "check_tables.h"
#include "storage/btree/node.h"
#include "storage/heap/heap.h"
#include "storage/heap/overflow_page.h"

namespace rowan::check_test {
namespace {

constexpr WriteId kFuture = WriteId{1} << 40;

// Plants one fault after the other, each in its own copy of a sound disk.
class Planter {
 public:
  explicit Planter(Disk disk) : sound_(std::move(disk)) {}

  // `text` is said of that page and owner.
  void plant(PageNo page, const std::string& owner, const std::string& text,
             const std::function<void(Page)>& change) {
    SCOPED_TRACE(text);
    expect_finding(damaged(page, change), "page " + std::to_string(page) + ", " + owner, text);
  }
  // Seen elsewhere than on the page itself.
  void plant_seen(PageNo page, const std::string& owner, const std::string& text,
                  const std::function<void(Page)>& change) {
    SCOPED_TRACE(text);
    expect_finding(damaged(page, change), owner, text);
  }
  Lines damaged(PageNo page, const std::function<void(Page)>& change) {
    Disk disk(sound_.files().image(CrashPolicy::Kept, 1));
    disk.damage(page, change);
    Result<std::shared_ptr<Instance>> opened = disk.open_read_only();
    if (!opened.ok()) return {"file: " + opened.error().message() + ": " + opened.error().detail()};
    return check_instance(*opened).value();
  }
  Disk& sound() { return sound_; }

 private:
  Disk sound_;
};

TEST(CheckPages, OfRows) {
  Loaded world;
  PageNo child = world.first_page("child"), wide = world.first_page("wide");
  uint16_t filler = world.array_of("wide", 1);
  Planter planter(world.killed_after_checkpoint());
  const std::string owner = "table \"child\"";
  auto rows = [&](const std::string& text, const std::function<void(HeapPage&)>& change) {
    planter.plant(child, owner, text, [&](Page page) {
      HeapPage heap(page);
      change(heap);
    });
  };
  rows("is no multiple of 8", [](HeapPage& page) { page.header().capacity = 13; });
  rows("arrays of 4000 rows do not fit", [](HeapPage& page) { page.header().capacity = 4000; });
  rows("slot 3: unknown state", [](HeapPage& page) { page.word(3) |= uint64_t{3} << SlotWord::kStateShift; });
  rows("slot 3: no creator", [](HeapPage& page) { page.creator(3) = 0; });
  rows("slot 3: creator 1099511627776 is an id that was never drawn", [](HeapPage& page) {
    page.creator(3) = kFuture;
    page.recompute_bounds();
  });
  rows("the header's bounds hold an id that was never drawn",
       [](HeapPage& page) { page.header().max_write_id = kFuture; });
  rows("creator outside the page's bounds", [](HeapPage& page) { page.header().max_write_id = 1; });
  rows("deleter or link, but the page's flag says there is none", [](HeapPage& page) {
    page.deleter(3) = page.creator(3);
    page.header().flags &= static_cast<uint16_t>(~kPageHasDeletersOrLinks);
  });
  rows("bytes begin inside the arrays", [](HeapPage& page) { page.facts().bytes_begin = 100; });
  rows("unknown layout 77", [](HeapPage& page) { page.header().layout = 77; });
  rows("shape is not that of layout", [](HeapPage& page) {
    page.facts().shape.wide4 -= 2;
    page.facts().shape.wide8 += 1;
  });
  rows("a home in a history page", [](HeapPage& page) { page.header().type = PageType::HeapHistory; });
  rows("of a type that no table has", [](HeapPage& page) { page.header().type = PageType::BtreeLeaf; });
  rows("a row out of line, but the page's flag says there is none",
       [](HeapPage& page) { page.word(3) |= SlotWord::kElsewhere; });
  planter.plant(wide, "table \"wide\"", "slot 5: value outside the page's bytes",
                [&](Page page) { HeapPage(page).entry(filler, 5).low = 16380; });
  planter.plant(wide, "table \"wide\"", "slot 6: value outside the page's bytes", [&](Page page) {
    uint16_t& meta = HeapPage(page).entry(filler, 6).meta;
    meta = static_cast<uint16_t>(VarEntry::kInPageMax + 1);
  });
}

TEST(CheckPages, OfHistory) {
  WithHistory world;
  PageNo page = world.first_page("big");
  uint32_t slot = world.linked(page).at(0);
  uint16_t document = world.array_of("big", 2);
  PageNo values = world.first_page("big", PageType::HeapOverflow), other = world.first_page("child");
  RowId older;
  {
    ReadGuard guard = world.instance()->storage().pool().read(page).value();
    older = SlotWord::link(HeapView(guard.page()).words()[slot]);
  }
  Planter planter(world.killed_after_checkpoint());
  const std::string owner = "table \"big\"";
  planter.plant(older.page, owner, "history that nothing replaced",
                [&](Page bytes) { HeapPage(bytes).deleter(older.slot) = 0; });
  planter.plant(page, owner, "its chain of versions is a ring", [&](Page bytes) {
    uint64_t& word = HeapPage(bytes).word(older.slot);
    if (older.page == page) word = SlotWord::with_link(word, older);
  });
  auto link_to = [&](PageNo target) {
    return [slot, target](Page bytes) {
      uint64_t& word = HeapPage(bytes).word(slot);
      word = SlotWord::with_link(word, {target, 0});
    };
  };
  planter.plant(page, owner, "of another relation", link_to(other));
  planter.plant(page, owner, "which is no page of history", link_to(values));
  planter.plant(page, owner, "of another relation", link_to(900000));
  planter.plant(page, owner, "is passed on to no version",
                [&](Page bytes) { HeapPage(bytes).entry(document, slot).meta |= VarEntry::kPassedOn; });
}

struct WithLongValues : World {
  WithLongValues() {
    sql().run(
        "CREATE TABLE long (id int PRIMARY KEY, document text);"
        "INSERT INTO long SELECT i, (SELECT string_agg(md5((i * 5000 + j)::text), '') FROM "
        "generate_series(1, 1500) "
        "AS h(j)) FROM generate_series(1, 4) AS g(i);"
        "CREATE TABLE packed (id int, document text);"
        "INSERT INTO packed SELECT i, repeat('abcdefgh' || i, 2000) FROM generate_series(1, 3) AS g(i)");
  }
  OverflowPointer value(const std::string& table, uint32_t slot) {
    ReadGuard guard = instance()->storage().pool().read(first_page(table)).value();
    return HeapView(guard.page()).entries(array_of(table, 1))[slot].pointer();
  }
  ChunkHead head(OverflowPointer at) {
    ReadGuard guard = instance()->storage().pool().read(at.page).value();
    return OverflowView(guard.page()).head(at.slot);
  }
};

// A chunk's place in its page's directory: offset, length.
uint16_t* place_of(Page page, uint32_t slot) {
  return page.at<uint16_t>(kPageHeaderSize) + size_t{2} * slot;
}

void change_head(Page page, uint32_t slot, const std::function<void(ChunkHead&)>& change) {
  ChunkHead head;
  std::byte* bytes = page.bytes() + place_of(page, slot)[0];
  std::memcpy(&head, bytes, sizeof head);
  change(head);
  std::memcpy(bytes, &head, sizeof head);
}

TEST(CheckPages, OfValuesOutOfLine) {
  WithLongValues world;
  OverflowPointer first = world.value("long", 0), second = world.value("long", 1),
                  small = world.value("packed", 0);
  ChunkHead head = world.head(first), second_head = world.head(second);
  ASSERT_NE(head.next_page, kNoPage);
  ASSERT_NE(world.head(small).flags & ChunkHead::kCompressed, 0);
  PageNo row_page = world.first_page("long"), packed_page = world.first_page("packed");
  Planter planter(world.killed_after_checkpoint());
  const std::string owner = "table \"long\"";
  auto chunk = [&](PageNo named, OverflowPointer at, const std::string& text,
                   const std::function<void(ChunkHead&)>& change) {
    planter.plant_seen(at.page, "page " + std::to_string(named) + ", " + owner, text,
                       [&](Page page) { change_head(page, at.slot, change); });
  };
  chunk(row_page, first, "slot 0: value out of line has", [](ChunkHead& it) { it.next_page = kNoPage; });
  chunk(row_page, first, "slot 0: value out of line has", [&](ChunkHead& it) {
    it.next_page = first.page;
    it.next_slot = first.slot;
  });
  chunk(row_page, first, "slot 0: no chunk 999", [](ChunkHead& it) { it.next_slot = 999; });
  chunk(row_page, first, "of another relation", [&](ChunkHead& it) { it.next_page = packed_page; });
  // Its own tail is nobody's then.
  chunk(head.next_page, first, "a value out of line that no row has", [&](ChunkHead& it) {
    it.next_page = second_head.next_page;
    it.next_slot = second_head.next_slot;
  });
  chunk(row_page, first, "points into the middle of a value",
        [](ChunkHead& it) { it.flags &= static_cast<uint16_t>(~ChunkHead::kFirst); });
  chunk(row_page, first, "that was given up", [](ChunkHead& it) { it.flags |= ChunkHead::kOrphan; });
  chunk(row_page, first, "value out of line has", [](ChunkHead& it) { it.stored += 3; });
  chunk(row_page, {head.next_page, head.next_slot}, "value out of line has",
        [](ChunkHead& it) { it.stored -= 3; });
  chunk(row_page, first, "value out of line is not", [](ChunkHead& it) { it.length += 1; });
  chunk(row_page, first, "value out of line is not", [](ChunkHead& it) { it.length = 0xffffffff; });
  chunk(first.page, first, "creator outside the page's bounds", [](ChunkHead& it) { it.creator = kFuture; });
  planter.plant(first.page, owner, "a value of an id that was never drawn",
                [](Page page) { page.header().max_write_id = kFuture; });
  planter.plant(first.page, owner, "outside the page's bytes",
                [&](Page page) { place_of(page, first.slot)[0] = 16000; });
  planter.plant(first.page, owner, "bytes, the header says",
                [&](Page page) { place_of(page, first.slot)[1] -= 8; });
  planter.plant(first.page, owner, "belongs to relation 4000",
                [](Page page) { page.header().relation = 4000; });
  // Blocks that do not unpack or are too long, and values that unpack to another length.
  for (uint32_t stored : {0u, 1u, 0xffffffffu})
    planter.plant_seen(small.page, "table \"packed\"", "value out of line is not", [&](Page page) {
      std::memcpy(page.bytes() + place_of(page, small.slot)[0] + sizeof(ChunkHead), &stored, sizeof stored);
    });
  planter.plant_seen(small.page, "table \"packed\"", "value", [&](Page page) {
    std::memset(page.bytes() + place_of(page, small.slot)[0] + sizeof(ChunkHead), 0xff, 16);
  });
  planter.plant_seen(small.page, "table \"packed\"", "value", [&](Page page) {
    change_head(page, small.slot, [](ChunkHead& it) { it.length += 5; });
  });
}

// Who reads a damaged value is told so, and takes no memory for what it cannot be.
TEST(CheckPages, OfValuesThatAreRead) {
  WithLongValues world;
  OverflowPointer first = world.value("long", 0), small = world.value("packed", 0);
  ChunkHead head = world.head(first);
  Disk sound = world.killed_after_checkpoint();
  auto read = [&](const std::string& table, PageNo page, const std::function<void(Page)>& change) {
    Disk disk(sound.files().image(CrashPolicy::Kept, 1));
    disk.damage(page, change);
    std::shared_ptr<Instance> instance = disk.open_read_only().value();
    std::shared_ptr<SessionCore> core = SessionCore::open(instance).value();
    std::unique_ptr<ParsedStatement> statement =
        parse_statement("SELECT length(document) FROM " + table + " WHERE id = 1").value();
    Result<ResultStreamPtr> stream = core->begin_statement(std::move(statement), {}, nullptr);
    Result<bool> row = stream.ok() ? core->next(**stream) : Result<bool>(std::move(stream).error());
    ASSERT_FALSE(row.ok());
    EXPECT_EQ(row.error().state(), sqlstate::data_corrupted) << row.error().message();
  };
  auto chunk = [&](const std::string& table, OverflowPointer at,
                   const std::function<void(ChunkHead&)>& change) {
    read(table, at.page, [&](Page page) { change_head(page, at.slot, change); });
  };
  OverflowPointer second{head.next_page, head.next_slot};
  for (OverflowPointer at : {first, second}) {
    chunk("long", at, [](ChunkHead& it) { it.next_page = kNoPage; });
    chunk("long", at, [&](ChunkHead& it) {
      it.next_page = at.page;
      it.next_slot = at.slot;
    });
    chunk("long", at, [&](ChunkHead& it) {
      it.next_page = first.page;
      it.next_slot = first.slot;
    });
    chunk("long", at, [](ChunkHead& it) { it.next_slot = 999; });
    chunk("long", at, [](ChunkHead& it) { it.stored += 1; });
    chunk("long", at, [](ChunkHead& it) { it.stored = 0xffffffff; });
    for (size_t field : {0, 1}) {
      read("long", at.page, [&](Page page) { place_of(page, at.slot)[field] = field == 0 ? 16380 : 20; });
      read("long", at.page, [&](Page page) { place_of(page, at.slot)[field] = 0xffff; });
    }
  }
  for (uint32_t length : {0u, 1u, 0x40000001u, 0xffffffffu}) {
    chunk("long", first, [&](ChunkHead& it) { it.length = length; });
    chunk("packed", small, [&](ChunkHead& it) { it.length = length; });
  }
  chunk("packed", small, [](ChunkHead& it) { it.flags &= static_cast<uint16_t>(~ChunkHead::kCompressed); });
  chunk("long", first, [](ChunkHead& it) { it.flags |= ChunkHead::kCompressed; });
  for (uint32_t stored : {0u, 1u, 300u, 65537u, 0xffffffffu})
    read("packed", small.page, [&](Page page) {
      std::memcpy(page.bytes() + place_of(page, small.slot)[0] + sizeof(ChunkHead), &stored, sizeof stored);
    });
}

TEST(CheckPages, OfBtrees) {
  Loaded world;
  RelationId tree = world.index("wide_pkey")->storage, names = world.index("parent_name")->storage;
  std::vector<PageNo> leaves = world.pages(tree, PageType::BtreeLeaf);
  PageNo root = world.pages(tree, PageType::BtreeInner).at(0), other = world.first_page("child");
  PageNo name_leaf = world.pages(names, PageType::BtreeLeaf).at(0);
  PageNo hashed = world.pages(world.index("parent_hash")->storage, PageType::BtreeLeaf).at(0);
  std::vector<PageNo> in_order;
  {
    ReadGuard guard = world.instance()->storage().pool().read(root).value();
    btree::NodeView node(guard.page());
    for (uint16_t i = 0; i < node.count(); ++i) in_order.push_back(node.child(i));
  }
  ASSERT_GT(in_order.size(), 3u);
  PageNo leaf = in_order[1];
  Planter planter(world.killed_after_checkpoint());
  const std::string owner = "index \"wide_pkey\"";
  auto info = [](Page page) { return page.at<btree::NodeInfo>(kPageHeaderSize); };
  auto slots = [](Page page) { return page.at<btree::LeafSlot>(btree::kSlotsBegin); };
  auto children = [](Page page) { return page.at<btree::InnerSlot>(btree::kSlotsBegin); };
  planter.plant_seen(root, "page " + std::to_string(leaf) + ", " + owner,
                     "its level is 0 where its parent says 1", [&](Page page) { info(page)->level = 2; });
  planter.plant(leaf, owner, "its lower fence is not its parent's separator", [&](Page page) {
    page.bytes()[info(page)->lower_offset + info(page)->lower_length - 1] ^= std::byte{1};
  });
  planter.plant(leaf, owner, "its right link leads to page", [&](Page page) { info(page)->right = leaf; });
  planter.plant(leaf, owner, "its right link leads to page",
                [&](Page page) { info(page)->right = in_order[3]; });
  planter.plant(leaf, owner, "lies outside the fences",
                [&](Page page) { slots(page)[0].head = ~uint64_t{0}; });
  planter.plant(leaf, owner, "entry 4 is not above the one before",
                [&](Page page) { slots(page)[4] = slots(page)[3]; });
  planter.plant(leaf, owner, "it is no node of this B-tree",
                [&](Page page) { page.header().type = PageType::HeapHome; });
  planter.plant(leaf, owner, "slots and strings overlap", [&](Page page) { page.header().count = 2000; });
  planter.plant(leaf, owner, "a fence lies outside the page",
                [&](Page page) { info(page)->lower_offset = 16380; });
  planter.plant(leaf, owner, "the fences are out of order", [&](Page page) {
    std::swap(info(page)->lower_offset, info(page)->upper_offset);
    std::swap(info(page)->lower_length, info(page)->upper_length);
    info(page)->prefix_length = 0;
  });
  planter.plant(leaf, owner, "the prefix is longer than the lower fence",
                [&](Page page) { info(page)->prefix_length = 500; });
  planter.plant(root, owner, "the root has fences or a neighbour",
                [&](Page page) { info(page)->right = leaf; });
  planter.plant(root, owner, "an inner page without children", [&](Page page) { page.header().count = 0; });
  planter.plant_seen(root, owner, "two paths lead to this page",
                     [&](Page page) { children(page)[2].child = children(page)[1].child; });
  planter.plant_seen(root, owner, "its upper fence", [&](Page page) {
    PageNo first_child = children(page)[1].child;
    children(page)[1].child = children(page)[2].child;
    children(page)[2].child = first_child;
  });
  Lines strange = planter.damaged(root, [&](Page page) { children(page)[2].child = other; });
  EXPECT_FALSE(strange.empty());
  planter.plant_seen(leaf, owner, "has no entry", [&](Page page) {
    std::memmove(slots(page) + 7, slots(page) + 8,
                 sizeof(btree::LeafSlot) * size_t{page.header().count - 8u});
    --page.header().count;
  });
  planter.plant(name_leaf, "index \"parent_name\"", "a key lies outside the page", [&](Page page) {
    for (uint16_t i = 0; i < page.header().count; ++i) slots(page)[i].offset = 16383;
  });
  planter.plant(hashed, "index \"parent_hash\"", "entry 5 is not above the one before",
                [&](Page page) { std::swap(slots(page)[4], slots(page)[5]); });
}

// The checkpoint's map of who owns what, as in storage/space/space_map.cpp.
struct MapEditor {
  struct Extent {
    PageNo start;
    uint32_t count;
    uint64_t used;
  };
  explicit MapEditor(Page page) : at(page.body() + 8 + 12) {
    uint32_t relations = 0;
    std::memcpy(&relations, page.body() + 8 + 8, 4);
    left = relations;
  }
  // The relation's extents: their places.
  std::vector<std::byte*> extents(RelationId wanted) {
    std::vector<std::byte*> found;
    for (; left > 0; --left) {
      RelationId id = 0;
      uint32_t count = 0;
      std::memcpy(&id, at, 4);
      std::memcpy(&count, at + 8, 4);
      at += 12;
      for (uint32_t i = 0; i < count; ++i, at += 16)
        if (id == wanted) found.push_back(at);
      if (id == wanted) return found;
    }
    return found;
  }
  static Extent read(std::byte* place) {
    Extent extent;
    std::memcpy(&extent, place, 16);
    return extent;
  }
  static void write(std::byte* place, const Extent& extent) { std::memcpy(place, &extent, 16); }
  std::byte* at;
  uint32_t left;
};

TEST(CheckPages, OfFreeSpace) {
  Loaded world;
  RelationId wide = world.table("wide")->storage, child = world.table("child")->storage;
  PageNo wide_page = world.pages(wide, PageType::HeapHome).at(3);
  Planter planter(world.killed_after_checkpoint());
  std::unique_ptr<File> file = planter.sound().files().open(kPath, OpenMode::Read).value();
  PageNo state = read_header(*file).value().state.start;
  auto last = [](Page page, RelationId relation) { return MapEditor(page).extents(relation).back(); };
  planter.plant_seen(
      state, "file",
      "page " + std::to_string(state) + " of file \"db\" is damaged: It belongs to the checkpoint",
      [&](Page page) {
        MapEditor::Extent theirs = MapEditor::read(last(page, wide));
        std::byte* place = last(page, child);
        MapEditor::Extent ours = MapEditor::read(place);
        ours.start = theirs.start - 1;
        ours.count = 2;
        ours.used = 0;
        MapEditor::write(place, ours);
      });
  planter.plant_seen(state, "index \"wide_pkey\"", "a page that the table does not have", [&](Page page) {
    for (std::byte* place : MapEditor(page).extents(wide)) {
      MapEditor::Extent extent = MapEditor::read(place);
      if (wide_page < extent.start || wide_page >= extent.start + extent.count) continue;
      extent.used &= ~(uint64_t{1} << (wide_page - extent.start));
      MapEditor::write(place, extent);
    }
  });
  planter.plant_seen(state, "table \"wide\"", "the checksum is", [&](Page page) {
    std::byte* place = last(page, wide);
    MapEditor::Extent extent = MapEditor::read(place);
    ASSERT_NE(extent.used, ~uint64_t{0} >> (64 - extent.count));
    extent.used |= uint64_t{1} << (extent.count - 1);
    MapEditor::write(place, extent);
  });
}

TEST(CheckPages, ASequenceBehindItsColumnIsNoFault) {
  World world;
  world.sql().run(
      "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (100); SELECT setval('t_id_seq', 5)");
  expect_clean(check_instance(world.instance()).value());
  expect_clean(world.killed_after_checkpoint().check());
}

}  // namespace
}  // namespace rowan::check_test
