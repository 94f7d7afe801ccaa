#pragma once

#include <dlfcn.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace measure {

inline double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// What this process has spent, the system's share and all threads included.
inline double cpu() {
  return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/// What this thread has spent: what else the machine does is no part of it.
inline double thread_cpu() {
  return seconds(CLOCK_THREAD_CPUTIME_ID);
}

inline double now() {
  return seconds(CLOCK_MONOTONIC);
}

/// How often memory was allocated; always 0 without `allocations.c`, which is loaded before the program for this.
inline std::uint64_t allocations() {
  using Function = std::uint64_t (*)();
  static const auto function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, "counted_allocations"));
  return function == nullptr ? 0 : function();
}

/// Bytes of the heap that are in use.
inline double heap() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// A line of /proc/self/status that is in kB, in bytes.
inline double memory(const std::string &name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size() + 1, name + ":") == 0) return 1024 * std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

/// What is spent from here on.
class Span {
 public:
  double cpu() const { return measure::cpu() - cpu_; }
  double wall() const { return now() - wall_; }
  double allocations() const { return static_cast<double>(measure::allocations() - allocations_); }

 private:
  // The clocks are read last, so that they count nothing but what is measured.
  std::uint64_t allocations_ = measure::allocations();
  double wall_ = now();
  double cpu_ = measure::cpu();
};

/// The value that this part of all values does not exceed. Sorts them.
inline double percentile(std::vector<double> &values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto index = static_cast<std::size_t>(part * static_cast<double>(values.size()));
  return values[std::min(index, values.size() - 1)];
}

/// One line that `report.py` reads: a JSON object of numbers.
inline void print(const std::vector<std::pair<const char *, double>> &figures) {
  const char *separator = "{";
  for (const auto &[name, value] : figures) {
    std::printf("%s\"%s\": %.9g", separator, name, value);
    separator = ", ";
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace measure
