// TLS: a round trip where all is well, and a clear refusal where it is not. curl's code 60 is what libcurl says of a
// peer's certificate that does not pass, 35 and 56 of a peer that refuses ours.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "harness/fixtures.h"
#include "harness/tcp_proxy.h"
#include "support/certificates.h"
#include "support/etcd_api.h"
#include "support/load.h"
#include "support/proxy.h"
#include "support/with_tls.h"

using namespace faults;
using namespace harness;

namespace {

struct WithWrongName : WithTLS {
  WithWrongName() : WithTLS("DNS:elsewhere.example") {}
};

struct WithExpired : WithTLS {
  WithExpired() : WithTLS("IP:127.0.0.1", -1) {}
};

/// It takes clients of two authorities, and reads its own certificate from files at each handshake.
struct WithTwoAuthorities : WithTLS {
  WithTwoAuthorities() {
    write("both.pem", read_file(authority.file()) + read_file(fresh.file()));
    serve_as(certificate);
    certificate = {path("server.pem"), path("server.key")};
    serve({"--client-cert-auth", "--trusted-ca-file=" + path("both.pem")});
  }

  void serve_as(const Certificate &own) {
    write("server.pem", read_file(own.file));
    write("server.key", read_file(own.key));
  }

  std::string path(const std::string &name) const { return directory.path() + "/" + name; }
  void write(const std::string &name, const std::string &text) { std::ofstream(path(name)) << text; }

  Authority fresh;
  TempDir directory;
  Certificate old_client = authority.issue("client", "DNS:client.example");
  Certificate new_client = fresh.issue("client", "DNS:client.example");
  Certificate new_server = fresh.issue("server", "IP:127.0.0.1");
  TcpProxy proxy{port.number()};
};

}  // namespace

TEST_CASE_METHOD(WithTLS, "DialTLS: a client that trusts the authority works as ever", "[server]") {
  check_round_trip({{"tls.ca.file", authority.file()}});
}

TEST_CASE_METHOD(WithTLS, "DialTLSWrongCA: a server of another authority is refused and the client is told why") {
  const Authority stranger;
  check_refused({{"tls.ca.file", stranger.file()}}, {60});
  check_refused({}, {60});  // nor does the system know it
}

TEST_CASE_METHOD(WithWrongName, "DialTLSWrongName: a server of another name is refused and the client is told why") {
  check_refused({{"tls.ca.file", authority.file()}}, {60});
}

TEST_CASE_METHOD(WithExpired, "DialTLSExpired: an expired certificate is refused and the client is told why") {
  check_refused({{"tls.ca.file", authority.file()}}, {60});
}

TEST_CASE_METHOD(WithTLS, "DialTLSNoTLS: a server without TLS is refused and the client is told why") {
  Cluster cluster(host, "https://127.0.0.1:" + std::to_string(etcd.member(0).port()),
                  {{"tls.ca.file", authority.file()}});
  etcdcli_range_params params = range_params("key");
  params.timeout_ms = 1000;
  const Call &get = cluster.finish(cluster.range(params));
  CHECK(get.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(get.error.curl_code == curl_code(35));
}

TEST_CASE_METHOD(WithTLS, "TLSClientCert: a server that wants a certificate is shown one") {
  serve({"--client-cert-auth", "--trusted-ca-file=" + authority.file()});
  const Certificate own = authority.issue("client", "DNS:client.example");
  check_round_trip({{"tls.ca.file", authority.file()}, {"tls.cert.file", own.file}, {"tls.key.file", own.key}});

  // Without one, or with one of another authority, it is refused, and says so.
  check_refused({{"tls.ca.file", authority.file()}}, {35, 55, 56}, Refusal::by_server);
  const Authority stranger;
  const Certificate other = stranger.issue("client", "DNS:client.example");
  check_refused({{"tls.ca.file", authority.file()}, {"tls.cert.file", other.file}, {"tls.key.file", other.key}},
                {35, 55, 56}, Refusal::by_server);
}

// The gateway has a connection of its own to etcd, and refuses what would be taken for its own certificate.
TEST_CASE_METHOD(WithTLS, "TLSUserByCertificate: by gRPC a certificate's common name is the user, without a password",
                 "[grpc]") {
  serve({"--client-cert-auth", "--trusted-ca-file=" + authority.file()});
  const std::vector<std::uint16_t> ports = {etcd.member(0).port()};
  for (const auto &[path, body] : std::vector<std::pair<std::string, std::string>>{
           {"/v3/auth/user/add", R"({"name":"root","password":"secret"})"},
           {"/v3/auth/role/add", R"({"name":"root"})"},
           {"/v3/auth/user/grant", R"({"user":"root","role":"root"})"},
           {"/v3/auth/user/add", R"({"name":"gamer","options":{"no_password":true}})"},
           {"/v3/auth/role/add", R"({"name":"players"})"},
           // From "k" to "l".
           {"/v3/auth/role/grant",
            R"({"name":"players","perm":{"permType":"READWRITE","key":"aw==","range_end":"bA=="}})"},
           {"/v3/auth/user/grant", R"({"user":"gamer","role":"players"})"},
           {"/v3/auth/enable", "{}"}}) {
    ask_any(ports, path, body);
  }
  const Certificate own = authority.issue_for_user("gamer");
  Options options = quick_recovery;
  options.insert(
      options.end(),
      {{"wire", "grpc"}, {"tls.ca.file", authority.file()}, {"tls.cert.file", own.file}, {"tls.key.file", own.key}});
  check_round_trip(options);
  {
    Cluster cluster(host, url(), options);
    CHECK(cluster.finish(cluster.put("m/other", "value")).code() == ETCDCLI_ERR_PERMISSION_DENIED);
    // A session outlives the member that it was with.
    const Watch &watch = cluster.watch_prefix("k");
    const Keepalive &keepalive = cluster.keep("k/kept", "value");
    REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
    etcd.member(0).kill();
    REQUIRE(host.wait_until([&] { return !watch.live(); }));
    serve({"--client-cert-auth", "--trusted-ca-file=" + authority.file()});
    REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
    CHECK(cluster.finish(cluster.put("k/put", "again")).code() == ETCDCLI_OK);
  }

  std::find(options.begin(), options.end(), Options::value_type{"wire", "grpc"})->second = "json";
  Cluster cluster(host, url(), options);
  const Call &put = cluster.finish(cluster.put("k/put", "value"));
  INFO(put.error.message);
  CHECK(put.code() == ETCDCLI_ERR_UNAUTHENTICATED);
  CHECK_FALSE(put.error.may_have_happened);
}

// By gRPC etcd opens two windows for each 8 KiB of them that it has read.
TEST_CASE_METHOD(WithTLS, "TLSLargeValues: many of them at once are not taken for a flood") {
  Cluster cluster(host, url(), {{"tls.ca.file", authority.file()}, {"attempt.timeout.ms", "20000"}});
  const std::string value(1000 * 1000, 'v');
  std::vector<Call *> puts;
  for (int index = 0; index < 40; ++index) {
    const std::string key = "k/" + std::to_string(index % 4);
    etcdcli_put_params params = put_params(key, value);
    params.timeout_ms = 60000;
    puts.push_back(&cluster.submit(etcdcli_put, params));
  }
  for (Call *put : puts) {
    const Call &ended = cluster.finish(*put);
    INFO(ended.error.message);
    CHECK(ended.code() == ETCDCLI_OK);
  }
}

TEST_CASE_METHOD(WithTLS, "TLSRenewed: a client goes on when the server comes back with a certificate that passes") {
  certificate = authority.issue("expired", "IP:127.0.0.1", -1);
  serve({});
  Options options = quick_recovery;
  options.emplace_back("tls.ca.file", authority.file());
  Cluster cluster(host, url(), options);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  certificate = authority.issue("renewed", "IP:127.0.0.1");
  serve({});
  CHECK(host.wait_until([&] { return watch.live(); }));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
}

// The files are written in place, one after the other.
TEST_CASE_METHOD(WithTwoAuthorities,
                 "TLSRotated: authority, certificate and key are swapped while watching, holding and writing",
                 "[server]") {
  write("ca.pem", read_file(authority.file()));
  write("client.pem", read_file(old_client.file));
  write("client.key", read_file(old_client.key));
  Options options = quick_recovery;
  options.insert(
      options.end(),
      {{"tls.ca.file", path("ca.pem")}, {"tls.cert.file", path("client.pem")}, {"tls.key.file", path("client.key")}});
  Cluster cluster(host, "https://127.0.0.1:" + std::to_string(proxy.port()), options);
  const Watch &watch = cluster.watch_prefix("k/");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  std::size_t written = 0;
  const auto put = [&] {
    CHECK(cluster.finish(cluster.put("k/" + std::to_string(++written), "value")).code() == ETCDCLI_OK);
  };
  const auto cut = [&] {
    // Files are looked at once a second, when something is sent.
    host.run_for(Milliseconds{1100});
    proxy.cut();
    for (int i = 0; i < 3; ++i) put();
    CHECK(host.wait_until([&] { return watch.live() && watch.picture.size() == written; }));
  };
  for (int i = 0; i < 3; ++i) put();

  // Half of a pair: the pair before is used on.
  write("client.pem", read_file(new_client.file));
  put();
  cut();
  // The rest, the server's own included. What is open lives on.
  write("client.key", read_file(new_client.key));
  write("ca.pem", read_file(fresh.file()));
  serve_as(new_server);
  const int accepted = proxy.counts().accepted;
  put();
  cut();
  CHECK(proxy.counts().accepted > accepted);

  CHECK(keepalive.held());
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(watch.picture.size() == written);
  // It is the new ones that are in use: a client of the old authority gets nowhere.
  check_refused(
      {{"tls.ca.file", authority.file()}, {"tls.cert.file", new_client.file}, {"tls.key.file", new_client.key}}, {60});
}

// The same by options that name others.
TEST_CASE_METHOD(WithTwoAuthorities,
                 "TLSReload: authority, certificate and key are others by the options, and nothing is lost",
                 "[server]") {
  const std::string endpoint = "https://127.0.0.1:" + std::to_string(proxy.port());
  const auto options = [](const Authority &trusted, const Certificate &own) {
    Options all = quick_recovery;
    all.insert(all.end(), {{"tls.ca.file", trusted.file()}, {"tls.cert.file", own.file}, {"tls.key.file", own.key}});
    return all;
  };
  Load load(host, endpoint, options(authority, old_client));
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  load.run(host, Milliseconds{200});
  serve_as(new_server);
  REQUIRE(load.cluster.reconfigure(endpoint, options(fresh, new_client)) == ETCDCLI_OK);
  const int accepted = proxy.counts().accepted;
  load.run(host, Milliseconds{200});
  // What is open lives on; calls do not go by connections that the authority of before has vouched for.
  CHECK(proxy.counts().accepted > accepted);
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  REQUIRE(host.wait_until([&] { return load.in_progress == 0; }));
  proxy.cut();
  load.run(host, Milliseconds{200});
  load.check(host);
  CHECK(load.done() == static_cast<long>(load.calls.size()));
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  // Half of it is refused as a whole.
  Options half = quick_recovery;
  half.insert(half.end(), {{"tls.ca.file", fresh.file()}, {"tls.cert.file", new_client.file}});
  CHECK(load.cluster.reconfigure(endpoint, half) == ETCDCLI_ERR_CONFIG);
  CHECK(load.cluster.finish(load.cluster.put("k/after", "value")).code() == ETCDCLI_OK);
}

// The directory of authorities, which is one of several places for them.
TEST_CASE_METHOD(WithTLS, "TLSAuthorityDirectory: authorities are found in a directory by their hashes") {
  const Authority stranger;
  const TempDir directory;
  const auto add = [&](const std::string &name, const Authority &authority) {
    std::ofstream(directory.path() + "/" + name) << read_file(authority.file());
    REQUIRE(std::system(("openssl rehash " + directory.path()).c_str()) == 0);
  };
  add("stranger.pem", stranger);
  const Options options = {{"tls.ca.dir", directory.path()}};
  check_refused(options, {60});
  // Beside a file with others.
  check_round_trip({{"tls.ca.dir", directory.path()}, {"tls.ca.file", authority.file()}});
  check_refused({{"tls.ca.dir", directory.path()}, {"tls.ca.file", stranger.file()}}, {60});
  add("own.pem", authority);
  check_round_trip(options);
  check_round_trip({{"tls.ca.dir", directory.path()}, {"tls.ca.file", stranger.file()}});
}

// A directory is looked at with each new connection.
TEST_CASE_METHOD(WithTLS, "TLSAuthorityAdded: an authority that comes into the directory counts from then on") {
  const TempDir directory;
  Options options = quick_recovery;
  options.emplace_back("tls.ca.dir", directory.path());
  Cluster cluster(host, url(), options);
  const Watch &watch = cluster.watch_prefix("k");
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  std::ofstream(directory.path() + "/own.pem") << read_file(authority.file());
  REQUIRE(std::system(("openssl rehash " + directory.path()).c_str()) == 0);
  CHECK(host.wait_until([&] { return watch.live(); }));
}

TEST_CASE_METHOD(WithTLS, "TLSKeyPassword: a key is read with its password, and told of with another one") {
  serve({"--client-cert-auth", "--trusted-ca-file=" + authority.file()});
  const Certificate own = authority.encrypt(authority.issue("client", "DNS:client.example"), "hunter2");
  const auto options = [&](const std::string &password) {
    Options all = quick_recovery;
    all.insert(all.end(), {{"tls.ca.file", authority.file()}, {"tls.cert.file", own.file}, {"tls.key.file", own.key}});
    if (!password.empty()) all.emplace_back("tls.key.password", password);
    return all;
  };
  check_round_trip(options("hunter2"));
  // In memory it is the same.
  check_round_trip({{"tls.ca.file", authority.file()},
                    {"tls.cert.pem", read_file(own.file)},
                    {"tls.key.pem", read_file(own.key)},
                    {"tls.key.password", "hunter2"}});

  Cluster cluster(host, url(), options("swordfish"));
  const Watch &watch = cluster.watch_prefix("k");
  etcdcli_put_params params = put_params("k", "value");
  params.timeout_ms = 1000;
  const Call &put = cluster.finish(cluster.submit(etcdcli_put, params));
  CHECK(put.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(put.error.curl_code == curl_code(58));
  CHECK_FALSE(put.error.may_have_happened);
  CHECK(cluster.told.back().error.curl_code == curl_code(58));
  // It is mended while the cluster works.
  REQUIRE(cluster.reconfigure(url(), options("hunter2")) == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live(); }));
  CHECK(cluster.told.back().state == ETCDCLI_CLUSTER_READY);
  check_no_secret(cluster, {"swordfish", "hunter2"});
}

// Nobody is asked for it: a process that reads from a terminal would stand still.
TEST_CASE_METHOD(WithTLS,
                 "TLSKeyPasswordMissing: an encrypted key without a password is told of, and nobody is asked") {
  const Certificate own = authority.encrypt(authority.issue("client", "DNS:client.example"), "hunter2");
  check_refused({{"tls.ca.file", authority.file()}, {"tls.cert.file", own.file}, {"tls.key.file", own.key}}, {58},
                Refusal::by_server);
}

// A proxy in between sees what is offered.
TEST_CASE_METHOD(WithTLS, "TLSCiphers: what is offered is what the option names, of each version that it names") {
  const SiteProxy proxy("socks5", {});
  const auto offered = [&](const std::string &ciphers) {
    Options options = {{"tls.ca.file", authority.file()}, {"proxy", proxy.url()}};
    if (!ciphers.empty()) options.emplace_back("tls.ciphers", ciphers);
    Cluster cluster(host, url(), options);
    CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
    return proxy.lines("ciphers").back();
  };
  // The last one says that there was no connection before.
  CHECK(offered("TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256") == "ciphers 1303,c02b,00ff");
  CHECK(offered("ECDHE-ECDSA-AES256-GCM-SHA384:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256") ==
        "ciphers 1302,1301,c02c,00ff");
  // Of the version that it does not name they are the library's.
  const std::string all = offered("");
  CHECK(all.find("1301") != std::string::npos);
  CHECK(all.find("c02b") != std::string::npos);
  CHECK(offered("TLS_AES_128_GCM_SHA256").rfind("ciphers 1301,c0", 0) == 0);
  CHECK(offered("ECDHE-ECDSA-AES128-GCM-SHA256") == "ciphers 1302,1303,1301,c02b,00ff");
}

TEST_CASE_METHOD(WithTLS, "TLSMinimumVersion: no version is offered that is less than the option says") {
  const SiteProxy proxy("socks5", {});
  for (const auto &[version, offered] : Options{{"1.2", "versions 0304,0303"}, {"1.3", "versions 0304"}}) {
    Cluster cluster(host, url(),
                    {{"tls.ca.file", authority.file()}, {"proxy", proxy.url()}, {"tls.min.version", version}});
    CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
    CHECK(proxy.lines("versions").back() == offered);
  }
}

TEST_CASE_METHOD(WithTLS, "TLSCiphersNotShared: where there is none in common, the client is told") {
  // Go has none of the two.
  const Options options = {{"tls.ca.file", authority.file()},
                           {"tls.ciphers", "TLS_AES_128_CCM_SHA256:DHE-RSA-AES256-GCM-SHA384"}};
  check_refused(options, {35}, Refusal::by_server);
}

TEST_CASE_METHOD(WithTLS, "TLSNotVerified: what is not verified is believed, and the log says so") {
  const Authority stranger;
  Cluster cluster(host, url(), {{"tls.ca.file", stranger.file()}, {"tls.verify.peer", "false"}});
  CHECK(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  CHECK(std::any_of(cluster.log.begin(), cluster.log.end(), [](const std::string &line) {
    return line.find("tls.verify.peer is false") != std::string::npos;
  }));
}

// Over TLS, etcd before 3.4.20 and 3.5.5 takes 250 requests at once, of all clients of the gateway together: a watch
// above that is never confirmed, and as long as 250 are there no call is answered. Newer ones take them all.
TEST_CASE_METHOD(WithTLS, "TLSStreamLimit: more watches than a server takes leave the others and the key alone",
                 "[server]") {
  constexpr std::size_t all = 260;
  // Some of the 250 are left to calls.
  constexpr std::size_t fewest = 245;
  const std::string version = std::getenv("ETCDCLI_TEST_ETCD");
  const std::size_t most = version == "3.5" ? 250 : all;

  Cluster cluster(host, url(), {{"tls.ca.file", authority.file()}});
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  std::vector<Watch *> watches;
  for (std::size_t i = 0; i < all; ++i) watches.push_back(&cluster.watch_prefix("w"));
  const auto count = [&](int state) {
    return static_cast<std::size_t>(std::count_if(watches.begin(), watches.end(), [&](const Watch *watch) {
      return watch->handle != nullptr && watch->state() == state;
    }));
  };
  const auto live = [&] { return count(ETCDCLI_WATCHER_LIVE); };
  REQUIRE(host.wait_until([&] { return live() >= fewest && live() + count(ETCDCLI_WATCHER_BACKOFF) == all; },
                          2 * patience));

  // From here on they do not swing, and calls get through: for longer than the lease lives without a renewal.
  std::size_t least = all;
  std::size_t greatest = 0;
  std::chrono::milliseconds slowest{0};
  const Clock::time_point end = Clock::now() + std::chrono::seconds(25);
  for (int round = 0; Clock::now() < end; ++round) {
    const Clock::time_point begin = Clock::now();
    CHECK(cluster.finish(cluster.put("other", std::to_string(round))).code() == ETCDCLI_OK);
    slowest = std::max(slowest, std::chrono::duration_cast<Milliseconds>(Clock::now() - begin));
    host.run_for(Milliseconds{100});
    least = std::min(least, live());
    greatest = std::max(greatest, live());
  }
  std::cout << "etcd " << version << ": of " << all << " watches " << least << " to " << greatest
            << " live, slowest put " << slowest.count() << " ms" << std::endl;
  CHECK(least >= fewest);
  CHECK(greatest <= most);
  CHECK(keepalive.held());
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  for (const Watch *watch : watches) {
    if (watch->live()) continue;
    CHECK(watch->told.back().error.code == ETCDCLI_ERR_UNAVAILABLE);
    CHECK(watch->told.back().error.message.find("to take no more than") != std::string::npos);
    CHECK(watch->told.back().error.endpoint == url());
    // Told why, and not again and again.
    CHECK(watch->told.size() < 20);
  }

  // What is told reaches those that live, and where some go, others come in.
  CHECK(cluster.finish(cluster.put("w", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] {
    return std::all_of(watches.begin(), watches.end(),
                       [](const Watch *watch) { return !watch->live() || watch->picture.size() == 1; });
  }));
  std::size_t freed = 0;
  for (Watch *watch : watches) {
    if (freed < 20 && watch->live()) CHECK((++freed, watch->free()) == ETCDCLI_OK);
  }
  CHECK(host.wait_until([&] { return live() == all - 20; }));
}
