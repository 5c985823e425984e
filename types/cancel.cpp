#include "types/cancel.h"

namespace rowan {

Error CancelToken::error() const {
  switch (reason()) {
    case Reason::StatementTimeout:
      return Error(sqlstate::query_canceled, "canceling statement due to statement timeout");
    case Reason::Shutdown:
      return Error(sqlstate::admin_shutdown, "terminating connection due to administrator command");
    case Reason::None:
    case Reason::UserRequest:
      break;
  }
  return Error(sqlstate::query_canceled, "canceling statement due to user request");
}

}  // namespace rowan
