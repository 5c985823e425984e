// types/result.h: a value or the Error that stood in its way. What can fail returns one; dropping it is a
// warning.
#pragma once

#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "types/error.h"

namespace rowan {

// Thrown by Result::value() alone, for users of the API who prefer exceptions. Nothing inside Rowan throws
// it.
class ROWAN_API ErrorException : public std::runtime_error {
 public:
  explicit ErrorException(Error error) : std::runtime_error(error.message()), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(Error error)
      : error_(std::move(error)), has_value_(false) {}  // NOLINT: implicit, so that `return Error(…)` reads
  template <class U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::decay_t<U>, Error> &&
           !std::is_same_v<std::decay_t<U>, Result>) Result(U&& value)
      : error_(Error::Nothing{}), has_value_(true) {  // NOLINT: implicit on purpose
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : error_(std::move(other.error_)), has_value_(other.has_value_) {
    if (has_value_) ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      this->~Result();
      ::new (static_cast<void*>(this)) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (has_value_) value_.~T();
  }

  bool ok() const noexcept { return has_value_; }

  // The error, only when !ok(); the value, only when ok(). What is taken from an rvalue is moved out.
  const Error& error() const& { return error_; }
  Error error() && { return std::move(error_); }
  T& operator*() & { return value_; }
  const T& operator*() const& { return value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }
  T take() && { return std::move(value_); }

  // The value, or throws ErrorException. For users of the API and for tests.
  T value() && {
    if (!ok()) throw ErrorException(std::move(error_));
    return std::move(value_);
  }

 private:
  Error error_;
  bool has_value_;
  union {
    T value_;
  };
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : error_(Error::Nothing{}) {}
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const noexcept { return error_.facts_ == nullptr; }
  const Error& error() const& { return error_; }
  Error error() && { return std::move(error_); }
  void take() && {}
  void value() && {
    if (!ok()) throw ErrorException(std::move(error_));
  }

 private:
  Error error_;
};

}  // namespace rowan
