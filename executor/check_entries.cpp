// Every entry of an index: is its row there, has one of the row's versions that key, and has a unique index
// no two live rows with one key?
#include "executor/check_table.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {
namespace {

class EntryCheckPass final : public EntryVisitor {
 public:
  EntryCheckPass(TableCheck& check, Heap& heap, const Snapshot& snapshot, CheckedIndex& index)
      : check_(check), heap_(heap), snapshot_(snapshot), index_(index) {
    const catalog::Table& table = *check.table;
    projection_.layout = heap.layout(table.layout);
    std::vector<Type> types;
    for (catalog::ColumnNumber column : index.keys->shape().columns) {
      projection_.columns.push_back(column);
      types.push_back(table.columns[column].type);
    }
    version_ = Batch(types, 1);
    by_number_.columns().resize(table.columns.size());
  }

  Result<bool> visit(std::string_view key, RowId row) override {
    const Space& space = check_.relations.storage().space();
    if (space.owner(row.page) != check_.table->storage || !space.is_used(row.page)) {
      say(row, "entry for " + row_text(row) + ", a page that the table does not have");
      return true;
    }
    if (check_.report.is_unreadable(row.page)) return true;
    Found found;
    auto look = [&](const Heap::Version& version) { return look_at(version, key, found); };
    Result<bool> is_there = heap_.visit_versions(snapshot_, projection_, row, version_, look);
    if (!is_there.ok() && !is_damage(is_there.error())) return std::move(is_there).error();
    if (!is_there.ok()) return true;  // which verify() has said
    if (!*is_there) {
      say(row, "entry for " + row_text(row) + ", where no row is");
    } else if (!found.has_key && !found.is_unknown) {
      say(row, "entry for " + row_text(row) + ", no version of which has its key");
    }
    if (found.is_live && !found.has_null && index_.index->is_unique) check_unique(key, row, found);
    return true;
  }

 private:
  struct Found {
    bool has_key = false;     // some version
    bool is_live = false;     // the version that the snapshot sees has it
    bool has_null = false;    // in the key
    bool is_unknown = false;  // a version's key could not be computed
    std::string text;         // the key, where the entry before has the same
  };

  void say(RowId row, std::string what) {
    check_.report.add(row.page, index_.index->storage, std::move(what));
  }

  Result<bool> look_at(const Heap::Version& version, std::string_view key, Found& found) {
    if (!version.has_values) {
      found.is_unknown = true;
      return true;
    }
    const std::vector<catalog::ColumnNumber>& columns = index_.keys->shape().columns;
    for (size_t i = 0; i < columns.size(); ++i) by_number_.column(columns[i]).borrow(version_.column(i));
    by_number_.set_row_count(1);
    Result<> computed = index_.keys->compute(by_number_, Selection(1), check_.eval);
    if (!computed.ok()) {
      found.is_unknown = true;
      return true;
    }
    bool has_key = index_.keys->includes(0);
    if (has_key) {
      bool has_null = index_.keys->encode(0, key_);
      has_key = (index_.storage->hash ? HashIndex::entry_key(key_) : key_) == key;
      if (has_key) found.has_null = has_null;
    }
    found.has_key |= has_key;
    if (version.is_visible && has_key) {
      found.is_live = true;
      if (key == last_key_) found.text = index_.keys->describe(0, check_.eval);
    }
    // A unique index asks about the version that is seen, any other is content with one.
    return !(found.has_key && (!index_.index->is_unique || version.is_visible));
  }

  void check_unique(std::string_view key, RowId row, const Found& found) {
    if (has_last_ && key == last_key_ && row != last_row_)
      say(row, row_text(row) + " and " + row_text(last_row_) + " both have the unique key " + found.text);
    last_key_ = key;
    last_row_ = row;
    has_last_ = true;
  }

  TableCheck& check_;
  Heap& heap_;
  const Snapshot& snapshot_;
  CheckedIndex& index_;
  Projection projection_;
  Batch version_, by_number_;
  std::string key_, last_key_;
  RowId last_row_;
  bool has_last_ = false;
};

}  // namespace

Result<> check_entries(TableCheck& check, Heap& heap, const Snapshot& snapshot, CheckedIndex& index) {
  if (index.is_broken) return {};
  EntryCheckPass pass(check, heap, snapshot, index);
  if (index.storage->hash) return index.storage->hash->visit_all(pass);
  return index.storage->btree->visit(KeyRange::all(), pass);
}

}  // namespace rowan
