#include "executor/advisory_functions.h"

#include "executor/session_services.h"
#include "types/lift.h"
#include "types/try.h"

namespace rowan {
namespace {

using AdvisoryLock = SessionServices::AdvisoryLock;

SessionServices& services(KernelCall& call) {
  return *static_cast<SessionServices*>(call.context.session);
}

LockTarget target_of(int64_t key) {
  return LockTarget::advisory(static_cast<uint64_t>(key));
}
// Both kinds are shown as advisory; the space tells them apart.
LockTarget target_of(int32_t first, int32_t second) {
  constexpr RelationId kOfTwo = 1;
  uint64_t key = uint64_t{static_cast<uint32_t>(first)} << 32 | static_cast<uint32_t>(second);
  return {LockTarget::Kind::Advisory, kOfTwo, key};
}

// Those that wait have no result: PostgreSQL's void, which is shown as an empty text.
template <bool kShared, bool kOfTransaction, class... Keys>
Result<std::optional<Text>> lock(KernelCall& call, Keys... keys) {
  TRY(services(call).lock_advisory({target_of(keys...), kShared, kOfTransaction}, true));
  return std::optional<Text>(Text(""));
}

template <bool kShared, bool kOfTransaction, class... Keys>
Result<bool> try_lock(KernelCall& call, Keys... keys) {
  return services(call).lock_advisory({target_of(keys...), kShared, kOfTransaction}, false);
}

template <bool kShared, class... Keys>
Result<bool> unlock(KernelCall& call, Keys... keys) {
  return services(call).unlock_advisory({target_of(keys...), kShared, false});
}

Result<> unlock_all_kernel(KernelCall& call) {
  services(call).unlock_all_advisory();
  call.result.reset_constant();
  call.result.data<Text>()[0] = Text("");
  return {};
}

// One function by its two kinds of key.
#define ADVISORY(name, function, result, ...)                                                            \
  registry.add(strict<function<__VA_ARGS__, int64_t>>(name, {TypeId::BigInt}, result, kVolatile));       \
  registry.add(strict<function<__VA_ARGS__, int32_t, int32_t>>(name, {TypeId::Integer, TypeId::Integer}, \
                                                               result, kVolatile))

}  // namespace

void register_advisory_functions(FunctionRegistry& registry) {
  constexpr Volatility kVolatile = Volatility::Volatile;
  constexpr TypeId text = TypeId::Text, boolean = TypeId::Boolean;
  ADVISORY("pg_advisory_lock", lock, text, false, false);
  ADVISORY("pg_advisory_lock_shared", lock, text, true, false);
  ADVISORY("pg_advisory_xact_lock", lock, text, false, true);
  ADVISORY("pg_advisory_xact_lock_shared", lock, text, true, true);
  ADVISORY("pg_try_advisory_lock", try_lock, boolean, false, false);
  ADVISORY("pg_try_advisory_lock_shared", try_lock, boolean, true, false);
  ADVISORY("pg_try_advisory_xact_lock", try_lock, boolean, false, true);
  ADVISORY("pg_try_advisory_xact_lock_shared", try_lock, boolean, true, true);
  ADVISORY("pg_advisory_unlock", unlock, boolean, false);
  ADVISORY("pg_advisory_unlock_shared", unlock, boolean, true);
  Function all;
  all.name = "pg_advisory_unlock_all";
  all.result = text;
  all.kernel = unlock_all_kernel;
  all.volatility = kVolatile;
  registry.add(std::move(all));
}

}  // namespace rowan
