// api/backup.h: BACKUP TO 'file': a copy of an open database, whole or not there.
//
//   FILE-incomplete     pages, log and header come here (storage/backup/backup.h)
//   opened and closed   which is recovery: what had not committed is undone, the log folded in and gone
//   FILE                renamed, once every byte is durable
//
// FILE-incomplete is locked as a database is. A crash leaves it, and its -wal, behind; the next backup to
// FILE begins by removing them.
#pragma once

#include <memory>
#include <string>

#include "types/cancel.h"
#include "types/result.h"

namespace rowan {

class Instance;

// Others read and write meanwhile. Blocks. Errors, after which nothing is left: 0A000 a database in memory ·
// 58P02 the file is there · 58P01 its folder is not · 55006 another backup to it is under way · 57014, 57P01
// by `cancel` · XX001 a damaged page · 53100 · 58030.
Result<> back_up(Instance& instance, const std::string& path, const CancelToken& cancel);

// The same beside the sessions that there are; Instance::close ends it. Errors: also 57P01 closed.
Result<> back_up(const std::shared_ptr<Instance>& instance, const std::string& path);

}  // namespace rowan
