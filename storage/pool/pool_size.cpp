#include "storage/pool/pool_size.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <string>

namespace rowan {
namespace {

std::string first_bytes(const std::string& path) {
  std::string text(4096, '\0');
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return {};
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

// The least limit from this process's control group (version 2) up to the root.
uint64_t control_group_limit() {
  std::string groups = first_bytes("/proc/self/cgroup");
  size_t start = groups.rfind("0::", 0) == 0 ? 0 : groups.find("\n0::");
  if (start == std::string::npos) return std::numeric_limits<uint64_t>::max();
  start = groups.find("0::", start) + 3;
  std::string group = groups.substr(start, groups.find('\n', start) - start);
  uint64_t limit = std::numeric_limits<uint64_t>::max();
  for (;;) {
    limit = std::min(limit, parse_memory_limit(first_bytes("/sys/fs/cgroup" + group + "/memory.max")));
    size_t slash = group.rfind('/');
    if (group.size() <= 1 || slash == std::string::npos) return limit;
    group.resize(slash);
  }
}

}  // namespace

uint64_t parse_memory_limit(std::string_view text) {
  uint64_t limit = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), limit);
  return fault == std::errc() ? limit : std::numeric_limits<uint64_t>::max();
}

size_t pool_bytes_for(uint64_t memory) {
  constexpr uint64_t kLeast = uint64_t{64} << 20, kMost = uint64_t{4} << 30;
  return static_cast<size_t>(std::clamp(memory / 4, kLeast, kMost));
}

size_t default_pool_bytes() {
  long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
  uint64_t machine = pages > 0 && bytes > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(bytes) : 0;
  return pool_bytes_for(std::min(machine, control_group_limit()));
}

}  // namespace rowan
