// Claims under faults: whatever happens to members and connections, a key has one holder.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "harness/fixtures.h"

using namespace harness;

namespace {

/// How many times in one test. `ETCDCLI_RACES` says otherwise.
int races() {
  const char *count = std::getenv("ETCDCLI_RACES");
  return count != nullptr ? std::max(1, std::atoi(count)) : 10;
}

constexpr int claimants = 4;

}  // namespace

/// Each time several processes claim one key at once, of different values and with different policies, and in each
/// second race a member dies meanwhile.
TEST_CASE_METHOD(WithThreeMembers, "KeepaliveRaces: of several claimants exactly one holds the key, while members die",
                 "[faults][etcd]") {
  std::mt19937 random(std::random_device{}());
  const std::string endpoints = etcd.endpoints();
  std::deque<Cluster> clusters;
  for (int i = 0; i < claimants; ++i) {
    clusters.emplace_back(host, endpoints,
                          Options{{"backoff.max.ms", "300"}, {"attempt.timeout.ms", "1000"}, {"lease.ttl.s", "60"}});
  }
  for (int race = 0; race < races(); ++race) {
    const std::string key = "race " + std::to_string(race);
    CAPTURE(race);
    std::vector<Keepalive *> keepalives;
    int held_by_two = 0;
    for (int i = 0; i < claimants; ++i) {
      const int policy =
          std::array{ETCDCLI_CLAIM_IF_ABSENT_OR_SAME, ETCDCLI_CLAIM_IF_ABSENT, ETCDCLI_CLAIM_WAIT}[random() % 3];
      keepalives.push_back(&clusters[static_cast<std::size_t>(i)].keep(key, std::to_string(i), policy));
      keepalives.back()->on_state = [&] {
        held_by_two += std::count_if(keepalives.begin(), keepalives.end(), [](auto *one) { return one->held(); }) > 1;
      };
    }
    EtcdMember &victim = etcd.member(random() % etcd.size());
    const bool dies = race % 2 == 1;
    if (dies) {
      host.run_for(Milliseconds{random() % 20});
      victim.kill();
    }
    const auto is_settled = [](const Keepalive *one) {
      return one->held() || one->state() == ETCDCLI_KEEPALIVE_CONFLICT || one->state() == ETCDCLI_KEEPALIVE_BLOCKED;
    };
    CHECK(host.wait_until([&] { return std::all_of(keepalives.begin(), keepalives.end(), is_settled); }));
    CHECK(std::count_if(keepalives.begin(), keepalives.end(), [](auto *one) { return one->held(); }) == 1);
    CHECK(held_by_two == 0);
    if (dies) {
      victim.restart();
      etcd.wait_healthy();
    }
    for (Keepalive *one : keepalives) {
      if (one->held()) CHECK(oracle.get(key)->lease == one->last(ETCDCLI_KEEPALIVE_HELD).lease);
      one->on_state = nullptr;
    }
    // And all the others are done with it before they let go.
    for (Keepalive *one : keepalives) one->free();
    CHECK(host.wait_until([&] { return !oracle.get(key); }));
  }
}
