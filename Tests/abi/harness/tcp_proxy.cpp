#include "harness/tcp_proxy.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace harness {

namespace {

constexpr std::size_t buffer_limit = 256 * 1024;
constexpr std::size_t both[] = {0, 1};
/// More than a request of a watch is.
constexpr std::size_t remembered = 4096;

constexpr std::size_t index(Direction direction) {
  return direction == Direction::to_server ? 0 : 1;
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target)
    : target_(target),
      waker_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      listener_(listen_on(port_.number())),
      note_([this] {
        const Counts now = counts();
        return "-- proxy " + url() + ": " + std::to_string(now.accepted) + " accepted, " + std::to_string(now.open) +
               " open, " + std::to_string(now.to_server) + " bytes up, " + std::to_string(now.to_client) + " down";
      }),
      thread_([this] { run(); }) {}

TcpProxy::~TcpProxy() {
  on_thread([this] { stopping_ = true; });
  thread_.join();
}

void TcpProxy::cut() {
  on_thread([this] { connections_.clear(); });
}

void TcpProxy::reset() {
  on_thread([this] {
    for (Connection &connection : connections_) {
      reset_connection(connection.client);
      reset_connection(connection.server);
    }
    connections_.clear();
  });
}

void TcpProxy::refuse() {
  on_thread([this] { listener_.reset(); });
}

void TcpProxy::stall(Direction direction) {
  on_thread([this, direction] { rules_[index(direction)].stalled = true; });
}

void TcpProxy::blackhole() {
  on_thread([this] {
    accepting_ = false;
    for (Rules &rules : rules_) rules.stalled = true;
  });
}

void TcpProxy::delay(Direction direction, Milliseconds time) {
  on_thread([this, direction, time] { rules_[index(direction)].delay = time; });
}

void TcpProxy::throttle(Direction direction, std::uint64_t bytes_per_second) {
  on_thread([this, direction, bytes_per_second] { rules_[index(direction)].bytes_per_second = bytes_per_second; });
}

void TcpProxy::corrupt(Direction direction, std::uint64_t bytes) {
  on_thread([this, direction, bytes] {
    rules_[index(direction)].corrupt_at = bytes;
    for (Connection &connection : connections_) connection.flows[index(direction)].taken_under_rule = 0;
  });
}

void TcpProxy::truncate(Direction direction, std::uint64_t bytes) {
  on_thread([this, direction, bytes] {
    rules_[index(direction)].truncate_at = bytes;
    for (Connection &connection : connections_) connection.flows[index(direction)].taken_under_rule = 0;
  });
}

int TcpProxy::drop(const std::string &text) {
  int count = 0;
  on_thread([this, &text, &count] {
    for (Connection &connection : connections_) {
      if (connection.dropped || connection.sent.find(text) == std::string::npos) continue;
      connection.dropped = true;
      for (Flow &flow : connection.flows) flow.pieces.clear();
      ++count;
    }
  });
  return count;
}

void TcpProxy::heal() {
  on_thread([this] {
    rules_ = {};
    accepting_ = true;
    if (!listener_) listener_ = listen_on(port_.number());
  });
}

TcpProxy::Counts TcpProxy::counts() const {
  Counts now;
  on_thread([this, &now] {
    now = counts_;
    now.open = static_cast<int>(connections_.size());
  });
  return now;
}

void TcpProxy::on_thread(std::function<void()> change) const {
  std::unique_lock lock(mutex_);
  change_ = std::move(change);
  ::eventfd_write(waker_.get(), 1);
  done_.wait(lock, [this] { return !change_; });
}

void TcpProxy::run_change() {
  const std::lock_guard lock(mutex_);
  eventfd_t ignored;
  ::eventfd_read(waker_.get(), &ignored);
  if (change_) change_();
  change_ = nullptr;
  done_.notify_all();
}

void TcpProxy::run() {
  while (!stopping_) {
    std::vector<pollfd> entries{{waker_.get(), POLLIN, 0}, {accepting_ ? listener_.get() : -1, POLLIN, 0}};
    const Clock::time_point now = Clock::now();
    Clock::time_point wake = Clock::time_point::max();
    for (Connection &connection : connections_) {
      std::array<short, 2> events{};  // of client and server
      for (const std::size_t direction : both) {
        Flow &flow = connection.flows[direction];
        if (wants_to_take(connection, direction)) events[direction] |= POLLIN;
        if (flow.pieces.empty() || rules_[direction].stalled) continue;
        const Clock::time_point due = std::max(flow.pieces.front().due, flow.next_send);
        if (due <= now) {
          events[1 - direction] |= POLLOUT;
        } else {
          wake = std::min(wake, due);
        }
      }
      // poll(2) reports errors and hang-ups even when asked for nothing; -1 keeps it from doing so.
      entries.push_back({events[0] != 0 ? connection.client.get() : -1, events[0], 0});
      entries.push_back({events[1] != 0 ? connection.server.get() : -1, events[1], 0});
    }

    int timeout = -1;
    if (wake != Clock::time_point::max()) {
      timeout = static_cast<int>(std::chrono::ceil<Milliseconds>(wake - now).count());
    }
    if (::poll(entries.data(), entries.size(), timeout) < 0 && errno != EINTR) return;

    std::size_t entry = 2;
    for (auto connection = connections_.begin(); connection != connections_.end(); entry += 2) {
      serve(connection++, {entries[entry].revents, entries[entry + 1].revents});
    }
    if (entries[1].revents != 0) accept_new();
    if (entries[0].revents != 0) run_change();
  }
}

void TcpProxy::accept_new() {
  Fd client = accept_from(listener_);
  if (!client) return;
  counts_.accepted += 1;
  Fd server = begin_connect_to(target_);
  if (!server) return reset_connection(client);
  Connection &connection = connections_.emplace_back();
  connection.client = std::move(client);
  connection.server = std::move(server);
}

void TcpProxy::serve(Connections::iterator connection, const std::array<short, 2> &ready) {
  bool intact = true;
  for (const std::size_t direction : both) {
    if (ready[direction] & (POLLIN | POLLERR | POLLHUP)) intact = intact && take(*connection, direction);
    if (ready[1 - direction] & POLLOUT) intact = intact && give(*connection, direction);
  }
  if (!intact) {
    reset_connection(connection->client);
    reset_connection(connection->server);
  }
  if (!intact || finished(*connection)) connections_.erase(connection);
}

bool TcpProxy::wants_to_take(const Connection &connection, std::size_t direction) const {
  const Flow &flow = connection.flows[direction];
  return !flow.source_ended && !connection.truncated && !connection.dropped && !rules_[direction].stalled &&
         flow.buffered < buffer_limit;
}

bool TcpProxy::take(Connection &connection, std::size_t direction) {
  if (!wants_to_take(connection, direction)) return true;
  const Rules &rules = rules_[direction];
  Flow &flow = connection.flows[direction];
  char bytes[16384];
  const ssize_t count = ::recv(connection.source(direction).get(), bytes, sizeof bytes, 0);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) {
    flow.source_ended = true;
    if (flow.pieces.empty()) ::shutdown(connection.sink(direction).get(), SHUT_WR);
    return true;
  }

  std::uint64_t kept = static_cast<std::uint64_t>(count);
  if (rules.truncate_at != never) {
    kept = std::min(kept, rules.truncate_at - std::min(rules.truncate_at, flow.taken_under_rule));
    connection.truncated = flow.taken_under_rule + kept >= rules.truncate_at;
  }
  if (rules.corrupt_at != never && rules.corrupt_at >= flow.taken_under_rule &&
      rules.corrupt_at < flow.taken_under_rule + kept) {
    bytes[rules.corrupt_at - flow.taken_under_rule] ^= 0x10;
  }
  if (direction == index(Direction::to_server)) {
    connection.sent.append(bytes, kept);
    if (connection.sent.size() > remembered) connection.sent.erase(0, connection.sent.size() - remembered);
  }
  flow.taken_under_rule += kept;
  flow.buffered += kept;
  if (kept > 0) flow.pieces.push_back({std::string(bytes, kept), Clock::now() + rules.delay});
  return true;
}

bool TcpProxy::give(Connection &connection, std::size_t direction) {
  const std::uint64_t rate = rules_[direction].bytes_per_second;
  Flow &flow = connection.flows[direction];
  Piece &piece = flow.pieces.front();
  const std::size_t most = rate == 0 ? piece.bytes.size() : std::max<std::size_t>(1, rate / 20);
  const ssize_t count =
      ::send(connection.sink(direction).get(), piece.bytes.data(), std::min(most, piece.bytes.size()), MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN;

  const auto sent = static_cast<std::size_t>(count);
  flow.buffered -= sent;
  (direction == 0 ? counts_.to_server : counts_.to_client) += sent;
  if (rate != 0) flow.next_send = Clock::now() + Milliseconds(1000 * sent / rate);
  piece.bytes.erase(0, sent);
  if (piece.bytes.empty()) flow.pieces.pop_front();
  if (flow.pieces.empty() && flow.source_ended) ::shutdown(connection.sink(direction).get(), SHUT_WR);
  return true;
}

bool TcpProxy::finished(const Connection &connection) const {
  const auto drained = [](const Flow &flow) { return flow.pieces.empty(); };
  const auto ended = [](const Flow &flow) { return flow.source_ended && flow.pieces.empty(); };
  const auto &flows = connection.flows;
  if (connection.truncated) return std::all_of(flows.begin(), flows.end(), drained);
  return std::all_of(flows.begin(), flows.end(), ended);
}

}  // namespace harness
