// How long calls take to succeed again when the member that is used is gone, with the defaults. For people: it is not
// among the tests that run by themselves, and checks no more than that calls do come back. scripts/failover-times runs
// it; ETCDCLI_FAILOVER_ROUNDS says how often each fault is made, ten times if not given.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <memory>
#include <random>

#include "support/current_url.h"
#include "support/etcd_api.h"
#include "support/figures.h"
#include "support/network.h"

using namespace faults;

namespace {

/// Makes calls of one kind, each as soon as the one before has ended, by way of a cluster of its own.
class Caller {
 public:
  using Submit = std::function<Call &(Cluster &)>;

  Caller(std::unique_ptr<Cluster> cluster, Submit submit) : cluster_(std::move(cluster)), submit_(std::move(submit)) {}

  void start() { next(); }
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_ && !in_progress_; }
  bool is_at(const std::string &home) const { return current_url(*cluster_) == home; }
  int succeeded() const { return succeeded_; }
  Cluster &cluster() { return *cluster_; }

  /// From now on it is looked for the first call that begins, and succeeds.
  void fault_is_made() {
    fault_ = Clock::now();
    counts_ = true;
  }
  bool recovered() const { return recovered_; }
  double recovery_ms() const { return recovery_ms_; }
  /// Until then, of calls that were told as failed.
  int unknown() const { return unknown_; }
  int failed() const { return failed_; }

 private:
  void next() {
    if (stopped_) return;
    const Clock::time_point begun = Clock::now();
    Call &call = submit_(*cluster_);
    in_progress_ = true;
    call.on_end = [this, &call, begun] { ended(call, begun); };
  }

  void ended(const Call &call, Clock::time_point begun) {
    in_progress_ = false;
    if (call.code() == ETCDCLI_OK) ++succeeded_;
    if (counts_ && !recovered_) {
      if (call.code() == ETCDCLI_OK && begun >= fault_) {
        recovered_ = true;
        recovery_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - fault_).count();
      } else if (call.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME) {
        ++unknown_;
      } else if (call.code() != ETCDCLI_OK) {
        ++failed_;
      }
    }
    next();
  }

  std::unique_ptr<Cluster> cluster_;
  Submit submit_;
  Clock::time_point fault_;
  double recovery_ms_ = 0;
  int succeeded_ = 0;
  int unknown_ = 0;
  int failed_ = 0;
  bool counts_ = false;
  bool recovered_ = false;
  bool stopped_ = false;
  bool in_progress_ = false;
};

/// The lease of a keepalive, which does nothing else: how near to its end it comes.
class LeaseLeft {
 public:
  explicit LeaseLeft(std::unique_ptr<Cluster> cluster)
      : cluster_(std::move(cluster)), keepalive_(cluster_->keep("kept", "value")) {}

  bool held() const { return keepalive_.held(); }
  bool is_at(const std::string &home) const { return current_url(*cluster_) == home; }
  bool lost() const { return keepalive_.times(ETCDCLI_KEEPALIVE_LOST) > 0; }
  void fault_is_made() { lowest_ms_ = last_ms_ = left(); }

  /// Whether it was renewed since the fault. To be asked all the time.
  bool renewed() {
    const std::int64_t now = left();
    if (now > last_ms_) renewed_ = true;
    if (!renewed_) lowest_ms_ = std::min(lowest_ms_, now);
    last_ms_ = now;
    return renewed_ || lost();
  }
  double lowest_ms() const { return static_cast<double>(lowest_ms_); }

 private:
  std::int64_t left() const {
    etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
    REQUIRE(etcdcli_cluster_metrics(cluster_->handle(), &metrics) == ETCDCLI_OK);
    return metrics.lease_left_ms;
  }

  std::unique_ptr<Cluster> cluster_;
  Keepalive &keepalive_;
  std::int64_t lowest_ms_ = 0;
  std::int64_t last_ms_ = 0;
  bool renewed_ = false;
};

struct Fault {
  const char *name;
  std::function<void(EtcdCluster &, Network &, std::size_t)> make;
  std::function<void(EtcdCluster &, Network &, std::size_t)> mend;
  bool by_proxy = false;
};

}  // namespace

TEST_CASE("FailoverTimes: how long calls take to succeed again", "[.figures]") {
  EtcdCluster etcd(3);
  Network network(etcd);
  Host host;
  std::mt19937 random(1);
  const std::vector<Fault> faults = {
      {"killed", [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).kill(); },
       [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).restart(); }},
      {"stopped", [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).freeze(); },
       [](EtcdCluster &cluster, Network &, std::size_t home) { cluster.member(home).thaw(); }},
      {"cut off", [](EtcdCluster &, Network &net, std::size_t home) { net.to(home).blackhole(); },
       [](EtcdCluster &, Network &net, std::size_t home) { net.to(home).heal(); }, true},
  };

  std::cout
      << "| the current member | a read | a write | a renewal | lease left at least | writes of unknown outcome | "
         "calls that failed |\n|---|---|---|---|---|---|---|\n";
  for (const Fault &fault : faults) {
    for (const bool hits_leader : {false, true}) {
      Figures reads, writes, renewals, left;
      int lost = 0;
      for (int round = 0; round < rounds(); ++round) {
        const std::size_t leader = leader_of(etcd);
        const std::size_t home = hits_leader ? leader : (leader + 1) % etcd.size();
        const std::string endpoints = fault.by_proxy ? network.endpoints() : etcd.endpoints();
        const std::string url = fault.by_proxy ? network.to(home).url() : etcd.member(home).url();

        Caller read(cluster_at(host, endpoints, url), [](Cluster &cluster) -> Call & { return cluster.get("r"); });
        Caller write(cluster_at(host, endpoints, url),
                     [](Cluster &cluster) -> Call & { return cluster.put("w", "v"); });
        std::unique_ptr<Cluster> third = cluster_at(host, endpoints, url);
        const std::int64_t lease = third->finish(third->lease_grant(600)).leases.at(0).id;
        Caller renewal(std::move(third),
                       [lease](Cluster &cluster) -> Call & { return cluster.lease_keep_alive(lease); });
        LeaseLeft keepalive(cluster_at(host, endpoints, url));
        Caller *const callers[] = {&read, &write, &renewal};
        const auto all = [&](auto condition) { return std::all_of(std::begin(callers), std::end(callers), condition); };

        for (Caller *caller : callers) caller->start();
        REQUIRE(host.wait_until(
            [&] { return keepalive.held() && all([](Caller *caller) { return caller->succeeded() > 10; }); }));
        // Anywhere between two renewals.
        host.run_for(Milliseconds{random() % 3300});
        REQUIRE(keepalive.is_at(url));
        REQUIRE(all([&](Caller *caller) { return caller->is_at(url); }));

        for (Caller *caller : callers) caller->fault_is_made();
        keepalive.fault_is_made();
        fault.make(etcd, network, home);
        REQUIRE(host.wait_until(
            [&] {
              const bool renewed = keepalive.renewed();
              return all([](Caller *caller) { return caller->recovered(); }) && renewed;
            },
            Milliseconds{60000}));

        reads.values.push_back(read.recovery_ms());
        writes.values.push_back(write.recovery_ms());
        renewals.values.push_back(renewal.recovery_ms());
        left.values.push_back(keepalive.lowest_ms());
        writes.unknown += write.unknown();
        writes.failed += read.failed() + write.failed() + renewal.failed();
        lost += keepalive.lost() ? 1 : 0;

        for (Caller *caller : callers) caller->stop();
        fault.mend(etcd, network, home);
        etcd.wait_healthy();
        REQUIRE(host.wait_until([&] { return all([](Caller *caller) { return caller->stopped(); }); }));
      }
      std::cout << "| " << fault.name << ", " << (hits_leader ? "the leader" : "a follower") << " | " << reads.text()
                << " | " << writes.text() << " | " << renewals.text() << " | " << left.text()
                << (lost > 0 ? " (lost " + std::to_string(lost) + " times)" : "") << " | " << writes.unknown << " | "
                << writes.failed << " |" << std::endl;
    }
  }
}
