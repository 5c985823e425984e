// executor/function_scan.cpp: generate_series over integers, numerics and timestamps, a row at a time as
// wanted.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "types/try.h"

namespace rowan {

namespace {

// `left` + `right` by the function that SQL would choose. Values stay in one-row vectors.
class SeriesStep {
 public:
  Result<> prepare(const Type& type, const Type& step_type) {
    for (const Function* function : registry().functions("+")) {
      if (function->arguments == std::vector<TypeId>{type.id, step_type.id} && function->result == type.id) {
        function_ = function;
        return {};
      }
    }
    return Error(sqlstate::undefined_function,
                 "operator does not exist: " + type_name(type) + " + " + type_name(step_type));
  }
  Result<> add(const Vector& left, const Vector& right, Vector& result, EvalContext& context) {
    result.reset();
    const Vector* arguments[] = {&left, &right};
    KernelCall call{arguments, Selection(1), result, context};
    return function_->kernel(call);
  }

 private:
  const Function* function_ = nullptr;
};

class FunctionScanOperator final : public Operator {
 public:
  FunctionScanOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), node_(std::get<physical::FunctionScan>(plan.node)) {
    for (const ExprPtr& argument : node_.arguments)
      arguments_.push_back(std::make_unique<Scalar>(run, argument.get()));
  }

 private:
  Result<> start() override {
    if (node_.function != "generate_series" || arguments_.size() < 2 || arguments_.size() > 3)
      return Error(sqlstate::feature_not_supported, "set-returning function " + node_.function + " in FROM");
    done_ = false;
    ordinal_ = 0;
    const Type& type = output_types()[0];
    physical_ = type.physical();
    std::vector<Value> values;
    for (auto& argument : arguments_) {
      Value value = TRY(argument->evaluate());
      if (value.is_null()) done_ = true;
      values.push_back(std::move(value));
    }
    if (done_) return {};
    if (type.id == TypeId::Integer || type.id == TypeId::BigInt) {
      next_int_ = values[0].as_int();
      last_int_ = values[1].as_int();
      step_int_ = values.size() > 2 ? values[2].as_int() : 1;
      if (step_int_ == 0) return zero_step();
      return {};
    }
    return start_by_kernel(type, values);
  }
  // A NUMERIC that no series can reach or leave.
  static Result<> check_finite(const Value& value, std::string_view what, EvalContext& context) {
    std::string text = format_value(value, context);
    std::string_view fault = text == "NaN" ? "NaN" : text.find("Inf") != std::string::npos ? "infinity" : "";
    if (fault.empty()) return {};
    return Error(sqlstate::invalid_parameter_value, std::string(what) + " cannot be " + std::string(fault));
  }
  static Error zero_step() { return Error(sqlstate::invalid_parameter_value, "step size cannot equal zero"); }

  Result<> start_by_kernel(const Type& type, const std::vector<Value>& values) {
    Type step_type = values.size() > 2 ? values[2].type() : type;
    current_ = Vector(type, 1);
    following_ = Vector(type, 1);
    last_ = Vector(type, 1);
    step_ = Vector(step_type, 1);
    current_.set_value(0, values[0]);
    last_.set_value(0, values[1]);
    EvalContext& context = run().eval();
    constexpr std::string_view kNames[] = {"start value", "stop value", "step size"};
    for (size_t i = 0; i < values.size() && type.id == TypeId::Numeric; ++i)
      TRY(check_finite(values[i], kNames[i], context));
    Value zero = TRY(parse_value("0", step_type, context));
    if (values.size() > 2) {
      step_.set_value(0, values[2]);
    } else {
      Value one = TRY(parse_value("1", step_type, context));
      step_.set_value(0, one);
    }
    Vector nothing(step_type, 1);
    nothing.set_value(0, zero);
    int sign = compare_rows(step_, 0, nothing, 0);
    if (sign == 0) return zero_step();
    rising_ = sign > 0;
    return adder_.prepare(type, step_type);
  }

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    uint32_t count = 0;
    if (output_types()[0].id == TypeId::Integer || output_types()[0].id == TypeId::BigInt)
      count = put_integers(out, row_limit);
    else
      count = TRY(put_by_kernel(out, row_limit));
    if (node_.with_ordinality)
      for (uint32_t i = 0; i < count; ++i) out.column(1).data<int64_t>()[i] = ++ordinal_;
    out.set_row_count(count);
    return count > 0;
  }
  uint32_t put_integers(Batch& out, uint32_t row_limit) {
    uint32_t count = 0;
    while (!done_ && count < row_limit) {
      if (step_int_ > 0 ? next_int_ > last_int_ : next_int_ < last_int_) {
        done_ = true;
        break;
      }
      if (physical_ == PhysicalType::Int32)
        out.column(0).data<int32_t>()[count++] = static_cast<int32_t>(next_int_);
      else
        out.column(0).data<int64_t>()[count++] = next_int_;
      if (__builtin_add_overflow(next_int_, step_int_, &next_int_)) done_ = true;  // beyond the type: the end
    }
    return count;
  }
  Result<uint32_t> put_by_kernel(Batch& out, uint32_t row_limit) {
    uint32_t count = 0;
    while (!done_ && count < row_limit) {
      int order = compare_rows(current_, 0, last_, 0);
      if (rising_ ? order > 0 : order < 0) {
        done_ = true;
        break;
      }
      out.column(0).copy_row(count++, current_, 0);
      TRY(adder_.add(current_, step_, following_, run().eval()));
      std::swap(current_, following_);
    }
    return count;
  }

  const physical::FunctionScan& node_;
  std::vector<std::unique_ptr<Scalar>> arguments_;
  PhysicalType physical_ = PhysicalType::Int32;
  int64_t next_int_ = 0, last_int_ = 0, step_int_ = 1;
  int64_t ordinal_ = 0;
  Vector current_, following_, last_, step_;
  SeriesStep adder_;
  bool rising_ = true, done_ = false;
};

}  // namespace

OperatorPtr make_function_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<FunctionScanOperator>(plan, run);
}

}  // namespace rowan
