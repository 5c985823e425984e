// shell/torture/torture.h: `rowan torture [DIR]`: is a database on this disk, under this kernel, safe from
// kill -9? A child with many writers is killed at a random moment, the file is opened again and everything
// that was acknowledged must be there; again and again.
//
// What must hold (verify.cpp) for what the writers do (writers.cpp):
// - Acknowledgements come through a pipe, after COMMIT returned. Each writer counts its transactions into a
//   ledger, an append-only list: it ends where the last acknowledgement says, or behind it, without a gap.
// - Money only moves: the sum of all accounts is what it was.
// - A document is as long as its digest says; long ones lie out of line.
// - A crowd, whose rows are all deleted and inserted again, pages going back and forth, is complete and of
//   one mind.
// - Of tables that are made, filled, indexed and dropped in one transaction, exactly the last one is there.
// - The database has no fault, as `rowan check` sees it.
#pragma once

#include <cstdint>
#include <string>

namespace rowan::torture {

struct Options {
  std::string directory = ".";  // a folder is made in it, and removed when nothing was found
  uint64_t kills = 0;           // how many; 0: as many as fit into `seconds`
  uint64_t seconds = 600;
  int writers = 8;
  bool keep = false;  // a copy of the file as the last kill left it, for whoever looks into a fault
  uint64_t seed = 0;  // of what is done when; threads and the disk bring chance of their own
};

// Says what was done and found on stdout, faults on stderr. Returns the exit code: 0 no fault; 1 faults, and
// the file is kept; 2 it could not be begun.
int run(const Options& options);

}  // namespace rowan::torture
