// The descriptor and the timeout: what makes the one readable and the other end, and what does not.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// Pumps until nothing is left to do: the descriptor stays unreadable for a while.
void settle(Cluster &cluster) {
  const Deadline deadline(patience);
  while (readable(cluster.fd(), Milliseconds{50})) {
    REQUIRE(cluster.pump() >= 0);
    REQUIRE_FALSE(deadline.passed());
  }
}

Milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - start);
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "The descriptor is the same for life", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const int fd = cluster.fd();
  REQUIRE(fd >= 0);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  CHECK(cluster.fd() == fd);
  cluster.close(0);
  CHECK(cluster.fd() == fd);
}

TEST_CASE("A cluster with nothing to do is not readable and has no timer", "[descriptor]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  CHECK_FALSE(readable(cluster.fd(), Milliseconds{300}));
  CHECK(etcdcli_cluster_timeout_ms(cluster.handle()) == -1);
  CHECK(cluster.pump() == 0);  // a pump too many is harmless
  CHECK_FALSE(readable(cluster.fd()));
}

TEST_CASE_METHOD(WithEtcd, "Work that was submitted makes the descriptor readable", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints());

  // The request itself leaves with the call that submits; what comes of it is what there is to pump.
  SECTION("a call") {
    const Call &call = cluster.get("k");
    CHECK(readable(cluster.fd(), patience));
    CHECK_FALSE(call.ended());
  }
  SECTION("a keepalive") {
    cluster.keep("k", "value");
    CHECK(readable(cluster.fd(), patience));
  }
  SECTION("a watcher") {
    cluster.watch_prefix("k");
    CHECK(readable(cluster.fd(), patience));
  }
  SECTION("a cancellation") {
    TcpProxy silent(etcd.member(0).port());
    silent.blackhole();
    Cluster waiting(host, silent.url());
    Call &call = waiting.get("k");
    settle(waiting);
    CHECK(etcdcli_call_cancel(waiting.handle(), call.id) == ETCDCLI_OK);
    CHECK(readable(waiting.fd()));
  }
  SECTION("a new value, a removal, a close") {
    Keepalive &keepalive = cluster.keep("k", "value");
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
    settle(cluster);
    CHECK(keepalive.set_value("new") == ETCDCLI_OK);
    CHECK(readable(cluster.fd(), patience));
    REQUIRE(host.wait_until([&] { return oracle.value("k") == "new"; }));
    settle(cluster);
    CHECK(keepalive.remove() == ETCDCLI_OK);
    CHECK(readable(cluster.fd(), patience));
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_ENDED; }));
    settle(cluster);
    CHECK(etcdcli_cluster_close(cluster.handle(), 0, nullptr, nullptr, nullptr) == ETCDCLI_OK);
    CHECK(readable(cluster.fd()));
  }
}

TEST_CASE_METHOD(WithProxy, "An answer makes the descriptor readable until it was pumped", "[descriptor][etcd]") {
  Cluster cluster(host, proxy.url());
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  proxy.delay(Direction::to_client, Milliseconds{300});
  const Call &call = cluster.get("k");
  settle(cluster);
  REQUIRE_FALSE(call.ended());
  CHECK(readable(cluster.fd(), Milliseconds{2000}));
  CHECK(readable(cluster.fd()));  // level-triggered
  CHECK_FALSE(call.ended());
  CHECK(host.wait_until([&] { return call.ended(); }));
}

TEST_CASE_METHOD(WithProxy, "A timer makes the descriptor readable when it is due", "[descriptor][etcd]") {
  Cluster cluster(host, proxy.url());
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  proxy.blackhole();
  etcdcli_range_params params = range_params("k");
  params.timeout_ms = 500;
  const Clock::time_point start = Clock::now();
  const Call &call = cluster.range(params);
  settle(cluster);
  const std::int64_t timeout = etcdcli_cluster_timeout_ms(cluster.handle());
  CHECK(timeout > 0);
  CHECK(timeout <= 500);

  // Attempts of the call's have timers too, so one is not enough.
  while (!call.ended() && readable(cluster.fd(), patience)) cluster.pump();
  CHECK(call.code() == ETCDCLI_ERR_TIMEOUT);
  CHECK(since(start) >= Milliseconds{500});
  CHECK(since(start) < Milliseconds{2000});
}

TEST_CASE_METHOD(WithProxy, "A host may sleep by the timeout alone", "[descriptor][etcd]") {
  // Nothing but timers is at work here, so the descriptor is not needed.
  proxy.blackhole();
  Cluster cluster(host, proxy.url());
  etcdcli_range_params params = range_params("k");
  params.timeout_ms = 300;
  const Call &call = cluster.range(params);
  settle(cluster);
  int pumps = 0;
  while (!call.ended() && pumps < 50) {
    const std::int64_t timeout = etcdcli_cluster_timeout_ms(cluster.handle());
    REQUIRE(timeout >= 0);
    std::this_thread::sleep_for(Milliseconds{timeout});
    cluster.pump();
    ++pumps;
  }
  CHECK(call.ended());
  CHECK(pumps < 20);  // rounded up: not a pump for each fraction of a millisecond
}

TEST_CASE_METHOD(WithEtcd, "Callbacks left over keep the descriptor readable", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  for (int i = 0; i < 20; ++i) cluster.get("k");
  REQUIRE(eventually([&] { return readable(cluster.fd()) && cluster.pump(1) == 1; }));
  CHECK(readable(cluster.fd()));
  CHECK(readable(cluster.fd()));
  CHECK(etcdcli_cluster_timeout_ms(cluster.handle()) == 0);
  settle(cluster);
}

TEST_CASE("A wakeup makes the descriptor readable until the next pump", "[descriptor]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  CHECK(etcdcli_cluster_wakeup(cluster.handle()) == ETCDCLI_OK);
  CHECK(etcdcli_cluster_wakeup(cluster.handle()) == ETCDCLI_OK);
  CHECK(readable(cluster.fd()));
  CHECK(readable(cluster.fd()));
  CHECK(cluster.pump() == 0);
  CHECK_FALSE(readable(cluster.fd()));
}

TEST_CASE("A wakeup from another thread ends a wait without limit", "[descriptor]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  std::thread other([handle = cluster.handle()] {
    std::this_thread::sleep_for(Milliseconds{100});
    etcdcli_cluster_wakeup(handle);
  });
  CHECK(cluster.wait(-1) == 0);
  other.join();
}

TEST_CASE_METHOD(WithEtcd, "Wakeups may come at any time and while a cluster is freed", "[descriptor][etcd]") {
  for (int i = 0; i < 20; ++i) {
    Cluster cluster(host, etcd.endpoints());
    std::atomic<bool> unexpected{false};
    std::thread other([&, handle = cluster.handle()] {
      int code = ETCDCLI_OK;
      while (code == ETCDCLI_OK) code = etcdcli_cluster_wakeup(handle);
      unexpected = code != ETCDCLI_ERR_HANDLE;
    });
    CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
    CHECK(cluster.free() == ETCDCLI_OK);
    other.join();
    CHECK_FALSE(unexpected);
  }
}

TEST_CASE_METHOD(WithEtcd, "Wait blocks as long as it is told to", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Clock::time_point start = Clock::now();

  SECTION("not at all") {
    CHECK(cluster.wait(0) == 0);
    CHECK(since(start) < Milliseconds{100});
  }
  SECTION("for a time when nothing happens") {
    CHECK(cluster.wait(200) == 0);
    CHECK(since(start) >= Milliseconds{200});
    CHECK(since(start) < Milliseconds{1000});
  }
  SECTION("until something happens") {
    const Call &call = cluster.get("k");
    while (!call.ended() && since(start) < patience) CHECK(cluster.wait(-1) >= 0);
    CHECK(call.code() == ETCDCLI_OK);
  }
  SECTION("until a signal arrives") {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = [](int) {};
    REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
    const itimerval soon{{0, 0}, {0, 100000}};
    REQUIRE(::setitimer(ITIMER_REAL, &soon, nullptr) == 0);
    CHECK(cluster.wait(static_cast<std::int64_t>(patience.count())) == 0);
    CHECK(since(start) < Milliseconds{5000});
    ::sigaction(SIGALRM, &before, nullptr);
  }
}

TEST_CASE_METHOD(WithEtcd, "A host that polls edge-triggered misses nothing", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  REQUIRE(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, cluster.fd(), &event) == 0);

  const Watch &watch = cluster.watch_prefix("k");
  std::size_t written = 0;
  const Deadline deadline(patience);
  while (watch.events().size() < 50 && !deadline.passed()) {
    if (::epoll_wait(epoll.get(), &event, 1, 200) == 1) {
      while (cluster.pump(1) == 1) {
      }
    }
    if (watch.live() && written < 50 && watch.events().size() == written) {
      oracle.put("k", std::to_string(written++));
    }
  }
  CHECK(watch.events().size() == 50);
}

TEST_CASE_METHOD(WithEtcd, "An idle cluster costs no wake-ups but its timers'", "[descriptor][etcd]") {
  Cluster cluster(host, etcd.endpoints(),
                  {{"lease.ttl.s", "60"}, {"probe.interval.ms", "60000"}, {"keepalive.verify.ms", "60000"}});

  SECTION("after a call there is no timer, but for the wake-up that was set while it lasted") {
    REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
    settle(cluster);
    CHECK(has_no_timer_soon(cluster));
    if (readable(cluster.fd(), patience)) {
      CHECK(cluster.pump() == 0);
      CHECK(has_no_timer_soon(cluster));
      CHECK_FALSE(readable(cluster.fd(), Milliseconds{2000}));
    }
  }
  SECTION("a lease and a watch have theirs, and no other") {
    const Keepalive &keepalive = cluster.keep("k", "value");
    const Watch &watch = cluster.watch_prefix("k");
    REQUIRE(host.wait_until([&] { return keepalive.held() && watch.live(); }));
    settle(cluster);
    host.run_for(Milliseconds{1000});
    settle(cluster);
    const std::int64_t timeout = etcdcli_cluster_timeout_ms(cluster.handle());
    CHECK(timeout > 5000);
    CHECK(timeout <= 20000);
    CHECK_FALSE(readable(cluster.fd(), Milliseconds{1500}));
  }
}
