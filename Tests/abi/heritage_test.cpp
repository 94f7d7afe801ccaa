// Leases that a process before has left, leases of all lengths, and starts without a quorum.
#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/fixtures.h"

using namespace harness;

namespace {

Options with_lease(std::int64_t lease) {
  return {{"lease.id", std::to_string(lease)}, {"lease.ttl.s", "30"}, {"keepalive.verify.ms", "300"}};
}

std::int64_t lease_of(const Cluster &cluster) {
  return etcdcli_cluster_lease(cluster.handle());
}

bool saw_delete(const Watch &watch) {
  return std::any_of(watch.batches.begin(), watch.batches.end(), [](const Batch &batch) {
    return std::any_of(batch.events.begin(), batch.events.end(), [](const Event &event) { return event.is_delete(); });
  });
}

}  // namespace

// What a process before has left

TEST_CASE_METHOD(WithEtcd, "A lease that was left behind goes on with its keys and nobody sees a delete",
                 "[keepalive][etcd]") {
  Cluster onlooker(host, etcd.endpoints());
  Watch &watch = onlooker.watch_prefix("key");
  std::int64_t lease = 0;
  {
    Cluster before(host, etcd.endpoints(), {{"lease.ttl.s", "30"}});
    const Keepalive &keepalive = before.keep("key", "of the first");
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
    lease = lease_of(before);
    REQUIRE(etcdcli_cluster_close(before.handle(), 0, nullptr, nullptr, nullptr) == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }));
  }
  Cluster after(host, etcd.endpoints(), with_lease(lease));
  // Whatever it says: the key is under its lease.
  const Keepalive &keepalive = after.keep("key", "of the second", ETCDCLI_CLAIM_IF_ABSENT);
  REQUIRE(host.wait_until([&] { return keepalive.held() && watch.picture["key"] == "of the second"; }));
  CHECK(lease_of(after) == lease);
  CHECK(oracle.get("key")->lease == lease);
  CHECK_FALSE(saw_delete(watch));
}

TEST_CASE_METHOD(WithEtcd, "Where the lease that was left is gone another one is granted", "[keepalive][etcd]") {
  const std::int64_t lease = oracle.grant_lease(60);
  oracle.revoke_lease(lease);
  Cluster cluster(host, etcd.endpoints(), with_lease(lease));
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(lease_of(cluster) != lease);
  CHECK(oracle.get("key")->lease == lease_of(cluster));
}

TEST_CASE_METHOD(WithEtcd, "A predecessor that goes on all the same learns that the key is not its own any more",
                 "[keepalive][etcd]") {
  Cluster before(host, etcd.endpoints(), {{"lease.ttl.s", "30"}, {"keepalive.verify.ms", "300"}});
  const Keepalive &old = before.keep("key", "of the first");
  REQUIRE(host.wait_until([&] { return old.held(); }));
  Cluster after(host, etcd.endpoints(), with_lease(lease_of(before)));
  const Keepalive &young = after.keep("key", "of the second");
  REQUIRE(host.wait_until([&] { return young.held() && old.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(old.times(ETCDCLI_KEEPALIVE_LOST) == 1);
  host.run_for(Milliseconds{1000});
  CHECK(young.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(oracle.value("key") == "of the second");
}

TEST_CASE_METHOD(WithEtcd, "Of two that have one lease by mistake each has its keys until the other revokes it",
                 "[keepalive][etcd]") {
  const std::int64_t lease = oracle.grant_lease(30);
  Cluster first(host, etcd.endpoints(), with_lease(lease));
  Cluster second(host, etcd.endpoints(), with_lease(lease));
  const Keepalive &one = first.keep("one", "1");
  const Keepalive &two = second.keep("two", "2");
  REQUIRE(host.wait_until([&] { return one.held() && two.held(); }));
  CHECK(lease_of(first) == lease_of(second));
  REQUIRE(etcdcli_cluster_close(first.handle(), ETCDCLI_CLOSE_REVOKE, nullptr, nullptr, nullptr) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return two.times(ETCDCLI_KEEPALIVE_LOST) == 1 && two.held(); }));
  CHECK(lease_of(second) != lease);
  CHECK(oracle.get("two")->lease == lease_of(second));
  CHECK_FALSE(oracle.value("one"));
}

// How long a lease lives

TEST_CASE_METHOD(WithEtcd, "A lease lives as long as was asked for, or as the server makes it", "[keepalive][etcd]") {
  const std::int64_t asked = GENERATE(1, 2, 60, 86400);
  CAPTURE(asked);
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", std::to_string(asked)}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const Call &call = cluster.finish(cluster.lease_time_to_live(lease_of(cluster)));
  REQUIRE(call.leases.size() == 1);
  const std::int64_t granted = call.leases[0].granted_ttl;
  CHECK(granted >= asked);
  CHECK(granted <= std::max<std::int64_t>(asked, 10));
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  CHECK(metrics.lease_left_ms <= granted * 1000);
  CHECK(metrics.lease_left_ms > granted * 1000 / 2 - 500);
  if (asked > 2) return;
  // It is renewed often enough.
  host.run_for(Milliseconds{5000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(oracle.get("key")->version == 1);
}

TEST_CASE("A lease that the server makes longer is renewed by the server's time", "[keepalive][etcd]") {
  // The least that it grants is one and a half times its election timeout.
  EtcdCluster etcd(1, {"--heartbeat-interval=500", "--election-timeout=5000"});
  Host host;
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "1"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }, Milliseconds{30000}));
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  CHECK(metrics.lease_left_ms > 3000);
  host.run_for(Milliseconds{3000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

// Starts

TEST_CASE_METHOD(WithThreeMembers, "Who starts without a quorum is told why and holds its key when there is one",
                 "[keepalive][etcd]") {
  etcd.member(1).freeze();
  etcd.member(2).freeze();
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return !keepalive.told.empty() && keepalive.told.back().error.code < 0; },
                          Milliseconds{30000}));
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_WAITING);
  CHECK(keepalive.told.back().attempts >= 1);
  etcd.member(1).thaw();
  etcd.member(2).thaw();
  REQUIRE(host.wait_until([&] { return keepalive.held(); }, Milliseconds{30000}));
  CHECK(oracle.value("key") == "value");
}
