// storage/change.h: one atomic change of one or more latched pages, and the record that tells of it.
//
//   WriteGuard page = TRY(pool.write(number));
//   Change change(storage, RecordType(…), relation, write_id);
//   change.add(page, redo_bytes);          // borrowed until commit; repeat for further pages
//   TRY(change.reserve());                 // log space: the last thing that can fail; no byte has changed
//   yet … change the bytes of the pages …      // nothing here can fail Lsn end = change.commit(); // appends
//   the one record, stamps the pages; the guards stay held
//
// The change remembers where its guards are: they do not move before commit.
// Dropped without commit (and before a byte was changed) it is as if it had never been. After a crash either
// all pages of a change are redone or none.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

#include "storage/log/log.h"
#include "storage/log/record.h"
#include "storage/pool/guards.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class Storage;

class Change {
 public:
  static constexpr size_t kPagesMax = 16;

  // `write_id` goes into the record for the observers of recovery (page sets); kNoWriteId: nobody's.
  Change(Storage& storage, RecordType type, RelationId relation, WriteId write_id);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  // This page's redo bytes: head then rest, both borrowed until commit. For a new page the RedoFunction
  // starts as the caller did: zeros, with the header's relation and type set; a new page belongs to the
  // change's relation.
  void add(WriteGuard& page, std::span<const std::byte> head, std::span<const std::byte> rest = {});
  // The page as it will stand at commit, whole but for a hole of bytes that need not be kept (redone as
  // zeros). For bulk paths and a split's new page. No RedoFunction is asked.
  void add_image(WriteGuard& page, uint16_t hole_offset = 0, uint16_t hole_length = 0);
  // The page goes back to its relation's extent (and the extent back to the file when it was the last), and
  // is of no type and no relation from then on. Its number is not used again before every EpochGuard of now
  // is gone.
  void add_free(WriteGuard& page);
  // `page`, a new one that was added before, is the relation's anchor (storage/space/space.h) from then on.
  // Who looks for it finds it by `known`: that is set when the page can be read, and before those that are
  // freed (the old anchor) cannot. In place of a body; for records of RecordType::Anchor.
  void move_anchor(const WriteGuard& page, std::atomic<PageNo>& known);
  // Bytes of the record that belong to no page.
  void set_body(std::span<const std::byte> body) { body_ = body; }

  // Errors: as Log::reserve, and whatever the first write to the database file may meet (53100, 58030,
  // 25006).
  Result<> reserve();
  // Only after reserve(). Never fails. Returns the record's end. Readers without latches see new pages first,
  // then the changed ones, in the order in which they were added, then that those to be freed are gone.
  Lsn commit();

 private:
  struct Entry {
    WriteGuard* guard;
    PartKind kind;
    uint16_t small[2];  // image: the hole; a new page: its type
    std::span<const std::byte> head, rest;
  };
  Storage& storage_;
  const RecordType type_;
  const RelationId relation_;
  const WriteId write_id_;
  std::span<const std::byte> body_;
  PageNo anchor_ = kNoPage;  // where it moves
  std::atomic<PageNo>* known_anchor_ = nullptr;
  std::array<Entry, kPagesMax> entries_;
  size_t count_ = 0;
  void fill_part(const Entry& entry, PartBytes& part) const;
  void mark_dirty(const Entry& entry) const;
  void settle(Entry& entry, Lsn end) const;
  size_t reserved_ = 0;
  size_t free_count_ = 0;
  bool is_reserved_ = false;
  bool takes_pages_ = false;
};

}  // namespace rowan
