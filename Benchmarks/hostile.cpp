// What a peer costs a host that speaks HTTP/2 as no server does: how much memory the process needs for it, how long its
// longest pump takes, and when it is left. Through the shared library as it is shipped. See README.md.

#include <arpa/inet.h>
#include <etcdcli/etcdcli.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "measure.h"

namespace {

std::uint64_t received = 0;

}  // namespace

// The library's, too: how much of a flood was taken, and not only sent, is known to nobody else.
extern "C" ssize_t recv(int socket, void *bytes, size_t size, int flags) {
  const long count = syscall(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
  if (count > 0) received += static_cast<std::uint64_t>(count);
  return count;
}

namespace {

/// How long a peer that is not left is listened to.
constexpr double endless_time = 2;

// --- frames ---

enum Type { data, headers, priority, reset, settings, promise, ping, goodbye, window, continuation, unknown = 99 };
constexpr unsigned ends_stream = 1, acknowledges = 1, ends_headers = 4, is_padded = 8;

std::string big_endian(std::uint32_t number, int bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(number >> (8 * bytes));
  return out;
}

std::string head(std::uint32_t size, unsigned type, unsigned flags, std::uint32_t stream) {
  return big_endian(size, 3) + static_cast<char>(type) + static_cast<char>(flags) + big_endian(stream, 4);
}

std::string frame(unsigned type, unsigned flags, std::uint32_t stream, const std::string &payload = "") {
  return head(static_cast<std::uint32_t>(payload.size()), type, flags, stream) + payload;
}

std::string setting(unsigned number, std::uint32_t value) {
  return big_endian(number, 2) + big_endian(value, 4);
}

std::string times(std::size_t count, const std::string &what) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += what;
  return out;
}

/// ":status: 200", and the type of what follows.
const std::string good_fields =
    "\x88\x5f\x10"
    "application/grpc";
/// A field of 3,900 bytes, which goes into the table.
const std::string large_field = std::string(
                                    "\x40\x01"
                                    "a\x7f\xbd\x1d") +
                                std::string(3900, 'b');
/// A field of two bytes, which does not.
const std::string small_field("\0\1a\1b", 5);

/// A header of etcd's with its four fields, and nothing else: what a put may be answered with.
const std::string good_message("\0\0\0\0\x0a\x0a\x08\x08\x11\x10\x22\x18\x05\x20\x02", 15);

std::string opening(std::uint32_t stream) {
  return frame(headers, ends_headers, stream, good_fields);
}

// --- what peers do ---

using Say = std::string (*)(std::uint32_t stream);

struct Case {
  const char *name;
  /// Puts of so many bytes, or a watch.
  std::size_t value_size;
  /// Said once all requests are there, with the first one's stream.
  Say first;
  /// One round of what is said over and over; none: nothing is.
  Say again = nullptr;
  /// The peer takes what it is sent.
  bool reads = true;
  /// How many puts.
  std::size_t requests = 1;
  const char *greeting = "";
};

constexpr std::size_t watch = 0;

const Case cases[] = {
    {"none", 1,
     [](auto id) {
       return opening(id) + frame(data, 0, id, good_message) +
              frame(headers, ends_headers | ends_stream, id,
                    std::string("\0\x0b"
                                "grpc-status\x01"
                                "0",
                                15));
     }},
    {"settings", watch, opening, [](auto) { return frame(settings, 0, 0); }},
    {"settings-not-read", watch, opening, [](auto) { return frame(settings, 0, 0); }, false},
    {"settings-large", watch, opening, [](auto) { return frame(settings, 0, 0, times(2730, setting(9, 1))); }},
    {"pings", watch, opening, [](auto) { return frame(ping, 0, 0, "12345678"); }},
    {"pings-not-read", watch, opening, [](auto) { return frame(ping, 0, 0, "12345678"); }, false},
    {"ping-answers", watch, opening, [](auto) { return frame(ping, acknowledges, 0, "12345678"); }},
    {"resets", watch, opening, [](auto) { return frame(reset, 0, 1000001, big_endian(8, 4)); }},
    {"priorities", watch, opening, [](auto) { return frame(priority, 0, 7, std::string(4, '\0') + '\x09'); }},
    {"promises", watch, opening, [](auto id) { return frame(promise, ends_headers, id, big_endian(2, 4) + '\x88'); }},
    {"goodbyes", watch, opening,
     [](auto) { return frame(goodbye, 0, 0, big_endian(0x7fffffff, 4) + big_endian(0, 4)); }},
    {"windows", watch, opening, [](auto) { return frame(window, 0, 0, big_endian(1, 4)); }},
    {"windows-too-large", watch, opening, [](auto) { return frame(window, 0, 0, big_endian(0x7fffffff, 4)); }},
    {"windows-of-1000", 1, opening,
     [](auto) { return frame(settings, 0, 0, setting(4, 0)) + frame(settings, 0, 0, setting(4, 1U << 30)); }, true,
     1000},
    {"windows-of-a-byte", 1 << 20, [](auto) { return frame(window, 0, 0, big_endian(1 << 30, 4)); },
     [](auto id) { return frame(window, 0, id, big_endian(1, 4)); }, true, 1, "\0\4\0\0\0\0"},
    {"pieces-empty", watch, opening, [](auto id) { return frame(data, 0, id); }},
    {"pieces-of-padding", watch, opening, [](auto id) { return frame(data, is_padded, id, std::string(1, '\0')); }},
    {"pieces-of-a-byte", watch, opening, [](auto id) { return frame(data, 0, id, std::string(1, '\0')); }},
    {"messages-too-large", watch,
     [](auto id) { return opening(id) + frame(data, 0, id, '\0' + big_endian(0xffffffff, 4)); },
     [](auto id) { return frame(data, 0, id, std::string(16384, 'x')); }},
    {"answers-interim", 1, [](auto) { return std::string(); },
     [](auto id) {
       return frame(headers, ends_headers, id,
                    "\x08\x03"
                    "103");
     }},
    {"answers-twice", watch, opening, opening},
    {"headers-large", 1, [](auto id) { return frame(headers, 0, id, "\x88" + times(4, large_field)); },
     [](auto id) { return frame(continuation, 0, id, times(4, large_field)); }},
    {"headers-packed", 1,
     [](auto id) {
       return frame(headers, 0, id, "\x88" + large_field) +
              times(6, frame(continuation, 0, id, std::string(16384, '\xbe')));
     },
     [](auto id) { return frame(continuation, 0, id, std::string(16384, '\xbe')); }},
    {"headers-endless", 1, [](auto id) { return frame(headers, 0, id, "\x88"); },
     [](auto id) { return frame(continuation, 0, id, small_field); }},
    {"headers-empty", 1, [](auto id) { return frame(headers, 0, id, "\x88"); },
     [](auto id) { return frame(continuation, 0, id); }},
    {"headers-broken", 1, [](auto id) { return frame(headers, ends_headers, id, "\xff\xff\xff\xff\xff\xff\xff"); }},
    {"frames-too-large", watch, [](auto id) { return opening(id) + head(0xffffff, data, 0, id); },
     [](auto) { return std::string(16384, 'x'); }},
    {"frames-too-short", watch, [](auto id) { return opening(id) + frame(ping, 0, 0, "1234567"); }},
    {"frames-unknown", watch, opening, [](auto) { return frame(unknown, 0xff, 0, "123"); }},
    {"frames-unknown-large", watch, opening, [](auto) { return frame(unknown, 0xff, 0, std::string(16384, 'x')); }},
};

// --- the peer ---

bool send_all(int socket, const std::string &bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

/// Reads up to the last of so many requests' headers. Returns the stream of the first, and 0 if they do not come.
std::uint32_t wait_for_requests(int socket, std::size_t requests) {
  constexpr std::size_t preface = 24;
  std::string buffer;
  std::uint32_t first = 0;
  std::size_t at = preface;
  const auto byte = [&](std::size_t index) { return std::uint32_t{static_cast<unsigned char>(buffer[at + index])}; };
  while (true) {
    while (buffer.size() >= at + 9) {
      if (byte(3) == headers) {
        if (first == 0) first = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
        if (--requests == 0) return first;
      }
      at += 9 + (byte(0) << 16 | byte(1) << 8 | byte(2));
    }
    char piece[65536];
    const ssize_t count = recv(socket, piece, sizeof piece, 0);
    if (count <= 0) return 0;
    buffer.append(piece, static_cast<std::size_t>(count));
  }
}

/// Ends when the client has left.
void harass(int listener, const Case &chosen) {
  const int socket = accept(listener, nullptr, nullptr);
  send_all(socket, frame(settings, 0, 0, std::string(chosen.greeting, *chosen.greeting == 0 ? 0 : 6)) +
                       frame(settings, acknowledges, 0));
  const std::uint32_t stream = wait_for_requests(socket, chosen.requests);
  if (chosen.reads) {
    std::thread([socket] {
      char piece[65536];
      while (recv(socket, piece, sizeof piece, 0) > 0) continue;
    }).detach();
  }
  std::string round;
  if (chosen.again != nullptr) round = chosen.again(stream);
  const std::string rounds = round.empty() ? "" : times(std::max<std::size_t>(1, 65536 / round.size()), round);
  if (!send_all(socket, chosen.first(stream))) return;
  while (!rounds.empty() && send_all(socket, rounds)) continue;
  while (rounds.empty() && send_all(socket, frame(unknown, 0, 0))) usleep(10000);
}

/// In a process of its own, so that what it costs is not counted.
class Peer {
 public:
  explicit Peer(const Case &chosen) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr *>(&address), size) < 0 || listen(listener, 16) < 0 ||
        getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size) < 0) {
      throw std::runtime_error("the peer did not start");
    }
    port_ = ntohs(address.sin_port);
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      harass(listener, chosen);
      _exit(0);
    }
    close(listener);
  }
  ~Peer() {
    if (was_left()) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  bool was_left() {
    if (child_ > 0 && waitpid(child_, nullptr, WNOHANG) == child_) child_ = 0;
    return child_ == 0;
  }

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

// --- the host ---

void check(int result, const char *what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + etcdcli_last_error());
}

/// How it ended for the host.
struct Told {
  std::size_t over = 0;
  std::string why;
};

void on_put(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
  auto &told = *static_cast<Told *>(user);
  ++told.over;
  if (info->error != nullptr && told.why.empty()) told.why = info->error->message;
}

void on_state(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) {
  auto &told = *static_cast<Told *>(user);
  if (info->error == nullptr) return;
  ++told.over;
  if (told.why.empty()) told.why = info->error->message;
}

void on_batch(etcdcli_watcher *, const etcdcli_batch_info *, void *) {}

void measure_case(const Case &chosen) {
  Peer peer(chosen);
  etcdcli_config *config = etcdcli_config_new();
  etcdcli_cluster *cluster = nullptr;
  for (const auto &[name, value] : std::vector<std::pair<const char *, std::string>>{{"endpoints", peer.url()},
                                                                                     {"wire", "grpc"},
                                                                                     {"endpoints.discover", "false"},
                                                                                     {"request.timeout.ms", "60000"},
                                                                                     {"attempt.timeout.ms", "60000"},
                                                                                     {"calls.concurrent", "1000"}}) {
    check(etcdcli_config_set(config, name, value.c_str()), name);
  }
  check(etcdcli_cluster_new(config, &cluster), "cluster");
  const std::string value(chosen.value_size, 'v');
  const double before = measure::memory("VmRSS");
  Told told;
  if (chosen.value_size == watch) {
    etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
    params.flags = ETCDCLI_PREFIX;
    params.start_revision = 2;
    params.on_batch = on_batch;
    params.on_state = on_state;
    params.user = &told;
    etcdcli_watcher *watcher = nullptr;
    check(etcdcli_watcher_new(cluster, &params, &watcher), "watcher");
  } else {
    etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
    params.key = {"k", 1};
    params.value = {value.data(), value.size()};
    for (std::size_t i = 0; i < chosen.requests; ++i) {
      check(etcdcli_put(cluster, &params, on_put, &told, nullptr, nullptr), "put");
    }
  }

  double longest = 0;
  double total = 0;
  const double start = measure::now();
  while (measure::now() - start < endless_time && !(peer.was_left() && told.over >= chosen.requests)) {
    pollfd ready{etcdcli_cluster_fd(cluster), POLLIN, 0};
    poll(&ready, 1, 20);
    const double begin = measure::thread_cpu();
    check(etcdcli_cluster_pump(cluster, 0), "pump");
    const double spent = measure::thread_cpu() - begin;
    longest = std::max(longest, spent);
    total += spent;
  }
  std::printf("%-21s %9.3f MB", chosen.name, static_cast<double>(received) / 1e6);
  std::printf(" %6.1f MiB %7.2f ms %7.2f ms  ", (measure::memory("VmHWM") - before) / (1 << 20), 1e3 * longest,
              1e3 * total);
  if (!peer.was_left()) std::printf("not left; ");
  std::printf("%s\n", told.why.empty() ? "nothing told" : told.why.c_str());
  etcdcli_cluster_free(cluster);
  etcdcli_config_free(config);
}

/// In a process of its own, whose memory nothing else has touched.
bool measure_apart(const Case &chosen) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 0;
    try {
      measure_case(chosen);
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s: %s\n", chosen.name, error.what());
      code = 1;
    }
    std::fflush(stdout);
    _exit(code);
  }
  int result = 0;
  return child > 0 && waitpid(child, &result, 0) == child && result == 0;
}

}  // namespace

int main(int argc, char **argv) {
  bool done = true;
  std::printf("%-21s %12s %10s %10s %10s\n", "", "taken", "memory", "longest", "all pumps");
  std::fflush(stdout);
  for (const Case &chosen : cases) {
    bool is_chosen = argc == 1;
    for (int i = 1; i < argc; ++i) is_chosen |= std::strcmp(argv[i], chosen.name) == 0;
    if (is_chosen) done &= measure_apart(chosen);
  }
  return done ? 0 : 1;
}
