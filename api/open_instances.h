// api/open_instances.h: the database files that this process has open. A second open of one shares its
// instance: the file's lock excludes processes, not threads. The one piece of process-wide state that an
// embedded database cannot do without.
//
//   free -> being opened -> open -> being closed -> free
//              |  fails                  ^ close(), or the last handle goes
//              +-> free
//
// Who comes while a file is being opened or closed waits for that to end.
#pragma once

#include <memory>
#include <string>

#include "api/instance.h"
#include "types/result.h"

namespace rowan {

// The instance of the file at `path`, opened unless it is there (its own options then hold); ":memory:" and
// "" are always new ones. Errors: 55006 from inside a callback of the instance that is being closed (it could
// not end); those of Instance::open. Thread-safe. Blocks. `parts`: for tests; its `released` is set here.
Result<std::shared_ptr<Instance>> open_shared(const std::string& path, const OpenOptions& options,
                                              InstanceParts parts = {});

}  // namespace rowan
