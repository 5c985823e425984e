#include "executor/execution.h"

#include "executor/shared_results.h"
#include "executor/statement_writes.h"
#include "types/try.h"

namespace rowan {

Execution::Execution(PlannedPtr statement, Environment& environment)
    : statement_(std::move(statement)), run_(*statement_, environment) {}

Execution::~Execution() {
  close();
}

Result<std::unique_ptr<Execution>> Execution::create(PlannedPtr statement, Environment& environment) {
  std::unique_ptr<Execution> made(new Execution(std::move(statement), environment));
  made->root_ = TRY(make_operator(*made->statement_->root, made->run_));
  if (made->statement_->command != PlannedStatement::Command::Select)
    made->writes_ = std::make_unique<StatementWrites>(made->run_);
  return made;
}

Result<> Execution::start(std::span<const Value> parameters, const Snapshot* snapshot) {
  close();
  run_.begin(parameters, snapshot);
  if (writes_ != nullptr) writes_->clear();
  run_.writes = outer_writes_ != nullptr ? outer_writes_ : writes_.get();
  ended_ = false;
  open_ = true;
  return root_->open();
}

Result<bool> Execution::next(Batch& out, uint32_t row_limit) {
  if (ended_) return false;
  bool more = TRY(root_->next(out, row_limit));
  if (more) return true;
  ended_ = true;
  if (writes_ != nullptr && outer_writes_ == nullptr) TRY(writes_->finish());
  return false;
}

Result<> Execution::finish() {
  Batch batch = make_batch();
  while (true) {
    bool more = TRY(next(batch));
    if (!more) return {};
  }
}

void Execution::close() {
  if (!open_) return;
  open_ = false;
  root_->close();
  run_.close();
}

}  // namespace rowan
