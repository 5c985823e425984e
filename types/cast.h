// types/cast.h: which casts exist, and in which contexts SQL applies them. The table is PostgreSQL's pg_cast;
// on top of it, every type is assigned to the string types by its text form, and strings become any type
// explicitly.
//
// A cast's kernel reads the target's modifiers from its result vector's type. An assignment refuses a string
// that is too long for VARCHAR(n) (22001, trailing blanks apart) where an explicit cast cuts it; so the two
// are different functions.
#pragma once

#include <cstdint>

#include "types/function.h"

namespace rowan {

enum class CastContext : uint8_t { Implicit, Assignment, Explicit };

// The function that turns `from` into `to`, modifiers included, or nullptr where SQL does not allow it in
// this context. Call needs_cast() first: between equal types there is nothing to do.
const Function* find_cast(const Type& from, const Type& to, CastContext context);

// False when a value of `from` is one of `to` as it stands, bits and modifiers: text as varchar,
// varchar(3) as varchar(10), an undeclared numeric(10,2) as a declared one. The types' ids may differ.
bool needs_cast(const Type& from, const Type& to);

// Casts the selected rows, NULLs included. `result` is of the target type and reset here. On an error,
// failed_row is the position of the first failing row.
Result<> cast_vector(const Vector& from, CastContext context, Selection rows, Vector& result,
                     EvalContext& evaluation, uint32_t& failed_row);

// One value. Errors: 42846 there is no such cast; those of the cast.
Result<Value> cast_value(const Value& value, const Type& to, CastContext context, EvalContext& evaluation);

}  // namespace rowan
