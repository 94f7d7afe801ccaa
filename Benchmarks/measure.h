#pragma once

#include <etcdcli/etcdcli.h>
#include <sys/resource.h>

#include <stdexcept>
#include <string>

/// What the library returned, unless it is an error, which is thrown.
inline int check(int result, const char *what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + etcdcli_last_error());
  return result;
}

/// What this process has spent, the system's share included.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
