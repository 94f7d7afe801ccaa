#include "harness/facts.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

// Clang tells by __has_feature, gcc by macros.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

namespace harness {

namespace fs = std::filesystem;

int thread_count() {
  return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

double resident_mib() {
#ifdef SANITIZED
  return 0;
#else
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
#endif
}

std::map<int, std::string> open_descriptors() {
  std::map<int, std::string> open;
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that this very listing uses
    const std::string target = fs::read_symlink(entry.path(), gone).string();
    if (!gone && target.find("/proc/") != 0) open[std::stoi(entry.path().filename())] = target;
  }
  return open;
}

bool closed_on_exec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace harness
