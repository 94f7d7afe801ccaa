// Clusters that are found by SRV records.
#include <catch2/catch.hpp>
#include <set>

#include "harness/key_value.h"
#include "harness/name_server.h"
#include "support/certificates.h"
#include "support/current_url.h"
#include "support/etcd_api.h"
#include "support/load.h"
#include "support/network.h"

using namespace faults;

namespace {

const std::string plain_name = "_etcd-client._tcp.etcd.test";
const std::string secure_name = "_etcd-client-ssl._tcp.etcd.test";

NameServer::Record record(const EtcdMember &member, std::uint16_t priority = 0) {
  return {member.name() + ".etcd.test", member.port(), priority};
}

Options found_by(const NameServer &names, const Options &more = {}) {
  Options options = {{"dns.servers", names.address()}};
  options.insert(options.end(), quick_recovery.begin(), quick_recovery.end());
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

std::string url(const EtcdMember &member) {
  return "http://" + member.name() + ".etcd.test:" + std::to_string(member.port());
}

}  // namespace

TEST_CASE_METHOD(WithThreeMembers, "ServiceRecords: etcd is found by them, and the first in order is used",
                 "[server]") {
  NameServer names;
  names.set(plain_name, {record(etcd.member(0), 2), record(etcd.member(1), 1), record(etcd.member(2), 3)});
  Cluster cluster(host, "srv:etcd.test", found_by(names));
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  CHECK(current_url(cluster) == url(etcd.member(1)));
  CHECK(etcdcli_cluster_endpoint_count(cluster.handle()) == 3);
  CHECK(names.asked(secure_name) > 0);

  etcd.member(1).kill();
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(cluster.told.size() == 1);
}

TEST_CASE("ServiceRecordsLate: a cluster waits for them, says why, and goes on when they come", "[server]") {
  EtcdCluster etcd;
  NameServer names;
  Host host;
  bool silent = false;
  SECTION("there are none") {}
  SECTION("nobody answers") {
    silent = true;
  }
  names.silence(silent);
  Cluster cluster(host, "srv:etcd.test", found_by(names));
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return !cluster.told.empty() && names.asked(plain_name) > 2; }));
  CHECK(cluster.told.size() == 1);
  CHECK(cluster.told.front().state == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(cluster.told.front().error.code == ETCDCLI_ERR_UNAVAILABLE);
  CHECK_THAT(cluster.told.front().error.message, Catch::Contains(plain_name));
  CHECK_THAT(cluster.told.front().error.message, Catch::StartsWith(silent ? "no answer" : "there are no"));
  etcdcli_range_params range = range_params("k");
  range.timeout_ms = 100;
  const Call &call = cluster.finish(cluster.range(range));
  CHECK(call.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK_THAT(call.error.message, Catch::Contains(plain_name));
  CHECK(etcdcli_cluster_endpoint_count(cluster.handle()) == 0);

  names.set(plain_name, {record(etcd.member(0))});
  names.silence(false);
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  CHECK(cluster.told.back().state == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithThreeMembers, "ServiceRecordsChange: a cluster that moves away is followed by them", "[server]") {
  NameServer names;
  names.set(plain_name, {record(etcd.member(0))});
  Cluster cluster(host, "srv:http://etcd.test", found_by(names, {{"endpoints.refresh.ms", "500"}}));
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("kept", "value");
  REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held(); }));
  CHECK(etcdcli_cluster_endpoint_count(cluster.handle()) == 1);

  // By time.
  names.set(plain_name, {record(etcd.member(1)), record(etcd.member(0))});
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_endpoint_count(cluster.handle()) == 2; }));
  // What is named no more stays while it answers, and goes when it does not.
  names.set(plain_name, {record(etcd.member(1)), record(etcd.member(2))});
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_endpoint_count(cluster.handle()) == 3; }));
  etcd.member(0).kill();
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_endpoint_count(cluster.handle()) == 2; }));
  // It may have been the leader: nobody can know what became of a write of one's own then.
  ask_any({etcd.member(1).port(), etcd.member(2).port()}, "/v3/kv/put", put_request("k1", "value"));
  REQUIRE(host.wait_until([&] { return watch.picture.count("k1") == 1; }));
  CHECK(cluster.finish(cluster.get("k1")).kvs.size() == 1);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(names.asked(secure_name) == 0);
}

TEST_CASE_METHOD(WithThreeMembers, "ServiceDomainReload: another domain takes the place of one under load",
                 "[server]") {
  NameServer names;
  names.set("_etcd-client._tcp.before.test", {record(etcd.member(0))});
  Load load(host, "srv:http://before.test", found_by(names));
  const auto urls = [&] {
    std::set<std::string> all;
    for (int i = 0; i < etcdcli_cluster_endpoint_count(load.cluster.handle()); ++i) {
      all.insert(etcdcli_cluster_endpoint(load.cluster.handle(), i)->url);
    }
    return all;
  };
  REQUIRE(host.wait_until([&] { return load.watch.live() && load.keepalive.held(); }));
  const std::int64_t lease = etcdcli_cluster_lease(load.cluster.handle());
  load.run(host, Milliseconds{100});

  // There are no records yet, which costs nothing but a line of the log.
  REQUIRE(load.cluster.reconfigure("srv:http://after.test", found_by(names)) == ETCDCLI_OK);
  load.run(host, Milliseconds{300});
  CHECK(names.asked("_etcd-client._tcp.after.test") > 1);
  CHECK(urls() == std::set<std::string>{url(etcd.member(0))});
  CHECK(load.watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  names.set("_etcd-client._tcp.after.test", {record(etcd.member(1)), record(etcd.member(2))});
  const std::set<std::string> others = {url(etcd.member(1)), url(etcd.member(2))};
  REQUIRE(host.wait_until([&] {
    load.write();
    return urls() == others && load.watch.live();
  }));
  load.run(host, Milliseconds{100});

  // URLs at once, and a domain again.
  REQUIRE(load.cluster.reconfigure(etcd.member(0).url(), found_by(names)) == ETCDCLI_OK);
  CHECK(urls() == std::set<std::string>{etcd.member(0).url()});
  load.run(host, Milliseconds{100});
  REQUIRE(load.cluster.reconfigure("srv:http://after.test", found_by(names)) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] {
    load.write();
    return urls() == others && load.watch.live();
  }));
  load.run(host, Milliseconds{100});
  load.check(host);
  CHECK(load.done() == static_cast<long>(load.calls.size()));
  CHECK(etcdcli_cluster_lease(load.cluster.handle()) == lease);
  CHECK(load.cluster.told.size() == 1);
}

// They may be asked for every five minutes, and may be believed for as long as they say, five seconds at least.
TEST_CASE_METHOD(WithThreeMembers, "ServiceRecordsTTL: records are asked for again when their time is over") {
  NameServer names;
  names.believe(std::chrono::seconds{1});
  names.set(plain_name, {record(etcd.member(0))});
  Cluster cluster(host, "srv:http://etcd.test", found_by(names));
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  names.set(plain_name, {record(etcd.member(0)), record(etcd.member(1))});
  host.run_for(Milliseconds{4000});
  CHECK(names.asked(plain_name) == 1);
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_endpoint_count(cluster.handle()) == 2; }));
  CHECK(names.asked(plain_name) == 2);
}

TEST_CASE_METHOD(WithThreeMembers, "ServiceRecordsAllGone: when nothing answers they are asked for again", "[server]") {
  NameServer names;
  names.set(plain_name, {{"gone.etcd.test", 1}});
  Cluster cluster(host, "srv:etcd.test", found_by(names));
  Call &call = cluster.put("k", "value");
  REQUIRE(host.wait_until([&] { return !cluster.told.empty(); }));
  names.set(plain_name, {record(etcd.member(0)), record(etcd.member(1))});
  // Long before the refresh interval is over.
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY; }));
  cluster.finish(call);
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  CHECK(names.asked(plain_name) < 5);
}

TEST_CASE("ServiceRecordsTLS: what is found under the name for TLS is spoken to by TLS", "[server]") {
  const Authority authority;
  const Certificate certificate = authority.issue("server", "DNS:m0.etcd.test,IP:127.0.0.1");
  EtcdCluster etcd;
  NameServer names;
  // An etcd that speaks TLS at another port, in front of the same store.
  const ReservedPort secure_port;
  const std::string secure_url = "https://127.0.0.1:" + std::to_string(secure_port.number());
  etcd.member(0).kill();
  etcd.member(0).restart({"--listen-client-urls=" + etcd.member(0).url() + "," + secure_url,
                          "--cert-file=" + certificate.file, "--key-file=" + certificate.key});
  etcd.wait_healthy();
  names.set(secure_name, {{"m0.etcd.test", secure_port.number()}});
  names.set(plain_name, {record(etcd.member(0))});
  Host host;
  Cluster cluster(host, "srv:https://etcd.test", found_by(names, {{"tls.ca.file", authority.file()}}));
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  CHECK(current_url(cluster) == "https://m0.etcd.test:" + std::to_string(secure_port.number()));
  CHECK(names.asked(plain_name) == 0);
}
