// Functions about the system and the session, random numbers, and hashes.
#include <chrono>
#include <cmath>
#include <iterator>
#include <string>

#include "types/build_text.h"
#include "types/hash.h"
#include "types/lift.h"
#include "types/quote.h"
#include "types/random_functions.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

uint64_t RandomState::next() {
  auto rotate = [](uint64_t word, int count) { return (word << count) | (word >> (64 - count)); };
  uint64_t first = words[0], mixed = words[1] ^ words[0];
  uint64_t value = rotate(first * 5, 7) * 9;
  words[0] = rotate(first, 24) ^ mixed ^ (mixed << 16);
  words[1] = rotate(mixed, 37);
  return value;
}

double RandomState::next_double() {
  return std::ldexp(static_cast<double>(next() >> 12), -52);
}

void RandomState::seed_bits(uint64_t bits) {
  // SplitMix64 spreads the seed over both words.
  auto spread = [&bits] {
    uint64_t word = (bits += 0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
  };
  words[0] = spread();
  words[1] = spread();
  is_seeded = true;
}

void RandomState::seed(double value) {
  constexpr int64_t kMantissa = (int64_t{1} << 52) - 1;
  seed_bits(static_cast<uint64_t>(static_cast<int64_t>(static_cast<double>(kMantissa) * value)));
}

namespace {

RandomState& random_of(EvalContext& context, RandomState& spare) {
  auto& state = context.random_state == nullptr ? spare : *static_cast<RandomState*>(context.random_state);
  if (!state.is_seeded) {
    auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    state.seed_bits(hash_combine(static_cast<uint64_t>(now), reinterpret_cast<uintptr_t>(&state)));
  }
  return state;
}

Result<> random_kernel(KernelCall& call) {
  RandomState spare;
  RandomState& state = random_of(call.context, spare);
  auto* out = call.result.data<double>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) out[call.rows[i]] = state.next_double();
  return {};
}

// Its result is void, which is an empty text.
Result<> setseed_kernel(KernelCall& call) {
  const Vector& seeds = *call.arguments[0];
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    double seed = seeds.data<double>()[seeds.is_constant() ? 0 : row];
    if (std::isnan(seed) || seed < -1 || seed > 1) {
      std::string shown = std::to_string(seed);
      return Error(sqlstate::invalid_parameter_value,
                   "setseed parameter " + shown + " is out of allowed range [-1,1]");
    }
    if (call.context.random_state != nullptr)
      static_cast<RandomState*>(call.context.random_state)->seed(seed);
    call.result.data<Text>()[row] = Text();
  }
  return {};
}

Text system_version(KernelCall& call) {
  return keep_text(call, "PostgreSQL 15.18 (Rowan)");
}
Text session_user_name(KernelCall& call) {
  return keep_text(call, call.context.current_user);
}
Text session_database(KernelCall& call) {
  return keep_text(call, call.context.current_database);
}

Result<> pg_typeof_kernel(KernelCall& call) {
  auto* out = call.result.data<int64_t>();
  uint32_t oid = type_oid(call.arguments[0]->type().id);
  for (uint32_t i = 0; i < call.rows.count(); ++i) out[call.rows[i]] = oid;
  return {};
}

// Bytes in the smallest unit in which they are a number of at most five figures, rounded to the nearest.
std::string size_pretty(int64_t size) {
  struct Unit {
    std::string_view name;
    int64_t limit;
    int shift;  // from the unit before; every unit but bytes is counted in halves until it is shown
  };
  constexpr int64_t kHalvesMax = 20 * 1024 - 1;
  constexpr Unit kUnits[] = {{"bytes", 10 * 1024, 0}, {"kB", kHalvesMax, 9},  {"MB", kHalvesMax, 10},
                             {"GB", kHalvesMax, 10},  {"TB", kHalvesMax, 10}, {"PB", kHalvesMax, 10}};
  size_t i = 0;
  while (i + 1 < std::size(kUnits) && (size >= kUnits[i].limit || size <= -kUnits[i].limit))
    size /= int64_t{1} << kUnits[++i].shift;
  if (i > 0) size = (size + (size < 0 ? -1 : 1)) / 2;
  return std::to_string(size) + " " + std::string(kUnits[i].name);
}
Text pg_size_pretty(KernelCall& call, int64_t size) {
  return keep_text(call, size_pretty(size));
}

// Every character may be one to double. PostgreSQL reckons the same.
Result<> check_quotable(std::string_view text) {
  return text.size() > (kTextBytesMax - 3) / 2 ? Result<>(text_too_long()) : Result<>();
}
Result<Text> quote_ident(KernelCall& call, std::string_view name) {
  TRY(check_quotable(name));
  return keep_text(call, quote_identifier(name));
}
Result<Text> quote_literal(KernelCall& call, std::string_view text) {
  TRY(check_quotable(text));
  return keep_text(call, quote_string(text));
}
Result<> quote_nullable_kernel(KernelCall& call) {
  const Vector& value = *call.arguments[0];
  std::string text;
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    text.clear();
    format_row(value, row, call.context, text);
    call.failed_row = row;
    TRY(check_quotable(text));
    call.result.data<Text>()[row] =
        value.is_null(row) ? Text(std::string_view("NULL")) : keep_text(call, quote_string(text));
  }
  return {};
}

}  // namespace

void register_system(FunctionRegistry& registry) {
  auto add = [&](std::string_view name, std::vector<TypeId> arguments, TypeId result, Kernel kernel,
                 Volatility volatility, bool is_strict) {
    Function function;
    function.name = name;
    function.arguments = std::move(arguments);
    function.result = result;
    function.kernel = kernel;
    function.volatility = volatility;
    function.is_strict = is_strict;
    registry.add(std::move(function));
  };
  add("random", {}, TypeId::Double, &random_kernel, Volatility::Volatile, true);
  add("setseed", {TypeId::Double}, TypeId::Void, &setseed_kernel, Volatility::Volatile, true);
  add("pg_typeof", {TypeId::Any}, TypeId::RegType, &pg_typeof_kernel, Volatility::Stable, false);
  registry.add(strict<&system_version>("version", Volatility::Stable));
  for (std::string_view name : {"current_user", "session_user", "user", "current_role"})
    registry.add(strict<&session_user_name>(name, {}, TypeId::Name, Volatility::Stable));
  for (std::string_view name : {"current_database", "current_catalog"})
    registry.add(strict<&session_database>(name, {}, TypeId::Name, Volatility::Stable));
  registry.add(strict<&pg_size_pretty>("pg_size_pretty"));
  registry.add(strict<&quote_ident>("quote_ident"));
  registry.add(strict<&quote_literal>("quote_literal"));
  add("quote_literal", {TypeId::AnyElement}, TypeId::Text, &quote_nullable_kernel, Volatility::Stable, true);
  add("quote_nullable", {TypeId::Text}, TypeId::Text, &quote_nullable_kernel, Volatility::Immutable, false);
  add("quote_nullable", {TypeId::AnyElement}, TypeId::Text, &quote_nullable_kernel, Volatility::Stable,
      false);
}

}  // namespace rowan
