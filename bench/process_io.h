// bench/process_io.h: what this process has written and how large it has been, as /proc tells it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace rowan::bench {

// One "name: number" line of a file in /proc; 0 when it has none.
inline uint64_t proc_number(const char* file, const std::string& name) {
  std::ifstream in(file);
  std::string word;
  while (in >> word) {
    if (word != name + ":") continue;
    uint64_t number = 0;
    in >> number;
    return number;
  }
  return 0;
}

struct Written {
  uint64_t calls = 0;   // bytes handed to write, pwrite and their kin
  uint64_t kernel = 0;  // bytes of pages made dirty and of direct writes
  Written operator-(const Written& other) const { return {calls - other.calls, kernel - other.kernel}; }
};

inline Written written_so_far() {
  return {proc_number("/proc/self/io", "wchar"), proc_number("/proc/self/io", "write_bytes")};
}

// The most memory that was resident since the last call of forget_peak(), in bytes.
inline uint64_t resident_peak() {
  return proc_number("/proc/self/status", "VmHWM") << 10;
}
inline void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace rowan::bench
