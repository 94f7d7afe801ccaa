// Who may be freed where, and when user data is given back.
#include <catch2/catch.hpp>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// User data of one callback: counts what happens to it, and that `destroy` never comes while the callback runs.
struct UserData {
  int calls = 0;
  int destroys = 0;
  bool running = false;
  std::function<void()> on_call;

  void called() {
    CHECK(destroys == 0);
    calls += 1;
    running = true;
    if (on_call) on_call();
    running = false;
  }

  static void destroy(void *user) {
    auto &self = *static_cast<UserData *>(user);
    self.destroys += 1;
    CHECK_FALSE(self.running);
  }
};

void on_cluster_state(etcdcli_cluster *, const etcdcli_cluster_info *, void *user) {
  static_cast<UserData *>(user)->called();
}

void on_close(etcdcli_cluster *, const etcdcli_close_info *, void *user) {
  static_cast<UserData *>(user)->called();
}

void on_end(etcdcli_cluster *, const etcdcli_call_info *, void *user) {
  if (user != nullptr) static_cast<UserData *>(user)->called();
}

void on_log(etcdcli_cluster *, const etcdcli_log_info *, void *user) {
  static_cast<UserData *>(user)->called();
}

/// One of everything, alive.
struct OneOfEach {
  const std::string prefix;
  Cluster cluster;
  Watch &watch = cluster.watch_prefix(prefix);
  Keepalive &keepalive = cluster.keep(prefix + "self", "value");
  etcdcli_config *config = make_config({});

  OneOfEach(WithProxy &with, const std::string &prefix)
      : prefix(prefix), cluster(with.host, with.proxy.url(), quick_recovery) {
    REQUIRE(with.host.wait_until([&] { return watch.live() && keepalive.held() && watch.picture.size() == 1; }));
  }
  ~OneOfEach() { etcdcli_config_free(config); }

  void free_cluster() { CHECK(cluster.free() == ETCDCLI_OK); }

  void free_the_others() {
    CHECK(watch.free() == ETCDCLI_OK);
    CHECK(keepalive.free() == ETCDCLI_OK);
    CHECK(etcdcli_config_free(std::exchange(config, nullptr)) == ETCDCLI_OK);
  }
};

struct WithOneOfEach : WithProxy, OneOfEach {
  WithOneOfEach() : OneOfEach(static_cast<WithProxy &>(*this), "k/") {}
};

using Free = std::function<void()>;

/// What a callback may do to handles, its own and others'.
const std::vector<std::pair<const char *, void (*)(OneOfEach &)>> ways_to_free = {
    {"all but the cluster", [](OneOfEach &each) { each.free_the_others(); }},
    {"the cluster", [](OneOfEach &each) { each.free_cluster(); }},
    {"everything, the cluster first",
     [](OneOfEach &each) {
       each.free_cluster();
       each.free_the_others();
     }},
    {"everything, the cluster last",
     [](OneOfEach &each) {
       each.free_the_others();
       each.free_cluster();
     }},
};

/// Has `free` called from inside a callback, and returns when it was.
using Place = void (*)(WithProxy &with, OneOfEach &each, const Free &free, const bool &freed);

const std::vector<std::pair<const char *, Place>> places_to_free_in = {
    {"a call",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       each.cluster.get("k").on_end = free;
       CHECK(with.host.wait_until([&] { return freed; }));
     }},
    {"a watcher, for a batch",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       each.watch.on_batch = free;
       with.oracle.put(each.prefix + "1", "value");
       CHECK(with.host.wait_until([&] { return freed; }));
     }},
    {"a watcher, for a state",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       each.watch.on_state = free;
       with.proxy.reset();
       CHECK(with.host.wait_until([&] { return freed; }));
     }},
    {"a keepalive",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       each.keepalive.on_state = free;
       CHECK(each.keepalive.set_value("new") == ETCDCLI_OK);
       CHECK(with.host.wait_until([&] { return freed; }));
     }},
    {"a close",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       UserData close;
       close.on_call = free;
       CHECK(etcdcli_cluster_close(each.cluster.handle(), 0, on_close, &close, UserData::destroy) == ETCDCLI_OK);
       CHECK(with.host.wait_until([&] { return freed && close.destroys == 1; }));
     }},
    {"the cluster's state",
     [](WithProxy &with, OneOfEach &each, const Free &free, const bool &freed) {
       UserData state;
       state.on_call = free;
       CHECK(etcdcli_cluster_set_state_callback(each.cluster.handle(), on_cluster_state, &state, UserData::destroy) ==
             ETCDCLI_OK);
       with.proxy.refuse();
       with.proxy.reset();
       CHECK(with.host.wait_until([&] { return freed; }));
       with.proxy.heal();
       if (each.cluster.handle() != nullptr) each.free_cluster();
       CHECK(state.destroys == 1);
     }},
};

}  // namespace

TEST_CASE_METHOD(WithProxy, "Any handle may be freed in any callback", "[lifetime][etcd]") {
  int number = 0;
  for (const auto &[place, free_in] : places_to_free_in) {
    for (const auto &[way, free] : ways_to_free) {
      INFO(way << " in the callback of " << place);
      OneOfEach each(*this, "k" + std::to_string(++number) + "/");
      bool freed = false;
      const Free free_once = [&, free = free] {
        if (!std::exchange(freed, true)) free(each);
      };
      free_in(*this, each, free_once, freed);
      host.run_for(Milliseconds{20});
    }
  }
}

TEST_CASE_METHOD(WithOneOfEach, "Handles may be freed while their cluster is freed", "[lifetime][etcd]") {
  Call &call = cluster.get("k");
  call.on_end = [&] { free_the_others(); };
  free_cluster();
  CHECK(call.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(watch.destroys == 1);
  CHECK(keepalive.destroys == 1);
}

TEST_CASE_METHOD(WithOneOfEach, "A handle may be freed while callbacks of it wait", "[lifetime][etcd]") {
  // Two batches and two answers wait; the first callback frees what the others belong to.
  std::vector<Call *> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(&cluster.put("k/" + std::to_string(i), "value"));
  REQUIRE(eventually([&] { return readable(cluster.fd()) && cluster.pump(1) == 1; }));
  const std::size_t batches = watch.batches.size();
  const std::size_t states = keepalive.told.size();
  CHECK(watch.free() == ETCDCLI_OK);
  CHECK(keepalive.free() == ETCDCLI_OK);
  for (Call *call : calls) CHECK(cluster.finish(*call).code() == ETCDCLI_OK);
  CHECK(watch.batches.size() == batches);
  CHECK(keepalive.told.size() == states);
}

TEST_CASE_METHOD(WithOneOfEach, "Handles outlive their cluster until they are freed", "[lifetime][etcd]") {
  const std::size_t batches = watch.batches.size();
  const std::size_t states = keepalive.told.size();
  CHECK(cluster.free() == ETCDCLI_OK);
  CHECK(watch.batches.size() == batches);
  CHECK(keepalive.told.size() == states);  // they end silently
  CHECK(etcdcli_watcher_state(watch.handle) == ETCDCLI_WATCHER_ENDED);
  CHECK(etcdcli_keepalive_state(keepalive.handle) == ETCDCLI_KEEPALIVE_ENDED);
  CHECK(keepalive.set_value("new") == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.remove() == ETCDCLI_ERR_CLOSED);
  const bool keepalive_first = GENERATE(true, false);
  if (keepalive_first) CHECK(keepalive.free() == ETCDCLI_OK);
  CHECK(watch.free() == ETCDCLI_OK);
  if (!keepalive_first) CHECK(keepalive.free() == ETCDCLI_OK);
  CHECK(oracle.get("k/self"));  // the lease is left to its TTL
}

TEST_CASE_METHOD(WithOneOfEach, "A callback may start whatever it likes", "[lifetime][etcd]") {
  Call *inner_call = nullptr;
  Watch *inner_watch = nullptr;
  Keepalive *inner_keepalive = nullptr;
  cluster.get("k").on_end = [&] {
    inner_call = &cluster.put("k/inner", "value");
    inner_watch = &cluster.watch_prefix("k");
    inner_keepalive = &cluster.keep("k/inner self", "value");
    etcdcli_call_cancel(cluster.handle(), cluster.get("k").id);
  };
  CHECK(host.wait_until([&] { return inner_call && inner_call->ended() && inner_watch->live(); }));
  CHECK(host.wait_until([&] { return inner_keepalive->held() && inner_watch->picture.size() == 3; }));
}

TEST_CASE_METHOD(WithOneOfEach, "A destroy function may free handles", "[lifetime][etcd]") {
  // As it does when a C++ callable that owns handles is destroyed.
  struct Owner {
    WithOneOfEach *each;
    bool done = false;
  } owner{this};
  const auto ignore = [](etcdcli_cluster *, const etcdcli_call_info *, void *) {};
  const auto destroy = [](void *user) {
    auto &self = *static_cast<Owner *>(user);
    CHECK(self.each->watch.free() == ETCDCLI_OK);
    CHECK(self.each->keepalive.free() == ETCDCLI_OK);
    self.done = true;
  };
  const etcdcli_range_params params = range_params("k");
  REQUIRE(etcdcli_range(cluster.handle(), &params, ignore, &owner, destroy, nullptr) == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return owner.done; }));
  CHECK(watch.destroys == 1);
}

TEST_CASE_METHOD(WithOneOfEach, "User data is given back as soon as it is of no more use", "[lifetime][etcd]") {
  SECTION("of a call, when it has ended") {
    const Call &call = cluster.finish(cluster.get("k"));
    CHECK(call.destroys == 1);
  }
  SECTION("of a watcher, when it is freed") {
    CHECK(watch.destroys == 0);
    CHECK(watch.free() == ETCDCLI_OK);
    CHECK(watch.destroys == 1);
  }
  SECTION("of a keepalive, when it is freed, though its key is still to be removed") {
    CHECK(keepalive.destroys == 0);
    CHECK(keepalive.free() == ETCDCLI_OK);
    CHECK(keepalive.destroys == 1);
    CHECK(host.wait_until([&] { return !oracle.get("k/self"); }));
    CHECK(keepalive.destroys == 1);
  }
  SECTION("of all, when the cluster is freed") {
    const Call &call = cluster.get("k");
    CHECK(cluster.free() == ETCDCLI_OK);
    CHECK(call.destroys == 1);
    CHECK(watch.destroys == 1);
    CHECK(keepalive.destroys == 1);
  }
  SECTION("of all, when the cluster is closed") {
    const Call &call = cluster.get("k");
    cluster.close(0);
    CHECK(call.destroys == 1);
    CHECK(watch.destroys == 1);
    CHECK(keepalive.destroys == 1);
  }
}

TEST_CASE("The state callback's user data is given back when it is replaced", "[lifetime]") {
  Host host;
  const ReservedPort nobody;
  UserData first;
  UserData second;
  {
    Cluster cluster(host, nobody.url(), {{"backoff.max.ms", "100"}});
    etcdcli_cluster *const handle = cluster.handle();
    REQUIRE(etcdcli_cluster_set_state_callback(handle, on_cluster_state, &first, UserData::destroy) == ETCDCLI_OK);
    REQUIRE(etcdcli_cluster_set_state_callback(handle, on_cluster_state, &second, UserData::destroy) == ETCDCLI_OK);
    CHECK(first.destroys == 1);
    CHECK(second.destroys == 0);
    cluster.watch_prefix("k");
    CHECK(host.wait_until([&] { return second.calls > 0; }));

    SECTION("by another") {
      UserData third;
      REQUIRE(etcdcli_cluster_set_state_callback(handle, on_cluster_state, &third, UserData::destroy) == ETCDCLI_OK);
      CHECK(second.destroys == 1);
      CHECK(cluster.free() == ETCDCLI_OK);
      CHECK(third.destroys == 1);
    }
    SECTION("by none") {
      CHECK(etcdcli_cluster_set_state_callback(handle, nullptr, nullptr, nullptr) == ETCDCLI_OK);
      CHECK(second.destroys == 1);
    }
    SECTION("or when the cluster is freed") {}
  }
  CHECK(first.calls == 0);
  CHECK(first.destroys == 1);
  CHECK(second.destroys == 1);
}

TEST_CASE("A state callback that replaces itself is given back after it returned", "[lifetime]") {
  Host host;
  const ReservedPort nobody;
  UserData data;
  Cluster cluster(host, nobody.url());
  REQUIRE(etcdcli_cluster_set_state_callback(cluster.handle(), on_cluster_state, &data, UserData::destroy) ==
          ETCDCLI_OK);
  data.on_call = [&] {
    CHECK(etcdcli_cluster_set_state_callback(cluster.handle(), nullptr, nullptr, nullptr) == ETCDCLI_OK);
    CHECK(data.destroys == 0);
  };
  cluster.watch_prefix("k");
  CHECK(host.wait_until([&] { return data.destroys == 1; }));
  CHECK(data.calls == 1);
}

TEST_CASE("The log's user data is given back when config and clusters are gone", "[lifetime]") {
  const ReservedPort nobody;
  UserData log;
  UserData later;
  etcdcli_config *config = make_config({{"endpoints", nobody.url()}, {"log.level", "debug"}});
  REQUIRE(etcdcli_config_set_log_callback(config, on_log, &log, UserData::destroy) == ETCDCLI_OK);
  etcdcli_cluster *first = nullptr;
  etcdcli_cluster *second = nullptr;
  REQUIRE(etcdcli_cluster_new(config, &first) == ETCDCLI_OK);
  REQUIRE(etcdcli_cluster_new(config, &second) == ETCDCLI_OK);

  SECTION("the config before the clusters") {
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
    CHECK(etcdcli_cluster_free(first) == ETCDCLI_OK);
    CHECK(log.destroys == 0);
    CHECK(etcdcli_cluster_free(second) == ETCDCLI_OK);
  }
  SECTION("the clusters before the config") {
    CHECK(etcdcli_cluster_free(second) == ETCDCLI_OK);
    CHECK(etcdcli_cluster_free(first) == ETCDCLI_OK);
    CHECK(log.destroys == 0);
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
  }
  SECTION("replaced in the config, it still serves the clusters made before") {
    REQUIRE(etcdcli_config_set_log_callback(config, on_log, &later, UserData::destroy) == ETCDCLI_OK);
    CHECK(log.destroys == 0);
    const etcdcli_range_params params = range_params("k");
    REQUIRE(etcdcli_range(first, &params, on_end, nullptr, nullptr, nullptr) == ETCDCLI_OK);
    CHECK(eventually([&] { return etcdcli_cluster_wait(first, 10) >= 0 && log.calls > 0; }));
    CHECK(later.calls == 0);
    CHECK(etcdcli_cluster_free(first) == ETCDCLI_OK);
    CHECK(etcdcli_cluster_free(second) == ETCDCLI_OK);
    CHECK(log.destroys == 1);
    CHECK(later.destroys == 0);
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
    CHECK(later.destroys == 1);
  }
  SECTION("replaced in a config that made no cluster since, at once") {
    CHECK(etcdcli_cluster_free(first) == ETCDCLI_OK);
    CHECK(etcdcli_cluster_free(second) == ETCDCLI_OK);
    REQUIRE(etcdcli_config_set_log_callback(config, nullptr, nullptr, nullptr) == ETCDCLI_OK);
    CHECK(log.destroys == 1);
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
  }
  CHECK(log.destroys == 1);
}

TEST_CASE("A log callback may free what it is called for", "[lifetime]") {
  const ReservedPort nobody;
  UserData log;
  etcdcli_config *config = make_config({{"endpoints", nobody.url()}, {"log.level", "debug"}});
  REQUIRE(etcdcli_config_set_log_callback(config, on_log, &log, UserData::destroy) == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  REQUIRE(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  REQUIRE(etcdcli_config_free(config) == ETCDCLI_OK);
  log.on_call = [&] {
    CHECK(etcdcli_cluster_pump(cluster, 0) < 0);  // BUSY, and HANDLE once it is freed
    if (log.calls == 1) CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  };
  const etcdcli_range_params params = range_params("k");
  REQUIRE(etcdcli_range(cluster, &params, on_end, nullptr, nullptr, nullptr) == ETCDCLI_OK);
  CHECK(eventually([&] { return log.calls > 0 || etcdcli_cluster_wait(cluster, 10) < 0 || log.calls > 0; }));
  CHECK(log.calls > 0);
  CHECK(log.destroys == 1);
}

TEST_CASE("The user data of a callback that is NULL is given back all the same", "[lifetime]") {
  Host host;
  const ReservedPort nobody;
  UserData data;
  Cluster cluster(host, nobody.url());
  etcdcli_cluster *const handle = cluster.handle();

  SECTION("by what sets a callback, before it returns") {
    CHECK(etcdcli_cluster_set_state_callback(handle, nullptr, &data, UserData::destroy) == ETCDCLI_OK);
    CHECK(data.destroys == 1);
    UserData log;
    etcdcli_config *const config = make_config({});
    CHECK(etcdcli_config_set_log_callback(config, nullptr, &log, UserData::destroy) == ETCDCLI_OK);
    CHECK(log.destroys == 1);
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
    CHECK(log.destroys == 1);
  }
  SECTION("by a close, when it has ended") {
    CHECK(etcdcli_cluster_close(handle, 0, nullptr, &data, UserData::destroy) == ETCDCLI_OK);
    CHECK(data.destroys == 0);
    CHECK(host.wait_until([&] { return data.destroys == 1; }));
  }
  SECTION("by a close that is cut short") {
    CHECK(etcdcli_cluster_close(handle, 0, nullptr, &data, UserData::destroy) == ETCDCLI_OK);
    CHECK(cluster.free() == ETCDCLI_OK);
    CHECK(data.destroys == 1);
  }
  SECTION("by a keepalive, when it has ended") {
    etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    params.key = slice("k");
    params.user = &data;
    params.destroy = UserData::destroy;
    etcdcli_keepalive *keepalive = nullptr;
    REQUIRE(etcdcli_keepalive_new(handle, &params, &keepalive) == ETCDCLI_OK);
    host.run_for(Milliseconds{20});
    CHECK(data.destroys == 0);
    CHECK(etcdcli_keepalive_free(keepalive) == ETCDCLI_OK);
    CHECK(data.destroys == 1);
  }
  CHECK(data.calls == 0);
}

TEST_CASE("What a failing function was given stays the caller's", "[lifetime]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  UserData data;

  etcdcli_range_params range = range_params("");
  CHECK(etcdcli_range(cluster.handle(), &range, on_end, &data, UserData::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_put_params put = put_params("", "value");
  CHECK(etcdcli_put(cluster.handle(), &put, on_end, &data, UserData::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_delete_params erase = delete_params("");
  CHECK(etcdcli_delete(cluster.handle(), &erase, on_end, &data, UserData::destroy, nullptr) == ETCDCLI_ERR_ARGUMENT);

  etcdcli_keepalive_params keep = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  keep.user = &data;
  keep.destroy = UserData::destroy;
  etcdcli_keepalive *keepalive = nullptr;
  CHECK(etcdcli_keepalive_new(cluster.handle(), &keep, &keepalive) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_watcher_params watch = watcher_params("k");
  watch.user = &data;
  watch.destroy = UserData::destroy;
  etcdcli_watcher *watcher = nullptr;
  CHECK(etcdcli_watcher_new(cluster.handle(), &watch, &watcher) == ETCDCLI_ERR_ARGUMENT);  // on_batch is NULL

  CHECK(etcdcli_cluster_close(cluster.handle(), 99, on_close, &data, UserData::destroy) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_cluster_set_state_callback(nullptr, on_cluster_state, &data, UserData::destroy) < 0);
  CHECK(etcdcli_config_set_log_callback(nullptr, on_log, &data, UserData::destroy) < 0);
  CHECK(cluster.free() == ETCDCLI_OK);
  CHECK(data.calls == 0);
  CHECK(data.destroys == 0);
}
