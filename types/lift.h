// types/lift.h: turns a C++ function on values into a kernel on vectors.
//
//   Result<int32_t> divide(int32_t dividend, int32_t divisor);
//   registry.add(strict<divide>("/"));
//
// strict<F> reads the SQL types off the signature (bool, int16_t … int64_t, float, double, Interval,
// std::string_view or Text), or takes them as arguments where several SQL types share a C++ one. F may return
// the value, an optional (empty: NULL), or a Result of either; a Result's error is reported for the first row
// that fails. A leading `KernelCall&` gives F the result's arena and type and the session's context. A
// std::string_view given to F stays valid as long as the result does, so parts of it may be returned without
// a copy; other bytes of more than Text::kInlineMax belong into call.result.arena().
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "types/function.h"
#include "types/try.h"

namespace rowan {

// How a C++ type lies in a vector, and which SQL type it stands for.
template <class T>
struct Lifted;

template <class T, TypeId kId>
struct LiftedPlain {
  using Stored = T;
  static constexpr TypeId id = kId;
  static T load(const T& stored) { return stored; }
  static T store(T value) { return value; }
};
template <>
struct Lifted<bool> {
  using Stored = uint8_t;
  static constexpr TypeId id = TypeId::Boolean;
  static bool load(uint8_t stored) { return stored != 0; }
  static uint8_t store(bool value) { return value; }
};
template <>
struct Lifted<int16_t> : LiftedPlain<int16_t, TypeId::SmallInt> {};
template <>
struct Lifted<int32_t> : LiftedPlain<int32_t, TypeId::Integer> {};
template <>
struct Lifted<int64_t> : LiftedPlain<int64_t, TypeId::BigInt> {};
template <>
struct Lifted<float> : LiftedPlain<float, TypeId::Real> {};
template <>
struct Lifted<double> : LiftedPlain<double, TypeId::Double> {};
template <>
struct Lifted<Interval> : LiftedPlain<Interval, TypeId::Interval> {};
template <>
struct Lifted<Text> : LiftedPlain<Text, TypeId::Text> {};
template <>
struct Lifted<std::string_view> {
  using Stored = Text;
  static constexpr TypeId id = TypeId::Text;
  static std::string_view load(const Text& stored) { return stored.view(); }
  static Text store(std::string_view value) { return Text(value); }
};

namespace detail {

template <class T>
struct ReturnOf {
  using Value = T;
  static constexpr bool can_fail = false;
  static constexpr bool can_be_null = false;
};
template <class T>
struct ReturnOf<std::optional<T>> {
  using Value = T;
  static constexpr bool can_fail = false;
  static constexpr bool can_be_null = true;
};
template <class T>
struct ReturnOf<Result<T>> {
  using Value = typename ReturnOf<T>::Value;
  static constexpr bool can_fail = true;
  static constexpr bool can_be_null = ReturnOf<T>::can_be_null;
};

template <class F>
struct Signature;
template <class R, class... Args>
struct Signature<R (*)(Args...)> {
  using Return = ReturnOf<R>;
  using Arguments = std::tuple<std::decay_t<Args>...>;
  static constexpr bool takes_call = false;
};
template <class R, class... Args>
struct Signature<R (*)(KernelCall&, Args...)> {
  using Return = ReturnOf<R>;
  using Arguments = std::tuple<std::decay_t<Args>...>;
  static constexpr bool takes_call = true;
};
template <class R, class... Args>
struct Signature<R (*)(Args...) noexcept> : Signature<R (*)(Args...)> {};

// One argument column; kMask 0 repeats row 0, ~0 walks. Known at compile time where that lets a loop
// vectorize.
template <class T>
struct MaskedInput {
  const typename Lifted<T>::Stored* data;
  uint32_t mask;
  T operator[](uint32_t row) const { return Lifted<T>::load(data[row & mask]); }
};
template <class T, bool kIsConstant>
struct FixedInput {
  const typename Lifted<T>::Stored* data;
  T operator[](uint32_t row) const { return Lifted<T>::load(data[kIsConstant ? 0 : row]); }
};

// Calls F for every selected row of `inputs`.
template <auto F, class... Inputs>
Result<> lift_rows(KernelCall& call, Inputs... inputs) {
  using Shape = Signature<decltype(F)>;
  using Return = typename Shape::Return;
  using Target = Lifted<typename Return::Value>;
  auto* out = call.result.data<typename Target::Stored>();
  auto apply = [&](uint32_t row) {
    if constexpr (Shape::takes_call)
      return F(call, inputs[row]...);
    else
      return F(inputs[row]...);
  };
  uint32_t count = call.rows.count();
  if constexpr (!Return::can_fail && !Return::can_be_null && !Shape::takes_call) {
    if (call.rows.is_dense()) {
      for (uint32_t row = 0; row < count; ++row) out[row] = Target::store(apply(row));
    } else {
      const uint16_t* rows = call.rows.rows();
      for (uint32_t i = 0; i < count; ++i) out[rows[i]] = Target::store(apply(rows[i]));
    }
  } else {
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t row = call.rows[i];
      if constexpr (Shape::takes_call) {  // what makes new bytes may make many of them in each row
        call.failed_row = row;
        TRY(call.context.check_cancel());
      }
      if constexpr (Return::can_fail) {
        auto outcome = apply(row);
        if (!outcome.ok()) [[unlikely]] {
          call.failed_row = row;
          return std::move(outcome).error();
        }
        if constexpr (Return::can_be_null) {
          if (outcome->has_value())
            out[row] = Target::store(**outcome);
          else
            call.result.set_null(row);
        } else {
          out[row] = Target::store(*outcome);
        }
      } else if constexpr (Return::can_be_null) {
        auto outcome = apply(row);
        if (outcome.has_value())
          out[row] = Target::store(*outcome);
        else
          call.result.set_null(row);
      } else {
        out[row] = Target::store(apply(row));
      }
    }
  }
  return {};
}

template <auto F, class Arguments>
struct Lift;
template <auto F>
struct Lift<F, std::tuple<>> {
  static Result<> run(KernelCall& call) { return lift_rows<F>(call); }
};
template <auto F, class A>
struct Lift<F, std::tuple<A>> {
  static Result<> run(KernelCall& call) {
    const auto* a = call.arguments[0]->template data<typename Lifted<A>::Stored>();
    if (call.arguments[0]->is_constant()) return lift_rows<F>(call, FixedInput<A, true>{a});
    return lift_rows<F>(call, FixedInput<A, false>{a});
  }
};
template <auto F, class A, class B>
struct Lift<F, std::tuple<A, B>> {
  static Result<> run(KernelCall& call) {
    const auto* a = call.arguments[0]->template data<typename Lifted<A>::Stored>();
    const auto* b = call.arguments[1]->template data<typename Lifted<B>::Stored>();
    bool a_is_constant = call.arguments[0]->is_constant();
    bool b_is_constant = call.arguments[1]->is_constant();
    if (a_is_constant && b_is_constant)
      return lift_rows<F>(call, FixedInput<A, true>{a}, FixedInput<B, true>{b});
    if (a_is_constant) return lift_rows<F>(call, FixedInput<A, true>{a}, FixedInput<B, false>{b});
    if (b_is_constant) return lift_rows<F>(call, FixedInput<A, false>{a}, FixedInput<B, true>{b});
    return lift_rows<F>(call, FixedInput<A, false>{a}, FixedInput<B, false>{b});
  }
};
template <auto F, class A, class B, class... More>
requires(sizeof...(More) > 0) struct Lift<F, std::tuple<A, B, More...>> {
  static Result<> run(KernelCall& call) {
    return run_masked(call, std::make_index_sequence<2 + sizeof...(More)>());
  }
  template <size_t... kIndex>
  static Result<> run_masked(KernelCall& call, std::index_sequence<kIndex...>) {
    using Arguments = std::tuple<A, B, More...>;
    return lift_rows<F>(
        call, MaskedInput<std::tuple_element_t<kIndex, Arguments>>{
                  call.arguments[kIndex]
                      ->template data<typename Lifted<std::tuple_element_t<kIndex, Arguments>>::Stored>(),
                  call.arguments[kIndex]->is_constant() ? 0u : ~0u}...);
  }
};

template <class Arguments>
struct ArgumentIds;
template <class... Args>
struct ArgumentIds<std::tuple<Args...>> {
  static std::vector<TypeId> get() { return {Lifted<Args>::id...}; }
};

}  // namespace detail

// The kernel alone.
template <auto F>
inline constexpr Kernel kLiftedKernel =
    &detail::Lift<F, typename detail::Signature<decltype(F)>::Arguments>::run;

template <auto F>
Function strict(std::string_view name, std::vector<TypeId> arguments, TypeId result,
                Volatility volatility = Volatility::Immutable) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.result = result;
  function.volatility = volatility;
  function.kernel = kLiftedKernel<F>;
  return function;
}

template <auto F>
Function strict(std::string_view name, Volatility volatility = Volatility::Immutable) {
  using Shape = detail::Signature<decltype(F)>;
  return strict<F>(name, detail::ArgumentIds<typename Shape::Arguments>::get(),
                   Lifted<typename Shape::Return::Value>::id, volatility);
}

// A function on two columns that may fail in a way that a whole column can test at once: Op::apply(a, b, out)
// computes and returns whether it failed, without branches, so the loop vectorizes; only when some row failed
// is the first one searched and Op::error() asked.
template <class Op, class A, class B, class R>
Result<> checked_kernel(KernelCall& call) {
  const A* __restrict a = call.arguments[0]->template data<A>();
  const B* __restrict b = call.arguments[1]->template data<B>();
  R* __restrict out = call.result.template data<R>();
  uint32_t count = call.rows.count();
  bool a_is_constant = call.arguments[0]->is_constant();
  bool b_is_constant = call.arguments[1]->is_constant();
  bool failed = false;
  if (call.rows.is_dense() && !a_is_constant && !b_is_constant) {
    for (uint32_t i = 0; i < count; ++i) failed |= Op::apply(a[i], b[i], out[i]);
  } else if (call.rows.is_dense() && !a_is_constant) {
    B b0 = b[0];
    for (uint32_t i = 0; i < count; ++i) failed |= Op::apply(a[i], b0, out[i]);
  } else if (call.rows.is_dense() && !b_is_constant) {
    A a0 = a[0];
    for (uint32_t i = 0; i < count; ++i) failed |= Op::apply(a0, b[i], out[i]);
  } else {
    uint32_t a_mask = a_is_constant ? 0 : ~0u, b_mask = b_is_constant ? 0 : ~0u;
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t row = call.rows[i];
      failed |= Op::apply(a[row & a_mask], b[row & b_mask], out[row]);
    }
  }
  if (!failed) [[likely]]
    return {};
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = call.rows[i];
    R ignored;
    if (Op::apply(a[a_is_constant ? 0 : row], b[b_is_constant ? 0 : row], ignored)) {
      call.failed_row = row;
      return Op::error(a[a_is_constant ? 0 : row], b[b_is_constant ? 0 : row]);
    }
  }
  return {};
}

}  // namespace rowan
