// tests/unit/executor/plan_kit.h: builds physical plans by hand and runs them, under any budget and batch
// size.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "executor/operator.h"
#include "executor/run.h"
#include "storage/file/os_file_system.h"
#include "storage/temp_files.h"

namespace rowan::plan_kit {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

inline ExprPtr ref(uint32_t index, Type type) {
  return std::make_unique<Expr>(expression::InputRef{index}, type);
}
inline ExprPtr constant(Value value) {
  return make_constant(std::move(value));
}
inline const Function* function(std::string_view name, std::vector<TypeId> arguments) {
  for (const Function* each : registry().functions(name))
    if (each->arguments == arguments) return each;
  ADD_FAILURE() << "no function " << name;
  return nullptr;
}
inline const Aggregate* aggregate(std::string_view name, std::vector<TypeId> arguments) {
  for (const Aggregate* each : registry().aggregates(name))
    if (each->arguments == arguments) return each;
  ADD_FAILURE() << "no aggregate " << name;
  return nullptr;
}
inline ExprPtr call(std::string_view name, ExprPtr left, ExprPtr right) {
  const Function* found = function(name, {left->type.id, right->type.id});
  std::vector<ExprPtr> arguments;
  arguments.push_back(std::move(left));
  arguments.push_back(std::move(right));
  Type type = found->result;
  return make_call(found, type, std::move(arguments));
}

template <class... Ptrs>
std::vector<ExprPtr> list(Ptrs... exprs) {
  std::vector<ExprPtr> made;
  (made.push_back(std::move(exprs)), ...);
  return made;
}

template <class Node>
PlanPtr plan(Node node, std::vector<Type> types, PlanPtr first = nullptr, PlanPtr second = nullptr) {
  auto made = std::make_unique<PhysicalPlan>(std::move(node));
  for (const Type& type : types) made->output.push_back({"c", type});
  if (first != nullptr) made->inputs.push_back(std::move(first));
  if (second != nullptr) made->inputs.push_back(std::move(second));
  return made;
}

inline PlanPtr values(std::vector<Type> types, const Rows& rows) {
  physical::Values node;
  for (const Row& row : rows) {
    std::vector<ExprPtr> exprs;
    for (const Value& value : row) exprs.push_back(constant(value));
    node.rows.push_back(std::move(exprs));
  }
  return plan(std::move(node), std::move(types));
}
inline PlanPtr series(int64_t from, int64_t to) {
  physical::FunctionScan node;
  node.function = "generate_series";
  node.arguments = list(constant(Value::bigint(from)), constant(Value::bigint(to)));
  return plan(std::move(node), {TypeId::BigInt});
}

inline physical::SortKey key(ExprPtr expr, bool descending = false) {
  physical::SortKey made;
  made.key = std::move(expr);
  made.descending = descending;
  made.nulls_first = descending;
  return made;
}

struct Settings {
  size_t work_memory = 4u << 20;
  uint32_t batch_rows = kBatchRows;
  uint32_t row_limit = kBatchRows;
  uint64_t rows_wanted = UINT64_MAX;
};

// One plan with everything it needs around it.
class Bench {
 public:
  explicit Bench(PlanPtr root, Settings settings = {}) : settings_(settings) {
    statement.root = std::move(root);
    number(*statement.root);
    files_ = std::make_unique<OsFileSystem>();
    temp_files_ = std::make_unique<TempFiles>(*files_, "", uint64_t{1} << 32);
    environment.eval = &context;
    environment.temp_files = temp_files_.get();
    environment.work_memory = settings.work_memory;
    environment.batch_rows = settings.batch_rows;
  }
  void number(PhysicalPlan& each) {
    each.id = statement.node_count++;
    for (PlanPtr& input : each.inputs) number(*input);
  }

  // All rows as text, NULL as "-"; what went wrong last is "error CODE".
  std::vector<std::string> run() {
    std::vector<std::string> lines;
    if (run_ == nullptr) {
      run_ = std::make_unique<Run>(statement, environment);
      auto made = make_operator(*statement.root, *run_);
      EXPECT_TRUE(made.ok());
      if (!made.ok()) return {made.error().message()};
      operator_ = std::move(made).take();
    }
    run_->begin({}, nullptr);
    Result<> opened = operator_->open();
    if (!opened.ok()) return {"error " + std::string(opened.error().state().text())};
    Batch batch = operator_->make_batch();
    while (lines.size() < settings_.rows_wanted) {
      Result<bool> more = operator_->next(batch, settings_.row_limit);
      if (!more.ok()) {
        lines.push_back("error " + std::string(more.error().state().text()));
        break;
      }
      if (!*more) break;
      EXPECT_LE(batch.row_count(), settings_.row_limit);
      EXPECT_GE(batch.row_count(), 1u);
      for (uint32_t i = 0; i < batch.row_count(); ++i) lines.push_back(text(batch, batch.row(i)));
    }
    spilled = 0;
    for (const OperatorFigures& figures : run_->all_figures()) spilled += figures.spilled_bytes;
    operator_->close();
    run_->close();
    return lines;
  }
  std::string text(const Batch& batch, uint32_t row) const {
    std::string line;
    for (const Vector& column : batch.columns()) {
      if (!line.empty()) line += '|';
      line += column.is_null(row) ? "-" : format_value(column.value(row), context);
    }
    return line;
  }

  PlannedStatement statement;
  EvalContext context;
  Environment environment;
  uint64_t spilled = 0;

 private:
  Settings settings_;
  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<TempFiles> temp_files_;
  std::unique_ptr<Run> run_;
  OperatorPtr operator_;
};

inline std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The settings under which every operator must say the same.
inline std::vector<Settings> all_settings() {
  return {{},
          {4u << 20, 1, kBatchRows, UINT64_MAX},
          {4u << 20, kBatchRows, 1, UINT64_MAX},
          {65536, kBatchRows, kBatchRows, UINT64_MAX},
          {65536, 7, 3, UINT64_MAX}};
}

}  // namespace rowan::plan_kit
