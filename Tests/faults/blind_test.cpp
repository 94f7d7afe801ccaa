// How long a watcher is blind after its member is gone, with the defaults. Printed, and held against bounds that only
// a broken failover exceeds: the targets, 0.5 s and 8 s, are for a machine that does nothing else.
#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <memory>

#include "harness/http.h"
#include "harness/key_value.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

/// Puts keys all the time, by way of one member; the value is the time at which the put was begun.
class Ticker {
 public:
  explicit Ticker(std::uint16_t port)
      : thread_([this, port] {
          while (!stop_) {
            const std::string time = std::to_string(Clock::now().time_since_epoch().count());
            // What was on its way to a leader that died would hang for seconds.
            http_post(port, "/v3/kv/put", put_request("tick", time),
                      "Grpc-Timeout: 100m\r\nGrpc-Metadata-hasleader: true\r\n");
            std::this_thread::sleep_for(Milliseconds{5});
          }
        }) {}
  ~Ticker() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// From now until the watcher tells of something that was begun from now on.
Milliseconds blind_time(Host &host, const Watch &watch) {
  const Clock::time_point begin = Clock::now();
  const bool seen = host.wait_until([&] {
    const auto tick = watch.picture.find("tick");
    return tick != watch.picture.end() && std::stoll(tick->second) > begin.time_since_epoch().count();
  });
  CHECK(seen);
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
}

}  // namespace

TEST_CASE_METHOD(WithThreeMembers, "A watcher is blind for a short while when its member is gone") {
  Network network(etcd);
  Cluster cluster(host, network.endpoints());
  const Watch &watch = cluster.watch(watcher_params("tick"));
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  // The first ticks tell whom the watcher listens to.
  const std::size_t leader = leader_of(etcd);
  const std::vector<std::uint64_t> before = network.heard();
  auto ticker = std::make_unique<Ticker>(etcd.member(leader).port());
  REQUIRE(host.wait_until([&] { return watch.events().size() > 5; }));
  const std::size_t home = network.talker_since(before);
  ticker = std::make_unique<Ticker>(etcd.member((home + 1) % etcd.size()).port());

  std::string what = home == leader ? ", the leader" : ", a follower";
  Milliseconds bound{};
  Milliseconds target{};
  SECTION("killed") {
    what = "killed" + what;
    bound = Milliseconds{8000};
    target = Milliseconds{500};
    etcd.member(home).kill();
  }
  SECTION("stopped") {
    what = "stopped" + what;
    bound = Milliseconds{16000};
    target = Milliseconds{8000};
    etcd.member(home).freeze();
  }
  SECTION("behind a blackhole") {
    what = "behind a blackhole" + what;
    bound = Milliseconds{16000};
    target = Milliseconds{8000};
    network.to(home).blackhole();
  }
  const Milliseconds blind = blind_time(host, watch);
  std::cout << "blind for " << blind.count() << " ms (target " << target.count() << " ms): member " << what
            << std::endl;
  CHECK(blind < bound);
}
