#include "executor/subplans.h"

#include <algorithm>

#include "executor/operator.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "types/try.h"

namespace rowan {

namespace {

using expression::SubqueryKind;

}  // namespace

class Subplans::One {
 public:
  One(Run& run, const Subplan& subplan) : run_(run), subplan_(subplan) {}

  Result<> prepare() {
    if (operator_ != nullptr) return {};
    operator_ = TRY(make_operator(*subplan_.plan, run_));
    batch_ = operator_->make_batch();
    return {};
  }
  void close() {
    if (operator_ != nullptr) operator_->close();
    computed_ = 0;
    rows_.reset();
    table_.reset();
    partial_.reset();
  }

  // The answer for row `row` of the arguments into row `row` of `result`.
  Result<> answer(const expression::Subquery& node, Columns arguments, uint32_t row, Vector& result) {
    bool changed = set_slots(node, arguments.subspan(node.tested), row);
    bool fresh = changed || computed_ != run_.execution();
    switch (node.kind) {
      case SubqueryKind::Scalar:
        if (fresh) TRY(compute_scalar());
        result.copy_row(row, value_, 0);
        break;
      case SubqueryKind::Exists:
        if (fresh) TRY(compute_exists());
        result.data<uint8_t>()[row] = exists_;
        break;
      case SubqueryKind::Any:
      case SubqueryKind::All: {
        if (fresh) TRY(collect(node));
        Truth truth =
            TRY(table_ != nullptr ? look_up(node, arguments, row) : compare_all(node, arguments, row));
        if (truth == Truth::Unknown)
          result.set_null(row);
        else
          result.data<uint8_t>()[row] = truth == Truth::True;
        break;
      }
    }
    computed_ = run_.execution();
    return {};
  }

 private:
  enum class Truth : uint8_t { False, True, Unknown };

  // True: at least one slot has another value than at the last run.
  bool set_slots(const expression::Subquery& node, Columns values, uint32_t row) {
    bool changed = false;
    for (size_t i = 0; i < node.slots.size(); ++i) {
      const Vector& slot = run_.slot(node.slots[i]);
      const Vector& value = *values[i];
      bool same = computed_ == run_.execution() && slot.is_null(0) == value.is_null(row) &&
                  (slot.is_null(0) || identical(slot, value, row));
      if (same) continue;
      run_.set_slot(node.slots[i], value, row);
      changed = true;
    }
    return changed;
  }
  // The same bytes, not just equal: 1.0 and 1.00 print differently.
  static bool identical(const Vector& slot, const Vector& value, uint32_t row) {
    return slot.value(0).identical(value.value(row));
  }

  Result<> compute_scalar() {
    if (value_.capacity() == 0) value_ = Vector(operator_->output_types()[0], 1);
    value_.reset();
    TRY(operator_->open());
    bool more = TRY(operator_->next(batch_, 2));
    if (!more) {
      value_.set_null(0);
      return {};
    }
    value_.copy_row(0, batch_.column(0), batch_.row(0));
    bool several = batch_.row_count() > 1;
    if (!several) several = TRY(operator_->next(batch_, 1));
    if (several)
      return Error(sqlstate::cardinality_violation,
                   "more than one row returned by a subquery used as an expression");
    return {};
  }
  Result<> compute_exists() {
    TRY(operator_->open());
    exists_ = TRY(operator_->next(batch_, 1));
    return {};
  }
  // All rows, as a hash table where the plan asks for it and one = decides.
  Result<> collect(const expression::Subquery& node) {
    const std::vector<Type>& types = operator_->output_types();
    bool hashed = subplan_.hashed && node.kind == SubqueryKind::Any && node.compare_name == "=";
    if (hashed && table_ == nullptr) {
      table_ = std::make_unique<RowTable>(types, node.tested, 0);
      partial_ = std::make_unique<RowTable>(types, node.tested, 0);
    }
    if (partial_ != nullptr) partial_->clear();
    if (!hashed && rows_ == nullptr) rows_ = std::make_unique<RowBuffer>(run_, types);
    if (table_ != nullptr) table_->clear();
    if (rows_ != nullptr) rows_->clear();
    TRY(operator_->open());
    std::vector<const Vector*> columns = column_pointers(batch_);
    uint64_t hashes[kBatchRows];
    WorkMemory memory(run_.environment().work_memory, run_.environment().budget);
    while (true) {
      bool more = TRY(operator_->next(batch_, kBatchRows));
      if (!more) return {};
      if (!hashed) {
        TRY(rows_->append(batch_));
        continue;
      }
      hash_keys(columns, batch_.selection(), hashes);
      for (uint32_t i = 0; i < batch_.row_count(); ++i) {
        uint32_t row = batch_.row(i);
        RowTable& table = has_null(columns, node.tested, row) ? *partial_ : *table_;
        if (table.find(hashes[i], columns, row) == nullptr) table.insert(hashes[i], columns, row);
      }
    }
  }
  static bool has_null(Columns columns, uint32_t count, uint32_t row) {
    return std::any_of(columns.begin(), columns.begin() + count,
                       [&](const Vector* column) { return column->is_null(row); });
  }
  // Values without NULL are looked up, and may still be unknown beside rows that have one; values with NULL
  // are compared with every row.
  Result<Truth> look_up(const expression::Subquery& node, Columns arguments, uint32_t row) {
    bool is_partial = has_null(arguments, node.tested, row);
    if (node.tested == 1 && is_partial)
      return table_->rows().empty() && partial_->rows().empty() ? Truth::False : Truth::Unknown;
    if (!is_partial) {
      Columns key = arguments.first(node.tested);
      uint64_t hash;
      auto position = static_cast<uint16_t>(row);
      hash_keys(key, Selection(&position, 1), &hash);
      if (table_->find(hash, key, row) != nullptr) return Truth::True;
      if (node.tested == 1) return partial_->rows().empty() ? Truth::False : Truth::Unknown;
    }
    bool is_unknown = TRY(is_any_unknown(node, *partial_, arguments, row));
    if (!is_unknown && is_partial) is_unknown = TRY(is_any_unknown(node, *table_, arguments, row));
    return is_unknown ? Truth::Unknown : Truth::False;
  }
  Result<bool> is_any_unknown(const expression::Subquery& node, const RowTable& table, Columns arguments,
                              uint32_t row) {
    if (compared_.capacity() == 0) compared_ = Batch(operator_->output_types(), kBatchRows);
    const GrowingArray<char*>& rows = table.rows();
    for (size_t first = 0; first < rows.size(); first += kBatchRows) {
      auto count = static_cast<uint32_t>(std::min<size_t>(kBatchRows, rows.size() - first));
      compared_.reset();
      for (size_t c = 0; c < node.tested; ++c)
        table.shape().get(rows.data() + first, count, c, compared_.column(c), 0);
      TRY(compare_columns(node, arguments, row, count));
      for (uint32_t i = 0; i < count; ++i)
        if (combine(node, i) == Truth::Unknown) return true;
    }
    return false;
  }

  Result<Truth> compare_all(const expression::Subquery& node, Columns arguments, uint32_t row) {
    bool any = node.kind == SubqueryKind::Any;
    Truth decisive = any ? Truth::True : Truth::False;
    Truth answer = any ? Truth::False : Truth::True;
    if (compared_.capacity() == 0) compared_ = Batch(operator_->output_types(), kBatchRows);
    RowBuffer::Reader reader;
    while (true) {
      compared_.reset();
      uint32_t count = TRY(rows_->read(reader, compared_, kBatchRows));
      if (count == 0) return answer;
      TRY(compare_columns(node, arguments, row, count));
      for (uint32_t i = 0; i < count; ++i) {
        Truth truth = combine(node, i);
        if (truth == decisive) return decisive;
        if (truth == Truth::Unknown) answer = Truth::Unknown;
      }
    }
  }
  // truths_[c][i]: how tested value c compares with column c of row i; equals_ the same for = where rows of
  // several columns are ordered.
  Result<> compare_columns(const expression::Subquery& node, Columns arguments, uint32_t row,
                           uint32_t count) {
    truths_.resize(node.tested);
    orders_.resize(node.tested);
    for (uint32_t c = 0; c < node.tested; ++c) {
      const Vector& column = compared_.column(c);
      Vector tested(arguments[c]->type(), 1);
      tested.reset_constant();
      tested.copy_row(0, *arguments[c], row);
      truths_[c].assign(count, Truth::Unknown);
      orders_[c].assign(count, 0);
      uint16_t rows[kBatchRows];
      uint32_t known = 0;
      for (uint32_t i = 0; i < count; ++i)
        if (!tested.is_null(0) && !column.is_null(i)) rows[known++] = static_cast<uint16_t>(i);
      if (known == 0) continue;
      Vector verdict(TypeId::Boolean, kBatchRows);
      const Vector* pair[] = {&tested, &column};
      KernelCall call{pair, Selection(rows, known), verdict, run_.eval()};
      TRY(node.compare[c]->kernel(call));
      for (uint32_t i = 0; i < known; ++i) {
        uint32_t at = rows[i];
        uint32_t from = verdict.is_constant() ? 0 : at;
        if (verdict.is_null(from)) continue;
        truths_[c][at] = verdict.data<uint8_t>()[from] != 0 ? Truth::True : Truth::False;
        if (node.tested > 1) orders_[c][at] = compare_rows(tested, 0, column, at);
      }
    }
    return {};
  }
  // = holds when all columns do, <> when any does, an order is decided by the first column that differs.
  Truth combine(const expression::Subquery& node, uint32_t row) const {
    if (node.tested == 1) return truths_[0][row];
    if (node.compare_name == "=" || node.compare_name == "<>") {
      Truth decisive = node.compare_name == "=" ? Truth::False : Truth::True;
      Truth result = node.compare_name == "=" ? Truth::True : Truth::False;
      for (uint32_t c = 0; c < node.tested; ++c) {
        if (truths_[c][row] == decisive) return decisive;
        if (truths_[c][row] == Truth::Unknown) result = Truth::Unknown;
      }
      return result;
    }
    for (uint32_t c = 0; c < node.tested; ++c) {
      if (truths_[c][row] == Truth::Unknown) return Truth::Unknown;
      if (orders_[c][row] != 0 || c + 1 == node.tested) return truths_[c][row];
    }
    return Truth::Unknown;
  }

  Run& run_;
  const Subplan& subplan_;
  OperatorPtr operator_;
  Batch batch_, compared_;
  uint64_t computed_ = 0;  // the execution that what is kept belongs to
  Vector value_;
  bool exists_ = false;
  // Of a hashed subplan: the rows without NULL, and those with one.
  std::unique_ptr<RowTable> table_, partial_;
  std::unique_ptr<RowBuffer> rows_;
  std::vector<std::vector<Truth>> truths_;
  std::vector<std::vector<int>> orders_;
};

Subplans::Subplans(Run& run) : run_(run) {
  subplans_.resize(run.statement().subplans.size());
}

Subplans::~Subplans() = default;

Result<> Subplans::run(const expression::Subquery& node, std::span<const Vector* const> arguments,
                       Selection rows, Vector& result, uint32_t& failed_row) {
  ENSURE(node.subquery < subplans_.size());
  std::unique_ptr<One>& one = subplans_[node.subquery];
  if (one == nullptr) one = std::make_unique<One>(run_, run_.statement().subplans[node.subquery]);
  failed_row = rows.count() > 0 ? rows[0] : 0;
  TRY(one->prepare());
  for (uint32_t i = 0; i < rows.count(); ++i) {
    failed_row = rows[i];
    TRY(one->answer(node, arguments, rows[i], result));
  }
  return {};
}

void Subplans::close() {
  for (auto& one : subplans_)
    if (one != nullptr) one->close();
}

}  // namespace rowan
