// Transactions: what is put together is what etcd does, in one revision, and answers come back as they are nested.
#include <catch2/catch.hpp>
#include <memory>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;
using namespace std::string_literals;

namespace {

/// A transaction that is freed at the end.
class Txn {
 public:
  Txn() { REQUIRE(handle != nullptr); }
  ~Txn() { CHECK(etcdcli_txn_free(handle) == ETCDCLI_OK); }
  Txn(const Txn &) = delete;
  Txn &operator=(const Txn &) = delete;

  void compare(const etcdcli_compare_params &params) { REQUIRE(etcdcli_txn_compare(handle, &params) == ETCDCLI_OK); }
  void range(int branch, const etcdcli_range_params &params) {
    REQUIRE(etcdcli_txn_range(handle, branch, &params) == ETCDCLI_OK);
  }
  void put(int branch, const etcdcli_put_params &params) {
    REQUIRE(etcdcli_txn_put(handle, branch, &params) == ETCDCLI_OK);
  }
  void erase(int branch, const etcdcli_delete_params &params) {
    REQUIRE(etcdcli_txn_delete(handle, branch, &params) == ETCDCLI_OK);
  }
  void nest(int branch, const Txn &other) { REQUIRE(etcdcli_txn_nest(handle, branch, other.handle) == ETCDCLI_OK); }

  etcdcli_txn *const handle = etcdcli_txn_new();
};

/// The condition that a number of the key's is, as `result` says, to this one.
etcdcli_compare_params number(std::string_view key, int target, int result, std::int64_t value) {
  etcdcli_compare_params params = compare_params(key);
  params.target = target;
  params.result = result;
  params.number = value;
  return params;
}

etcdcli_compare_params value_of(std::string_view key, int result, std::string_view value, unsigned flags = 0) {
  etcdcli_compare_params params = compare_params(key, flags);
  params.target = ETCDCLI_COMPARE_VALUE;
  params.result = result;
  params.value = slice(value);
  return params;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A transaction does one of two things, in one revision", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Txn take;
  take.compare(compare_params("lock"));  // it does not exist
  take.put(ETCDCLI_THEN, put_params("lock", "mine"));
  take.put(ETCDCLI_THEN, put_params("log", "taken"));
  take.range(ETCDCLI_ELSE, range_params("lock"));

  const Call &first = cluster.finish(cluster.commit(take.handle));
  REQUIRE(first.code() == ETCDCLI_OK);
  CHECK(first.succeeded);
  REQUIRE(first.ops.size() == 2);
  CHECK(first.ops[0].revision == first.revision);
  CHECK(oracle.get("lock")->mod_revision == first.revision);
  CHECK(oracle.get("log")->mod_revision == first.revision);

  const Call &second = cluster.finish(cluster.commit(take.handle));
  REQUIRE(second.code() == ETCDCLI_OK);
  CHECK_FALSE(second.succeeded);
  REQUIRE(second.ops.size() == 1);
  REQUIRE(second.ops[0].kvs.size() == 1);
  CHECK(second.ops[0].kvs[0] == oracle.get("lock"));
  CHECK(second.ops[0].count == 1);
  CHECK(second.revision == first.revision);
}

TEST_CASE_METHOD(WithEtcd, "Conditions compare what they say", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::int64_t lease = oracle.grant_lease(100);
  const std::int64_t created = oracle.put("key", "a");
  const std::int64_t modified = oracle.put("key", "b\0"s, lease);
  const auto holds = [&](const etcdcli_compare_params &condition) {
    Txn txn;
    txn.compare(condition);
    const Call &call = cluster.finish(cluster.commit(txn.handle));
    REQUIRE(call.code() == ETCDCLI_OK);
    return call.succeeded;
  };
  const auto check_number = [&](int target, std::int64_t actual) {
    INFO("target " << target);
    CHECK(holds(number("key", target, ETCDCLI_EQUAL, actual)));
    CHECK_FALSE(holds(number("key", target, ETCDCLI_EQUAL, actual + 1)));
    CHECK(holds(number("key", target, ETCDCLI_GREATER, actual - 1)));
    CHECK_FALSE(holds(number("key", target, ETCDCLI_GREATER, actual)));
    CHECK(holds(number("key", target, ETCDCLI_LESS, actual + 1)));
    CHECK_FALSE(holds(number("key", target, ETCDCLI_LESS, actual)));
    CHECK(holds(number("key", target, ETCDCLI_NOT_EQUAL, actual + 1)));
    CHECK_FALSE(holds(number("key", target, ETCDCLI_NOT_EQUAL, actual)));
    CHECK(holds(number("absent", target, ETCDCLI_EQUAL, 0)));
  };
  check_number(ETCDCLI_COMPARE_VERSION, 2);
  check_number(ETCDCLI_COMPARE_CREATE_REVISION, created);
  check_number(ETCDCLI_COMPARE_MOD_REVISION, modified);
  check_number(ETCDCLI_COMPARE_LEASE, lease);

  CHECK(holds(value_of("key", ETCDCLI_EQUAL, "b\0"s)));
  CHECK_FALSE(holds(value_of("key", ETCDCLI_EQUAL, "b")));
  CHECK(holds(value_of("key", ETCDCLI_GREATER, "b")));
  CHECK(holds(value_of("key", ETCDCLI_LESS, "c")));
  CHECK(holds(value_of("key", ETCDCLI_NOT_EQUAL, "")));
  CHECK_FALSE(holds(value_of("absent", ETCDCLI_EQUAL, "")));

  // Of several keys each has to meet it.
  oracle.put_all({{"p/1", "same"}, {"p/2", "same"}});
  CHECK(holds(value_of("p/", ETCDCLI_EQUAL, "same", ETCDCLI_PREFIX)));
  oracle.put("p/3", "other");
  CHECK_FALSE(holds(value_of("p/", ETCDCLI_EQUAL, "same", ETCDCLI_PREFIX)));
  etcdcli_compare_params some = value_of("p/1", ETCDCLI_EQUAL, "same");
  some.range_end = slice("p/3");
  CHECK(holds(some));
  CHECK_FALSE(holds(value_of("p/", ETCDCLI_EQUAL, "same", ETCDCLI_FROM_KEY)));
}

TEST_CASE_METHOD(WithEtcd, "Transactions lie in each other, and so do their answers", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put_all({{"a", "1"}, {"b", "2"}});
  Txn inner;
  inner.compare(value_of("a", ETCDCLI_EQUAL, "1"));
  etcdcli_delete_params erase = delete_params("b");
  erase.flags = ETCDCLI_PREV_KV;
  inner.erase(ETCDCLI_THEN, erase);
  inner.range(ETCDCLI_ELSE, range_params("a"));
  Txn outer;
  etcdcli_put_params put = put_params("c", "3");
  put.flags = ETCDCLI_PREV_KV;
  outer.put(ETCDCLI_THEN, put);
  outer.nest(ETCDCLI_THEN, inner);
  outer.range(ETCDCLI_THEN, range_params("", ETCDCLI_PREFIX));
  // It was copied: what it holds later is not in the other.
  inner.erase(ETCDCLI_THEN, delete_params("a"));

  const Call &call = cluster.finish(cluster.commit(outer.handle));
  REQUIRE(call.code() == ETCDCLI_OK);
  CHECK(call.succeeded);
  REQUIRE(call.ops.size() == 3);
  CHECK(call.ops[0].prev_kvs.empty());
  REQUIRE(call.ops[1].ops.size() == 1);
  CHECK(call.ops[1].succeeded);
  REQUIRE(call.ops[1].ops[0].prev_kvs.size() == 1);
  CHECK(call.ops[1].ops[0].prev_kvs[0].value == "2");
  CHECK(call.ops[1].ops[0].count == 1);
  CHECK(call.ops[2].kvs.size() == 2);
  CHECK(oracle.value("a") == "1");
}

TEST_CASE_METHOD(WithEtcd, "Transactions may lie in each other twelvefold, and no deeper", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  std::vector<std::unique_ptr<Txn>> txns;
  txns.push_back(std::make_unique<Txn>());
  txns.back()->put(ETCDCLI_THEN, put_params("deep", "inside"));
  for (int depth = 2; depth <= 12; ++depth) {
    auto outer = std::make_unique<Txn>();
    outer->nest(ETCDCLI_THEN, *txns.back());
    txns.push_back(std::move(outer));
  }
  const Call &call = cluster.finish(cluster.commit(txns.back()->handle));
  CHECK(call.error.message == "");
  REQUIRE(call.code() == ETCDCLI_OK);
  const Answer *answer = &call;
  for (int depth = 1; depth < 12; ++depth) {
    REQUIRE(answer->ops.size() == 1);
    answer = &answer->ops[0];
  }
  CHECK(answer->ops.size() == 1);
  CHECK(oracle.value("deep") == "inside");

  Txn outer;
  CHECK(etcdcli_txn_nest(outer.handle, ETCDCLI_THEN, txns.back()->handle) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_txn_nest(outer.handle, ETCDCLI_ELSE, outer.handle) == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "What etcd refuses of a transaction is an error, and nothing of it happens",
                 "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Txn twice;
  twice.put(ETCDCLI_THEN, put_params("key", "1"));
  twice.put(ETCDCLI_THEN, put_params("key", "2"));
  const Call &call = cluster.finish(cluster.commit(twice.handle));
  CHECK(call.code() == ETCDCLI_ERR_SERVER);
  CHECK_FALSE(call.error.may_have_happened);
  CHECK_FALSE(call.error.worth_retrying);
  CHECK_FALSE(oracle.get("key"));
}

TEST_CASE("A transaction that only reads is sent again, one that writes is not", "[calls]") {
  Host host;
  // A proxy that says so may have passed the request on.
  FakeHttpServer server([](const auto &) { return http_reply(503, "text/html", "<html>busy</html>"); });
  Cluster cluster(host, server.url(), quick_recovery);
  Txn reading;
  reading.compare(compare_params("a"));
  reading.range(ETCDCLI_THEN, range_params("b"));
  Txn inner;
  inner.range(ETCDCLI_ELSE, range_params("c"));
  reading.nest(ETCDCLI_ELSE, inner);
  Call &read = cluster.commit(reading.handle);
  REQUIRE(host.wait_until([&] { return server.request_count() > 2; }));
  CHECK(etcdcli_call_cancel(cluster.handle(), read.id) == ETCDCLI_OK);
  cluster.finish(read);
  CHECK_FALSE(read.error.may_have_happened);

  inner.put(ETCDCLI_THEN, put_params("c", ""));
  Txn writing;
  writing.nest(ETCDCLI_ELSE, inner);
  const std::size_t before = server.request_count();
  const Call &written = cluster.finish(cluster.commit(writing.handle));
  CHECK(written.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  CHECK(server.request_count() == before + 1);
}

TEST_CASE("What is wrong with a part of a transaction is said at once, and nothing is added", "[calls]") {
  Txn txn;
  const auto refused = [](int code, const std::string &culprit) {
    CHECK(code == ETCDCLI_ERR_ARGUMENT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(culprit));
  };
  etcdcli_compare_params compare = compare_params("key");
  compare.target = 5;
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.target");
  compare = number("key", ETCDCLI_COMPARE_VERSION, 4, 0);
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.result");
  compare = number("key", ETCDCLI_COMPARE_VERSION, ETCDCLI_EQUAL, -1);
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.number");
  compare = number("key", ETCDCLI_COMPARE_VALUE, ETCDCLI_EQUAL, 1);
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.number");
  compare = value_of("key", ETCDCLI_EQUAL, "value");
  compare.target = ETCDCLI_COMPARE_LEASE;
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.value");
  compare = compare_params("");
  refused(etcdcli_txn_compare(txn.handle, &compare), "compare_params.key");

  etcdcli_put_params put = put_params("key", "value");
  refused(etcdcli_txn_put(txn.handle, 0, &put), "branch");
  put.timeout_ms = 100;
  refused(etcdcli_txn_put(txn.handle, ETCDCLI_THEN, &put), "put_params.timeout_ms");
  etcdcli_range_params range = range_params("key");
  range.not_older_than = 7;
  refused(etcdcli_txn_range(txn.handle, ETCDCLI_THEN, &range), "range_params.not_older_than");
  refused(etcdcli_txn_delete(txn.handle, ETCDCLI_THEN, nullptr), "delete_params");
  CHECK(etcdcli_txn_nest(txn.handle, ETCDCLI_THEN, nullptr) == ETCDCLI_ERR_HANDLE);
}
