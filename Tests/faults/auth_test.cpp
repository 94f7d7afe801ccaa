// Authentication that comes, goes and expires while a client is at work.
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>

#include "harness/fixtures.h"
#include "harness/http.h"
#include "harness/key_value.h"
#include "support/certificates.h"
#include "support/current_url.h"
#include "support/etcd_api.h"
#include "support/load.h"

using namespace faults;

namespace {

/// How etcd makes its tokens.
enum class Tokens { simple, jwt };

/// An etcd with a user "root", whose tokens live for two seconds if they are JWTs. Authentication is off at first.
struct WithUser {
  explicit WithUser(Tokens tokens = Tokens::jwt, int members = 1) : etcd(members) {
    if (tokens == Tokens::jwt) use_jwt();
    ask("/v3/auth/user/add", R"({"name":"root","password":"secret"})");
    ask("/v3/auth/role/add", R"({"name":"root"})");
    ask("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  }

  void use_jwt() {
    for (std::size_t index = 0; index < etcd.size(); ++index) {
      etcd.member(index).kill();
      etcd.member(index).restart({"--auth-token=jwt,pub-key=" + pair.file + ",priv-key=" + pair.key +
                                  ",sign-method=RS256,ttl=" + std::to_string(token_ttl.count()) + "s"});
    }
    etcd.wait_healthy();
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

  void change_password(const std::string &password) {
    ask("/v3/auth/user/changepw", R"({"name":"root","password":")" + password + R"("})");
    password_ = password;
  }

  void ask(const std::string &path, const std::string &body) {
    ask_any(ports_of(etcd), path, body, enabled_ ? authorization() : "");
  }

  /// The header of a new token.
  std::string authorization() {
    const std::string answer =
        ask_any(ports_of(etcd), "/v3/auth/authenticate", R"({"name":"root","password":")" + password_ + R"("})");
    return "Authorization: " + json_field(answer, "token") + "\r\n";
  }

  static Options with_credentials(const std::string &user = "root", const std::string &password = "secret") {
    Options options = {{"auth.user", user}, {"auth.password", password}};
    options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
    return options;
  }

  static constexpr std::chrono::seconds token_ttl{2};
  Authority authority;
  Certificate pair = authority.make_rsa_pair();
  EtcdCluster etcd;
  Host host;

 private:
  bool enabled_ = false;
  std::string password_ = "secret";
};

int set_credentials(const Cluster &cluster, std::string_view user, std::string_view password,
                    std::string_view token = "") {
  etcdcli_credentials credentials = ETCDCLI_CREDENTIALS_INIT;
  credentials.user = slice(user);
  credentials.password = slice(password);
  credentials.token = slice(token);
  return etcdcli_cluster_set_credentials(cluster.handle(), &credentials);
}

/// How often the cluster has tried to log in, by its log.
long log_ins(const Cluster &cluster) {
  return std::count_if(cluster.log.begin(), cluster.log.end(),
                       [](const std::string &line) { return line.find("Auth/Authenticate") != std::string::npos; });
}

/// How often etcd was asked for a token, whoever asked, by its own count.
long log_ins_served(WithUser &server) {
  long count = 0;
  for (const std::uint16_t port : ports_of(server.etcd)) {
    const auto metrics = http_get(port, "/metrics");
    REQUIRE(metrics);
    static const std::regex line(R"re(grpc_server_started_total\{grpc_method="Authenticate"[^\n]*\} (\d+))re");
    std::smatch match;
    REQUIRE(std::regex_search(metrics->body, match, line));
    count += std::stol(match[1]);
  }
  return count;
}

/// Of three members.
struct WithUserOfThree : WithUser {
  explicit WithUserOfThree(Tokens tokens) : WithUser(tokens, 3) { enable(); }

  static Options patient(const std::string &password = "secret") {
    Options options = with_credentials("root", password);
    options.emplace_back("lease.ttl.s", "30");
    return options;
  }

  /// The member that the cluster uses, which is the one that gave it its last token.
  EtcdMember &member_of(const Cluster &cluster) {
    const std::string url = current_url(cluster);
    for (std::size_t index = 0; index < etcd.size(); ++index) {
      if (etcd.member(index).url() == url) return etcd.member(index);
    }
    throw std::runtime_error("no member is used");
  }

  /// Writes until so many more have come to a good end.
  void await_writes(Load &load, long more) {
    const long before = load.done();
    REQUIRE(host.wait_until([&] {
      load.write();
      return load.done() >= before + more;
    }));
  }
};

}  // namespace

TEST_CASE_METHOD(WithUser, "AuthEnabledWithoutCredentials: a client without them is told so, and goes on without",
                 "[server]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  enable();
  const Call &get = cluster.finish(cluster.get("k1"));
  CHECK(get.code() == ETCDCLI_ERR_UNAUTHENTICATED);
  CHECK(get.error.grpc_code == 3);
  CHECK_THAT(get.error.message, Catch::Contains("user name is empty"));
  const Call &put = cluster.finish(cluster.put("k1", "value"));
  CHECK(put.code() == ETCDCLI_ERR_UNAUTHENTICATED);

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
  CHECK(keepalive.told.back().error.code == ETCDCLI_ERR_UNAUTHENTICATED);
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

TEST_CASE_METHOD(WithUser, "AuthTokenExpires: a client outlives its token", "[server]") {
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

TEST_CASE_METHOD(WithUser, "AuthEnableAndDisable: a client goes on when auth comes and goes", "[server]") {
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

TEST_CASE("AuthTokenOfAnotherMember: a client outlives the restart of its member", "[server]") {
  // Simple tokens live in the memory of one member.
  WithUser server(Tokens::simple);
  Host &host = server.host;
  server.enable();
  Cluster cluster(host, server.etcd.endpoints(), WithUser::with_credentials());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  server.etcd.member(0).kill();
  server.etcd.member(0).restart();
  server.etcd.wait_healthy();
  server.write("k1");
  CHECK(host.wait_until([&] { return watch.picture.count("k1") == 1; }));
  CHECK(cluster.finish(cluster.put("k2", "value")).code() == ETCDCLI_OK);
  // One for each token that was lost, and those that found nobody.
  CHECK(log_ins(cluster) <= 60);
}

TEST_CASE("AuthWrongPassword: it is told once and tried slowly", "[server]") {
  WithUser server(Tokens::simple);
  Host &host = server.host;
  server.enable();
  Options options = {{"auth.user", "root"},
                     {"auth.password", "not-the-password"},
                     {"backoff.min.ms", "10"},
                     {"backoff.max.ms", "1000"}};
  Cluster cluster(host, server.etcd.endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return !cluster.told.empty(); }));
  CHECK(cluster.told[0].state == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(cluster.told[0].error.code == ETCDCLI_ERR_UNAUTHENTICATED);
  CHECK_THAT(cluster.told[0].error.message, Catch::Contains("authentication failed"));
  const Call &call = cluster.finish(cluster.put("k1", "value"));
  CHECK(call.code() == ETCDCLI_ERR_UNAUTHENTICATED);
  CHECK_FALSE(call.error.may_have_happened);
  const long served = log_ins_served(server);
  for (const Deadline end(Milliseconds{5000}); !end.passed();) {
    cluster.finish(cluster.get("k1"));
    host.run_for(Milliseconds{5});
  }
  // The pauses are half a second to one.
  CHECK(log_ins(cluster) >= 4);
  CHECK(log_ins_served(server) - served >= 4);
  CHECK(log_ins_served(server) - served <= 13);
  CHECK(cluster.told.size() == 1);
  CHECK_FALSE(watch.live());

  REQUIRE(set_credentials(cluster, "root", "secret") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  REQUIRE(host.wait_until([&] { return cluster.told.size() == 2; }));
  CHECK(cluster.told[1].state == ETCDCLI_CLUSTER_READY);
  check_no_secret(cluster, {"not-the-password", "secret"});
}

TEST_CASE("AuthUserRemoved: a client whose user is gone is told, and comes back with him", "[server]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUser server(tokens);
  Host &host = server.host;
  server.ask("/v3/auth/user/add", R"({"name":"other","password":"word"})");
  server.ask("/v3/auth/user/grant", R"({"user":"other","role":"root"})");
  server.enable();
  Cluster cluster(host, server.etcd.endpoints(), WithUser::with_credentials("other", "word"));
  const Watch &watch = cluster.watch_prefix("k");
  CHECK(cluster.finish(cluster.put("k1", "value")).code() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  server.ask("/v3/auth/user/delete", R"({"name":"other"})");
  const Call &refused = cluster.finish(cluster.put("k2", "value"));
  CHECK(refused.code() == ETCDCLI_ERR_UNAUTHENTICATED);
  REQUIRE(host.wait_until([&] { return cluster.told.back().state == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  server.ask("/v3/auth/user/add", R"({"name":"other","password":"word"})");
  server.ask("/v3/auth/user/grant", R"({"user":"other","role":"root"})");
  REQUIRE(host.wait_until([&] { return cluster.told.back().state == ETCDCLI_CLUSTER_READY; }));
  CHECK(cluster.finish(cluster.put("k3", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live() && watch.picture.count("k3") == 1; }));
}

TEST_CASE("AuthPermissionRevoked: it is told, and a watch comes to life when it is granted", "[server]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUser server(tokens);
  Host &host = server.host;
  server.ask("/v3/auth/user/add", R"({"name":"guest","password":"word"})");
  server.ask("/v3/auth/role/add", R"({"name":"reader"})");
  server.ask("/v3/auth/user/grant", R"({"user":"guest","role":"reader"})");
  server.enable();
  Cluster cluster(host, server.etcd.endpoints(), WithUser::with_credentials("guest", "word"));
  CHECK(cluster.finish(cluster.get("k1")).code() == ETCDCLI_ERR_PERMISSION_DENIED);
  etcdcli_watcher_params params = watcher_params("k1");
  params.start_revision = 1;
  const Watch &watch = cluster.watch(params);
  REQUIRE(host.wait_until([&] {
    return std::any_of(watch.told.begin(), watch.told.end(),
                       [](const Watch::Told &told) { return told.error.code == ETCDCLI_ERR_PERMISSION_DENIED; });
  }));
  host.run_for(Milliseconds{3000});
  // One to begin with, one for the watch, and one for each JWT that has run out.
  CHECK(log_ins(cluster) <= 8);
  server.ask("/v3/auth/role/grant", R"({"name":"reader","perm":{"permType":"READ","key":"azE="}})");
  const Call &call = cluster.finish(cluster.get("k1"));
  CHECK(call.code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live(); }));
}

namespace {

bool was_told(const Watch &watch, std::initializer_list<int> codes) {
  return std::any_of(watch.told.begin(), watch.told.end(), [&](const Watch::Told &told) {
    return std::find(codes.begin(), codes.end(), told.error.code) != codes.end();
  });
}

/// A user with a role of his own, who may read what begins with "k", and who follows that in two ways.
struct WithGuest : WithUser {
  explicit WithGuest(Tokens tokens) : WithUser(tokens) {
    ask("/v3/auth/role/add", R"({"name":"reader"})");
    let_in();
    add_guest();
    enable();
    cluster.emplace(host, etcd.endpoints(), with_credentials("guest", "word"));
    watch = &cluster->watch_prefix("k");
    REQUIRE(host.wait_until([&] { return watch->live(); }));
    etcdcli_watcher_params params = watcher_params("k", ETCDCLI_PREFIX);
    params.start_revision = watch->revision() + 1;
    follower = &cluster->watch(params);
    REQUIRE(host.wait_until([&] { return follower->live(); }));
    write("k1");
    REQUIRE(both([](const Watch &each) { return each.picture.count("k1") == 1; }));
  }

  void add_guest() {
    ask("/v3/auth/user/add", R"({"name":"guest","password":"word"})");
    ask("/v3/auth/user/grant", R"({"user":"guest","role":"reader"})");
  }

  void let_in() {
    ask("/v3/auth/role/grant", R"({"name":"reader","perm":{"permType":"READ","key":"aw==","range_end":"bA=="}})");
  }

  template <class Condition>
  bool both(Condition condition, Milliseconds limit = patience) {
    return host.wait_until([&] { return condition(*watch) && condition(*follower); }, limit);
  }

  /// What has been taken from the guest, and is given back by `give`, ends in one of these errors; nothing is lost.
  template <class Give>
  void check_told(std::initializer_list<int> codes, Give give) {
    write("k2");
    // Etcd looks at permissions when a watch begins: one that is there may go on.
    CHECK(both([&](const Watch &each) { return each.picture.count("k2") == 1 || was_told(each, codes); }));
    etcd.member(0).kill();
    etcd.member(0).restart();
    etcd.wait_healthy();
    write("k3");
    CHECK(both([&](const Watch &each) { return was_told(each, codes) && each.state() == ETCDCLI_WATCHER_BACKOFF; }));
    CHECK(watch->picture.count("k3") == 0);
    CHECK(follower->picture.count("k3") == 0);
    give();
    const auto is_back = [](const Watch &each) { return each.live() && each.picture.size() == 3; };
    // 3.5.1 says of a watch with a token that ran out that it is not permitted, which leads to a log-in once a minute.
    CHECK(both(is_back, Milliseconds{80000}));
  }

  std::optional<Cluster> cluster;
  Watch *watch = nullptr;
  Watch *follower = nullptr;
};

}  // namespace

TEST_CASE("AuthPermissionRevokedWhileWatching: watches go on or are told, and miss nothing when it is granted again",
          "[server]") {
  WithGuest server(GENERATE(Tokens::simple, Tokens::jwt));
  server.ask("/v3/auth/role/revoke", R"({"role":"reader","key":"aw==","range_end":"bA=="})");
  server.check_told({ETCDCLI_ERR_PERMISSION_DENIED}, [&] { server.let_in(); });
}

TEST_CASE("AuthUserRemovedWhileWatching: watches go on or are told, and miss nothing when the user is there again",
          "[server]") {
  WithGuest server(GENERATE(Tokens::simple, Tokens::jwt));
  server.ask("/v3/auth/user/delete", R"({"name":"guest"})");
  server.check_told({ETCDCLI_ERR_UNAUTHENTICATED, ETCDCLI_ERR_PERMISSION_DENIED}, [&] { server.add_guest(); });
}

TEST_CASE("AuthOwnToken: a token of the host's is carried, and one that is refused is told", "[server]") {
  WithUser server(Tokens::jwt);
  Host &host = server.host;
  server.enable();
  const auto token = [&] {
    const std::string header = server.authorization();
    return header.substr(15, header.size() - 17);
  };
  Options options = {{"auth.token", token()}};
  options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
  Cluster cluster(host, server.etcd.endpoints(), options);
  CHECK(cluster.finish(cluster.put("k1", "value")).code() == ETCDCLI_OK);
  host.run_for(std::chrono::duration_cast<Milliseconds>(WithUser::token_ttl) + Milliseconds{1200});
  CHECK(cluster.finish(cluster.put("k2", "value")).code() == ETCDCLI_ERR_UNAUTHENTICATED);
  CHECK(log_ins(cluster) == 0);
  REQUIRE(set_credentials(cluster, "", "", token()) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.put("k3", "value")).code() == ETCDCLI_OK);
}

TEST_CASE("AuthRotation: passwords change under load and nothing is lost", "[server]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUser server(tokens);
  Host &host = server.host;
  server.enable();
  Load load(host, server.etcd.endpoints(), WithUser::with_credentials());
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const long served = log_ins_served(server);
  std::vector<std::string> passwords = {"secret"};
  for (int round = 1; round <= 4; ++round) {
    load.run(host, Milliseconds{500});
    const std::string password = "password-" + std::to_string(round);
    passwords.push_back(password);
    // The library may know of it before etcd does, or after.
    if (round % 2 == 0) {
      REQUIRE(set_credentials(load.cluster, "root", password) == ETCDCLI_OK);
      load.run(host, Milliseconds{50});
    }
    server.change_password(password);
    if (round % 2 == 1) {
      load.run(host, Milliseconds{50});
      REQUIRE(set_credentials(load.cluster, "root", password) == ETCDCLI_OK);
    }
    const long before = load.done();
    for (const Deadline end(Milliseconds{5000}); load.done() < before + 20 && !end.passed();) {
      load.run(host, Milliseconds{20});
    }
    CHECK(load.done() >= before + 20);
  }
  load.check(host);
  check_no_secret(load.cluster, passwords);
  // For each round one of the test's own and one that succeeds, those that came too early, and those for JWTs that ran
  // out.
  const long log_ins = log_ins_served(server) - served;
  CHECK(log_ins <= 4 * 2 + 4 * 8 + 10);
  WARN((tokens == Tokens::jwt ? "JWT: " : "simple: ")
       << load.done() << " of " << load.calls.size() << " writes, " << log_ins << " log-ins");
}

TEST_CASE("AuthReload: user and password change with the configuration under load and nothing is lost", "[server]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUser server(tokens);
  Host &host = server.host;
  server.ask("/v3/auth/user/add", R"({"name":"other","password":"word-of-the-other"})");
  server.ask("/v3/auth/user/grant", R"({"user":"other","role":"root"})");
  server.enable();
  Load load(host, server.etcd.endpoints(), WithUser::with_credentials());
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  load.run(host, Milliseconds{300});
  REQUIRE(load.cluster.reconfigure(server.etcd.endpoints(), WithUser::with_credentials("other", "word-of-the-other")) ==
          ETCDCLI_OK);
  load.run(host, Milliseconds{300});
  // Nothing of the first user's is used any more.
  server.change_password("another");
  load.run(host, Milliseconds{1000});
  load.check(host);
  CHECK(load.done() == static_cast<long>(load.calls.size()));
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  check_no_secret(load.cluster, {"secret", "word-of-the-other"});
}

TEST_CASE("AuthClusterMemberKilled: the member that gave the token dies under load, each in turn, and nothing is lost",
          "[server][not-3.5.1]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUserOfThree server(tokens);
  Host &host = server.host;
  Load load(host, server.etcd.endpoints(), WithUserOfThree::patient());
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  for (int round = 0; round < 4; ++round) {
    server.await_writes(load, 20);
    EtcdMember &member = server.member_of(load.cluster);
    member.kill();
    // An election, if it led; the others know the token, or give another one.
    server.await_writes(load, 20);
    REQUIRE(host.wait_until([&] { return load.watch.live(); }));
    // It has forgotten the tokens that live in memory, and is the next to be used in one of the rounds.
    member.restart();
    member.wait_healthy();
  }
  load.check(host);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  check_no_secret(load.cluster, {"secret"});
  // One to begin with, and a few for each member that did not know the token, or was not there to give one.
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(load.cluster.handle(), &metrics) == ETCDCLI_OK);
  CHECK(metrics.log_ins >= 1);
  CHECK(metrics.log_ins + metrics.log_ins_failed <= 40);
  WARN((tokens == Tokens::jwt ? "JWT: " : "simple: ")
       << load.done() << " of " << load.calls.size() << " writes, " << metrics.log_ins << " log-ins, "
       << metrics.log_ins_failed << " without a token");
}

TEST_CASE("AuthClusterRotation: passwords change under load while members die, and nothing is lost",
          "[server][not-3.5.1]") {
  const Tokens tokens = GENERATE(Tokens::simple, Tokens::jwt);
  WithUserOfThree server(tokens);
  Host &host = server.host;
  Load load(host, server.etcd.endpoints(), WithUserOfThree::patient());
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  std::vector<std::string> passwords = {"secret"};
  for (int round = 1; round <= 4; ++round) {
    server.await_writes(load, 20);
    const std::string password = "password-" + std::to_string(round);
    passwords.push_back(password);
    EtcdMember &member = server.member_of(load.cluster);
    // The library may know of it before etcd does, or after, and the member be gone before or after both.
    if (round % 2 == 0) REQUIRE(set_credentials(load.cluster, "root", password) == ETCDCLI_OK);
    if (round <= 2) member.kill();
    load.run(host, Milliseconds{20});
    server.change_password(password);
    load.run(host, Milliseconds{20});
    if (round % 2 == 1) REQUIRE(set_credentials(load.cluster, "root", password) == ETCDCLI_OK);
    if (round > 2) member.kill();
    server.await_writes(load, 20);
    member.restart();
    member.wait_healthy();
  }
  load.check(host);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  check_no_secret(load.cluster, passwords);
}

TEST_CASE("AuthClusterWrongPassword: it is told once and tried slowly, however many members could be asked",
          "[server]") {
  WithUserOfThree server(Tokens::simple);
  Host &host = server.host;
  Options options = {{"auth.user", "root"},
                     {"auth.password", "not-the-password"},
                     {"backoff.min.ms", "10"},
                     {"backoff.max.ms", "1000"}};
  Cluster cluster(host, server.etcd.endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return !cluster.told.empty(); }));
  CHECK(cluster.told[0].state == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(cluster.told[0].error.code == ETCDCLI_ERR_UNAUTHENTICATED);
  // Until the pauses are as long as they get.
  const long begun = log_ins_served(server);
  REQUIRE(host.wait_until([&] { return log_ins_served(server) >= begun + 8; }));
  const long served = log_ins_served(server);
  for (const Deadline end(Milliseconds{5000}); !end.passed();) {
    cluster.finish(cluster.get("k1"));
    host.run_for(Milliseconds{5});
  }
  CHECK(log_ins_served(server) - served >= 4);
  CHECK(log_ins_served(server) - served <= 13);
  CHECK(cluster.told.size() == 1);
  CHECK_FALSE(watch.live());
  // The death of a member is no reason to ask more often, and none to be told again.
  server.member_of(cluster).kill();
  host.run_for(Milliseconds{2000});
  CHECK(cluster.told.size() == 1);

  REQUIRE(set_credentials(cluster, "root", "secret") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  REQUIRE(host.wait_until([&] { return cluster.told.size() == 2; }));
  CHECK(cluster.told[1].state == ETCDCLI_CLUSTER_READY);
  check_no_secret(cluster, {"not-the-password", "secret"});
}
