#include "api/check.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/instance.h"
#include "api/session_core.h"
#include "executor/check_table.h"
#include "parser/parser.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr uint32_t kLockTimeoutMs = 10'000;

class InstanceCheck {
 public:
  InstanceCheck(Instance& instance, SessionCore& session, const CancelToken* cancel)
      : instance_(instance), session_(session), cancel_(cancel) {}

  Result<std::vector<FoundFault>> run() {
    std::vector<RelationId> stored = instance_.storage().space().relations();
    TRY(instance_.storage().check(report_));
    TRY(session_.check_open());
    TRY(check_system_heaps());
    // What a query says must not depend on an index that may be broken.
    for (const char* access : {"indexscan", "indexonlyscan"})
      TRY(execute("SET enable_" + std::string(access) + " = off"));
    std::vector<catalog::TablePtr> tables = instance_.catalog().newest()->tables();
    for (const catalog::TablePtr& table : tables) TRY(check_one(table->oid, check_table));
    for (const catalog::TablePtr& table : tables) TRY(check_one(table->oid, check_foreign_keys));
    find_leaks(stored);
    return faults();
  }

 private:
  Result<> execute(const std::string& sql) {
    TRY(query(sql));
    return {};
  }
  Result<std::vector<std::vector<Value>>> query(const std::string& sql);
  Result<> check_system_heaps();
  Result<> check_one(catalog::Oid oid, Result<> (*part)(TableCheck&));
  Result<> check_locked(catalog::Oid oid, Result<> (*part)(TableCheck&));
  void find_leaks(const std::vector<RelationId>& stored);
  std::vector<FoundFault> faults() const;

  Instance& instance_;
  SessionCore& session_;
  const CancelToken* cancel_;
  CheckReport report_;
  std::map<RelationId, std::string> names_;
};

Result<std::vector<std::vector<Value>>> InstanceCheck::query(const std::string& sql) {
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
  ResultStreamPtr stream = TRY(session_.begin_statement(std::move(parsed), {}, nullptr));
  std::vector<std::vector<Value>> rows;
  for (;;) {
    bool more = TRY(session_.next(*stream));
    if (!more) return rows;
    for (uint32_t i = 0; i < stream->batch->row_count(); ++i) {
      std::vector<Value>& row = rows.emplace_back();
      for (const Vector& column : stream->batch->columns())
        row.push_back(column.value(stream->batch->row(i)));
    }
  }
}

Result<> InstanceCheck::check_system_heaps() {
  std::pair<Heap*, const char*> heaps[] = {{instance_.catalog_store().heap(), "the catalog"},
                                           {instance_.sequences().heap(), "the sequences"}};
  for (auto [heap, name] : heaps) {
    if (heap == nullptr) continue;
    names_[heap->relation()] = name;
    TRY(heap->verify(report_));
  }
  return {};
}

Result<> InstanceCheck::check_one(catalog::Oid oid, Result<> (*part)(TableCheck&)) {
  if (cancel_ != nullptr) TRY(cancel_->check());
  TRY(execute("BEGIN"));
  Result<> checked = check_locked(oid, part);
  TRY(execute("ROLLBACK"));
  return checked;
}

Result<> InstanceCheck::check_locked(catalog::Oid oid, Result<> (*part)(TableCheck&)) {
  Transaction& transaction = session_.transaction();
  Wait wait;
  wait.lock_timeout_ms = kLockTimeoutMs;
  TRY(instance_.transactions().locks().acquire(transaction.locks(), LockTarget::table(oid),
                                               LockMode::AccessShare, wait));
  catalog::CatalogPtr catalog = instance_.catalog().newest();
  catalog::TablePtr table = catalog->table(oid);
  if (table == nullptr) return {};  // dropped meanwhile
  names_[table->storage] = "table \"" + table->name + "\"";
  for (const catalog::IndexPtr& index : catalog->indexes_of(*table))
    names_[index->storage] = "index \"" + index->name + "\"";
  BindOptions bind;
  bind.functions = &instance_.functions();
  bind.evaluation = &session_.eval();
  TableCheck check{instance_.relations(),
                   transaction,
                   catalog,
                   table,
                   session_.eval(),
                   bind,
                   [this](const std::string& sql) { return query(sql); },
                   report_};
  return part(check);
}

// Extents of relations that nobody knows. Those of DDL under way are known to its session alone: we look only
// while no other is open. What a crash left behind is no fault: the next opening for writing frees it.
void InstanceCheck::find_leaks(const std::vector<RelationId>& stored) {
  if (instance_.session_activity().size() > 1 || instance_.storage().is_recovered_copy()) return;
  catalog::CatalogPtr catalog = instance_.catalog().newest();
  std::set<RelationId> known;
  for (const catalog::TablePtr& table : catalog->tables()) known.insert(table->storage);
  for (const catalog::IndexPtr& index : catalog->indexes()) known.insert(index->storage);
  for (RelationId relation : instance_.released_relations()) known.insert(relation);
  for (RelationId relation : stored) {
    if (relation < kFirstUserRelation || known.count(relation) != 0) continue;
    PageNo first = instance_.storage().space().anchor(relation);
    if (first == kNoPage) continue;  // freed meanwhile
    report_.add(first, relation,
                std::to_string(instance_.storage().space().reserved_count(relation)) +
                    " pages belong to a relation that no table or index has");
  }
}

std::vector<FoundFault> InstanceCheck::faults() const {
  std::vector<FoundFault> faults;
  for (const CheckFinding& finding : report_.findings()) {
    FoundFault& fault = faults.emplace_back();
    if (finding.page != kNoPage) fault.page = finding.page;
    auto name = names_.find(finding.owner);
    if (name != names_.end())
      fault.owner = name->second;
    else if (finding.owner != kNoRelation)
      fault.owner = "relation " + std::to_string(finding.owner);
    fault.message = finding.message;
  }
  uint64_t rest = report_.count() - report_.findings().size();
  if (rest > 0) faults.emplace_back().message = "and " + std::to_string(rest) + " more";
  return faults;
}

std::string line_of(const FoundFault& fault) {
  std::string line = fault.page ? "page " + std::to_string(*fault.page) : "file";
  if (!fault.owner.empty()) line += ", " + fault.owner;
  return line + ": " + fault.message;
}

}  // namespace

Result<std::vector<FoundFault>> find_faults(const std::shared_ptr<Instance>& instance,
                                            const CancelToken* cancel) {
  std::shared_ptr<SessionCore> session = TRY(SessionCore::open(instance));
  CallGate::Inside inside(session->gate());  // so close() waits for us
  TRY(session->check_open());
  return InstanceCheck(*instance, *session, cancel).run();
}

Result<std::vector<std::string>> check_instance(const std::shared_ptr<Instance>& instance) {
  std::vector<FoundFault> faults = TRY(find_faults(instance));
  std::vector<std::string> lines;
  for (const FoundFault& fault : faults) lines.push_back(line_of(fault));
  return lines;
}

}  // namespace rowan
