// A namespace: what its host cannot reach, whatever it asks for, and what it never sees.
#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "harness/fixtures.h"

using namespace harness;

namespace {

const Options in_game = {{"namespace", "game/"}};

/// The neighbours of the namespace, in etcd's order of keys: just before, just after, and far away.
const std::vector<std::string> neighbours = {"g", "game", "game.", "game0", "z"};

struct WithNeighbours : WithEtcd {
  WithNeighbours() {
    for (const std::string &key : neighbours) oracle.put(key, "theirs");
  }

  bool neighbours_are_whole() const {
    for (const std::string &key : neighbours) {
      if (oracle.value(key) != "theirs") return false;
    }
    return true;
  }
};

std::vector<std::string> keys(const std::vector<KeyValue> &kvs) {
  std::vector<std::string> all;
  for (const KeyValue &kv : kvs) all.push_back(kv.key);
  return all;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(WithNeighbours, "A namespace holds what its host writes, reads and deletes", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), in_game);
  REQUIRE(cluster.finish(cluster.put("a", "1")).code() == ETCDCLI_OK);
  REQUIRE(cluster.finish(cluster.put("b", "2")).code() == ETCDCLI_OK);
  CHECK(oracle.value("game/a") == "1");
  CHECK_FALSE(oracle.get("a"));

  CHECK(keys(cluster.finish(cluster.get("a")).kvs) == Keys{"a"});
  CHECK(cluster.finish(cluster.get("z")).kvs.empty());
  CHECK(keys(cluster.finish(cluster.range(range_params("", ETCDCLI_PREFIX))).kvs) == Keys{"a", "b"});
  CHECK(keys(cluster.finish(cluster.range(range_params("b", ETCDCLI_FROM_KEY))).kvs) == Keys{"b"});
  CHECK(keys(cluster.finish(cluster.range(range_params("", ETCDCLI_FROM_KEY))).kvs) == Keys{"a", "b"});
  etcdcli_range_params between = range_params("a");
  between.range_end = slice("z");
  CHECK(keys(cluster.finish(cluster.range(between)).kvs) == Keys{"a", "b"});

  const Call &all = cluster.finish(cluster.erase(delete_params("", ETCDCLI_PREFIX | ETCDCLI_PREV_KV)));
  CHECK(all.count == 2);
  CHECK(keys(all.prev_kvs) == Keys{"a", "b"});
  CHECK(neighbours_are_whole());
  REQUIRE(cluster.finish(cluster.erase(delete_params("\x01", ETCDCLI_FROM_KEY))).code() == ETCDCLI_OK);
  CHECK(neighbours_are_whole());
}

TEST_CASE_METHOD(WithNeighbours, "A transaction is all within its namespace", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), in_game);
  oracle.put("game/a", "1");
  std::unique_ptr<etcdcli_txn, int (*)(etcdcli_txn *)> txn(etcdcli_txn_new(), etcdcli_txn_free);
  // It is there in the namespace, and "z" is not.
  etcdcli_compare_params there = compare_params("a");
  there.target = ETCDCLI_COMPARE_VALUE;
  there.value = slice("1");
  REQUIRE(etcdcli_txn_compare(txn.get(), &there) == ETCDCLI_OK);
  const etcdcli_compare_params absent = compare_params("z");
  REQUIRE(etcdcli_txn_compare(txn.get(), &absent) == ETCDCLI_OK);
  const etcdcli_put_params put = put_params("z", "ours");
  REQUIRE(etcdcli_txn_put(txn.get(), ETCDCLI_THEN, &put) == ETCDCLI_OK);
  const etcdcli_range_params all = range_params("", ETCDCLI_PREFIX);
  REQUIRE(etcdcli_txn_range(txn.get(), ETCDCLI_THEN, &all) == ETCDCLI_OK);
  const etcdcli_delete_params erase = delete_params("a", ETCDCLI_PREV_KV);
  REQUIRE(etcdcli_txn_delete(txn.get(), ETCDCLI_THEN, &erase) == ETCDCLI_OK);

  const Call &call = cluster.finish(cluster.commit(txn.get()));
  REQUIRE(call.code() == ETCDCLI_OK);
  REQUIRE(call.succeeded);
  REQUIRE(call.ops.size() == 3);
  CHECK(keys(call.ops[1].kvs) == Keys{"a", "z"});
  CHECK(keys(call.ops[2].prev_kvs) == Keys{"a"});
  CHECK(oracle.value("game/z") == "ours");
  CHECK_FALSE(oracle.get("game/a"));
  CHECK(neighbours_are_whole());
}

TEST_CASE_METHOD(WithNeighbours, "The keys of a lease are told that are in the namespace", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), in_game);
  const std::int64_t lease = oracle.grant_lease(60);
  oracle.put("outside", "theirs", lease);
  oracle.put("game/inside", "ours", lease);
  CHECK(cluster.finish(cluster.lease_time_to_live(lease, ETCDCLI_LEASE_KEYS)).keys == Keys{"inside"});
}

TEST_CASE_METHOD(WithNeighbours, "A watcher is told of its namespace alone", "[watcher][etcd]") {
  Cluster cluster(host, etcd.endpoints(), in_game);
  oracle.put("game/a", "1");
  Watch &prefix = cluster.watch(watcher_params("", ETCDCLI_PREFIX | ETCDCLI_PREV_KV));
  Watch &rest = cluster.watch(watcher_params("a", ETCDCLI_FROM_KEY));
  REQUIRE(host.wait_until([&] { return prefix.live() && rest.live(); }));
  for (const std::string &key : neighbours) oracle.put(key, "theirs");
  oracle.put("game/a", "2");
  oracle.erase("game/a");
  const std::int64_t last = oracle.put("game/b", "3");
  REQUIRE(host.wait_until([&] { return prefix.revision() == last && rest.revision() == last; }));
  for (const Watch *watch : {&prefix, &rest}) {
    CHECK(watch->picture == std::map<std::string, std::string>{{"b", "3"}});
    REQUIRE(watch->events().size() == 3);
    CHECK(watch->events()[0].kv.key == "a");
  }
  REQUIRE(prefix.events()[0].prev_kv);
  CHECK(prefix.events()[0].prev_kv->key == "a");
}

TEST_CASE_METHOD(WithNeighbours, "Two namespaces have a key each of the same name", "[keepalive][etcd]") {
  Cluster mine(host, etcd.endpoints(), {{"namespace", "game/1/"}});
  Cluster other(host, etcd.endpoints(), {{"namespace", "game/2/"}});
  Cluster third(host, etcd.endpoints(), {{"namespace", "game/2/"}});
  Keepalive &first = mine.keep("server", "one");
  Keepalive &second = other.keep("server", "two");
  REQUIRE(host.wait_until([&] { return first.held() && second.held(); }));
  CHECK(oracle.value("game/1/server") == "one");
  CHECK(oracle.value("game/2/server") == "two");
  Keepalive &late = third.keep("server", "three");
  REQUIRE(host.wait_until([&] { return late.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  REQUIRE(late.told.back().owner);
  CHECK(late.told.back().owner->key == "server");
  CHECK(late.told.back().owner->value == "two");
}
