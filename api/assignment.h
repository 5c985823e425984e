// api/assignment.h: a program's value as a parameter or column takes it.
#pragma once

#include "types/function.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

// `value` as `type`, by the rules of assignment; text is read as a literal is. Errors: 22003 · 22001 · 22P02
// · 42846.
Result<Value> assigned_value(const Value& value, const Type& type, EvalContext& context);

}  // namespace rowan
