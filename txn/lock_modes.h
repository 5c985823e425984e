// txn/lock_modes.h: what may be locked, how strongly, and what excludes what. The modes and their conflicts
// are PostgreSQL's (documentation, 13.3 Explicit Locking).
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "types/ids.h"

namespace rowan {

// Table and advisory locks, weak to strong.
enum class LockMode : uint8_t {
  AccessShare,           // SELECT
  RowShare,              // SELECT FOR UPDATE and its kin
  RowExclusive,          // INSERT, UPDATE, DELETE
  ShareUpdateExclusive,  // VACUUM, ANALYZE
  Share,                 // CREATE INDEX
  ShareRowExclusive,     // CREATE TRIGGER, ADD FOREIGN KEY
  Exclusive,
  AccessExclusive  // DROP, ALTER, TRUNCATE, LOCK TABLE
};
inline constexpr int kLockModes = 8;

// Row locks of SELECT FOR … and of writers: an UPDATE that leaves keys alone is NoKeyUpdate; DELETE and key
// changes are Update.
enum class RowLockMode : uint8_t { KeyShare, Share, NoKeyUpdate, Update };
inline constexpr int kRowLockModes = 4;

bool conflicts(LockMode held, LockMode wanted);
bool conflicts(RowLockMode held, RowLockMode wanted);
// The weak three never conflict with each other: DML takes them in its own session's memory.
constexpr bool is_weak(LockMode mode) {
  return mode <= LockMode::RowExclusive;
}

// "AccessShareLock", as pg_locks and deadlock reports say.
std::string_view name(LockMode mode);
// "FOR KEY SHARE"
std::string_view name(RowLockMode mode);

// What a lock or a wait is about: numbers only; a callable from above turns them into words.
struct LockTarget {
  enum class Kind : uint8_t { Relation, Row, Write, Advisory, Object };
  Kind kind = Kind::Relation;
  RelationId relation = kNoRelation;  // Relation, Row (for error texts; a row is known by its page and slot)
  uint64_t number = 0;                // Row: RowId packed; Write: the id; Advisory, Object: the key

  static LockTarget table(RelationId relation) { return {Kind::Relation, relation, 0}; }
  static LockTarget row(RelationId relation, RowId row) { return {Kind::Row, relation, row.packed()}; }
  static LockTarget write(WriteId id) { return {Kind::Write, kNoRelation, id}; }
  static LockTarget advisory(uint64_t key) { return {Kind::Advisory, kNoRelation, key}; }
  // Advisory locks with two 32-bit keys live in a space of their own; so do names being created (class,
  // hash).
  static LockTarget object(uint32_t space, uint64_t key) { return {Kind::Object, space, key}; }

  auto operator<=>(const LockTarget&) const = default;
};

}  // namespace rowan
