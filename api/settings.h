// api/settings.h: what SET, SHOW and pg_settings know. Settings without effect are accepted for PostgreSQL's
// sake and listed as such; any other unknown name is 42704. Values roll back with the transaction that set
// them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/session_services.h"
#include "types/result.h"

namespace rowan {

// 42704, with a suggestion.
Error unknown_setting(std::string_view name);

class Settings {
 public:
  // `work_memory_bytes`: the default of work_mem, in whole kB, at least the 64 that SET asks for.
  Settings(std::string database_name, size_t work_memory_bytes);

  // nullopt: no such setting.
  std::optional<std::string> get(std::string_view name) const;
  bool is_on(std::string_view name) const { return get(name) == "on"; }
  int64_t integer(std::string_view name) const;  // in the setting's unit
  double real(std::string_view name) const;

  // Errors: 42704 unknown · 22023 a bad value · 55P02 it cannot be changed. `is_local`: until the transaction
  // ends.
  Result<> set(std::string_view name, std::string_view value, bool is_local);
  Result<> reset(std::string_view name);
  void reset_all() {
    values_.clear();
    ++version_;
  }
  std::vector<SettingInfo> all() const;

  // Transactions and savepoints: a copy to come back to. Few settings are ever changed, so it is small.
  using Marked = std::map<std::string, std::string, std::less<>>;
  const Marked& values() const { return values_; }
  // The transaction's own three settings change with every transaction and touch no plan, so they are kept
  // apart and leave version() alone.
  void note_transaction(std::string_view isolation, bool is_read_only, bool is_deferrable) {
    isolation_ = isolation;
    is_read_only_ = is_read_only;
    is_deferrable_ = is_deferrable;
  }
  void restore(const Marked& values) {
    if (values_ == values) return;
    values_ = values;
    ++version_;
  }
  void begin_transaction() { locals_.clear(); }
  // Commit: what was set LOCAL goes back.
  void end_transaction();
  // Changes with every change of a value.
  uint64_t version() const { return version_; }

 private:
  std::string database_name_;
  std::string work_mem_;  // its default
  Marked values_;         // those that differ from their defaults
  std::map<std::string, std::optional<std::string>, std::less<>> locals_;  // what LOCAL ones were before
  std::string isolation_ = "read committed";
  bool is_read_only_ = false;
  bool is_deferrable_ = false;
  uint64_t version_ = 1;
};

}  // namespace rowan
