// etcdcli.hpp: it says what the C header says, and owns what it is given exactly as long as it should.
#include <algorithm>
#include <catch2/catch.hpp>
#include <etcdcli/etcdcli.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/fixtures.h"

namespace {

using harness::Deadline;
using harness::patience;

// Counts how often it, or what it was moved to, is destroyed. It cannot be copied, as what lambdas capture often can
// not.
class Witness {
 public:
  explicit Witness(int &destroyed) : destroyed_(&destroyed) {}
  Witness(Witness &&other) noexcept : destroyed_(std::exchange(other.destroyed_, nullptr)) {}
  Witness &operator=(Witness &&) = delete;
  ~Witness() {
    if (destroyed_) ++*destroyed_;
  }

 private:
  int *destroyed_;
};

template <typename Condition>
bool wait_until(etcdcli::cluster &cluster, Condition condition) {
  const Deadline deadline(patience);
  while (!condition()) {
    if (deadline.passed() || cluster.wait(deadline.left().count()) < 0) return condition();
  }
  return true;
}

etcdcli::cluster make_cluster(const std::string &endpoints) {
  return etcdcli::cluster({{"endpoints", endpoints.c_str()}, {"lease.ttl.s", "5"}});
}

// A cluster that needs no etcd: nobody listens there.
constexpr char nowhere[] = "http://127.0.0.1:1";

template <typename Owner>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<Owner> &&std::is_nothrow_move_assignable_v<Owner> &&
                            !std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner>;
static_assert(moves_only<etcdcli::config> && moves_only<etcdcli::cluster>);
static_assert(moves_only<etcdcli::keepalive> && moves_only<etcdcli::watcher>);

}  // namespace

TEST_CASE("An owner that could not be made is empty and says why", "[hpp]") {
  SECTION("of no options") {
    const etcdcli::config config;
    const etcdcli::cluster cluster(config);
    CHECK_FALSE(cluster);
    CHECK(cluster.code() == ETCDCLI_ERR_CONFIG);
    CHECK_THAT(config.error(), Catch::Contains("endpoints"));
  }
  SECTION("of a bad option, and what is made on it") {
    const etcdcli::cluster cluster({{"endpoints", nowhere}, {"lease.ttl.s", "long"}});
    CHECK(cluster.code() == ETCDCLI_ERR_CONFIG);
    const etcdcli::keepalive keepalive(cluster, "key", "value");
    CHECK(keepalive.code() == ETCDCLI_ERR_CONFIG);
    const etcdcli::watcher watcher(cluster, "key", etcdcli::no_callback());
    CHECK(watcher.code() == ETCDCLI_ERR_CONFIG);
    CHECK_THAT(etcdcli::last_error(), Catch::Contains("lease.ttl.s"));
  }
  SECTION("by default") {
    etcdcli::cluster cluster;
    CHECK(cluster.code() == ETCDCLI_ERR_HANDLE);
    CHECK(cluster.pump() == ETCDCLI_ERR_HANDLE);
    CHECK(cluster.put("key", "value", etcdcli::no_callback()).code() == ETCDCLI_ERR_HANDLE);
  }
}

TEST_CASE("Owners move, release and reset", "[hpp]") {
  etcdcli::cluster first = make_cluster(nowhere);
  etcdcli_cluster *const handle = first.get();
  REQUIRE(first);
  etcdcli::cluster second = std::move(first);
  CHECK(second.get() == handle);
  CHECK(first.code() == ETCDCLI_ERR_HANDLE);  // NOLINT: what is left of it is specified
  CHECK(second.code() == ETCDCLI_OK);

  SECTION("an assignment frees what was there") {
    second = make_cluster(nowhere);
    CHECK(second);
    CHECK(etcdcli_cluster_pump(handle, 0) == ETCDCLI_ERR_HANDLE);
  }
  SECTION("what is released is the caller's") {
    CHECK(second.release() == handle);
    CHECK_FALSE(second);
    CHECK(etcdcli::cluster(handle).fd() >= 0);
    CHECK(etcdcli_cluster_pump(handle, 0) == ETCDCLI_ERR_HANDLE);
  }
  SECTION("a reset frees, as often as one likes") {
    second.reset();
    second.reset();
    CHECK(etcdcli_cluster_free(handle) == ETCDCLI_ERR_HANDLE);
  }
}

TEST_CASE("A callable is destroyed once: when it is done, or when it was never taken", "[hpp]") {
  int destroyed = 0;
  etcdcli::cluster cluster = make_cluster(nowhere);

  SECTION("a log") {
    {
      etcdcli::config config;
      REQUIRE(config.set("endpoints", std::string(nowhere)) == ETCDCLI_OK);
      REQUIRE(config.set_log_callback([held = Witness(destroyed)](int, const char *) {}) == ETCDCLI_OK);
      REQUIRE(config.set_log_callback(etcdcli::no_callback()) == ETCDCLI_OK);
    }
    CHECK(destroyed == 1);
    etcdcli::config none(nullptr);
    CHECK(none.set_log_callback([held = Witness(destroyed)](int, const char *) {}) == ETCDCLI_ERR_HANDLE);
  }
  SECTION("a state") {
    REQUIRE(cluster.set_state_callback([held = Witness(destroyed)](int, const etcdcli::error &) {}) == ETCDCLI_OK);
    CHECK(destroyed == 0);
    cluster.reset();
    CHECK(destroyed == 1);
    CHECK(cluster.set_state_callback([held = Witness(destroyed)](int, const etcdcli::error &) {}) ==
          ETCDCLI_ERR_HANDLE);
  }
  SECTION("a call") {
    int code = ETCDCLI_OK;
    bool empty = false;
    REQUIRE(cluster.range("key", [&, held = Witness(destroyed)](const etcdcli::response &response) {
      code = response.error().code();
      empty = !cluster && response.kvs().empty() && response.header() == nullptr;
    }));
    cluster.reset();
    CHECK(code == ETCDCLI_ERR_CANCELLED);
    CHECK(empty);
    CHECK(destroyed == 1);
    CHECK_FALSE(cluster.range("key", [held = Witness(destroyed)](const etcdcli::response &) {}));
  }
  SECTION("a close") {
    bool closed = false;
    REQUIRE(cluster.close(0, [&, held = Witness(destroyed)](const etcdcli::error &why) { closed = !why; }) >= 0);
    REQUIRE(wait_until(cluster, [&] { return closed; }));
    CHECK(destroyed == 1);
    CHECK(cluster.close(0, [held = Witness(destroyed)](const etcdcli::error &) {}) == ETCDCLI_ERR_CLOSED);
  }
  SECTION("a keepalive") {
    etcdcli::keepalive keepalive(cluster, "key", "value",
                                 [held = Witness(destroyed)](int, const etcdcli::keepalive_info &) {});
    REQUIRE(keepalive);
    keepalive.reset();
    CHECK(destroyed == 1);
    keepalive =
        etcdcli::keepalive(cluster, "", "value", [held = Witness(destroyed)](int, const etcdcli::keepalive_info &) {});
    CHECK(keepalive.code() == ETCDCLI_ERR_ARGUMENT);
  }
  SECTION("a watcher") {
    etcdcli::watcher watcher(
        cluster, "key", [](const etcdcli::batch &) {}, [held = Witness(destroyed)](int, const etcdcli::error &) {});
    REQUIRE(watcher);
    watcher.reset();
    CHECK(destroyed == 1);
    watcher = etcdcli::watcher(cluster, "", [held = Witness(destroyed)](const etcdcli::batch &) {});
    CHECK(watcher.code() == ETCDCLI_ERR_ARGUMENT);
  }
  CHECK(destroyed == 2);
}

TEST_CASE("A callable may be a function, a std::function, or what cannot be copied", "[hpp]") {
  static int called;
  called = 0;
  etcdcli::cluster cluster = make_cluster(nowhere);
  const std::function<void(const etcdcli::response &)> function = [](const etcdcli::response &) { ++called; };
  REQUIRE(cluster.range("key", function));
  REQUIRE(cluster.range(
      "key", +[](const etcdcli::response &) { ++called; }));
  REQUIRE(cluster.range("key", [one = std::make_unique<int>(1)](const auto &) { called += *one; }));
  cluster.reset();
  CHECK(called == 3);
}

TEST_CASE_METHOD(harness::WithEtcd, "Calls say what C says", "[hpp][etcd]") {
  etcdcli::cluster cluster = make_cluster(etcd.endpoints());
  const std::string binary("\0\xff", 2);
  int answered = 0;

  REQUIRE(cluster.put("a", binary, [&](const etcdcli::response &response) { answered += response ? 1 : 0; }));
  REQUIRE(wait_until(cluster, [&] { return answered == 1; }));
  etcdcli::put_options with_previous;
  with_previous.prev_kv = true;
  const auto put = cluster.put("a", "new", with_previous, [&](const etcdcli::response &response) {
    ++answered;
    CHECK(response.prev_kvs().size() == 1);
    CHECK(response.prev_kvs()[0].value() == binary);
    CHECK_FALSE(response.prev_kvs()[1]);
    CHECK(response.header()->revision == 3);
  });
  REQUIRE(put);
  REQUIRE(put.id() != 0);
  REQUIRE(wait_until(cluster, [&] { return answered == 2; }));
  REQUIRE(cluster.put("b", "", etcdcli::no_callback()));

  etcdcli::range_options two_keys;
  two_keys.keys_only = true;
  two_keys.limit = 2;
  REQUIRE(wait_until(cluster, [&] { return oracle.value("b") == ""; }));
  REQUIRE(cluster.range(etcdcli::from_key("a"), two_keys, [&](const etcdcli::response &response) {
    ++answered;
    std::vector<std::string> keys;
    for (const auto &kv : response.kvs()) {
      keys.emplace_back(kv.key());
      CHECK(kv.value().empty());
    }
    CHECK(keys == std::vector<std::string>{"a", "b"});
    CHECK(response.count() == 2);
    CHECK_FALSE(response.more());
  }));
  REQUIRE(wait_until(cluster, [&] { return answered == 3; }));

  REQUIRE(cluster.range(etcdcli::between("a", "b"), [&](const etcdcli::response &response) {
    ++answered;
    CHECK(response.kvs().size() == 1);
    CHECK(response.kvs()[0].version() == 2);
    CHECK(response.kvs()[0].create_revision() == 2);
  }));
  REQUIRE(wait_until(cluster, [&] { return answered == 4; }));

  REQUIRE(cluster.del(etcdcli::prefix(""), [&](const etcdcli::response &response) {
    ++answered;
    CHECK(response.count() == 2);
  }));
  REQUIRE(wait_until(cluster, [&] { return answered == 5; }));

  const auto cancelled = cluster.range("a", [&](const etcdcli::response &response) {
    ++answered;
    CHECK(response.error().code() == ETCDCLI_ERR_CANCELLED);
  });
  CHECK(cluster.cancel(cancelled.id()) == ETCDCLI_OK);
  REQUIRE(wait_until(cluster, [&] { return answered == 6; }));
}

TEST_CASE_METHOD(harness::WithEtcd, "A server registers itself and sees itself come and go", "[hpp][etcd]") {
  etcdcli::cluster cluster = make_cluster(etcd.endpoints());
  using Servers = std::map<std::string, std::string>;
  Servers servers;
  std::vector<int> watcher_states;
  int state = 0;
  bool whole = false;
  bool left = false;

  etcdcli::watch_options with_previous;
  with_previous.prev_kv = true;
  const etcdcli::watcher watcher(
      cluster, etcdcli::prefix("/servers/"), with_previous,
      [&](const etcdcli::batch &batch) {
        whole = whole || batch.is_snapshot_end();
        for (const auto &event : batch) {
          if (event.is_put()) servers[std::string(event.key())] = event.value();
          if (event.is_delete()) {
            servers.erase(std::string(event.key()));
            left = event.prev_kv().value() == "second";
          }
        }
        CHECK(std::count_if(batch.begin(), batch.end(), [](const auto &event) { return bool(event); }) ==
              static_cast<std::ptrdiff_t>(batch.size()));
      },
      [&](int entered, const etcdcli::error &) { watcher_states.push_back(entered); });
  REQUIRE(wait_until(cluster, [&] { return whole && watcher.state() == ETCDCLI_WATCHER_LIVE; }));
  CHECK(servers.empty());

  etcdcli::keepalive self(cluster, "/servers/one", "first", [&](int entered, const etcdcli::keepalive_info &info) {
    state = entered;
    if (entered == ETCDCLI_KEEPALIVE_HELD) CHECK(info.lease() == cluster.lease());
    CHECK_FALSE(info.error());
    CHECK_FALSE(info.owner());
  });
  REQUIRE(wait_until(cluster, [&] { return servers == Servers{{"/servers/one", "first"}}; }));
  REQUIRE(wait_until(cluster, [&] { return state == ETCDCLI_KEEPALIVE_HELD; }));
  REQUIRE(self.set_value("second") == ETCDCLI_OK);
  REQUIRE(wait_until(cluster, [&] { return servers == Servers{{"/servers/one", "second"}}; }));

  etcdcli::cluster other = make_cluster(etcd.endpoints());
  std::string owner;
  const etcdcli::keepalive twin(other, "/servers/one", "twin", [&](int entered, const etcdcli::keepalive_info &info) {
    if (entered == ETCDCLI_KEEPALIVE_CONFLICT) owner = info.owner().value();
  });
  REQUIRE(wait_until(other, [&] { return !owner.empty(); }));
  CHECK(owner == "second");

  bool closed = false;
  SECTION("it removes its key") {
    REQUIRE(self.remove() == ETCDCLI_OK);
    REQUIRE(wait_until(cluster, [&] { return left; }));
    CHECK(wait_until(cluster, [&] { return state == ETCDCLI_KEEPALIVE_ENDED; }));
  }
  SECTION("it closes its cluster") {
    REQUIRE(cluster.close(ETCDCLI_CLOSE_REVOKE, [&](const etcdcli::error &why) { closed = !why; }) >= 0);
    REQUIRE(wait_until(cluster, [&] { return closed; }));
    CHECK(watcher_states.back() == ETCDCLI_WATCHER_ENDED);
    CHECK(harness::eventually([&] { return !oracle.value("/servers/one"); }));
  }
}
