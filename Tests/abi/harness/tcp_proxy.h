#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/deadline.h"
#include "harness/failure_note.h"
#include "harness/socket.h"

namespace harness {

enum class Direction { to_server, to_client };

/// A network that fails on demand: a TCP proxy in front of one loopback port, run by a thread of its own.
///
/// Every control takes effect before it returns. Those that shape traffic act on open connections and on new ones,
/// until heal().
class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy &) = delete;
  TcpProxy &operator=(const TcpProxy &) = delete;

  std::uint16_t port() const { return port_.number(); }
  std::string url() const { return port_.url(); }

  /// Closes the open connections, in order, or with a reset that also drops what is under way.
  void cut();
  void reset();

  /// New connections are refused; open ones go on.
  void refuse();
  /// Nothing is taken from this side any more: it sees its peer fall silent, and in the end full buffers.
  void stall(Direction direction);
  /// The cable is out: nothing passes either way, and new connections are made (the kernel does that) but never served.
  void blackhole();
  void delay(Direction direction, Milliseconds time);
  void throttle(Direction direction, std::uint64_t bytes_per_second);
  /// Flips a bit of the byte that follows `bytes` more ones, on each connection.
  void corrupt(Direction direction, std::uint64_t bytes);
  /// Closes each connection, in order, after it has passed on that many more bytes.
  void truncate(Direction direction, std::uint64_t bytes);
  /// Drops the open connections on which `text` was sent to the server, as a middlebox does that forgets a flow:
  /// neither end hears of the other any more, or of that, and TCP is answered on. heal() does not mend it. Returns how
  /// many.
  int drop(const std::string &text);
  /// Undoes all of these.
  void heal();

  struct Counts {
    int accepted = 0;
    int open = 0;
    std::uint64_t to_server = 0;
    std::uint64_t to_client = 0;
  };
  Counts counts() const;

 private:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  /// What happens to the bytes of one direction.
  struct Rules {
    bool stalled = false;
    Milliseconds delay{0};
    std::uint64_t bytes_per_second = 0;
    std::uint64_t corrupt_at = never;
    std::uint64_t truncate_at = never;
  };

  struct Piece {
    std::string bytes;
    Clock::time_point due;
  };

  /// The bytes under way from one socket to the other.
  struct Flow {
    std::deque<Piece> pieces;
    std::size_t buffered = 0;
    std::uint64_t taken_under_rule = 0;
    bool source_ended = false;
    Clock::time_point next_send{};
  };

  struct Connection {
    Fd client;
    Fd server;
    std::array<Flow, 2> flows;
    bool truncated = false;
    bool dropped = false;
    /// The last that was sent to the server.
    std::string sent;

    Fd &source(std::size_t direction) { return direction == 0 ? client : server; }
    Fd &sink(std::size_t direction) { return direction == 0 ? server : client; }
  };

  using Connections = std::list<Connection>;

  void run();
  void on_thread(std::function<void()> change) const;
  void run_change();
  void accept_new();
  bool wants_to_take(const Connection &connection, std::size_t direction) const;
  bool take(Connection &connection, std::size_t direction);
  bool give(Connection &connection, std::size_t direction);
  void serve(Connections::iterator connection, const std::array<short, 2> &ready);
  bool finished(const Connection &connection) const;

  const std::uint16_t target_;
  ReservedPort port_;
  Fd waker_;

  // Owned by the thread.
  Fd listener_;
  Connections connections_;
  std::array<Rules, 2> rules_;
  bool accepting_ = true;
  Counts counts_;

  // Shared: one change at a time is handed to the thread.
  mutable std::mutex mutex_;
  mutable std::condition_variable done_;
  mutable std::function<void()> change_;
  bool stopping_ = false;

  FailureNote note_;
  std::thread thread_;
};

}  // namespace harness
