// storage/checkpoint/checkpoint.h: makes redo begin later. Fuzzy: writers go on.
//
//   [commit mutex, space mutex] redo LSN = the log's end; copies of the extent map and of what the sources
//   say every page that is dirty now goes home            by way of the ring the state (map, sources' bytes)
//   is written to fresh pages of the file the log is flushed, the file synced               the state may
//   speak of records behind the redo LSN the other header slot: redo LSN, state; sync      from here on the
//   new one counts what only the old one needed is given back        old state, blocks of freed extents, log
//   segments
#pragma once

#include <string>
#include <string_view>

#include "storage/instance.h"
#include "storage/space/space_map.h"
#include "types/result.h"

namespace rowan {

class Checkpoint {
 public:
  // The caller is the one who is busy (Storage::Impl). `log` is the one in whose terms the new redo LSN
  // stands: the running one, or the fresh one that replaces the log recovery has read. `close`: the file is
  // not in use any more when the header is written. `pace`: whether somebody waits for it.
  enum class Pace : uint8_t {
    Full,
    // Leaves half of the disk's time to those who commit: writes smaller batches, and rests after each for as
    // long as it took. Not while somebody waits for it after all (Storage::Impl::in_hurry), and not when the
    // log is longer by a quarter than it should be: rests must not be what lets it grow.
    Gentle
  };
  static Result<> run(Storage& storage, Storage::Impl& instance, bool close, Pace pace = Pace::Full);

  // Reads the state that a header names into the extent map and the recovered bytes. Errors: XX001.
  static Result<> load_state(Storage::Impl& instance);

  // The state's bytes as they lie in the instance's file, and what their map says. Errors: XX001.
  static Result<std::string> read_state(Storage::Impl& instance);
  static Result<SpaceMap> map_of(Storage::Impl& instance, std::string_view state);
  // Pages that a state takes, and how they are written: straight home, since nothing refers to them before a
  // header does.
  static uint32_t state_pages(const std::string& state);
  static Result<> write_state(File& file, PageRun run, const std::string& state, uint64_t database_id,
                              Lsn lsn);
};

}  // namespace rowan
