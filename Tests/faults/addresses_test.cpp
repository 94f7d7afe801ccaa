// How an etcd is reached: at names of several addresses, at names that move, by IPv6, and through a socket file.
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "harness/fixtures.h"
#include "harness/name_server.h"
#include "support/current_url.h"
#include "support/load.h"

using namespace faults;

namespace {

/// A watch, a key that is held and a call.
void check_all(Host &host, Cluster &cluster) {
  const Watch &watch = cluster.watch_prefix("k/");
  const Keepalive &keepalive = cluster.keep("k/kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  CHECK(cluster.finish(cluster.put("k/put", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.picture.size() == 2; }));
}

bool has_ipv6() {
  const Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return socket && ::bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "NameOfSeveralAddresses: those at which nobody listens cost an attempt, not the call") {
  NameServer names;
  names.move("etcd.test", {"127.0.0.9", "127.0.0.8", "127.0.0.1"});
  Options options = quick_recovery;
  options.emplace_back("dns.servers", names.address());
  const std::string url = "http://etcd.test:" + std::to_string(etcd.member(0).port());
  Cluster cluster(host, url, options);
  check_all(host, cluster);
  CHECK(current_url(cluster) == url);
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithEtcd,
                 "NameMoves: an etcd that moves to another address is followed, however long names are believed",
                 "[server]") {
  NameServer names;
  names.move("etcd.test", {"127.0.0.1"});
  Options options = quick_recovery;
  options.insert(options.end(), {{"dns.servers", names.address()}, {"dns.cache.ms", "24h"}, {"lease.ttl.s", "30"}});
  const std::string port = std::to_string(etcd.member(0).port());
  Load load(host, "http://etcd.test:" + port, options);
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  load.run(host, Milliseconds{100});
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  // Nobody listens where it was.
  etcd.member(0).kill();
  etcd.member(0).restart({"--listen-client-urls=http://127.0.0.7:" + port});
  load.run(host, Milliseconds{50});
  names.move("etcd.test", {"127.0.0.7"});
  const long before = load.done();
  REQUIRE(host.wait_until([&] {
    load.write();
    return load.done() > before + 20;
  }));
  load.check(host);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
}

TEST_CASE_METHOD(WithEtcd, "AddressOfIPv6: an etcd that listens there alone is reached") {
  if (!has_ipv6()) return;
  const std::string url = "http://[::1]:" + std::to_string(etcd.member(0).port());
  etcd.member(0).kill();
  etcd.member(0).restart({"--listen-client-urls=" + url});
  Cluster cluster(host, url, quick_recovery);
  check_all(host, cluster);
  CHECK(current_url(cluster) == url);
}

// Before 3.7 etcd itself listens at no path: what does is a sidecar's.
TEST_CASE_METHOD(WithEtcd, "SocketFile: an etcd behind a socket file is reached, and again when it was away") {
  const TempDir directory;
  const std::string path = directory.path() + "/etcd.sock";
  const auto serve = [&] {
    std::filesystem::remove(path);
    return std::make_unique<Process>(
        std::vector<std::string>{PYTHON, PROXY_PROGRAM, "socket", std::to_string(etcd.member(0).port()),
                                 directory.path() + "/log", "path=" + path},
        directory.path() + "/output");
  };
  auto sidecar = serve();
  Load load(host, "unix://" + path, quick_recovery);
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  load.run(host, Milliseconds{100});
  sidecar->end(SIGKILL);
  load.run(host, Milliseconds{50});
  sidecar = serve();
  load.check(host);
}
