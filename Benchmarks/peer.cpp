// What every peer is measured by.

#include "peer.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>

namespace {

/// How long anything may take, in seconds.
constexpr double limit = 300;

long number(const Arguments &arguments, std::size_t index) {
  if (index >= arguments.size()) throw std::runtime_error("an argument is missing");
  return std::atol(arguments[index].c_str());
}

/// So many calls, so many at a time.
void make_calls(Peer &peer, Operation operation, long count, long at_once) {
  const long end = peer.ended + count;
  long begun = peer.ended;
  turn_until(peer, limit, [&] {
    while (begun < end && begun - peer.ended < at_once) {
      peer.begin(operation);
      ++begun;
    }
    return peer.ended >= end;
  });
}

void calls(const Arguments &arguments, MakePeer make) {
  const Operation operation = arguments.at(2) == "put" ? Operation::put : Operation::range;
  const long at_once = std::max(1L, number(arguments, 3));
  const long count = std::max(1L, number(arguments, 4));
  const auto peer = make(arguments.at(1), static_cast<std::size_t>(at_once));
  make_calls(*peer, operation, std::min(count, 2 * at_once), at_once);
  const measure::Span span;
  make_calls(*peer, operation, count, at_once);
  const double each = 1 / static_cast<double>(count);
  measure::print({{"cpu_us", span.cpu() * 1e6 * each},
                  {"wall_us", span.wall() * 1e6 * each},
                  {"per_second", 1 / (span.wall() * each)},
                  {"allocations", span.allocations() * each}});
}

/// From the put to the watch's event: one at a time, answered both ways before the next.
void latency(const Arguments &arguments, MakePeer make) {
  const long count = std::max(1L, number(arguments, 2));
  const auto peer = make(arguments.at(1), 2);
  peer->watch(peer_key, 0);
  turn_until(*peer, limit, [&] { return peer->live == 1; });
  make_calls(*peer, Operation::put, 20, 1);
  turn_until(*peer, limit, [&] { return peer->events >= 20; });
  std::vector<double> waits;
  waits.reserve(static_cast<std::size_t>(count));
  const measure::Span span;
  for (long i = 0; i < count; ++i) {
    const auto events = peer->events;
    const long ended = peer->ended;
    const double start = measure::now();
    double told = 0;
    peer->begin(Operation::put);
    turn_until(*peer, limit, [&] {
      if (told == 0 && peer->events > events) told = measure::now();
      return told != 0 && peer->ended > ended;
    });
    waits.push_back(1e6 * (told - start));
  }
  const double each = 1 / static_cast<double>(count);
  const double cpu = span.cpu() * 1e6 * each;
  const double allocations = span.allocations() * each;
  measure::print({{"p50_us", measure::percentile(waits, 0.5)},
                  {"p99_us", measure::percentile(waits, 0.99)},
                  {"p999_us", measure::percentile(waits, 0.999)},
                  {"cpu_us", cpu},
                  {"allocations", allocations}});
}

/// A watch of all that there is, from its beginning.
void flood(const Arguments &arguments, MakePeer make) {
  const auto count = static_cast<std::uint64_t>(number(arguments, 2));
  const auto value_size = static_cast<std::uint64_t>(number(arguments, 3));
  const auto peer = make(arguments.at(1), 2);
  // The first tenth fills caches and makes buffers grow.
  const std::uint64_t first = count / 10;
  peer->watch("/", 2);
  turn_until(*peer, limit, [&] { return peer->events >= first; });
  const std::uint64_t before = peer->events;
  const measure::Span span;
  turn_until(*peer, limit, [&] { return peer->events >= count; });
  const double each = 1 / static_cast<double>(count - before);
  const double cpu = span.cpu() * 1e6 * each;
  const double wall = span.wall() * 1e6 * each;
  const double allocations = span.allocations() * each;
  if (peer->events != count || peer->value_bytes != count * value_size) {
    throw std::runtime_error("that is not what was sent");
  }
  measure::print({{"cpu_us", cpu}, {"wall_us", wall}, {"allocations", allocations}});
}

/// Starts so many watches, until all are live.
void watchers(const Arguments &arguments, MakePeer make) {
  const long count = std::max(1L, number(arguments, 2));
  const auto peer = make(arguments.at(1), 2);
  // Connected, and what is made once is made.
  make_calls(*peer, Operation::range, 1, 1);
  peer->watch("/bench/watch/first", 0);
  turn_until(*peer, limit, [&] { return peer->live == 1; });
  malloc_trim(0);
  const double heap = measure::heap();
  const double resident = measure::memory("VmRSS");
  const measure::Span span;
  for (long i = 0; i < count; ++i) peer->watch("/bench/watch/" + std::to_string(100000 + i), 0);
  turn_until(*peer, limit, [&] { return peer->live == count + 1; });
  const double each = 1 / static_cast<double>(count);
  const double cpu = span.cpu() * 1e6 * each;
  const double wall = span.wall() * 1e6 * each;
  const double allocations = span.allocations() * each;
  malloc_trim(0);
  measure::print({{"cpu_us", cpu},
                  {"wall_us", wall},
                  {"allocations", allocations},
                  {"heap_bytes", (measure::heap() - heap) * each},
                  {"resident_bytes", (measure::memory("VmRSS") - resident) * each}});
}

/// All that a process does before its first put is acknowledged; the time is taken by who starts it, too.
void first(const Arguments &arguments, MakePeer make) {
  const measure::Span span;
  const auto peer = make(arguments.at(1), 1);
  make_calls(*peer, Operation::put, 1, 1);
  // What the process has spent in all: loading included.
  measure::print({{"wall_us", 1e6 * span.wall()}, {"cpu_us", 1e6 * measure::cpu()}});
}

}  // namespace

void run_command(const Arguments &arguments, MakePeer make) {
  const std::string command = arguments.size() < 2 ? "" : arguments[0];
  if (command == "calls") return calls(arguments, make);
  if (command == "latency") return latency(arguments, make);
  if (command == "flood") return flood(arguments, make);
  if (command == "watchers") return watchers(arguments, make);
  if (command == "first") return first(arguments, make);
  throw std::runtime_error(
      "usage: calls URL range|put AT_ONCE COUNT | latency URL COUNT | flood URL EVENTS VALUE_SIZE | watchers URL COUNT "
      "| first URL");
}

int run_main(const char *name, void (*body)(Arguments), int argc, char **argv) {
  try {
    body(Arguments(argv + 1, argv + argc));
  } catch (const std::exception &error) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
  return 0;
}
