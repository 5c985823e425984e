// executor/session_services.h: what functions and system views may ask of the session that runs them:
// nextval, SHOW's settings, the catalog. Implemented by api/; kernels find it as EvalContext::session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "txn/lock_manager.h"
#include "types/result.h"

namespace rowan {

// One row of pg_settings.
struct SettingInfo {
  std::string name;
  std::string value;
  std::string unit;
  std::string category;
  std::string description;
  std::string kind;  // "bool", "integer", "real", "string", "enum"
  std::string boot_value;
  bool has_effect = true;  // false: accepted for PostgreSQL's sake
};

// One broken invariant, as rowan_check() tells it.
struct FoundFault {
  std::optional<uint32_t> page;  // nullopt: of the whole file
  std::string owner;             // "table "t"", "index "i"", "relation 7"; "" = nobody's
  std::string message;
};

// What one session is at. Times are microseconds since 2000-01-01 UTC.
struct SessionActivity {
  enum class State : uint8_t { Idle, Active, IdleInTransaction, IdleInFailedTransaction };
  uint64_t id = 0;
  uint64_t lock_waits = 0;  // begun since it began
  State state = State::Idle;
  std::string statement;              // that runs, or ran last; its beginning
  int64_t statement_us = 0;           // when that began; 0: there was none
  int64_t state_us = 0;               // since when it is in its state
  int64_t transaction_us = 0;         // when its transaction began; 0: it has none
  std::optional<CommitSeq> snapshot;  // the oldest that it holds: what died later is not cleaned away
};

class SessionServices {
 public:
  virtual ~SessionServices() = default;

  // The catalog as the statement sees it, own DDL included.
  virtual catalog::CatalogPtr catalog() = 0;

  // nextval, currval, setval, lastval. Errors: 2200H exhausted · 55000 not yet called in this session ·
  // 22003.
  virtual Result<int64_t> next_value(const catalog::Sequence& sequence) = 0;
  virtual Result<int64_t> current_value(const catalog::Sequence& sequence) = 0;
  virtual Result<int64_t> last_value() = 0;
  virtual Result<> set_value(const catalog::Sequence& sequence, int64_t value, bool is_called) = 0;
  // What a sequence has given last, and whether it has given any: SELECT … FROM sequence, pg_sequences.
  struct SequenceState {
    int64_t last_value = 0;
    bool is_called = false;
  };
  virtual Result<SequenceState> sequence_state(const catalog::Sequence& sequence) = 0;

  // nullopt: there is none of that name.
  virtual std::optional<std::string> setting(std::string_view name) = 0;
  virtual Result<> set_setting(std::string_view name, std::string_view value, bool is_local) = 0;
  virtual std::vector<SettingInfo> settings() = 0;

  virtual uint64_t session_id() = 0;

  // Advisory locks: of the transaction, or of the session until it gives them back. lock_advisory waits, and
  // says true, or does not wait (`waits`) and says whether it has the lock. Errors: as LockManager::acquire.
  struct AdvisoryLock {
    LockTarget target;
    bool is_shared = false;
    bool is_of_transaction = false;
  };
  virtual Result<bool> lock_advisory(const AdvisoryLock& lock, bool waits) = 0;
  // Once. False: the session holds no such lock (and has been warned).
  virtual bool unlock_advisory(const AdvisoryLock& lock) = 0;
  virtual void unlock_all_advisory() = 0;

  // What the whole instance has done since it was opened, and who is at work in it.
  struct InstanceActivity {
    uint64_t blocks_hit = 0, blocks_read = 0, evictions = 0, blocks_written = 0;
    uint64_t temp_bytes = 0;
    uint64_t pages_to_clean = 0;
    std::vector<SessionActivity> sessions;
    std::vector<LockManager::View> locks;
    struct Block {
      uint64_t waiter, blocker;  // sessions
    };
    std::vector<Block> blocks;
  };
  virtual InstanceActivity activity() = 0;
  // The buffer pool as it stands, and what it has counted since it was opened.
  struct BufferUse {
    uint64_t page_bytes = 0, pages = 0, pages_used = 0, pages_dirty = 0;
    uint64_t hits = 0, reads = 0, evictions = 0, writes = 0;
  };
  virtual BufferUse buffer_use() = 0;
  // Checks the whole database beside everything else that goes on (api/check.h).
  virtual Result<std::vector<FoundFault>> find_faults() = 0;
  // Bytes of a relation's pages; 0 when it has no storage.
  virtual uint64_t relation_bytes(RelationId relation) = 0;
  // Pages of a relation, as pg_class.relpages would tell.
  virtual uint64_t relation_pages(RelationId relation) = 0;
};

}  // namespace rowan
