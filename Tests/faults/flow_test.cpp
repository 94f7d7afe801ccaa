// Single flows that something on the way forgets, while the member behind it lives and TCP is answered.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "harness/http.h"
#include "harness/key_value.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

struct WithFlow {
  /// Something that only the request of a watch says: by gRPC that it is to tell of progress, and may tell in
  /// fragments.
  const std::string watch_request = harness::speaks_grpc() ? " \x01@\x01" : "/v3/watch";

  void put(const std::string &key, const std::string &value) {
    ask_any(ports_of(etcd), "/v3/kv/put", put_request(key, value));
  }

  EtcdCluster etcd;
  Oracle oracle{etcd};
  Host host;
  Network network{etcd};
};

}  // namespace

TEST_CASE_METHOD(WithFlow, "DroppedFlow: a watch whose flow alone is dropped is opened again where it was",
                 "[server]") {
  put("k/1", "1");
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch_prefix("k/");
  etcdcli_watcher_params params = watcher_params("k/", ETCDCLI_PREFIX);
  params.start_revision = oracle.revision() + 1;
  const Watch &follower = cluster.watch(params);
  REQUIRE(host.wait_until([&] { return watch.live() && follower.live(); }));
  // What is there to be compared with is known: each was held against the store, and has had something to tell before.
  host.run_for(Milliseconds{6000});
  put("k/2", "2");
  REQUIRE(host.wait_until([&] { return watch.picture.size() == 2 && follower.picture.size() == 1; }));
  put("other", "");
  host.run_for(Milliseconds{9000});
  // By gRPC both share a connection.
  REQUIRE(network.to(0).drop(watch_request) == (harness::speaks_grpc() ? 1 : 2));

  const Clock::time_point begin = Clock::now();
  SECTION("a key is put") {
    put("k/1", "new");
    const auto is_new = [](const Watch &each) {
      const auto found = each.picture.find("k/1");
      return found != each.picture.end() && found->second == "new";
    };
    CHECK(host.wait_until([&] { return is_new(watch) && is_new(follower); }));
  }
  SECTION("a key is deleted") {
    oracle.erase("k/2");
    CHECK(host.wait_until([&] { return watch.picture.count("k/2") == 0 && follower.picture.count("k/2") == 0; }));
  }
  const auto blind = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  std::cout << "blind for " << blind.count() << " ms: one flow dropped" << std::endl;
  CHECK(blind < Milliseconds{15000});
  CHECK(cluster.told.size() == 1);  // READY, and nothing since
  for (const Watch *each : {&watch, &follower}) {
    CHECK(each->times(ETCDCLI_WATCHER_BACKOFF) == 1);
    CHECK(std::any_of(each->told.begin(), each->told.end(),
                      [](const Watch::Told &told) { return told.error.code == ETCDCLI_ERR_UNAVAILABLE; }));
  }
}

TEST_CASE_METHOD(WithFlow, "DroppedFlow: streams that have nothing to tell are left alone while others write",
                 "[server]") {
  put("k/1", "1");
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch_prefix("k/");
  const Watch &single = cluster.watch(watcher_params("k/none"));
  REQUIRE(host.wait_until([&] { return watch.live() && single.live(); }));
  const auto sent = network.to(0).counts().to_server;
  for (int round = 0; round < 150; ++round) {
    put("other", std::to_string(round));
    host.run_for(Milliseconds{100});
  }
  CHECK(watch.times(ETCDCLI_WATCHER_LIVE) == 1);
  CHECK(single.times(ETCDCLI_WATCHER_LIVE) == 1);
  // One small request every two and a half seconds.
  CHECK(network.to(0).counts().to_server - sent < 8 * 1024);
}
