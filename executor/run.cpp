#include "executor/run.h"

#include "executor/shared_results.h"
#include "executor/subplans.h"

namespace rowan {

Run::Run(const PlannedStatement& statement, Environment& environment)
    : statement_(statement), environment_(environment) {
  for (const Type& type : statement.slot_types) {
    slots_.emplace_back(type, 1);
    slots_.back().reset_constant();
    slots_.back().set_null(0);
  }
  versions_.resize(slots_.size());
  figures_.resize(statement.node_count);
  shared_ = std::make_unique<SharedResults>(*this);
  subplans_ = std::make_unique<Subplans>(*this);
}

Run::~Run() = default;

void Run::begin(std::span<const Value> parameters, const Snapshot* snapshot) {
  parameters_ = parameters;
  snapshot_ = snapshot;
  ++execution_;
  rows_written = 0;
  figures_.assign(figures_.size(), OperatorFigures());
}

void Run::close() {
  shared_->close();
  subplans_->close();
}

void Run::set_slot(uint32_t index, const Vector& from, uint32_t row) {
  Vector& slot = slots_[index];
  slot.reset_constant();
  slot.copy_row(0, from, row);
  versions_[index] = next_version_++;
}

OperatorFigures& Run::figures(uint32_t plan_id) {
  if (plan_id >= figures_.size()) figures_.resize(plan_id + 1);
  return figures_[plan_id];
}

}  // namespace rowan
