// Hosts that are slow, and hosts with a thousand watchers: everything is told, within bounds, and nothing is left
// behind.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "harness/facts.h"
#include "harness/fd.h"
#include "harness/fixtures.h"
#include "support/current_url.h"

using namespace harness;
using faults::current_url;

namespace {

constexpr std::size_t mib = 1 << 20;

/// While it lives, this process, and what it starts, may have so many descriptors.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    set(limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit &) = delete;
  DescriptorLimit &operator=(const DescriptorLimit &) = delete;

  void set(rlim_t limit) {
    rlimit changed = before_;
    changed.rlim_cur = limit;
    INFO("the hard limit of descriptors is " << before_.rlim_max);
    REQUIRE(limit <= before_.rlim_max);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &changed) == 0);
  }

 private:
  rlimit before_{};
};

long sockets() {
  const auto open = open_descriptors();
  return std::count_if(open.begin(), open.end(), [](const auto &entry) { return entry.second.find("socket:") == 0; });
}

/// How many connections to a port of this machine are established, as its server sees it.
long established(std::uint16_t port) {
  char wanted[16];
  std::snprintf(wanted, sizeof wanted, ":%04X", port);
  std::ifstream table("/proc/net/tcp");
  long count = 0;
  std::string number, local, remote, state;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    fields >> number >> local >> remote >> state;
    count += local.find(wanted) != std::string::npos && state == "01";
  }
  return count;
}

etcdcli_metrics metrics(const Cluster &cluster) {
  etcdcli_metrics all = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &all) == ETCDCLI_OK);
  return all;
}

/// The limit below which so many descriptors are free.
rlim_t limit_with_free(int count) {
  const auto open = open_descriptors();
  int limit = 0;
  for (int left = count; left > 0; ++limit) left -= open.count(limit) == 0 ? 1 : 0;
  return static_cast<rlim_t>(limit);
}

struct Flood {
  int values;
  std::size_t size;
  /// The host is as slow when all has been written as it is before; if not, it takes the rest as fast as it can.
  bool slow_to_the_end;
};

/// Puts values, while a host watches that pumps once a second with a budget of 10, and checks that it is told of all.
/// Returns the most that was resident meanwhile beyond what was before, in MiB.
double flood_a_slow_host(const Flood &flood) {
  EtcdCluster etcd(1, {"--quota-backend-bytes=8589934592"});
  const Oracle oracle(etcd);
  Host host;
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "6"}});
  const Keepalive &keepalive = cluster.keep("held", "value");
  Watch &watch = cluster.watch_prefix("flood/");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));

  int told = 0;
  bool in_order = true;
  watch.on_batch = [&] {
    for (const Event &event : watch.batches.back().events) {
      in_order = in_order && event.kv.value.size() == flood.size && std::stoi(event.kv.value) == told;
      ++told;
    }
    // The test's own copies are not what is measured.
    watch.batches.clear();
    watch.picture.clear();
  };
  double most = 0;
  const double before = resident_mib();
  std::atomic<bool> written{false};
  std::atomic<int> failures{0};
  std::thread writer([&] {
    try {
      for (int i = 0; i < flood.values; ++i) {
        std::string value = std::to_string(i) + " ";
        value.resize(flood.size, 'x');
        oracle.put("flood/" + std::to_string(i % 8), value);
      }
    } catch (const std::exception &) {
      ++failures;
    }
    written = true;
  });
  std::uint64_t most_batches = 0;
  for (const Deadline deadline(Milliseconds{600000}); told < flood.values && failures == 0 && !deadline.passed();) {
    if (flood.slow_to_the_end || !written) {
      std::this_thread::sleep_for(Milliseconds{1000});
    } else {
      readable(cluster.fd(), Milliseconds{100});
    }
    const std::uint64_t batches = metrics(cluster).batches;
    CHECK(cluster.pump(10) >= 0);
    most_batches = std::max(most_batches, metrics(cluster).batches - batches);
    most = std::max(most, resident_mib());
  }
  writer.join();
  CHECK(failures == 0);
  CHECK(told == flood.values);
  CHECK(in_order);
  CHECK(most_batches <= 10);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(watch.times(ETCDCLI_WATCHER_LIVE) == 1);
  return most - before;
}

}  // namespace

TEST_CASE("SlowHost: one that pumps once a second with a budget of 10 is told of everything, and keeps its lease") {
  CHECK(flood_a_slow_host({100, 16 * 1024, true}) < 16);
}

TEST_CASE("SlowHost: a flood waits at the server, and not in the memory of a host that pumps once a second") {
  // 96 MiB, of which there is no more in memory than a few answers have, and what the test itself needs to write.
  CHECK(flood_a_slow_host({96, mib, false}) < 32);
}

// For people: it takes two minutes, and 1 GB of the disk.
TEST_CASE("SlowHost: what a flood of 1 GB costs", "[flood]") {
  const double cost = flood_a_slow_host({1024, mib, false});
  std::cout << "1 GiB in values of 1 MiB: " << static_cast<int>(cost + 0.5) << " MiB resident at most" << std::endl;
  CHECK(cost < 32);
}

TEST_CASE("ThousandWatchers: they start, run and stop, and leave no descriptor behind") {
  const DescriptorLimit enough(4096);
  EtcdCluster etcd;
  const Oracle oracle(etcd);
  Host host;
  const long before = sockets();
  constexpr int count = 1000;
  constexpr Milliseconds limit{60000};
  {
    Cluster cluster(host, etcd.endpoints());
    const Clock::time_point begin = Clock::now();
    std::vector<Watch *> watches;
    for (int i = 0; i < count; ++i) watches.push_back(&cluster.watch_prefix("k" + std::to_string(i) + "/"));
    const auto all = [&](auto holds) { return std::all_of(watches.begin(), watches.end(), holds); };
    REQUIRE(host.wait_until([&] { return all([](const Watch *watch) { return watch->live(); }); }, limit));
    const auto started = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);

    // A connection for each, and those that calls have or had; by gRPC a few for all.
    if (speaks_grpc()) {
      CHECK(sockets() - before < 16);
    } else {
      CHECK(sockets() - before >= count);
    }
    CHECK(sockets() - before <= count + 64);
    CHECK(metrics(cluster).watchers_live == count);
    CHECK(metrics(cluster).streams == count);
    // A snapshot's connection is left for the watch, or for the snapshot of the next.
    CHECK(metrics(cluster).connections_opened <= 2 * count + 64);
    CHECK(established(etcd.member(0).port()) <= count + 64 + 16);

    for (int first = 0; first < count; first += 100) {
      std::vector<std::pair<std::string, std::string>> pairs;
      for (int i = first; i < first + 100; ++i) pairs.emplace_back("k" + std::to_string(i) + "/", std::to_string(i));
      oracle.put_all(pairs);
    }
    REQUIRE(host.wait_until([&] { return all([](const Watch *watch) { return watch->picture.size() == 1; }); }, limit));
    CHECK(all([](const Watch *watch) { return watch->events().size() == 1; }));
    CHECK(all([](const Watch *watch) { return watch->times(ETCDCLI_WATCHER_BACKOFF) == 0; }));

    for (int i = 0; i < count / 2; ++i) CHECK(watches[static_cast<std::size_t>(i)]->free() == ETCDCLI_OK);
    CHECK(host.wait_until([&] { return sockets() - before <= count / 2 + 64; }));
    CHECK(metrics(cluster).streams == count / 2);
    oracle.put("k999/", "again");
    CHECK(host.wait_until([&] { return watches[999]->events().size() == 2; }));
    std::cout << count << " watchers live after " << started.count() << " ms" << std::endl;
  }
  CHECK(sockets() == before);
  CHECK(eventually([&] { return established(etcd.member(0).port()) <= 16; }));
}

TEST_CASE("ThousandWatchers: where descriptors run out that is told, and the others go on") {
  EtcdCluster etcd;
  const Oracle oracle(etcd);
  Host host;
  Options options = quick_recovery;
  options.emplace_back("lease.ttl.s", "2");
  Cluster cluster(host, etcd.endpoints(), options);
  const Keepalive &keepalive = cluster.keep("held", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));

  constexpr int count = 300;
  Fd own(::dup(0));  // for the oracle, later
  DescriptorLimit few(limit_with_free(100));
  std::vector<Watch *> watches;
  for (int i = 0; i < count; ++i) watches.push_back(&cluster.watch_prefix("k" + std::to_string(i) + "/"));
  const auto is_told = [](const Watch *watch) {
    return std::any_of(watch->told.begin(), watch->told.end(), [](const Watch::Told &told) {
      return told.error.code == ETCDCLI_ERR_SYSTEM && told.error.message.find("EMFILE") != std::string::npos;
    });
  };
  const auto live = [](const Watch *watch) { return watch->live(); };
  CHECK(host.wait_until([&] {
    return std::all_of(watches.begin(), watches.end(),
                       [&](const Watch *watch) { return live(watch) || is_told(watch); });
  }));
  host.run_for(Milliseconds{4000});  // two TTLs
  const auto alive = std::count_if(watches.begin(), watches.end(), live);
  std::cout << alive << " of " << count << " watchers live with 100 descriptors" << std::endl;
  CHECK(alive >= 50);
  // By gRPC they have one descriptor together.
  if (!speaks_grpc()) CHECK(alive < count);
  // For whose renewals one is kept.
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(keepalive.held());
  const auto index = std::find_if(watches.begin(), watches.end(), live) - watches.begin();
  own.reset();
  oracle.put("k" + std::to_string(index) + "/", "value");
  CHECK(host.wait_until([&] { return watches[static_cast<std::size_t>(index)]->picture.size() == 1; }));
  few.set(4096);
  CHECK(host.wait_until([&] { return std::all_of(watches.begin(), watches.end(), live); }));
  CHECK(host.wait_until([&] { return keepalive.held(); }));
}

TEST_CASE("ScarceDescriptors: a lease outlives it that they run out, and the member that renews it") {
  EtcdCluster etcd(3);
  Host host;
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "6"}, {"backoff.max.ms", "300"}});
  const Keepalive &keepalive = cluster.keep("held", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::string home = current_url(cluster);

  const DescriptorLimit few(limit_with_free(40));
  for (int i = 0; i < 100; ++i) cluster.watch_prefix("k" + std::to_string(i) + "/");
  // And a host that asks all the time.
  std::vector<Call *> calls;
  const auto run_for = [&](Milliseconds time) {
    for (const Deadline end(time); !end.passed();) {
      if (calls.size() < 64 || calls[calls.size() - 64]->ended()) calls.push_back(&cluster.get("key"));
      host.run_for(Milliseconds{2});
    }
  };
  run_for(Milliseconds{9000});
  if (!speaks_grpc()) {
    CHECK(std::any_of(calls.begin(), calls.end(), [](const Call *call) { return call->code() == ETCDCLI_ERR_SYSTEM; }));
  }
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    if (etcd.member(i).url() == home) etcd.member(i).kill();
  }
  run_for(Milliseconds{9000});
  CHECK(current_url(cluster) != home);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(keepalive.held());
  CHECK(metrics(cluster).lease_left_ms > 2000);
}

TEST_CASE("FloodOfCalls: however many calls wait, the lease is renewed in time") {
  EtcdCluster etcd;
  Host host;
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "3"}, {"calls.concurrent", "2"}});
  const Keepalive &keepalive = cluster.keep("held", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::string value(16 * 1024, 'x');
  int waiting = 0;
  int done = 0;
  std::int64_t least = 3000;
  for (const Deadline end(Milliseconds{9000}); !end.passed();) {
    for (; waiting < 500; ++waiting) {
      Call &call = cluster.put("key", value);
      call.on_end = [&] {
        --waiting;
        ++done;
      };
    }
    host.run_for(Milliseconds{2});
    least = std::min(least, metrics(cluster).lease_left_ms);
  }
  INFO("the least that was left was " << least << " ms, and " << done << " calls were made");
  CHECK(done > 100);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(least > 1500);
  CHECK(host.wait_until([&] { return waiting == 0; }));
}
