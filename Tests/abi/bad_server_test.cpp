// Endpoints that are not what they should be: an error or a change of state, attempts with back-off, and no crash, no
// hang, no memory without bound.
#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/facts.h"
#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;
using namespace std::string_literals;
using Then = FakeReply::Then;

namespace {

struct BadServer {
  const char *name;
  FakeReply reply;

  bool answers_too_much() const { return !reply.endlessly.empty() || reply.bytes.size() > 500000; }
};

FakeReply json(const std::string &body) {
  return http_reply(200, "application/json", body);
}

FakeReply raw(const std::string &bytes, Then then = Then::close) {
  return {bytes, then};
}

const std::string header = R"("header":{"cluster_id":"17","member_id":"34","revision":"5","raft_term":"2"})";

/// The first document of a watch.
const std::string created = R"({"result":{)" + header + R"(,"created":true}})" + "\n";

/// `element` so many times, with commas between.
std::string many(std::size_t count, const std::string &element) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + element;
  return list;
}

/// A part of a revision of which more is to come, without a byte of a key or a value.
const std::string fragment = R"({"result":{)" + header + R"(,"fragment":true,"events":[)" +
                             many(2000, R"({"kv":{"mod_revision":"9"}})") + "]}}\n";

/// What etcd says of a key that does not exist.
const FakeReply empty_answer = json("{" + header + "}");

const std::string ok_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

const std::vector<BadServer> &bad_servers() {
  static const std::vector<BadServer> all = {
      {"speaks HTML", http_reply(200, "text/html", "<html><body>It works!</body></html>")},
      {"has no such page", http_reply(404, "text/html", "<html>404 not found</html>")},
      {"is broken inside", http_reply(500, "text/plain", "internal server error")},
      {"is overloaded", http_reply(503, "text/html", "<html>503 service unavailable</html>")},
      {"sends elsewhere", raw("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")},
      {"says nothing", json("")},
      {"sends white space", json(" \n\n ")},
      {"sends broken JSON", json("{\"header\":{\"revision\":")},
      {"sends JSON and more", json("{\"header\":{\"revision\":\"1\"}}}}}")},
      {"sends an array", json("[1,2,3]")},
      {"sends a number", json("42")},
      {"sends null", json("null")},
      {"sends other types", json("{\"header\":[],\"kvs\":{},\"count\":{}}")},
      {"sends bad numbers", json("{\"header\":{\"revision\":\"ten\"},\"count\":\"1e400\"}")},
      {"sends huge numbers", json("{\"header\":{\"revision\":\"99999999999999999999999\"}}")},
      {"sends bad base64", json("{\"header\":{\"revision\":\"1\"},\"kvs\":[{\"key\":\"***\"}]}")},
      {"sends what is not UTF-8", json("{\"header\":{\"revision\":\"1\"},\"\xff\xfe\":\"\x80\"")},
      {"nests deeply", json(std::string(100000, '['))},
      {"sends an error that is none", http_reply(400, "application/json", "{\"error\":[[]],\"code\":\"x\"}")},
      {"closes at once", raw("")},
      {"resets at once", raw("", Then::reset)},
      {"closes in the head", raw("HTTP/1.1 200 OK\r\nContent-Ty")},
      {"closes in mid-document", raw(ok_head + "Content-Length: 1000\r\n\r\n{\"result\":{\"header\":")},
      {"resets in mid-document", raw(ok_head + "Content-Length: 1000\r\n\r\n{\"result\":", Then::reset)},
      {"closes in mid-chunk", raw(ok_head + "Transfer-Encoding: chunked\r\n\r\n40\r\n{\"result\":{")},
      {"sends bad chunks", raw(ok_head + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n{}\r\n0\r\n\r\n")},
      {"has a negative length", raw(ok_head + "Content-Length: -5\r\n\r\n{}")},
      {"has a huge length", raw(ok_head + "Content-Length: 99999999999999999999\r\n\r\n{}")},
      {"speaks no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n")},
      {"speaks binary", raw("\x15\x03\x01\x00\x02\x02\x16\0\0\0\0"s)},
      {"claims to be compressed", raw(ok_head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")},
      {"never answers", raw("", Then::keep_open)},
      {"never ends its head", {"HTTP/1.1 200 OK\r\n", Then::close, "X-More: " + std::string(1000, 'x') + "\r\n"}},
      {"never ends its line", {ok_head + "\r\n{\"result\":\"", Then::close, std::string(65536, 'x')}},
      {"never ends its array", {ok_head + "\r\n{\"kvs\":[", Then::close, "{\"key\":\"aw==\"},"}},
      {"never ends its revision", {ok_head + "\r\n" + created, Then::close, fragment}},
      {"sends a crowd of nothing", json("{" + header + R"(,"kvs":[)" + many(300000, "{}") + "]}")},
      {"sends empty lines for ever", {ok_head + "\r\n", Then::close, std::string(65536, '\n')}},
  };
  return all;
}

/// Short times, small bounds.
const Options impatient = {{"request.timeout.ms", "1000"}, {"attempt.timeout.ms", "400"},
                           {"connect.timeout.ms", "400"},  {"backoff.min.ms", "20"},
                           {"backoff.max.ms", "200"},      {"response.max.bytes", "1048576"}};

/// A bad server and a cluster that believes in it. All of them run at once, for most of what they do is let time pass.
struct Victim {
  Victim(Host &host, const BadServer &bad, const std::string &more_endpoints = "")
      : name(bad.name),
        server([&bad](const auto &) { return bad.reply; }),
        cluster(host, server.url() + more_endpoints, impatient) {}

  std::string name;
  FakeHttpServer server;
  Cluster cluster;
};

struct WithVictims {
  Host host;
  std::deque<Victim> victims;

  WithVictims() {
    for (const BadServer &bad : bad_servers()) victims.emplace_back(host, bad);
  }
};

bool one_of(int code, std::initializer_list<int> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Attempts for a second and a half. Full jitter may repeat quickly, but not without any pause.
constexpr std::size_t many_attempts = 120;

}  // namespace

TEST_CASE_METHOD(WithVictims, "A call to a server that is no etcd ends with an error in time", "[bad-server]") {
  const double memory = resident_mib();
  const Clock::time_point start = Clock::now();
  std::vector<std::pair<Call *, Call *>> calls;
  for (Victim &victim : victims) calls.emplace_back(&victim.cluster.get("k"), &victim.cluster.put("k", "value"));
  const auto ended = [](const auto &pair) { return pair.first->ended() && pair.second->ended(); };
  CHECK(host.wait_until([&] { return std::all_of(calls.begin(), calls.end(), ended); }, Milliseconds{5000}));
  CHECK(Clock::now() - start < Milliseconds{3000});
  CHECK(resident_mib() - memory < 128);

  for (std::size_t i = 0; i < victims.size(); ++i) {
    const auto &[read, write] = calls[i];
    INFO("a server that " << victims[i].name);
    INFO("read: " << read->code() << " " << read->error.message);
    INFO("write: " << write->code() << " " << write->error.message);
    CHECK(one_of(read->code(), {ETCDCLI_ERR_PROTOCOL, ETCDCLI_ERR_SERVER, ETCDCLI_ERR_TIMEOUT, ETCDCLI_ERR_UNAVAILABLE,
                                ETCDCLI_ERR_TOO_LARGE}));
    CHECK(one_of(write->code(), {ETCDCLI_ERR_PROTOCOL, ETCDCLI_ERR_SERVER, ETCDCLI_ERR_UNKNOWN_OUTCOME,
                                 ETCDCLI_ERR_TOO_LARGE, ETCDCLI_ERR_TIMEOUT, ETCDCLI_ERR_UNAVAILABLE}));
    CHECK_FALSE(read->error.message.empty());
    CHECK(read->error.endpoint == victims[i].server.url());
    CHECK(victims[i].server.request_count() < many_attempts);
  }
}

TEST_CASE_METHOD(WithVictims, "A watcher of a server that is no etcd keeps trying with back-off", "[bad-server]") {
  const double memory = resident_mib();
  std::vector<const Watch *> watches;
  for (Victim &victim : victims) {
    etcdcli_watcher_params from_revision = watcher_params("k");
    from_revision.start_revision = 5;
    watches.push_back(&victim.cluster.watch_prefix("k"));
    watches.push_back(&victim.cluster.watch(from_revision));
  }
  const auto fails = [](const Watch *watch) { return watch->times(ETCDCLI_WATCHER_BACKOFF) >= 2; };
  CHECK(host.wait_until([&] { return std::all_of(watches.begin(), watches.end(), fails); }, Milliseconds{8000}));

  std::vector<std::size_t> requests;
  for (const Victim &victim : victims) requests.push_back(victim.server.request_count());
  host.run_for(Milliseconds{1000});
  CHECK(resident_mib() - memory < 128);
  for (std::size_t i = 0; i < watches.size(); ++i) {
    const Victim &victim = victims[i / 2];
    const Watch &watch = *watches[i];
    INFO("a server that " << victim.name << (i % 2 == 0 ? " (snapshot)" : " (stream)"));
    CHECK(watch.batches.empty());
    CHECK_FALSE(watch.ended());
    CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) >= 2);
    for (const Watch::Told &told : watch.told) {
      if (told.state != ETCDCLI_WATCHER_BACKOFF) continue;
      CHECK(told.error.code != ETCDCLI_OK);
      CHECK_FALSE(told.error.message.empty());
    }
    CHECK(victim.server.request_count() - requests[i / 2] < many_attempts);
  }
}

TEST_CASE_METHOD(WithVictims, "A keepalive on a server that is no etcd waits", "[bad-server]") {
  std::vector<const Keepalive *> keepalives;
  for (Victim &victim : victims) keepalives.push_back(&victim.cluster.keep("k", "value"));
  host.run_for(Milliseconds{1500});
  for (std::size_t i = 0; i < victims.size(); ++i) {
    INFO("a server that " << victims[i].name);
    CHECK(one_of(etcdcli_keepalive_state(keepalives[i]->handle),
                 {ETCDCLI_KEEPALIVE_WAITING, ETCDCLI_KEEPALIVE_CLAIMING}));
    CHECK(keepalives[i]->times(ETCDCLI_KEEPALIVE_HELD) == 0);
    CHECK(victims[i].server.request_count() < many_attempts);
  }
}

TEST_CASE("A good endpoint is found behind a bad one", "[bad-server][etcd]") {
  EtcdCluster etcd;
  Oracle(etcd).put("k", "value");
  Host host;
  std::deque<Victim> victims;
  std::vector<const Watch *> watches;
  for (const BadServer &bad : bad_servers()) {
    if (bad.answers_too_much()) continue;  // which is no fault of an endpoint: any other may have as much to say
    victims.emplace_back(host, bad, "," + etcd.endpoints());
    watches.push_back(&victims.back().cluster.watch_prefix("k"));
  }
  const auto good = [](const Watch *watch) { return watch->live() && watch->picture.size() == 1; };
  CHECK(host.wait_until([&] { return std::all_of(watches.begin(), watches.end(), good); }));
  for (std::size_t i = 0; i < victims.size(); ++i) {
    INFO("a server that " << victims[i].name);
    CHECK(good(watches[i]));
  }
}

TEST_CASE("A write is sent once unless it is proven that it did nothing", "[bad-server]") {
  struct Case {
    const char *name;
    FakeReply reply;
    bool may_repeat;
  };
  const auto error = [](int status, int code, const std::string &message) {
    return http_reply(
        status, "application/json",
        "{\"error\":\"" + message + "\",\"message\":\"" + message + "\",\"code\":" + std::to_string(code) + "}");
  };
  const std::vector<Case> cases = {
      {"request timed out", error(503, 14, "etcdserver: request timed out"), false},
      {"leader changed", error(503, 14, "etcdserver: leader changed"), false},
      {"server stopped", error(503, 14, "etcdserver: server stopped"), false},
      {"deadline exceeded", error(500, 2, "context deadline exceeded"), false},
      {"gateway timeout", error(504, 4, "context deadline exceeded"), false},
      {"connection closed", raw(""), false},
      {"connection reset", raw("", Then::reset), false},
      {"answer cut short", raw(ok_head + "Content-Length: 100\r\n\r\n{"), false},
      {"no leader", error(503, 14, "etcdserver: no leader"), true},
  };
  const Case one = cases[GENERATE_COPY(range(std::size_t{0}, cases.size()))];
  INFO(one.name);
  FakeHttpServer server([&](const auto &request) { return request.asks_for("/v3/kv/put") ? one.reply : empty_answer; });
  Host host;
  Cluster cluster(host, server.url(), impatient);
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);  // so that the put goes over a used connection
  const Call &put = cluster.finish(cluster.put("k", "value"));
  host.run_for(Milliseconds{200});

  const std::vector<FakeHttpServer::Request> requests = server.requests();
  const auto is_put = [](const FakeHttpServer::Request &request) { return request.asks_for("/v3/kv/put"); };
  const auto puts = std::count_if(requests.begin(), requests.end(), is_put);
  INFO(put.error.message);
  if (one.may_repeat) {
    CHECK(puts > 1);
    CHECK(one_of(put.code(), {ETCDCLI_ERR_TIMEOUT, ETCDCLI_ERR_UNAVAILABLE}));
  } else {
    CHECK(puts == 1);
    CHECK(put.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  }
}

TEST_CASE("Requests show themselves as the host says", "[bad-server]") {
  for (const std::string name : {"", "game_server/7 (shard 3)"}) {
    FakeHttpServer server([](const auto &) { return empty_answer; });
    Host host;
    Cluster cluster(host, server.url(), {{"http.user.agent", name}});
    REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
    const std::string shown = name.empty() ? std::string("libetcdcli/") + etcdcli_version() : name;
    for (const auto &request : server.requests()) {
      CHECK_THAT(request.head, Catch::Contains("\r\nUser-Agent: " + shown + "\r\n"));
    }
  }
}

TEST_CASE("Every request asks for a leader but a serializable read", "[bad-server]") {
  FakeHttpServer server([](const auto &) { return empty_answer; });
  Host host;
  Cluster cluster(host, server.url(), impatient);
  cluster.finish(cluster.get("k"));
  cluster.finish(cluster.put("k", "value"));
  cluster.watch_prefix("k");
  const auto watches = [&] {
    const std::vector<FakeHttpServer::Request> requests = server.requests();
    return std::count_if(requests.begin(), requests.end(), [](const auto &one) { return one.asks_for("/v3/watch"); });
  };
  REQUIRE(host.wait_until([&] { return watches() > 0; }));
  for (const FakeHttpServer::Request &request : server.requests()) {
    INFO(request.head);
    if (request.head.compare(0, 5, "POST ") == 0) {
      CHECK_THAT(request.head, Catch::Contains("Grpc-Metadata-hasleader: true", Catch::CaseSensitive::No));
    }
  }
}

TEST_CASE("A member whose revision never ends is left for another", "[bad-server]") {
  const auto member = [](const FakeReply &watch) {
    return [watch](const FakeHttpServer::Request &request) {
      return request.asks_for("/v3/watch") ? watch : empty_answer;
    };
  };
  const auto watches = [](const FakeHttpServer &server) {
    const std::vector<FakeHttpServer::Request> requests = server.requests();
    return std::count_if(requests.begin(), requests.end(), [](const auto &one) { return one.asks_for("/v3/watch"); });
  };
  const bool has_snapshot = GENERATE(true, false);
  INFO((has_snapshot ? "with" : "without") << " a snapshot");
  FakeHttpServer endless(member({ok_head + "\r\n" + created, Then::close, fragment}));
  FakeHttpServer good(member({ok_head + "\r\n" + created}));
  const double memory = resident_mib();
  Host host;
  // Which of the two is asked first is drawn.
  bool was_met = false;
  for (int i = 0; i < 20 && !was_met; ++i) {
    Cluster cluster(host, endless.url() + "," + good.url(), impatient);
    etcdcli_watcher_params params = watcher_params("k");
    params.flags = ETCDCLI_PREFIX;
    params.start_revision = has_snapshot ? 0 : 6;
    const auto before = watches(good);
    const Watch &watch = cluster.watch(params);
    REQUIRE(host.wait_until([&] { return watches(good) > before && watch.live(); }));
    host.run_for(Milliseconds{300});
    CHECK(watch.live());
    CHECK(resident_mib() - memory < 64);
    was_met = watches(endless) > 0;
    if (!was_met) continue;
    CHECK(std::any_of(watch.told.begin(), watch.told.end(), [](const Watch::Told &told) {
      return told.state == ETCDCLI_WATCHER_BACKOFF && told.error.code == ETCDCLI_ERR_TOO_LARGE;
    }));
    for (const auto &batch : watch.batches) CHECK(batch.events.empty());
  }
  CHECK(was_met);
}

TEST_CASE("A name that does not resolve is an error", "[bad-server]") {
  Host host;
  Cluster cluster(host, "http://no-such-host.invalid:2379", impatient);
  const Call &call = cluster.finish(cluster.get("k"));
  CHECK(one_of(call.code(), {ETCDCLI_ERR_TIMEOUT, ETCDCLI_ERR_UNAVAILABLE}));
  CHECK_FALSE(call.error.message.empty());
  CHECK(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE; }));
}

TEST_CASE("An endpoint that refuses is tried again with back-off", "[bad-server]") {
  // A listener that resets stands in for a refusal, so that attempts can be counted.
  const ReservedPort nobody;
  TcpProxy counter(nobody.number());
  Host host;
  Cluster cluster(host, counter.url(),
                  {{"backoff.min.ms", "50"}, {"backoff.max.ms", "400"}, {"request.timeout.ms", "500"}});
  const Watch &watch = cluster.watch_prefix("k");
  const Keepalive &keepalive = cluster.keep("k", "value");
  host.run_for(Milliseconds{3000});
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) > 0);
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 0);
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE);
  CHECK(counter.counts().accepted > 3);
  CHECK(counter.counts().accepted < 100);
}

TEST_CASE_METHOD(WithProxy, "Corrupted bytes do no harm that outlives them", "[bad-server][etcd]") {
  Cluster cluster(host, proxy.url(),
                  {{"request.timeout.ms", "500"},
                   {"attempt.timeout.ms", "200"},
                   {"backoff.min.ms", "10"},
                   {"backoff.max.ms", "50"}});
  oracle.put("k", "value");
  const Watch &watch = cluster.watch_prefix("other");
  for (std::uint64_t i = 0; i < 40; ++i) {
    proxy.corrupt(i % 2 == 0 ? Direction::to_client : Direction::to_server, i * 13);
    Call &call = cluster.get("k");
    REQUIRE(host.wait_until([&] { return call.ended(); }, Milliseconds{3000}));
  }
  proxy.heal();
  proxy.cut();
  CHECK(cluster.finish(cluster.get("k")).kvs.at(0).value == "value");
  CHECK(host.wait_until([&] { return watch.live(); }));
}

TEST_CASE("Bad servers: one of 3.3, whose paths are others, is asked for its version once, and then under its paths") {
  FakeHttpServer server([](const FakeHttpServer::Request &request) {
    const std::string lease = R"({)" + header + R"(,"ID":"7","TTL":"60"})";
    if (request.asks_for("/version")) return json(R"({"etcdserver":"3.3.27","etcdcluster":"3.3.0"})");
    if (request.asks_for("/v3beta/kv/range") || request.asks_for("/v3beta/kv/put")) return empty_answer;
    if (request.asks_for("/v3beta/lease/grant")) return json(lease);
    if (request.asks_for("/v3beta/kv/lease/revoke") || request.asks_for("/v3beta/kv/lease/timetolive")) {
      return json(lease);
    }
    if (request.asks_for("/v3beta/watch")) return raw(ok_head + "\r\n" + created, Then::keep_open);
    return http_reply(404, "text/plain; charset=utf-8", "404 page not found\n");
  });
  Host host;
  Cluster cluster(host, server.url(), quick_recovery);
  CHECK(cluster.finish(cluster.put("k", "v")).code() == ETCDCLI_OK);
  CHECK(std::string(etcdcli_cluster_server_version(cluster.handle())) == "3.3.27");
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.lease_grant(60)).code() == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.lease_time_to_live(7)).code() == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.lease_revoke(7)).code() == ETCDCLI_OK);
  const Watch &watch = cluster.watch_prefix("k");
  CHECK(host.wait_until([&] { return watch.live(); }));
  CHECK(cluster.told.size() == 1);

  const auto asked = [&](const char *path) {
    const auto all = server.requests();
    return std::count_if(all.begin(), all.end(), [&](const auto &request) { return request.asks_for(path); });
  };
  CHECK(asked("/version") == 1);
  CHECK(asked("/v3beta/kv/put") == 1);
  // The first one, and what was sent before the version was known.
  CHECK(asked("/v3/kv/put") <= 4);
  CHECK(asked("/v3/kv/range") == 0);
}
