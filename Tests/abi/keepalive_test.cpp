// Keepalives: a key is there for as long as its process lives and pumps, and belongs to one process at a time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"
#include "harness/http.h"

using namespace harness;

namespace {

/// The shortest lease that the etcds of these tests grant is one second.
const Options short_lease = {{"lease.ttl.s", "2"}};
constexpr Milliseconds ttl{2000};

/// What an operator asks of an etcd; fails the test if it is refused.
std::string ask(EtcdCluster &etcd, const std::string &path, const std::string &body) {
  const std::optional<HttpAnswer> answer = http_post(etcd.member(0).port(), path, body);
  REQUIRE(answer);
  CAPTURE(path, answer->body);
  REQUIRE(answer->status == 200);
  return answer->body;
}

/// Without space, the first thing that takes some raises an alarm, which stays until an operator puts it out.
const std::vector<std::string> no_space = {"--quota-backend-bytes", "1"};

void make_space(EtcdCluster &etcd) {
  etcd.member(0).shut_down();
  etcd.member(0).restart({"--quota-backend-bytes", "0"});
  // It is not healthy as long as there is an alarm, which has to be named by the member that raised it.
  std::optional<HttpAnswer> alarms;
  REQUIRE(eventually([&] {
    alarms = http_post(etcd.member(0).port(), "/v3/maintenance/alarm", R"({"action":"GET"})");
    return alarms && alarms->status == 200;
  }));
  ask(etcd, "/v3/maintenance/alarm",
      R"({"action":"DEACTIVATE","alarm":"NOSPACE","memberID":")" + json_field(alarms->body, "memberID") + "\"}");
  etcd.wait_healthy();
}

/// An etcd with a user "game" who may do what it likes with the keys of one prefix, and in front of it something that
/// logs in for a host.
struct WithPermissions : WithEtcd {
  WithPermissions() {
    ask(etcd, "/v3/auth/user/add", R"({"name":"root","password":"secret"})");
    ask(etcd, "/v3/auth/role/add", R"({"name":"root"})");
    ask(etcd, "/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    ask(etcd, "/v3/auth/user/add", R"({"name":"game","password":"secret"})");
    ask(etcd, "/v3/auth/role/add", R"({"name":"game"})");
    ask(etcd, "/v3/auth/user/grant", R"({"user":"game","role":"game"})");
    ask(etcd, "/v3/auth/role/grant",
        R"({"name":"game","perm":{"permType":"READWRITE","key":)" + json_bytes("game/") + R"(,"range_end":)" +
            json_bytes("game0") + "}}");
    ask(etcd, "/v3/auth/enable", "{}");
    const std::string login = ask(etcd, "/v3/auth/authenticate", R"({"name":"game","password":"secret"})");
    token = "Authorization: " + json_field(login, "token") + "\r\n";
  }

  /// Written before `carrier` begins.
  std::string token;
  FakeHttpServer carrier{[this](const FakeHttpServer::Request &request) {
    const std::size_t path = request.head.find(' ') + 1;
    const auto answer = http_post(etcd.member(0).port(), request.head.substr(path, request.head.find(' ', path) - path),
                                  request.body, token);
    return answer ? http_reply(answer->status, "application/json", answer->body)
                  : FakeReply{"", FakeReply::Then::close};
  }};
};

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A keepalive holds its key with the cluster's lease", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  CHECK(etcdcli_cluster_lease(cluster.handle()) == 0);
  const Keepalive &keepalive = cluster.keep("services/a", "10.0.0.1:7777");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));

  const std::optional<KeyValue> pair = oracle.get("services/a");
  REQUIRE(pair);
  CHECK(pair->value == "10.0.0.1:7777");
  CHECK(pair->lease != 0);
  CHECK(pair->lease == etcdcli_cluster_lease(cluster.handle()));
  CHECK(pair->lease == keepalive.last(ETCDCLI_KEEPALIVE_HELD).lease);
  CHECK(pair->mod_revision == keepalive.last(ETCDCLI_KEEPALIVE_HELD).revision);
  CHECK(etcdcli_keepalive_state(keepalive.handle) == ETCDCLI_KEEPALIVE_HELD);

  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_CLAIMING) == 1);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 1);
}

TEST_CASE_METHOD(WithEtcd, "All keepalives of a cluster share one lease", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Keepalive &first = cluster.keep("first", "1");
  const Keepalive &second = cluster.keep("second", std::string_view("\0\xff", 2));
  const Keepalive &third = cluster.keep("third", "");
  REQUIRE(host.wait_until([&] { return first.held() && second.held() && third.held(); }));
  CHECK(oracle.get("first")->lease == oracle.get("second")->lease);
  CHECK(oracle.get("first")->lease == oracle.get("third")->lease);
  CHECK(oracle.value("second") == std::string_view("\0\xff", 2));
  CHECK(oracle.value("third") == "");
}

TEST_CASE_METHOD(WithEtcd, "A key lives longer than its lease while the host pumps", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), short_lease);
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t revision = oracle.get("key")->mod_revision;
  host.run_for(ttl * 2);
  REQUIRE(oracle.get("key"));
  CHECK(oracle.get("key")->mod_revision == revision);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithEtcd, "A key vanishes within its lease when the host stops pumping", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), short_lease);
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const Clock::time_point stopped = Clock::now();
  REQUIRE(eventually([&] { return !oracle.get("key"); }));
  CHECK(Clock::now() - stopped < ttl + Milliseconds{2000});  // etcd looks for expired leases twice a second

  // The host that comes back is told, and has its key again.
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 1);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_LEASE_LOST);
  CHECK(oracle.get("key"));
}

TEST_CASE_METHOD(WithEtcd, "A value can be changed while the key is held", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "one");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t lease = oracle.get("key")->lease;

  CHECK(keepalive.set_value("two") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
  const std::optional<KeyValue> pair = oracle.get("key");
  CHECK(pair->value == "two");
  CHECK(pair->lease == lease);
  CHECK(pair->mod_revision == keepalive.last(ETCDCLI_KEEPALIVE_HELD).revision);
}

TEST_CASE_METHOD(WithEtcd, "A value changed before the claim is what is claimed with", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "one");
  CHECK(keepalive.set_value("two") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(oracle.get("key")->value == "two");
  CHECK(oracle.get("key")->version == 1);
}

TEST_CASE_METHOD(WithEtcd, "Quick changes of a value coalesce and the last one wins", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "start");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  constexpr int changes = 200;
  for (int i = 1; i <= changes; ++i) CHECK(keepalive.set_value("value " + std::to_string(i)) == ETCDCLI_OK);
  const std::string last = "value " + std::to_string(changes);
  REQUIRE(host.wait_until([&] { return oracle.value("key") == last; }));
  REQUIRE(host.wait_until(
      [&] { return keepalive.last(ETCDCLI_KEEPALIVE_HELD).revision == oracle.get("key")->mod_revision; }));
  CHECK(oracle.get("key")->version <= 3);
}

TEST_CASE_METHOD(WithEtcd, "Remove deletes just the one key and says when it is gone", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "value");
  const Keepalive &other = cluster.keep("key/2", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held() && other.held(); }));

  CHECK(keepalive.remove() == ETCDCLI_OK);
  CHECK(keepalive.remove() == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.held());  // nothing is called back from inside
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_ENDED).error.code == ETCDCLI_OK);
  CHECK_FALSE(oracle.get("key"));
  CHECK(oracle.get("key/2"));
  CHECK(keepalive.remove() == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.set_value("new") == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.destroys == 1);
}

TEST_CASE_METHOD(WithProxy, "Remove during the claim leaves no key behind", "[keepalive][etcd]") {
  // Answers take so long that the host sees the claim under way, and not only its end.
  proxy.delay(Direction::to_client, Milliseconds{100});
  Cluster cluster(host, proxy.url());
  Keepalive &first = cluster.keep("first", "value");
  CHECK(first.remove() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return first.state() == ETCDCLI_KEEPALIVE_ENDED; }));

  Keepalive &second = cluster.keep("second", "value");
  REQUIRE(host.wait_until([&] { return second.state() == ETCDCLI_KEEPALIVE_CLAIMING; }));
  CHECK(second.remove() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return second.state() == ETCDCLI_KEEPALIVE_ENDED; }));
  CHECK_FALSE(oracle.get("first"));
  CHECK_FALSE(oracle.get("second"));
}

TEST_CASE_METHOD(WithEtcd, "Remove leaves a key alone that is another's", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  oracle.put("key", "theirs");
  CHECK(keepalive.remove() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }));
  CHECK(oracle.value("key") == "theirs");
}

TEST_CASE_METHOD(WithProxy, "Remove gives up when its time is up and says so", "[keepalive][etcd]") {
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "500"}});
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  proxy.blackhole();
  CHECK(keepalive.remove() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }, Milliseconds{3000}));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_ENDED).error.code != ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "Free removes the key in the background", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "value");
  const Keepalive &other = cluster.keep("other", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held() && other.held(); }));
  const std::size_t told = keepalive.told.size();

  CHECK(keepalive.free() == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return !oracle.get("key"); }));
  CHECK(keepalive.told.size() == told);
  CHECK(keepalive.destroys == 1);
  CHECK(oracle.get("other"));

  // The key can be had again at once.
  const Keepalive &again = cluster.keep("key", "new");
  CHECK(host.wait_until([&] { return again.held(); }));
}

TEST_CASE_METHOD(WithEtcd, "Another's key is never written over", "[keepalive][etcd]") {
  Cluster owner(host, etcd.endpoints());
  Cluster rival(host, etcd.endpoints());
  const Keepalive &held = owner.keep("key", "owner");
  REQUIRE(host.wait_until([&] { return held.held(); }));
  const std::optional<KeyValue> before = oracle.get("key");

  Keepalive &refused = rival.keep("key", "rival");
  REQUIRE(host.wait_until([&] { return refused.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  const Keepalive::Told &conflict = refused.last(ETCDCLI_KEEPALIVE_CONFLICT);
  CHECK(conflict.error.code == ETCDCLI_ERR_CONFLICT);
  CHECK(conflict.owner == before);
  CHECK(refused.set_value("another try") == ETCDCLI_ERR_CONFLICT);

  CHECK(refused.free() == ETCDCLI_OK);
  host.run_for(Milliseconds{300});
  CHECK(oracle.get("key") == before);
  CHECK(held.held());
}

TEST_CASE_METHOD(WithEtcd, "A conflict stays until the keepalive is freed", "[keepalive][etcd]") {
  oracle.put("key", "theirs");
  Cluster cluster(host, etcd.endpoints(), short_lease);
  Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  oracle.erase("key");
  host.run_for(Milliseconds{1000});
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT);
  CHECK_FALSE(oracle.get("key"));

  CHECK(keepalive.free() == ETCDCLI_OK);
  const Keepalive &again = cluster.keep("key", "ours");
  CHECK(host.wait_until([&] { return again.held(); }));
}

TEST_CASE_METHOD(WithEtcd, "Remove of a conflict ends it and touches nothing", "[keepalive][etcd]") {
  oracle.put("key", "theirs");
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(keepalive.remove() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }));
  CHECK(oracle.value("key") == "theirs");
}

TEST_CASE_METHOD(WithEtcd, "A change of value does not write over another's key", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));

  SECTION("that was put in place of ours") {
    oracle.put("key", "theirs");
    CHECK(keepalive.set_value("our new value") == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
    CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 1);
    CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_CONFLICT);
    CHECK(keepalive.last(ETCDCLI_KEEPALIVE_CONFLICT).owner->value == "theirs");
    CHECK(oracle.value("key") == "theirs");
  }
  SECTION("but claims ours again where it was deleted") {
    oracle.erase("key");
    CHECK(keepalive.set_value("our new value") == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return oracle.value("key") == "our new value"; }));
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
    CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 1);
    CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_KEY_DELETED);
    CHECK(oracle.get("key")->lease == etcdcli_cluster_lease(cluster.handle()));
  }
}

TEST_CASE_METHOD(WithProxy, "A value that etcd refuses is told once and the key stays as it is", "[keepalive][etcd]") {
  Cluster cluster(host, proxy.url(), {{"backoff.max.ms", "100"}});
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t revision = oracle.get("key")->mod_revision;
  const auto complaints = [&] {
    return std::count_if(cluster.log.begin(), cluster.log.end(),
                         [](const std::string &line) { return line.find("is refused") != std::string::npos; });
  };
  // More than etcd takes, and more than its gRPC does.
  const std::size_t size = GENERATE(1'700'000u, 3'000'000u);
  CHECK(keepalive.set_value(std::string(size, 'x')) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
  // By gRPC etcd says so when it has seen how much is to come.
  CHECK(proxy.counts().to_server > (speaks_grpc() ? 0 : size));
  const std::uint64_t sent = proxy.counts().to_server;
  host.run_for(Milliseconds{1000});
  // The lease may have been renewed meanwhile.
  CHECK(proxy.counts().to_server < sent + 10'000);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_HELD).error.code == ETCDCLI_ERR_SERVER);
  CHECK_FALSE(keepalive.last(ETCDCLI_KEEPALIVE_HELD).error.worth_retrying);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_HELD).revision == revision);
  CHECK(complaints() == 1);
  CHECK(oracle.value("key") == "value");

  CHECK(keepalive.set_value("another value") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 3; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_HELD).error.code == ETCDCLI_OK);
  CHECK(oracle.value("key") == "another value");
}

TEST_CASE_METHOD(WithEtcd, "A claim that etcd refuses says why and is made with another value", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", std::string(1'700'000, 'x'));
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_CLAIMING) == 2; }));
  CHECK(keepalive.told.back().error.code == ETCDCLI_ERR_SERVER);
  CHECK(keepalive.told.back().attempts == 1);
  host.run_for(Milliseconds{1000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_CLAIMING) == 2);
  CHECK(keepalive.set_value("value") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(oracle.value("key") == "value");
}

TEST_CASE("A keepalive without a lease says why, and the cluster is not ready", "[keepalive][etcd]") {
  EtcdCluster etcd(1, no_space);
  Host host;
  Cluster cluster(host, etcd.endpoints(), {{"backoff.max.ms", "500"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.told.size() >= 4; }));
  CHECK(keepalive.told[0].error.code == ETCDCLI_OK);
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(keepalive.told[i].state == ETCDCLI_KEEPALIVE_WAITING);
    CHECK(keepalive.told[i].error.code == ETCDCLI_ERR_SERVER);
    CHECK(keepalive.told[i].error.grpc_code == 8);
    CHECK_THAT(keepalive.told[i].error.message, Catch::Contains("database space exceeded"));
    // One for each doubling.
    CHECK(keepalive.told[i].attempts == 1 << (i - 1));
  }
  // Reads would work, and they are not all that a host asks for.
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_CONNECTING);
  CHECK(cluster.told.empty());

  make_space(etcd);
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithEtcd, "A value for which there is no space is written when there is some", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  etcd.member(0).shut_down();
  etcd.member(0).restart(no_space);
  etcd.wait_healthy();

  CHECK(keepalive.set_value("another value") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.told.back().error.grpc_code == 8; }));
  CHECK(keepalive.held());
  CHECK(keepalive.told.back().attempts >= 1);
  CHECK(oracle.value("key") == "value");
  make_space(etcd);
  REQUIRE(host.wait_until([&] { return keepalive.told.back().error.code == ETCDCLI_OK; }));
  CHECK(keepalive.held());
  CHECK(oracle.value("key") == "another value");
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithPermissions, "A keepalive that is not permitted says why, and the cluster is not ready",
                 "[keepalive][etcd]") {
  Cluster cluster(host, carrier.url(), {{"wire", "json"}, {"backoff.max.ms", "500"}});
  const Keepalive &refused = cluster.keep("theirs/key", "value");
  REQUIRE(host.wait_until([&] { return !refused.told.empty() && refused.told.back().attempts == 2; }));
  CHECK(refused.state() == ETCDCLI_KEEPALIVE_CLAIMING);
  CHECK(refused.told.back().error.code == ETCDCLI_ERR_PERMISSION_DENIED);
  CHECK(refused.told.back().error.grpc_code == 7);
  CHECK_THAT(refused.told.back().error.message, Catch::Contains("permission denied"));
  CHECK_FALSE(refused.told.back().error.worth_retrying);
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_CONNECTING);

  const Keepalive &permitted = cluster.keep("game/key", "value");
  REQUIRE(host.wait_until([&] { return permitted.held(); }));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
  // What is refused to one is not refused to all.
  REQUIRE(host.wait_until([&] { return refused.told.back().attempts == 4; }));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithEtcd, "Many keys can be kept", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  std::vector<Keepalive *> keepalives;
  for (int i = 0; i < 200; ++i) keepalives.push_back(&cluster.keep("key" + std::to_string(i), std::to_string(i)));
  const auto held = [](const Keepalive *keepalive) { return keepalive->held(); };
  REQUIRE(host.wait_until([&] { return std::all_of(keepalives.begin(), keepalives.end(), held); }));
  CHECK(oracle.get("key0")->lease == oracle.get("key199")->lease);
  CHECK(cluster.close(ETCDCLI_CLOSE_REVOKE).code == ETCDCLI_OK);
  CHECK_FALSE(oracle.get("key0"));
  CHECK_FALSE(oracle.get("key199"));
}

TEST_CASE_METHOD(WithEtcd, "A key is never held twice through faults of the network", "[keepalive][etcd]") {
  // Two processes that want one key, each behind a network that fails on its own; whoever has it loses it at times.
  TcpProxy networks[] = {TcpProxy(etcd.member(0).port()), TcpProxy(etcd.member(0).port())};
  const auto seed = GENERATE(1u, 2u);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Options options = quick_recovery;
  options.emplace_back("lease.ttl.s", "1");
  std::deque<Cluster> clusters;
  std::vector<Keepalive *> keepalives;
  int held_by_both = 0;
  int changes_of_owner = 0;
  const auto check = [&] {
    const auto held = [](const Keepalive *one) { return one->held(); };
    held_by_both += keepalives.size() == 2 && std::all_of(keepalives.begin(), keepalives.end(), held);
  };
  for (int i = 0; i < 2; ++i) {
    clusters.emplace_back(host, networks[i].url(), options);
    keepalives.push_back(&clusters[i].keep("key", "owner " + std::to_string(i)));
    keepalives[i]->on_state = check;
  }
  for (int step = 0; step < 20; ++step) {
    TcpProxy &network = networks[random() % 2];
    switch (random() % 4) {
      case 0:
        network.blackhole();
        break;
      case 1:
        network.reset();
        break;
      default:
        network.heal();
    }
    host.run_for(Milliseconds{random() % 400});
    // Who was refused asks again with a keepalive of its own.
    for (int i = 0; i < 2; ++i) {
      if (keepalives[i]->state() != ETCDCLI_KEEPALIVE_CONFLICT) continue;
      keepalives[i]->free();
      keepalives[i] = &clusters[i].keep("key", "owner " + std::to_string(i));
      keepalives[i]->on_state = check;
      changes_of_owner += 1;
    }
  }
  CHECK(held_by_both == 0);
  CHECK(changes_of_owner > 0);
  for (TcpProxy &network : networks) network.heal();
  CHECK(host.wait_until([&] { return keepalives[0]->held() != keepalives[1]->held(); }));
}

TEST_CASE_METHOD(WithEtcd, "Of many claimants one holds the key", "[keepalive][etcd]") {
  constexpr int claimants = 8;
  std::deque<Cluster> clusters;
  std::vector<Keepalive *> keepalives;
  for (int i = 0; i < claimants; ++i) {
    keepalives.push_back(&clusters.emplace_back(host, etcd.endpoints()).keep("key", std::to_string(i)));
  }
  const auto count = [&](int state) {
    return std::count_if(keepalives.begin(), keepalives.end(), [&](Keepalive *one) { return one->state() == state; });
  };
  REQUIRE(
      host.wait_until([&] { return count(ETCDCLI_KEEPALIVE_HELD) + count(ETCDCLI_KEEPALIVE_CONFLICT) == claimants; }));
  CHECK(count(ETCDCLI_KEEPALIVE_HELD) == 1);
  CHECK(oracle.get("key")->version == 1);
}

TEST_CASE_METHOD(WithEtcd, "A process that comes back takes over its own key", "[keepalive][etcd]") {
  const std::int64_t old_lease = [&] {
    Cluster crashed(host, etcd.endpoints(), {{"lease.ttl.s", "60"}});
    const Keepalive &keepalive = crashed.keep("key", "same value");
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
    return etcdcli_cluster_lease(crashed.handle());
  }();
  REQUIRE(oracle.get("key"));  // freeing the cluster leaves the key to its lease

  Cluster restarted(host, etcd.endpoints());
  const Keepalive &keepalive = restarted.keep("key", "same value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_CONFLICT) == 0);
  CHECK(oracle.get("key")->lease == etcdcli_cluster_lease(restarted.handle()));
  CHECK(oracle.get("key")->lease != old_lease);
}

TEST_CASE_METHOD(WithProxy, "A key that cannot be kept is reported lost in time and claimed again",
                 "[keepalive][etcd]") {
  Cluster cluster(host, proxy.url(), {{"lease.ttl.s", "2"}, {"backoff.max.ms", "300"}});
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));

  // What matters is that the host knows before anybody else can have the key.
  bool key_was_gone = false;
  keepalive.on_state = [&] {
    if (keepalive.state() == ETCDCLI_KEEPALIVE_LOST) key_was_gone = !oracle.get("key");
  };
  proxy.blackhole();
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_LOST) > 0; }, ttl + Milliseconds{1000}));
  CHECK_FALSE(key_was_gone);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_LEASE_LOST);

  REQUIRE(eventually([&] { return !oracle.get("key"); }));
  proxy.heal();
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(oracle.get("key")->lease == etcdcli_cluster_lease(cluster.handle()));
}

TEST_CASE_METHOD(WithProxy, "A key that another took meanwhile is not taken back", "[keepalive][etcd]") {
  Cluster cluster(host, proxy.url(), {{"lease.ttl.s", "2"}, {"backoff.max.ms", "300"}});
  const Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  proxy.blackhole();
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_LOST) > 0 && !oracle.get("key"); }));
  oracle.put("key", "theirs");
  proxy.heal();
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_CONFLICT).owner->value == "theirs");
  CHECK(oracle.value("key") == "theirs");
}

TEST_CASE_METHOD(WithEtcd, "A lease that was revoked is lost and the key claimed again", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), short_lease);
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(cluster.handle());
  oracle.revoke_lease(lease);
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 1);
  CHECK(etcdcli_cluster_lease(cluster.handle()) != lease);
  CHECK(oracle.get("key")->lease == etcdcli_cluster_lease(cluster.handle()));
}

TEST_CASE_METHOD(WithThreeMembers, "A key is kept while members die one after another", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "5"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    etcd.member(i).kill();
    host.run_for(Milliseconds{1500});
    etcd.member(i).restart();
    REQUIRE(host.wait_until([&] { return etcd.member(i).healthy(); }));
  }
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(oracle.get("key")->version == 1);
}

TEST_CASE_METHOD(WithEtcd, "Close revokes the lease when asked to", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "60"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(cluster.handle());

  SECTION("with REVOKE the keys vanish at once") {
    CHECK(cluster.close(ETCDCLI_CLOSE_REVOKE).code == ETCDCLI_OK);
    CHECK_FALSE(oracle.get("key"));
    CHECK_FALSE(oracle.lease_lives(lease));
  }
  SECTION("without it they are left to the lease") {
    CHECK(cluster.close(0).code == ETCDCLI_OK);
    CHECK(oracle.get("key")->lease == lease);
    CHECK(oracle.lease_lives(lease));
  }
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_ENDED);
}

TEST_CASE_METHOD(WithProxy, "A close that cannot revoke says so in time", "[keepalive][etcd]") {
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "500"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  proxy.blackhole();
  const Clock::time_point start = Clock::now();
  CHECK(cluster.close(ETCDCLI_CLOSE_REVOKE).code != ETCDCLI_OK);
  CHECK(Clock::now() - start < Milliseconds{2000});
  CHECK(oracle.get("key"));
}

TEST_CASE_METHOD(WithEtcd, "One cluster cannot keep a key twice", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  cluster.keep("key", "value");
  etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  params.key = slice("key");
  etcdcli_keepalive *second = nullptr;
  CHECK(etcdcli_keepalive_new(cluster.handle(), &params, &second) == ETCDCLI_ERR_ARGUMENT);
  CHECK(second == nullptr);
}
