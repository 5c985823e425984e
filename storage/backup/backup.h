// storage/backup/backup.h: copies a database into another file while others read and write it.
//
//   checkpoint C                  its state tells which pages there are; redo of the copy begins at C's LSN
//   hold the log, hold blocks     nothing goes that this redo needs, whatever checkpoints pass meanwhile
//   each page in use at C         as its home is: not older than C, and redo asks the page itself for its LSN
//   the log, as it grows          so that little of it is held: every few MiB of pages what is durable
//   flush, the rest of the log    after the last page: no page of the copy is newer than its log. The moment
//   C's state, behind all pages   where no relation had a page, so that redo does not write over it
//   the header, last              in use, with that log; before it the file is no database
//
// What comes out looks as after a crash at that moment, and opening it recovers it; pages that relations took
// after C are whole in the log. The copy gets a database id of its own, so its pages new checksums: a stale
// ring or log of the one file is never taken for the other's. A read-only database has no writers: its pages,
// its state and whatever log lies there are copied as they are. Source: Mohan et al., ARIES (1992), for fuzzy
// image copies.
#pragma once

#include <memory>
#include <string>

#include "storage/header.h"
#include "storage/instance.h"
#include "storage/ring/page_writer.h"
#include "types/cancel.h"
#include "types/result.h"

namespace rowan {

class Backup {
 public:
  // All borrowed. `target` is empty; its log goes into the folder TARGET-wal.
  Backup(Storage& storage, Storage::Impl& instance, FileSystem& files, File& target,
         const CancelToken& cancel);
  ~Backup();

  // Once. Errors: see Storage::copy_to.
  Result<Storage::Copied> run();

 private:
  // While it lives we are the one who is busy (Storage::Impl).
  struct Claim {
    Storage& storage;
    explicit Claim(Storage& claimed) : storage(claimed) { static_cast<void>(storage.claim().ok()); }
    ~Claim() { storage.unclaim(); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
  };
  Result<> begin();
  Result<> take_checkpoint();
  Result<> copy_pages(const SpaceMap& map);
  Result<> copy_run(PageRun run);
  Result<> mend_torn(PageNo page, std::byte* bytes);
  Result<> catch_up();
  Result<> copy_log(Lsn to);
  Result<> copy_log_files();
  Result<> copy_whole(const std::string& name);
  Result<> write_header();

  Storage& storage_;
  Storage::Impl& instance_;
  FileSystem& files_;
  File& target_;
  const CancelToken& cancel_;

  HeaderSlot header_{};  // of checkpoint C; then the copy's
  std::string state_;
  bool is_holding_ = false;
  Lsn log_copied_ = 0;  // and held from here on
  uint64_t segment_number_ = 0;
  std::unique_ptr<File> segment_, segment_copy_;
  AlignedBytes bytes_;
  size_t unsynced_ = 0;
};

}  // namespace rowan
