#pragma once

#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "harness/deadline.h"
#include "harness/process.h"
#include "harness/socket.h"

namespace faults {

/// A proxy as a site has one: support/proxy.py says which kinds there are, and what `settings` may say.
class SiteProxy {
 public:
  SiteProxy(const std::string &kind, std::vector<std::string> settings) : kind_(kind), settings_(std::move(settings)) {
    start();
  }

  /// As the option `proxy` takes it. The scheme is the kind's if it is not given.
  std::string url(const std::string &scheme = "") const {
    return (scheme.empty() ? kind_ : scheme) + "://127.0.0.1:" + std::to_string(port_.number());
  }

  void start() {
    process_ = std::make_unique<harness::Process>(arguments(), directory_.path() + "/output");
    REQUIRE(harness::eventually([&] { return static_cast<bool>(harness::connect_to(port_.number())); }));
  }

  void kill() { process_->end(SIGKILL); }

  /// The lines that begin with a word.
  std::vector<std::string> lines(const std::string &word) const {
    std::vector<std::string> found;
    std::istringstream text(harness::read_file(log()));
    for (std::string line; std::getline(text, line);) {
      if (line.rfind(word, 0) == 0) found.push_back(line);
    }
    return found;
  }

 private:
  std::string log() const { return directory_.path() + "/log"; }

  std::vector<std::string> arguments() const {
    std::vector<std::string> all = {PYTHON, PROXY_PROGRAM, kind_, std::to_string(port_.number()), log()};
    all.insert(all.end(), settings_.begin(), settings_.end());
    return all;
  }

  const std::string kind_;
  const std::vector<std::string> settings_;
  const harness::TempDir directory_;
  const harness::ReservedPort port_;
  std::unique_ptr<harness::Process> process_;
};

}  // namespace faults
