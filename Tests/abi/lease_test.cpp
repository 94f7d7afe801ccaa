// Leases of the host's own, and what else etcd's calls can be asked for.
#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

std::vector<std::string> keys(const Answer &answer) {
  std::vector<std::string> all;
  for (const KeyValue &kv : answer.kvs) all.push_back(kv.key);
  return all;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A lease is granted, looked at, renewed and revoked", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &grant = cluster.finish(cluster.lease_grant(100));
  REQUIRE(grant.code() == ETCDCLI_OK);
  REQUIRE(grant.leases.size() == 1);
  const std::int64_t id = grant.leases[0].id;
  CHECK(id > 0);
  CHECK(grant.leases[0].ttl == 100);
  CHECK(oracle.lease_lives(id));

  for (const char *key : {"l/1", "l/2"}) {
    etcdcli_put_params put = put_params(key, "value");
    put.lease = id;
    REQUIRE(cluster.finish(cluster.put(put)).code() == ETCDCLI_OK);
  }
  const Call &look = cluster.finish(cluster.lease_time_to_live(id, ETCDCLI_LEASE_KEYS));
  REQUIRE(look.leases.size() == 1);
  CHECK(look.leases[0].id == id);
  CHECK(look.leases[0].granted_ttl == 100);
  CHECK(look.leases[0].ttl > 0);
  CHECK(look.leases[0].ttl <= 100);
  std::vector<std::string> bound = look.keys;
  std::sort(bound.begin(), bound.end());
  CHECK(bound == std::vector<std::string>{"l/1", "l/2"});
  CHECK(cluster.finish(cluster.lease_time_to_live(id)).keys.empty());

  const Call &renewal = cluster.finish(cluster.lease_keep_alive(id));
  REQUIRE(renewal.leases.size() == 1);
  CHECK(renewal.leases[0].ttl == 100);

  const Call &list = cluster.finish(cluster.lease_list());
  CHECK(std::any_of(list.leases.begin(), list.leases.end(), [&](const Lease &lease) { return lease.id == id; }));

  CHECK(cluster.finish(cluster.lease_revoke(id)).code() == ETCDCLI_OK);
  CHECK_FALSE(oracle.lease_lives(id));
  CHECK_FALSE(oracle.get("l/1"));
}

TEST_CASE_METHOD(WithEtcd, "A lease that does not exist is told as such", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &revoked = cluster.finish(cluster.lease_revoke(4711));
  CHECK(revoked.code() == ETCDCLI_ERR_SERVER);
  CHECK(revoked.error.grpc_code == 5);
  CHECK_FALSE(revoked.error.worth_retrying);
  const Call &look = cluster.finish(cluster.lease_time_to_live(4711));
  REQUIRE(look.leases.size() == 1);
  CHECK(look.leases[0].ttl < 0);
  const Call &renewal = cluster.finish(cluster.lease_keep_alive(4711));
  REQUIRE(renewal.leases.size() == 1);
  CHECK(renewal.leases[0].ttl == 0);
}

TEST_CASE_METHOD(WithEtcd, "A lease may have an id of the host's own, and only one may", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &first = cluster.finish(cluster.lease_grant(100, 4711));
  REQUIRE(first.leases.size() == 1);
  CHECK(first.leases[0].id == 4711);
  const Call &second = cluster.finish(cluster.lease_grant(100, 4711));
  CHECK(second.code() == ETCDCLI_ERR_SERVER);
  CHECK_FALSE(second.error.may_have_happened);
}

TEST_CASE("A grant with an id of the host's own is sent at most once", "[calls]") {
  Host host;
  FakeHttpServer server([](const auto &) { return http_reply(503, "text/html", "<html>busy</html>"); });
  Cluster cluster(host, server.url(), quick_recovery);
  CHECK(cluster.finish(cluster.lease_grant(100, 4711)).code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  CHECK(server.request_count() == 1);
}

TEST_CASE_METHOD(WithEtcd, "A range is sorted and bounded as it says", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put("s/a", "3");
  const std::int64_t second = oracle.put("s/b", "1");
  oracle.put("s/c", "2");
  const std::int64_t last = oracle.put("s/a", "4");
  etcdcli_range_params params = range_params("s/", ETCDCLI_PREFIX);
  const auto read = [&] { return keys(cluster.finish(cluster.range(params))); };
  using Keys = std::vector<std::string>;

  params.sort_order = ETCDCLI_SORT_DESCENDING;
  CHECK(read() == Keys{"s/c", "s/b", "s/a"});
  params.sort_target = ETCDCLI_SORT_BY_VALUE;
  CHECK(read() == Keys{"s/a", "s/c", "s/b"});
  params.sort_order = ETCDCLI_SORT_ASCENDING;
  CHECK(read() == Keys{"s/b", "s/c", "s/a"});
  params.limit = 1;
  CHECK(read() == Keys{"s/b"});
  params.sort_order = ETCDCLI_SORT_DESCENDING;
  params.sort_target = ETCDCLI_SORT_BY_VERSION;
  CHECK(read() == Keys{"s/a"});
  params.sort_target = ETCDCLI_SORT_BY_CREATE_REVISION;
  CHECK(read() == Keys{"s/c"});
  params.sort_target = ETCDCLI_SORT_BY_MOD_REVISION;
  CHECK(read() == Keys{"s/a"});

  params = range_params("s/", ETCDCLI_PREFIX);
  params.min_mod_revision = second + 1;
  CHECK(read() == Keys{"s/a", "s/c"});
  // The bounds count before the limit does.
  params.limit = 1;
  params.min_mod_revision = second;
  params.max_mod_revision = last - 1;
  CHECK(read() == Keys{"s/b"});
  params = range_params("s/", ETCDCLI_PREFIX);
  params.min_create_revision = second;
  CHECK(read() == Keys{"s/b", "s/c"});
  params.max_create_revision = second;
  const Call &one = cluster.finish(cluster.range(params));
  CHECK(keys(one) == Keys{"s/b"});
  CHECK(one.count == 3);
}

TEST_CASE_METHOD(WithEtcd, "A put may keep the value or the lease that is there", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::int64_t lease = oracle.grant_lease(100);
  oracle.put("key", "value", lease);
  etcdcli_put_params keep_lease = put_params("key", "new");
  keep_lease.flags = ETCDCLI_IGNORE_LEASE;
  REQUIRE(cluster.finish(cluster.put(keep_lease)).code() == ETCDCLI_OK);
  CHECK(oracle.get("key")->value == "new");
  CHECK(oracle.get("key")->lease == lease);
  etcdcli_put_params keep_value = put_params("key", "");
  keep_value.flags = ETCDCLI_IGNORE_VALUE;
  REQUIRE(cluster.finish(cluster.put(keep_value)).code() == ETCDCLI_OK);
  CHECK(oracle.get("key")->value == "new");
  CHECK(oracle.get("key")->lease == 0);

  keep_value.key = slice("absent");
  CHECK(cluster.finish(cluster.put(keep_value)).code() == ETCDCLI_ERR_SERVER);
}

TEST_CASE_METHOD(WithEtcd, "A read is never older than what was asked for", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  const std::int64_t revision = oracle.put("key", "value");
  etcdcli_range_params params = range_params("key", ETCDCLI_SERIALIZABLE);
  params.not_older_than = revision;
  CHECK(cluster.finish(cluster.range(params)).kvs.size() == 1);

  // Asked for again until the store has come so far.
  params.not_older_than = revision + 1;
  Call &early = cluster.range(params);
  host.run_for(Milliseconds{100});
  CHECK_FALSE(early.ended());
  oracle.put("key", "newer");
  cluster.finish(early);
  REQUIRE(early.kvs.size() == 1);
  CHECK(early.kvs[0].value == "newer");

  params.not_older_than = revision + 100;
  params.timeout_ms = 300;
  const Call &late = cluster.finish(cluster.range(params));
  CHECK(late.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(late.error.worth_retrying);
  CHECK_THAT(late.error.message, Catch::Contains("not yet at"));
  CHECK(late.error.endpoint == etcd.endpoints());
}

TEST_CASE("What excludes something else is refused", "[calls]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  const auto end = [](etcdcli_cluster *, const etcdcli_call_info *, void *) {};
  const auto refused = [](int code, const std::string &culprit) {
    CHECK(code == ETCDCLI_ERR_ARGUMENT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(culprit));
  };
  const auto put = [&](const etcdcli_put_params &params) {
    return etcdcli_put(cluster.handle(), &params, end, nullptr, nullptr, nullptr);
  };
  etcdcli_put_params params = put_params("key", "value");
  params.flags = ETCDCLI_IGNORE_VALUE;
  refused(put(params), "put_params.value");
  params.flags = ETCDCLI_IGNORE_LEASE;
  params.lease = 1;
  refused(put(params), "put_params.lease");

  etcdcli_range_params range = range_params("key");
  range.sort_order = 3;
  refused(etcdcli_range(cluster.handle(), &range, end, nullptr, nullptr, nullptr), "range_params.sort_order");
  range = range_params("key");
  range.min_mod_revision = -1;
  refused(etcdcli_range(cluster.handle(), &range, end, nullptr, nullptr, nullptr), "range_params.min_mod_revision");

  etcdcli_lease_grant_params grant = ETCDCLI_LEASE_GRANT_PARAMS_INIT;
  refused(etcdcli_lease_grant(cluster.handle(), &grant, end, nullptr, nullptr, nullptr), "lease_grant_params.ttl_s");
  etcdcli_lease_params lease = lease_params(1, ETCDCLI_LEASE_KEYS);
  refused(etcdcli_lease_revoke(cluster.handle(), &lease, end, nullptr, nullptr, nullptr), "lease_params.flags");
  lease = lease_params(0);
  refused(etcdcli_lease_keep_alive(cluster.handle(), &lease, end, nullptr, nullptr, nullptr), "lease_params.lease");
}
