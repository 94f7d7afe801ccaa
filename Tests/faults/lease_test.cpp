// The lease and its keys under faults: kept as long as can be, told lost in time, held by one at a time.
#include <catch2/catch.hpp>
#include <random>

#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

/// How late a callback may come on a machine that is busy with other tests.
constexpr Milliseconds slack{400};

struct WithNetwork : WithThreeMembers {
  Network network{etcd};
};

/// A process that wants a key, and asks for it again when it was refused.
class Claimant {
 public:
  Claimant(Host &host, EtcdCluster &etcd, std::string value, std::vector<std::string> &holders)
      : network(etcd),
        cluster(host, network.endpoints(), {{"lease.ttl.s", "2"}, {"backoff.min.ms", "20"}, {"backoff.max.ms", "200"}}),
        value_(std::move(value)),
        holders_(holders) {
    claim();
  }

  /// Asks again after a conflict.
  void act() {
    if (keepalive_->state() != ETCDCLI_KEEPALIVE_CONFLICT) return;
    CHECK(keepalive_->free() == ETCDCLI_OK);
    claim();
  }

  bool holds() const { return keepalive_->held(); }

  Network network;
  Cluster cluster;
  int times_held = 0;

 private:
  void claim() {
    keepalive_ = &cluster.keep("key", value_);
    keepalive_->on_state = [this] {
      const auto mine = std::find(holders_.begin(), holders_.end(), value_);
      if (mine != holders_.end()) holders_.erase(mine);
      if (!keepalive_->held()) return;
      times_held += 1;
      holders_.push_back(value_);
      if (holders_.size() > 1) FAIL_CHECK("two hold the key");
    };
  }

  std::string value_;
  std::vector<std::string> &holders_;
  Keepalive *keepalive_ = nullptr;
};

}  // namespace

TEST_CASE_METHOD(WithNetwork, "LeaseRenewLostQuorum: a lease survives a brief loss of the quorum", "[server]") {
  Cluster cluster(host, network.endpoints(), {{"lease.ttl.s", "7"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::size_t favourite = network.favourite();
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    if (i != favourite) etcd.member(i).freeze();
  }
  host.run_for(Milliseconds{3000});  // a renewal falls into this
  for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).thaw();
  host.run_for(Milliseconds{6000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(keepalive.held());
  const auto keys = keys_with_prefix(ports_of(etcd), "key");
  REQUIRE(keys.count("key") == 1);
  CHECK(keys.at("key").version == 1);
}

TEST_CASE_METHOD(WithNetwork, "LeaseKeepAliveFailover: a lease survives when the member that renews it falls silent") {
  Cluster cluster(host, network.endpoints(), {{"lease.ttl.s", "4"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  SECTION("stopped") {
    const std::size_t victim = network.favourite();
    etcd.member(victim).freeze();
    host.run_for(Milliseconds{5500});
    // A leader that goes on after so long may revoke what was renewed meanwhile (etcd-io/etcd#12528, #16822).
    etcd.member(victim).kill();
  }
  SECTION("behind a blackhole") {
    network.to(network.favourite()).blackhole();
    host.run_for(Milliseconds{5500});
  }
  SECTION("killed, the leader") {
    etcd.member(leader_of(etcd)).kill();
    host.run_for(Milliseconds{5500});
  }
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(keys_with_prefix(ports_of(etcd), "key").at("key").version == 1);
}

TEST_CASE_METHOD(WithNetwork, "LeaseKeepAliveTTLTimeout: under a blackhole a lease is told lost within its TTL") {
  constexpr Milliseconds ttl{3000};
  Cluster cluster(host, network.endpoints(), {{"lease.ttl.s", "3"}, {"backoff.max.ms", "300"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  host.run_for(Milliseconds{1500});  // the lease has been renewed
  network.blackhole();
  // Nothing is acknowledged from now on, and the last that was, was sent before now.
  const Clock::time_point dark = Clock::now();
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 1; }));
  const auto told_after = std::chrono::duration_cast<Milliseconds>(keepalive.last(ETCDCLI_KEEPALIVE_LOST).time - dark);
  WARN("told lost " << told_after.count() << " ms after the last possible renewal of a lease of 3000 ms");
  CHECK(told_after <= ttl + slack);
  CHECK(told_after >= ttl - ttl / 3 - slack);  // it was renewed at a third of its TTL, and not given up early
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_LEASE_LOST);
  // The key is there no shorter than it was said to be ours: TTL from the last renewal on.
  CHECK(eventually([&] { return keys_with_prefix(ports_of(etcd), "key").empty(); }));

  network.heal();
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(keys_with_prefix(ports_of(etcd), "key").at("key").lease == etcdcli_cluster_lease(cluster.handle()));
}

TEST_CASE_METHOD(WithThreeMembers, "ElectionFailover: of two claimants one holds the key at any moment") {
  std::mt19937 random(1);
  std::vector<std::string> holders;
  Claimant a(host, etcd, "a", holders);
  Claimant b(host, etcd, "b", holders);
  const auto run = [&](Milliseconds time) {
    const Deadline deadline(time);
    while (!deadline.passed()) {
      a.act();
      b.act();
      host.run_for(std::min(deadline.left(), Milliseconds{50}));
    }
  };
  for (int round = 0; round < 5; ++round) {
    Claimant &holder = a.holds() ? a : b;
    switch (random() % 5) {
      case 0:
        holder.network.cut_off();
        break;
      case 1:
      case 2:
        holder.network.blackhole();
        break;
      case 3:
        holder.network.everywhere([](TcpProxy &proxy) { proxy.stall(Direction::to_client); });
        break;
    }
    if (random() % 2 == 0) {
      const std::size_t leader = leader_of(etcd);
      etcd.member(leader).kill();
      run(Milliseconds{1500});
      etcd.member(leader).restart();
    }
    run(Milliseconds{2500});
    holder.network.heal();
    run(Milliseconds{300});
  }
  CHECK(a.times_held > 0);
  CHECK(b.times_held > 0);
  const bool settled = host.wait_until([&] {
    a.act();
    b.act();
    return a.holds() != b.holds();
  });
  CHECK(settled);
}
