// The harness itself: a proxy that does not do what it says would let every test of faults pass.
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"
#include "harness/http.h"

using namespace harness;

namespace {

/// Answers "hello" after a head, and keeps the connection as HTTP says.
FakeReply say_hello(const FakeHttpServer::Request &request) {
  FakeReply reply = http_reply(200, "text/plain", "hello");
  if (request.head.find("HTTP/1.0") != std::string::npos) reply.then = FakeReply::Then::close;
  return reply;
}

/// A server behind a proxy.
struct WithFakeServer {
  FakeHttpServer server{say_hello};
  TcpProxy proxy{server.port()};

  std::string ask() const {
    const std::optional<HttpAnswer> answer = http_get(proxy.port(), "/");
    return answer ? answer->body : "no answer";
  }
};

/// Sends a request and leaves the answer to be read.
Fd begin_request(std::uint16_t port) {
  Fd socket = connect_to(port);
  REQUIRE(socket);
  REQUIRE(send_all(socket, "GET / HTTP/1.1\r\n\r\n"));
  return socket;
}

/// What is there to be read; "closed" or "reset" if the connection ended.
std::string receive(const Fd &socket, Milliseconds limit) {
  if (!readable(socket.get(), limit)) return "silence";
  char bytes[4096];
  const ssize_t count = ::recv(socket.get(), bytes, sizeof bytes, 0);
  return count < 0 ? "reset" : count == 0 ? "closed" : std::string(bytes, static_cast<std::size_t>(count));
}

constexpr Milliseconds a_while{300};

}  // namespace

TEST_CASE_METHOD(WithFakeServer, "The proxy passes bytes on and counts them", "[harness]") {
  CHECK(ask() == "hello");
  CHECK(ask() == "hello");
  CHECK(server.request_count() == 2);
  CHECK(proxy.counts().accepted == 2);
  CHECK(proxy.counts().to_server > 0);
  CHECK(proxy.counts().to_client > 0);
  CHECK(eventually([&] { return proxy.counts().open == 0; }));
}

TEST_CASE_METHOD(WithFakeServer, "The proxy refuses", "[harness]") {
  const Fd open = connect_to(proxy.port());
  REQUIRE(eventually([&] { return proxy.counts().open == 1; }));
  proxy.refuse();
  CHECK_FALSE(connect_to(proxy.port()));
  REQUIRE(send_all(open, "GET / HTTP/1.1\r\n\r\n"));
  CHECK_THAT(receive(open, patience), Catch::Contains("hello"));
  proxy.heal();
  CHECK(ask() == "hello");
}

TEST_CASE_METHOD(WithFakeServer, "The proxy cuts and resets", "[harness]") {
  const Fd socket = begin_request(proxy.port());
  CHECK_THAT(receive(socket, patience), Catch::Contains("hello"));
  SECTION("in order") {
    proxy.cut();
    CHECK(receive(socket, patience) == "closed");
  }
  SECTION("without") {
    proxy.reset();
    CHECK(receive(socket, patience) == "reset");
  }
  CHECK(proxy.counts().open == 0);
  CHECK(ask() == "hello");
}

TEST_CASE_METHOD(WithFakeServer, "The proxy stalls one direction", "[harness]") {
  SECTION("to the server") {
    proxy.stall(Direction::to_server);
    const Fd socket = begin_request(proxy.port());
    CHECK(receive(socket, a_while) == "silence");
    CHECK(server.request_count() == 0);
    proxy.heal();
    CHECK_THAT(receive(socket, patience), Catch::Contains("hello"));
  }
  SECTION("to the client") {
    proxy.stall(Direction::to_client);
    const Fd socket = begin_request(proxy.port());
    CHECK(eventually([&] { return server.request_count() == 1; }));
    CHECK(receive(socket, a_while) == "silence");
    proxy.heal();
    CHECK_THAT(receive(socket, patience), Catch::Contains("hello"));
  }
}

TEST_CASE_METHOD(WithFakeServer, "The proxy is a black hole", "[harness]") {
  proxy.blackhole();
  const Fd socket = begin_request(proxy.port());
  CHECK(receive(socket, a_while) == "silence");
  CHECK(proxy.counts().accepted == 0);
  CHECK(server.request_count() == 0);
}

TEST_CASE_METHOD(WithFakeServer, "The proxy delays", "[harness]") {
  proxy.delay(Direction::to_client, a_while);
  const Clock::time_point start = Clock::now();
  CHECK(ask() == "hello");
  CHECK(Clock::now() - start >= a_while);
}

TEST_CASE_METHOD(WithFakeServer, "The proxy throttles", "[harness]") {
  proxy.throttle(Direction::to_client, 200);  // of an answer of some 80 bytes
  const Clock::time_point start = Clock::now();
  CHECK(ask() == "hello");
  CHECK(Clock::now() - start >= a_while);
}

TEST_CASE_METHOD(WithFakeServer, "The proxy corrupts one byte", "[harness]") {
  proxy.corrupt(Direction::to_client, 0);
  const Fd socket = begin_request(proxy.port());
  CHECK(receive(socket, patience).substr(0, 8) == "XTTP/1.1");
}

TEST_CASE_METHOD(WithFakeServer, "The proxy truncates", "[harness]") {
  proxy.truncate(Direction::to_client, 8);
  const Fd socket = begin_request(proxy.port());
  CHECK(receive(socket, patience) == "HTTP/1.1");
  CHECK(receive(socket, patience) == "closed");
}

TEST_CASE_METHOD(WithEtcd, "A member dies and comes back with its data and on its ports", "[harness][etcd]") {
  oracle.put("key", "value");
  const std::int64_t revision = oracle.put_all({{"a", "1"}, {"b", "2"}});
  CHECK(oracle.get("a")->mod_revision == revision);
  CHECK(oracle.get("b")->mod_revision == revision);
  etcd.member(0).kill();
  CHECK_FALSE(etcd.member(0).healthy());
  etcd.member(0).restart();
  etcd.wait_healthy();
  CHECK(oracle.value("key") == "value");
  const std::int64_t lease = oracle.grant_lease(60);
  oracle.put("leased", "", lease);
  CHECK(oracle.get("leased")->lease == lease);
  CHECK(oracle.lease_lives(lease));
  oracle.revoke_lease(lease);
  CHECK_FALSE(oracle.lease_lives(lease));
  CHECK_FALSE(oracle.get("leased"));
}

TEST_CASE_METHOD(WithThreeMembers, "Three members are one cluster", "[harness][etcd]") {
  oracle.put("key", "value");
  CHECK(Oracle(etcd.member(2)).value("key") == "value");
  etcd.member(0).kill();
  CHECK(Oracle(etcd.member(1)).value("key") == "value");
}
