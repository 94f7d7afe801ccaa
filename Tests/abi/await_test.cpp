// Waits until all of a set is there, and what becomes of values that are set.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// A wait, and its one end.
struct Wait {
  etcdcli_call call = 0;
  int ends = 0;
  int destroys = 0;
  int code = 0;
  std::string message;
  std::size_t ready = 0;
  std::size_t total = 0;
  const etcdcli_keepalive *keepalive = nullptr;
  const etcdcli_watcher *watcher = nullptr;
  std::function<void()> on_end;

  static void end(etcdcli_cluster *, const etcdcli_await_info *info, void *user) {
    Wait &wait = *static_cast<Wait *>(user);
    ++wait.ends;
    CHECK(info->call == wait.call);
    wait.code = info->error != nullptr ? info->error->code : ETCDCLI_OK;
    wait.message = info->error != nullptr ? info->error->message : "";
    wait.ready = info->ready;
    wait.total = info->total;
    wait.keepalive = info->keepalive;
    wait.watcher = info->watcher;
    if (wait.on_end) wait.on_end();
  }
  static void destroy(void *user) { ++static_cast<Wait *>(user)->destroys; }
};

struct Wanted {
  std::vector<etcdcli_keepalive *> keepalives;
  std::vector<etcdcli_watcher *> watchers;
  std::int64_t timeout_ms = 0;

  etcdcli_await_params params() const {
    etcdcli_await_params params = ETCDCLI_AWAIT_PARAMS_INIT;
    params.keepalives = keepalives.data();
    params.keepalive_count = keepalives.size();
    params.watchers = watchers.data();
    params.watcher_count = watchers.size();
    params.timeout_ms = timeout_ms;
    return params;
  }
};

int begin(etcdcli_cluster *cluster, const Wanted &wanted, Wait &wait) {
  const etcdcli_await_params params = wanted.params();
  return etcdcli_await(cluster, &params, Wait::end, &wait, Wait::destroy, &wait.call);
}

/// A value that was set, and what became of it.
struct Value {
  int ends = 0;
  int destroys = 0;
  int code = 0;
  int may_have_happened = 0;
  int superseded = 0;
  std::int64_t revision = 0;

  static void end(etcdcli_keepalive *, const etcdcli_value_info *info, void *user) {
    Value &value = *static_cast<Value *>(user);
    ++value.ends;
    value.code = info->error != nullptr ? info->error->code : ETCDCLI_OK;
    value.may_have_happened = info->error != nullptr ? info->error->may_have_happened : 0;
    value.superseded = info->superseded;
    value.revision = info->revision;
  }
  static void destroy(void *user) { ++static_cast<Value *>(user)->destroys; }

  int set(etcdcli_keepalive *keepalive, std::string_view value) {
    return etcdcli_keepalive_set_value_then(keepalive, slice(value), end, this, destroy);
  }
};

}  // namespace

// Waits

TEST_CASE_METHOD(WithEtcd, "A wait ends once when all of it is there, after the callbacks that say so",
                 "[keepalive][etcd]") {
  oracle.put("w/1", "1");
  Cluster cluster(host, etcd.endpoints());
  const Keepalive &one = cluster.keep("one", "1");
  const Keepalive &two = cluster.keep("two", "2");
  const Watch &picture = cluster.watch_prefix("w/");
  etcdcli_watcher_params from = watcher_params("w/", ETCDCLI_PREFIX);
  from.start_revision = oracle.revision() + 1;
  const Watch &following = cluster.watch(from);
  Wait wait;
  bool was_there = false;
  wait.on_end = [&] {
    was_there = one.held() && two.held() && picture.picture.size() == 1 && !following.told.empty() &&
                following.told.back().state == ETCDCLI_WATCHER_LIVE;
  };
  REQUIRE(begin(cluster.handle(), {{one.handle, two.handle}, {picture.handle, following.handle}}, wait) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
  CHECK(was_there);
  CHECK(wait.code == ETCDCLI_OK);
  CHECK(wait.ready == 4);
  CHECK(wait.total == 4);
  CHECK(wait.keepalive == nullptr);
  CHECK(wait.destroys == 1);
  CHECK(etcdcli_call_cancel(cluster.handle(), wait.call) == ETCDCLI_ERR_NOT_FOUND);

  // What is there is there for another wait too, and for one for nothing.
  Wait again, empty;
  REQUIRE(begin(cluster.handle(), {{one.handle, one.handle}, {picture.handle}}, again) == ETCDCLI_OK);
  REQUIRE(begin(cluster.handle(), {}, empty) == ETCDCLI_OK);
  CHECK(again.ends + empty.ends == 0);
  REQUIRE(host.wait_until([&] { return again.ends == 1 && empty.ends == 1; }));
  CHECK(again.total == 2);
  CHECK(empty.total == 0);
  CHECK(empty.code == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "A wait fails at once for a key that is another's, and names it", "[keepalive][etcd]") {
  oracle.put("key", "theirs", oracle.grant_lease(60));
  Cluster cluster(host, etcd.endpoints());
  const Keepalive &lock = cluster.keep("key", "ours", ETCDCLI_CLAIM_WAIT);
  const Keepalive &mine = cluster.keep("mine", "ours");
  Wait blocked, failed;
  REQUIRE(begin(cluster.handle(), {{lock.handle, mine.handle}, {}}, blocked) == ETCDCLI_OK);
  oracle.put("other", "theirs", oracle.grant_lease(60));
  const Keepalive &other = cluster.keep("other", "ours");
  REQUIRE(begin(cluster.handle(), {{other.handle, mine.handle}, {}}, failed) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return failed.ends == 1; }));
  CHECK(other.state() == ETCDCLI_KEEPALIVE_CONFLICT);
  CHECK(failed.code == ETCDCLI_ERR_CONFLICT);
  CHECK(failed.message.find("the keepalive of \"other\"") == 0);
  CHECK(failed.keepalive == other.handle);
  // Who is blocked may come yet.
  REQUIRE(host.wait_until([&] { return lock.state() == ETCDCLI_KEEPALIVE_BLOCKED && mine.held(); }));
  CHECK(blocked.ends == 0);
  oracle.erase("key");
  REQUIRE(host.wait_until([&] { return blocked.ends == 1; }));
  CHECK(blocked.code == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithProxy, "When its time is up a wait says what is missing and why", "[keepalive][etcd]") {
  proxy.refuse();
  // Within the time of one attempt to get a lease there is nothing yet to tell of it.
  Options options = quick_recovery;
  options.emplace_back("request.timeout.ms", "200");
  Cluster cluster(host, proxy.url(), options);
  const Keepalive &keepalive = cluster.keep("key", "value");
  Wait wait, later;
  const Clock::time_point begun = Clock::now();
  REQUIRE(begin(cluster.handle(), {{keepalive.handle}, {}, 500}, wait) == ETCDCLI_OK);
  REQUIRE(begin(cluster.handle(), {{keepalive.handle}, {}}, later) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
  CHECK(Clock::now() - begun >= Milliseconds{500});
  CHECK(wait.code == ETCDCLI_ERR_TIMEOUT);
  CHECK(wait.keepalive == keepalive.handle);
  CHECK(wait.message.find("0 of 1 are there; the keepalive of \"key\" is waiting: ") == 0);
  // Nothing was undone: it goes on, and the other wait with it.
  proxy.heal();
  REQUIRE(host.wait_until([&] { return later.ends == 1; }));
  CHECK(later.code == ETCDCLI_OK);
  CHECK(keepalive.held());
}

TEST_CASE_METHOD(WithEtcd, "A wait is cancelled, closed and freed, and what is freed is not waited for",
                 "[keepalive][etcd]") {
  oracle.put("key", "theirs", oracle.grant_lease(60));
  Cluster cluster(host, etcd.endpoints());
  Keepalive &lock = cluster.keep("key", "ours", ETCDCLI_CLAIM_WAIT);
  const Keepalive &mine = cluster.keep("mine", "ours");
  Wait wait;
  REQUIRE(begin(cluster.handle(), {{lock.handle, mine.handle}, {}}, wait) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return lock.state() == ETCDCLI_KEEPALIVE_BLOCKED && mine.held(); }));
  SECTION("cancelled") {
    CHECK(etcdcli_call_cancel(cluster.handle(), wait.call) == ETCDCLI_OK);
    CHECK(etcdcli_call_cancel(cluster.handle(), wait.call) == ETCDCLI_ERR_NOT_FOUND);
    REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
    CHECK(wait.code == ETCDCLI_ERR_CANCELLED);
    CHECK(wait.ready == 1);
  }
  SECTION("one is freed") {
    CHECK(lock.free() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
    CHECK(wait.code == ETCDCLI_OK);
    CHECK(wait.total == 1);
  }
  SECTION("one is removed") {
    CHECK(lock.remove() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
    CHECK(wait.code == ETCDCLI_ERR_CLOSED);
    CHECK(wait.keepalive == lock.handle);
  }
  SECTION("the cluster is freed") {
    CHECK(cluster.free() == ETCDCLI_OK);
    CHECK(wait.ends == 1);
    CHECK(wait.code == ETCDCLI_ERR_CANCELLED);
    CHECK(wait.ready == 1);
    CHECK(wait.total == 2);
  }
  SECTION("the cluster is freed by the end") {
    wait.on_end = [&] { CHECK(cluster.free() == ETCDCLI_OK); };
    CHECK(lock.free() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
    CHECK(wait.code == ETCDCLI_OK);
  }
  CHECK(wait.destroys == 1);
}

TEST_CASE_METHOD(WithEtcd, "One callback tells that a thousand keys are held", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Wanted wanted;
  for (int i = 0; i < 1000; ++i) wanted.keepalives.push_back(cluster.keep("key " + std::to_string(i), "value").handle);
  Wait wait;
  REQUIRE(begin(cluster.handle(), wanted, wait) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return wait.ends == 1; }));
  CHECK(wait.code == ETCDCLI_OK);
  CHECK(wait.ready == 1000);
  CHECK(oracle.value("key 999") == "value");
}

TEST_CASE("A wait that names what cannot be waited for is refused", "[handles]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  Cluster other(host, "http://127.0.0.1:1");
  Keepalive &keepalive = cluster.keep("key", "value");
  const Keepalive &foreign = other.keep("key", "value");
  etcdcli_keepalive *dead = keepalive.handle;
  CHECK(keepalive.free() == ETCDCLI_OK);
  Wait wait;
  const auto refused = [&](const Wanted &wanted) { return begin(cluster.handle(), wanted, wait); };
  CHECK(refused({{dead}, {}}) == ETCDCLI_ERR_HANDLE);
  CHECK(refused({{nullptr}, {}}) == ETCDCLI_ERR_HANDLE);
  CHECK(refused({{}, {reinterpret_cast<etcdcli_watcher *>(foreign.handle)}}) == ETCDCLI_ERR_HANDLE);
  CHECK(refused({{foreign.handle}, {}}) == ETCDCLI_ERR_ARGUMENT);
  CHECK(refused({{}, {}, -1}) == ETCDCLI_ERR_ARGUMENT);
  CHECK(begin(nullptr, {}, wait) == ETCDCLI_ERR_HANDLE);
  CHECK(etcdcli_await(cluster.handle(), nullptr, Wait::end, &wait, Wait::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_await_params params = ETCDCLI_AWAIT_PARAMS_INIT;
  CHECK(etcdcli_await(cluster.handle(), &params, nullptr, &wait, Wait::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  params.keepalive_count = 1;
  CHECK(etcdcli_await(cluster.handle(), &params, Wait::end, &wait, Wait::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_watcher *none[1] = {nullptr};
  params.keepalive_count = 0;
  params.watchers = none;
  params.watcher_count = static_cast<std::size_t>(-1);
  CHECK(etcdcli_await(cluster.handle(), &params, Wait::end, &wait, Wait::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  CHECK(wait.ends + wait.destroys == 0);
}

// Values

TEST_CASE_METHOD(WithEtcd, "A lease that ran out while nobody pumped holds no key, and no value is there by it",
                 "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "1"}});
  const Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t before = oracle.get("key")->mod_revision;
  REQUIRE(eventually([&] { return !oracle.get("key"); }));
  CHECK(etcdcli_keepalive_state(keepalive.handle) == ETCDCLI_KEEPALIVE_LOST);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  Value same;
  CHECK(same.set(keepalive.handle, "value") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return same.ends == 1; }));
  CHECK(same.code == ETCDCLI_OK);
  CHECK(same.revision > before);
  CHECK(oracle.get("key")->mod_revision == same.revision);
}

TEST_CASE_METHOD(WithEtcd, "What becomes of a value is told once, with the revision that brought it",
                 "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Keepalive &keepalive = cluster.keep("key", "value");
  std::vector<std::unique_ptr<Value>> values;
  // Before it is held, and faster than etcd takes them.
  for (int i = 0; i < 20; ++i) {
    values.push_back(std::make_unique<Value>());
    CHECK(values.back()->set(keepalive.handle, "value " + std::to_string(i)) == ETCDCLI_OK);
  }
  REQUIRE(host.wait_until(
      [&] { return std::all_of(values.begin(), values.end(), [](const auto &one) { return one->ends == 1; }); }));
  CHECK(oracle.value("key") == "value 19");
  CHECK(values.back()->revision == oracle.get("key")->mod_revision);
  CHECK(values.back()->superseded == 0);
  CHECK(values.front()->superseded == 1);
  CHECK(std::all_of(values.begin(), values.end(), [](const auto &one) { return one->code == ETCDCLI_OK; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_HELD).revision == values.back()->revision);
  CHECK(std::is_sorted(values.begin(), values.end(),
                       [](const auto &a, const auto &b) { return a->revision < b->revision; }));

  Value same;
  CHECK(same.set(keepalive.handle, "value 19") == ETCDCLI_OK);
  CHECK(same.ends == 0);
  REQUIRE(host.wait_until([&] { return same.ends == 1; }));
  CHECK(same.revision == values.back()->revision);
  CHECK(same.destroys == 1);
}

TEST_CASE_METHOD(WithEtcd, "That a value is refused is told to who has set it", "[keepalive][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  Value huge, next;
  CHECK(huge.set(keepalive.handle, std::string(1'700'000, 'x')) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return huge.ends == 1; }));
  CHECK(huge.code == ETCDCLI_ERR_SERVER);
  CHECK(huge.may_have_happened == 0);
  CHECK(huge.revision == 0);
  CHECK(oracle.value("key") == "value");
  CHECK(next.set(keepalive.handle, "next") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return next.ends == 1; }));
  CHECK(next.code == ETCDCLI_OK);
  CHECK(oracle.value("key") == "next");
}

TEST_CASE_METHOD(WithEtcd, "A value that is never written has an end too", "[keepalive][etcd]") {
  oracle.put("key", "theirs", oracle.grant_lease(60));
  Cluster cluster(host, etcd.endpoints());
  Keepalive &lock = cluster.keep("key", "ours", ETCDCLI_CLAIM_WAIT);
  Value value;
  CHECK(value.set(lock.handle, "later") == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return lock.state() == ETCDCLI_KEEPALIVE_BLOCKED; }));
  CHECK(value.ends == 0);
  SECTION("a conflict") {
    oracle.put("other", "theirs", oracle.grant_lease(60));
    const Keepalive &other = cluster.keep("other", "ours");
    Value refused;
    CHECK(refused.set(other.handle, "ours too") == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return refused.ends == 1; }));
    CHECK(refused.code == ETCDCLI_ERR_CONFLICT);
    CHECK(refused.set(other.handle, "again") == ETCDCLI_ERR_CONFLICT);
    CHECK(refused.destroys == 1);
    oracle.erase("key");
    REQUIRE(host.wait_until([&] { return value.ends == 1; }));
    CHECK(value.code == ETCDCLI_OK);
    CHECK(oracle.value("key") == "later");
  }
  SECTION("a removal") {
    CHECK(lock.remove() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return value.ends == 1; }));
    CHECK(value.code == ETCDCLI_ERR_CLOSED);
  }
  SECTION("the keepalive is freed") {
    CHECK(lock.free() == ETCDCLI_OK);
    CHECK(value.ends == 1);
    CHECK(value.code == ETCDCLI_ERR_CANCELLED);
    CHECK(value.may_have_happened == 1);
  }
  SECTION("the cluster is freed") {
    CHECK(cluster.free() == ETCDCLI_OK);
    CHECK(value.ends == 1);
    CHECK(value.code == ETCDCLI_ERR_CANCELLED);
  }
  CHECK(value.destroys == 1);
}
