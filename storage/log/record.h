// storage/log/record.h: what a log record says. One record covers every page of one change; each page is
// redone from itself and its own part of the record alone, without comparator, catalog or allocator (hazards,
// 8).
//
//   | RecordHeader 40 B | PartHeader 8 B each | bytes of part 0, 1, … | body | zeros to a multiple of 8 |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/page.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

// Each folder owns a range; a number once given is never used for something else.
enum class RecordType : uint16_t {
  None = 0,
  // storage's own
  Extent = 1,           // body: PageNo start, uint32_t count: handed to `relation`
  ExtentFree = 2,       // body: the same: taken from `relation`
  DropRelation = 3,     // every extent of `relation` is free
  RelationIdTaken = 4,  // `relation` is in use as an id from here on
  Image = 5,            // full images and nothing else; needs no RedoFunction
  FreePages = 6,        // frees pages and nothing else
  Anchor = 7,           // body: PageNo: `relation`'s anchor from here on; images and frees
  // the commit protocol's (storage/commit_record.h)
  Commit = 16,         // body: intervals of write ids that became one commit
  AbortsCleaned = 17,  // body: intervals of write ids of which no trace is left
  CommitIds = 18,      // body: uint64_t place, intervals of a commit that may follow
  CommitOfMany = 19,   // body: uint64_t number of CommitIds before it, the commit's last intervals
  // by folder
  HeapFirst = 64,
  HeapLast = 127,
  BtreeFirst = 128,
  BtreeLast = 191,
  HashFirst = 192,
  HashLast = 223,
  OtherFirst = 224,  // sequences and the like
  ToyFirst = 240,    // tests
  Limit = 256,
};

struct RecordHeader {
  uint32_t length;      // of the whole record, a multiple of 8; 0: nothing more in this block
  uint32_t checksum;    // of the record, the LSN and the log's id
  Lsn lsn;              // where the record begins
  WriteId write_id;     // who changed, 0: nobody in particular
  RelationId relation;  // what was changed, 0: no relation
  RecordType type;
  uint8_t part_count;
  uint8_t padding;
  uint32_t body_length;
  uint32_t reserved;
};
static_assert(sizeof(RecordHeader) == 40);

enum class PartKind : uint8_t {
  Change,  // redo bytes for the page as it was
  Fresh,   // uint16_t PageType, then redo bytes for a page of zeros with owner and type: a page newly taken
  Image,   // the whole page but for a hole: uint16_t hole offset, uint16_t hole length, then the rest
  Free,    // the page goes back to its extent; no bytes
};
struct PartHeader {
  PageNo page;
  uint16_t length;       // of the part's bytes
  uint8_t kind_and_new;  // PartKind, and kPartIsNew
  uint8_t head_length;   // of the first piece that went into the checksum on its own
  PartKind kind() const { return static_cast<PartKind>(kind_and_new & 0x0f); }
  bool is_new() const { return (kind_and_new & kPartIsNew) != 0; }
  static constexpr uint8_t kPartIsNew = 0x80;
};
static_assert(sizeof(PartHeader) == 8);

// One part as redo sees it.
struct RecordPart {
  PageNo page;
  PartKind kind;
  bool is_new;          // the page was taken from its extent by this record
  PageType fresh_type;  // Fresh: the type that create() gave the page; its bytes follow in `bytes`
  std::span<const std::byte> bytes;
};

// A whole, checked record. Borrows the reader's buffer: valid until the next record is read.
class RecordView {
 public:
  RecordView(std::span<const std::byte> record, Lsn end) : record_(record), end_(end) {}

  RecordType type() const { return header().type; }
  RelationId relation() const { return header().relation; }
  WriteId write_id() const { return header().write_id; }
  Lsn lsn() const { return header().lsn; }
  Lsn end() const { return end_; }  // where the next may begin; a commit's sequence number
  size_t part_count() const { return header().part_count; }
  RecordPart part(size_t index) const;
  std::span<const std::byte> body() const;

 private:
  const RecordHeader& header() const { return *reinterpret_cast<const RecordHeader*>(record_.data()); }
  PartHeader part_header(size_t index) const;
  size_t body_offset() const;
  std::span<const std::byte> record_;
  Lsn end_;
};

// Redoes one part of a record on its page: kinds Change and Fresh (images and frees are storage's own). It
// may look at the page and the record, nothing else; the page's LSN is set by the caller. Errors: XX001 when
// the bytes make no sense.
using RedoFunction = Result<> (*)(Page page, const RecordView& record, size_t part);

// Which function redoes which record: filled by the folders above, handed to Storage::open.
class RedoTable {
 public:
  void add(RecordType type, RedoFunction function) { functions_[static_cast<size_t>(type)] = function; }
  RedoFunction find(RecordType type) const {
    return type < RecordType::Limit ? functions_[static_cast<size_t>(type)] : nullptr;
  }

 private:
  RedoFunction functions_[static_cast<size_t>(RecordType::Limit)] = {};
};

// Told of every record that recovery reads, in order, after its pages were redone: rebuilds page sets and the
// fate of write ids.
class RecoveryObserver {
 public:
  virtual ~RecoveryObserver() = default;
  virtual Result<> observe(const RecordView& record) = 0;
};

}  // namespace rowan
