// storage/commit_record.h: how the log names the write ids that became one commit.
//
//   Commit        body: intervals                                     nearly every commit
//   CommitIds     body: uint64_t place (0, 1, …), intervals           of a commit that may follow
//   CommitOfMany  body: uint64_t number of its CommitIds, intervals   the commit
//
// Ids of one transaction mostly follow each other, so stretches of them are named. Where two writers draw in
// turn no two follow: then there are as many stretches as statements, more than a record can hold, and most
// of them go ahead of the commit. All records of one commit carry the transaction's last id in their header;
// place 0 begins anew, for an attempt that found the disk full and was made again. Redo never begins between
// them (Storage::begin_listing).
#pragma once

#include <map>
#include <span>
#include <vector>

#include "storage/log/record.h"
#include "txn/status.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

// How many stretches one record names: about the bytes of a page image, which every log has room for.
inline constexpr size_t kCommitStretchesMax = 1000;

// The stretches of `ids`, which rise.
std::vector<WriteIdInterval> commit_stretches(std::span<const WriteId> ids);

// Puts commits together again as recovery shows their records in order.
class CommitReader {
 public:
  // What `record` commits, rising: empty unless it ends a commit. Errors: XX001 some of it was not shown.
  Result<std::vector<WriteIdInterval>> observe(const RecordView& record);

 private:
  struct Begun {
    uint64_t records = 0;
    std::vector<WriteIdInterval> ids;
  };
  std::map<WriteId, Begun> begun_;  // by the transaction's last id
};

}  // namespace rowan
