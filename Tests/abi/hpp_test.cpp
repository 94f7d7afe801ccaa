// etcdcli.hpp: it says what the C header says, and owns what it is given exactly as long as it should.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <etcdcli/admin.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/fixtures.h"

namespace {

using etcdcli::code;
using etcdcli::keepalive_state;
using etcdcli::watcher_state;
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
  return etcdcli::cluster({{"endpoints", endpoints}, {"lease.ttl.s", "5"}});
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
    CHECK(cluster.code() == code::config);
    CHECK_THAT(etcdcli::last_error(), Catch::Contains("endpoints"));
  }
  SECTION("of a bad option, and what is made on it") {
    const etcdcli::cluster cluster({{"endpoints", nowhere}, {"lease.ttl.s", "long"}});
    CHECK(cluster.code() == code::config);
    const etcdcli::keepalive keepalive(cluster, "key", "value");
    CHECK(keepalive.code() == code::config);
    const etcdcli::watcher watcher(cluster, "key", etcdcli::no_callback());
    CHECK(watcher.code() == code::config);
    CHECK_THAT(etcdcli::last_error(), Catch::Contains("lease.ttl.s"));
  }
  SECTION("by default") {
    etcdcli::cluster cluster;
    CHECK(cluster.code() == code::handle);
    CHECK(cluster.pump() == ETCDCLI_ERR_HANDLE);
    CHECK(cluster.put("key", "value", etcdcli::no_callback()).code() == code::handle);
  }
}

TEST_CASE("Options come from any range of pairs", "[hpp]") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const Pairs pairs = {{"endpoints", nowhere}, {"lease.ttl.s", "5"}};
  CHECK(etcdcli::config(pairs));
  CHECK(etcdcli::config(Pairs{pairs}));
  CHECK(etcdcli::config(std::map<std::string, std::string>(pairs.begin(), pairs.end())));
  CHECK(etcdcli::config(std::array<std::pair<const char *, const char *>, 1>{{{"lease.ttl.s", "5"}}}));
  CHECK(etcdcli::config({{"lease.ttl.s", "5"}}));
  CHECK(etcdcli::config(Pairs{}));
  CHECK(etcdcli::cluster(pairs));
  CHECK(etcdcli::cluster(std::map<std::string, std::string>(pairs.begin(), pairs.end())));
  CHECK(etcdcli::cluster({{"endpoints", pairs[0].second}}));

  // A piece of a text, which no NUL ends.
  const std::string_view line = "lease.ttl.s=5000";
  etcdcli::config config;
  CHECK(config.set(line.substr(0, 11), line.substr(12, 2)));
  CHECK(config.option(line.substr(0, 11)) == std::string(line.substr(12, 2)));
  CHECK_FALSE(config.option("no.such.option"));

  SECTION("the first that is refused makes an empty config") {
    const etcdcli::config refused(Pairs{{"lease.ttl.s", "5"}, {"lease.ttl.s", "long"}, {"no.such.option", "1"}});
    CHECK_FALSE(refused);
    CHECK(refused.code() == code::config);
    CHECK_THAT(etcdcli::last_error(), Catch::Contains("long"));
    CHECK(etcdcli::cluster(refused).code() == code::config);
    CHECK_THAT(etcdcli::last_error(), Catch::Contains("long"));
  }
}

TEST_CASE("Codes, states, levels and types have names", "[hpp]") {
  using etcdcli::to_string;
  CHECK(std::string(to_string(code::unknown_outcome)) == etcdcli_strerror(ETCDCLI_ERR_UNKNOWN_OUTCOME));
  CHECK(std::string(to_string(etcdcli::log_level::debug)) == "debug");
  CHECK(std::string(to_string(etcdcli::cluster_state::closed)) == "closed");
  CHECK(std::string(to_string(keepalive_state::ended)) == "ended");
  CHECK(std::string(to_string(watcher_state::ended)) == "ended");
  CHECK(std::string(to_string(etcdcli::event_type::put)) == "put");
  CHECK(std::string(to_string(etcdcli::event_type::del)) == "delete");
  CHECK(std::string(to_string(static_cast<keepalive_state>(99))) == "unknown");
  CHECK(std::string(to_string(static_cast<etcdcli::event_type>(99))) == "unknown");
}

TEST_CASE("What has no handle is closed or ended, and no loop waits for it", "[hpp]") {
  etcdcli::cluster cluster;
  CHECK(cluster.state() == etcdcli::cluster_state::closed);
  CHECK(etcdcli::keepalive().state() == keepalive_state::ended);
  CHECK(etcdcli::watcher().state() == watcher_state::ended);
  CHECK(cluster.fd() < 0);
  CHECK(cluster.timeout_ms() == 0);
  CHECK(cluster.wait(-1) < 0);
  CHECK(cluster.close().code() == code::handle);
}

TEST_CASE("A callback can be taken away", "[hpp]") {
  int destroyed = 0;
  etcdcli::config config({{"endpoints", nowhere}});
  REQUIRE(config.set_log_callback([held = Witness(destroyed)](const etcdcli::log_info &) {}));
  REQUIRE(config.set_log_callback(nullptr));
  CHECK(destroyed == 1);
  etcdcli::cluster cluster(config);
  REQUIRE(cluster.set_state_callback([held = Witness(destroyed)](const etcdcli::cluster_info &) {}));
  REQUIRE(cluster.set_state_callback(nullptr));
  CHECK(destroyed == 2);
}

TEST_CASE("A cluster that reaches nothing says what to make of it", "[hpp]") {
  std::vector<etcdcli::log_level> levels;
  std::vector<etcdcli::cluster_state> states;
  std::string endpoint;
  code ended = code::ok;
  bool may_have_happened = true;
  etcdcli::config config({{"endpoints", nowhere}, {"log.level", "debug"}, {"request.timeout.ms", "200"}});
  REQUIRE(config.set_log_callback([&](const etcdcli::log_info &line) {
    if (std::strlen(line.message()) > 0 && std::strlen(line.component()) > 0) levels.push_back(line.level());
  }));
  etcdcli::cluster cluster(config);
  REQUIRE(cluster.set_state_callback([&](const etcdcli::cluster_info &info) {
    states.push_back(info.state());
    endpoint = info.error().endpoint();
  }));
  REQUIRE(cluster.put("key", "value", [&](const etcdcli::response &response) {
    ended = response.error().code();
    may_have_happened = response.error().may_have_happened();
  }));
  REQUIRE(wait_until(cluster, [&] { return ended != code::ok && !states.empty(); }));
  CHECK((ended == code::unavailable || ended == code::timeout));
  CHECK_FALSE(may_have_happened);
  CHECK(states.front() == etcdcli::cluster_state::unavailable);
  CHECK(endpoint == nowhere);
  CHECK(std::count(levels.begin(), levels.end(), etcdcli::log_level::error) > 0);
}

TEST_CASE("Owners move, release and reset", "[hpp]") {
  etcdcli::cluster first = make_cluster(nowhere);
  etcdcli_cluster *const handle = first.get();
  REQUIRE(first);
  etcdcli::cluster second = std::move(first);
  CHECK(second.get() == handle);
  CHECK(first.code() == code::handle);  // NOLINT: what is left of it is specified
  CHECK(second.code() == code::ok);

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
      REQUIRE(config.set("endpoints", std::string(nowhere)));
      REQUIRE(config.set_log_callback([held = Witness(destroyed)](const etcdcli::log_info &) {}));
      REQUIRE(config.set_log_callback(etcdcli::no_callback()));
    }
    CHECK(destroyed == 1);
    etcdcli::config none(nullptr);
    CHECK(none.set_log_callback([held = Witness(destroyed)](const etcdcli::log_info &) {}).code() == code::handle);
  }
  SECTION("a state") {
    REQUIRE(cluster.set_state_callback([held = Witness(destroyed)](const etcdcli::cluster_info &) {}));
    CHECK(destroyed == 0);
    cluster.reset();
    CHECK(destroyed == 1);
    CHECK(cluster.set_state_callback([held = Witness(destroyed)](const etcdcli::cluster_info &) {}).code() ==
          code::handle);
  }
  SECTION("a call") {
    code ended = code::ok;
    bool empty = false;
    REQUIRE(cluster.range("key", [&, held = Witness(destroyed)](const etcdcli::response &response) {
      ended = response.error().code();
      empty = !cluster && response.kvs().empty() && response.header() == nullptr;
    }));
    cluster.reset();
    CHECK(ended == code::cancelled);
    CHECK(empty);
    CHECK(destroyed == 1);
    CHECK_FALSE(cluster.range("key", [held = Witness(destroyed)](const etcdcli::response &) {}));
  }
  SECTION("a close") {
    bool closed = false;
    REQUIRE(cluster.close(etcdcli::close_flags::none,
                          [&, held = Witness(destroyed)](const etcdcli::close_info &info) { closed = bool(info); }));
    REQUIRE(wait_until(cluster, [&] { return closed; }));
    CHECK(destroyed == 1);
    CHECK(
        cluster.close(etcdcli::close_flags::none, [held = Witness(destroyed)](const etcdcli::close_info &) {}).code() ==
        code::closed);
  }
  SECTION("a keepalive") {
    etcdcli::keepalive keepalive(cluster, "key", "value",
                                 [held = Witness(destroyed)](const etcdcli::keepalive_info &) {});
    REQUIRE(keepalive);
    keepalive.reset();
    CHECK(destroyed == 1);
    keepalive =
        etcdcli::keepalive(cluster, "", "value", [held = Witness(destroyed)](const etcdcli::keepalive_info &) {});
    CHECK(keepalive.code() == code::argument);
  }
  SECTION("a watcher") {
    etcdcli::watcher watcher(
        cluster, "key", [](const etcdcli::batch &) {}, [held = Witness(destroyed)](const etcdcli::watcher_info &) {});
    REQUIRE(watcher);
    watcher.reset();
    CHECK(destroyed == 1);
    watcher = etcdcli::watcher(cluster, "", [held = Witness(destroyed)](const etcdcli::batch &) {});
    CHECK(watcher.code() == code::argument);
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
    CHECK(response.error().code() == code::cancelled);
  });
  CHECK(cluster.cancel(cancelled.id()));
  REQUIRE(wait_until(cluster, [&] { return answered == 6; }));
}

TEST_CASE_METHOD(harness::WithEtcd, "What administers, and what comes in parts, says what C says", "[hpp][etcd]") {
  etcdcli::cluster cluster = make_cluster(etcd.endpoints());
  etcdcli::admin admin(cluster);
  for (int i = 0; i < 5; ++i) oracle.put("p/" + std::to_string(i), "value");
  int ends = 0, destroyed = 0;
  std::string member, url, version, json;
  REQUIRE(admin.member_list([&](const etcdcli::response &response) {
    for (const auto &one : etcdcli::admin_answer(response).members()) {
      member = one.name();
      url = one.client_urls()[0];
      CHECK(one.client_urls()[1] == "");
    }
    ++ends;
  }));
  etcdcli::maintenance_options named;
  const std::string endpoint = etcd.endpoints();
  named.endpoint = endpoint.c_str();
  REQUIRE(admin.status(named, [&](const etcdcli::response &response) {
    const auto *status = etcdcli::admin_answer(response).status();
    if (status) version = etcdcli::to_view(status->version);
    ++ends;
  }));
  REQUIRE(admin.role_add("reader", {}, [&](const etcdcli::response &response) { ends += bool(response); }));
  REQUIRE(admin.gateway_call("kv/range", R"({"key":"cC8w"})", {}, [&](const etcdcli::response &response) {
    json = etcdcli::admin_answer(response).gateway_json();
    ++ends;
  }));
  etcdcli::range_options pages;
  pages.limit = 2;
  std::vector<std::string> keys;
  const etcdcli::submitted each = cluster.range_each(
      etcdcli::prefix("p/"), pages,
      [&, witness = Witness(destroyed)](const etcdcli::response &page) {
        for (const auto &kv : page.kvs()) keys.emplace_back(kv.key());
      },
      [&, witness = Witness(destroyed)](const etcdcli::response &response) {
        CHECK(response.count() == 5);
        ++ends;
      });
  REQUIRE(each);
  REQUIRE(wait_until(cluster, [&] { return ends == 5; }));
  CHECK(member == "m0");
  CHECK(url == endpoint);
  CHECK(version.substr(0, 2) == "3.");
  CHECK(json.find("dmFsdWU=") != std::string::npos);
  CHECK(keys == std::vector<std::string>{"p/0", "p/1", "p/2", "p/3", "p/4"});
  CHECK(destroyed == 2);

  const auto none = [](const etcdcli::response &) {};
  CHECK(admin.user_add("", "secret", {}, none).code() == code::argument);
  CHECK(admin.snapshot(named, none, none).id() != 0);
}

TEST_CASE_METHOD(harness::WithEtcd, "A server registers itself and sees itself come and go", "[hpp][etcd]") {
  etcdcli::cluster cluster = make_cluster(etcd.endpoints());
  using Servers = std::map<std::string, std::string>;
  Servers servers;
  std::vector<watcher_state> watcher_states;
  std::vector<keepalive_state> states;
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
      [&](const etcdcli::watcher_info &info) { watcher_states.push_back(info.state()); });
  REQUIRE(wait_until(cluster, [&] { return whole && watcher.state() == watcher_state::live; }));
  CHECK(servers.empty());
  CHECK(cluster.id() != 0);
  REQUIRE(cluster.endpoint_count() == 1);
  CHECK(cluster.endpoint(0).is_current());
  CHECK(cluster.endpoint(0).is_seed());
  CHECK(cluster.endpoint(0).is_healthy());
  CHECK(cluster.endpoint(0).failures() == 0);
  CHECK_FALSE(cluster.endpoint(1));

  etcdcli::keepalive self(cluster, "/servers/one", "first", [&](const etcdcli::keepalive_info &info) {
    states.push_back(info.state());
    if (info.state() == keepalive_state::held) CHECK(info.lease() == cluster.lease());
    CHECK_FALSE(info.error());
    CHECK(info.attempts() == 0);
    CHECK_FALSE(info.owner());
  });
  REQUIRE(wait_until(cluster, [&] { return servers == Servers{{"/servers/one", "first"}}; }));
  REQUIRE(wait_until(cluster, [&] { return states.back() == keepalive_state::held; }));
  std::size_t ready = 0;
  std::int64_t written = 0;
  REQUIRE(cluster.await(etcdcli::await_set(5000).add(self).add(watcher), [&](const etcdcli::await_info &info) {
    CHECK(info);
    CHECK(info.total() == 2);
    CHECK(info.keepalive() == nullptr);
    CHECK(info.watcher() == nullptr);
    ready = info.ready();
  }));
  REQUIRE(wait_until(cluster, [&] { return ready == 2; }));
  CHECK(cluster.await(etcdcli::await_set().add(etcdcli::keepalive()), [](const etcdcli::await_info &) {}).code() ==
        etcdcli::code::handle);
  REQUIRE(self.set_value("second", [&, owned = std::make_unique<int>(1)](const etcdcli::value_info &info) {
    CHECK(info);
    CHECK_FALSE(info.superseded());
    written = info.revision() * *owned;
  }));
  REQUIRE(wait_until(cluster, [&] { return written > 0; }));
  REQUIRE(wait_until(cluster, [&] { return servers == Servers{{"/servers/one", "second"}}; }));

  etcdcli::keepalive second(cluster, "/servers/one", "second");
  CHECK(second.code() == etcdcli::code::argument);

  etcdcli::cluster other = make_cluster(etcd.endpoints());
  std::string owner;
  etcdcli::keepalive_options options;
  options.claim = etcdcli::claim::wait;
  const etcdcli::keepalive waiting(cluster, "/servers/one/lock", "", options);
  const etcdcli::keepalive named(cluster, "/servers/named", R"({"id":"one","pid":1})",
                                 etcdcli::keepalive_options{etcdcli::claim::if_absent_or_same, "id", {}});
  std::int64_t fence = 0;
  etcdcli::keepalive asking = etcdcli::keepalive::asking(
      cluster, "/servers/asked", "value", [](const etcdcli::kv &) { return etcdcli::claim_answer::ours; },
      [&](const etcdcli::keepalive_info &info) { fence = info.fence(); });
  REQUIRE(waiting);
  REQUIRE(named);
  REQUIRE(asking);
  REQUIRE(wait_until(cluster, [&] { return waiting.state() == keepalive_state::held && fence > 0; }));
  CHECK_FALSE(asking.retry());
  CHECK(asking.set_value("another"));

  const etcdcli::keepalive twin(other, "/servers/one", "twin", [&](const etcdcli::keepalive_info &info) {
    if (info.state() == keepalive_state::conflict) owner = info.owner().value();
  });
  REQUIRE(wait_until(other, [&] { return !owner.empty(); }));
  CHECK(owner == "second");

  bool closed = false;
  SECTION("it removes its key") {
    REQUIRE(self.remove());
    REQUIRE(wait_until(cluster, [&] { return left; }));
    CHECK(wait_until(cluster, [&] { return states.back() == keepalive_state::ended; }));
  }
  SECTION("it closes its cluster") {
    REQUIRE(cluster.close(etcdcli::close_flags::revoke, [&](const etcdcli::close_info &info) { closed = bool(info); }));
    REQUIRE(wait_until(cluster, [&] { return closed; }));
    CHECK(watcher_states.back() == watcher_state::ended);
    CHECK(harness::eventually([&] { return !oracle.value("/servers/one"); }));
  }
}
