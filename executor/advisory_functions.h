// executor/advisory_functions.h: pg_advisory_lock and its kin: locks on numbers that mean something to the
// application alone. The key is one bigint or two integers, and the two kinds never meet.
#pragma once

namespace rowan {

class FunctionRegistry;

// Kernels that ask the session (executor/session_services.h), which must be in the EvalContext.
void register_advisory_functions(FunctionRegistry& registry);

}  // namespace rowan
