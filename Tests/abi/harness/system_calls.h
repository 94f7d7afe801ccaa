#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace harness {

/// A system call that a traced process made.
struct SystemCall {
  long number = 0;
  std::array<std::uint64_t, 6> arguments{};
  std::int64_t result = 0;
  /// What it was, in the manner of strace: "epoll_ctl(DEL 7) = 0".
  std::string text;
};

/// What a traced process did from one `begin_lap` to the next.
using Lap = std::vector<SystemCall>;

/// Runs `body` in a forked child, and returns the system calls of each of its laps. What the child does before its
/// first lap and after the last begin is not counted. `while_polling` runs in this process, once a lap, when the child
/// has gone to sleep in `poll`, or is about to. Throws when the child fails.
std::vector<Lap> trace(
    const std::function<void()> &body, const std::function<void()> &while_polling = [] {});

/// For the child: a lap begins here, and the one before ends.
void begin_lap();

/// The laps' calls, one lap a paragraph.
std::string text(const std::vector<Lap> &laps);

}  // namespace harness
