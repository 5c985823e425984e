// check_tables.h: what the databases hold that faults are planted in.
#pragma once

#include <cstring>

#include "check_world.h"

namespace rowan::check_test {

// Tables of every kind: constraints, all kinds of index, long values, old versions held by a snapshot.
inline const char* const kTables =
    "CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL, weight int CHECK (weight > 0));"
    "CREATE INDEX parent_name ON parent (name);"
    "CREATE INDEX parent_heavy ON parent (weight) WHERE weight > 50;"
    "CREATE INDEX parent_upper ON parent (upper(name));"
    "CREATE INDEX parent_hash ON parent USING hash (name);"
    "INSERT INTO parent SELECT i, 'name ' || i, i FROM generate_series(1, 100) AS g(i);"
    "CREATE TABLE child (id int, parent_id int REFERENCES parent, note text);"
    "INSERT INTO child SELECT i, i % 100 + 1, 'x' FROM generate_series(1, 300) AS g(i);"
    "CREATE TABLE big (id int PRIMARY KEY, v int, document text);"
    "INSERT INTO big SELECT i, i, (SELECT string_agg(md5((i * 1000 + j)::text), '') FROM "
    "generate_series(1, 100) AS h(j)) FROM generate_series(1, 20) AS g(i);"
    "CREATE TABLE wide (id int PRIMARY KEY, filler text);"
    "INSERT INTO wide SELECT i, repeat('y', 20) FROM generate_series(1, 3000) AS g(i)";

struct Loaded : World {
  Loaded() { sql().run(kTables); }
};

// Old versions stay while a snapshot needs them.
struct WithHistory : Loaded {
  WithHistory() : holder(instance()) {
    holder.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM big");
    sql().run("UPDATE big SET v = v + 1");
  }
  ~WithHistory() { holder.run("ROLLBACK"); }
  // Two home slots with links.
  std::vector<uint32_t> linked(PageNo page) {
    ReadGuard guard = instance()->storage().pool().read(page).value();
    HeapView view(guard.page());
    std::vector<uint32_t> slots;
    for (uint32_t slot = 0; slot < view.capacity(); ++slot)
      if (view.state(slot) == SlotState::Home && SlotWord::has_link(view.words()[slot]))
        slots.push_back(slot);
    return slots;
  }
  Speaker holder;
};

}  // namespace rowan::check_test
