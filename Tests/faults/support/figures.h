#pragma once

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "harness/host.h"
#include "support/current_url.h"

// What is measured for people.

namespace faults {

using namespace harness;

/// A cluster that uses that one of the endpoints. Which is used first is drawn.
inline std::unique_ptr<Cluster> cluster_at(Host &host, const std::string &endpoints, const std::string &home) {
  for (;;) {
    auto cluster = std::make_unique<Cluster>(host, endpoints);
    if (current_url(*cluster) == home) return cluster;
  }
}

/// Of several rounds: the least, the median and the most.
struct Figures {
  std::vector<double> values;
  int unknown = 0;
  int failed = 0;

  std::string text() {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    std::ostringstream out;
    const auto number = [&](double value) { out << std::fixed << std::setprecision(value < 10 ? 1 : 0) << value; };
    number(values.front());
    out << " / ";
    number(median);
    out << " / ";
    number(values.back());
    return out.str();
  }
};

/// How often each fault is made: ETCDCLI_FAILOVER_ROUNDS, or ten times.
inline int rounds() {
  const char *text = std::getenv("ETCDCLI_FAILOVER_ROUNDS");
  return text == nullptr ? 10 : std::max(1, std::atoi(text));
}

}  // namespace faults
