#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include "harness/etcd.h"
#include "harness/fixtures.h"
#include "harness/tcp_proxy.h"

namespace faults {

using namespace harness;

/// The network between one client and a cluster: a proxy in front of each member.
class Network {
 public:
  explicit Network(EtcdCluster &etcd) {
    for (std::size_t i = 0; i < etcd.size(); ++i) proxies_.emplace_back(etcd.member(i).port());
  }

  TcpProxy &to(std::size_t member) { return proxies_[member]; }

  /// What a client of this network takes for the members.
  std::string endpoints() const {
    std::string all;
    for (const TcpProxy &proxy : proxies_) all += (all.empty() ? "" : ",") + proxy.url();
    return all;
  }

  template <class Change>
  void everywhere(Change change) {
    for (TcpProxy &proxy : proxies_) change(proxy);
  }

  /// The client reaches nobody: open connections are cut, new ones refused.
  void cut_off() {
    everywhere([](TcpProxy &proxy) { proxy.refuse(), proxy.cut(); });
  }
  void blackhole() {
    everywhere([](TcpProxy &proxy) { proxy.blackhole(); });
  }
  void heal() {
    everywhere([](TcpProxy &proxy) { proxy.heal(); });
  }

  /// How much the client has heard from each member.
  std::vector<std::uint64_t> heard() const {
    std::vector<std::uint64_t> bytes;
    for (const TcpProxy &proxy : proxies_) bytes.push_back(proxy.counts().to_client);
    return bytes;
  }

  /// The member that the client has heard the most from since `before`: the one that its watcher listens to, when
  /// that has been told more than the rest takes.
  std::size_t talker_since(const std::vector<std::uint64_t> &before) const {
    std::vector<std::uint64_t> growth = heard();
    for (std::size_t i = 0; i < growth.size(); ++i) growth[i] -= before[i];
    return static_cast<std::size_t>(std::max_element(growth.begin(), growth.end()) - growth.begin());
  }

  /// Most likely the member that the client is at home with: has the most connections to, and then, has heard the most
  /// from.
  std::size_t favourite() const {
    const auto less = [](const TcpProxy &a, const TcpProxy &b) {
      const TcpProxy::Counts one = a.counts();
      const TcpProxy::Counts other = b.counts();
      return std::tie(one.open, one.to_client) < std::tie(other.open, other.to_client);
    };
    return static_cast<std::size_t>(std::max_element(proxies_.begin(), proxies_.end(), less) - proxies_.begin());
  }

 private:
  std::deque<TcpProxy> proxies_;
};

}  // namespace faults
