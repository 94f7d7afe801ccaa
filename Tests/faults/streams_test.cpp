// The streams of watchers at members that take no connections any more.
#include <catch2/catch.hpp>
#include <iostream>

#include "harness/http.h"
#include "harness/key_value.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

constexpr Milliseconds pause{100};

struct WithMember {
  EtcdCluster etcd;
  Host host;
};

}  // namespace

TEST_CASE_METHOD(WithMember, "ConnectRefused: a watcher whose stream lives stays when new connections are refused") {
  Network network(etcd);
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));

  network.to(0).refuse();
  for (int round = 0; round < 30; ++round) {
    // One of these finds the connection that there was in use.
    cluster.get("a");
    cluster.get("b");
    host.run_for(pause);
    const std::string value = std::to_string(round);
    ask_any(ports_of(etcd), "/v3/kv/put", put_request("k", value));
    REQUIRE(host.wait_until([&] { return watch.picture.count("k") == 1 && watch.picture.at("k") == value; }));
  }
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  CHECK(watch.times(ETCDCLI_WATCHER_LIVE) == 1);
  network.heal();
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithMember, "ConnectRefused: a silent watcher stays too where there is no other member") {
  Network network(etcd);
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  network.to(0).refuse();
  // Longer than the probe's interval and an attempt.
  for (int round = 0; round < 10; ++round) {
    cluster.get("a");
    cluster.get("b");
    host.run_for(Milliseconds{1000});
  }
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  network.heal();
  ask_any(ports_of(etcd), "/v3/kv/put", put_request("k", "value"));
  CHECK(host.wait_until([&] { return watch.picture.size() == 1; }));
}

// SIGTERM: new connections are refused at once, and open streams kept silent for up to seven seconds.
TEST_CASE_METHOD(WithThreeMembers, "ShutDown: a watcher leaves a member that is going down for one that is well",
                 "[server]") {
  Network network(etcd);
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  const std::vector<std::uint64_t> before = network.heard();
  ask_any(ports_of(etcd), "/v3/kv/put", put_request("k", std::string(16384, '.')));
  REQUIRE(host.wait_until([&] { return watch.picture.size() == 1; }));
  const std::size_t home = network.talker_since(before);

  // A leader would take its time, and the cluster's, to let go of that.
  const std::vector<std::uint16_t> others{etcd.member((home + 1) % 3).port(), etcd.member((home + 2) % 3).port()};
  if (leader_of(etcd) == home) {
    const std::string status = ask_any({others[0]}, "/v3/maintenance/status", "{}");
    ask_any({etcd.member(home).port()}, "/v3/maintenance/transfer-leadership",
            "{\"targetID\":\"" + json_field(status, "member_id") + "\"}");
    REQUIRE(eventually([&] { return leader_of(etcd) != home; }));
  }

  etcd.member(home).terminate();
  // What a proxy accepts etcd refuses.
  network.to(home).refuse();
  REQUIRE(eventually([&] { return !http_get(etcd.member(home).port(), "/version"); }));
  const Clock::time_point begin = Clock::now();
  ask_any(others, "/v3/kv/put", put_request("k", "after"));
  while (watch.picture.at("k") != "after" && Clock::now() - begin < patience) {
    // Something or other that needs a connection.
    cluster.get("a");
    host.run_for(pause);
  }
  const auto blind = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  std::cout << "blind for " << blind.count() << " ms: member told to end" << std::endl;
  // 3.5.30 goes on telling of changes until it ends: such a member need not be left before.
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) <= 1);
  CHECK(watch.picture.at("k") == "after");
  CHECK(blind < Milliseconds{3000});
}
