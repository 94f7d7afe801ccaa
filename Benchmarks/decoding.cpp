// What it costs a host to be told of keys and their changes: from the bytes of the gateway's answers to the callbacks,
// through the shared library as it is shipped. See README.md.

#include <etcdcli/etcdcli.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "answers.h"
#include "canned_server.h"
#include "measure.h"

namespace {

constexpr answers::Load loads[] = {
    // name, snapshot, count, per document, key, value
    {"watch-64", false, 100000, 64, 32, 150}, {"watch-1", false, 100000, 1, 32, 150},
    {"watch-4k", false, 20000, 16, 32, 4096}, {"snapshot", true, 100000, 1000, 32, 150},
    {"million", true, 1000000, 1000, 24, 10},
};

struct Received {
  std::uint64_t events = 0;
  std::uint64_t value_bytes = 0;
  bool ended = false;
};

void on_batch(etcdcli_watcher *, const etcdcli_batch_info *info, void *user) {
  auto &received = *static_cast<Received *>(user);
  const etcdcli_batch *batch = info->batch;
  const std::size_t size = etcdcli_batch_size(batch);
  for (std::size_t i = 0; i < size; ++i) received.value_bytes += etcdcli_batch_event(batch, i)->kv->value.size;
  received.events += size;
}

void on_state(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) {
  if (info->state == ETCDCLI_WATCHER_ENDED) static_cast<Received *>(user)->ended = true;
}

/// A line of /proc/self/status, in MiB.
double memory(const std::string &name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

using Cluster = std::unique_ptr<etcdcli_cluster, int (*)(etcdcli_cluster *)>;

Cluster connect(std::uint16_t port) {
  etcdcli_config *config = etcdcli_config_new();
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  etcdcli_cluster *cluster = nullptr;
  check(etcdcli_config_set(config, "endpoints", url.c_str()), "endpoints");
  check(etcdcli_cluster_new(config, &cluster), "cluster");
  etcdcli_config_free(config);
  return Cluster(cluster, etcdcli_cluster_free);
}

void measure(const answers::Load &load) {
  const CannedServer server([&] { return answers::stock(load); });
  const Cluster cluster = connect(server.port());
  Received received;
  etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
  params.key = {"/", 1};
  params.flags = ETCDCLI_PREFIX;
  params.start_revision = load.snapshot ? 0 : 2;
  params.on_batch = on_batch;
  params.on_state = on_state;
  params.user = &received;

  const double resident = memory("VmRSS");
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  etcdcli_watcher *watcher = nullptr;
  check(etcdcli_watcher_new(cluster.get(), &params, &watcher), "watcher");
  while (received.events < load.count) {
    check(etcdcli_cluster_wait(cluster.get(), 10000), "wait");
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
    if (received.ended || waited.count() > 60) throw std::runtime_error("not all events came");
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const double spent = cpu_seconds() - cpu;
  etcdcli_watch_status status = ETCDCLI_WATCH_STATUS_INIT;
  check(etcdcli_watcher_status(watcher, &status), "status");
  const double grown = memory("VmRSS") - resident;
  const double peak = memory("VmHWM") - resident;
  etcdcli_watcher_free(watcher);
  if (received.value_bytes != load.count * load.value_size) throw std::runtime_error("values have another size");

  std::printf("%-9s %8.3f s CPU %8.3f s %7.2f us/event %7.1f MB/s\n", load.name, spent, elapsed.count(),
              spent * 1e6 / static_cast<double>(load.count), static_cast<double>(server.bytes()) / 1e6 / spent);
  if (load.snapshot) {
    std::printf("%-9s %8.1f MiB grown, %.1f at most; %llu keys known in %.1f MiB, %.1f bytes each\n", "", grown, peak,
                static_cast<unsigned long long>(status.known_keys), static_cast<double>(status.index_bytes) / (1 << 20),
                static_cast<double>(status.index_bytes) / static_cast<double>(status.known_keys));
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv) {
  bool known = argc == 1;
  try {
    for (const answers::Load &load : loads) {
      bool chosen = argc == 1;
      for (int i = 1; i < argc; ++i) chosen |= std::strcmp(argv[i], load.name) == 0;
      if (chosen) measure(load);
      known |= chosen;
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "decoding: %s\n", error.what());
    return 1;
  }
  if (known) return 0;
  std::fprintf(stderr, "usage: decoding [NAME...]; names:");
  for (const answers::Load &load : loads) std::fprintf(stderr, " %s", load.name);
  std::fprintf(stderr, "\n");
  return 2;
}
