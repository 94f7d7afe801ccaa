#pragma once

#include <map>
#include <string>

namespace harness {

// What the kernel says about this process.

int thread_count();

/// The resident memory, in MiB; always 0 under a sanitizer, which keeps what was freed.
double resident_mib();

/// The open descriptors, each with what it is: "socket:[123]", "anon_inode:[eventpoll]".
std::map<int, std::string> open_descriptors();

/// Whether a descriptor is closed by exec.
bool closed_on_exec(int fd);

}  // namespace harness
