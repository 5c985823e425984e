// api/instance.h: one open database: storage, transactions, catalog, and the threads that work behind its
// sessions. Built bottom-up by open(), taken apart top-down by close().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/fork_guard.h"
#include "api/idle_timer.h"
#include "api/log_writer.h"
#include "api/rowan.hpp"
#include "api/sequences.h"
#include "api/statement_timer.h"
#include "catalog/catalog.h"
#include "catalog/store.h"
#include "executor/relations.h"
#include "executor/system_views.h"
#include "storage/cleaner/cleaner.h"
#include "storage/cleaner/compactor.h"
#include "storage/cleaner/row_mover.h"
#include "storage/commit.h"
#include "storage/file/clock.h"
#include "storage/file/file.h"
#include "storage/heap/page_sets.h"
#include "storage/storage.h"
#include "txn/transactions.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class SessionCore;

// What an instance stands on, for tests to replace; nullptr: the machine's own. All borrowed.
struct InstanceParts {
  FileSystem* files = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
  StorageOptions storage;  // sizes and debug switches; what OpenOptions says too is taken from there
  PlantedRace planted_race = PlantedRace::None;
  bool has_background = true;  // false: nothing is cleaned, freed or checkpointed but by tend()
  // Told once: the file and its lock have been given back, or were never had. No mutex is held.
  std::function<void()> released;
};

class Instance {
 public:
  static Result<std::shared_ptr<Instance>> open(const std::string& path, const OpenOptions& options,
                                                const InstanceParts& parts = {});
  ~Instance();

  // Ends background work, folds the log into the file and gives the file back, also after an error.
  // Statements that run are stopped and waited for; whatever sessions still have open is rolled back, and
  // they get 57P01 from then on. What rows, statements and appenders stand on stays: memory alone, which goes
  // with the last of them. A second call waits for the first and says nothing more. Errors: 55006 from inside
  // a callback of one of its sessions; those of writing. Thread-safe.
  Result<> close() EXCLUDES(mutex_);
  // In a child of the process that opened it: not to be touched, not even to be closed.
  bool is_forked() const { return fork_guard_.is_child(); }
  // Closed, or just being closed.
  bool is_closed() const { return closed_.load(std::memory_order_acquire); }
  // Is this thread inside a call of one of its sessions (that is: in a callback)?
  bool is_inside() EXCLUDES(mutex_);

  Storage& storage() { return *storage_; }
  Transactions& transactions() { return *transactions_; }
  CommitProtocol& commits() { return *commits_; }
  Relations& relations() { return *relations_; }
  catalog::Catalog& catalog() { return *catalog_; }
  catalog::CatalogStore& catalog_store() { return *catalog_store_; }
  SystemViews& system_views() { return *system_views_; }
  const FunctionRegistry& functions() const { return functions_; }
  Sequences& sequences() { return *sequences_; }
  Cleaner& cleaner() { return *cleaner_; }
  const RowMover& row_mover() const { return *row_mover_; }
  PageSets& page_sets() { return page_sets_; }
  StatementTimer& statement_timer() { return statement_timer_; }
  IdleTimer& idle_timer() { return idle_timer_; }
  FileSystem& files() { return *parts_.files; }
  const InstanceParts& parts() const { return parts_; }
  Clock& clock() { return *parts_.clock; }
  Random& random() { return *parts_.random; }
  const OpenOptions& options() const { return options_; }
  const std::string& name() const { return name_; }
  Budget& budget() { return budget_; }

  // Sessions are numbered from 1; for reports and for ending them at close.
  void add_session(SessionCore& session) EXCLUDES(mutex_);
  void remove_session(SessionCore& session) EXCLUDES(mutex_);
  // What each is at, but for its locks.
  std::vector<SessionActivity> session_activity() EXCLUDES(mutex_);

  // Storage that a commit let go of: freed once no session can have a statement that reaches it. A session
  // says before each statement which catalog version it works with (SessionCore::working_version).
  void release_later(std::vector<RelationId> relations, uint64_t version) EXCLUDES(mutex_);

  // One round of what the background thread does: cleans pages, checkpoints when due, frees what was let go
  // of. Errors have no statement to go to: whoever needs what failed meets it again.
  // True: there is more of what need not wait.
  bool tend();
  // The last part of such a round alone: some pages' contents move towards the file's front. True: there is
  // more. Both: one thread at a time, and only where there is no background thread.
  bool compact();

  // What still waits to be freed, or is just being freed.
  std::vector<RelationId> released_relations() const EXCLUDES(mutex_);

 private:
  Instance(const OpenOptions& options, std::string path, const InstanceParts& parts);
  Result<> start();
  Result<> load_catalog();
  Result<RelationStorage> cleaned_relation(RelationId relation);
  Result<RelationStorage> locked_relation(RelationId relation, LockOwner& owner);
  // Words for the lock manager's error texts (api/instance_words.cpp).
  void lend_words();
  std::string words_for(const LockTarget& target);
  std::string statement_of(uint64_t session) EXCLUDES(mutex_);
  std::string relation_words(RelationId storage);
  Result<bool> vacate_index(RelationId relation, PageRun run, const std::function<bool()>& go_on);
  Result<> end_all() EXCLUDES(mutex_);
  void clean();     // the first part of tend()
  bool maintain();  // the rest of it
  void work_in_background();
  void wake_background();
  Result<> free_released() EXCLUDES(mutex_);  // one caller at a time: the background thread, then close()
  std::optional<RelationId> next_freed() const EXCLUDES(mutex_);

  ForkGuard fork_guard_;
  const OpenOptions options_;
  const std::string path_;
  const std::string name_;
  std::unique_ptr<FileSystem> own_files_;
  SystemClock system_clock_;
  SystemRandom system_random_;
  InstanceParts parts_;  // none of them nullptr
  Budget budget_;
  PageSets page_sets_;
  StatementTimer statement_timer_;
  IdleTimer idle_timer_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<CommitProtocol> commits_;
  std::unique_ptr<Relations> relations_;
  std::unique_ptr<catalog::CatalogStore> catalog_store_;
  std::unique_ptr<catalog::Catalog> catalog_;
  FunctionRegistry functions_;  // the types' and the session's
  std::unique_ptr<SystemViews> system_views_;
  std::unique_ptr<Sequences> sequences_;
  std::unique_ptr<Cleaner> cleaner_;
  std::unique_ptr<RowMover> row_mover_;
  std::unique_ptr<Compactor> compactor_;

  mutable Mutex mutex_{LockRank::Database};
  std::set<SessionCore*> sessions_ GUARDED_BY(mutex_);
  uint64_t next_session_ GUARDED_BY(mutex_) = 1;
  CondVar session_gone_, released_file_;
  bool is_released_ GUARDED_BY(mutex_) = false;  // close() is through
  struct Released {
    uint64_t version;  // statements of this version or older may reach them
    std::vector<RelationId> relations;
  };
  std::vector<Released> released_ GUARDED_BY(mutex_);
  std::vector<RelationId> freeing_ GUARDED_BY(mutex_);  // nobody reaches them any more; from the back on

  std::atomic<bool> closed_{false};    // set once, under mutex_, when close() begins; partner: none
  std::atomic<bool> stopping_{false};  // asks the background thread to end; it is then woken
  std::atomic<uint32_t> background_wake_{0};
  std::thread background_;
  LogWriter log_writer_;
};

}  // namespace rowan
