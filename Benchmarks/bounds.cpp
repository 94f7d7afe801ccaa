// What the worst answers cost a host: how long its longest pump takes, and how much memory the process needs for it.
// Through the shared library as it is shipped. See README.md.

#include <etcdcli/etcdcli.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "answers.h"
#include "canned_server.h"

namespace {

using Clock = std::chrono::steady_clock;

/// How long a server that sends without end is listened to.
constexpr std::chrono::seconds endless_time{2};
/// How long anything else may take.
constexpr std::chrono::seconds time_limit{60};

/// One answer, or one watch.
struct Case {
  const char *name;
  enum { range, watch } kind;
  /// Makes an answer that costs no more than this.
  std::function<std::string(std::size_t)> document;
  /// The last document comes again and again.
  bool is_endless = false;
};

using Item = std::function<std::string(std::uint64_t)>;

/// `item(0),item(1),...` in brackets, which cost no more than this; each of them costs its bytes and so many more.
std::string list(std::size_t limit, const Item &item, std::size_t more = 0) {
  std::string items = "[";
  for (std::uint64_t index = 0;; ++index) {
    const std::string next = (index == 0 ? "" : ",") + item(index);
    if (items.size() + next.size() + 1 + (index + 1) * more > limit) return items + "]";
    items += next;
  }
}

/// What a key and an event cost besides their bytes, as docs/embedding.md says.
constexpr std::size_t key_cost = 80;
constexpr std::size_t event_cost = 168;
/// Room for what is around a list.
constexpr std::size_t frame = 256;

/// An answer to a range, with a field `name` that fills it.
std::string answer(std::size_t limit, const char *name, const Item &item, std::size_t more = 0) {
  return "{" + answers::header() + ",\"" + name + "\":" + list(limit - frame, item, more) + "}";
}

/// A document of a watch with such events.
std::string events(std::size_t limit, const Item &item, std::size_t more = 0, const char *fields = "") {
  return R"({"result":{)" + answers::header() + fields + R"(,"events":)" + list(limit - frame, item, more) + "}}\n";
}

std::string nothing(std::uint64_t) {
  return "{}";
}

/// A key of this size, with a value of that size.
Item keys(std::size_t key_size, std::size_t value_size) {
  return [=](std::uint64_t index) { return answers::key_value(index, key_size, value_size); };
}

std::string tiny_key(std::uint64_t) {
  return R"({"key":"aw==","create_revision":"2","mod_revision":"2","version":"1"})";
}

std::string change(std::uint64_t index) {
  return R"({"kv":)" + answers::key_value(index, 32, 150) + "}";
}

std::string tiny_deletion(std::uint64_t) {
  return R"({"type":"DELETE","kv":{"key":"aw==","mod_revision":"3"}})";
}

/// A key of 4 KiB, all of it written as escapes.
std::string escaped_key(std::uint64_t) {
  std::string text;
  for (int i = 0; i < 4096; ++i) text += R"(\u0041)";
  return R"({"key":")" + text + R"("})";
}

std::string number(std::uint64_t) {
  return "0";
}

/// An answer to a range with one field again and again.
std::string fields(std::size_t limit, const char *field) {
  const std::string list = ::list(limit - frame, [&](auto) { return field; });
  return "{" + answers::header() + "," + list.substr(1, list.size() - 2) + "}";
}

/// An event without bytes, of a revision that never ends.
std::string empty_change(std::uint64_t) {
  return R"({"kv":{"mod_revision":"3"}})";
}

const Case cases[] = {
    // What etcd may send, as much of it as is taken.
    {"keys-tiny", Case::range, [](std::size_t limit) { return answer(limit, "kvs", tiny_key, key_cost); }},
    {"keys", Case::range, [](std::size_t limit) { return answer(limit, "kvs", keys(32, 150), key_cost); }},
    {"values-4k", Case::range, [](std::size_t limit) { return answer(limit, "kvs", keys(32, 4096), key_cost); }},
    {"values-1m", Case::range, [](std::size_t limit) { return answer(limit, "kvs", keys(32, 1 << 20), key_cost); }},
    {"changes", Case::watch, [](std::size_t limit) { return events(limit, change, event_cost); }},
    {"deletions", Case::watch, [](std::size_t limit) { return events(limit, tiny_deletion, event_cost); }},
    // What it does not, as many bytes as are taken.
    {"empty-keys", Case::range, [](std::size_t limit) { return answer(limit, "kvs", nothing); }},
    {"empty-events", Case::watch, [](std::size_t limit) { return events(limit, nothing); }},
    {"escapes", Case::range, [](std::size_t limit) { return answer(limit, "kvs", escaped_key, key_cost); }},
    {"repeated", Case::range, [](std::size_t limit) { return fields(limit, R"("count":1)"); }},
    {"unknown", Case::range, [](std::size_t limit) { return fields(limit, R"("y":0)"); }},
    {"unknown-list", Case::range, [](std::size_t limit) { return answer(limit, "y", number); }},
    // One revision that never ends.
    {"fragments", Case::watch, [](std::size_t) { return events(30000, empty_change, 0, R"(,"fragment":true)"); }, true},
    {"fragments-large", Case::watch, [](std::size_t) { return events(1 << 20, change, 0, R"(,"fragment":true)"); },
     true},
};

int check(int result, const char *what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + etcdcli_last_error());
  return result;
}

/// What this thread has spent, in milliseconds: what else the machine does is no part of it.
double cpu_milliseconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return 1e3 * static_cast<double>(spent.tv_sec) + 1e-6 * static_cast<double>(spent.tv_nsec);
}

/// A line of /proc/self/status, in MiB.
double status(const std::string &name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size() + 1, name + ":") == 0) return std::atof(line.c_str() + name.size() + 1) / 1024;
  }
  throw std::runtime_error("no " + name);
}

/// What the host was told.
struct Told {
  bool is_over = false;
  std::uint64_t elements = 0;
  std::uint64_t errors = 0;
  int error = 0;
};

void on_range(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
  auto &told = *static_cast<Told *>(user);
  told.is_over = true;
  if (info->error != nullptr) {
    ++told.errors;
    told.error = info->error->code;
  } else {
    told.elements += etcdcli_response_kv_count(info->response);
  }
}

void on_batch(etcdcli_watcher *, const etcdcli_batch_info *info, void *user) {
  static_cast<Told *>(user)->elements += etcdcli_batch_size(info->batch);
  static_cast<Told *>(user)->is_over = true;
}

void on_state(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) {
  auto &told = *static_cast<Told *>(user);
  if (info->error == nullptr) return;
  told.is_over = true;
  ++told.errors;
  told.error = info->error->code;
}

using Cluster = std::unique_ptr<etcdcli_cluster, int (*)(etcdcli_cluster *)>;

Cluster connect(std::uint16_t port, const char *limit) {
  etcdcli_config *config = etcdcli_config_new();
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  etcdcli_cluster *cluster = nullptr;
  check(etcdcli_config_set(config, "endpoints", url.c_str()), "endpoints");
  check(etcdcli_config_set(config, "request.timeout.ms", "60000"), "request.timeout.ms");
  check(etcdcli_config_set(config, "attempt.timeout.ms", "60000"), "attempt.timeout.ms");
  check(etcdcli_config_set(config, "response.max.bytes", limit), "response.max.bytes");
  check(etcdcli_cluster_new(config, &cluster), "cluster");
  etcdcli_config_free(config);
  return Cluster(cluster, etcdcli_cluster_free);
}

void measure(const Case &measured, const char *limit) {
  const CannedServer server([&] {
    answers::Shelf shelf;
    answers::Stock &stock = shelf.json;
    std::vector<std::string> &documents = measured.kind == Case::range ? stock.pages : stock.stream;
    documents.push_back(measured.document(std::strtoul(limit, nullptr, 10)));
    stock.is_endless = measured.is_endless;
    return shelf;
  });
  const Cluster cluster = connect(server.port(), limit);
  const double before = status("VmRSS");
  Told told;
  etcdcli_range_params range = ETCDCLI_RANGE_PARAMS_INIT;
  range.flags = ETCDCLI_PREFIX;
  etcdcli_watcher_params watch = ETCDCLI_WATCHER_PARAMS_INIT;
  watch.flags = ETCDCLI_PREFIX;
  watch.start_revision = 2;
  watch.on_batch = on_batch;
  watch.on_state = on_state;
  watch.user = &told;
  etcdcli_watcher *watcher = nullptr;
  if (measured.kind == Case::range) {
    check(etcdcli_range(cluster.get(), &range, on_range, &told, nullptr, nullptr), "range");
  } else {
    check(etcdcli_watcher_new(cluster.get(), &watch, &watcher), "watcher");
  }

  double longest = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < (measured.is_endless ? endless_time : time_limit)) {
    if (told.is_over && !measured.is_endless) break;
    pollfd ready{etcdcli_cluster_fd(cluster.get()), POLLIN, 0};
    poll(&ready, 1, 1000);
    const double begin = cpu_milliseconds();
    check(etcdcli_cluster_pump(cluster.get(), 0), "pump");
    longest = std::max(longest, cpu_milliseconds() - begin);
  }
  const double peak = status("VmHWM") - before;
  etcdcli_watcher_free(watcher);

  std::printf("%-16s %8.2f MB %9llu told %8.1f MiB %8.1f ms", measured.name, static_cast<double>(server.bytes()) / 1e6,
              static_cast<unsigned long long>(told.elements), peak, longest);
  if (told.errors > 0) {
    std::printf("   %s, %llu times", etcdcli_strerror(told.error), static_cast<unsigned long long>(told.errors));
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// In a process of its own, whose memory nothing else has touched.
bool measure_apart(const Case &measured, const char *limit) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      measure(measured, limit);
      std::fflush(stdout);
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s: %s\n", measured.name, error.what());
      _exit(1);
    }
    _exit(0);
  }
  int result = 0;
  return child > 0 && waitpid(child, &result, 0) == child && result == 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bounds LIMIT [NAME...]; names:");
    for (const Case &measured : cases) std::fprintf(stderr, " %s", measured.name);
    std::fprintf(stderr, "\n");
    return 2;
  }
  bool done = true;
  for (const Case &measured : cases) {
    bool chosen = argc == 2;
    for (int i = 2; i < argc; ++i) chosen |= std::strcmp(argv[i], measured.name) == 0;
    if (chosen) done &= measure_apart(measured, argv[1]);
  }
  return done ? 0 : 1;
}
