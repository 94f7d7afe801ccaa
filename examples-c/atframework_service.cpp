// atframework_service.cpp - a service in the style of the atframework's modules, on a libuv loop.
//
// An application runs modules: init, reload, tick, stop (asked again until it is done), timeout, cleanup. Its etcd
// module, below, registers the service by id, by name and by type, follows the others of its type, and chooses who
// serves a user. docs/migrating-from-atframework.md says what takes the place of what.

#include <getopt.h>
#include <spawn.h>
#include <unistd.h>
#include <uv.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <etcdcli/directory.hpp>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr char usage[] =
    "usage: atframework_service --conf FILE [--lease ID]\n"
    "\n"
    "Registers itself in etcd, follows the others of its type, and prints who of them serves a user. SIGHUP reads "
    "FILE\n"
    "anew, SIGUSR2 replaces the process by a new one that goes on with its lease, SIGINT or SIGTERM ends it.\n"
    "\n"
    "  --conf FILE  lines of `name = value`: id, name, type_id, type_name, identity, version, path, user, choose "
    "(hash, or\n"
    "               ring: as the atframework does), check (identity, or ask), init.timeout.ms, stop.timeout.ms,\n"
    "               stats.interval.s, and all options of the library with `etcd.` before them\n"
    "  --lease ID   the lease that the process before this one has left behind\n"
    "  --help       print this\n"
    "\n"
    "Exit status: 0 after a signal, 1 if something failed, 2 for bad arguments.\n";

void say(const std::string &text) {
  std::printf("[%ld] %s\n", static_cast<long>(getpid()), text.c_str());
  std::fflush(stdout);
}

// ---------------------------------------------------------------------------------------------------------------------
// What the application is configured with.

class configuration {
 public:
  // False if there is no such file, or a line of it is none.
  bool read(const std::string &path) {
    std::ifstream file(path);
    if (!file) return false;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      const auto separator = line.find(" = ");
      if (separator == std::string::npos) return false;
      values_[line.substr(0, separator)] = line.substr(separator + 3);
    }
    return true;
  }

  std::string text(const std::string &name, const std::string &fallback = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : found->second;
  }

  std::uint64_t number(const std::string &name, std::uint64_t fallback) const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : std::strtoull(found->second.c_str(), nullptr, 10);
  }

  // The library's own options: it says itself which of them it does not know.
  std::vector<std::pair<std::string, std::string>> etcd_options() const {
    constexpr std::string_view prefix = "etcd.";
    std::vector<std::pair<std::string, std::string>> options;
    for (const auto &[name, value] : values_) {
      if (name.compare(0, prefix.size(), prefix) == 0) options.emplace_back(name.substr(prefix.size()), value);
    }
    return options;
  }

 private:
  std::map<std::string, std::string> values_;
};

// ---------------------------------------------------------------------------------------------------------------------
// What a module is: the application calls these, in this order.

class module {
 public:
  virtual ~module() = default;
  // Begins. False: the application ends.
  virtual bool init(uv_loop_t *loop, const configuration &conf) = 0;
  // The configuration is another one.
  virtual void reload(const configuration &conf) = 0;
  virtual void tick() = 0;
  // Asked again until it says true: nothing is left to do.
  virtual bool stop() = 0;
  // It took too long: what is left is let go of.
  virtual void timeout() = 0;
  // Nothing of it is in the loop when this returns and the loop has run once more.
  virtual void cleanup() = 0;
};

// ---------------------------------------------------------------------------------------------------------------------

class etcd_module : public module {
 public:
  // `lease`: of the process before this one; "0": none.
  explicit etcd_module(std::string lease) : inherited_(std::move(lease)) {}

  bool init(uv_loop_t *loop, const configuration &conf) override {
    conf_ = conf;
    started_ = std::time(nullptr);
    etcdcli::config config = options(conf);
    if (!config) return fail();
    if (!config.set_log_callback([](const etcdcli::log_info &info) {
          std::fprintf(stderr, "[%ld] %s: %s: %s\n", static_cast<long>(getpid()), to_string(info.level()),
                       info.component(), info.message());
        }))
      return fail();
    cluster_ = etcdcli::cluster(config);
    if (!cluster_ || !cluster_.set_state_callback([this](const etcdcli::cluster_info &info) {
          trouble_ = info.error() ? std::string(": ") + info.error().message() : "";
        }))
      return fail();
    if (!embed(loop)) return fail();
    const std::string node = conf.text("name") + "-" + conf.text("id");
    const std::string path = conf.text("path", "/");
    const std::string peers = path + "by_type/" + conf.text("type_id") + "/";
    for (const std::string &key : {path + "by_id/" + node, path + "by_name/" + node, peers + node}) {
      keepalives_.push_back(register_as(key));
      if (!keepalives_.back()) return fail();
    }
    peers_ = etcdcli::directory(cluster_, peers, etcdcli::parser::json,
                                [this](const etcdcli::directory_info &info) { on_peers(info); });
    if (!peers_) return fail();
    return wait_until_registered();
  }

  void reload(const configuration &conf) override {
    for (const char *fixed : {"id", "name", "type_id", "identity", "path"}) {
      if (conf.text(fixed) != conf_.text(fixed)) return say(std::string("not reloaded: another ") + fixed);
    }
    const etcdcli::config config = options(conf);
    if (!config || !cluster_.reconfigure(config)) {
      return say(std::string("not reloaded: ") + etcdcli::last_error());
    }
    conf_ = conf;
    // What says nothing new writes nothing.
    for (etcdcli::keepalive &each : keepalives_) {
      if (!each.set_value(value())) say(std::string("its value stays: ") + etcdcli::last_error());
    }
    say("reloaded, lease " + std::to_string(cluster_.lease()));
  }

  // The library needs none: the loop calls it when something is due.
  void tick() override {
    const std::int64_t now = std::time(nullptr);
    if (next_statistics_ == 0) next_statistics_ = now + statistics_interval();
    if (now < next_statistics_) return;
    next_statistics_ = now + statistics_interval();
    const etcdcli_metrics all = cluster_.metrics();
    char line[300];
    std::snprintf(line, sizeof line,
                  "statistics: %s, held %" PRId64 "/%" PRId64 ", lease for %" PRId64 " ms, watchers live %" PRId64
                  "/%" PRId64 ", peers %zu, behind %" PRId64 " ms, requests %" PRIu64 ", failovers %" PRIu64
                  ", longest pump %.1f ms",
                  to_string(cluster_.state()), all.keepalives_held, all.keepalives, all.lease_left_ms,
                  all.watchers_live, all.watchers, peers_.picture().size(), peers_.behind_ms(), all.attempts, all.moves,
                  static_cast<double>(all.pump_max_ns) / 1e6);
    say(line);
  }

  bool stop() override {
    if (!cluster_ || is_closed_) return true;
    if (!is_closing_) {
      is_closing_ = true;
      // A successor goes on with the lease; else nobody is to see this service any longer.
      const auto flags = is_replaced_ ? etcdcli::close_flags::none : etcdcli::close_flags::revoke;
      const auto begun = cluster_.close(flags, [this](const etcdcli::close_info &info) {
        if (!info) say(std::string("its keys stay until the lease ends: ") + info.error().message());
        is_closed_ = true;
      });
      if (!begun) is_closed_ = true;
    }
    return is_closed_;
  }

  void timeout() override {
    say("its keys stay until the lease ends: there was no time");
    cluster_.reset();
    is_closed_ = true;
  }

  void cleanup() override {
    if (is_embedded_) {
      // Before the cluster is gone, whose descriptor it is.
      uv_poll_stop(&poll_);
      uv_close(reinterpret_cast<uv_handle_t *>(&poll_), nullptr);
      is_embedded_ = false;
    }
    cluster_.reset();
    keepalives_.clear();
    peers_.reset();
  }

  // For a successor: what is stopped next leaves its lease behind.
  bool leave() {
    if (!is_registered_) return false;
    lease_left_ = cluster_.lease();
    is_replaced_ = lease_left_ > 0;
    return is_replaced_;
  }
  std::int64_t lease_left() const { return lease_left_; }

  // Why the application has to end, if it has to.
  bool has_failed() const { return has_failed_; }

 private:
  etcdcli::config options(const configuration &conf) const {
    auto options = conf.etcd_options();
    options.emplace_back("lease.id", inherited_);
    return etcdcli::config(options);
  }

  static bool fail() {
    say(etcdcli::last_error());
    return false;
  }

  bool embed(uv_loop_t *loop) {
    if (uv_poll_init(loop, &poll_, cluster_.fd()) < 0) return false;
    is_embedded_ = true;
    poll_.data = this;
    return uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t *handle, int, int) {
             if (static_cast<etcd_module *>(handle->data)->cluster_.pump() < 0) uv_poll_stop(handle);
           }) == 0;
  }

  // Differs at each start in pid and start_time. What is put into it here needs no escapes.
  std::string value() const {
    char hostname[256] = "";
    gethostname(hostname, sizeof hostname - 1);
    return R"({"id":")" + conf_.text("id") + R"(","name":")" + conf_.text("name") + R"(","hostname":")" + hostname +
           R"(","pid":)" + std::to_string(getpid()) + R"(,"start_time":)" + std::to_string(started_) +
           R"(,"type_id":")" + conf_.text("type_id") + R"(","type_name":")" + conf_.text("type_name") +
           R"(","version":")" + conf_.text("version", "1.0.0") + R"(","identity":")" + conf_.text("identity") + R"("})";
  }

  etcdcli::keepalive register_as(const std::string &key) {
    const auto on_state = [this, key](const etcdcli::keepalive_info &info) { on_self(key, info); };
    if (conf_.text("check") == "ask") {
      // The check of this service's own: is what is found there from before a crash?
      const auto ask = [this](const etcdcli::kv &found) {
        const bool is_ours = found.value().find(R"("identity":")" + conf_.text("identity") + '"') != std::string::npos;
        return is_ours ? etcdcli::claim_answer::ours : etcdcli::claim_answer::conflict;
      };
      return etcdcli::keepalive::asking(cluster_, key, value(), ask, on_state);
    }
    etcdcli::keepalive_options options;
    options.identity_field = "identity";
    return etcdcli::keepalive(cluster_, key, value(), options, on_state);
  }

  bool wait_until_registered() {
    etcdcli::await_set all(static_cast<std::int64_t>(conf_.number("init.timeout.ms", 10'000)));
    for (const etcdcli::keepalive &each : keepalives_) all.add(each);
    const auto begun = cluster_.await(all, [this](const etcdcli::await_info &info) {
      if (info) {
        is_registered_ = true;
        say("registered, lease " + std::to_string(cluster_.lease()));
      } else if (!is_closing_) {
        say(std::string("cannot start: ") + info.error().message() + trouble_);
        has_failed_ = true;
      }
    });
    return begun ? true : fail();
  }

  void on_self(const std::string &key, const etcdcli::keepalive_info &info) {
    if (info.state() == etcdcli::keepalive_state::conflict) {
      say(key + " is another's: " + std::string(info.owner().value()));
      has_failed_ = true;
    } else if (info.state() == etcdcli::keepalive_state::lost) {
      say(key + " is lost: " + info.error().message());
    }
  }

  void on_peers(const etcdcli::directory_info &info) {
    if (info.change() == etcdcli::change::state) return;
    if (info.change() == etcdcli::change::refused) return say(std::string("not understood: ") + info.message());
    const std::string who = info.service() ? " " + std::string(info.service().name()) : "";
    say(to_string(info.change()) + who);
    const etcdcli::service chosen = choose(conf_.number("user", 4711));
    if (chosen) say("user " + conf_.text("user", "4711") + " is served by " + std::string(chosen.name()));
  }

  etcdcli::service choose(std::uint64_t user) const {
    const etcdcli::picture peers = peers_.picture();
    // As long as there are servers that choose by the ring, all do.
    if (conf_.text("choose") == "ring") return peers.ring_select(etcdcli::ring::name, etcdcli::ring_hash_of(user));
    return peers.select(etcdcli::hash_of(user));
  }

  std::int64_t statistics_interval() const { return static_cast<std::int64_t>(conf_.number("stats.interval.s", 60)); }

  const std::string inherited_;
  configuration conf_;
  std::int64_t started_ = 0;
  std::int64_t next_statistics_ = 0;
  std::int64_t lease_left_ = 0;
  bool is_embedded_ = false;
  bool is_registered_ = false;
  bool is_replaced_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
  bool has_failed_ = false;
  // Why etcd does not serve, if it does not.
  std::string trouble_;
  uv_poll_t poll_ = {};
  // Last, so that what their callbacks use outlives them.
  etcdcli::cluster cluster_;
  std::vector<etcdcli::keepalive> keepalives_;
  etcdcli::directory peers_;
};

// ---------------------------------------------------------------------------------------------------------------------
// The application: a loop, its signals, a tick, and the modules.

class application {
 public:
  application(const char *program, std::string path, const std::string &lease)
      : program_(program), path_(std::move(path)), etcd_(lease) {}

  int run() {
    configuration conf;
    if (!conf.read(path_)) {
      std::fprintf(stderr, "atframework_service: %s cannot be read, or is not lines of `name = value`\n",
                   path_.c_str());
      return 2;
    }
    stop_timeout_ms_ = conf.number("stop.timeout.ms", 10'000);
    uv_loop_init(&loop_);
    loop_.data = this;
    uv_timer_init(&loop_, &tick_);
    uv_timer_start(
        &tick_, [](uv_timer_t *timer) { of(timer->loop).on_tick(); }, 0, 100);
    const int numbers[] = {SIGHUP, SIGUSR2, SIGINT, SIGTERM};
    for (std::size_t i = 0; i < 4; ++i) {
      uv_signal_init(&loop_, &signals_[i]);
      uv_signal_start(
          &signals_[i], [](uv_signal_t *signal, int number) { of(signal->loop).on_signal(number); }, numbers[i]);
    }
    if (!etcd_.init(&loop_, conf)) end(1);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
    return is_upgrading_ && status_ == 0 ? succeed() : status_;
  }

 private:
  static application &of(uv_loop_t *loop) { return *static_cast<application *>(loop->data); }

  void on_signal(int number) {
    if (number == SIGHUP) {
      configuration conf;
      if (conf.read(path_)) {
        etcd_.reload(conf);
      } else {
        say("not reloaded: " + path_ + " cannot be read");
      }
    } else if (number == SIGUSR2) {
      is_upgrading_ = etcd_.leave();
      if (!is_upgrading_) return say("not replaced: it is not registered");
      say("leaves its keys to its successor");
      end(0);
    } else {
      say("stops");
      end(0);
    }
  }

  void on_tick() {
    if (!is_ending_) {
      etcd_.tick();
      if (etcd_.has_failed()) end(1);
    }
    if (is_ending_ && !is_ended_) go_on_ending();
  }

  void end(int status) {
    if (is_ending_) return;
    is_ending_ = true;
    status_ = status;
    stop_until_ms_ = uv_now(&loop_) + stop_timeout_ms_;
  }

  void go_on_ending() {
    if (!etcd_.stop()) {
      if (uv_now(&loop_) < stop_until_ms_) return;
      etcd_.timeout();
    }
    is_ended_ = true;
    etcd_.cleanup();
    uv_close(reinterpret_cast<uv_handle_t *>(&tick_), nullptr);
    for (uv_signal_t &signal : signals_) uv_close(reinterpret_cast<uv_handle_t *>(&signal), nullptr);
    say("stopped");
  }

  int succeed() const {
    const std::string lease = std::to_string(etcd_.lease_left());
    const char *const words[] = {program_, "--conf", path_.c_str(), "--lease", lease.c_str(), nullptr};
    pid_t successor = 0;
    const int error = posix_spawnp(&successor, program_, nullptr, nullptr, const_cast<char *const *>(words), environ);
    if (error == 0) return 0;
    std::fprintf(stderr, "atframework_service: %s: %s\n", program_, std::strerror(error));
    return 1;
  }

  const char *const program_;
  const std::string path_;
  uv_loop_t loop_ = {};
  uv_timer_t tick_ = {};
  uv_signal_t signals_[4] = {};
  std::uint64_t stop_timeout_ms_ = 0;
  std::uint64_t stop_until_ms_ = 0;
  bool is_upgrading_ = false;
  bool is_ending_ = false;
  bool is_ended_ = false;
  int status_ = 0;
  etcd_module etcd_;
};

}  // namespace

int main(int argc, char **argv) {
  std::string path, lease = "0";
  const option options[] = {{"conf", required_argument, nullptr, 'c'},
                            {"lease", required_argument, nullptr, 'l'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  for (int chosen; (chosen = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (chosen) {
      case 'c':
        path = optarg;
        break;
      case 'l':
        lease = optarg;
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
    std::fprintf(stderr, "atframework_service: unexpected argument '%s'\n%s", argv[optind], usage);
    return 2;
  }
  if (path.empty()) {
    std::fprintf(stderr, "atframework_service: --conf is missing\n%s", usage);
    return 2;
  }
  return application(argv[0], path, lease).run();
}
