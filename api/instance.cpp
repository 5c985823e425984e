#include "api/instance.h"

#include <algorithm>
#include <array>

#include "api/own_thread.h"
#include "api/session_core.h"
#include "executor/index_keys.h"
#include "executor/session_functions.h"
#include "storage/btree/btree.h"
#include "storage/file/os_file_system.h"
#include "storage/hash/hash_index.h"
#include "storage/heap/page_ops.h"
#include "storage/pool/pool_size.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kQueryMemory = size_t{8} << 30;       // of all statements together
constexpr MonotonicNs kBackgroundPause = 100'000'000;  // between two looks at what is due
// Between two rounds of cleaning, in lengths of the round before: a page that is written again and again is
// worth a visit now and then only, for each visit frees all that has gathered there, and writers want the
// processors.
constexpr MonotonicNs kCleaningRest = 3, kCleaningRestMax = 1'000'000'000;
constexpr MonotonicNs kCompactingPause = 1'000'000;  // between two slices of what need not wait, at least

std::string database_name(const std::string& path) {
  if (path.empty()) return "memory";
  std::string name = path.substr(path.rfind('/') + 1);
  size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

// One index of a relation that is being cleaned: keys of dead versions out, entries away.
class CleanedIndexKeys final : public CleanedIndex {
 public:
  CleanedIndexKeys(IndexShapePtr shape, IndexStoragePtr storage)
      : keys_(shape), storage_(std::move(storage)), is_unique_(shape->index->is_unique) {
    for (catalog::ColumnNumber column : shape->columns) {
      columns_.push_back(column);
      types_.push_back(shape->table->columns[column].type);
    }
    by_number_.columns().resize(shape->table->columns.size());
  }
  std::span<const uint16_t> columns() const override { return columns_; }
  std::span<const Type> types() const override { return types_; }
  Result<bool> key(const Batch& row, std::string& to) override {
    for (size_t i = 0; i < columns_.size(); ++i) by_number_.column(columns_[i]).borrow(row.column(i));
    by_number_.set_row_count(1);
    TRY(keys_.compute(by_number_, Selection(1), context_));
    if (!keys_.includes(0)) return false;
    keys_.encode(0, to);
    return true;
  }
  // Nothing is in the way of a row that is there already. But who looks for duplicates under the latch of the
  // key's first leaf must not miss the row at both its homes: a unique key's entry waits for that latch too.
  Result<> insert(std::string_view key, RowId row) override {
    class NoObstacle final : public RowCheck {
      Result<RowVerdict> look(RowId) override { return RowVerdict{}; }
    } check;
    TRY(storage_->insert(key, row, is_unique_ ? &check : nullptr));
    return {};
  }
  Result<> remove(std::string_view key, RowId row, RowCheck& check) override {
    TRY(storage_->remove(key, row, &check));
    return {};
  }

 private:
  IndexKeys keys_;
  IndexStoragePtr storage_;
  const bool is_unique_;
  std::vector<uint16_t> columns_;
  std::vector<Type> types_;
  Batch by_number_;
  EvalContext context_;
};

struct CleanedTable {
  HeapPtr heap;
  std::vector<std::unique_ptr<CleanedIndexKeys>> indexes;
};

}  // namespace

Instance::Instance(const OpenOptions& options, std::string path, const InstanceParts& parts)
    : options_(options),
      path_(std::move(path)),
      name_(database_name(path_)),
      parts_(parts),
      budget_(kQueryMemory),
      functions_(registry().copy()) {
  if (parts_.files == nullptr) {
    own_files_ = std::make_unique<OsFileSystem>();
    parts_.files = own_files_.get();
  }
  if (parts_.clock == nullptr) parts_.clock = &system_clock_;
  if (parts_.random == nullptr) parts_.random = &system_random_;
  register_session_functions(functions_);
  system_views_ = std::make_unique<SystemViews>(functions_);
}

Result<std::shared_ptr<Instance>> Instance::open(const std::string& path, const OpenOptions& options,
                                                 const InstanceParts& parts) {
  std::shared_ptr<Instance> instance(new Instance(options, path == ":memory:" ? "" : path, parts));
  TRY(instance->start());
  return instance;
}

Result<> Instance::start() {
  StorageOptions storage_options = parts_.storage;
  storage_options.pool_bytes = options_.pool_bytes != 0 ? options_.pool_bytes : default_pool_bytes();
  if (parts_.has_background) {
    storage_options.log.wants_preparing = [this](Log& log) { log_writer_.ask(log); };
    storage_options.log.wants_writing = [this](Log& log) { log_writer_.ask(log); };
  }
  storage_options.read_only = options_.read_only;
  storage_options.create = options_.create;
  TransactionRecovery recovery;
  StorageHooks hooks;
  register_heap_redo(hooks.redo);
  register_btree_redo(hooks.redo);
  hooks.observers = {&recovery, &page_sets_};
  storage_ = TRY(Storage::open(*parts_.files, path_, storage_options, hooks, clock(), random()));
  RecoveredState recovered = TRY(recovery.state(*storage_));
  TRY(page_sets_.restore(storage_->recovered_bytes(CheckpointPart::PageSets)));
  page_sets_.recovered();
  transactions_ = std::make_unique<Transactions>(recovered, parts_.planted_race);
  lend_words();
  commits_ = std::make_unique<CommitProtocol>(*storage_, *transactions_);
  storage_->set_checkpoint_source(CheckpointPart::PageSets, &page_sets_);
  relations_ = std::make_unique<Relations>(*storage_, *transactions_, page_sets_);
  TRY(load_catalog());
  sequences_ = TRY(Sequences::open(*storage_, *transactions_, *commits_, page_sets_));
  cleaner_ = std::make_unique<Cleaner>(*transactions_, *commits_, page_sets_,
                                       [this](RelationId relation) { return cleaned_relation(relation); });
  row_mover_ = std::make_unique<RowMover>(
      *transactions_, *commits_, page_sets_,
      [this](RelationId relation, LockOwner& owner) { return locked_relation(relation, owner); });
  compactor_ = std::make_unique<Compactor>(*storage_, page_sets_, *row_mover_,
                                           [this](RelationId relation, PageRun run, const auto& go_on) {
                                             return vacate_index(relation, run, go_on);
                                           });
  if (!options_.read_only && parts_.has_background)
    background_ = start_own_thread([this] { work_in_background(); });
  return {};
}

Result<> Instance::load_catalog() {
  catalog_store_ = TRY(catalog::CatalogStore::open(*storage_, *transactions_, page_sets_));
  std::vector<catalog::Change> objects = TRY(catalog_store_->load());
  auto empty = std::make_shared<catalog::CatalogVersion>();
  catalog::CatalogPtr first = objects.empty() ? catalog::CatalogPtr(empty) : empty->with(objects, 1);
  catalog_ = std::make_unique<catalog::Catalog>(first, catalog::kFirstUserOid);
  if (options_.read_only) return {};
  // Extents of DDL that did not come to its commit before a crash.
  std::set<RelationId> known;
  for (const catalog::TablePtr& table : first->tables()) known.insert(table->storage);
  for (const catalog::IndexPtr& index : first->indexes()) known.insert(index->storage);
  bool has_orphans = false;
  for (RelationId relation : storage_->space().relations())
    has_orphans |= relation >= kFirstUserRelation && known.count(relation) == 0;
  if (!has_orphans) return {};
  auto exists = [&](RelationId relation) {
    return relation < kFirstUserRelation || known.count(relation) != 0;
  };
  TRY(storage_->space().free_orphans(exists));
  return {};
}

// The heap with that number and its table's indexes, as the newest catalog has them.
Result<RelationStorage> Instance::cleaned_relation(RelationId relation) {
  RelationStorage storage;
  auto parts = std::make_shared<CleanedTable>();
  if (relation < kFirstUserRelation) {
    Heap* heap = catalog_store_->heap() != nullptr && catalog_store_->heap()->relation() == relation
                     ? catalog_store_->heap()
                 : sequences_->heap() != nullptr && sequences_->heap()->relation() == relation
                     ? sequences_->heap()
                     : nullptr;
    storage.heap = heap;
    if (heap != nullptr) storage.layout = heap->layout(0);
    return storage;
  }
  // Asked before the catalog is read: an index that was being made and is so no more is in it, or is gone.
  if (relations_->is_being_indexed(relation)) return storage;
  catalog::CatalogPtr catalog = catalog_->newest();
  for (const catalog::TablePtr& table : catalog->tables()) {
    if (table->storage != relation) continue;
    parts->heap = TRY(relations_->heap(*table));
    BindOptions options;
    options.functions = &functions_;
    for (const catalog::IndexPtr& index : catalog->indexes_of(*table)) {
      IndexShapePtr shape = TRY(make_index_shape(table, index, catalog, options));
      IndexStoragePtr opened = TRY(relations_->index(*index));
      parts->indexes.push_back(std::make_unique<CleanedIndexKeys>(std::move(shape), std::move(opened)));
      storage.indexes.push_back(parts->indexes.back().get());
    }
    storage.heap = parts->heap.get();
    storage.layout = parts->heap->layout(table->layout);
    for (const catalog::Column& column : table->columns) storage.types.push_back(column.type);
    storage.keeps_alive = parts;
    return storage;
  }
  storage.is_gone = storage_->space().anchor(relation) == kNoPage;
  return storage;
}

// As whoever writes rows to it locks the table: so it has the indexes that the newest catalog tells of.
Result<RelationStorage> Instance::locked_relation(RelationId relation, LockOwner& owner) {
  LockManager& locks = transactions_->locks();
  if (relation < kFirstUserRelation) {
    // Held before the heap is asked for: its writers make it, at their first write.
    bool is_catalog = relation == kFirstCatalogRelation;
    if (is_catalog && !locks.try_acquire(owner, catalog::CatalogStore::lock_target(), LockMode::Exclusive))
      return RelationStorage();
    std::shared_ptr<void> still = is_catalog ? nullptr : sequences_->stand_still();
    RelationStorage storage = TRY(cleaned_relation(relation));
    if (storage.heap == nullptr) return storage;
    if (is_catalog) {
      storage.types = catalog::CatalogStore::types();
      storage.row_moved = [this](RowId from, RowId to) { catalog_store_->row_moved(from, to); };
    } else {
      storage.types = Sequences::types();
      storage.row_moved = [this](RowId from, RowId to) { sequences_->row_moved(from, to); };
      storage.keeps_alive = std::move(still);
    }
    return storage;
  }
  catalog::CatalogPtr catalog = catalog_->newest();
  auto tables = catalog->tables();
  auto table = std::find_if(tables.begin(), tables.end(),
                            [&](const catalog::TablePtr& each) { return each->storage == relation; });
  if (table == tables.end() ||
      !locks.try_acquire(owner, LockTarget::table((*table)->oid), LockMode::RowExclusive))
    return RelationStorage();
  return cleaned_relation(relation);
}

Result<bool> Instance::vacate_index(RelationId relation, PageRun run, const std::function<bool()>& go_on) {
  catalog::CatalogPtr catalog = catalog_->newest();
  for (const catalog::IndexPtr& index : catalog->indexes()) {
    if (index->storage != relation) continue;
    IndexStoragePtr opened = TRY(relations_->index(*index));
    TRY(opened->vacate(run, go_on));
    return true;
  }
  return false;
}

bool Instance::compact() {
  if (path_.empty() || options_.read_only) return false;
  if (!parts_.has_background) compactor_->look_now();
  auto go_on = [this] { return !stopping_.load(std::memory_order_relaxed); };
  Result<bool> more = compactor_->step(go_on);
  return more.ok() && *more;
}

void Instance::clean() {
  auto go_on = [this] { return !stopping_.load(std::memory_order_relaxed); };
  if (page_sets_.pages_to_clean() > 0) static_cast<void>(cleaner_->run(go_on).ok());
}

bool Instance::tend() {
  clean();
  return maintain();
}

bool Instance::maintain() {
  static_cast<void>(storage_->maintain().ok());
  static_cast<void>(free_released().ok());
  return compact();
}

void Instance::work_in_background() {
  auto go_on = [this] { return !stopping_.load(std::memory_order_relaxed); };
  MonotonicNs next_cleaning = 0;
  while (go_on()) {
    uint32_t seen = background_wake_.load();
    MonotonicNs until = monotonic_now_ns() + kBackgroundPause;
    try {
      if (MonotonicNs began = monotonic_now_ns(); began >= next_cleaning) {
        clean();
        MonotonicNs ended = monotonic_now_ns();
        next_cleaning = ended + std::min(kCleaningRestMax, kCleaningRest * (ended - began));
      }
      bool has_more = maintain(), has_rested = false;
      MonotonicNs took = monotonic_now_ns() - (until - kBackgroundPause);
      // Moving pages is nobody's hurry: half of the time is left to others.
      for (MonotonicNs began = monotonic_now_ns(); has_more && go_on() && began < until;) {
        MonotonicNs now = monotonic_now_ns();
        sync::park(background_wake_, seen, now + std::max(kCompactingPause, now - began));
        has_rested = true;
        if (background_wake_.load() != seen) break;
        began = monotonic_now_ns();
        has_more = compact();
      }
      if (has_more && !has_rested && go_on())
        sync::park(background_wake_, seen, monotonic_now_ns() + std::min(took, kBackgroundPause));
      if (has_more) continue;
    } catch (const std::bad_alloc&) {  // what is due stays due
    }
    if (go_on()) sync::park(background_wake_, seen, until);
  }
}

void Instance::wake_background() {
  background_wake_.fetch_add(1);
  sync::unpark(background_wake_, sync::kAll);
}

void Instance::add_session(SessionCore& session) {
  MutexLock lock(mutex_);
  if (is_closed()) session.shut_down();
  session.set_number(next_session_++);  // before anybody else sees it
  sessions_.insert(&session);
}

void Instance::remove_session(SessionCore& session) {
  transactions_->locks().session_ended(session.session_id());
  MutexLock lock(mutex_);
  sessions_.erase(&session);
  session_gone_.notify_all();
}

std::vector<SessionActivity> Instance::session_activity() {
  std::vector<SessionActivity> seen;
  MutexLock lock(mutex_);
  for (const SessionCore* session : sessions_) seen.push_back(session->look());
  return seen;
}

void Instance::release_later(std::vector<RelationId> relations, uint64_t version) {
  if (relations.empty()) return;
  MutexLock lock(mutex_);
  released_.push_back({version, std::move(relations)});
}

// What is being freed stays in a list until it is: who compares the storage with the definitions finds it
// there.
Result<> Instance::free_released() {
  {
    MutexLock lock(mutex_);
    if (released_.empty() && freeing_.empty()) return {};
    uint64_t oldest = catalog_->newest_number();
    for (SessionCore* session : sessions_) oldest = std::min(oldest, session->working_version());
    auto reachable = [&](const Released& released) { return released.version >= oldest; };
    auto first = std::stable_partition(released_.begin(), released_.end(), reachable);
    for (auto it = first; it != released_.end(); ++it)
      freeing_.insert(freeing_.end(), it->relations.begin(), it->relations.end());
    released_.erase(first, released_.end());
  }
  while (std::optional<RelationId> relation = next_freed()) {
    TRY(relations_->drop(*relation));  // after a failure the next round goes on here
    MutexLock lock(mutex_);
    freeing_.pop_back();
  }
  return {};
}

std::optional<RelationId> Instance::next_freed() const {
  MutexLock lock(mutex_);
  if (freeing_.empty()) return std::nullopt;
  return freeing_.back();
}

std::vector<RelationId> Instance::released_relations() const {
  MutexLock lock(mutex_);
  std::vector<RelationId> all = freeing_;
  for (const Released& released : released_)
    all.insert(all.end(), released.relations.begin(), released.relations.end());
  return all;
}

bool Instance::is_inside() {
  MutexLock lock(mutex_);
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](SessionCore* session) { return session->gate().is_mine(); });
}

Result<> Instance::close() {
  if (is_inside()) {
    return Error(sqlstate::object_in_use, "cannot close the database from inside a call of its connection");
  }
  {
    MutexLock lock(mutex_);
    if (closed_.exchange(true)) {
      while (!is_released_) released_file_.wait(mutex_);
      return {};
    }
  }
  struct TellReleased {  // also where memory runs out
    Instance& instance;
    ~TellReleased() {
      if (instance.parts_.released) instance.parts_.released();
      MutexLock lock(instance.mutex_);
      instance.is_released_ = true;
      instance.released_file_.notify_all();
    }
  } tell{*this};
  return end_all();
}

Result<> Instance::end_all() {
  std::set<std::shared_ptr<SessionCore>> sessions;
  {
    MutexLock lock(mutex_);
    for (;;) {
      bool one_is_going = false;  // it undoes by itself what it has open, and is waited for
      for (SessionCore* session : sessions_) {
        std::shared_ptr<SessionCore> alive = session->weak_from_this().lock();
        one_is_going |= alive == nullptr;
        if (alive) sessions.insert(std::move(alive));
      }
      if (!one_is_going) break;
      session_gone_.wait(mutex_);
    }
  }
  for (const auto& session : sessions) session->shut_down();
  for (const auto& session : sessions) {
    try {
      session->terminate();
    } catch (const std::bad_alloc&) {  // the locks are free; what is left to clean stays for the next opening
    }
  }
  sessions.clear();
  if (background_.joinable()) {
    stopping_.store(true);
    if (storage_) storage_->hurry();
    wake_background();
    background_.join();
  }
  log_writer_.stop();
  if (!storage_) return {};
  Result<> exact = options_.read_only || !sequences_ ? Result<>() : sequences_->write_exact();
  Result<> freed = options_.read_only || !relations_ ? Result<>() : free_released();
  Result<> closed = storage_->close();
  if (!exact.ok()) return exact;
  if (!freed.ok()) return freed;
  return closed;
}

Instance::~Instance() {
  static_cast<void>(close().ok());
  // Sessions are gone by now: they hold the instance. Members go in reverse order, storage after all that
  // uses it.
  compactor_.reset();
  row_mover_.reset();
  cleaner_.reset();
  sequences_.reset();
  catalog_.reset();
  catalog_store_.reset();
  relations_.reset();
  commits_.reset();
  transactions_.reset();
  storage_.reset();
}

}  // namespace rowan
