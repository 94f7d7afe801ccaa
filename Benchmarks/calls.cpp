// What a call costs a host: ranges of one key, so many at a time, through the shared library as it is shipped, and the
// same by bare libcurl, each call with a handle of its own. See README.md.

#include <curl/curl.h>
#include <etcdcli/etcdcli.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "answers.h"
#include "canned_server.h"
#include "measure.h"

namespace {

/// What a range of one key and its answer are at the gateway.
constexpr char path[] = "/v3/kv/range";
constexpr char request[] = R"({"key":"L3NlcnZlcnMvZ2FtZS8x"})";
constexpr char key[] = "/servers/game/1";

/// --- the library ---

struct Calls {
  etcdcli_cluster *cluster = nullptr;
  long left = 0;
  long waiting = 0;
  bool failed = false;

  void begin() {
    etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
    params.key = etcdcli_bytes(key, sizeof key - 1);
    etcdcli_call call = 0;
    --left;
    ++waiting;
    check(etcdcli_range(cluster, &params, ended, this, nullptr, &call), "range");
  }

  static void ended(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
    auto &calls = *static_cast<Calls *>(user);
    --calls.waiting;
    calls.failed |= info->error != nullptr || etcdcli_response_kv_count(info->response) != 1;
    if (calls.left > 0) calls.begin();
  }
};

void by_library(std::uint16_t port, long count, long at_once) {
  Calls calls;
  etcdcli_config *config = etcdcli_config_new();
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  check(etcdcli_config_set(config, "endpoints", url.c_str()), "endpoints");
  check(etcdcli_config_set(config, "endpoints.discover", "false"), "endpoints.discover");
  check(etcdcli_config_set(config, "calls.concurrent", std::to_string(at_once).c_str()), "calls.concurrent");
  check(etcdcli_cluster_new(config, &calls.cluster), "cluster");
  etcdcli_config_free(config);
  calls.left = count;
  while (calls.left > 0 && calls.waiting < at_once) calls.begin();
  while (calls.waiting > 0) check(etcdcli_cluster_wait(calls.cluster, 10000), "wait");
  etcdcli_cluster_free(calls.cluster);
  if (calls.failed) throw std::runtime_error("a call failed");
}

/// --- bare libcurl ---

size_t collect(char *bytes, size_t size, size_t count, void *user) {
  static_cast<std::string *>(user)->append(bytes, size * count);
  return size * count;
}

struct Multi {
  CURLM *multi = curl_multi_init();
  std::string url;
  long left = 0;
  long waiting = 0;

  void begin() {
    CURL *easy = curl_easy_init();
    auto *answer = new std::string;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, answer);
    curl_multi_add_handle(multi, easy);
    --left;
    ++waiting;
  }

  void end(CURLMsg *message) {
    CURL *easy = message->easy_handle;
    std::string *answer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &answer);
    if (message->data.result != CURLE_OK || answer->find("\"kvs\"") == std::string::npos) {
      throw std::runtime_error("a transfer failed");
    }
    delete answer;
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    --waiting;
  }
};

void by_libcurl(std::uint16_t port, long count, long at_once) {
  Multi multi;
  multi.url = "http://127.0.0.1:" + std::to_string(port) + path;
  curl_multi_setopt(multi.multi, CURLMOPT_MAXCONNECTS, at_once);
  multi.left = count;
  while (multi.left > 0 && multi.waiting < at_once) multi.begin();
  while (multi.waiting > 0) {
    int running = 0;
    curl_multi_perform(multi.multi, &running);
    int queued = 0;
    while (CURLMsg *message = curl_multi_info_read(multi.multi, &queued)) {
      multi.end(message);
      if (multi.left > 0) multi.begin();
    }
    if (multi.waiting > 0) curl_multi_poll(multi.multi, nullptr, 0, 10000, nullptr);
  }
  curl_multi_cleanup(multi.multi);
}

using Way = void (*)(std::uint16_t, long, long);

double measure(Way way, std::uint16_t port, long count, long at_once) {
  const double before = cpu_seconds();
  way(port, count, at_once);
  return (cpu_seconds() - before) * 1e6 / static_cast<double>(count);
}

}  // namespace

int main(int argc, char **argv) {
  // calls [library|libcurl AT_ONCE COUNT]
  try {
    const CannedServer server([] {
      answers::Stock stock;
      stock.every_page = "{" + answers::header() + ",\"kvs\":[" + answers::key_value(1, 32, 150) + "],\"count\":\"1\"}";
      return stock;
    });
    if (argc == 4) {
      const Way way = std::strcmp(argv[1], "library") == 0 ? by_library : by_libcurl;
      const long at_once = std::max(1L, std::atol(argv[2]));
      std::printf("%s %ld: %.2f us CPU a call\n", argv[1], at_once,
                  measure(way, server.port(), std::max(1L, std::atol(argv[3])), at_once));
      return 0;
    }
    constexpr long count = 4000;
    constexpr int rounds = 5;
    std::printf("at once   library us   libcurl us   ratio: least  median  most\n");
    for (const long at_once : {1L, 16L, 64L}) {
      std::vector<double> ratios;
      double least_library = 1e9;
      double least_libcurl = 1e9;
      for (int round = 0; round < rounds; ++round) {
        const double library = measure(by_library, server.port(), count, at_once);
        const double libcurl = measure(by_libcurl, server.port(), count, at_once);
        least_library = std::min(least_library, library);
        least_libcurl = std::min(least_libcurl, libcurl);
        ratios.push_back(library / libcurl);
      }
      std::sort(ratios.begin(), ratios.end());
      std::printf("%7ld %12.2f %12.2f %14.2f %7.2f %5.2f\n", at_once, least_library, least_libcurl, ratios.front(),
                  ratios[rounds / 2], ratios.back());
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "calls: %s\n", error.what());
    return 1;
  }
  return 0;
}
