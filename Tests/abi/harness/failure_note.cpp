#include "harness/failure_note.h"

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace harness {

namespace {

std::vector<const FailureNote *> &living_notes() {
  static std::vector<const FailureNote *> notes;
  return notes;
}

class NotePrinter : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo &) override { printed_ = false; }

  bool assertionEnded(const Catch::AssertionStats &stats) override {
    if (printed_ || stats.assertionResult.isOk()) return false;
    printed_ = true;
    for (const FailureNote *note : living_notes()) Catch::cerr() << note->text() << '\n';
    return false;
  }

 private:
  bool printed_ = false;
};

CATCH_REGISTER_LISTENER(NotePrinter)

}  // namespace

FailureNote::FailureNote(std::function<std::string()> tell) : tell_(std::move(tell)) {
  living_notes().push_back(this);
}

FailureNote::~FailureNote() {
  std::vector<const FailureNote *> &notes = living_notes();
  notes.erase(std::find(notes.begin(), notes.end(), this));
}

}  // namespace harness
