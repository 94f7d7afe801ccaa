// The C programs beside this file, run as they are.
#include <catch2/catch.hpp>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// Runs a program to its end; what it printed, if it failed.
std::string run(const std::vector<std::string> &arguments) {
  const TempDir directory;
  const std::string log = directory.path() + "/log";
  Process process(arguments, log);
  if (!eventually([&] { return !process.running(); })) return "it did not end";
  return process.exit_code() == 0 ? "" : read_file(log) + "\nexit code " + std::to_string(process.exit_code());
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A C program can use every function", "[c][etcd]") {
  CHECK(run({EVERY_FUNCTION_PROGRAM, etcd.endpoints()}) == "");
}

TEST_CASE("Loading the library changes nothing in a process", "[c]") {
  CHECK(run({LOADING_PROGRAM, LIBRARY}) == "");
}
