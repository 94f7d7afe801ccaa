#pragma once

#include <chrono>
#include <thread>

namespace harness {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// How long a test waits for what must happen. Generous, because it is only ever used up by a failure.
inline constexpr Milliseconds patience{20000};

class Deadline {
 public:
  explicit Deadline(Milliseconds limit) : end_(Clock::now() + limit) {}

  bool passed() const { return Clock::now() >= end_; }

  /// What is left, rounded up, so that a poll of this length does not end just before the deadline; 0 when passed.
  Milliseconds left() const {
    const auto left = std::chrono::ceil<Milliseconds>(end_ - Clock::now());
    return left.count() > 0 ? left : Milliseconds{0};
  }

 private:
  Clock::time_point end_;
};

/// Waits for a condition that nothing announces: another process, another thread. False when the time ran out.
template <class Condition>
bool eventually(Condition condition, Milliseconds limit = patience) {
  const Deadline deadline(limit);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(Milliseconds{5});
  }
  return true;
}

}  // namespace harness
