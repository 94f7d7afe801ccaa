#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "harness/fixtures.h"
#include "support/certificates.h"

namespace faults {

using namespace harness;

/// With TLS 1.3 a client may be writing already when the server refuses it, and then sees a broken connection only: no
/// attempt need tell why.
enum class Refusal { by_client, by_server };

/// An etcd that also listens with TLS.
struct WithTLS {
  explicit WithTLS(const std::string &name = "IP:127.0.0.1", int days = 2)
      : certificate(authority.issue("server", name, days)) {
    serve({});
  }

  void serve(const std::vector<std::string> &more_arguments) {
    etcd.member(0).kill();
    std::vector<std::string> arguments{"--listen-client-urls=" + etcd.member(0).url() + "," + url(),
                                       "--cert-file=" + certificate.file, "--key-file=" + certificate.key};
    arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
    etcd.member(0).restart(arguments);
    etcd.wait_healthy();
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port.number()); }

  /// That a client with these options gets nowhere, and is told why.
  void check_refused(const Options &options, std::initializer_list<int> curl_codes, Refusal who = Refusal::by_client) {
    Cluster cluster(host, url(), options);
    const Watch &watch = cluster.watch_prefix("");
    etcdcli_range_params params = range_params("key");
    params.timeout_ms = 1000;
    const Call &get = cluster.finish(cluster.range(params));
    INFO(get.error.message);
    CHECK(get.code() == ETCDCLI_ERR_UNAVAILABLE);
    const auto is_one = [&](int code) {
      return speaks_grpc() ? code == 0 : std::count(curl_codes.begin(), curl_codes.end(), code) == 1;
    };
    CHECK(is_one(get.error.curl_code));
    CHECK(get.error.endpoint == url());
    if (who == Refusal::by_client) {
      CHECK(std::any_of(cluster.log.begin(), cluster.log.end(),
                        [](const std::string &line) { return line.find("certificate") != std::string::npos; }));
    }
    CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE);
    REQUIRE_FALSE(cluster.told.empty());
    CHECK(is_one(cluster.told.back().error.curl_code));
    CHECK(watch.batches.empty());
    CHECK(watch.times(ETCDCLI_WATCHER_LIVE) == 0);
  }

  /// That a client gets everywhere.
  void check_round_trip(const Options &options) {
    Cluster cluster(host, url(), options);
    const Watch &watch = cluster.watch_prefix("k");
    const Keepalive &keepalive = cluster.keep("k/kept", "value");
    REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
    CHECK(cluster.finish(cluster.put("k/put", "value")).code() == ETCDCLI_OK);
    CHECK(cluster.finish(cluster.get("k/put")).kvs.size() == 1);
    CHECK(host.wait_until([&] { return watch.picture.size() == 2; }));
    CHECK(cluster.close(ETCDCLI_CLOSE_REVOKE).code == ETCDCLI_OK);
  }

  Authority authority;
  Certificate certificate;
  ReservedPort port;
  EtcdCluster etcd;
  Host host;
};

}  // namespace faults
