#include "executor/conflict_text.h"

#include "txn/transactions.h"

namespace rowan {

std::string held_by(const Environment& environment, catalog::Oid table, RowId row) {
  std::string line = environment.transactions->locks().name_met(
      environment.transaction->locks(), LockTarget::row(table, row), "held it while this transaction waited");
  return line.empty() ? line : "\n" + line;
}

Error lost_row(const Environment& environment, catalog::Oid table, RowId row, WriteVerdict::Kind kind) {
  std::string words = environment.transactions->locks().describe(LockTarget::row(table, row));
  std::string_view did = kind == WriteVerdict::Kind::Deleted ? "deleted" : "changed";
  return serialization_error(kind).detail(
      "The " + words + " was " + std::string(did) +
      " by a transaction that has committed since this one's snapshot was taken." +
      held_by(environment, table, row));
}

}  // namespace rowan
