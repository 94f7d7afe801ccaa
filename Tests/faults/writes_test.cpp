// Calls under faults: reads are answered in the end, writes happen at most once.
#include <catch2/catch.hpp>
#include <random>

#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

/// A call that ended, against how often its key was put: the promise of etcdcli.h.
void check_at_most_once(const Call &put, int times) {
  INFO(etcdcli_strerror(put.code()) << ": " << put.error.message);
  switch (put.code()) {
    case ETCDCLI_OK:
      CHECK(times == 1);
      break;
    case ETCDCLI_ERR_UNKNOWN_OUTCOME:
      CHECK(times <= 1);
      break;
    case ETCDCLI_ERR_TIMEOUT:
    case ETCDCLI_ERR_UNAVAILABLE:
      CHECK(times == 0);
      break;
    default:
      FAIL_CHECK("a put under faults must not end like this");
  }
}

/// Puts `count` keys, with something happening in between, and checks how often each was put.
template <class Fault>
void put_under_faults(Cluster &cluster, EtcdCluster &etcd, int count, Fault fault) {
  std::vector<Call *> puts;
  for (int i = 0; i < count; ++i) {
    puts.push_back(&cluster.put("k" + std::to_string(1000 + i), "value"));
    fault();
  }
  REQUIRE(cluster.host().wait_until(
      [&] { return std::all_of(puts.begin(), puts.end(), [](Call *put) { return put->ended(); }); }));
  REQUIRE(cluster.close(0).code == ETCDCLI_OK);
  const std::map<std::string, KeyValue> keys = keys_with_prefix(ports_of(etcd), "k");
  int unknown = 0;
  for (int i = 0; i < count; ++i) {
    const auto found = keys.find("k" + std::to_string(1000 + i));
    check_at_most_once(*puts[static_cast<std::size_t>(i)],
                       found == keys.end() ? 0 : static_cast<int>(found->second.version));
    unknown += puts[static_cast<std::size_t>(i)]->code() == ETCDCLI_ERR_UNKNOWN_OUTCOME;
  }
  CHECK(unknown > 0);  // or nothing was tested
  CHECK(unknown < count);
}

}  // namespace

TEST_CASE_METHOD(WithProxy, "KVPutAtMostOnce: a put happens at most once under dropped connections") {
  const auto seed = GENERATE(1u, 2u);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Cluster cluster(host, proxy.url(), quick_recovery);
  put_under_faults(cluster, etcd, 400, [&] {
    switch (random() % 12) {
      case 0:
        proxy.cut();
        break;
      case 1:
        proxy.reset();
        break;
      case 2:
        proxy.heal();
        proxy.truncate(Direction::to_client, random() % 300);  // the request went through, the answer did not
        break;
      case 3:
        proxy.heal();
        proxy.truncate(Direction::to_server, random() % 300);
        break;
      case 4:
        proxy.refuse();
        break;
      default:
        proxy.heal();
    }
    host.run_for(Milliseconds{random() % 8});
  });
}

TEST_CASE_METHOD(WithThreeMembers, "KVPutAtMostOnce: a put happens at most once while members die and come back",
                 "[server]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  int i = 0;
  std::size_t victim = 0;
  put_under_faults(cluster, etcd, 400, [&] {
    host.run_for(Milliseconds{5});
    switch (i++ % 100) {
      case 30:
        victim = leader_of(etcd);
        for (int burst = 0; burst < 10; ++burst) cluster.put("burst", "");
        etcd.member(victim).kill();
        break;
      case 95:
        etcd.member(victim).restart();
        etcd.wait_healthy();
        break;
    }
  });
}

TEST_CASE_METHOD(WithEtcd, "KVGetRetry: a get is retried across a restart", "[server]") {
  oracle.put("key", "value");
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  etcd.member(0).kill();
  etcdcli_range_params params = range_params("key");
  params.timeout_ms = patience.count();
  Call &get = cluster.range(params);
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  CHECK_FALSE(get.ended());
  etcd.member(0).restart();
  REQUIRE(cluster.finish(get).code() == ETCDCLI_OK);
  REQUIRE(get.kvs.size() == 1);
  CHECK(get.kvs[0].value == "value");
}

TEST_CASE_METHOD(WithEtcd, "KVPutFailGetRetry: a put that reached nobody says so, and a get after it is answered") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  etcd.member(0).kill();
  etcdcli_put_params params = put_params("key", "value");
  params.timeout_ms = 300;
  const Call &put = cluster.finish(cluster.put(params));
  CHECK((put.code() == ETCDCLI_ERR_UNAVAILABLE || put.code() == ETCDCLI_ERR_TIMEOUT));
  Call &get = cluster.get("key");
  etcd.member(0).restart();
  REQUIRE(cluster.finish(get).code() == ETCDCLI_OK);
  CHECK(get.kvs.empty());
}

TEST_CASE_METHOD(WithThreeMembers, "BalancerUnderServerStopInflightGet: a get is answered though its member stops") {
  Network network(etcd);
  Cluster cluster(host, network.endpoints());
  REQUIRE(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  const std::size_t favourite = network.favourite();
  SECTION("killed") {
    etcd.member(favourite).freeze();
    Call &get = cluster.get("key");
    host.run_for(Milliseconds{200});
    etcd.member(favourite).kill();
    CHECK(cluster.finish(get).code() == ETCDCLI_OK);
  }
  SECTION("stopped") {
    etcd.member(favourite).freeze();
    CHECK(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
    etcd.member(favourite).thaw();
  }
  SECTION("behind a blackhole") {
    network.to(favourite).blackhole();
    CHECK(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  }
}
