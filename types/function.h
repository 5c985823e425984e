// types/function.h: functions, operators, casts and aggregates on SQL values: what the binder looks up and
// the evaluator calls. Each type's file registers its own in a table; registry() is all of them.
//
// Operators are functions whose name is their symbol ("+", "~~" for LIKE, as PostgreSQL's catalog has it); a
// prefix operator takes one argument. Casts are named "cast" here and found by find_cast.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/batch.h"
#include "types/budget.h"
#include "types/cancel.h"
#include "types/result.h"
#include "types/type.h"
#include "types/value.h"

namespace rowan {

// What a kernel may ask of the session. One a statement; the session settings it holds do not change while it
// runs.
struct EvalContext {
  int64_t transaction_start_us = 0;  // now(): microseconds since 2000-01-01 00:00 UTC
  int64_t statement_start_us = 0;
  std::string_view time_zone = "UTC";  // an IANA name or PostgreSQL's POSIX form
  std::string_view date_style = "ISO, MDY";
  std::string_view interval_style = "postgres";
  int extra_float_digits = 1;
  std::string_view current_user = "rowan";
  std::string_view current_database = "rowan";
  Budget* budget = nullptr;  // the statement's memory; kernels that build large values ask it
  const CancelToken* cancel =
      nullptr;                   // the statement's; kernels look at it between rows and inside large values
  void* random_state = nullptr;  // of the session (types/random_functions.h)
  // What lies above types/: sequences (nextval…), settings (current_setting…), catalog look-ups
  // (pg_get_expr…). Functions of that kind are registered by the folder that can answer, with the kernel
  // given there.
  void* session = nullptr;
  int64_t (*clock_now_us)(void*) = nullptr;  // clock_timestamp(); argument: clock
  void* clock = nullptr;

  // Errors: 57014, 57P01.
  Result<> check_cancel() const { return cancel == nullptr ? Result<>() : cancel->check(); }
};

// One evaluation over the selected rows. The kernel writes result rows at the same positions. A failing
// kernel reports the first failing row: it returns the error and sets failed_row to that row's position; rows
// before it in the selection are then complete.
struct KernelCall {
  std::span<const Vector* const> arguments;  // each flat or constant
  Selection rows;
  Vector& result;  // reset, flat, of the result type; a kernel may make it constant
  EvalContext& context;
  const void* data = nullptr;  // what prepare() made of constant arguments, or nullptr
  uint32_t failed_row = 0;
};
using Kernel = Result<> (*)(KernelCall& call);

enum class Volatility : uint8_t { Immutable, Stable, Volatile };

struct Function {
  std::string_view name;
  std::vector<TypeId> arguments;
  TypeId result;
  bool is_strict =
      true;  // NULL in, NULL out: the evaluator then calls the kernel for rows without NULLs only
  bool is_variadic = false;  // the last argument type repeats, once or more
  Volatility volatility = Volatility::Immutable;
  Kernel kernel = nullptr;
  // The result's modifiers from the arguments' types (NUMERIC(p,s) arithmetic); nullptr: Type(result). Where
  // a function has a derive, its kernel reads the types of its vectors and handles every physical form.
  Type (*derive)(std::span<const Type> arguments) = nullptr;
  // Casts only (name "cast": one argument, result the target; find them by types/cast.h): the widest context
  // in which SQL applies it unasked, 'i', 'a' or 'e'.
  uint8_t cast_context = 0;
  // A cast that changes the type and not one bit of the value; the evaluator passes the argument on.
  bool is_relabel = false;
};

// How a type's values are written and read, whole.
struct TextForm {
  // Appends row `row` (not NULL) of `vector`.
  void (*format)(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out);
  // Reads `text` into row `row`, as the type's input function does under result.type()'s modifiers: what does
  // not fit a VARCHAR(n) is 22001.
  Result<> (*parse)(std::string_view text, Vector& result, uint32_t row, const EvalContext& context);
};

// Aggregates work on states laid out in a hash table or an array: `state_size` bytes each, aligned to 16.
struct Aggregate {
  std::string_view name;
  std::vector<TypeId> arguments;  // empty: count(*)
  TypeId result;
  bool skips_nulls = true;  // rows with a NULL argument are passed over before update
  size_t state_size = 0;
  Type (*derive)(std::span<const Type> arguments) = nullptr;
  void (*init)(char* state) = nullptr;
  // states[i] belongs to rows[i]; long values go to `arena`, which lives as long as the states.
  struct Update {
    std::span<const Vector* const> arguments;
    Selection rows;
    char* const* states;  // one a selected row; nullptr: every row goes to `single`
    char* single;
    Arena& arena;
    EvalContext& context;
  };
  Result<> (*update)(Update& update) = nullptr;
  // Adds `from` to `into`; both of this aggregate. For spilled and parallel aggregation.
  Result<> (*combine)(char* into, const char* from, Arena& arena, EvalContext& context) = nullptr;
  // Writes the value of `state` into row `row` of `result`.
  Result<> (*finish)(const char* state, Vector& result, uint32_t row, EvalContext& context) = nullptr;
  // States that own memory outside the arena give it back here; nullptr: none do.
  void (*destroy)(char* state) = nullptr;
  bool is_ordered = false;  // the result depends on input order (string_agg, array_agg)
  // States cannot be spilled as bytes when false: then the operator spills input rows instead.
  bool is_trivially_copyable = true;
  const void* data = nullptr;
};

// Every function and aggregate that types/ knows; immutable, built once a process on first use.
class FunctionRegistry {
 public:
  // All of that name, in registration order; empty when there is none.
  std::span<const Function* const> functions(std::string_view name) const;
  std::span<const Aggregate* const> aggregates(std::string_view name) const;
  // The cast between two types, or nullptr. Contexts as PostgreSQL's pg_cast: 'i'mplicit, 'a'ssignment,
  // 'e'xplicit.
  const Function* cast(TypeId from, TypeId to) const;
  // The same in assignments, where a string too long for its column is 22001 and not cut.
  const Function* assignment_cast(TypeId from, TypeId to) const;
  // nullptr for types without values.
  const TextForm* text_form(TypeId id) const;
  // A registry that finds all that this one does and may be added to; this one outlives it.
  FunctionRegistry copy() const;
  // All names, for suggestions and \df.
  std::span<const Function* const> all_functions() const;
  std::span<const Aggregate* const> all_aggregates() const;

  // Names must outlive the registry. A function named "cast" or "assign" is found by its types alone.
  void add(Function function);
  void add(Aggregate aggregate);
  void set_text_form(TypeId id, TextForm form);
  FunctionRegistry();
  FunctionRegistry(FunctionRegistry&&) noexcept;
  ~FunctionRegistry();

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

// The registry of the types. Thread-safe. Folders above hold a registry of their own that starts as a copy of
// this table's pointers and adds theirs (catalog/functions).
const FunctionRegistry& registry();

// Registration, one function a file of a type: called once by registry().
void register_bool(FunctionRegistry& registry);
void register_comparisons(FunctionRegistry& registry);
void register_integers(FunctionRegistry& registry);
void register_floats(FunctionRegistry& registry);
void register_numeric(FunctionRegistry& registry);
void register_text(FunctionRegistry& registry);
void register_bytea(FunctionRegistry& registry);
void register_date_time(FunctionRegistry& registry);
void register_casts(FunctionRegistry& registry);
void register_aggregates(FunctionRegistry& registry);
void register_patterns(FunctionRegistry& registry);
void register_format(FunctionRegistry& registry);
void register_system(FunctionRegistry& registry);

// Text forms, as PostgreSQL prints and reads them. format_value of NULL is "".
std::string format_value(const Value& value, const EvalContext& context);
void format_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out);  // appends
// Reads `text` into a row of `result` by the type's input function (COPY, bound text parameters). Errors: as
// parse_value, and 22001 for strings that are too long.
Result<> parse_into(std::string_view text, Vector& result, uint32_t row, const EvalContext& context);
// Reads `text` as `type`, modifiers applied as an explicit cast does. Errors: 22P02, 22007, 22003, 22001 …
Result<Value> parse_value(std::string_view text, const Type& type, const EvalContext& context);

// Order and hash of physical values, for sorts, joins and indexes; NULLs are the caller's business.
int compare_rows(const Vector& a, uint32_t a_row, const Vector& b, uint32_t b_row);
int compare_values(const Value& a, const Value& b);
// 64-bit hashes of the selected rows, combined into hashes[i] (i counts selected rows). Equal values (SQL's
// =) hash alike.
void hash_rows(const Vector& vector, Selection rows, uint64_t* hashes, bool combine);

}  // namespace rowan
