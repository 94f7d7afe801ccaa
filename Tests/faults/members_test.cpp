// Clusters whose members change.
#include <catch2/catch.hpp>

#include "harness/http.h"
#include "harness/json.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

/// A cluster that may replace its members: the ones it began with, and later ones.
class ChangingCluster {
 public:
  /// Without strict-reconfig-check, members may be added and removed as soon as a quorum is there.
  ChangingCluster() : seeds_(3, {"--strict-reconfig-check=false"}) {
    for (std::size_t i = 0; i < seeds_.size(); ++i) members_.push_back(&seeds_.member(i));
  }

  std::string seed_endpoints() const { return seeds_.endpoints(); }

  /// A new member joins; then the oldest one is taken out, and killed.
  void replace_oldest() {
    EtcdMember &added =
        *later_.emplace_back(std::make_unique<EtcdMember>("later" + std::to_string(later_.size()), directory_.path()));
    ask_any(ports(), "/v3/cluster/member/add", "{\"peerURLs\":[\"" + added.peer_url() + "\"]}");
    std::string initial_cluster = added.name() + "=" + added.peer_url();
    for (const EtcdMember *member : members_) initial_cluster += "," + member->name() + "=" + member->peer_url();
    added.start(initial_cluster, {"--initial-cluster-state=existing", "--strict-reconfig-check=false"});
    added.wait_healthy();
    members_.push_back(&added);

    EtcdMember &oldest = *members_.front();
    const std::string id = id_of(oldest);
    members_.erase(members_.begin());
    ask_any(ports(), "/v3/cluster/member/remove", "{\"ID\":\"" + id + "\"}");
    oldest.kill();
    for (const EtcdMember *member : members_) member->wait_healthy();
  }

  void put(const std::string &key, const std::string &value) const {
    ask_any(ports(), "/v3/kv/put", "{\"key\":" + json_bytes(key) + ",\"value\":" + json_bytes(value) + "}");
  }

 private:
  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const EtcdMember *member : members_) ports.push_back(member->port());
    return ports;
  }

  std::string id_of(const EtcdMember &member) const {
    const std::string list = ask_any(ports(), "/v3/cluster/member/list", "{}");
    const std::size_t name = list.find("\"name\":\"" + member.name() + "\"");
    return json_field(std::string_view(list).substr(list.rfind("{\"ID\":", name)), "ID");
  }

  EtcdCluster seeds_;
  TempDir directory_;
  std::vector<std::unique_ptr<EtcdMember>> later_;
  std::vector<EtcdMember *> members_;
};

}  // namespace

TEST_CASE("MemberReplaceWithSeed: a client goes on while members are replaced and a seed is left") {
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

TEST_CASE("MemberReplace: a client goes on when no member is left of those it was told of", "[!shouldfail]") {
  ChangingCluster etcd;
  Host host;
  Cluster cluster(host, etcd.seed_endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  for (const char *key : {"k1", "k2", "k3"}) {
    etcd.replace_oldest();
    etcd.put(key, "value");
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }, Milliseconds{10000}));
  }
  CHECK(cluster.finish(cluster.put("put", "value")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithThreeMembers, "MemberWiped: a client goes on while a member is wiped and joins again") {
  Cluster cluster(host, etcd.endpoints());
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  const std::vector<std::uint16_t> all = ports_of(etcd);
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    EtcdMember &member = etcd.member(i);
    const std::vector<std::uint16_t> others{all[(i + 1) % 3], all[(i + 2) % 3]};
    member.kill();
    member.wipe();
    const std::string list = ask_any(others, "/v3/cluster/member/list", "{}");
    const std::size_t name = list.find("\"name\":\"" + member.name() + "\"");
    const std::string id = json_field(std::string_view(list).substr(list.rfind("{\"ID\":", name)), "ID");
    const auto done = [&](const std::string &what, const std::string &body) {
      return eventually([&] {  // two of three are up: etcd wants to have seen them for a while
        const std::optional<HttpAnswer> answer = http_post(others[0], "/v3/cluster/member/" + what, body);
        return answer && answer->status == 200;
      });
    };
    REQUIRE(done("remove", "{\"ID\":\"" + id + "\"}"));
    REQUIRE(done("add", "{\"peerURLs\":[\"" + member.peer_url() + "\"]}"));
    member.restart({"--initial-cluster-state=existing"});
    member.wait_healthy();
    const std::string key = "k" + std::to_string(i);
    ask_any(others, "/v3/kv/put", "{\"key\":" + json_bytes(key) + ",\"value\":\"\"}");
    REQUIRE(host.wait_until([&] { return watch.picture.count(key) == 1; }));
  }
}
