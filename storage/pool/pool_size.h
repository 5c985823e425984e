// storage/pool/pool_size.h: how large a buffer pool is when nobody says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rowan {

// A quarter of `memory`, from 64 MiB to 4 GiB. The pool's memory is mapped and not touched before pages need
// it, so that the size costs nothing until a database is that large; a quarter leaves the rest to the host's
// own work, the statements' and the file cache of the system.
size_t pool_bytes_for(uint64_t memory);

// For the memory that this process may use: the machine's, or less where its control group has a limit.
size_t default_pool_bytes();

// "max\n" or a number of bytes, as memory.max of a control group has it; no limit: UINT64_MAX.
uint64_t parse_memory_limit(std::string_view text);

}  // namespace rowan
