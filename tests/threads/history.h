// tests/threads/history.h: what concurrent transactions did, and which anomalies that shows.
//
// Every key holds a list that only grows, so one read tells the order of all versions before it, and from the
// reads follow the edges between transactions: ww (the next append), wr (reads what the other appended last),
// rw (reads the state just before the other's append). Cycles are anomalies: of ww alone G0; with wr G1c;
// with one rw G-single; with more G2-item. Source: Kingsbury and Alvaro, Elle (VLDB 2020); Adya's thesis for
// the names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rowan::history {

using List = std::vector<int64_t>;

struct Operation {
  bool is_append = false;
  int64_t key = 0;
  int64_t value = 0;  // appended; unique in the history
  List seen;          // read
};

struct Transaction {
  bool committed = false;  // false: rolled back, whole or (its appends alone) to a savepoint
  std::vector<Operation> operations;
};

using History = std::vector<Transaction>;

// What each level forbids.
std::set<std::string> forbidden_at_read_committed();
std::set<std::string> forbidden_at_repeatable_read();
std::set<std::string> forbidden_at_serializable();

// The anomalies of a history whose lists ended as `final_lists`: how often each was found. Besides the
// cycles: "G1a" an aborted append was read or stayed, "G1b" a state between two appends of one transaction
// was read, "order" lists that are no prefix of the final one, "own" a transaction missed its own append,
// "internal" it read a key twice and saw others' work in between, "lost" a committed append is not in the
// final list.
std::map<std::string, int> find_anomalies(const History& history, const std::map<int64_t, List>& final_lists);

// A line each transaction that committed, as other checkers read it: "a KEY VALUE; r KEY V1,V2;".
std::string to_text(const History& history);

}  // namespace rowan::history
