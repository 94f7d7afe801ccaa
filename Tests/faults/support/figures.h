#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/current_url.h"
#include "support/network.h"

/// What measurements for people have in common: faults, made again and again, and what is counted.
namespace faults {

/// A cluster that uses that one of the endpoints. Which is used first is drawn.
inline std::unique_ptr<Cluster> cluster_at(Host &host, const std::string &endpoints, const std::string &home) {
  for (;;) {
    auto cluster = std::make_unique<Cluster>(host, endpoints);
    if (current_url(*cluster) == home) return cluster;
  }
}

/// The least, the median and the most.
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

/// What happens to a member.
struct Fault {
  const char *name;
  std::function<void(EtcdCluster &, Network &, std::size_t)> make;
  std::function<void(EtcdCluster &, Network &, std::size_t)> mend;
  bool by_proxy = false;
};

/// How often each fault is made.
inline int rounds() {
  const char *text = std::getenv("ETCDCLI_FAILOVER_ROUNDS");
  return text == nullptr ? 10 : std::max(1, std::atoi(text));
}

inline std::vector<Fault> every_fault() {
  return {
      {"killed", [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).kill(); },
       [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).restart(); }},
      {"stopped", [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).freeze(); },
       [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).thaw(); }},
      {"cut off", [](EtcdCluster &, Network &net, std::size_t home) { net.to(home).blackhole(); },
       [](EtcdCluster &, Network &net, std::size_t home) { net.to(home).heal(); }, true},
  };
}

}  // namespace faults
