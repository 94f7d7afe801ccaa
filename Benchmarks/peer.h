#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

enum class Operation { range, put };

/// What is read and written where it does not matter. Below it there is nothing else.
constexpr char peer_key[] = "/bench/peers/one";

/// One way to talk to etcd, from one thread, as a program does that uses it. What is counted is done in `turn`.
class Peer {
 public:
  virtual ~Peer() = default;

  /// Begins a call of `peer_key`: `ended` counts up when it has been answered as it should.
  virtual void begin(Operation operation) = 0;

  /// Follows all keys with this prefix: `live` counts up when etcd has begun to, `events` with each change. A
  /// revision of 0 is the next one.
  virtual void watch(const std::string &prefix, std::int64_t revision) = 0;

  /// Waits until there is something to do, for ten seconds at most, and does it.
  virtual void turn() = 0;

  long ended = 0;
  long live = 0;
  std::uint64_t events = 0;
  /// The size of the events' values, so that nobody passes over them.
  std::uint64_t value_bytes = 0;
  /// Puts have values of this size.
  std::size_t value_size = 64;
};

using Arguments = std::vector<std::string>;

/// How a program makes its peer.
using MakePeer = std::unique_ptr<Peer> (*)(const std::string &url, std::size_t at_once);

/// Turns until this is so, or throws.
template <typename Condition>
void turn_until(Peer &peer, double seconds, Condition condition);

/// `COMMAND URL...` as README.md lists them. Throws if there is no such command.
void run_command(const Arguments &arguments, MakePeer make);

/// Runs `body` and says what went wrong.
int run_main(const char *name, void (*body)(Arguments), int argc, char **argv);

#include <stdexcept>

#include "measure.h"

template <typename Condition>
void turn_until(Peer &peer, double seconds, Condition condition) {
  const double end = measure::now() + seconds;
  while (!condition()) {
    peer.turn();
    if (measure::now() > end) throw std::runtime_error("it takes too long");
  }
}
