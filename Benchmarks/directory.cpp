// What a choice among services costs, how evenly it spreads them, and what moves needlessly when one joins: the
// directory of the library, through the shared library as it is shipped, beside a ring of 160 points a service that a
// host might write. See README.md.
//
//   directory URL     of an etcd that may be filled: keys below /bench/directory/ are written, and removed again

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <etcdcli/directory.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr char prefix[] = "/bench/directory/";

/// Nanoseconds of this thread's own: other processes do not count.
double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

void fail(const char *what) {
  std::fprintf(stderr, "%s: %s\n", what, etcdcli::last_error());
  std::exit(1);
}

/// Points on a circle, sorted; who comes next is responsible.
class Ring {
 public:
  explicit Ring(const std::vector<std::string> &ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      for (int point = 0; point < 160; ++point) {
        points_.emplace_back(etcdcli::hash_of(ids[i] + "#" + std::to_string(point)), i);
      }
    }
    std::sort(points_.begin(), points_.end());
  }
  std::size_t select(std::uint64_t hash) const {
    const auto next = std::lower_bound(points_.begin(), points_.end(), std::make_pair(hash, std::size_t{0}));
    return (next == points_.end() ? points_.front() : *next).second;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::size_t>> points_;
};

struct Cost {
  double first;  // with nothing remembered
  double later;
  double spread;  // the most that anybody gets, by the average
};

template <typename Select>
Cost measure(std::size_t services, std::size_t lookups, Select select) {
  Cost cost{};
  std::vector<std::uint64_t> hashes(lookups);
  for (std::size_t i = 0; i < lookups; ++i) hashes[i] = etcdcli::hash_of(i);
  std::size_t sum = 0;
  const std::size_t few = 2000;
  double start = cpu_ns();
  for (std::size_t i = 0; i < few; ++i) sum += select(hashes[i]);
  cost.first = (cpu_ns() - start) / double(few);
  std::vector<std::uint32_t> counts(services);
  for (const auto hash : hashes) ++counts[select(hash)];
  start = cpu_ns();
  for (const auto hash : hashes) sum += select(hash);
  cost.later = (cpu_ns() - start) / double(lookups);
  const auto most = *std::max_element(counts.begin(), counts.end());
  cost.spread = double(most) * double(services) / double(lookups);
  if (sum == 1) std::puts("");
  return cost;
}

void wait_until(etcdcli::cluster &cluster, const bool &flag) {
  while (!flag) {
    if (cluster.wait(-1) < 0) fail("wait");
  }
}

void run(etcdcli::cluster &cluster, std::size_t services, int weights) {
  std::vector<std::string> ids;
  bool written = false;
  std::size_t left = services + 1;
  for (std::size_t i = 0; i <= services; ++i) ids.push_back(std::to_string(100000 + i));
  for (std::size_t i = 0; i <= services; ++i) {
    // The last one joins later: draining, until then.
    const std::string value = "{\"weight\":" + std::to_string(i % std::size_t(weights) + 1) +
                              (i == services ? ",\"state\":\"draining\"}" : "}");
    const auto put = cluster.put(prefix + ids[i], value, [&](const etcdcli::response &response) {
      if (!response) fail("put");
      written = --left == 0;
    });
    if (!put) fail("put");
    if (i % 500 == 499 && cluster.wait(1000) < 0) fail("wait");
  }
  wait_until(cluster, written);
  bool complete = false;
  bool changed = false;
  etcdcli::directory directory(cluster, prefix, etcdcli::parser::json, [&](const etcdcli::directory_info &info) {
    complete = complete || info.change() == etcdcli::change::complete;
    changed = changed || info.change() == etcdcli::change::changed;
  });
  if (!directory) fail("directory");
  wait_until(cluster, complete);

  double start = cpu_ns();
  const auto kept = directory.picture().acquire();
  const double picture_us = (cpu_ns() - start) / 1000;
  const std::size_t lookups = 4000000;
  const Cost mine = measure(services, lookups, [&](std::uint64_t hash) { return kept.select(hash).number(); });

  std::vector<std::string> without(ids.begin(), ids.end() - 1);
  start = cpu_ns();
  const Ring ring(without);
  const double ring_us = (cpu_ns() - start) / 1000;
  const Cost rings = measure(services, lookups, [&](std::uint64_t hash) { return ring.select(hash); });

  // One joins. What goes to anybody else moves needlessly.
  const std::string value = "{\"weight\":" + std::to_string(services % std::size_t(weights) + 1) + "}";
  if (!cluster.put(prefix + ids[services], value, etcdcli::no_callback())) fail("put");
  wait_until(cluster, changed);
  const auto after = directory.picture();
  std::size_t moved = 0;
  std::size_t needlessly = 0;
  for (std::uint64_t i = 0; i < 200000; ++i) {
    const auto hash = etcdcli::hash_of(i);
    const auto now = after.select(hash);
    if (now.key() == kept.select(hash).key()) continue;
    ++moved;
    if (now.id() != ids[services]) ++needlessly;
  }
  std::printf("%8zu %8d %9.0f %9.0f %9.1f %8.2f %9zu %9zu | %9.0f %9.1f %8.2f\n", services, weights, picture_us,
              mine.first, mine.later, weights == 1 ? mine.spread : 0, moved, needlessly, ring_us, rings.later,
              rings.spread);
  std::fflush(stdout);

  directory.reset();
  bool erased = false;
  if (!cluster.del(etcdcli::prefix(prefix), [&](const etcdcli::response &response) {
        if (!response) fail("delete");
        erased = true;
      })) {
    fail("delete");
  }
  wait_until(cluster, erased);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: directory URL\n");
    return 2;
  }
  etcdcli::cluster cluster({{"endpoints", argv[1]}, {"calls.max", "20000"}, {"request.timeout.ms", "600000"}});
  if (!cluster) fail("cluster");
  std::printf(
      "                  directory: us to make, ns a lookup at first and later, most by average, of 200000 keys "
      "moved\n");
  std::printf("                  ring: us to make, ns a lookup, most by average\n");
  std::printf(
      "services  weights   picture     first     later     most     moved    needless |      ring    lookup     "
      "most\n");
  for (const auto &[services, weights] : {std::pair{20, 1}, {20, 3}, {20, 20}, {1000, 1}, {1000, 3}, {10000, 1}}) {
    run(cluster, std::size_t(services), weights);
  }
  return 0;
}
