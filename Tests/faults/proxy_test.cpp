// Through the proxies of a site: SOCKS, and those that are spoken to by TLS. curl's code 97 is what libcurl says of a
// SOCKS proxy that will not, 56 of a tunnel that is refused.
#include "support/proxy.h"

#include <catch2/catch.hpp>

#include "support/current_url.h"
#include "support/load.h"
#include "support/with_tls.h"

using namespace faults;

namespace {

const std::vector<std::string> wants_password = {"user=gate", "password=hunter2"};

Options joined(Options options, const Options &more) {
  options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// An etcd that speaks TLS as well, and a proxy that is spoken to by TLS, with a certificate of the same authority.
struct WithSecureProxy : WithTLS {
  std::vector<std::string> settings(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"cert=" + own.file, "key=" + own.key});
    return more;
  }

  Certificate own = authority.issue("proxy", "IP:127.0.0.1");
};

/// That all of it goes through the proxy: a watch, a lease, calls; and that it goes on when the proxy was away.
void check_everything(Host &host, const std::string &endpoint, SiteProxy &proxy, const Options &options) {
  Load load(host, endpoint, joined(options, {{"lease.ttl.s", "60"}}));
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  load.run(host, Milliseconds{200});
  REQUIRE(host.wait_until([&] { return load.in_progress == 0; }));
  CHECK(load.done() == static_cast<long>(load.calls.size()));
  CHECK(current_url(load.cluster) == endpoint);
  // Of streams at least one connection, and of calls.
  CHECK(proxy.lines("to").size() >= 2);

  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  proxy.kill();
  load.run(host, Milliseconds{50});
  REQUIRE(host.wait_until([&] { return load.cluster.told.back().state == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  CHECK(load.cluster.told.back().error.endpoint == endpoint);
  proxy.start();
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.in_progress == 0; }));
  load.run(host, Milliseconds{50});
  load.check(host);
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  check_no_secret(load.cluster, {"hunter2"});
}

/// That the client gets nowhere and is told why, without the password.
void check_refused_by_proxy(Host &host, const std::string &endpoint, const Options &options, int curl_code) {
  Cluster cluster(host, endpoint, joined(options, {}));
  etcdcli_put_params params = put_params("k", "value");
  params.timeout_ms = 1000;
  const Call &put = cluster.finish(cluster.submit(etcdcli_put, params));
  INFO(put.error.message);
  CHECK(put.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(put.error.curl_code == harness::curl_code(curl_code));
  CHECK_FALSE(put.error.may_have_happened);
  CHECK(put.error.endpoint == endpoint);
  REQUIRE_FALSE(cluster.told.empty());
  CHECK(cluster.told.back().state == ETCDCLI_CLUSTER_UNAVAILABLE);
  check_no_secret(cluster, {"hunter2", "swordfish"});
}

}  // namespace

TEST_CASE_METHOD(WithTLS, "ProxySocks: all of it goes through a SOCKS proxy that wants a password") {
  SiteProxy proxy("socks5", wants_password);
  const Options gate = {{"proxy", proxy.url()}, {"proxy.user", "gate"}, {"proxy.password", "hunter2"}};
  SECTION("to an etcd without TLS") {
    check_everything(host, etcd.member(0).url(), proxy, gate);
  }
  SECTION("to an etcd with TLS") {
    Options options = gate;
    options.emplace_back("tls.ca.file", authority.file());
    check_everything(host, url(), proxy, options);
  }
  CHECK(proxy.lines("refused").empty());
}

TEST_CASE_METHOD(WithEtcd, "ProxySocksNames: with socks5h the proxy knows the hosts, with socks5 they are known here") {
  SiteProxy proxy("socks5", {"host.etcd.site=" + std::to_string(etcd.member(0).port())});
  {
    Cluster cluster(host, "http://etcd.site:7", joined({{"proxy", proxy.url("socks5h")}}, {}));
    CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
    CHECK(proxy.lines("to").back() == "to etcd.site 7");
  }
  const std::size_t asked = proxy.lines("to").size();
  // There is no name server at that port.
  const ReservedPort nobody;
  Cluster cluster(
      host, "http://etcd.site:7",
      joined({{"proxy", proxy.url()}, {"dns.servers", "127.0.0.1:" + std::to_string(nobody.number())}}, {}));
  etcdcli_range_params params = range_params("k");
  params.timeout_ms = 1000;
  CHECK(cluster.finish(cluster.range(params)).code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(proxy.lines("to").size() == asked);
}

TEST_CASE_METHOD(WithEtcd, "ProxySocksRefuses: a wrong password, and an etcd that is not there, are told") {
  SiteProxy proxy("socks5", wants_password);
  check_refused_by_proxy(host, etcd.member(0).url(),
                         {{"proxy", proxy.url()}, {"proxy.user", "gate"}, {"proxy.password", "swordfish"}}, 97);
  check_refused_by_proxy(host, etcd.member(0).url(), {{"proxy", proxy.url()}}, 97);
  CHECK(proxy.lines("to").empty());
  const ReservedPort nobody;
  check_refused_by_proxy(host, nobody.url(),
                         {{"proxy", proxy.url()}, {"proxy.user", "gate"}, {"proxy.password", "hunter2"}}, 97);
}

TEST_CASE_METHOD(WithSecureProxy, "ProxyTLS: all of it goes through a proxy that is spoken to by TLS") {
  SiteProxy proxy("https", settings(wants_password));
  const Options gate = {
      {"proxy", proxy.url()}, {"proxy.user", "gate"}, {"proxy.password", "hunter2"}, {"tls.ca.file", authority.file()}};
  SECTION("in tunnels, to an etcd with TLS") {
    check_everything(host, url(), proxy, gate);
  }
  SECTION("asking it for an etcd without TLS") {
    check_everything(host, etcd.member(0).url(), proxy, gate);
  }
}

TEST_CASE_METHOD(WithSecureProxy, "ProxyTLSWrongPassword: a proxy that does not let the client through is told of") {
  SiteProxy proxy("https", settings(wants_password));
  check_refused_by_proxy(host, url(),
                         {{"proxy", proxy.url()},
                          {"proxy.user", "gate"},
                          {"proxy.password", "swordfish"},
                          {"tls.ca.file", authority.file()}},
                         56);
  CHECK(proxy.lines("to").empty());
}

// What is said to it is as secret as what is said to etcd, its password among it.
TEST_CASE_METHOD(WithSecureProxy, "ProxyTLSWrongCA: a proxy that nobody vouches for is told nothing") {
  const Authority stranger;
  const Certificate other = stranger.issue("proxy", "IP:127.0.0.1");
  SiteProxy proxy("https", {"cert=" + other.file, "key=" + other.key});
  const auto options = [&](const std::string &file) {
    return Options{{"proxy", proxy.url()}, {"tls.ca.file", file}, {"proxy.user", "u"}, {"proxy.password", "hunter2"}};
  };
  check_refused_by_proxy(host, url(), options(authority.file()), 60);
  // Nor is it by what is said of etcd's certificates.
  Options unverified = options(authority.file());
  unverified.insert(unverified.end(), {{"tls.verify.peer", "false"}, {"tls.verify.host", "false"}});
  check_refused_by_proxy(host, url(), unverified, 60);
  CHECK(proxy.lines("to").empty());
  // Authorities of both may stand in one place.
  Cluster cluster(host, url(), joined(options(authority.file()), {{"tls.ca.pem", read_file(stranger.file())}}));
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithSecureProxy, "ProxyReload: a proxy comes and goes with the configuration, and nothing is lost") {
  SiteProxy socks("socks5", {});
  SiteProxy secure("https", settings());
  const auto options = [&](const std::string &proxy) {
    return joined({{"tls.ca.file", authority.file()}}, proxy.empty() ? Options{} : Options{{"proxy", proxy}});
  };
  const auto connections = [&] { return socks.lines("to").size() + secure.lines("to").size(); };
  Load load(host, url(), options(""));
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  for (const std::string &proxy : {socks.url(), secure.url(), std::string(), socks.url("socks5h")}) {
    load.run(host, Milliseconds{100});
    const std::size_t before = connections();
    REQUIRE(load.cluster.reconfigure(url(), options(proxy)) == ETCDCLI_OK);
    load.run(host, Milliseconds{200});
    if (!proxy.empty()) {
      REQUIRE(host.wait_until([&] { return connections() > before; }));
      continue;
    }
    // What was under way when it went has ended.
    REQUIRE(host.wait_until([&] { return load.in_progress == 0; }));
    const std::size_t after = connections();
    load.run(host, Milliseconds{200});
    CHECK(connections() == after);
  }
  load.check(host);
  CHECK(load.done() == static_cast<long>(load.calls.size()));
}
