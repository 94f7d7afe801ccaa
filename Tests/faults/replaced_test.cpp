// Stores that are replaced: by another cluster's, by one that was made anew under the old id; and two clusters that are
// taken for one.
#include <catch2/catch.hpp>

#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

using Picture = std::map<std::string, std::string>;

/// Another cluster is believed soon.
const Options soon = {{"backoff.min.ms", "10"},
                      {"backoff.max.ms", "100"},
                      {"probe.interval.ms", "200"},
                      {"attempt.timeout.ms", "1000"},
                      {"lease.ttl.s", "60"}};

/// One member behind a network, with a watcher that has a picture, one that follows from a revision, and a key.
struct WithStore {
  WithStore() {
    for (const char *value : {"1", "2", "3"}) oracle.put("k/gone", value);
    shared = oracle.put("k/shared", "old");
    for (int i = 0; i < 20; ++i) oracle.put("filler", "");
    from_revision = &follow(oracle.revision());
    REQUIRE(host.wait_until([&] { return watch.live() && from_revision->live() && keepalive.held(); }));
  }

  Watch &follow(std::int64_t revision) {
    etcdcli_watcher_params params = watcher_params("k/", ETCDCLI_PREFIX);
    params.start_revision = revision;
    return cluster.watch(params);
  }

  /// While nobody looks, the member is made anew; `token` goes into the cluster's id.
  void replace(const std::string &token) {
    network.cut_off();
    etcd.member(0).kill();
    etcd.member(0).wipe();
    etcd.member(0).restart({"--initial-cluster-token=" + token});
    etcd.wait_healthy();
  }

  /// All that is promised of a store that was replaced.
  void check_followed(const Picture &expected) {
    CHECK(host.wait_until([&] { return watch.live() && watch.picture == expected; }));
    CHECK(watch.picture == expected);

    CHECK(host.wait_until([&] { return keepalive.held() && keepalive.times(ETCDCLI_KEEPALIVE_LOST) > 0; }));
    CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_CLUSTER_CHANGED);
    const std::optional<KeyValue> key = oracle.get("service");
    REQUIRE(key);
    CHECK(key->value == "here");
    CHECK(key->lease == etcdcli_cluster_lease(cluster.handle()));

    CHECK(host.wait_until([&] { return from_revision->ended(); }));
    CHECK(from_revision->told.back().error.code == ETCDCLI_ERR_CLUSTER_CHANGED);

    CHECK(host.wait_until([&] {
      return std::any_of(cluster.told.begin(), cluster.told.end(), [](const Cluster::Told &told) {
        return told.state == ETCDCLI_CLUSTER_READY && told.error.code == ETCDCLI_ERR_CLUSTER_CHANGED;
      });
    }));

    oracle.put("k/later", "");
    CHECK(host.wait_until([&] { return watch.picture.count("k/later") == 1; }));
  }

  EtcdCluster etcd;
  Oracle oracle{etcd};
  Host host;
  Network network{etcd};
  Cluster cluster{host, network.endpoints(), soon};
  Watch &watch = cluster.watch_prefix("k/");
  Keepalive &keepalive = cluster.keep("service", "here");
  Watch *from_revision = nullptr;
  std::int64_t shared = 0;
};

}  // namespace

TEST_CASE_METHOD(WithStore, "StoreReplaced: the store of another cluster is followed, though it is ahead", "[server]") {
  const std::int64_t before = oracle.revision();
  replace("another");
  while (oracle.revision() < shared - 1) oracle.put("filler", "");
  // The very revision that the key had in the other store.
  REQUIRE(oracle.put("k/shared", "new") == shared);
  oracle.put("k/added", "new");
  while (oracle.revision() < before + 10) oracle.put("filler", "");
  network.heal();
  check_followed({{"k/shared", "new"}, {"k/added", "new"}});
}

TEST_CASE_METHOD(WithStore, "StoreMadeAnew: a store that goes back under its id is followed", "[server]") {
  // etcd makes the id of the members' URLs and the token.
  replace("etcd-cluster");
  oracle.put("k/added", "new");
  network.heal();
  check_followed({{"k/added", "new"}});
  CHECK_THAT(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.message, Catch::Contains("went back"));
}

TEST_CASE_METHOD(WithStore, "StoreRestored: an older backup under the same ids is followed by those who watched",
                 "[server]") {
  etcd.member(0).kill();
  etcd.member(0).back_up();
  etcd.member(0).restart();
  etcd.wait_healthy();
  for (int i = 0; i < 10; ++i) oracle.put("k/lost", std::to_string(i));
  oracle.erase("k/shared");
  oracle.put("k/gone", "back");
  const Picture later = {{"k/lost", "9"}, {"k/gone", "back"}};
  REQUIRE(host.wait_until([&] { return watch.live() && from_revision->live() && watch.picture == later; }));
  etcd.member(0).kill();
  etcd.member(0).restore();
  etcd.member(0).restart();
  etcd.wait_healthy();
  oracle.put("k/added", "new");
  check_followed({{"k/gone", "3"}, {"k/shared", "old"}, {"k/added", "new"}});
}

TEST_CASE("TwoClusters: of two clusters that are taken for one, the first is kept to for as long as it answers",
          "[server]") {
  EtcdCluster clusters[] = {EtcdCluster(1), EtcdCluster(1, {"--initial-cluster-token=another"})};
  const Oracle oracles[] = {Oracle(clusters[0]), Oracle(clusters[1])};
  for (const Oracle &oracle : oracles) oracle.put("k/id", &oracle == oracles ? "0" : "1");
  TcpProxy proxies[] = {TcpProxy(clusters[0].member(0).port()), TcpProxy(clusters[1].member(0).port())};
  Host host;
  Cluster cluster(host, proxies[0].url() + "," + proxies[1].url(), quick_recovery);
  const Watch &watch = cluster.watch_prefix("k/");
  const Keepalive &keepalive = cluster.keep("service", "here");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  const std::size_t ours = watch.picture.at("k/id") == "0" ? 0 : 1;
  const Picture expected = watch.picture;

  proxies[ours].refuse();
  proxies[ours].cut();
  const Clock::time_point start = Clock::now();
  const auto heard_of_the_other = [&] {
    return std::any_of(cluster.log.begin(), cluster.log.end(), [](const std::string &line) {
      return line.find("belongs to another etcd cluster") != std::string::npos;
    });
  };
  REQUIRE(host.wait_until(heard_of_the_other));
  host.run_for(Milliseconds{1000});
  // Long before the other one would be believed.
  REQUIRE(Clock::now() - start < Milliseconds{6000});
  proxies[ours].heal();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  oracles[ours].put("k/more", "");
  REQUIRE(host.wait_until([&] { return watch.picture.count("k/more") == 1; }));
  CHECK(watch.picture.at("k/id") == expected.at("k/id"));
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(!oracles[1 - ours].get("service"));
}
