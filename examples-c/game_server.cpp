// game_server.cpp - a game server that registers itself and follows its peers.
//
// The host here is a fixed tick. It embeds the library by one line of its tick, `cluster_.pump(budget)`: it polls no
// descriptor and keeps no timer. The budget bounds what one tick may spend on callbacks; what is left waits for the
// next one, and the library does not read on meanwhile.

#include <getopt.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <etcdcli/etcdcli.hpp>
#include <map>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr char usage[] =
    "usage: game_server --name NAME --address HOST:PORT [--endpoints URLS] [--prefix PREFIX] [--ttl SECONDS]\n"
    "                   [--verbose]\n"
    "\n"
    "Ticks 20 times a second. Registers itself as PREFIX + NAME, follows the other servers under PREFIX, and prints "
    "who\n"
    "joins, changes and leaves. SIGUSR1 tells the others that it drains, SIGINT or SIGTERM ends it.\n"
    "\n"
    "  --name NAME          of this server\n"
    "  --address HOST:PORT  where players find it; a server that is restarted with the same one takes its name back\n"
    "  --endpoints URLS     of the etcd cluster, separated by commas (default: http://127.0.0.1:2379)\n"
    "  --prefix PREFIX      of all servers' keys (default: /demo/servers/)\n"
    "  --ttl SECONDS        how long the others go on seeing a server that was killed (default: 5)\n"
    "  --verbose            print the library's log to stderr\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0 after SIGINT or SIGTERM, 1 if the name is taken or something failed, 2 for bad arguments.\n";

constexpr std::chrono::milliseconds tick_length(50);
constexpr int callbacks_per_tick = 32;

struct arguments {
  std::string name;
  std::string address;
  std::string endpoints = "http://127.0.0.1:2379";
  std::string prefix = "/demo/servers/";
  std::string ttl = "5";
  bool verbose = false;
};

volatile std::sig_atomic_t stop_wanted = 0;
volatile std::sig_atomic_t drain_wanted = 0;

void on_stop_signal(int) {
  stop_wanted = 1;
}
void on_drain_signal(int) {
  drain_wanted = 1;
}

class game_server {
 public:
  explicit game_server(const arguments &arguments)
      : name_(arguments.name), prefix_(arguments.prefix), address_(arguments.address) {}

  // Begins to register and to follow; all that comes of it comes later, in tick().
  bool start(const etcdcli::config &config) {
    cluster_ = etcdcli::cluster(config);
    self_ = etcdcli::keepalive(cluster_, prefix_ + name_, address_,
                               [this](const etcdcli::keepalive_info &info) { on_self(info); });
    peers_watch_ = etcdcli::watcher(
        cluster_, etcdcli::prefix(prefix_), [this](const etcdcli::batch &batch) { on_peers(batch); },
        [this](const etcdcli::watcher_info &info) { on_peers_state(info); });
    if (!self_ || !peers_watch_) std::fprintf(stderr, "game_server: %s\n", etcdcli::last_error());
    return self_ && peers_watch_;
  }

  // One frame. False when the server has ended.
  bool tick() {
    ++ticks_;
    // Here the game goes on.
    if (drain_wanted) drain();
    if (stop_wanted || taken_) stop();

    const auto before = std::chrono::steady_clock::now();
    if (cluster_.pump(callbacks_per_tick) < 0) {
      std::fprintf(stderr, "game_server: %s\n", etcdcli::last_error());
      failed_ = closed_ = true;
    }
    longest_pump_ = std::max(longest_pump_, std::chrono::steady_clock::now() - before);
    return !closed_;
  }

  int exit_status() const { return taken_ || failed_ ? 1 : 0; }

  void say_goodbye() const {
    const std::chrono::duration<double, std::milli> longest = longest_pump_;
    char line[80];
    std::snprintf(line, sizeof line, "stopped after %ld ticks; the longest pump took %.2f ms", ticks_, longest.count());
    say(line);
  }

 private:
  void say(const std::string &text) const {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    std::tm local = {};
    localtime_r(&seconds, &local);
    std::printf("%02d:%02d:%02d.%03d  [%s] %s\n", local.tm_hour, local.tm_min, local.tm_sec,
                static_cast<int>(since_epoch.count() % 1000), name_.c_str(), text.c_str());
  }

  void drain() {
    drain_wanted = 0;
    address_ += " draining";
    if (!self_.set_value(address_)) say(std::string("cannot drain: ") + etcdcli::last_error());
  }

  // Takes the server out of etcd. The ticks go on until etcd has answered, or the library has given up on it.
  void stop() {
    if (stopping_) return;
    stopping_ = true;
    say("stops");
    const auto closing = cluster_.close(etcdcli::close_flags::revoke, [this](const etcdcli::close_info &info) {
      if (!info) say(std::string("its key stays until the lease ends: ") + info.error().message());
      closed_ = true;
    });
    if (!closing) failed_ = closed_ = true;
  }

  void on_self(const etcdcli::keepalive_info &info) {
    switch (info.state()) {
      case etcdcli::keepalive_state::held:
        say("is registered: " + address_);
        break;
      case etcdcli::keepalive_state::lost:
        // Others may have its name by now: a server that must be the only one stops acting as it here.
        say(std::string("is not registered any more: ") + info.error().message());
        break;
      case etcdcli::keepalive_state::conflict:
        say("cannot have this name, another server has it: " + std::string(info.owner().value()));
        taken_ = true;
        break;
      default:
        break;
    }
  }

  // PUT sets and DELETE erases: that is all a host has to do to have the right picture, after reconnects too.
  void on_peers(const etcdcli::batch &batch) {
    for (const auto &event : batch) {
      const std::string peer(event.key().substr(prefix_.size()));
      if (peer == name_) continue;
      if (event.is_delete()) {
        if (peers_.erase(peer) != 0) say(peer + " left");
        continue;
      }
      const auto known = peers_.find(peer);
      if (known == peers_.end()) {
        say(peer + (batch.is_snapshot() ? " is here: " : " joined: ") + std::string(event.value()));
        peers_.emplace(peer, event.value());
      } else if (known->second != event.value()) {
        say(peer + " changed: " + std::string(event.value()));
        known->second = event.value();
      }
    }
    if (batch.is_snapshot_end()) say("knows its peers: " + std::to_string(peers_.size()));
  }

  void on_peers_state(const etcdcli::watcher_info &info) {
    if (info.state() == etcdcli::watcher_state::backoff && !blind_) {
      say(std::string("does not see its peers: ") + info.error().message());
      blind_ = true;
    } else if (info.state() == etcdcli::watcher_state::live && blind_) {
      say("sees its peers again");
      blind_ = false;
    }
  }

  const std::string name_;
  const std::string prefix_;
  std::string address_;
  std::map<std::string, std::string> peers_;
  bool blind_ = false;
  bool taken_ = false;
  bool failed_ = false;
  bool stopping_ = false;
  bool closed_ = false;
  long ticks_ = 0;
  std::chrono::steady_clock::duration longest_pump_ = {};
  // Last, so that what their callbacks use outlives them.
  etcdcli::cluster cluster_;
  etcdcli::keepalive self_;
  etcdcli::watcher peers_watch_;
};

// Returns 0, or the exit status.
int configure(etcdcli::config &config, const arguments &arguments) {
  if (!config.set("endpoints", arguments.endpoints) || !config.set("lease.ttl.s", arguments.ttl)) {
    std::fprintf(stderr, "game_server: %s\n", etcdcli::last_error());
    return 2;
  }
  if (!arguments.verbose) return 0;
  const auto print = [](const etcdcli::log_info &line) {
    std::fprintf(stderr, "%s: %s: %s\n", to_string(line.level()), line.component(), line.message());
  };
  return config.set_log_callback(print) ? 0 : 1;
}

enum class parsed { run, help, wrong };

parsed parse(int argc, char **argv, arguments &arguments) {
  const option options[] = {{"name", required_argument, nullptr, 'n'},
                            {"address", required_argument, nullptr, 'a'},
                            {"endpoints", required_argument, nullptr, 'e'},
                            {"prefix", required_argument, nullptr, 'p'},
                            {"ttl", required_argument, nullptr, 't'},
                            {"verbose", no_argument, nullptr, 'V'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  for (int chosen; (chosen = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (chosen) {
      case 'n':
        arguments.name = optarg;
        break;
      case 'a':
        arguments.address = optarg;
        break;
      case 'e':
        arguments.endpoints = optarg;
        break;
      case 'p':
        arguments.prefix = optarg;
        break;
      case 't':
        arguments.ttl = optarg;
        break;
      case 'V':
        arguments.verbose = true;
        break;
      case 'h':
        return parsed::help;
      default:  // getopt_long has said what is wrong
        return parsed::wrong;
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "game_server: unexpected argument '%s'\n", argv[optind]);
    return parsed::wrong;
  }
  if (arguments.name.empty() || arguments.address.empty()) {
    std::fprintf(stderr, "game_server: %s is missing\n", arguments.name.empty() ? "--name" : "--address");
    return parsed::wrong;
  }
  return parsed::run;
}

}  // namespace

int main(int argc, char **argv) {
  arguments arguments;
  switch (parse(argc, argv, arguments)) {
    case parsed::run:
      break;
    case parsed::help:
      std::fputs(usage, stdout);
      return 0;
    case parsed::wrong:
      std::fputs("Try 'game_server --help'.\n", stderr);
      return 2;
  }

  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGINT, on_stop_signal);
  std::signal(SIGTERM, on_stop_signal);
  std::signal(SIGUSR1, on_drain_signal);

  etcdcli::config config;
  if (const int status = configure(config, arguments); status != 0) return status;
  game_server server(arguments);
  if (!server.start(config)) return 1;

  auto next = std::chrono::steady_clock::now();
  while (server.tick()) {
    next = std::max(next + tick_length, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
  server.say_goodbye();
  return server.exit_status();
}
