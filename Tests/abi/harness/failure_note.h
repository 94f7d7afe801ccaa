#pragma once

#include <functional>
#include <string>

namespace harness {

/// Something a reader of a failure will want to see: the tail of a log, the counters of a proxy. It is asked for, and
/// printed, when the first assertion of a test case fails while the note lives.
class FailureNote {
 public:
  explicit FailureNote(std::function<std::string()> tell);
  ~FailureNote();
  FailureNote(const FailureNote &) = delete;
  FailureNote &operator=(const FailureNote &) = delete;

  std::string text() const { return tell_(); }

 private:
  std::function<std::string()> tell_;
};

}  // namespace harness
