// The contract of the pump: when callbacks come, how many, and what they may do. That they come from nowhere but pump,
// wait and free, and that each call ends once, is checked by the harness in every test.
#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// The state a cluster was last told to be in.
int state_of(const Cluster &cluster) {
  return cluster.told.empty() ? 0 : cluster.told.back().state;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A budget of one makes one callback a pump", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  int callbacks = 0;
  std::vector<Call *> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(&cluster.put("k", "value"));
    calls.back()->on_end = [&] { ++callbacks; };
  }
  Watch &watch = cluster.watch_prefix("k");
  watch.on_batch = watch.on_state = [&] { ++callbacks; };
  Keepalive &keepalive = cluster.keep("k/self", "value");
  keepalive.on_state = [&] { ++callbacks; };

  const auto done = [&] {
    const auto ended = [](const Call *call) { return call->ended(); };
    return std::all_of(calls.begin(), calls.end(), ended) && keepalive.held() && watch.live();
  };
  const Deadline deadline(patience);
  bool some_were_left = false;
  while (!done() && !deadline.passed()) {
    readable(cluster.fd(), Milliseconds{100});
    const int before = callbacks;
    const std::size_t states_before = cluster.told.size();
    const int more = cluster.pump(1);
    const auto made = callbacks - before + static_cast<int>(cluster.told.size() - states_before);
    REQUIRE((more == 0 || more == 1));
    REQUIRE(made <= 1);
    if (more == 1) {
      some_were_left = true;
      REQUIRE(made == 1);  // a budget is used up before anything is left
      REQUIRE(readable(cluster.fd()));
    }
  }
  CHECK(done());
  CHECK(some_were_left);
}

TEST_CASE_METHOD(WithEtcd, "A budget of some is not exceeded", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  int callbacks = 0;
  for (int i = 0; i < 50; ++i) cluster.get("k").on_end = [&] { ++callbacks; };
  const Deadline deadline(patience);
  while (callbacks < 50 && !deadline.passed()) {
    readable(cluster.fd(), Milliseconds{100});
    const int before = callbacks;
    cluster.pump(7);
    REQUIRE(callbacks - before <= 7);
  }
  CHECK(callbacks == 50);
}

TEST_CASE_METHOD(WithEtcd, "A loss is told before everything that waits", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "1"}});
  const Keepalive &keepalive = cluster.keep("k", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  for (int i = 0; i < 20; ++i) cluster.get("k");
  REQUIRE(eventually([&] { return readable(cluster.fd()) && cluster.pump(1) == 1; }));
  std::this_thread::sleep_for(Milliseconds{1500});  // the host hangs for longer than the lease lasts
  CHECK(cluster.pump(1) == 1);
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_LOST);
  CHECK(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
}

TEST_CASE("A pump that makes its own work comes to an end", "[callbacks]") {
  // Each callback submits the next call, which its time, a millisecond, ends at once.
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url(), {{"request.timeout.ms", "1"}});
  int submitted = 0;
  std::function<void()> submit = [&] {
    if (++submitted < 200) cluster.get("k").on_end = submit;
  };
  submit();
  CHECK(host.wait_until([&] { return submitted == 200; }));
}

TEST_CASE_METHOD(WithEtcd, "A nested pump or wait of the same cluster is refused", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Cluster other(host, etcd.endpoints());
  std::vector<int> nested;
  std::vector<int> of_other;
  const auto nest = [&] {
    nested.push_back(cluster.pump());
    nested.push_back(cluster.wait(0));
    of_other.push_back(other.pump());
    of_other.push_back(other.wait(0));
  };

  SECTION("in the callback of a call") {
    Call &call = cluster.get("k");
    call.on_end = nest;
    cluster.finish(call);
  }
  SECTION("in a state callback of a keepalive") {
    Keepalive &keepalive = cluster.keep("k", "value");
    keepalive.on_state = nest;
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  }
  SECTION("in the callbacks of a watcher") {
    Watch &watch = cluster.watch_prefix("k");
    watch.on_batch = watch.on_state = nest;
    REQUIRE(host.wait_until([&] { return watch.live(); }));
  }
  CHECK_FALSE(nested.empty());
  CHECK(std::all_of(nested.begin(), nested.end(), [](int code) { return code == ETCDCLI_ERR_BUSY; }));
  CHECK(std::all_of(of_other.begin(), of_other.end(), [](int code) { return code >= 0; }));
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
}

TEST_CASE("A nested pump is refused while the cluster is freed", "[callbacks]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  etcdcli_cluster *const handle = cluster.handle();
  int nested = 0;
  Call &call = cluster.get("k");
  call.on_end = [&] { nested = etcdcli_cluster_pump(handle, 0); };
  CHECK(cluster.free() == ETCDCLI_OK);
  CHECK(call.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(nested == ETCDCLI_ERR_HANDLE);  // the handle is dead by then
}

TEST_CASE_METHOD(WithEtcd, "Nothing is called back by the functions that start something", "[callbacks][etcd]") {
  // The harness fails this test if it is; here they are all called once where a shortcut would be tempting.
  Cluster cluster(host, etcd.endpoints());
  cluster.finish(cluster.get("k"));
  Call &cancelled = cluster.get("k");
  CHECK(etcdcli_call_cancel(cluster.handle(), cancelled.id) == ETCDCLI_OK);
  CHECK(cancelled.ends == 0);
  Keepalive &keepalive = cluster.keep("k", "value");
  CHECK(keepalive.remove() == ETCDCLI_OK);
  const Watch &watch = cluster.watch_prefix("k");
  CHECK(keepalive.told.empty());
  CHECK(watch.told.empty());
  CHECK(etcdcli_cluster_close(cluster.handle(), 0, nullptr, nullptr, nullptr) == ETCDCLI_OK);
  CHECK(cancelled.ends == 0);
  CHECK(host.wait_until([&] { return state_of(cluster) == ETCDCLI_CLUSTER_CLOSED; }));
}

TEST_CASE_METHOD(WithProxy, "Freeing a cluster ends its calls there and then", "[callbacks][etcd]") {
  Cluster cluster(host, proxy.url());
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  proxy.stall(Direction::to_client);
  std::vector<Call *> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(&cluster.put("sent", "value"));
  REQUIRE(host.wait_until([&] { return oracle.get("sent").has_value(); }));
  for (int i = 0; i < 5; ++i) calls.push_back(&cluster.put("never sent", "value"));
  CHECK(etcdcli_call_cancel(cluster.handle(), calls.back()->id) == ETCDCLI_OK);

  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("k", "value");
  CHECK(cluster.free() == ETCDCLI_OK);
  for (const Call *call : calls) {
    CHECK(call->ends == 1);
    CHECK(call->destroys == 1);
    CHECK(call->code() == ETCDCLI_ERR_CANCELLED);
  }
  CHECK(watch.told.empty());
  CHECK(keepalive.told.empty());
  // Each has yet to connect; by gRPC all go by the connection that there is.
  if (!speaks_grpc()) CHECK_FALSE(oracle.get("never sent"));
}

TEST_CASE_METHOD(WithEtcd, "A call whose result waits when its cluster is freed ends once too", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  std::vector<Call *> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(&cluster.get("k"));
  REQUIRE(eventually([&] { return readable(cluster.fd()) && cluster.pump(1) == 1; }));
  CHECK(cluster.free() == ETCDCLI_OK);
  for (const Call *call : calls) CHECK(call->ends == 1);
}

TEST_CASE_METHOD(WithEtcd, "The state callback tells changes and nothing else", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"backoff.max.ms", "100"}, {"request.timeout.ms", "500"}});
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_CONNECTING);
  for (int i = 0; i < 3; ++i) REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  etcd.member(0).kill();
  for (int i = 0; i < 3; ++i) CHECK(cluster.finish(cluster.get("k")).code() != ETCDCLI_OK);
  etcd.member(0).restart();
  etcd.wait_healthy();
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);

  REQUIRE(host.wait_until([&] { return cluster.told.size() >= 3; }));
  REQUIRE(cluster.told.size() == 3);
  CHECK(cluster.told[0].state == ETCDCLI_CLUSTER_READY);
  CHECK(cluster.told[0].error.code == ETCDCLI_OK);
  CHECK(cluster.told[1].state == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(cluster.told[1].error.code != ETCDCLI_OK);
  CHECK(cluster.told[1].error.endpoint == etcd.member(0).url());
  CHECK(cluster.told[0].attempts == 0);
  CHECK(cluster.told[1].attempts > 0);
  CHECK(cluster.told[2].state == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithProxy, "Close ends everything and then says so", "[callbacks][etcd]") {
  Cluster cluster(host, proxy.url());
  const Watch &watch = cluster.watch_prefix("k");
  Keepalive &keepalive = cluster.keep("k", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  proxy.stall(Direction::to_client);
  const Call &call = cluster.put("k2", "value");

  CHECK(etcdcli_cluster_close(cluster.handle(), 1u << 20, nullptr, nullptr, nullptr) == ETCDCLI_ERR_ARGUMENT);
  CHECK(cluster.close(0).code == ETCDCLI_OK);
  // By then all the others were told.
  CHECK(call.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(watch.ended());
  CHECK(watch.told.back().error.code == ETCDCLI_OK);
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_ENDED);
  CHECK(host.wait_until([&] { return state_of(cluster) == ETCDCLI_CLUSTER_CLOSED; }));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_CLOSED);

  const etcdcli_put_params put = put_params("k", "value");
  const etcdcli_range_params range = range_params("k");
  const etcdcli_delete_params erase = delete_params("k");
  const etcdcli_compact_params compact = compact_params(1);
  etcdcli_watcher_params follow = watcher_params("k");
  follow.on_batch = Watch::deliver;
  etcdcli_keepalive_params keep = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  keep.key = slice("k3");
  etcdcli_watcher *watcher = nullptr;
  etcdcli_keepalive *kept = nullptr;
  etcdcli_cluster *const handle = cluster.handle();
  CHECK(etcdcli_put(handle, &put, Call::end, nullptr, nullptr, nullptr) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_range(handle, &range, Call::end, nullptr, nullptr, nullptr) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_delete(handle, &erase, Call::end, nullptr, nullptr, nullptr) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_compact(handle, &compact, Call::end, nullptr, nullptr, nullptr) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_watcher_new(handle, &follow, &watcher) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_keepalive_new(handle, &keep, &kept) == ETCDCLI_ERR_CLOSED);
  CHECK(etcdcli_cluster_close(handle, 0, nullptr, nullptr, nullptr) == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.set_value("new") == ETCDCLI_ERR_CLOSED);
  CHECK(keepalive.remove() == ETCDCLI_ERR_CLOSED);
  CHECK(watcher == nullptr);
  CHECK(kept == nullptr);

  CHECK(cluster.pump() == 0);
  CHECK_FALSE(readable(cluster.fd(), Milliseconds{200}));
  CHECK(has_no_timer_soon(cluster));
}

TEST_CASE_METHOD(WithProxy, "A close that is cut short by free is cancelled", "[callbacks][etcd]") {
  Cluster cluster(host, proxy.url());
  const Keepalive &keepalive = cluster.keep("k", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  proxy.blackhole();
  struct Closing {
    int code = 0;
    int ends = 0;
    int destroys = 0;
  } closing;
  const auto end = [](etcdcli_cluster *, const etcdcli_close_info *info, void *user) {
    auto &self = *static_cast<Closing *>(user);
    self.ends += 1;
    self.code = info->error ? info->error->code : ETCDCLI_OK;
  };
  const auto destroy = [](void *user) { static_cast<Closing *>(user)->destroys += 1; };
  CHECK(etcdcli_cluster_close(cluster.handle(), ETCDCLI_CLOSE_REVOKE, end, &closing, destroy) == ETCDCLI_OK);
  host.run_for(Milliseconds{100});
  CHECK(closing.ends == 0);
  CHECK(cluster.free() == ETCDCLI_OK);
  CHECK(closing.ends == 1);
  CHECK(closing.destroys == 1);
  CHECK(closing.code == ETCDCLI_ERR_CANCELLED);
}

TEST_CASE_METHOD(WithEtcd, "A host that ticks and never polls is served", "[callbacks][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "2"}});
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("k/self", "value");
  const Call &call = cluster.put("k/1", "value");
  const auto tick_until = [&](const std::function<bool()> &condition, Milliseconds limit) {
    return eventually(
        [&] {
          std::this_thread::sleep_for(Milliseconds{20});
          cluster.pump(2);
          return condition();
        },
        limit);
  };
  CHECK(tick_until([&] { return watch.live() && keepalive.held() && call.ended(); }, patience));
  tick_until([] { return false; }, Milliseconds{3000});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(watch.picture.size() == 2);
}

TEST_CASE("A close of a cluster that never connected is done at once", "[callbacks]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  const Clock::time_point start = Clock::now();
  CHECK(cluster.close(GENERATE(0u, 0u + ETCDCLI_CLOSE_REVOKE)).code == ETCDCLI_OK);
  CHECK(Clock::now() - start < Milliseconds{1000});
  CHECK(host.wait_until([&] { return state_of(cluster) == ETCDCLI_CLUSTER_CLOSED; }));
}

TEST_CASE_METHOD(WithEtcd, "A pump or wait in which the cluster was freed returns 0", "[callbacks][etcd]") {
  const bool waits = GENERATE(false, true);
  Cluster cluster(host, etcd.endpoints());
  for (int i = 0; i < 10; ++i) {
    cluster.get("k").on_end = [&] {
      if (cluster.handle() != nullptr) CHECK(cluster.free() == ETCDCLI_OK);
    };
  }
  int code = 0;
  CHECK(eventually([&] {
    code = waits ? cluster.wait(100) : cluster.pump();
    return cluster.handle() == nullptr;
  }));
  CHECK(code == 0);
}
