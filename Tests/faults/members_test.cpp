// Clusters whose members change.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>

#include "harness/fake_http_server.h"
#include "harness/http.h"
#include "harness/key_value.h"
#include "support/current_url.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

std::string member_id(const std::vector<std::uint16_t> &ports, const EtcdMember &member,
                      const std::string &headers = "") {
  const std::string list = ask_any(ports, "/v3/cluster/member/list", "{}", headers);
  const std::size_t name = list.find("\"name\":\"" + member.name() + "\"");
  return json_field(std::string_view(list).substr(list.rfind("{\"ID\":", name)), "ID");
}

/// Adds or removes a member. A leader that is removed takes what was on its way to it along: that would hang for ever,
/// and has to be asked for again, when it may have happened.
void reconfigure(
    const std::vector<std::uint16_t> &ports, const std::string &what, const std::string &body,
    const std::function<std::string()> &headers = [] { return std::string(); }) {
  std::string failure = "no answer";
  const auto done = [&](std::uint16_t port) {
    const auto answer = http_post(port, "/v3/cluster/member/" + what, body, "Grpc-Timeout: 2S\r\n" + headers());
    if (!answer) return false;
    failure = answer->body;
    const auto says = [&](const char *words) { return answer->body.find(words) != std::string::npos; };
    return answer->status == 200 || says("member not found") || says("Peer URLs already exists");
  };
  if (!eventually([&] { return std::any_of(ports.begin(), ports.end(), done); })) {
    throw std::runtime_error("no member could " + what + " " + body + ": " + failure);
  }
}

/// Whoever asks has to be "root", whose password is "secret", from now on.
void enable_authentication_of(const std::vector<std::uint16_t> &ports) {
  ask_any(ports, "/v3/auth/user/add", R"({"name":"root","password":"secret"})");
  ask_any(ports, "/v3/auth/role/add", R"({"name":"root"})");
  ask_any(ports, "/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  ask_any(ports, "/v3/auth/enable", "{}");
}

/// A cluster that may replace its members: the ones it began with, and later ones.
class ChangingCluster {
 public:
  /// Without strict-reconfig-check, members may be added and removed as soon as a quorum is there.
  explicit ChangingCluster(const std::vector<std::string> &more = {}) : arguments_(more) {
    arguments_.push_back("--strict-reconfig-check=false");
    seeds_.emplace(3, arguments_);
    for (std::size_t i = 0; i < seeds_->size(); ++i) members_.push_back(&seeds_->member(i));
  }

  std::string seed_endpoints() const { return seeds_->endpoints(); }

  void enable_authentication() {
    enable_authentication_of(ports());
    is_authenticated_ = true;
  }

  /// A new member joins; then the oldest one is taken out, and killed.
  void replace_oldest() {
    EtcdMember &added =
        *later_.emplace_back(std::make_unique<EtcdMember>("later" + std::to_string(later_.size()), directory_.path()));
    reconfigure(ports(), "add", "{\"peerURLs\":[\"" + added.peer_url() + "\"]}", [&] { return authorization(); });
    std::string initial_cluster = added.name() + "=" + added.peer_url();
    for (const EtcdMember *member : members_) initial_cluster += "," + member->name() + "=" + member->peer_url();
    std::vector<std::string> arguments = arguments_;
    arguments.push_back("--initial-cluster-state=existing");
    added.start(initial_cluster, arguments);
    added.wait_healthy();
    members_.push_back(&added);
    if (on_added) on_added(added);

    EtcdMember &oldest = *members_.front();
    const std::string id = member_id(ports(), oldest, authorization());
    members_.erase(members_.begin());
    reconfigure(ports(), "remove", "{\"ID\":\"" + id + "\"}", [&] { return authorization(); });
    oldest.kill();
    for (const EtcdMember *member : members_) member->wait_healthy();
  }

  void put(const std::string &key, const std::string &value) const {
    ask_any(ports(), "/v3/kv/put", put_request(key, value), authorization());
  }

  /// Called before the oldest one is taken out.
  std::function<void(const EtcdMember &added)> on_added;

 private:
  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const EtcdMember *member : members_) ports.push_back(member->port());
    return ports;
  }

  /// The header of a new token.
  std::string authorization() const {
    if (!is_authenticated_) return "";
    const std::string answer = ask_any(ports(), "/v3/auth/authenticate", R"({"name":"root","password":"secret"})");
    return "Authorization: " + json_field(answer, "token") + "\r\n";
  }

  std::vector<std::string> arguments_;
  std::optional<EtcdCluster> seeds_;
  bool is_authenticated_ = false;
  TempDir directory_;
  std::vector<std::unique_ptr<EtcdMember>> later_;
  std::vector<EtcdMember *> members_;
};

/// Asks who the members are much more often than hosts do, so that nobody has to wait for it.
const Options discovering = {{"endpoints.discover", "true"}, {"endpoints.refresh.ms", "500"}};

struct Reached {
  std::string url, name;
  std::uint64_t id;
  unsigned flags;
  std::string wire;
};

std::vector<Reached> reached(const Cluster &cluster) {
  std::vector<Reached> all;
  for (int i = 0; i < etcdcli_cluster_endpoint_count(cluster.handle()); ++i) {
    const etcdcli_endpoint_info *info = etcdcli_cluster_endpoint(cluster.handle(), i);
    if (info != nullptr) all.push_back({info->url, info->member_name, info->member_id, info->flags, info->wire});
  }
  return all;
}

std::size_t count_with(const std::vector<Reached> &all, unsigned flags) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const Reached &one) { return (one.flags & flags) == flags; }));
}

}  // namespace

TEST_CASE("MemberReplaceWithSeed: a client goes on while members are replaced and a seed is left", "[server]") {
  ChangingCluster etcd;
  Host host;
  Cluster cluster(host, etcd.seed_endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  for (const char *key : {"k1", "k2"}) {
    etcd.replace_oldest();
    etcd.put(key, "value");
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }));
  }
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(cluster.finish(cluster.put("put", "value")).code() == ETCDCLI_OK);
}

TEST_CASE("MemberReplace: a client goes on when no member is left of those it was told of", "[server]") {
  ChangingCluster etcd;
  Host host;
  Cluster cluster(host, etcd.seed_endpoints(), discovering);
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  for (const char *key : {"k1", "k2", "k3"}) {
    etcd.replace_oldest();
    // It has asked who is there by then.
    host.run_for(Milliseconds{2000});
    etcd.put(key, "value");
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }, Milliseconds{8000}));
    CHECK(cluster.finish(cluster.put("put", key)).code() == ETCDCLI_OK);
  }
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  // Those that it was told of stay, and none of them is the current one.
  const std::vector<Reached> all = reached(cluster);
  CHECK(count_with(all, ETCDCLI_ENDPOINT_SEED) == 3);
  CHECK(count_with(all, ETCDCLI_ENDPOINT_SEED | ETCDCLI_ENDPOINT_CURRENT) == 0);
  CHECK(count_with(all, ETCDCLI_ENDPOINT_HEALTHY) == 3);
}

/// Simple tokens are in the members' memories. Who comes to a log that has been cut off at a snapshot learns of those
/// alone that are made from then on; and from 3.5.28 on takes no question who the members are without one.
TEST_CASE("MemberReplaceAuthenticated: a client goes on that had logged in before any of the members came",
          "[server][not-3.5.1]") {
  ChangingCluster etcd({"--snapshot-count=500"});
  etcd.enable_authentication();
  Host host;
  Options options = {{"auth.user", "root"}, {"auth.password", "secret"}};
  options.insert(options.end(), discovering.begin(), discovering.end());
  options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
  Cluster cluster(host, etcd.seed_endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  // Of the entries before a snapshot etcd keeps 5,000 for members that lag.
  for (int round = 0; round < 60; ++round) {
    std::vector<const Call *> puts;
    for (int i = 0; i < 100; ++i) puts.push_back(&cluster.put("filler", "value"));
    REQUIRE(host.wait_until(
        [&] { return std::all_of(puts.begin(), puts.end(), [](const Call *put) { return put->ends == 1; }); }));
  }
  etcd.on_added = [&](const EtcdMember &added) {
    REQUIRE(host.wait_until(
        [&] {
          const std::vector<Reached> all = reached(cluster);
          return std::any_of(all.begin(), all.end(), [&](const Reached &one) { return one.url == added.url(); });
        },
        Milliseconds{20'000}));
  };
  for (const char *key : {"k1", "k2", "k3"}) {
    etcd.replace_oldest();
    etcd.put(key, "value");
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }, Milliseconds{8000}));
    CHECK(cluster.finish(cluster.put("put", key)).code() == ETCDCLI_OK);
  }
}

/// The only member that has ever answered is gone, and there is no token, or none that the others know. From 3.5.28 on
/// they do not say who they are without one.
TEST_CASE("MemberLoggedInAt: where nothing else answers, a client logs in at an advertised address", "[server]") {
  const std::string reason = GENERATE("other credentials", "an old token");
  EtcdCluster etcd(3);
  Network network(etcd);
  for (std::size_t i : {1, 2}) {
    network.to(i).refuse();
    etcd.member(i).kill();
    etcd.member(i).restart({"--advertise-client-urls=" + network.to(i).url()});
    etcd.wait_healthy();
  }
  enable_authentication_of(ports_of(etcd));
  Host host;
  Options options = {{"auth.user", "root"}, {"auth.password", "secret"}};
  options.insert(options.end(), discovering.begin(), discovering.end());
  options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
  Cluster cluster(host, etcd.member(0).url(), options);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  const auto tried = [&](std::size_t member) {
    return std::any_of(cluster.log.begin(), cluster.log.end(), [&](const std::string &line) {
      return line.find("advertised") != std::string::npos && line.find(network.to(member).url()) != std::string::npos;
    });
  };
  REQUIRE(host.wait_until([&] { return tried(1) && tried(2); }, Milliseconds{20'000}));
  CHECK(reached(cluster).size() == 1);

  etcd.member(0).kill();
  if (reason == "an old token") {
    // Those are in the members' memories.
    for (std::size_t i : {1, 2}) {
      etcd.member(i).kill();
      etcd.member(i).restart();
    }
  } else {
    etcdcli_credentials credentials = ETCDCLI_CREDENTIALS_INIT;
    credentials.user = etcdcli_bytes("root", 4);
    credentials.password = etcdcli_bytes("secret", 6);
    REQUIRE(etcdcli_cluster_set_credentials(cluster.handle(), &credentials) == ETCDCLI_OK);
  }
  REQUIRE(host.wait_until([&] { return cluster.told.back().state == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  network.heal();
  REQUIRE(host.wait_until([&] { return watch.live(); }, Milliseconds{20'000}));
  CHECK(cluster.finish(cluster.put("k1", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.picture.count("k1") == 1; }));
}

/// As something does that waits for the end of a line which never comes.
TEST_CASE("MemberBehindSilence: a member is reached whose address takes gRPC in silence", "[server][grpc]") {
  EtcdCluster etcd(3);
  FakeHttpServer middlebox{[&](const FakeHttpServer::Request &request) {
    const std::size_t path = request.head.find(' ') + 1;
    const std::string asked = request.head.substr(path, request.head.find(' ', path) - path);
    if (asked.front() != '/') return FakeReply{"", FakeReply::Then::keep_open};
    const auto answer = http_post(etcd.member(1).port(), asked, request.body);
    return answer ? http_reply(answer->status, "application/json", answer->body)
                  : FakeReply{"", FakeReply::Then::close};
  }};
  etcd.member(1).kill();
  etcd.member(1).restart({"--advertise-client-urls=" + middlebox.url()});
  etcd.wait_healthy();
  Host host;
  Options options = {{"wire", "auto"}, {"attempt.timeout.ms", "500"}};
  options.insert(options.end(), discovering.begin(), discovering.end());
  Cluster cluster(host, etcd.member(0).url(), options);
  REQUIRE(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  const auto behind = [&] {
    const std::vector<Reached> all = reached(cluster);
    const auto one = std::find_if(all.begin(), all.end(), [&](const Reached &at) { return at.url == middlebox.url(); });
    return one == all.end() ? "" : one->wire;
  };
  REQUIRE(host.wait_until([&] { return !behind().empty(); }, Milliseconds{20'000}));
  // It is asked as it has answered, and the others as they speak.
  CHECK(behind() == "json");
  etcd.member(0).kill();
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  CHECK(behind() == "json");
}

TEST_CASE("MemberDiscovered: a client that was told of one member goes on with the others", "[server]") {
  EtcdCluster etcd(3);
  Host host;
  Cluster cluster(host, etcd.member(0).url(), discovering);
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held() && reached(cluster).size() == 3; }));
  for (const Reached &endpoint : reached(cluster)) {
    CHECK(endpoint.name.substr(0, 1) == "m");
    CHECK(endpoint.id != 0);
    CHECK((endpoint.flags & ETCDCLI_ENDPOINT_HEALTHY) != 0);
  }
  CHECK(etcdcli_cluster_id(cluster.handle()) != 0);
  CHECK(std::string_view(etcdcli_cluster_server_version(cluster.handle())).substr(0, 2) == "3.");

  etcd.member(0).kill();
  ask_any({etcd.member(1).port(), etcd.member(2).port()}, "/v3/kv/put", put_request("k1", "value"));
  REQUIRE(host.wait_until([&] { return watch.picture.count("k1") == 1; }));
  CHECK(cluster.finish(cluster.put("put", "value")).code() == ETCDCLI_OK);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  const std::vector<Reached> all = reached(cluster);
  CHECK(all.size() == 3);
  CHECK(count_with(all, ETCDCLI_ENDPOINT_SEED | ETCDCLI_ENDPOINT_CURRENT) == 0);
}

TEST_CASE("MemberSeedsAlone: where nothing is to be discovered, the configured endpoints are all there are",
          "[server]") {
  EtcdCluster etcd(3);
  Host host;
  Cluster cluster(host, etcd.member(0).url(), {{"endpoints.discover", "false"}, {"endpoints.refresh.ms", "100"}});
  REQUIRE(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  host.run_for(Milliseconds{1000});
  CHECK(reached(cluster).size() == 1);
  etcd.member(0).kill();
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE);
}

TEST_CASE("MemberAdvertisesNothingOfUse: what members advertise costs no more than a try", "[server]") {
  // Nobody listens at port 1; and no address is without a host, or under another scheme, or below a path.
  EtcdCluster etcd(3, {"--advertise-client-urls=http://0.0.0.0:2379,http://127.0.0.1:1,https://127.0.0.1:2"});
  Host host;
  Cluster cluster(host, etcd.endpoints(), discovering);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  host.run_for(Milliseconds{2000});
  CHECK(reached(cluster).size() == 3);
  CHECK(cluster.told.size() == 1);
  // One after the other goes: the two that are left, then the one, which has no quorum.
  for (std::size_t gone = 0; gone < 1; ++gone) {
    etcd.member(gone).kill();
    REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  }
  CHECK(cluster.told.size() == 1);
  etcd.member(1).kill();
  etcd.member(2).kill();
  const Deadline soon{Milliseconds{3000}};
  REQUIRE(host.wait_until([&] { return cluster.told.back().state == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  CHECK(!soon.passed());
}

TEST_CASE("MemberWiped: a client goes on while members lose their data and join again", "[server]") {
  EtcdCluster etcd(3, {"--strict-reconfig-check=false"});
  Host host;
  Cluster cluster(host, etcd.endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  const std::vector<std::uint16_t> all = ports_of(etcd);
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    EtcdMember &member = etcd.member(i);
    const std::vector<std::uint16_t> others{all[(i + 1) % 3], all[(i + 2) % 3]};
    const std::string id = member_id(others, member);
    const auto reconfigure_others = [&](const std::string &what, const std::string &body) {
      // etcd may take long to answer, and a host that does not pump meanwhile loses its lease.
      std::future<void> done = std::async(std::launch::async, [&] { reconfigure(others, what, body); });
      host.wait_until([&] { return done.wait_for(Milliseconds{0}) == std::future_status::ready; }, 2 * patience);
      done.get();
    };
    reconfigure_others("remove", "{\"ID\":\"" + id + "\"}");
    member.kill();
    member.wipe();
    reconfigure_others("add", "{\"peerURLs\":[\"" + member.peer_url() + "\"]}");
    member.restart({"--initial-cluster-state=existing"});
    REQUIRE(host.wait_until([&] { return member.healthy(); }));
    const std::string key = "k" + std::to_string(i);
    ask_any(others, "/v3/kv/put", put_request(key, ""));
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }));
  }
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

// Said before anything is proposed: it did not happen, and the member that says it is as good as any.
TEST_CASE_METHOD(WithThreeMembers, "MemberUnhealthy: that too few members are there for one more is told as what it is",
                 "[server]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  const std::string home = current_url(cluster);
  std::size_t victim = 0;
  while (etcd.member(victim).url() == home) ++victim;
  etcd.member(victim).kill();
  // An election, if it led, for which the cluster may look elsewhere.
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  const std::string used = current_url(cluster);
  const int ends = watch.times(ETCDCLI_WATCHER_BACKOFF);

  const ReservedPort port;
  const std::string peer_url = port.url();
  const etcdcli_slice urls[] = {slice(peer_url)};
  etcdcli_member_params params = ETCDCLI_MEMBER_PARAMS_INIT;
  params.peer_urls = urls;
  params.peer_url_count = 1;
  const Call &add = cluster.finish(cluster.submit(etcdcli_member_add, params));
  INFO(add.error.message);
  CHECK(add.code() == ETCDCLI_ERR_SERVER);
  CHECK(add.error.grpc_code == 14);
  CHECK_THAT(add.error.message, Catch::Contains("unhealthy cluster"));
  CHECK_FALSE(add.error.may_have_happened);
  CHECK(add.error.worth_retrying);
  CHECK(current_url(cluster) == used);
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) == ends);
  CHECK(cluster.finish(cluster.submit(etcdcli_member_list, etcdcli_member_list_params ETCDCLI_MEMBER_LIST_PARAMS_INIT))
            .admin.members.size() == 3);
}
