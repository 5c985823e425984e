// storage/heap/row_writer.h: rows of vectors as images for pages of one layout; what is too long goes out of
// line on the way.
#pragma once

#include <span>
#include <string>

#include "storage/heap/cells.h"
#include "storage/heap/page_ops.h"

namespace rowan {

// A row's image in a buffer of images.
struct EncodedRow {
  uint32_t offset;
  uint32_t size;
  uint32_t in_page;  // bytes that it takes in a page besides its arrays
};

class RowWriter {
 public:
  // `columns`: one vector a column of `layout`, nullptr for NULL; all borrowed. With `limit`, what goes out
  // of line goes to pages below it.
  RowWriter(HeapInternals& heap, const Layout& layout, std::span<const Vector* const> columns,
            WriteId creator, PageNo limit = kNoPage);

  // Appends the image of row `row`, if has_room() afterwards.
  Result<EncodedRow> write(OpBuffer& to, uint32_t row);
  bool has_room() const { return has_room_; }

 private:
  uint32_t inline_limit(uint32_t row) const;
  void write_tail(uint32_t row);

  HeapInternals& heap_;
  const Layout& layout_;
  std::span<const Vector* const> columns_;
  const WriteId creator_;
  const PageNo limit_;
  bool has_room_ = true;  // below limit_, so far
  uint32_t room_;         // bytes that one row may have in a page at most
  std::string tail_;
};

// Puts encoded rows into pages with room, a record a page, and tells their ids.
Result<> place_encoded_rows(HeapInternals& heap, TxnId who, const Layout& layout, WriteId creator,
                            std::span<const EncodedRow> rows, const OpBuffer& images, RowId* ids);
// The same with pages below `limit` alone, for rows that move. Returns how many found a place: the first so
// many.
Result<uint32_t> place_rows_below(HeapInternals& heap, PageNo limit, const Layout& layout, WriteId creator,
                                  std::span<const EncodedRow> rows, const OpBuffer& images, RowId* ids);

}  // namespace rowan
