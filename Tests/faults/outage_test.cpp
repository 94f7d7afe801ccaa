// What a client asks of a network where nobody answers, and of an etcd that does not let it in: that it is bounded,
// whatever its host goes on to ask of it. ETCDCLI_OUTAGE_SECONDS says for how long, ten if not given; what was counted
// is printed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "harness/fake_http_server.h"
#include "harness/http.h"
#include "support/etcd_api.h"
#include "support/network.h"

using namespace faults;

namespace {

Milliseconds duration() {
  const char *text = std::getenv("ETCDCLI_OUTAGE_SECONDS");
  return Milliseconds{1000 * (text == nullptr ? 10 : std::max(1, std::atoi(text)))};
}

/// Twenty watchers, a keepalive, and a put every 100 ms.
class BusyHost {
 public:
  BusyHost(Host &host, const std::string &endpoints, const Options &options = {})
      : host_(host), cluster(host, endpoints, options), keepalive(cluster.keep("held", "value")) {
    for (int i = 0; i < 20; ++i) watches_.push_back(&cluster.watch_prefix("w" + std::to_string(i) + "/"));
  }

  bool well() const {
    return keepalive.held() &&
           std::all_of(watches_.begin(), watches_.end(), [](Watch *watch) { return watch->live(); });
  }

  void run(Milliseconds time) {
    for (const Deadline end(time); !end.passed();) {
      cluster.put("p", "value");
      host_.run_for(std::min(Milliseconds{100}, end.left()));
    }
  }

 private:
  Host &host_;
  std::vector<Watch *> watches_;

 public:
  Cluster cluster;
  Keepalive &keepalive;
};

etcdcli_metrics metrics_of(const Cluster &cluster) {
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  return metrics;
}

/// How often it happened, a second.
double rate(long count, Milliseconds time) {
  return 1000.0 * static_cast<double>(count) / static_cast<double>(time.count());
}

void print(const std::string &what, long count, Milliseconds time) {
  std::cout << what << ": " << count << " in " << time.count() / 1000 << " s, " << rate(count, time) << " a second"
            << std::endl;
}

}  // namespace

TEST_CASE_METHOD(WithThreeMembers, "TotalOutage: connections are tried at a bounded rate while no member is left") {
  Network network(etcd);
  BusyHost busy(host, network.endpoints());
  REQUIRE(host.wait_until([&] { return busy.well(); }));
  const auto accepted = [&] {
    long count = 0;
    network.everywhere([&](TcpProxy &proxy) { count += proxy.counts().accepted; });
    return count;
  };

  for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).kill();
  long before = accepted();
  const Milliseconds first{2000};
  busy.run(first);
  print("connections in the first moments without any member", accepted() - before, first);
  // Each of the 21 streams and leases, and of the puts, may lose one to each member.
  CHECK(accepted() - before < 400);
  before = accepted();
  const Milliseconds time = duration();
  busy.run(time);
  print("connections while no member is left", accepted() - before, time);
  CHECK(rate(accepted() - before, time) < 60);
  CHECK(rate(accepted() - before, time) > 0);

  for (std::size_t i = 0; i < etcd.size(); ++i) etcd.member(i).restart();
  etcd.wait_healthy();
  REQUIRE(host.wait_until([&] { return busy.well(); }));
}

TEST_CASE("TotalOutageLogIns: logging in is tried at a bounded rate where every connection is closed", "[server]") {
  FakeHttpServer server([](const FakeHttpServer::Request &) { return FakeReply{"", FakeReply::Then::reset}; });
  Host host;
  BusyHost busy(host, server.url(), {{"auth.user", "root"}, {"auth.password", "secret"}});
  const Milliseconds time = duration();
  busy.run(time);
  const auto requests = server.requests();
  // By gRPC none gets further than its greeting.
  const long log_ins = std::count_if(requests.begin(), requests.end(), [](const FakeHttpServer::Request &request) {
    return harness::speaks_grpc() || request.asks_for("/v3/auth/authenticate");
  });
  print("log-ins that nobody answers", log_ins, time);
  print("requests that nobody answers", static_cast<long>(requests.size()), time);
  CHECK(log_ins > 0);
  CHECK(rate(log_ins, time) < 3);
  CHECK(metrics_of(busy.cluster).log_ins == 0);
  CHECK(metrics_of(busy.cluster).log_ins_failed > 0);
  // Nothing goes before it.
  CHECK(requests.size() == static_cast<std::size_t>(log_ins));
}

TEST_CASE("WrongPasswordLogIns: a wrong password is tried at a bounded rate, whatever is asked", "[server]") {
  EtcdCluster etcd;
  const std::vector<std::uint16_t> ports = ports_of(etcd);
  ask_any(ports, "/v3/auth/user/add", R"({"name":"root","password":"secret"})");
  ask_any(ports, "/v3/auth/role/add", R"({"name":"root"})");
  ask_any(ports, "/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  ask_any(ports, "/v3/auth/enable", "{}");
  TcpProxy proxy(etcd.member(0).port());
  Host host;
  BusyHost busy(host, proxy.url(), {{"auth.user", "root"}, {"auth.password", "wrong"}});
  const Milliseconds time = duration();
  busy.run(time);
  // Each log-in takes a connection, if there is none left of the one before.
  const auto metrics = http_get(ports.at(0), "/metrics");
  REQUIRE(metrics);
  const std::string name = "grpc_server_started_total{grpc_method=\"Authenticate\"";
  const std::size_t line = metrics->body.find(name);
  REQUIRE(line != std::string::npos);
  const long log_ins = std::stol(metrics->body.substr(metrics->body.find("} ", line) + 2));
  print("log-ins with a wrong password", log_ins, time);
  print("connections with a wrong password", proxy.counts().accepted, time);
  CHECK(log_ins > 0);
  CHECK(rate(log_ins, time) < 2);
  CHECK(proxy.counts().accepted <= log_ins);
  const std::uint64_t failed = metrics_of(busy.cluster).log_ins_failed;
  CHECK(metrics_of(busy.cluster).log_ins == 0);
  // One may be on its way.
  CHECK(failed <= static_cast<std::uint64_t>(log_ins));
  CHECK(failed + 1 >= static_cast<std::uint64_t>(log_ins));
  CHECK(busy.cluster.told.size() == 1);
}

TEST_CASE("FlappingLog: an etcd that comes and goes floods no log") {
  const Milliseconds time = duration();
  const Options options = quick_recovery;
  Host host;
  // Of each kind of line ten and one that says how many more there were, within ten seconds: nine kinds are met at
  // most.
  const double most = 100 * (1 + static_cast<double>(time.count()) / 10000);
  SECTION("it closes each connection") {
    FakeHttpServer server([](const FakeHttpServer::Request &) { return FakeReply{"", FakeReply::Then::close}; });
    BusyHost busy(host, server.url(), options);
    busy.run(time);
    print("requests to an etcd that closes each connection", static_cast<long>(server.request_count()), time);
    print("lines of log meanwhile", busy.cluster.lines, time);
    CHECK(busy.cluster.lines > 0);
    CHECK(busy.cluster.lines < most);
  }
  SECTION("it is there and gone, again and again") {
    EtcdCluster etcd;
    TcpProxy proxy(etcd.member(0).port());
    BusyHost busy(host, proxy.url(), options);
    REQUIRE(host.wait_until([&] { return busy.well(); }));
    int times = 0;
    for (const Deadline end(time); !end.passed(); ++times) {
      busy.run(Milliseconds{200});
      proxy.cut();
    }
    print("times that all connections were cut", times, time);
    print("lines of log meanwhile", busy.cluster.lines, time);
    CHECK(busy.cluster.lines < most);
    // Each time all watchers have lost their streams.
    const etcdcli_metrics metrics = metrics_of(busy.cluster);
    CHECK(metrics.streams_reopened > 10 * static_cast<std::uint64_t>(times));
  }
}
