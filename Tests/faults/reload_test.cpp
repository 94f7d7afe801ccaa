// Clusters that go on with other options while they work. Credentials and certificates: auth_test.cpp, tls_test.cpp.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/etcd_api.h"
#include "support/load.h"
#include "support/network.h"

using namespace faults;

namespace {

/// A cluster of three, and a client that watches, holds and writes, through a proxy for each member.
struct Reloaded {
  explicit Reloaded(const std::string &endpoints_at_first)
      : load(host, endpoints_at_first.empty() ? network.to(0).url() : endpoints_at_first, quick_recovery) {
    REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
    lease = etcdcli_cluster_lease(load.cluster.handle());
  }

  std::string others() { return network.to(1).url() + "," + network.to(2).url(); }

  /// No write has failed, no event is lost, and the lease is the one that it was.
  void check() {
    load.check(host);
    CHECK(load.done() == static_cast<long>(load.calls.size()));
    CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  }

  EtcdCluster etcd{3};
  Network network{etcd};
  Host host;
  Load load;
  std::int64_t lease = 0;
};

bool has_line(const Cluster &cluster, const std::string &text) {
  return std::any_of(cluster.log.begin(), cluster.log.end(),
                     [&](const std::string &line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("ReloadEndpoints: the only endpoint is swapped for two others, and its member is killed", "[server]") {
  Reloaded scene("");
  Load &load = scene.load;
  load.run(scene.host, Milliseconds{300});
  REQUIRE(load.cluster.reconfigure(scene.others(), quick_recovery) == ETCDCLI_OK);
  load.run(scene.host, Milliseconds{2});
  // What was under way there is answered.
  REQUIRE(scene.host.wait_until([&] { return load.in_progress == 0 && load.watch.live(); }));
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) >= 1);
  const auto before = scene.network.to(0).counts();
  load.run(scene.host, Milliseconds{300});
  CHECK(scene.network.to(0).counts().to_server == before.to_server);
  scene.etcd.member(0).kill();
  // An election, if it led.
  const long done = load.done();
  REQUIRE(scene.host.wait_until([&] {
    load.write();
    return load.done() > done + 50;
  }));
  REQUIRE(scene.host.wait_until([&] { return load.in_progress == 0; }));
  scene.load.check(scene.host);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == scene.lease);
  CHECK(etcdcli_cluster_endpoint_count(load.cluster.handle()) == 2);
}

TEST_CASE("ReloadBackAndForth: endpoints are swapped again and again under load and no write fails", "[server]") {
  Reloaded scene("");
  for (int round = 0; round < 10; ++round) {
    const std::string url = round % 2 == 0 ? scene.others() : scene.network.to(0).url();
    REQUIRE(scene.load.cluster.reconfigure(url, quick_recovery) == ETCDCLI_OK);
    scene.load.run(scene.host, Milliseconds{round % 3 == 0 ? 5 : 200});
  }
  scene.check();
}

TEST_CASE("ReloadTimes: times and limits are changed, and no connection is touched", "[server]") {
  Reloaded scene("");
  Load &load = scene.load;
  load.run(scene.host, Milliseconds{100});
  REQUIRE(scene.host.wait_until([&] { return load.in_progress == 0; }));
  const auto before = scene.network.to(0).counts();
  Options options = quick_recovery;
  options.insert(options.end(), {{"request.timeout.ms", "7s"},
                                 {"probe.interval.ms", "500"},
                                 {"calls.max", "100"},
                                 {"endpoints.refresh.ms", "1s"}});
  REQUIRE(load.cluster.reconfigure(scene.network.to(0).url(), options) == ETCDCLI_OK);
  REQUIRE(load.cluster.reconfigure(scene.network.to(0).url(), options) == ETCDCLI_OK);
  load.cluster.finish(load.cluster.put("k/one", "value"));
  CHECK(std::count_if(load.cluster.log.begin(), load.cluster.log.end(), [](const std::string &line) {
          return line ==
                 "3 cluster: reconfigured: endpoints.refresh.ms, request.timeout.ms, probe.interval.ms, calls.max";
        }) == 1);
  load.run(scene.host, Milliseconds{100});
  scene.check();
  // Load makes more of them, and none goes.
  const auto after = scene.network.to(0).counts();
  CHECK(after.accepted - after.open == before.accepted - before.open);
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
}

TEST_CASE("ReloadRefused: what cannot be changed is named, and nothing of the rest is taken", "[server]") {
  Reloaded scene("");
  Load &load = scene.load;
  for (const auto &[name, value] :
       Options{{"namespace", "other/"}, {"lease.ttl.s", "9"}, {"response.max.bytes", "1MiB"}}) {
    INFO(name);
    Options options = quick_recovery;
    options.insert(options.end(), {{name, value}, {"auth.token", "hunter2"}, {"log.level", "error"}});
    CHECK(load.cluster.reconfigure(scene.others(), options) == ETCDCLI_ERR_CONFIG);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(name + " cannot be changed"));
    CHECK_THAT(etcdcli_last_error(), !Catch::Contains("hunter2"));
  }
  // Nor is what a new cluster would not be made with.
  Options options = quick_recovery;
  options.insert(options.end(), {{"tls.ca.file", "/nonexistent"}});
  CHECK(load.cluster.reconfigure(scene.others(), options) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(etcdcli_last_error(), Catch::Contains("tls.ca.file"));
  const auto before = scene.network.to(1).counts();
  load.run(scene.host, Milliseconds{200});
  scene.check();
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  CHECK(scene.network.to(1).counts().accepted == before.accepted);
  CHECK_FALSE(has_line(load.cluster, "reconfigured"));
  CHECK(std::string(etcdcli_cluster_endpoint(load.cluster.handle(), 0)->url) == scene.network.to(0).url());
}

TEST_CASE("ReloadInCallback: a cluster goes on with others from one of its callbacks", "[server]") {
  Reloaded scene("");
  int code = 1;
  Call &call = scene.load.cluster.put("k/one", "value");
  call.on_end = [&] { code = scene.load.cluster.reconfigure(scene.others(), quick_recovery); };
  scene.load.cluster.finish(call);
  CHECK(code == ETCDCLI_OK);
  scene.load.run(scene.host, Milliseconds{200});
  scene.check();
}
