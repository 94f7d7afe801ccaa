// Many at once, and much of it: what a host has open is what it needs, what it lacks it is told, and memory is bounded.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "harness/facts.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

/// While one lives, this process may have so many descriptors open.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    REQUIRE(limit <= before_.rlim_max);
    rlimit now = before_;
    now.rlim_cur = limit;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit &) = delete;
  DescriptorLimit &operator=(const DescriptorLimit &) = delete;

 private:
  rlimit before_{};
};

std::string key_of(std::size_t index) {
  return "k" + std::to_string(index) + "/";
}

/// One watcher for each of so many keys.
std::vector<Watch *> watch_each(Cluster &cluster, std::size_t count) {
  std::vector<Watch *> watches;
  for (std::size_t index = 0; index < count; ++index) watches.push_back(&cluster.watch_prefix(key_of(index)));
  return watches;
}

bool all_live(const std::vector<Watch *> &watches) {
  return std::all_of(watches.begin(), watches.end(), [](const Watch *watch) { return watch->live(); });
}

/// Why it last had to be opened again.
Error last_error(const Watch &watch) {
  const auto told = std::find_if(watch.told.rbegin(), watch.told.rend(),
                                 [](const Watch::Told &told) { return told.state == ETCDCLI_WATCHER_BACKOFF; });
  return told == watch.told.rend() ? Error() : told->error;
}

/// Writes each of the keys once, 100 at a time.
void write_each(const Oracle &oracle, std::size_t count) {
  for (std::size_t first = 0; first < count; first += 100) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t index = first; index < std::min(first + 100, count); ++index) {
      pairs.emplace_back(key_of(index), std::to_string(index));
    }
    oracle.put_all(pairs);
  }
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A thousand watchers start, run and stop, each with one connection", "[many][etcd]") {
  const DescriptorLimit enough(4096);
  constexpr std::size_t count = 1000;
  Cluster cluster(host, etcd.endpoints());
  // What is open for the cluster itself, and for its calls, is so by now.
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  const std::size_t before = open_descriptors().size();

  const std::vector<Watch *> watches = watch_each(cluster, count);
  REQUIRE(host.wait_until([&] { return all_live(watches); }));
  // Snapshots are read over the connections that calls share.
  const std::size_t streams = open_descriptors().size() - before;
  CHECK(streams + 1 >= count);  // the connection of the first call may be one of them
  CHECK(streams <= count + 32);

  write_each(oracle, count);
  const auto told = [](const Watch *watch) { return !watch->events().empty(); };
  REQUIRE(host.wait_until([&] { return std::all_of(watches.begin(), watches.end(), told); }));
  for (std::size_t index = 0; index < count; ++index) {
    REQUIRE(watches[index]->events().size() == 1);
    REQUIRE(watches[index]->events()[0].kv.value == std::to_string(index));
    REQUIRE(watches[index]->times(ETCDCLI_WATCHER_BACKOFF) == 0);
  }

  for (Watch *watch : watches) REQUIRE(watch->free() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return open_descriptors().size() <= before + 32; }));
  REQUIRE(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "Watchers for which there is no descriptor are told so, and live once there is one",
                 "[many][etcd]") {
  constexpr std::size_t count = 100;
  constexpr std::size_t room = 60;
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  std::vector<Watch *> watches;
  {
    const int next = ::dup(0);  // the least number that is free
    REQUIRE(next >= 0);
    ::close(next);
    const DescriptorLimit few(static_cast<rlim_t>(next) + room);
    watches = watch_each(cluster, count);
    // Each of them lives, or is told why it does not.
    REQUIRE(host.wait_until([&] {
      return std::all_of(watches.begin(), watches.end(),
                         [](const Watch *watch) { return watch->live() || watch->times(ETCDCLI_WATCHER_BACKOFF) > 0; });
    }));
    std::size_t refused = 0;
    for (const Watch *watch : watches) {
      if (watch->live()) continue;
      ++refused;
      CHECK(last_error(*watch).code == ETCDCLI_ERR_SYSTEM);
      CHECK_THAT(last_error(*watch).message, Catch::Contains("EMFILE"));
    }
    CHECK(refused + 1 >= count - room);  // the connection of the first call is open
    CHECK(refused < count);
  }
  REQUIRE(host.wait_until([&] { return all_live(watches); }));
  write_each(oracle, count);
  const auto told = [](const Watch *watch) { return watch->events().size() == 1; };
  CHECK(host.wait_until([&] { return std::all_of(watches.begin(), watches.end(), told); }));
}

namespace {

std::size_t from_environment(const char *name, std::size_t otherwise) {
  const char *text = std::getenv(name);
  return text != nullptr ? std::stoul(text) : otherwise;
}

}  // namespace

// With ETCDCLI_FLOOD_MIB=1024 it is a gibibyte.
TEST_CASE_METHOD(WithEtcd, "A host that pumps once a second, ten callbacks at most, misses nothing of a flood",
                 "[many][etcd]") {
  constexpr std::size_t size = 64 * 1024;
  const std::size_t mebibytes = from_environment("ETCDCLI_FLOOD_MIB", 48);
  const std::size_t writes = mebibytes * (1024 * 1024 / size);
  const std::string value(size, 'x');
  Cluster cluster(host, etcd.endpoints());
  Watch &watch = cluster.watch_prefix("flood/");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  const std::int64_t first = oracle.revision() + 1;
  std::size_t whole = 0;
  watch.on_batch = [&] {
    for (Event &event : watch.batches.back().events) {
      const bool is_next = event.kv.mod_revision == first + static_cast<std::int64_t>(whole);
      whole += is_next && event.kv.value == value;
      event.kv.value.clear();
      event.kv.value.shrink_to_fit();  // the test's own copies are not what is measured
    }
    watch.picture.clear();
  };

  double most = 0;
  const double before = resident_mib();
  std::size_t written = 0;
  std::size_t idle = 0;
  auto next = std::chrono::steady_clock::now();
  for (int frame = 0; whole < writes && idle < 1000; ++frame) {
    // Once it is shown, there is no need to wait for it all at that pace.
    next += std::chrono::milliseconds(frame < 6 ? 1000 : 5);
    while (written < writes && std::chrono::steady_clock::now() < next) {
      oracle.put("flood/" + std::to_string(written % 10), value);
      ++written;
    }
    std::this_thread::sleep_until(next);
    const std::size_t known = whole;
    REQUIRE(cluster.pump(10) >= 0);
    most = std::max(most, resident_mib());
    idle = whole == known ? idle + 1 : 0;
  }
  CHECK(whole == writes);
  WARN(mebibytes << " MiB of events, " << most - before << " MiB of memory");
  CHECK(most - before < 24);  // of 64 that are on the wire
}
