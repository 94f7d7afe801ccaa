// The library as it is shipped: as one of the peers, and what is asked of it alone. See README.md.

#include "library.h"

#include <etcdcli/directory.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "peer.h"

namespace {

/// Of the command line: `--wire json|grpc|auto`, and other options of the library as `--set NAME=VALUE`.
std::vector<std::pair<std::string, std::string>> extra_options;
/// `--no-snapshot`: watches begin at the next revision, as those of the others do.
bool with_snapshot = true;

etcdcli_slice slice(const std::string &text) {
  return etcdcli_bytes(text.data(), text.size());
}

class Library : public Peer {
 public:
  Library(const std::string &url, std::size_t at_once) {
    etcdcli_config *config = etcdcli_config_new();
    const auto set = [&](const std::string &name, const std::string &value) {
      check(etcdcli_config_set(config, name.c_str(), value.c_str()), name.c_str());
    };
    set("endpoints", url);
    set("endpoints.discover", "false");
    set("calls.concurrent", std::to_string(std::min<std::size_t>(at_once, 64)));
    set("calls.max", "100000");
    set("watchers.max", "100000");
    set("keepalives.max", "100000");
    set("request.timeout.ms", "120000");
    set("attempt.timeout.ms", "60000");
    for (const auto &[name, value] : extra_options) set(name, value);
    check(etcdcli_cluster_new(config, &cluster_), "cluster");
    etcdcli_config_free(config);
  }
  ~Library() override { etcdcli_cluster_free(cluster_); }

  void begin(Operation operation) override {
    if (operation == Operation::put) {
      etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
      params.key = etcdcli_bytes(peer_key, sizeof peer_key - 1);
      const std::string value(value_size, 'v');
      params.value = slice(value);
      check(etcdcli_put(cluster_, &params, put_ended, this, nullptr, nullptr), "put");
    } else {
      etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
      params.key = etcdcli_bytes(peer_key, sizeof peer_key - 1);
      check(etcdcli_range(cluster_, &params, range_ended, this, nullptr, nullptr), "range");
    }
  }

  void watch(const std::string &prefix, std::int64_t revision) override {
    etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
    params.key = slice(prefix);
    params.flags = ETCDCLI_PREFIX;
    params.start_revision = revision;
    if (revision == 0 && !with_snapshot) params.start_revision = revision_ + 1;
    params.on_batch = on_batch;
    params.on_state = on_state;
    params.user = this;
    etcdcli_watcher *watcher = nullptr;
    check(etcdcli_watcher_new(cluster_, &params, &watcher), "watcher");
  }

  void keep(const std::string &key) {
    etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    params.key = slice(key);
    params.value = etcdcli_bytes("here", 4);
    params.on_state = on_kept;
    params.user = this;
    etcdcli_keepalive *keepalive = nullptr;
    check(etcdcli_keepalive_new(cluster_, &params, &keepalive), "keepalive");
  }

  void turn() override {
    check(etcdcli_cluster_wait(cluster_, 10000), "wait");
    if (failed_) throw std::runtime_error(why_);
  }

  /// Takes its keys back, so that who comes next finds none.
  void close() {
    bool closed = false;
    const auto told = [](etcdcli_cluster *, const etcdcli_close_info *, void *user) {
      *static_cast<bool *>(user) = true;
    };
    check(etcdcli_cluster_close(cluster_, ETCDCLI_CLOSE_REVOKE, told, &closed, nullptr), "close");
    while (!closed) check(etcdcli_cluster_wait(cluster_, 10000), "wait");
  }

  etcdcli_cluster *cluster() const { return cluster_; }
  bool failed() const { return failed_; }
  long held = 0;
  bool complete = false;

 private:
  void fail(const char *what, const etcdcli_error *error) {
    failed_ = true;
    why_ = std::string(what) + (error == nullptr ? "" : std::string(": ") + error->message);
  }

  static void put_ended(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
    auto &self = *static_cast<Library *>(user);
    if (info->error != nullptr) return self.fail("a put failed", info->error);
    ++self.ended;
  }

  static void range_ended(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
    auto &self = *static_cast<Library *>(user);
    if (info->error != nullptr) return self.fail("a range failed", info->error);
    if (etcdcli_response_kv_count(info->response) != 1) return self.fail("a range found nothing", nullptr);
    self.revision_ = etcdcli_response_header(info->response)->revision;
    ++self.ended;
  }

  static void on_batch(etcdcli_watcher *, const etcdcli_batch_info *info, void *user) {
    auto &self = *static_cast<Library *>(user);
    const std::size_t size = etcdcli_batch_size(info->batch);
    for (std::size_t i = 0; i < size; ++i) {
      self.value_bytes += etcdcli_batch_event(info->batch, i)->kv->value.size;
    }
    self.events += size;
    if ((etcdcli_batch_flags(info->batch) & ETCDCLI_BATCH_SNAPSHOT_END) != 0) self.complete = true;
  }

  static void on_state(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) {
    auto &self = *static_cast<Library *>(user);
    if (info->state == ETCDCLI_WATCHER_LIVE) ++self.live;
    if (info->error != nullptr) self.fail("a watcher failed", info->error);
  }

  static void on_kept(etcdcli_keepalive *, const etcdcli_keepalive_info *info, void *user) {
    auto &self = *static_cast<Library *>(user);
    if (info->state == ETCDCLI_KEEPALIVE_HELD) ++self.held;
    if (info->error != nullptr) self.fail("a keepalive failed", info->error);
  }

  etcdcli_cluster *cluster_ = nullptr;
  std::int64_t revision_ = 0;
  bool failed_ = false;
  std::string why_;
};

std::unique_ptr<Peer> make(const std::string &url, std::size_t at_once) {
  return std::make_unique<Library>(url, at_once);
}

std::string counted(const char *prefix, long index) {
  return prefix + std::to_string(100000 + index);
}

long number(const Arguments &arguments, std::size_t index) {
  if (index >= arguments.size()) throw std::runtime_error("an argument is missing");
  return std::max(1L, std::atol(arguments[index].c_str()));
}

/// So many keys at once, until all are held.
void keepalives(const Arguments &arguments) {
  const long count = number(arguments, 2);
  Library library(arguments.at(1), 2);
  library.keep("/bench/keep/first");
  turn_until(library, 60, [&] { return library.held == 1; });
  malloc_trim(0);
  const double heap = measure::heap();
  const double resident = measure::memory("VmRSS");
  const measure::Span span;
  for (long i = 0; i < count; ++i) library.keep(counted("/bench/keep/", i));
  turn_until(library, 300, [&] { return library.held == count + 1; });
  const double each = 1 / static_cast<double>(count);
  const double cpu = span.cpu() * 1e6 * each;
  const double wall = span.wall() * 1e6 * each;
  malloc_trim(0);
  measure::print({{"cpu_us", cpu},
                  {"wall_us", wall},
                  {"heap_bytes", (measure::heap() - heap) * each},
                  {"resident_bytes", (measure::memory("VmRSS") - resident) * each}});
  library.close();
}

/// How long a pump with this budget takes while more comes than it may tell.
void pumps(const Arguments &arguments) {
  const auto count = static_cast<std::uint64_t>(number(arguments, 2));
  const int budget = static_cast<int>(number(arguments, 3));
  Library library(arguments.at(1), 2);
  library.watch("/", 2);
  std::vector<double> spent;
  const double end = measure::now() + 120;
  while (library.events < count) {
    pollfd ready{etcdcli_cluster_fd(library.cluster()), POLLIN, 0};
    poll(&ready, 1, 1000);
    const double begin = measure::thread_cpu();
    check(etcdcli_cluster_pump(library.cluster(), budget), "pump");
    spent.push_back(1e6 * (measure::thread_cpu() - begin));
    if (library.failed() || measure::now() > end) throw std::runtime_error("not all events came");
  }
  measure::print({{"pumps", static_cast<double>(spent.size())},
                  {"p50_us", measure::percentile(spent, 0.5)},
                  {"p99_us", measure::percentile(spent, 0.99)},
                  {"p999_us", measure::percentile(spent, 0.999)},
                  {"most_us", spent.back()}});
}

/// A pump when nothing has happened, beside the least that a host could do to find that out.
void idle_pumps(const Arguments &arguments) {
  const long count = number(arguments, 2);
  Library library(arguments.at(1), 2);
  library.watch("/bench/nothing/", 0);
  turn_until(library, 60, [&] { return library.live == 1; });
  // What is still on its way.
  for (int i = 0; i < 20; ++i) check(etcdcli_cluster_wait(library.cluster(), 5), "wait");
  const int set = epoll_create1(EPOLL_CLOEXEC);
  const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event entry{EPOLLIN, {}};
  epoll_ctl(set, EPOLL_CTL_ADD, event, &entry);
  const double begin = measure::thread_cpu();
  for (long i = 0; i < count; ++i) check(etcdcli_cluster_pump(library.cluster(), 64), "pump");
  const double pumped = measure::thread_cpu();
  for (long i = 0; i < count; ++i) epoll_wait(set, &entry, 1, 0);
  const double waited = measure::thread_cpu();
  close(event);
  close(set);
  const double each = 1e9 / static_cast<double>(count);
  measure::print({{"pump_ns", (pumped - begin) * each}, {"epoll_ns", (waited - pumped) * each}});
}

etcdcli_metrics metrics(const Library &library) {
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  check(etcdcli_cluster_metrics(library.cluster(), &metrics), "metrics");
  return metrics;
}

/// Watchers and keys of which nothing changes, for a while.
void idle(const Arguments &arguments) {
  const long watchers = number(arguments, 2);
  const long keys = number(arguments, 3);
  const auto length = static_cast<double>(number(arguments, 4));
  Library library(arguments.at(1), 32);
  for (long i = 0; i < watchers; ++i) library.watch(counted("/bench/idle/watch/", i), 0);
  for (long i = 0; i < keys; ++i) library.keep(counted("/bench/idle/keep/", i));
  turn_until(library, 60, [&] { return library.live == watchers && library.held == keys; });
  const auto before = metrics(library);
  const measure::Span span;
  while (span.wall() < length) {
    check(
        etcdcli_cluster_wait(library.cluster(), std::max<std::int64_t>(1, std::int64_t(1e3 * (length - span.wall())))),
        "wait");
  }
  const double cpu = span.cpu();
  const auto after = metrics(library);
  measure::print({{"cpu_percent", 100 * cpu / length},
                  {"requests", static_cast<double>(after.attempts - before.attempts)},
                  {"pumps", static_cast<double>(after.pumps - before.pumps)},
                  {"bytes_sent", static_cast<double>(after.bytes_sent - before.bytes_sent)}});
  library.close();
}

/// A watcher's snapshot: what it costs, and what remembering the keys takes.
void snapshot(const Arguments &arguments) {
  const auto count = static_cast<std::uint64_t>(number(arguments, 2));
  Library library(arguments.at(1), 2);
  // What all watches share is there before: one that is told nothing is live.
  library.watch("nothing", 1);
  turn_until(library, 60, [&] { return library.live == 1; });
  malloc_trim(0);
  const double heap = measure::heap();
  const double resident = measure::memory("VmRSS");
  const measure::Span span;
  library.watch("/", 0);
  turn_until(library, 120, [&] { return library.events >= count && library.complete; });
  const double cpu = span.cpu();
  turn_until(library, 60, [&] { return library.live == 2; });
  malloc_trim(0);
  measure::print({{"cpu_us", 1e6 * cpu / static_cast<double>(count)},
                  {"heap_bytes", measure::heap() - heap},
                  {"resident_bytes", measure::memory("VmRSS") - resident},
                  {"peak_bytes", measure::memory("VmHWM") - resident}});
}

struct Following {
  bool complete = false;
};

void on_change(etcdcli_directory *, const etcdcli_directory_info *info, void *user) {
  if (info->change == ETCDCLI_CHANGE_COMPLETE) static_cast<Following *>(user)->complete = true;
}

/// Who is responsible for a hash, of 20 services.
void lookups(const Arguments &arguments) {
  const long count = number(arguments, 2);
  Library library(arguments.at(1), 2);
  Following following;
  etcdcli_directory_params params = ETCDCLI_DIRECTORY_PARAMS_INIT;
  params.prefix = etcdcli_bytes("/services/", 10);
  params.parser = ETCDCLI_PARSER_JSON;
  params.on_change = on_change;
  params.user = &following;
  etcdcli_directory *directory = nullptr;
  check(etcdcli_directory_new(library.cluster(), &params, &directory), "directory");
  turn_until(library, 60, [&] { return following.complete; });
  const etcdcli_picture *picture = etcdcli_directory_picture(directory);
  if (etcdcli_picture_takers(picture) != 20) throw std::runtime_error("there are not 20 services");
  std::uint64_t sum = 0;
  const double begin = measure::thread_cpu();
  for (long i = 0; i < count; ++i) {
    sum += etcdcli_picture_select(picture, etcdcli_hash_u64(static_cast<std::uint64_t>(i)))->number;
  }
  const double spent = measure::thread_cpu() - begin;
  if (sum == 1) throw std::runtime_error("always the same");
  measure::print({{"lookup_ns", 1e9 * spent / static_cast<double>(count)}});
}

/// Which values the option `wire` takes.
void wires() {
  etcdcli_config *config = etcdcli_config_new();
  std::string known;
  for (const char *wire : {"json", "grpc", "auto"}) {
    if (etcdcli_config_set(config, "wire", wire) >= 0) known += std::string(" ") + wire;
  }
  etcdcli_config_free(config);
  // The gateway is what there was before there was a choice.
  std::printf("%s\n", known.empty() ? "json" : known.c_str() + 1);
}

void run(Arguments arguments) {
  for (std::size_t i = 0; i < arguments.size();) {
    std::size_t taken = 0;
    if (arguments[i] == "--no-snapshot") {
      with_snapshot = false;
      taken = 1;
    } else if (arguments[i] == "--wire" && i + 1 < arguments.size()) {
      extra_options.emplace_back("wire", arguments[i + 1]);
      taken = 2;
    } else if (arguments[i] == "--set" && i + 1 < arguments.size()) {
      const std::string &pair = arguments[i + 1];
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos) throw std::runtime_error("--set needs NAME=VALUE");
      extra_options.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
      taken = 2;
    }
    if (taken == 0) ++i;
    arguments.erase(arguments.begin() + long(i), arguments.begin() + long(i + taken));
  }
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "wires") return wires();
  if (command == "keepalives") return keepalives(arguments);
  if (command == "pumps") return pumps(arguments);
  if (command == "idle-pumps") return idle_pumps(arguments);
  if (command == "idle") return idle(arguments);
  if (command == "snapshot") return snapshot(arguments);
  if (command == "lookups") return lookups(arguments);
  run_command(arguments, make);
}

}  // namespace

int main(int argc, char **argv) {
  return run_main("library", run, argc, argv);
}
