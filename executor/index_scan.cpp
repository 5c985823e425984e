// executor/index_scan.cpp: rows of a table found through an index: the bounds become stretches of keys,
// entries are gathered up to 64 at a time and their rows fetched together (hazard 39). Indexes point to rows,
// not versions: where a row has other versions, or had them when the entry was read, the visible one must
// have the very key of the entry that led to it.
#include <algorithm>
#include <optional>

#include "executor/compute.h"
#include "executor/index_keys.h"
#include "executor/operators.h"
#include "executor/replaced_rows.h"
#include "executor/table_access.h"
#include "planner/binder.h"
#include "storage/btree/cursor.h"
#include "txn/snapshot.h"
#include "types/try.h"

namespace rowan {

namespace {

using physical::IndexBound;

class IndexScanOperator final : public Operator {
 public:
  IndexScanOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::IndexScan>(plan.node)),
        filter_(run, node_.filter.get()) {
    for (const IndexBound& bound : node_.bounds) {
      Bound made{&bound, {}};
      if (bound.value != nullptr) made.values.push_back(std::make_unique<Scalar>(run, bound.value.get()));
      for (const ExprPtr& value : bound.values)
        made.values.push_back(std::make_unique<Scalar>(run, value.get()));
      bounds_.push_back(std::move(made));
    }
    is_point_ = !bounds_.empty() && std::all_of(bounds_.begin(), bounds_.end(), [](const Bound& bound) {
      return bound.node->kind == IndexBound::Kind::Equal && bound.values.size() == 1;
    });
  }

 private:
  struct Bound {
    const IndexBound* node;
    std::vector<std::unique_ptr<Scalar>> values;
  };

  Result<> start() override {
    replaced_ = run().replacement(plan().id);
    replaced_done_ = false;
    if (replaced_ != nullptr) return {};
    if (keys_ == nullptr) TRY(prepare());
    ENSURE(run().snapshot() != nullptr);
    if (is_point_)
      TRY(make_point());
    else
      TRY(make_ranges());
    next_range_ = 0;
    in_range_ = false;
    rows_ = {};
    return {};
  }
  Result<> prepare() {
    BindOptions options;
    IndexShapePtr shape =
        TRY(make_index_shape(node_.source.table, node_.index, run().statement().catalog, options));
    // What the row is asked for: the plan's columns, and those that its key is made of.
    std::vector<uint16_t> columns = node_.source.columns;
    for (catalog::ColumnNumber column : shape->columns)
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    TRY(access_.open(run(), *node_.source.table, columns));
    direct_ = access_.is_direct() && columns.size() == node_.source.columns.size();
    uint32_t capacity = std::min<uint32_t>(this->capacity(), BtreeCursor::kBatch);
    fetched_ = Batch(access_.heap_types(*node_.source.table), capacity);
    by_number_ = Batch(std::span<const Type>(), capacity);
    by_number_.columns().resize(node_.source.table->columns.size());
    columns_ = columns;
    index_ = TRY(run().environment().relations->index(*node_.index));
    keys_ = std::make_unique<IndexKeys>(std::move(shape));
    return {};
  }

  // --- bounds ---
  // The commonest: one value for each of some keys. Asks for no memory once it has run.
  Result<> make_point() {
    const KeyEncoder& encoder = keys_->shape().encoder;
    key_.clear();
    for (const Bound& bound : bounds_) {
      const Vector* value = TRY(bound.values[0]->evaluate_vector());
      if (value->is_null(0)) {
        ranges_.clear();
        return {};
      }
      size_t key = bound.node->key;
      if (value->type() == encoder.columns()[key].type)
        encoder.encode(key, *value, 0, key_);
      else
        encoder.encode(key, value->value(0), key_);
    }
    ranges_.resize(1);
    KeyRange& range = ranges_.front();
    range.lower = key_;
    range.upper = key_;
    range.has_lower = range.has_upper = range.lower_inclusive = range.upper_inclusive = true;
    return {};
  }
  // Every combination of the equal values (several where there is an IN) is a prefix; a range on the next key
  // narrows each.
  Result<> make_ranges() {
    const KeyEncoder& encoder = keys_->shape().encoder;
    std::vector<std::string> prefixes{std::string()};
    ranges_.clear();
    size_t next = 0;
    for (; next < bounds_.size(); ++next) {
      const IndexBound& bound = *bounds_[next].node;
      bool point = bound.kind == IndexBound::Kind::Equal || bound.kind == IndexBound::Kind::IsNull ||
                   bound.kind == IndexBound::Kind::In;
      if (!point) break;
      const Type& type = encoder.columns()[bound.key].type;
      std::vector<std::string> encoded;
      if (bound.kind == IndexBound::Kind::IsNull) {
        std::string key;
        encoder.encode(bound.key, Value(type), key);
        encoded.push_back(std::move(key));
      }
      for (auto& scalar : bounds_[next].values) {
        Value value = TRY(scalar->evaluate());
        if (value.is_null()) continue;
        std::string key;
        encoder.encode(bound.key, value, key);
        encoded.push_back(std::move(key));
      }
      std::sort(encoded.begin(), encoded.end());
      encoded.erase(std::unique(encoded.begin(), encoded.end()), encoded.end());
      std::vector<std::string> longer;
      for (const std::string& prefix : prefixes)
        for (const std::string& key : encoded) longer.push_back(prefix + key);
      prefixes = std::move(longer);
      if (prefixes.size() > 1) TRY(run().check_cancel());
    }
    for (const std::string& prefix : prefixes) {
      KeyRange range = prefix.empty() ? KeyRange::all() : KeyRange::equal(prefix);
      bool possible = TRY(narrow(range, prefix, next));
      if (possible) ranges_.push_back(std::move(range));
    }
    if (node_.backward) std::reverse(ranges_.begin(), ranges_.end());
    return {};
  }
  Result<bool> narrow(KeyRange& range, const std::string& prefix, size_t next) {
    const KeyEncoder& encoder = keys_->shape().encoder;
    if (next == bounds_.size()) return true;
    const KeyColumn& column = encoder.columns()[bounds_[next].node->key];
    bool has_lower = false, has_upper = false;
    for (; next < bounds_.size(); ++next) {
      const IndexBound& bound = *bounds_[next].node;
      Value value = TRY(bounds_[next].values[0]->evaluate());
      if (value.is_null()) return false;
      std::string key = prefix;
      encoder.encode(bound.key, value, key);
      bool lower = bound.kind == IndexBound::Kind::Lower || bound.kind == IndexBound::Kind::LowerInclusive;
      bool inclusive =
          bound.kind == IndexBound::Kind::LowerInclusive || bound.kind == IndexBound::Kind::UpperInclusive;
      if (column.is_descending) lower = !lower;
      if (lower) {
        bool tighter = !has_lower || key > range.lower || (key == range.lower && !inclusive);
        if (tighter) {
          range.lower = std::move(key);
          range.lower_inclusive = inclusive;
          range.has_lower = has_lower = true;
        }
      } else {
        bool tighter = !has_upper || key < range.upper || (key == range.upper && !inclusive);
        if (tighter) {
          range.upper = std::move(key);
          range.upper_inclusive = inclusive;
          range.has_upper = has_upper = true;
        }
      }
    }
    // A range never takes in NULLs: where it is open, it ends at theirs.
    if (column.is_nullable && (!has_lower || !has_upper)) {
      std::string nulls = prefix;
      encoder.encode(bounds_.back().node->key, Value(column.type), nulls);
      if (!has_lower && column.nulls_first) {
        range.lower = nulls;
        range.has_lower = true;
        range.lower_inclusive = false;
      }
      if (!has_upper && !column.nulls_first) {
        range.upper = nulls;
        range.has_upper = true;
        range.upper_inclusive = false;
      }
    }
    return true;
  }

  // --- rows ---
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (replaced_ != nullptr) return produce_replaced(out);
    uint32_t wanted = std::min({row_limit, fetched_.capacity(), BtreeCursor::kBatch});
    if (rows_.empty()) {
      first_entry_ = 0;
      uint32_t count = TRY(next_entries(wanted));
      if (count == 0) return false;
    }
    return fetch(out, std::min(wanted, static_cast<uint32_t>(rows_.size())));
  }
  Result<uint32_t> next_entries(uint32_t wanted) {
    if (index_->hash != nullptr) return next_hash_entries(wanted);
    while (true) {
      if (!in_range_) {
        if (next_range_ == ranges_.size()) return 0;
        if (!cursor_)
          cursor_.emplace(*index_->btree, ranges_[next_range_],
                          node_.backward ? ScanDirection::Backward : ScanDirection::Forward, true,
                          run().snapshot()->ssi);
        else
          cursor_->restart(ranges_[next_range_], run().snapshot()->ssi);
        ++next_range_;
        in_range_ = true;
      }
      mark_ = access_.heap().change_mark();
      uint32_t count = TRY(cursor_->next(wanted));
      if (count > 0) {
        rows_ = {cursor_->rows(), count};
        return count;
      }
      in_range_ = false;
    }
  }
  Result<uint32_t> next_hash_entries(uint32_t wanted) {
    while (hash_at_ == hash_rows_.size() || !in_range_) {
      if (next_range_ == ranges_.size()) return 0;
      hash_rows_.clear();
      hash_at_ = 0;
      hash_key_ = ranges_[next_range_++].lower;
      TRY(index_->hash->find(hash_key_, hash_rows_, run().snapshot()->ssi));
      in_range_ = true;
    }
    auto count = static_cast<uint32_t>(std::min<size_t>(wanted, hash_rows_.size() - hash_at_));
    rows_ = std::span<const RowId>(hash_rows_).subspan(hash_at_, count);
    hash_at_ += count;
    return count;
  }
  std::string_view entry_key(uint32_t entry) const {
    return index_->hash != nullptr ? std::string_view(hash_key_) : cursor_->key(first_entry_ + entry);
  }

  Result<bool> fetch(Batch& out, uint32_t entries) {
    uint16_t from[BtreeCursor::kBatch];
    bool doubtful[BtreeCursor::kBatch];
    Batch& rows = direct_ ? out : fetched_;
    if (!direct_) rows.reset();
    uint32_t looked_at = 0;
    uint32_t count = TRY(access_.heap().fetch(*run().snapshot(), access_.projection(), rows_.first(entries),
                                              rows, from, mark_, doubtful, &looked_at));
    rows.set_row_count(count);
    uint16_t kept[BtreeCursor::kBatch];
    uint32_t kept_count = count;
    bool hash = index_->hash != nullptr;
    if (hash || std::any_of(doubtful, doubtful + count, [](bool has) { return has; }))
      kept_count = TRY(keep_true_entries(rows, count, from, doubtful, kept));
    if (!direct_) {
      for (size_t i = 0; i < node_.source.columns.size(); ++i)
        out.column(i).borrow(rows.column(access_.source(i)));
      out.set_row_count(count);
    }
    if (kept_count < count) out.select({kept, kept_count});
    rows_ = rows_.subspan(looked_at);
    first_entry_ += looked_at;
    uint32_t before = out.row_count();
    std::optional<Error> error;
    filter_.apply(out, error);
    figures().filtered += before - out.row_count();
    fail_after(error);
    return true;
  }
  // Does the visible version have the key of the entry?
  Result<uint32_t> keep_true_entries(const Batch& rows, uint32_t count, const uint16_t* from,
                                     const bool* doubtful, uint16_t* kept) {
    for (size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] != kRowIdColumn)
        by_number_.columns()[columns_[i]].borrow(rows.column(access_.source(i)));
    by_number_.set_row_count(count);
    TRY(keys_->compute(by_number_, Selection(count), run().eval()));
    uint32_t kept_count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (doubtful[i] || index_->hash != nullptr) {
        if (!keys_->includes(i)) continue;
        keys_->encode(i, key_);
        if (key_ != entry_key(from[i])) continue;
      }
      kept[kept_count++] = static_cast<uint16_t>(i);
    }
    return kept_count;
  }

  Result<bool> produce_replaced(Batch& out) {
    if (replaced_done_) return false;
    replaced_done_ = true;
    if (node_.condition != nullptr) {
      if (recheck_ == nullptr) recheck_ = std::make_unique<Condition>(run(), node_.condition.get());
      uint16_t kept[1];
      uint32_t count = TRY(recheck_->select(replaced_->row, Selection(1), kept));
      if (count == 0) return false;
    }
    replaced_->put(node_.source.columns, out);
    std::optional<Error> error;
    filter_.apply(out, error);
    fail_after(error);
    return true;
  }

  const physical::IndexScan& node_;
  Condition filter_;
  std::unique_ptr<Condition> recheck_;
  std::vector<Bound> bounds_;
  bool is_point_ = false;
  TableAccess access_;
  IndexStoragePtr index_;
  std::unique_ptr<IndexKeys> keys_;
  std::vector<uint16_t> columns_;  // what is fetched
  bool direct_ = false;            // straight into `out`
  Batch fetched_, by_number_;
  std::vector<KeyRange> ranges_;
  size_t next_range_ = 0;
  bool in_range_ = false;
  std::optional<BtreeCursor> cursor_;
  std::vector<RowId> hash_rows_;
  size_t hash_at_ = 0;
  std::string hash_key_, key_;
  std::span<const RowId>
      rows_;                  // entries read whose rows are not fetched yet: large values end a batch early
  uint32_t first_entry_ = 0;  // which of the cursor's entries is the first of rows_
  Lsn mark_ = 0;              // from before the entries of rows_ were read
  const Replacement* replaced_ = nullptr;
  bool replaced_done_ = false;
};

}  // namespace

OperatorPtr make_index_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<IndexScanOperator>(plan, run);
}

}  // namespace rowan
