// api/check.h: everything that `rowan check` and Database::check look at, in order: the file's pages as the
// disk has them, the system's tables, each user table with its indexes and constraints
// (executor/check_table.h), and whether somebody owns every extent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor/session_services.h"
#include "types/cancel.h"
#include "types/result.h"

namespace rowan {

class Instance;

// What was found. Others may read and write meanwhile. A table is checked under ACCESS SHARE, so DDL on it
// waits, and is waited for. Extents that nobody owns are looked for while no other session is open. `cancel`
// is asked between tables. Errors: 55P03 such a lock was not free for 10 s · 57014 cancelled · those of
// opening a session · 58030 · 53200.
Result<std::vector<FoundFault>> find_faults(const std::shared_ptr<Instance>& instance,
                                            const CancelToken* cancel = nullptr);

// The same, a line each: "page 7, table "t": …".
Result<std::vector<std::string>> check_instance(const std::shared_ptr<Instance>& instance);

}  // namespace rowan
