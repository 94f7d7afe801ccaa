// upgrade.cpp - a process that is replaced by its successor, and whose key nobody sees blink.
//
// The process holds a key. On SIGHUP it starts its successor, tells it the id of its lease, and closes its cluster
// without revoking: lease and key stay. The successor is configured with that lease (`lease.id`), renews it, finds the
// key under it to be its own, and writes its own value over it. Whoever watches sees a change, and no delete.

#include <getopt.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <etcdcli/etcdcli.hpp>
#include <string>

namespace {

constexpr char usage[] =
    "usage: upgrade --key KEY --value VALUE [--endpoints URLS] [--ttl SECONDS] [--lease ID]\n"
    "\n"
    "Holds KEY. SIGHUP replaces the process by a new one of the same program, which goes on with its lease; SIGINT or\n"
    "SIGTERM ends it.\n"
    "\n"
    "  --key KEY          in etcd\n"
    "  --value VALUE      what it says; the process id is put behind it\n"
    "  --endpoints URLS   of the etcd cluster, separated by commas (default: http://127.0.0.1:2379)\n"
    "  --ttl SECONDS      how long the key outlives the process if that dies (default: 10)\n"
    "  --lease ID         the lease that a process before this one has left behind\n"
    "  --help             print this\n"
    "\n"
    "Exit status: 0 after a signal, 1 if something failed, 2 for bad arguments.\n";

struct arguments {
  std::string key;
  std::string value;
  std::string endpoints = "http://127.0.0.1:2379";
  std::string ttl = "10";
  std::string lease = "0";
};

volatile std::sig_atomic_t stop_wanted = 0;
volatile std::sig_atomic_t upgrade_wanted = 0;

void on_stop_signal(int) {
  stop_wanted = 1;
}
void on_upgrade_signal(int) {
  upgrade_wanted = 1;
}

void say(const std::string &text) {
  std::printf("[%ld] %s\n", static_cast<long>(getpid()), text.c_str());
  std::fflush(stdout);
}

class process {
 public:
  process(const arguments &arguments, const char *program) : arguments_(arguments), program_(program) {}

  int run() {
    etcdcli::config config{
        {"endpoints", arguments_.endpoints}, {"lease.ttl.s", arguments_.ttl}, {"lease.id", arguments_.lease}};
    if (!config) return fail(2);
    cluster_ = etcdcli::cluster(config);
    self_ = etcdcli::keepalive(cluster_, arguments_.key, arguments_.value + " " + std::to_string(getpid()),
                               [this](const etcdcli::keepalive_info &info) { on_self(info); });
    if (!self_) return fail(1);
    while (!closed_) {
      if (stop_wanted != 0) close(etcdcli::close_flags::revoke);
      // The lease that is handed on has to be there.
      if (upgrade_wanted != 0 && held_) leave();
      pollfd ready = {cluster_.fd(), POLLIN, 0};
      if (poll(&ready, 1, static_cast<int>(cluster_.timeout_ms())) < 0 && errno != EINTR) return fail(1);
      if (cluster_.pump() < 0) return fail(1);
    }
    return heir_ ? succeed() : status_;
  }

 private:
  int fail(int status) {
    std::fprintf(stderr, "upgrade: %s\n", etcdcli::last_error());
    return status;
  }

  void on_self(const etcdcli::keepalive_info &info) {
    held_ = info.state() == etcdcli::keepalive_state::held;
    if (held_) {
      lease_ = info.lease();
      say("holds the key, lease " + std::to_string(lease_) + ", revision " + std::to_string(info.revision()));
    } else if (info.state() == etcdcli::keepalive_state::lost) {
      say(std::string("has lost the key: ") + info.error().message());
    } else if (info.state() == etcdcli::keepalive_state::conflict) {
      say("the key is another's: " + std::string(info.owner().value()));
      status_ = 1;
      stop_wanted = 1;
    }
  }

  void leave() {
    upgrade_wanted = 0;
    heir_ = true;
    say("leaves lease and key to its successor");
    close(etcdcli::close_flags::none);
  }

  void close(etcdcli::close_flags flags) {
    if (closing_) return;
    closing_ = true;
    if (!cluster_.close(flags, [this](const etcdcli::close_info &) { closed_ = true; })) closed_ = true;
  }

  // Starts the successor and ends. A service that serves on meanwhile hands on the id in the same way.
  int succeed() {
    const std::string lease = std::to_string(lease_);
    const char *const words[] = {program_,
                                 "--key",
                                 arguments_.key.c_str(),
                                 "--value",
                                 arguments_.value.c_str(),
                                 "--endpoints",
                                 arguments_.endpoints.c_str(),
                                 "--ttl",
                                 arguments_.ttl.c_str(),
                                 "--lease",
                                 lease.c_str(),
                                 nullptr};
    pid_t successor = 0;
    const int error = posix_spawnp(&successor, program_, nullptr, nullptr, const_cast<char *const *>(words), environ);
    if (error == 0) return 0;
    std::fprintf(stderr, "upgrade: %s: %s\n", program_, std::strerror(error));
    return 1;
  }

  const arguments arguments_;
  const char *const program_;
  std::int64_t lease_ = 0;
  bool held_ = false;
  bool heir_ = false;
  bool closing_ = false;
  bool closed_ = false;
  int status_ = 0;
  // Last, so that what their callbacks use outlives them.
  etcdcli::cluster cluster_;
  etcdcli::keepalive self_;
};

}  // namespace

int main(int argc, char **argv) {
  arguments arguments;
  const option options[] = {{"key", required_argument, nullptr, 'k'},
                            {"value", required_argument, nullptr, 'v'},
                            {"endpoints", required_argument, nullptr, 'e'},
                            {"ttl", required_argument, nullptr, 't'},
                            {"lease", required_argument, nullptr, 'l'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  for (int chosen; (chosen = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (chosen) {
      case 'k':
        arguments.key = optarg;
        break;
      case 'v':
        arguments.value = optarg;
        break;
      case 'e':
        arguments.endpoints = optarg;
        break;
      case 't':
        arguments.ttl = optarg;
        break;
      case 'l':
        arguments.lease = optarg;
        break;
      case 'h':
        std::fputs(usage, stdout);
        return 0;
      default:  // getopt_long has said what is wrong
        std::fputs(usage, stderr);
        return 2;
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "upgrade: unexpected argument '%s'\n%s", argv[optind], usage);
    return 2;
  }
  if (arguments.key.empty() || arguments.value.empty()) {
    std::fprintf(stderr, "upgrade: %s is missing\n%s", arguments.key.empty() ? "--key" : "--value", usage);
    return 2;
  }
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_upgrade_signal;
  sigaction(SIGHUP, &action, nullptr);
  return process(arguments, argv[0]).run();
}
