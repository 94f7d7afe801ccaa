// Which wire an endpoint is spoken to by, where the library may choose.
#include <catch2/catch.hpp>
#include <string>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"
#include "harness/http.h"

using namespace harness;

namespace {

std::string wire_of(const Cluster &cluster) {
  return etcdcli_cluster_endpoint(cluster.handle(), 0)->wire;
}

/// An etcd, and in front of it a proxy that passes on single requests, in HTTP/1.1.
struct WithOldProxy : WithEtcd {
  FakeHttpServer proxy{[this](const FakeHttpServer::Request &request) {
    const std::size_t path = request.head.find(' ') + 1;
    const std::string asked = request.head.substr(path, request.head.find(' ', path) - path);
    if (asked.front() != '/') return http_reply(400, "text/plain", "this is not HTTP/1.1");
    const auto answer = http_post(etcd.member(0).port(), asked, request.body);
    return answer ? http_reply(answer->status, "application/json", answer->body)
                  : FakeReply{"", FakeReply::Then::close};
  }};
};

}  // namespace

TEST_CASE_METHOD(WithOldProxy, "Etcd itself is spoken to by gRPC, and what knows HTTP/1.1 only by the gateway",
                 "[wire][etcd][grpc]") {
  const Options automatic = {{"wire", "auto"}, {"lease.ttl.s", "2"}};
  Cluster direct(host, etcd.endpoints(), automatic);
  Cluster behind(host, proxy.url(), automatic);
  // The first that is asked meets a wire that is not spoken: it goes again by the other, and once.
  const Call &put = behind.finish(behind.put("behind", "value"));
  CHECK(put.code() == ETCDCLI_OK);
  CHECK(oracle.get("behind")->version == 1);
  CHECK(direct.finish(direct.put("direct", "value")).code() == ETCDCLI_OK);
  CHECK(wire_of(behind) == "json");
  CHECK(wire_of(direct) == "grpc");
  CHECK(behind.told.size() == 1);

  const Keepalive &held = behind.keep("held", "value");
  const Watch &watch = direct.watch_prefix("held");
  REQUIRE(host.wait_until([&] { return held.held() && watch.picture.count("held") == 1; }));
  host.run_for(Milliseconds{4000});  // two TTLs
  CHECK(held.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(wire_of(behind) == "json");
  CHECK(wire_of(direct) == "grpc");
}

TEST_CASE_METHOD(WithEtcd, "Every test goes by the wire that it is to go by", "[wire][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  CHECK(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  CHECK(wire_of(cluster) == (speaks_grpc() ? "grpc" : "json"));
}
