// storage/recovery/recovery.h: brings a file that was not closed to where its log ends. One pass, redo only:
//
//   what the log left in caches is made durable      pages redone from it may then go home
//   torn homes are mended from the ring              before anything is read
//   each record: its pages, then the extent map, then the observers
//
// A page is redone from itself and the record; one whose LSN says it has the change already is left alone. A
// home that is damaged is no harm if a full image follows in the log; else it is an error, and nothing is
// lost silently. Nothing here changes what the file's header says: a crash in recovery recovers again.
// Source: Mohan et al., ARIES (1992), without undo.
#pragma once

#include <map>
#include <string>

#include "storage/instance.h"
#include "storage/log/log_reader.h"
#include "types/result.h"

namespace rowan {

class Recovery {
 public:
  Recovery(Storage::Impl& instance, const StorageHooks& hooks) : instance_(instance), hooks_(hooks) {}

  // After it the pool holds, or the file has, every page as it was; instance.header.last_lsn is the log's
  // end. Errors: 55000 the log is gone · XX001 damage · 58030.
  Result<> run();

 private:
  Result<> redo(const RecordView& record);
  Result<> redo_part(const RecordView& record, size_t index);
  // The page latched and in place, wholly zero when `fresh`.
  Result<std::byte*> page_for_redo(PageNo page, bool fresh);
  void forget(PageNo page, Lsn lsn);
  void done_with(PageNo page, bool changed, bool imaged, Lsn lsn);

  Storage::Impl& instance_;
  const StorageHooks& hooks_;
  std::map<PageNo, Error> damaged_;  // homes that wait for a full image
};

}  // namespace rowan
