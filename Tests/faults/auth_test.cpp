// Authentication that comes, goes and expires while a client is at work.
#include <catch2/catch.hpp>

#include "harness/fixtures.h"
#include "harness/key_value.h"
#include "support/certificates.h"
#include "support/etcd_api.h"

using namespace faults;

namespace {

const Options credentials = {{"auth.user", "root"}, {"auth.password", "secret"}};

/// An etcd with a user "root", whose tokens live for two seconds. Authentication is off at first.
struct WithUser {
  WithUser() {
    etcd.member(0).kill();
    etcd.member(0).restart({"--auth-token=jwt,pub-key=" + pair.file + ",priv-key=" + pair.key +
                            ",sign-method=RS256,ttl=" + std::to_string(token_ttl.count()) + "s"});
    etcd.wait_healthy();
    ask("/v3/auth/user/add", R"({"name":"root","password":"secret"})");
    ask("/v3/auth/role/add", R"({"name":"root"})");
    ask("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  }

  void enable() {
    ask("/v3/auth/enable", "{}");
    enabled_ = true;
  }

  void disable() {
    ask("/v3/auth/disable", "{}");
    enabled_ = false;
  }

  void write(const std::string &key) { ask("/v3/kv/put", put_request(key, "value")); }

  /// A client that knows the password. Fails the test as long as the library has no such option.
  Options with_credentials() {
    etcdcli_config *config = etcdcli_config_new();
    bool known = true;
    for (const auto &[name, value] : credentials) {
      known = etcdcli_config_set(config, name.c_str(), value.c_str()) == ETCDCLI_OK && known;
    }
    etcdcli_config_free(config);
    REQUIRE(known);
    Options options = credentials;
    options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
    return options;
  }

  static constexpr std::chrono::seconds token_ttl{2};
  Authority authority;
  Certificate pair = authority.make_rsa_pair();
  EtcdCluster etcd;
  Host host;

 private:
  void ask(const std::string &path, const std::string &body) {
    std::string headers;
    if (enabled_) {
      const std::string answer =
          ask_any(ports_of(etcd), "/v3/auth/authenticate", R"({"name":"root","password":"secret"})");
      headers = "Authorization: " + json_field(answer, "token") + "\r\n";
    }
    ask_any(ports_of(etcd), path, body, headers);
  }

  bool enabled_ = false;
};

}  // namespace

TEST_CASE_METHOD(WithUser, "AuthEnabledWithoutCredentials: a client without them is told so, and goes on without",
                 "[server]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  enable();
  const Call &get = cluster.finish(cluster.get("k1"));
  CHECK(get.code() == ETCDCLI_ERR_SERVER);
  CHECK(get.error.grpc_code == 3);
  CHECK_THAT(get.error.message, Catch::Contains("user name is empty"));
  const Call &put = cluster.finish(cluster.put("k1", "value"));
  CHECK(put.code() == ETCDCLI_ERR_SERVER);

  // A new watcher cannot read; it says why, and comes to life when it is let in.
  const Watch &refused = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return refused.times(ETCDCLI_WATCHER_BACKOFF) > 0; }));
  CHECK(refused.batches.empty());
  write("k2");
  disable();
  write("k3");
  REQUIRE(host.wait_until([&] { return refused.live() && watch.live(); }));
  CHECK(host.wait_until([&] { return watch.picture.size() == 2 && refused.picture.size() == 2; }));
}

TEST_CASE_METHOD(WithUser, "A keepalive that etcd does not know the owner of says why, and the cluster is not ready",
                 "[server]") {
  enable();
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return !keepalive.told.empty() && keepalive.told.back().attempts == 2; }));
  // Of old, leases are given to everybody, so that it is the claim that is refused.
  CHECK((keepalive.state() == ETCDCLI_KEEPALIVE_WAITING || keepalive.state() == ETCDCLI_KEEPALIVE_CLAIMING));
  CHECK(keepalive.told.back().error.code == ETCDCLI_ERR_SERVER);
  CHECK_THAT(keepalive.told.back().error.message, Catch::Contains("user name is empty"));
  REQUIRE(cluster.told.size() == 1);
  CHECK(cluster.told[0].state == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(cluster.told[0].attempts == 1);
  CHECK_THAT(cluster.told[0].error.message, Catch::Contains("user name is empty"));

  disable();
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  REQUIRE(host.wait_until([&] { return cluster.told.size() == 2; }));
  CHECK(cluster.told[1].state == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithUser, "AuthTokenExpires: a client outlives its token", "[!shouldfail][server]") {
  enable();
  Cluster cluster(host, etcd.endpoints(), with_credentials());
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  for (int round = 0; round < 3; ++round) {
    host.run_for(std::chrono::duration_cast<Milliseconds>(token_ttl) + Milliseconds{500});
    CHECK(cluster.finish(cluster.put("k/put", std::to_string(round))).code() == ETCDCLI_OK);
    const std::string key = "k/" + std::to_string(round);
    write(key);
    CHECK(host.wait_until([&] { return watch.picture.count(key) == 1; }));
  }
  const Watch &late = cluster.watch_prefix("k");
  CHECK(host.wait_until([&] { return late.live() && late.picture == watch.picture; }));
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithUser, "AuthEnableAndDisable: a client goes on when auth comes and goes", "[!shouldfail][server]") {
  Cluster cluster(host, etcd.endpoints(), with_credentials());
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  for (int round = 0; round < 4; ++round) {
    round % 2 == 0 ? enable() : disable();
    CHECK(cluster.finish(cluster.put("k/put", std::to_string(round))).code() == ETCDCLI_OK);
    const std::string key = "k/" + std::to_string(round);
    write(key);
    CHECK(host.wait_until([&] { return watch.picture.count(key) == 1; }));
    const Watch &late = cluster.watch_prefix("k");
    CHECK(host.wait_until([&] { return late.live() && late.picture == watch.picture; }));
  }
  host.run_for(Milliseconds{4000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithUser, "AuthTokenOfAnotherMember: a client outlives the restart of its member",
                 "[!shouldfail][server]") {
  // Simple tokens live in the memory of one member.
  etcd.member(0).kill();
  etcd.member(0).restart({"--auth-token=simple"});
  etcd.wait_healthy();
  enable();
  Cluster cluster(host, etcd.endpoints(), with_credentials());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  etcd.member(0).kill();
  etcd.member(0).restart();
  etcd.wait_healthy();
  write("k1");
  CHECK(host.wait_until([&] { return watch.picture.count("k1") == 1; }));
  CHECK(cluster.finish(cluster.put("k2", "value")).code() == ETCDCLI_OK);
}
