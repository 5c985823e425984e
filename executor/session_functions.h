// executor/session_functions.h: functions that look beyond their arguments: sequences, settings, the
// catalog's texts. They ask EvalContext::session, which is a SessionServices.
#pragma once

#include "types/function.h"

namespace rowan {

void register_session_functions(FunctionRegistry& registry);

}  // namespace rowan
