// Metrics: that they count what happened, and that others can read them.
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "harness/fixtures.h"

using namespace harness;

namespace {

etcdcli_metrics metrics_of(const Cluster &cluster) {
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  return metrics;
}

std::string text_of(const Cluster &cluster) {
  const int size = etcdcli_cluster_metrics_text(cluster.handle(), nullptr, 0);
  REQUIRE(size > 0);
  std::string text(static_cast<std::size_t>(size) + 1, 'x');
  REQUIRE(etcdcli_cluster_metrics_text(cluster.handle(), text.data(), text.size()) == size);
  CHECK(text.back() == '\0');
  text.pop_back();
  return text;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "Metrics count what a host has done", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  CHECK(metrics_of(cluster).lease_left_ms == -1);
  Keepalive &keepalive = cluster.keep("key", "value");
  Watch &watch = cluster.watch_prefix("w/");
  REQUIRE(host.wait_until([&] { return keepalive.held() && watch.live(); }));
  for (int i = 0; i < 3; ++i) REQUIRE(cluster.finish(cluster.put("w/1", "value")).code() == ETCDCLI_OK);
  etcdcli_put_params refused = put_params("w/2", "value");
  refused.lease = 4711;
  CHECK(cluster.finish(cluster.put(refused)).code() != ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return watch.events().size() == 3; }));

  const etcdcli_metrics metrics = metrics_of(cluster);
  CHECK(metrics.calls_ok == 3);
  CHECK(metrics.calls_failed == 1);
  CHECK(metrics.calls_unknown == 0);
  CHECK(metrics.attempts >= 4 + 3);  // the grant, the claim, the snapshot
  CHECK(metrics.streams_opened == 1);
  CHECK(metrics.leases_granted == 1);
  CHECK(metrics.events == 3);
  CHECK(metrics.batches >= 2);
  CHECK(metrics.bytes_sent > 0);
  CHECK(metrics.bytes_received > 0);
  CHECK(metrics.pumps > 0);
  CHECK(metrics.pump_ns >= metrics.pump_max_ns);
  CHECK(metrics.pump_max_ns > 0);
  CHECK(metrics.keepalives == 1);
  CHECK(metrics.keepalives_held == 1);
  CHECK(metrics.watchers == 1);
  CHECK(metrics.watchers_live == 1);
  CHECK(metrics.streams == 1);
  CHECK(metrics.endpoints == 1);
  CHECK(metrics.endpoints_failing == 0);
  CHECK(metrics.lease_left_ms > 0);
  CHECK(metrics.lease_left_ms <= 10'000);
  CHECK(metrics.revision >= oracle.revision());
  CHECK(metrics.watch_lag == 0);
  CHECK(metrics.connections_opened >= 2);  // one is the stream's
  CHECK(metrics.streams_reopened == 0);
  CHECK(metrics.log_ins == 0);
  CHECK(metrics.log_ins_failed == 0);
}

TEST_CASE_METHOD(WithProxy, "Metrics count connections and streams that were made anew", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), quick_recovery);
  const Watch &watch = cluster.watch_prefix("w/");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  for (int cut = 1; cut <= 3; ++cut) {
    proxy.cut();
    REQUIRE(host.wait_until([&] { return watch.live() && watch.times(ETCDCLI_WATCHER_LIVE) > cut; }));
  }
  const etcdcli_metrics metrics = metrics_of(cluster);
  CHECK(metrics.streams_opened == metrics.streams_reopened + 1);
  CHECK(metrics.streams_reopened >= 3);
  // What was cut may have been dialled already when the proxy counts.
  CHECK(metrics.connections_opened >= static_cast<std::uint64_t>(proxy.counts().accepted));
  CHECK(metrics.connections_opened <= static_cast<std::uint64_t>(proxy.counts().accepted) + 1);
  // Where nobody has to log in, nobody has failed to.
  CHECK(metrics.log_ins + metrics.log_ins_failed == 0);
}

TEST_CASE_METHOD(WithEtcd, "The text of the metrics is OpenMetrics", "[etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Keepalive &keepalive = cluster.keep("key", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  REQUIRE(cluster.finish(cluster.put("a", "value")).code() == ETCDCLI_OK);
  REQUIRE(cluster.finish(cluster.get("a")).code() == ETCDCLI_OK);
  const std::string text = text_of(cluster);

  // A reader of the format that others wrote.
  std::FILE *reader = popen("/usr/bin/python3 '" OPENMETRICS_CHECK "'", "w");
  REQUIRE(reader != nullptr);
  CHECK(std::fwrite(text.data(), 1, text.size(), reader) == text.size());
  CHECK(pclose(reader) == 0);

  char small[32];
  std::memset(small, 'x', sizeof small);
  CHECK(etcdcli_cluster_metrics_text(cluster.handle(), small, 16) == static_cast<int>(text.size()));
  CHECK(std::string(small) == text.substr(0, 15));
  CHECK(small[16] == 'x');
}

TEST_CASE("What is no place for metrics is refused", "[calls]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  CHECK(etcdcli_cluster_metrics(cluster.handle(), nullptr) == ETCDCLI_ERR_ARGUMENT);
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  metrics.struct_size = 8;
  CHECK(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_cluster_metrics(nullptr, &metrics) == ETCDCLI_ERR_HANDLE);
  CHECK(etcdcli_cluster_metrics_text(cluster.handle(), nullptr, 10) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_cluster_metrics_text(cluster.handle(), nullptr, static_cast<std::size_t>(-1)) == ETCDCLI_ERR_ARGUMENT);

  // A program that was built when there was less to count.
  metrics.struct_size = offsetof(etcdcli_metrics, connections_opened);
  metrics.connections_opened = 77;
  CHECK(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  CHECK(metrics.endpoints == 1);
  CHECK(metrics.connections_opened == 77);

  struct Newer {
    etcdcli_metrics metrics;
    std::uint64_t more;
  } newer = {ETCDCLI_METRICS_INIT, 77};
  newer.metrics.struct_size = sizeof newer;
  CHECK(etcdcli_cluster_metrics(cluster.handle(), &newer.metrics) == ETCDCLI_OK);
  CHECK(newer.metrics.struct_size == sizeof newer);
  CHECK(newer.metrics.endpoints == 1);
  CHECK(newer.more == 77);
}
