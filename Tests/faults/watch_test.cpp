// Watchers under faults: each change once and in order, whatever happens to members and the network in between.
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "support/etcd_api.h"
#include "support/history.h"
#include "support/network.h"

using namespace faults;

namespace {

/// Three members, a network to them, a watcher behind it and a writer beside it.
struct WithWatcher {
  explicit WithWatcher(const Options &options = quick_recovery, int members = 3)
      : etcd(members),
        ports(ports_of(etcd)),
        network(etcd),
        cluster(host, network.endpoints(), options),
        writer(host, etcd.endpoints(), quick_recovery),
        watch(cluster.watch_prefix("k/")) {
    REQUIRE(host.wait_until([&] { return watch.live(); }));
  }

  /// Writes a few things, each known to have happened.
  void write(int count, std::size_t size = 10) {
    for (int i = 0; i < count; ++i) {
      const std::string key = "k/" + std::to_string(random() % 10);
      for (bool done = false; !done;) {
        Call &call = random() % 4 == 0 ? writer.erase(delete_params(key))
                                       : writer.put(key, std::to_string(++written) + std::string(size, '.'));
        done = writer.finish(call).code() == ETCDCLI_OK;
      }
    }
  }

  /// The member that the watcher listens to. What it is told is more than connecting and the cluster's own calls take.
  std::size_t home() {
    const std::vector<std::uint64_t> before = network.heard();
    const Call &put = writer.finish(writer.put("k/home", std::to_string(++written) + std::string(16384, '.')));
    REQUIRE(put.code() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return watch.revision() >= put.revision; }));
    return network.talker_since(before);
  }

  /// Until the watcher has told all that happened; then all that it told is checked.
  void catch_up_and_check(Milliseconds limit = patience) {
    history.extend();
    const auto last = std::find_if(history.changes().rbegin(), history.changes().rend(),
                                   [](const Change &change) { return change.key.compare(0, 2, "k/") == 0; });
    const std::int64_t end = last == history.changes().rend() ? 0 : last->revision;
    CHECK(host.wait_until([&] { return watch.revision() >= end && watch.live(); }, limit));
    check_story(watch, history, "k/");
  }

  EtcdCluster etcd;
  std::vector<std::uint16_t> ports;
  Host host;
  Network network;
  Cluster cluster;
  Cluster writer;
  Watch &watch;
  History history{ports};
  std::mt19937 random{1};
  int written = 0;
};

/// One that does not wait as long for a sign of life as by default, which blind_test.cpp measures.
struct WithWatcherInAHurry : WithWatcher {
  WithWatcherInAHurry() : WithWatcher(Options{{"probe.interval.ms", "1000"}, {"attempt.timeout.ms", "1000"}}) {}
};

}  // namespace

TEST_CASE_METHOD(WithWatcher, "WatchResumeAfterDisconnect: a watcher goes on where its connections were cut") {
  for (int round = 0; round < 20; ++round) {
    write(3);
    network.everywhere([&](TcpProxy &proxy) { round % 2 == 0 ? proxy.cut() : proxy.reset(); });
    write(3);
    if (round % 3 == 0) host.run_for(Milliseconds{random() % 30});
  }
  catch_up_and_check();
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) > 5);
}

TEST_CASE_METHOD(WithWatcher, "WatchReconn: a watcher is made while nobody can be reached") {
  network.cut_off();
  write(5);
  Watch &late = cluster.watch_prefix("k/");
  host.run_for(Milliseconds{300});
  CHECK(late.batches.empty());
  write(5);
  network.heal();
  REQUIRE(host.wait_until([&] { return late.live(); }));
  write(5);
  catch_up_and_check();
  REQUIRE(host.wait_until([&] { return late.picture == watch.picture; }));
  check_story(late, history, "k/");
}

TEST_CASE_METHOD(WithWatcher, "WatchServerShutdown: a watcher goes on when its member is killed") {
  for (int round = 0; round < 3; ++round) {
    const std::size_t victim = home();
    write(10);
    if (round == 1) {
      etcd.member(victim).shut_down();
    } else {
      etcd.member(victim).kill();
    }
    write(10);
    REQUIRE(host.wait_until([&] { return watch.live() && watch.times(ETCDCLI_WATCHER_LIVE) > round + 1; }));
    write(5);
    etcd.member(victim).restart();
    etcd.wait_healthy();
  }
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcherInAHurry, "WatchHalfOpen: a watcher goes on when its member is stopped") {
  write(5);
  const std::size_t victim = home();
  etcd.member(victim).freeze();
  write(10);
  const Call &last = writer.finish(writer.put("k/last", "value"));
  REQUIRE(last.code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live() && watch.revision() >= last.revision; }));
  CHECK(watch.times(ETCDCLI_WATCHER_LIVE) == 2);
  etcd.member(victim).thaw();
  write(5);
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcherInAHurry, "WatchBlackhole: a watcher goes on when its connection falls silent") {
  write(5);
  const std::size_t victim = home();
  SECTION("to both sides") {
    network.to(victim).blackhole();
  }
  SECTION("from the member") {
    network.to(victim).stall(Direction::to_client);
  }
  SECTION("to the member") {
    network.to(victim).stall(Direction::to_server);
  }
  write(10);
  catch_up_and_check();
  network.heal();
  write(5);
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcher, "WatchLeaderLoss: a watcher goes on when the leader is killed", "[server]") {
  write(5);
  const std::size_t leader = leader_of(etcd);
  etcd.member(leader).kill();
  write(10);
  catch_up_and_check();
  etcd.member(leader).restart();
  etcd.wait_healthy();
  write(5);
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcher, "WatchWithRequireLeader: a watcher leaves a member that is cut off from its quorum",
                 "[server]") {
  write(5);
  const std::size_t favourite = home();
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    if (i != favourite) etcd.member(i).freeze();
  }
  REQUIRE(host.wait_until([&] { return watch.times(ETCDCLI_WATCHER_BACKOFF) > 0; }));
  for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).thaw();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  write(5);
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcher, "WatchResumeCompacted: changes compacted away while cut off come as a difference",
                 "[server]") {
  const auto resyncs = [&] {
    return std::count_if(watch.batches.begin(), watch.batches.end(), [](const Batch &batch) {
      return batch.has(ETCDCLI_BATCH_RESYNC) && batch.has(ETCDCLI_BATCH_SNAPSHOT_END);
    });
  };
  for (int round = 0; round < 3; ++round) {
    write(10);
    network.cut_off();
    write(15);
    history.extend();
    history.compact();
    if (round == 1) etcd.member(leader_of(etcd)).kill();
    write(5);
    network.heal();
    REQUIRE(host.wait_until([&] { return watch.live() && resyncs() == round + 1; }));
    write(5);
  }
  catch_up_and_check();
}

TEST_CASE("CompactedDeletion: a deletion that is compacted and not told to a watch that begins there is found",
          "[server]") {
  EtcdCluster etcd;
  const Oracle oracle(etcd);
  Network network(etcd);
  Host host;
  oracle.put("k/1", "");
  oracle.put("k/2", "");
  Options options = quick_recovery;
  options.emplace_back("probe.interval.ms", "500");
  Cluster cluster(host, network.endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.live() && watch.picture.size() == 2; }));
  network.cut_off();
  REQUIRE(host.wait_until([&] { return !watch.live(); }));
  oracle.compact(oracle.erase("k/1"));
  network.heal();
  CHECK(host.wait_until([&] { return watch.live() && watch.picture.size() == 1; }));
  CHECK(watch.picture.count("k/2") == 1);
  std::cout << "etcd told the deletion that was compacted: "
            << (watch.times(ETCDCLI_WATCHER_SNAPSHOT) == 1 ? "by the watch" : "to who read the keys again")
            << std::endl;
}

TEST_CASE_METHOD(WithWatcher, "WatchSlowConsumer: a slow host misses nothing while history is compacted") {
  // The host takes one callback at a time, seldom; another process writes much more than fits into socket buffers.
  Host writers_host;
  Cluster busy(writers_host, etcd.endpoints());
  const std::string ballast(100'000, 'x');
  for (int round = 0; round < 8; ++round) {
    std::vector<Call *> puts;
    for (int i = 0; i < 20; ++i) puts.push_back(&busy.put("k/" + std::to_string(random() % 40), ballast));
    REQUIRE(writers_host.wait_until(
        [&] { return std::all_of(puts.begin(), puts.end(), [](Call *put) { return put->ended(); }); }));
    for (int i = 0; i < 5; ++i) CHECK(cluster.pump(1) >= 0);
    history.extend();
    if (round % 3 == 2) history.compact();
    if (round % 4 == 1) network.everywhere([](TcpProxy &proxy) { proxy.cut(); });
  }
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcher, "WatchFragments: megabytes of history come whole, in pieces and over broken connections",
                 "[server]") {
  network.cut_off();
  const std::string ballast(1'000'000, 'x');
  const Oracle oracle(etcd);
  for (int i = 0; i < 6; ++i) oracle.put("k/" + std::to_string(i % 5), ballast + std::to_string(i));
  for (int i = 0; i < 3; ++i) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (int j = 0; j < 8; ++j) pairs.emplace_back("k/" + std::to_string(j), ballast.substr(0, 120'000));
    oracle.put_all(pairs);
  }
  network.heal();
  SECTION("undisturbed") {}
  SECTION("cut in the middle, again and again") {
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t open = static_cast<std::uint64_t>(1 + i) * 600'000;
      network.everywhere([&](TcpProxy &proxy) { proxy.truncate(Direction::to_client, open); });
      host.run_for(Milliseconds{100});
      network.everywhere([](TcpProxy &proxy) { proxy.cut(); });
    }
    network.heal();
  }
  SECTION("over a thin line") {
    network.everywhere([](TcpProxy &proxy) { proxy.throttle(Direction::to_client, 20'000'000); });
  }
  catch_up_and_check();
}

TEST_CASE_METHOD(WithWatcher, "WatchGarbage: a watcher lives through bytes that were corrupted") {
  // What such bytes say cannot be known; but that the stream is mended, and that nothing hangs.
  for (int round = 0; round < 8; ++round) {
    network.everywhere([&](TcpProxy &proxy) { proxy.corrupt(Direction::to_client, random() % 400); });
    network.everywhere([&](TcpProxy &proxy) { proxy.cut(); });
    write(3);
    host.run_for(Milliseconds{50});
  }
  network.heal();
  network.everywhere([](TcpProxy &proxy) { proxy.cut(); });
  write(1);
  CHECK(writer.finish(writer.put("k/last", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live() && watch.picture.count("k/last") == 1; }));
}
