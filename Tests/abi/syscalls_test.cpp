// What an event and a put cost in system calls, for a host that polls. Counts are exact where times are not, so this is
// a test: a call that sneaks in is seen.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "harness/fixtures.h"
#include "harness/system_calls.h"

using namespace harness;

namespace {

/// Laps until connections are open, memory is allocated and timers stand; and those that are counted.
constexpr int warm_up = 20;
constexpr int counted = 50;

/// One turn of a host's loop as the header shows it.
void turn(Cluster &cluster) {
  pollfd entry{cluster.fd(), POLLIN, 0};
  ::poll(&entry, 1, static_cast<int>(etcdcli_cluster_timeout_ms(cluster.handle())));
  cluster.pump();
}

/// Without timers that would come in between.
const Options calm = {{"probe.interval.ms", "60000"}, {"request.timeout.ms", "60000"}, {"attempt.timeout.ms", "30000"}};

std::vector<Lap> last(std::vector<Lap> laps) {
  REQUIRE(laps.size() == warm_up + counted);
  laps.erase(laps.begin(), laps.begin() + warm_up);
  return laps;
}

double average(const std::vector<Lap> &laps) {
  double sum = 0;
  for (const Lap &lap : laps) sum += static_cast<double>(lap.size());
  return sum / static_cast<double>(laps.size());
}

/// Enough to see a pattern.
std::string some(const std::vector<Lap> &laps) {
  return text({laps.end() - 3, laps.end()});
}

/// Calls that change what the kernel was told earlier in the same lap: a timer set twice, a socket that is watched and
/// then not, or the other way round.
int undoings(const Lap &lap) {
  std::map<std::uint64_t, int> changes;
  for (const SystemCall &call : lap) {
    if (call.number == SYS_epoll_ctl) changes[call.arguments[2]] += 1;
    if (call.number == SYS_timerfd_settime) changes[~call.arguments[0]] += 1;
  }
  int count = 0;
  for (const auto &[what, times] : changes) count += times - 1;
  return count;
}

int undoings(const std::vector<Lap> &laps) {
  int count = 0;
  for (const Lap &lap : laps) count += undoings(lap);
  return count;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "An event costs at most five system calls, the host's poll included", "[syscalls][etcd]") {
  const std::vector<Lap> laps = last(trace(
      [&] {
        Cluster cluster(host, etcd.endpoints(), calm);
        const Watch &watch = cluster.watch_prefix("k");
        while (!watch.live()) turn(cluster);
        for (int i = 0; i < warm_up + counted; ++i) {
          begin_lap();
          for (const std::size_t before = watch.events().size(); watch.events().size() == before;) turn(cluster);
        }
        begin_lap();
      },
      [&] { oracle.put("k", "value"); }));
  INFO(some(laps));
  CHECK(average(laps) <= 5);
  CHECK(undoings(laps) == 0);
  WARN("an event: " << average(laps) << " system calls\n" << text({laps.back()}));
}

TEST_CASE_METHOD(WithEtcd, "A put costs at most nine system calls, the host's polls included", "[syscalls][etcd]") {
  const std::vector<Lap> laps = last(trace([&] {
    Cluster cluster(host, etcd.endpoints(), calm);
    for (int i = 0; i < warm_up + counted; ++i) {
      begin_lap();
      for (const Call &call = cluster.put("k", "value"); !call.ended();) turn(cluster);
    }
    begin_lap();
  }));
  INFO(some(laps));
  CHECK(average(laps) <= 9);
  CHECK(undoings(laps) == 0);
  WARN("a put: " << average(laps) << " system calls\n" << text({laps.back()}));
}

TEST_CASE_METHOD(WithEtcd,
                 "What is asked between two pumps costs a system call each, or one for all where it is gathered",
                 "[syscalls][etcd]") {
  constexpr std::size_t asked = 16;
  if (!speaks_grpc()) return;  // only there it can be gathered
  const bool is_gathered = GENERATE(false, true);
  CAPTURE(is_gathered);
  Options options = calm;
  options.emplace_back("calls.gather", is_gathered ? "true" : "false");
  const std::vector<Lap> laps = trace([&] {
    Cluster cluster(host, etcd.endpoints(), options);
    for (int i = 0; i < warm_up; ++i) {
      std::vector<const Call *> calls;
      begin_lap();
      for (std::size_t call = 0; call < asked; ++call) calls.push_back(&cluster.put("k", "value"));
      begin_lap();
      for (const Call *call : calls) {
        while (!call->ended()) turn(cluster);
      }
    }
    begin_lap();
  });
  REQUIRE(laps.size() == 2 * warm_up);
  for (std::size_t i = laps.size() / 2; i < laps.size(); i += 2) {
    const Lap &asking = laps[i];
    const auto sent =
        std::count_if(asking.begin(), asking.end(), [](const SystemCall &call) { return call.number == SYS_sendto; });
    INFO(text({asking, laps[i + 1]}));
    CHECK(sent == (is_gathered ? 0 : static_cast<long>(asked)));
    // One makes the descriptor readable, and memory may be wanted.
    const auto said = std::count_if(asking.begin(), asking.end(), [](const SystemCall &call) {
      return call.number == SYS_write && call.arguments[0] == STDOUT_FILENO;
    });
    if (is_gathered) CHECK(static_cast<long>(asking.size()) - said <= 2);
  }
}
