// What administers: members, users, roles, and the upkeep of databases (admin.h).
#include <etcdcli/admin.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"
#include "harness/http.h"
#include "harness/json.h"

using namespace harness;

namespace {

etcdcli_maintenance_params at(const std::string &url) {
  etcdcli_maintenance_params params = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  params.endpoint = url.c_str();
  return params;
}

etcdcli_user_params user_params(std::string_view name, std::string_view password = "", std::string_view role = "") {
  etcdcli_user_params params = ETCDCLI_USER_PARAMS_INIT;
  params.name = slice(name);
  params.password = slice(password);
  params.role = slice(role);
  return params;
}

etcdcli_role_params role_params(std::string_view name) {
  etcdcli_role_params params = ETCDCLI_ROLE_PARAMS_INIT;
  params.name = slice(name);
  return params;
}

etcdcli_gateway_params gateway_params(const char *path, std::string_view body) {
  etcdcli_gateway_params params = ETCDCLI_GATEWAY_PARAMS_INIT;
  params.path = path;
  params.body = slice(body);
  return params;
}

const etcdcli_maintenance_params here = ETCDCLI_MAINTENANCE_PARAMS_INIT;
const etcdcli_auth_params auth = ETCDCLI_AUTH_PARAMS_INIT;
const etcdcli_member_list_params members = ETCDCLI_MEMBER_LIST_PARAMS_INIT;

/// What a server answers without authentication: 200, or that somebody has to say who he is.
int status_of_range(const EtcdMember &member, const std::string &headers = "") {
  const auto answer = http_post(member.port(), "/v3/kv/range", R"({"key":"a2V5"})", headers);
  return answer ? answer->status : 0;
}

/// Whether this is a server of that version.
bool is(const EtcdMember &member, const std::string &version) {
  const auto answer = http_get(member.port(), "/version");
  return answer && answer->body.find("\"etcdserver\":\"" + version) != std::string::npos;
}

}  // namespace

// Members

TEST_CASE_METHOD(WithEtcd, "A member is listed, added as a learner, promoted, updated and removed", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const Call &alone = cluster.finish(cluster.submit(etcdcli_member_list, members));
  REQUIRE(alone.code() == ETCDCLI_OK);
  REQUIRE(alone.admin.members.size() == 1);
  CHECK(alone.admin.members[0].name == "m0");
  CHECK(alone.admin.members[0].client_urls == std::vector<std::string>{etcd.endpoints()});
  CHECK(alone.admin.members[0].peer_urls == std::vector<std::string>{etcd.member(0).peer_url()});
  CHECK_FALSE(alone.admin.members[0].is_learner);
  CHECK(alone.admin.members[0].id == alone.admin.member_id);

  TempDir directory;
  EtcdMember newcomer("new", directory.path());
  const std::string peer_url = newcomer.peer_url();
  const etcdcli_slice urls[] = {slice(peer_url)};
  etcdcli_member_params params = ETCDCLI_MEMBER_PARAMS_INIT;
  params.peer_urls = urls;
  params.peer_url_count = 1;
  params.flags = ETCDCLI_LEARNER;
  const Call &add = cluster.finish(cluster.submit(etcdcli_member_add, params));
  REQUIRE(add.code() == ETCDCLI_OK);
  REQUIRE(add.admin.added);
  CHECK(add.admin.added->is_learner);
  CHECK(add.admin.added->peer_urls == std::vector<std::string>{peer_url});
  CHECK(add.admin.added->name == "");
  CHECK(add.admin.members.size() == 2);

  etcdcli_member_params promote = ETCDCLI_MEMBER_PARAMS_INIT;
  promote.member = add.admin.added->id;
  const Call &early = cluster.finish(cluster.submit(etcdcli_member_promote, promote));
  CHECK(early.code() == ETCDCLI_ERR_SERVER);
  CHECK(early.error.grpc_code == 9);

  newcomer.start("m0=" + etcd.member(0).peer_url() + ",new=" + peer_url, {"--initial-cluster-state=existing"});
  // A learner can be asked by its name for what is its own.
  const std::string url = newcomer.url();
  REQUIRE(host.wait_until([&] {
    const Call &status = cluster.finish(cluster.submit(etcdcli_status, at(url)));
    return status.code() == ETCDCLI_OK && status.admin.status && status.admin.status->is_learner;
  }));
  REQUIRE(host.wait_until(
      [&] { return cluster.finish(cluster.submit(etcdcli_member_promote, promote)).code() == ETCDCLI_OK; }));
  newcomer.wait_healthy();
  const Call &two = cluster.finish(cluster.submit(etcdcli_member_list, members));
  REQUIRE(two.admin.members.size() == 2);
  CHECK(std::none_of(two.admin.members.begin(), two.admin.members.end(), [](const auto &m) { return m.is_learner; }));

  // Raft drops a change of members, without a word, while the one before is not behind it: a put comes after both.
  oracle.put("settled", "");
  etcdcli_member_params update = promote;
  const etcdcli_slice both[] = {slice(peer_url), slice("http://127.0.0.1:1")};
  update.peer_urls = both;
  update.peer_url_count = 2;
  const Call &updated = cluster.finish(cluster.submit(etcdcli_member_update, update));
  CHECK(updated.code() == ETCDCLI_OK);
  CHECK(std::any_of(updated.admin.members.begin(), updated.admin.members.end(),
                    [](const auto &m) { return m.peer_urls.size() == 2; }));

  oracle.put("settled", "");
  etcdcli_member_params remove = ETCDCLI_MEMBER_PARAMS_INIT;
  remove.member = promote.member;
  // Refused for as long as the one that was added has not been there for a while.
  REQUIRE(host.wait_until(
      [&] { return cluster.finish(cluster.submit(etcdcli_member_remove, remove)).code() == ETCDCLI_OK; }));
  oracle.put("settled", "");
  const Call &gone = cluster.finish(cluster.submit(etcdcli_member_remove, remove));
  CHECK(gone.code() == ETCDCLI_ERR_SERVER);
  CHECK(gone.error.grpc_code == 5);
}

TEST_CASE_METHOD(WithThreeMembers, "A member list that is serializable needs no leader, another does",
                 "[calls][etcd]") {
  Cluster cluster(host, etcd.member(0).url(), quick_recovery);
  etcd.member(1).kill();
  etcd.member(2).kill();
  REQUIRE(eventually([&] { return !etcd.member(0).healthy(); }));
  etcdcli_member_list_params params = ETCDCLI_MEMBER_LIST_PARAMS_INIT;
  params.flags = ETCDCLI_SERIALIZABLE;
  CHECK(cluster.finish(cluster.submit(etcdcli_member_list, params)).admin.members.size() == 3);
  params.flags = 0;
  params.timeout_ms = 1000;
  CHECK(cluster.finish(cluster.submit(etcdcli_member_list, params)).code() == ETCDCLI_ERR_UNAVAILABLE);
}

TEST_CASE_METHOD(WithThreeMembers, "A call that needs no leader lasts through an election", "[calls][etcd]") {
  Cluster cluster(host, etcd.member(0).url(), quick_recovery);
  oracle.put("key", "value");
  etcd.member(1).freeze();
  etcd.member(2).freeze();
  REQUIRE(eventually([&] { return !etcd.member(0).healthy(); }));
  etcdcli_put_params put = put_params("key", "waited");
  put.flags = ETCDCLI_WITHOUT_LEADER;
  put.timeout_ms = 20000;
  Call &patient = cluster.put(put);
  etcdcli_put_params other = put_params("other", "value");
  other.timeout_ms = 500;
  // With a leader required it is refused again and again, and known not to have happened.
  const Call &refused = cluster.finish(cluster.put(other));
  CAPTURE(refused.error.message);
  CHECK(refused.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK_FALSE(refused.error.may_have_happened);
  CHECK_FALSE(patient.ended());
  etcd.member(1).thaw();
  etcd.member(2).thaw();
  cluster.finish(patient);
  CAPTURE(patient.error.message);
  CHECK(patient.code() == ETCDCLI_OK);
  CHECK(oracle.value("key") == "waited");
}

// Authentication

TEST_CASE_METHOD(WithEtcd, "Users, roles and permissions", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const auto code = [&](auto function, const auto &params) {
    return cluster.finish(cluster.submit(function, params)).code();
  };
  CHECK(code(etcdcli_user_add, user_params("ada", "secret")) == ETCDCLI_OK);
  CHECK(code(etcdcli_user_add, user_params("ada", "secret")) == ETCDCLI_ERR_SERVER);
  etcdcli_user_params machine = user_params("machine");
  machine.flags = ETCDCLI_NO_PASSWORD;
  CHECK(code(etcdcli_user_add, machine) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.submit(etcdcli_user_list, auth)).admin.names ==
        std::vector<std::string>{"ada", "machine"});
  CHECK(code(etcdcli_user_delete, user_params("machine")) == ETCDCLI_OK);
  CHECK(code(etcdcli_user_delete, user_params("machine")) == ETCDCLI_ERR_SERVER);

  CHECK(code(etcdcli_role_add, role_params("reader")) == ETCDCLI_OK);
  CHECK(code(etcdcli_role_add, role_params("spare")) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.submit(etcdcli_role_list, auth)).admin.names ==
        std::vector<std::string>{"reader", "spare"});
  CHECK(code(etcdcli_role_delete, role_params("spare")) == ETCDCLI_OK);

  etcdcli_role_params prefix = role_params("reader");
  prefix.key = slice("game/");
  prefix.flags = ETCDCLI_PREFIX;
  prefix.permission = ETCDCLI_PERMISSION_READ;
  CHECK(code(etcdcli_role_grant_permission, prefix) == ETCDCLI_OK);
  etcdcli_role_params from = role_params("reader");
  from.key = slice("x");
  from.flags = ETCDCLI_FROM_KEY;
  from.permission = ETCDCLI_PERMISSION_READ_WRITE;
  CHECK(code(etcdcli_role_grant_permission, from) == ETCDCLI_OK);
  etcdcli_role_params one = role_params("reader");
  one.key = slice("key");
  one.permission = ETCDCLI_PERMISSION_WRITE;
  CHECK(code(etcdcli_role_grant_permission, one) == ETCDCLI_OK);

  auto permissions = cluster.finish(cluster.submit(etcdcli_role_get, role_params("reader"))).admin.permissions;
  std::sort(permissions.begin(), permissions.end(), [](const auto &a, const auto &b) { return a.key < b.key; });
  REQUIRE(permissions.size() == 3);
  CHECK(permissions[0].type == ETCDCLI_PERMISSION_READ);
  CHECK(permissions[0].key == "game/");
  CHECK(permissions[0].range_end == "game0");
  CHECK(permissions[1].type == ETCDCLI_PERMISSION_WRITE);
  CHECK(permissions[1].key == "key");
  CHECK(permissions[1].range_end == "");
  CHECK(permissions[1].flags == 0);
  CHECK(permissions[2].type == ETCDCLI_PERMISSION_READ_WRITE);
  CHECK(permissions[2].flags == ETCDCLI_FROM_KEY);
  prefix.permission = 0;
  CHECK(code(etcdcli_role_revoke_permission, prefix) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.submit(etcdcli_role_get, role_params("reader"))).admin.permissions.size() == 2);

  CHECK(code(etcdcli_user_grant_role, user_params("ada", "", "reader")) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.submit(etcdcli_user_get, user_params("ada"))).admin.names ==
        std::vector<std::string>{"reader"});
  CHECK(code(etcdcli_user_revoke_role, user_params("ada", "", "reader")) == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.submit(etcdcli_user_get, user_params("ada"))).admin.names.empty());
  CHECK(code(etcdcli_user_change_password, user_params("ada", "another")) == ETCDCLI_OK);
  CHECK(code(etcdcli_user_change_password, user_params("nobody", "another")) == ETCDCLI_ERR_SERVER);
}

TEST_CASE_METHOD(WithEtcd, "Authentication is enabled and disabled", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const auto code = [&](auto function, const auto &params) {
    return cluster.finish(cluster.submit(function, params)).code();
  };
  CHECK(code(etcdcli_auth_enable, auth) == ETCDCLI_ERR_SERVER);  // without a root it would lock everybody out
  const bool knows_status = !is(etcd.member(0), "3.4");
  const Call &off = cluster.finish(cluster.submit(etcdcli_auth_status, auth));
  if (knows_status) {
    REQUIRE(off.admin.auth_state);
    CHECK(off.admin.auth_state->is_enabled == 0);
  } else {
    CHECK(off.code() == ETCDCLI_ERR_PROTOCOL);
    CHECK(off.error.http_status == 404);
  }
  REQUIRE(code(etcdcli_user_add, user_params("root", "secret")) == ETCDCLI_OK);
  REQUIRE(code(etcdcli_role_add, role_params("root")) == ETCDCLI_OK);
  REQUIRE(code(etcdcli_user_grant_role, user_params("root", "", "root")) == ETCDCLI_OK);
  REQUIRE(status_of_range(etcd.member(0)) == 200);
  REQUIRE(code(etcdcli_auth_enable, auth) == ETCDCLI_OK);
  CHECK(status_of_range(etcd.member(0)) == 400);
  // Now it has to be said who asks, for this too.
  if (knows_status) {
    const Call &on = cluster.finish(cluster.submit(etcdcli_auth_status, auth));
    CHECK(on.code() == ETCDCLI_ERR_UNAUTHENTICATED);
    CHECK(on.error.grpc_code == 3);
  }
  // The password that was set is the one that logs in.
  const auto login =
      http_post(etcd.member(0).port(), "/v3/auth/authenticate", R"({"name":"root","password":"secret"})");
  REQUIRE(login);
  const std::string token = "Authorization: " + json_field(login->body, "token") + "\r\n";
  CHECK(status_of_range(etcd.member(0), token) == 200);
  REQUIRE(http_post(etcd.member(0).port(), "/v3/auth/disable", "{}", token)->status == 200);
  CHECK(code(etcdcli_auth_disable, auth) == ETCDCLI_OK);
  if (knows_status) {
    const Call &again = cluster.finish(cluster.submit(etcdcli_auth_status, auth));
    REQUIRE(again.admin.auth_state);
    CHECK(again.admin.auth_state->is_enabled == 0);
    CHECK(again.admin.auth_state->revision > off.admin.auth_state->revision);
  }
}

// Maintenance

TEST_CASE_METHOD(WithThreeMembers, "Status and hashes are those of the member that is named", "[calls][etcd]") {
  Cluster cluster(host, etcd.member(0).url());
  const std::int64_t revision = oracle.put("key", "value");
  std::uint64_t leader = 0;
  std::vector<std::uint64_t> ids;
  std::vector<std::uint32_t> hashes;
  // Only the gateways of these lack it.
  const bool has_hash_kv = speaks_grpc() || (!is(etcd.member(0), "3.4") && !is(etcd.member(0), "3.5.1\""));
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    const std::string url = etcd.member(i).url();
    const Call &status = cluster.finish(cluster.submit(etcdcli_status, at(url)));
    REQUIRE(status.code() == ETCDCLI_OK);
    REQUIRE(status.admin.status);
    CHECK(status.admin.status->version.substr(0, 2) == "3.");
    CHECK(status.admin.status->db_size > 0);
    CHECK(status.admin.status->db_size_in_use > 0);
    CHECK(status.admin.status->db_size_in_use <= status.admin.status->db_size);
    CHECK(status.admin.status->raft_term > 0);
    CHECK(status.admin.status->raft_index >= status.admin.status->raft_applied_index);
    CHECK_FALSE(status.admin.status->is_learner);
    CHECK(status.admin.status->problems.empty());
    ids.push_back(status.admin.member_id);
    leader = status.admin.status->leader;

    REQUIRE(eventually([&] { return Oracle(etcd.member(i)).value("key") == "value"; }));
    etcdcli_maintenance_params params = at(url);
    params.revision = revision;
    const Call &hash = cluster.finish(cluster.submit(etcdcli_hash_kv, params));
    if (has_hash_kv) {
      REQUIRE(hash.admin.hash);
      CHECK(hash.admin.member_id == ids.back());
      hashes.push_back(hash.admin.hash->hash);
    } else {
      CHECK(hash.code() == ETCDCLI_ERR_PROTOCOL);
      CHECK(hash.error.http_status == 404);
      CHECK_FALSE(hash.error.worth_retrying);
    }
    const Call &whole = cluster.finish(cluster.submit(etcdcli_hash, at(url)));
    REQUIRE(whole.admin.hash);
    CHECK(whole.admin.hash->hash != 0);
  }
  for (const std::uint32_t hash : hashes) CHECK(hash == hashes[0]);
  CHECK(std::count(ids.begin(), ids.end(), leader) == 1);
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE_METHOD(WithThreeMembers, "The leader is found, and another is made", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &list = cluster.finish(cluster.submit(etcdcli_member_list, members));
  for (int round = 0; round < 3; ++round) {
    const Call &status = cluster.finish(cluster.submit(etcdcli_status, here));
    REQUIRE(status.admin.status);
    const auto other = std::find_if(list.admin.members.begin(), list.admin.members.end(),
                                    [&](const auto &member) { return member.id != status.admin.status->leader; });
    REQUIRE(other != list.admin.members.end());
    etcdcli_maintenance_params params = ETCDCLI_MAINTENANCE_PARAMS_INIT;
    params.member = other->id;
    REQUIRE(cluster.finish(cluster.submit(etcdcli_move_leader, params)).code() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] {
      const Call &after = cluster.finish(cluster.submit(etcdcli_status, here));
      return after.admin.status && after.admin.status->leader == other->id;
    }));
    // One that is not the leader says so, if it is the one that is named.
    for (std::size_t i = 0; i < etcd.size(); ++i) {
      const std::string url = etcd.member(i).url();
      if (url == other->client_urls.at(0)) continue;
      etcdcli_maintenance_params named = at(url);
      named.member = other->id;
      const Call &refused = cluster.finish(cluster.submit(etcdcli_move_leader, named));
      CHECK(refused.code() == ETCDCLI_ERR_SERVER);
      CHECK_FALSE(refused.error.may_have_happened);
      CHECK_THAT(refused.error.message, Catch::Contains("not leader"));
    }
  }
}

TEST_CASE_METHOD(WithEtcd, "An alarm stops writes until it is ended", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  CHECK(cluster.finish(cluster.submit(etcdcli_alarm_list, here)).admin.alarms.empty());
  etcdcli_maintenance_params params = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  params.member = cluster.finish(cluster.submit(etcdcli_status, here)).admin.member_id;
  params.alarm = ETCDCLI_ALARM_NOSPACE;
  REQUIRE(cluster.finish(cluster.submit(etcdcli_alarm_activate, params)).code() == ETCDCLI_OK);
  const Call &list = cluster.finish(cluster.submit(etcdcli_alarm_list, here));
  REQUIRE(list.admin.alarms.size() == 1);
  CHECK(list.admin.alarms[0].member == params.member);
  CHECK(list.admin.alarms[0].type == ETCDCLI_ALARM_NOSPACE);
  const Call &status = cluster.finish(cluster.submit(etcdcli_status, here));
  REQUIRE(status.admin.status);
  CHECK_FALSE(status.admin.status->problems.empty());
  CHECK(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_ERR_SERVER);
  etcdcli_maintenance_params all = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  all.member = params.member;
  all.alarm = ETCDCLI_ALARM_NOSPACE;
  const Call &ended = cluster.finish(cluster.submit(etcdcli_alarm_deactivate, all));
  REQUIRE(ended.code() == ETCDCLI_OK);
  CHECK(ended.admin.alarms.size() == 1);
  CHECK(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "Defragmenting gives back what compaction made free", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::string value(100000, 'v');
  std::int64_t revision = 0;
  for (int i = 0; i < 50; ++i) revision = oracle.put("key", value);
  oracle.compact(revision);
  const auto size = [&] { return cluster.finish(cluster.submit(etcdcli_status, here)).admin.status->db_size; };
  const std::int64_t before = size();
  // What compaction does comes a moment after it has been answered.
  REQUIRE(host.wait_until([&] {
    REQUIRE(cluster.finish(cluster.submit(etcdcli_defragment, here)).code() == ETCDCLI_OK);
    return size() < before / 2;
  }));
  CHECK(oracle.value("key") == value);
}

TEST_CASE("What takes long has its time in one attempt", "[calls]") {
  Host host;
  FakeHttpServer server([](const auto &) { return FakeReply{""}; });
  Cluster cluster(host, server.url(), {{"request.timeout.ms", "200"}, {"attempt.timeout.ms", "100"}});
  Call &defragment = cluster.submit(etcdcli_defragment, here);
  etcdcli_maintenance_params timed = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  timed.timeout_ms = 700;
  const Call &hash = cluster.finish(cluster.submit(etcdcli_hash, timed));
  CHECK(hash.code() == ETCDCLI_ERR_TIMEOUT);
  CHECK(server.request_count() == 2);
  CHECK_FALSE(defragment.ended());
}

TEST_CASE_METHOD(WithEtcd, "What a stranger does says nothing about the cluster", "[calls][etcd]") {
  FakeHttpServer stranger([](const auto &) { return http_reply(503, "text/html", "<html>busy</html>"); });
  Cluster cluster(host, etcd.endpoints());
  REQUIRE(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  const std::string url = stranger.url();
  etcdcli_maintenance_params params = at(url);
  params.timeout_ms = 1000;
  const Call &status = cluster.finish(cluster.submit(etcdcli_status, params));
  // By gRPC nothing has been said yet when it turns out that it is not spoken.
  CHECK(status.code() == (speaks_only_grpc() ? ETCDCLI_ERR_UNAVAILABLE : ETCDCLI_ERR_PROTOCOL));
  CHECK(status.error.endpoint == url);
  const Call &defragment = cluster.finish(cluster.submit(etcdcli_defragment, params));
  CHECK(defragment.code() == (speaks_only_grpc() ? ETCDCLI_ERR_UNAVAILABLE : ETCDCLI_ERR_UNKNOWN_OUTCOME));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);

  // Nor what another cluster is, even if it is the first that answers.
  const EtcdCluster other;
  Cluster fresh(host, etcd.endpoints());
  const std::string other_url = other.endpoints();
  const Call &foreign = cluster.finish(fresh.submit(etcdcli_status, at(other_url)));
  CHECK(foreign.code() == ETCDCLI_OK);
  CHECK(fresh.finish(fresh.put("key", "value")).code() == ETCDCLI_OK);
  CHECK(std::none_of(fresh.told.begin(), fresh.told.end(), [](const auto &told) { return told.error.code != 0; }));
}

// The gateway

TEST_CASE_METHOD(WithEtcd, "Locks are taken and given back through the gateway", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::string lease = std::to_string(oracle.grant_lease(100));
  const std::string body = R"({"name":)" + json_bytes("door") + R"(,"lease":")" + lease + "\"}";
  const Call &lock = cluster.finish(cluster.submit(etcdcli_gateway_call, gateway_params("lock/lock", body)));
  REQUIRE(lock.code() == ETCDCLI_OK);
  REQUIRE(lock.admin.json);
  const std::string key = json_field(*lock.admin.json, "key");
  CHECK(from_base64(key).substr(0, 5) == "door/");
  CHECK(lock.revision > 0);
  CHECK(oracle.get(from_base64(key)));

  const std::string unlock = R"({"key":")" + key + "\"}";
  CHECK(cluster.finish(cluster.submit(etcdcli_gateway_call, gateway_params("lock/unlock", unlock))).code() ==
        ETCDCLI_OK);
  CHECK_FALSE(oracle.get(from_base64(key)));

  const Call &none = cluster.finish(cluster.submit(etcdcli_gateway_call, gateway_params("lock/none", "")));
  CHECK(none.code() == ETCDCLI_ERR_PROTOCOL);
  CHECK(none.error.http_status == 404);
}

TEST_CASE_METHOD(WithEtcd, "An election is followed through the gateway", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::string name = json_bytes("throne");
  const auto call = [&](const char *path, const std::string &body) -> const Call & {
    return cluster.finish(cluster.submit(etcdcli_gateway_call, gateway_params(path, body)));
  };
  etcdcli_gateway_params observe = gateway_params("election/observe", "");
  const std::string observed = R"({"name":)" + name + "}";
  observe.body = slice(observed);
  observe.flags = ETCDCLI_GATEWAY_READS;
  Call &watch = cluster.submit(etcdcli_gateway_stream, observe);

  const std::string lease = std::to_string(oracle.grant_lease(100));
  const std::string campaign =
      R"({"name":)" + name + R"(,"lease":")" + lease + R"(","value":)" + json_bytes("one") + "}";
  const Call &won = call("election/campaign", campaign);
  REQUIRE(won.admin.json);
  const std::string key = json_field(*won.admin.json, "key");
  const std::string rev = json_field(*won.admin.json, "rev");
  const std::string leader =
      R"({"name":)" + name + R"(,"key":")" + key + R"(","rev":")" + rev + R"(","lease":")" + lease + "\"}";
  const auto last = [&] { return watch.parts.empty() ? "" : json_field(*watch.parts.back().admin.json, "value"); };
  REQUIRE(host.wait_until([&] { return last() == to_base64("one"); }));
  const Call &asked = call("election/leader", observed);
  REQUIRE(asked.admin.json);
  CHECK(json_field(*asked.admin.json, "value") == to_base64("one"));
  CHECK(call("election/proclaim", R"({"leader":)" + leader + R"(,"value":)" + json_bytes("two") + "}").code() ==
        ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return last() == to_base64("two"); }));
  CHECK(call("election/resign", R"({"leader":)" + leader + "}").code() == ETCDCLI_OK);
  CHECK_FALSE(watch.ended());
  REQUIRE(etcdcli_call_cancel(cluster.handle(), watch.id) == ETCDCLI_OK);
  cluster.finish(watch);
  CHECK(watch.code() == ETCDCLI_ERR_CANCELLED);
  CHECK_FALSE(watch.error.may_have_happened);
}

TEST_CASE_METHOD(WithEtcd, "Every other method answers through the gateway as it does by its function",
                 "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put("key", "value");
  etcdcli_gateway_params params = gateway_params("kv/range", R"({"key":"a2V5"})");
  params.flags = ETCDCLI_GATEWAY_READS;
  const Call &range = cluster.finish(cluster.submit(etcdcli_gateway_call, params));
  REQUIRE(range.admin.json);
  CHECK(json_field(*range.admin.json, "value") == to_base64("value"));
  const Call &wrong = cluster.finish(cluster.submit(etcdcli_gateway_call, gateway_params("kv/range", R"({"key":7})")));
  CHECK(wrong.code() == ETCDCLI_ERR_SERVER);
  CHECK(wrong.error.grpc_code == 3);
}

TEST_CASE_METHOD(WithEtcd, "What has no function is reached through the gateway", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &login = cluster.finish(
      cluster.submit(etcdcli_gateway_call, gateway_params("auth/authenticate", R"({"name":"ada","password":"x"})")));
  CHECK(login.code() == ETCDCLI_ERR_SERVER);
  CHECK(login.error.grpc_code == 9);
  CHECK_THAT(login.error.message, Catch::Contains("not enabled"));
  const Call &downgrade = cluster.finish(cluster.submit(
      etcdcli_gateway_call, gateway_params("maintenance/downgrade", R"({"action":"VALIDATE","version":"3.4.0"})")));
  if (is(etcd.member(0), "3.4")) {
    CHECK(downgrade.code() == ETCDCLI_ERR_PROTOCOL);
    CHECK(downgrade.error.http_status == 404);
  } else {
    // Refused as long as the members have not agreed on a version.
    const int code = downgrade.code();
    CHECK((code == ETCDCLI_OK || code == ETCDCLI_ERR_SERVER));
    if (code == ETCDCLI_OK) CHECK(json_field(*downgrade.admin.json, "version") != "");
  }
}

TEST_CASE("What the host says of a gateway's method decides how often it is sent", "[calls]") {
  Host host;
  FakeHttpServer server([](const auto &) { return http_reply(503, "text/html", "<html>busy</html>"); });
  Cluster cluster(host, server.url(), quick_recovery);
  etcdcli_gateway_params params = gateway_params("lock/lock", "");
  params.timeout_ms = 500;
  const Call &write = cluster.finish(cluster.submit(etcdcli_gateway_call, params));
  CHECK(write.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  CHECK(server.request_count() == 1);
  CHECK(server.requests()[0].asks_for("/v3/lock/lock"));
  CHECK(server.requests()[0].body == "{}");
  const Call &stream = cluster.finish(cluster.submit(etcdcli_gateway_stream, params));
  CHECK(stream.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  CHECK(server.request_count() == 2);
  params.flags = ETCDCLI_GATEWAY_READS;
  CHECK(cluster.finish(cluster.submit(etcdcli_gateway_call, params)).code() == ETCDCLI_ERR_PROTOCOL);
  const std::size_t after_call = server.request_count();
  CHECK(after_call > 3);
  CHECK(cluster.finish(cluster.submit(etcdcli_gateway_stream, params)).code() == ETCDCLI_ERR_PROTOCOL);
  CHECK(server.request_count() > after_call + 1);
}

// Arguments

TEST_CASE("What does not apply to a function of admin.h is refused by name", "[calls]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  const auto end = [](etcdcli_cluster *, const etcdcli_call_info *, void *) {};
  const auto refused = [&](auto function, const auto &params, const std::string &culprit) {
    INFO(culprit);
    CHECK(function(cluster.handle(), &params, end, nullptr, nullptr, nullptr) == ETCDCLI_ERR_ARGUMENT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(culprit));
    CHECK_THAT(etcdcli_last_error(), !Catch::Contains("hunter2"));
  };
  etcdcli_member_params member = ETCDCLI_MEMBER_PARAMS_INIT;
  refused(etcdcli_member_remove, member, "member_params.member");
  refused(etcdcli_member_add, member, "member_params.peer_urls");
  member.member = 7;
  refused(etcdcli_member_update, member, "member_params.peer_urls");
  member.flags = ETCDCLI_LEARNER;
  refused(etcdcli_member_promote, member, "member_params.flags");
  member = ETCDCLI_MEMBER_PARAMS_INIT;
  const etcdcli_slice no_text = slice("");
  member.peer_urls = &no_text;
  member.peer_url_count = 1;
  refused(etcdcli_member_add, member, "peer_urls[0] is empty");
  member.member = 7;
  refused(etcdcli_member_add, member, "member_params.member");

  refused(etcdcli_user_add, user_params(""), "user_params.name is empty");
  refused(etcdcli_user_add, user_params("ada"), "user_params.password is empty");
  refused(etcdcli_user_add, user_params("\xff", "hunter2"), "user_params.name is not UTF-8");
  refused(etcdcli_user_delete, user_params("ada", "hunter2"), "user_params.password");
  refused(etcdcli_user_grant_role, user_params("ada"), "user_params.role is empty");
  etcdcli_user_params certificate = user_params("ada", "hunter2");
  certificate.flags = ETCDCLI_NO_PASSWORD;
  refused(etcdcli_user_add, certificate, "ETCDCLI_NO_PASSWORD");

  etcdcli_role_params role = role_params("reader");
  refused(etcdcli_role_grant_permission, role, "role_params.key is empty");
  role.key = slice("key");
  refused(etcdcli_role_get, role, "role_params.key");
  role.permission = 3;
  refused(etcdcli_role_grant_permission, role, "role_params.permission");

  refused(etcdcli_status, at("nonsense"), "must begin with http");
  refused(etcdcli_status, at("http://ada:hunter2@host"), "user name");
  refused(etcdcli_alarm_list, at("http://127.0.0.1:1"), "maintenance_params.endpoint");
  refused(etcdcli_move_leader, here, "maintenance_params.member is 0");
  etcdcli_maintenance_params maintenance = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  maintenance.revision = 1;
  refused(etcdcli_hash, maintenance, "maintenance_params.revision");
  maintenance.revision = -1;
  refused(etcdcli_hash_kv, maintenance, "maintenance_params.revision");
  maintenance.revision = 0;
  maintenance.member = 7;
  maintenance.alarm = 3;
  refused(etcdcli_alarm_activate, maintenance, "maintenance_params.alarm");
  // Etcd would look for an alarm of nobody, find none, and call that done.
  maintenance.alarm = ETCDCLI_ALARM_NONE;
  refused(etcdcli_alarm_deactivate, maintenance, "maintenance_params.alarm is ETCDCLI_ALARM_NONE");
  maintenance.member = 0;
  maintenance.alarm = ETCDCLI_ALARM_NOSPACE;
  refused(etcdcli_alarm_deactivate, maintenance, "maintenance_params.member is 0");

  for (const char *path : {"", "/lock", "lock/", "lock//lock", "lock/../kv", "lock?x", "lo ck", "\xc3\xa4"}) {
    refused(etcdcli_gateway_call, gateway_params(path, ""), "gateway_params.path");
  }
  const std::string long_path(257, 'x');
  refused(etcdcli_gateway_call, gateway_params(long_path.c_str(), ""), "gateway_params.path");
  for (const char *body : {"[]", "7", "{", "{}{}", "{\"a\":}", "text"}) {
    refused(etcdcli_gateway_call, gateway_params("lock/lock", body), "gateway_params.body");
  }
  refused(etcdcli_gateway_call, gateway_params(nullptr, ""), "gateway_params.path");
}
