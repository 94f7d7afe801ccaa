// What a holder of a key is told, and when, while members die, stop or are cut off, or it is stopped itself, with the
// defaults. For people: it is not among the tests that run by themselves. scripts/lease-times runs it;
// ETCDCLI_FAILOVER_ROUNDS says how often each fault is made, ten times if not given.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "support/etcd_api.h"
#include "support/figures.h"

using namespace faults;

namespace {

double ms_since(Clock::time_point start, Clock::time_point end = Clock::now()) {
  return std::chrono::duration<double, std::milli>(end - start).count();
}

std::int64_t lease_left(const Cluster &cluster) {
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  return metrics.lease_left_ms;
}

/// The states that were told since, each with its time: "LOST 6712, HELD 7001".
std::string timeline(const Keepalive &keepalive, std::size_t known, Clock::time_point fault) {
  std::ostringstream text;
  for (std::size_t i = known; i < keepalive.told.size(); ++i) {
    text << (i > known ? ", " : "") << etcdcli_keepalive_state_name(keepalive.told[i].state) << " "
         << static_cast<long>(ms_since(fault, keepalive.told[i].time));
  }
  return text.str().empty() ? "held all the time" : text.str();
}

/// Each timeline once, and how often it came.
std::string text(const std::map<std::string, int> &timelines) {
  std::string all;
  for (const auto &[line, count] : timelines) {
    all += (all.empty() ? "" : "; ") + line + (count > 1 ? " (" + std::to_string(count) + " times)" : "");
  }
  return all;
}

}  // namespace

TEST_CASE("LeaseTimes: what a holder is told when the member it uses is gone", "[.timeline]") {
  EtcdCluster etcd(3);
  Network network(etcd);
  Host host;
  std::mt19937 random(1);
  std::cout << "| the member that is used | states since the fault | renewed again | left of the lease | a claim begun "
               "at the fault is held |\n|---|---|---|---|---|\n";
  for (const Fault &fault : every_fault()) {
    for (const bool hits_leader : {false, true}) {
      Figures renewed, left, claimed;
      std::map<std::string, int> timelines;
      for (int round = 0; round < rounds(); ++round) {
        const std::size_t leader = leader_of(etcd);
        const std::size_t home = hits_leader ? leader : (leader + 1) % etcd.size();
        const std::string endpoints = fault.by_proxy ? network.endpoints() : etcd.endpoints();
        const std::string url = fault.by_proxy ? network.to(home).url() : etcd.member(home).url();
        const auto holder = cluster_at(host, endpoints, url);
        const auto newcomer = cluster_at(host, endpoints, url);
        const Keepalive &kept = holder->keep("kept", std::to_string(round), ETCDCLI_CLAIM_ALWAYS);
        // It has a lease by then, as a process does that registers one key more.
        const Keepalive &first = newcomer->keep("first", std::to_string(round), ETCDCLI_CLAIM_ALWAYS);
        REQUIRE(host.wait_until([&] { return kept.held() && first.held(); }));
        // Anywhere between two renewals.
        host.run_for(Milliseconds{random() % 3300});
        REQUIRE(current_url(*holder) == url);

        const std::size_t known = kept.told.size();
        std::int64_t lowest = lease_left(*holder);
        std::int64_t last = lowest;
        fault.make(etcd, network, home);
        const Clock::time_point begun = Clock::now();
        const Keepalive &late = newcomer->keep("late", std::to_string(round), ETCDCLI_CLAIM_ALWAYS);
        REQUIRE(host.wait_until(
            [&] {
              const std::int64_t now = lease_left(*holder);
              if (now > last && renewed.values.size() == static_cast<std::size_t>(round)) {
                renewed.values.push_back(ms_since(begun));
              }
              if (renewed.values.size() == static_cast<std::size_t>(round)) lowest = std::min(lowest, now);
              last = now;
              return renewed.values.size() > static_cast<std::size_t>(round) && late.held() && kept.held();
            },
            Milliseconds{60000}));
        left.values.push_back(static_cast<double>(lowest));
        claimed.values.push_back(ms_since(begun, late.last(ETCDCLI_KEEPALIVE_HELD).time));
        ++timelines[timeline(kept, known, begun)];
        fault.mend(etcd, network, home);
        etcd.wait_healthy();
      }
      std::cout << "| " << fault.name << ", " << (hits_leader ? "the leader" : "a follower") << " | " << text(timelines)
                << " | " << renewed.text() << " | " << left.text() << " | " << claimed.text() << " |" << std::endl;
    }
  }
}

TEST_CASE("LeaseTimes: what a holder is told when no member is left for longer than the lease", "[.timeline]") {
  EtcdCluster etcd(3);
  Host host;
  std::mt19937 random(1);
  Figures lost, lost_left, held;
  for (int round = 0; round < std::min(rounds(), 3); ++round) {
    Cluster holder(host, etcd.endpoints());
    const Keepalive &kept = holder.keep("kept", std::to_string(round), ETCDCLI_CLAIM_ALWAYS);
    REQUIRE(host.wait_until([&] { return kept.held(); }));
    host.run_for(Milliseconds{random() % 3300});
    for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).kill();
    const Clock::time_point begun = Clock::now();
    const std::int64_t left = lease_left(holder);
    REQUIRE(host.wait_until([&] { return kept.times(ETCDCLI_KEEPALIVE_LOST) == 1; }, Milliseconds{20000}));
    lost.values.push_back(ms_since(begun, kept.last(ETCDCLI_KEEPALIVE_LOST).time));
    lost_left.values.push_back(lost.values.back() - static_cast<double>(left));
    host.run_for(Milliseconds{3000});
    for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).restart();
    etcd.wait_healthy();
    const Clock::time_point healthy = Clock::now();
    REQUIRE(host.wait_until([&] { return kept.held(); }, Milliseconds{60000}));
    held.values.push_back(ms_since(healthy, kept.last(ETCDCLI_KEEPALIVE_HELD).time));
  }
  std::cout << "all members killed: lost " << lost.text() << " ms after it, " << lost_left.text()
            << " ms after the end of the lease; held again " << held.text() << " ms after all were well again"
            << std::endl;
}

namespace {

/// A process of its own, with a loop of its own, that holds a key and writes what it is told to a pipe.
class Holder {
 public:
  Holder(const std::string &endpoints, const std::string &key) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      _exit(run(endpoints, key, ends[1]));
    }
    ::close(ends[1]);
    reader_ = ends[0];
  }
  ~Holder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(reader_);
  }
  Holder(const Holder &) = delete;
  Holder &operator=(const Holder &) = delete;

  void signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

  /// What it is told next, within that time; fails the test if there is nothing.
  int next(Milliseconds limit) const {
    pollfd entry = {reader_, POLLIN, 0};
    REQUIRE(::poll(&entry, 1, static_cast<int>(limit.count())) == 1);
    unsigned char state = 0;
    REQUIRE(::read(reader_, &state, 1) == 1);
    return state;
  }
  /// Until it is told that.
  std::vector<int> until(int state) const {
    std::vector<int> states;
    do {
      states.push_back(next(Milliseconds{30000}));
    } while (states.back() != state);
    return states;
  }

 private:
  static void tell(etcdcli_keepalive *, const etcdcli_keepalive_info *info, void *user) {
    const auto state = static_cast<unsigned char>(info->state);
    if (::write(*static_cast<int *>(user), &state, 1) != 1) _exit(3);
  }

  static int run(const std::string &endpoints, const std::string &key, int writer) {
    etcdcli_config *config = etcdcli_config_new();
    harness::set_wire(config);
    etcdcli_cluster *cluster = nullptr;
    etcdcli_keepalive *keepalive = nullptr;
    etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    params.key = etcdcli_bytes(key.data(), key.size());
    params.value = params.key;
    params.on_state = tell;
    params.user = &writer;
    if (etcdcli_config_set(config, "endpoints", endpoints.c_str()) < 0 || etcdcli_cluster_new(config, &cluster) < 0 ||
        etcdcli_keepalive_new(cluster, &params, &keepalive) < 0) {
      return 1;
    }
    while (etcdcli_cluster_wait(cluster, -1) >= 0) {
    }
    return 2;
  }

  pid_t pid_ = -1;
  int reader_ = -1;
};

}  // namespace

TEST_CASE("LeaseTimes: what a holder is told that was stopped for longer than its lease", "[.timeline]") {
  EtcdCluster etcd(3);
  std::vector<std::unique_ptr<Holder>> holders;
  for (int i = 0; i < rounds(); ++i) {
    holders.push_back(std::make_unique<Holder>(etcd.endpoints(), "stopped " + std::to_string(i)));
  }
  for (const auto &holder : holders) holder->until(ETCDCLI_KEEPALIVE_HELD);
  for (const auto &holder : holders) holder->signal(SIGSTOP);
  // Its TTL is 10 s, and etcd looks twice a second.
  std::this_thread::sleep_for(Milliseconds{13000});
  CHECK(keys_with_prefix(ports_of(etcd), "stopped").empty());
  Figures lost, held;
  int first = 0;
  for (const auto &holder : holders) {
    const Clock::time_point begun = Clock::now();
    holder->signal(SIGCONT);
    const int told = holder->next(Milliseconds{10000});
    if (told == ETCDCLI_KEEPALIVE_LOST) ++first;
    lost.values.push_back(ms_since(begun));
    holder->until(ETCDCLI_KEEPALIVE_HELD);
    held.values.push_back(ms_since(begun));
  }
  std::cout << "stopped for 13 s: told lost first " << first << " of " << holders.size() << " times, " << lost.text()
            << " ms after it went on; held again after " << held.text() << " ms" << std::endl;
  CHECK(first == static_cast<int>(holders.size()));
  CHECK(keys_with_prefix(ports_of(etcd), "stopped").size() == holders.size());
}

namespace {

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval &time) {
    return 1000.0 * static_cast<double>(time.tv_sec) + 0.001 * static_cast<double>(time.tv_usec);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

std::uint64_t requests(const Cluster &cluster) {
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  return metrics.attempts;
}

}  // namespace

TEST_CASE("LeaseCosts: requests and CPU of many keys that share a lease", "[.timeline]") {
  EtcdCluster etcd(3);
  Host host;
  std::cout << "| keys | requests until all are held | after | CPU a key | requests in the minute after | CPU in it |\n"
               "|---|---|---|---|---|---|\n";
  for (const int count : {1, 100, 1000, 3000}) {
    // What the harness keeps of each line of the log is not the library's.
    const auto cluster = std::make_unique<Cluster>(host, etcd.endpoints(), Options{{"log.level", "error"}});
    const double cpu = cpu_ms();
    const Clock::time_point begun = Clock::now();
    std::vector<const Keepalive *> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(&cluster->keep(std::to_string(count) + "/" + std::to_string(i), "10.0.0.1:4711"));
    }
    std::size_t held = 0;
    REQUIRE(host.wait_until(
        [&] {
          while (held < all.size() && all[held]->held()) ++held;
          return held == all.size();
        },
        Milliseconds{120000}));
    const double took = ms_since(begun);
    const double start_cpu = (cpu_ms() - cpu) / count;
    const std::uint64_t at_start = requests(*cluster);
    const double minute_cpu = cpu_ms();
    host.run_for(Milliseconds{60000});
    std::cout << "| " << count << " | " << at_start << " | " << static_cast<long>(took) << " ms | " << start_cpu
              << " ms | " << requests(*cluster) - at_start << " | " << cpu_ms() - minute_cpu << " ms |" << std::endl;
    for (const Keepalive *one : all) CHECK(one->told.size() == 3);
  }
}
