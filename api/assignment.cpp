#include "api/assignment.h"

#include "types/cast.h"

namespace rowan {

Result<Value> assigned_value(const Value& value, const Type& type, EvalContext& context) {
  if (value.is_null()) return Value(type);
  if (value.type() == type) return value;
  if (value.type().id == TypeId::Text && !is_string(type.id))
    return parse_value(value.as_bytes(), type, context);
  return cast_value(value, type, CastContext::Assignment, context);
}

}  // namespace rowan
