// storage/heap/page_sets.h: where the cleaner has to go, and where it has made room. For each relation a
// bitmap of pages to clean and one of pages with room; for each write id in progress the pages it wrote. An
// id that aborted turns all of its pages into pages to clean, one that committed only those where it replaced
// or deleted something. Memory is a bit a page, however long a snapshot lives (hazards, 3).
//
// All are kept in checkpoints and rebuilt from the log, erring on the side of one page too many: a page is
// noted before its record is appended, and after a restart every page of an id not known to have inserted
// only is one to clean. Room is a hint: whoever takes such a page looks whether it is one and has any. Rows
// have pages with room of their own, and so have values out of line.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint_source.h"
#include "storage/commit_record.h"
#include "storage/log/record.h"
#include "txn/status.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

// Page numbers, a bit each where there are many.
class PageBitmap {
 public:
  void add(PageNo page);
  void remove(PageNo page);
  bool contains(PageNo page) const;
  bool empty() const { return blocks_.empty(); }
  uint64_t count() const;
  std::vector<PageNo> list() const;
  std::optional<PageNo> first() const;
  void append_to(std::string& bytes) const;
  bool take_from(std::string_view& bytes);  // false: they make no sense

 private:
  static constexpr uint32_t kBlockPages = 1024;
  struct Block {
    std::array<uint64_t, kBlockPages / 64> words{};
    uint32_t count = 0;
  };
  std::map<uint32_t, Block> blocks_;
};

enum class RoomFor : uint8_t { Rows, Values };

class PageSets final : public CheckpointSource, public RecoveryObserver {
 public:
  PageSets() = default;

  // `writer` is about to change `page`. `replaces`: something older than it was replaced or deleted there.
  // Thread-safe; callable under a latch; may throw std::bad_alloc.
  void note(WriteId writer, RelationId relation, PageNo page, bool replaces) EXCLUDES(mutex_);
  // `page` needs cleaning whoever ends how (a chain of values out of line that lost its row).
  void note_dirty(RelationId relation, PageNo page) EXCLUDES(mutex_);
  // Takes a page that waits for nobody and that nobody has taken. False: it is another's, which is left as it
  // is.
  bool take_new(RelationId relation, PageNo page) EXCLUDES(mutex_);
  // These ids ended. Call for commits after, for aborts after the transactions know.
  void committed(std::span<const WriteId> ids) EXCLUDES(mutex_);
  void aborted(std::span<const WriteId> ids) EXCLUDES(mutex_);
  // As aborted(), for a session that goes to those pages at once. Taken for it, and returned, are those that
  // wait for nobody else; the others wait as they did: a round that did not meet them would miss what others
  // left there.
  std::map<RelationId, PageBitmap> aborted_and_taken(std::span<const WriteId> ids) EXCLUDES(mutex_);
  // How many pages `ids` wrote: little is cleaned by the session that rolled back.
  size_t page_count(std::span<const WriteId> ids) const EXCLUDES(mutex_);
  // Where `ids` wrote, by relation, if that is at most `pages_max` pages.
  std::optional<std::map<RelationId, std::vector<PageNo>>> places(std::span<const WriteId> ids,
                                                                  size_t pages_max) const EXCLUDES(mutex_);
  // Ids that have not ended, as far as this knows.
  std::vector<WriteId> writers() const EXCLUDES(mutex_);

  // Relations with pages to clean.
  std::vector<RelationId> relations() const EXCLUDES(mutex_);
  // Takes the relation's pages to clean; each is given back by done(), `again` if something must stay. Until
  // then a checkpoint still has it. `leaves`: some that another has taken wait on, for his done() would make
  // them nobody's.
  std::vector<PageNo> take(RelationId relation, bool& leaves) EXCLUDES(mutex_);
  void done(RelationId relation, PageNo page, bool again) EXCLUDES(mutex_);
  // Those of the pages that are taken and not done wait again: pages that the caller has taken.
  void give_back(RelationId relation, std::span<const PageNo> pages) EXCLUDES(mutex_);
  // What `what` says may go there again; and the first such page of the relation, which is then the caller's
  // to fill.
  void note_room(RelationId relation, PageNo page, RoomFor what = RoomFor::Rows) EXCLUDES(mutex_);
  std::optional<PageNo> take_room(RelationId relation, RoomFor what = RoomFor::Rows) EXCLUDES(mutex_);
  // How many pages have room, and some of them, at most `list_max`, evenly chosen: to guess how much room.
  uint64_t room(RelationId relation, RoomFor what, size_t list_max, std::vector<PageNo>& list) const
      EXCLUDES(mutex_);
  // The relation is gone.
  void forget(RelationId relation) EXCLUDES(mutex_);
  uint64_t pages_to_clean() const EXCLUDES(mutex_);

  std::string checkpoint_bytes() override EXCLUDES(mutex_);
  // What the last checkpoint kept; after recovery has shown its records, before recovered().
  Result<> restore(const std::string& bytes) EXCLUDES(mutex_);
  Result<> observe(const RecordView& record) override EXCLUDES(mutex_);
  // After recovery: nobody is in progress any more.
  void recovered() EXCLUDES(mutex_);

 private:
  struct Place {
    RelationId relation;
    PageNo page;
    bool replaces;
    auto operator<=>(const Place&) const = default;
  };
  struct Writer {
    std::vector<Place> places;
    size_t sorted = 0;  // how many stood when duplicates were last removed
  };
  bool waits(RelationId relation, PageNo page) const REQUIRES(mutex_);  // dirty or taken
  void add(Writer& writer, Place place);
  Writer& writer(WriteId id) REQUIRES(mutex_);
  void end(WriteId id, bool committed) REQUIRES(mutex_);

  mutable Mutex mutex_{LockRank::Cleaner};
  CommitReader commits_ GUARDED_BY(mutex_);  // of the records that recovery shows
  std::map<WriteId, Writer> writers_ GUARDED_BY(mutex_);
  // Entries of writers that ended, for the next ones: small transactions ask for no memory.
  static constexpr size_t kSpares = 16, kSparePlaces = 64;
  std::vector<std::map<WriteId, Writer>::node_type> spares_ GUARDED_BY(mutex_);
  std::map<RelationId, PageBitmap> dirty_ GUARDED_BY(mutex_);
  std::map<RelationId, PageBitmap> taken_ GUARDED_BY(mutex_);
  using Room = std::map<RelationId, PageBitmap>;
  Room& room_of(RoomFor what) REQUIRES(mutex_) { return room_[static_cast<size_t>(what)]; }
  std::array<Room, 2> room_ GUARDED_BY(mutex_);  // by RoomFor
};

}  // namespace rowan
