// txn/planted_race.h: conflict checks that tests leave out, to show that they would notice. Looked at only
// where a conflict is being dealt with, never on the way of those who meet none.
#pragma once

#include <cstdint>

namespace rowan {

enum class PlantedRace : uint8_t {
  None,
  FirstUpdaterWins,  // UPDATE and DELETE write over what was committed after their snapshot, at every level
  // SERIALIZABLE:
  WritersAskNobody,   // who writes does not look who has read there
  ReadersMeetNobody,  // who reads does not look who wrote what it does not see
  PivotsCommit,       // a commit does not look for a pivot that it completes
  RowsUnread,         // that a row was read is not kept
  KeysUnread,         // that keys of an index, and the gaps between them, were read is not kept
  CommittedForgotten  // nor anything of a transaction beyond its commit
};

}  // namespace rowan
