// Range, put and delete: what is asked for is what comes back, and however a call ends, the host is told what is so.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;
using namespace std::string_literals;

namespace {

using Strings = std::vector<std::string>;

std::string all_bytes() {
  std::string bytes(256, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

/// By gRPC a request is not sent before the peer has spoken: so that it has, where answers are to be lost.
void make_connection(Cluster &cluster) {
  if (speaks_grpc()) REQUIRE(cluster.finish(cluster.get("elsewhere")).code() == ETCDCLI_OK);
}

Strings keys(const Call &call) {
  Strings all;
  for (const KeyValue &kv : call.kvs) all.push_back(kv.key);
  return all;
}

Strings values(const Call &call) {
  Strings all;
  for (const KeyValue &kv : call.kvs) all.push_back(kv.value);
  return all;
}

/// Whether etcd has decided against it: it did not happen, and asking again is of no use.
bool is_decided(const Call &call) {
  return call.code() != ETCDCLI_OK && !call.error.may_have_happened && !call.error.worth_retrying;
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "Keys and values are any bytes", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Strings binary = {"key",      "\0"s,   "\0\xff\0"s, "\xff\xff", "line\nbreak \"quote\" \\",
                          "\xc3\xa4", "\xc3(", all_bytes()};
  for (const std::string &key : binary) {
    for (const std::string &value : {"value"s, ""s, "\0"s, all_bytes()}) {
      const Call &put = cluster.finish(cluster.put(key, value));
      REQUIRE(put.code() == ETCDCLI_OK);
      CHECK(oracle.value(key) == value);

      const Call &get = cluster.finish(cluster.get(key));
      REQUIRE(get.kvs.size() == 1);
      CHECK(get.kvs[0] == oracle.get(key));
      CHECK(get.kvs[0].mod_revision == put.revision);
      CHECK(get.revision == put.revision);
    }
  }
}

TEST_CASE_METHOD(WithEtcd, "A value of a mebibyte comes back whole", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  std::string value;
  while (value.size() < 1 << 20) value += all_bytes();
  REQUIRE(cluster.finish(cluster.put("large", value)).code() == ETCDCLI_OK);
  const Call &get = cluster.finish(cluster.get("large"));
  REQUIRE(get.kvs.size() == 1);
  CHECK((get.kvs[0].value == value));  // in parentheses: not to be printed
}

TEST_CASE_METHOD(WithEtcd, "A key that does not exist is an empty answer", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Call &get = cluster.finish(cluster.get("nothing"));
  CHECK(get.code() == ETCDCLI_OK);
  CHECK(get.kvs.empty());
  CHECK(get.count == 0);
  CHECK_FALSE(get.more);
  CHECK(get.revision == oracle.revision());
}

TEST_CASE_METHOD(WithEtcd, "Ranges give the keys they name in ascending order", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put_all(
      {{"b", "3"}, {"a/2", "2"}, {"a/1", "1"}, {"a\xff", "4"}, {"a", "0"}, {"\xff", "5"}, {"\xff\xff", "6"}});

  SECTION("a single key") {
    CHECK(keys(cluster.finish(cluster.get("a"))) == Strings{"a"});
  }
  SECTION("a prefix") {
    CHECK(keys(cluster.finish(cluster.range(range_params("a/", ETCDCLI_PREFIX)))) == Strings{"a/1", "a/2"});
  }
  SECTION("a prefix that ends in 0xff") {
    CHECK(keys(cluster.finish(cluster.range(range_params("a\xff", ETCDCLI_PREFIX)))) == Strings{"a\xff"});
  }
  SECTION("a prefix of nothing but 0xff") {
    CHECK(keys(cluster.finish(cluster.range(range_params("\xff", ETCDCLI_PREFIX)))) == Strings{"\xff", "\xff\xff"});
  }
  SECTION("an empty prefix") {
    CHECK(cluster.finish(cluster.range(range_params("", ETCDCLI_PREFIX))).kvs.size() == 7);
  }
  SECTION("from a key on") {
    CHECK(keys(cluster.finish(cluster.range(range_params("a\xff", ETCDCLI_FROM_KEY)))) ==
          Strings{"a\xff", "b", "\xff", "\xff\xff"});
  }
  SECTION("from the very first key on") {
    CHECK(cluster.finish(cluster.range(range_params("", ETCDCLI_FROM_KEY))).kvs.size() == 7);
  }
  SECTION("a half-open range") {
    etcdcli_range_params params = range_params("a");
    params.range_end = slice("a\xff");
    CHECK(keys(cluster.finish(cluster.range(params))) == Strings{"a", "a/1", "a/2"});
  }
}

TEST_CASE_METHOD(WithEtcd, "A limit says what it left out", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put_all({{"k1", ""}, {"k2", ""}, {"k3", ""}});
  etcdcli_range_params params = range_params("k", ETCDCLI_PREFIX);

  params.limit = 2;
  const Call &cut_short = cluster.finish(cluster.range(params));
  CHECK(keys(cut_short) == Strings{"k1", "k2"});
  CHECK(cut_short.count == 3);
  CHECK(cut_short.more);

  params.limit = 3;
  const Call &whole = cluster.finish(cluster.range(params));
  CHECK(whole.kvs.size() == 3);
  CHECK(whole.count == 3);
  CHECK_FALSE(whole.more);
}

TEST_CASE_METHOD(WithEtcd, "Keys or a count can be had alone", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put_all({{"k1", "one"}, {"k2", "two"}});

  const Call &keys_only = cluster.finish(cluster.range(range_params("k", ETCDCLI_PREFIX | ETCDCLI_KEYS_ONLY)));
  CHECK(keys(keys_only) == Strings{"k1", "k2"});
  CHECK(values(keys_only) == Strings{"", ""});

  const Call &count_only = cluster.finish(cluster.range(range_params("k", ETCDCLI_PREFIX | ETCDCLI_COUNT_ONLY)));
  CHECK(count_only.kvs.empty());
  CHECK(count_only.count == 2);
}

TEST_CASE_METHOD(WithEtcd, "An older revision can be read", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::int64_t before = oracle.put("key", "old");
  oracle.put("key", "new");
  etcdcli_range_params params = range_params("key");
  params.revision = before;
  CHECK(values(cluster.finish(cluster.range(params))) == Strings{"old"});
}

TEST_CASE_METHOD(WithEtcd, "What was there before is given when asked for", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  etcdcli_put_params put = put_params("key", "first");
  put.flags = ETCDCLI_PREV_KV;
  CHECK(cluster.finish(cluster.put(put)).prev_kvs.empty());

  const std::optional<KeyValue> first = oracle.get("key");
  put.value = slice("second");
  const Call &second = cluster.finish(cluster.put(put));
  REQUIRE(second.prev_kvs.size() == 1);
  CHECK(second.prev_kvs[0] == first);

  oracle.put("key2", "other");
  const Call &erased = cluster.finish(cluster.erase(delete_params("key", ETCDCLI_PREFIX | ETCDCLI_PREV_KV)));
  CHECK(erased.count == 2);
  REQUIRE(erased.prev_kvs.size() == 2);
  CHECK(erased.prev_kvs[0].value == "second");
  CHECK(erased.prev_kvs[1].value == "other");
}

TEST_CASE_METHOD(WithEtcd, "Delete removes what it names and says how much that was", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put_all({{"a", ""}, {"a/1", ""}, {"a/2", ""}, {"b", ""}});

  CHECK(cluster.finish(cluster.erase(delete_params("nothing"))).count == 0);
  CHECK(cluster.finish(cluster.erase(delete_params("a"))).count == 1);
  CHECK(oracle.get("a/1"));
  const Call &both = cluster.finish(cluster.erase(delete_params("a/", ETCDCLI_PREFIX)));
  CHECK(both.count == 2);
  CHECK(both.revision == oracle.revision());
  CHECK(oracle.get("b"));
  CHECK(cluster.finish(cluster.erase(delete_params("", ETCDCLI_FROM_KEY))).count == 1);
  CHECK_FALSE(oracle.get("b"));
}

TEST_CASE_METHOD(WithEtcd, "A compaction forgets what was before its revision", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::int64_t before = oracle.put("key", "old");
  const std::int64_t after = oracle.put("key", "new");
  const unsigned flags = GENERATE(0u, 0u + ETCDCLI_PHYSICAL);

  const Call &compaction = cluster.finish(cluster.compact(compact_params(after, flags)));
  REQUIRE(compaction.code() == ETCDCLI_OK);
  CHECK(compaction.revision == after);

  etcdcli_range_params params = range_params("key");
  params.revision = before;
  CHECK(cluster.finish(cluster.range(params)).code() == ETCDCLI_ERR_COMPACTED);
  params.revision = after;
  CHECK(values(cluster.finish(cluster.range(params))) == Strings{"new"});
  CHECK(cluster.finish(cluster.compact(compact_params(after))).code() == ETCDCLI_ERR_COMPACTED);
  CHECK(cluster.finish(cluster.compact(compact_params(after + 1))).code() == ETCDCLI_ERR_SERVER);
}

TEST_CASE_METHOD(WithEtcd, "A put can bind its key to a lease", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  etcdcli_put_params params = put_params("key", "value");
  params.lease = oracle.grant_lease(60);
  REQUIRE(cluster.finish(cluster.put(params)).code() == ETCDCLI_OK);
  const Call &get = cluster.finish(cluster.get("key"));
  REQUIRE(get.kvs.size() == 1);
  CHECK(get.kvs[0].lease == params.lease);
  oracle.revoke_lease(params.lease);
  CHECK_FALSE(oracle.get("key"));
}

TEST_CASE_METHOD(WithEtcd, "A refusal carries etcd's own code and words", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());

  SECTION("a lease that does not exist") {
    etcdcli_put_params params = put_params("key", "value");
    params.lease = 12345;
    const Call &put = cluster.finish(cluster.put(params));
    CHECK(put.code() == ETCDCLI_ERR_SERVER);
    CHECK(put.error.grpc_code == 5);
    CHECK(put.error.http_status == (speaks_grpc() ? 200 : 404));
    CHECK_THAT(put.error.message, Catch::Contains("requested lease not found"));
    CHECK(put.error.endpoint == etcd.member(0).url());
    CHECK(is_decided(put));
  }
  SECTION("a revision that is still to come") {
    etcdcli_range_params params = range_params("key");
    params.revision = oracle.revision() + 100;
    const Call &range = cluster.finish(cluster.range(params));
    CHECK(range.code() == ETCDCLI_ERR_SERVER);
    CHECK(range.error.grpc_code == 11);
    CHECK_THAT(range.error.message, Catch::Contains("required revision is a future revision"));
    CHECK(is_decided(range));
  }
  SECTION("a revision that was compacted away") {
    oracle.put("key", "1");
    oracle.put("key", "2");
    oracle.compact(oracle.revision());
    etcdcli_range_params params = range_params("key");
    params.revision = oracle.revision() - 1;
    const Call &range = cluster.finish(cluster.range(params));
    CHECK(range.code() == ETCDCLI_ERR_COMPACTED);
    CHECK(range.error.grpc_code == 11);
    CHECK_THAT(range.error.message, Catch::Contains("compacted"));
    CHECK(is_decided(range));
  }
}

TEST_CASE("What permission denies is not worth retrying", "[calls][errors]") {
  Host host;
  FakeHttpServer server([](const auto &) {
    return http_reply(
        403, "application/json",
        R"({"error":"etcdserver: permission denied","code":7,"message":"etcdserver: permission denied"})");
  });
  Cluster cluster(host, server.url());
  for (const Call *call : {&cluster.put("key", "value"), &cluster.get("key")}) {
    REQUIRE(host.wait_until([&] { return call->ended(); }));
    CHECK(call->code() == ETCDCLI_ERR_PERMISSION_DENIED);
    CHECK(call->error.grpc_code == 7);
    CHECK(is_decided(*call));
  }
}

TEST_CASE("What reaches no endpoint did not happen and is worth retrying", "[calls][errors]") {
  const ReservedPort nobody;
  Host host;
  Cluster cluster(host, nobody.url(), {{"request.timeout.ms", "300"}});
  for (const Call *call : {&cluster.put("key", "value"), &cluster.get("key")}) {
    REQUIRE(host.wait_until([&] { return call->ended(); }));
    CHECK_FALSE(call->error.may_have_happened);
    CHECK(call->error.worth_retrying);
  }
}

TEST_CASE_METHOD(WithProxy, "One silent endpoint takes no more of a write's time than it has", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), {{"attempt.timeout.ms", "500"}});
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  proxy.blackhole();
  etcdcli_put_params put = put_params("k", "v");
  put.timeout_ms = 3600000;
  const Call &unknown = cluster.finish(cluster.put(put));
  CHECK(unknown.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  CHECK(unknown.error.may_have_happened);
}

TEST_CASE_METHOD(WithProxy, "A cluster that nobody asks for anything becomes ready again", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), {{"attempt.timeout.ms", "300"}, {"backoff.max.ms", "500"}});
  proxy.blackhole();
  // By gRPC the peer has to say something before a request is sent.
  CHECK(cluster.finish(cluster.put("k", "v")).code() ==
        (speaks_only_grpc() ? ETCDCLI_ERR_TIMEOUT : ETCDCLI_ERR_UNKNOWN_OUTCOME));
  REQUIRE(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE; }));
  proxy.heal();
  CHECK(host.wait_until([&] { return etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY; }));
}

TEST_CASE_METHOD(WithProxy, "The end of a call says whether it may have happened", "[calls][errors][etcd]") {
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "500"}});
  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  proxy.stall(Direction::to_client);

  SECTION("a write that was sent and cancelled: yes, and it was the host's will") {
    Call &put = cluster.put("key", "value");
    REQUIRE(host.wait_until([&] { return oracle.get("key").has_value(); }));
    CHECK(etcdcli_call_cancel(cluster.handle(), put.id) == ETCDCLI_OK);
    CHECK(cluster.finish(put).code() == ETCDCLI_ERR_CANCELLED);
    CHECK(put.error.may_have_happened);
    CHECK_FALSE(put.error.worth_retrying);
  }
  SECTION("a write that was cancelled before its turn came: no") {
    Cluster narrow(host, proxy.url(), {{"calls.concurrent", "1"}});
    narrow.get("other");
    Call &put = narrow.put("key", "value");
    host.run_for(Milliseconds{50});
    CHECK(etcdcli_call_cancel(narrow.handle(), put.id) == ETCDCLI_OK);
    CHECK(narrow.finish(put).code() == ETCDCLI_ERR_CANCELLED);
    CHECK_FALSE(put.error.may_have_happened);
    CHECK_FALSE(put.error.worth_retrying);
    CHECK_FALSE(oracle.get("key"));
  }
  SECTION("a write that was sent and ran out of time: yes") {
    const Call &put = cluster.finish(cluster.put("key", "value"));
    CHECK(put.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
    CHECK(put.error.may_have_happened);
    CHECK(put.error.worth_retrying);
  }
  SECTION("a write that was sent and whose connection broke: yes") {
    Call &erase = cluster.erase(delete_params("key"));
    host.run_for(Milliseconds{100});
    proxy.reset();
    CHECK(cluster.finish(erase).code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
    CHECK(erase.error.may_have_happened);
    CHECK(erase.error.worth_retrying);
  }
  SECTION("a write under way when its cluster was closed: yes") {
    Call &put = cluster.put("key", "value");
    REQUIRE(host.wait_until([&] { return oracle.get("key").has_value(); }));
    cluster.close(0);
    CHECK(put.code() == ETCDCLI_ERR_CANCELLED);
    CHECK(put.error.may_have_happened);
  }
  SECTION("a write under way when its cluster was freed: yes") {
    const Call &put = cluster.put("key", "value");
    REQUIRE(host.wait_until([&] { return oracle.get("key").has_value(); }));
    CHECK(cluster.free() == ETCDCLI_OK);
    CHECK(put.code() == ETCDCLI_ERR_CANCELLED);
    CHECK(put.error.may_have_happened);
  }
  SECTION("a read: never") {
    Call &cancelled = cluster.get("key");
    Call &timed_out = cluster.get("key");
    host.run_for(Milliseconds{100});
    CHECK(etcdcli_call_cancel(cluster.handle(), cancelled.id) == ETCDCLI_OK);
    CHECK(cluster.finish(cancelled).code() == ETCDCLI_ERR_CANCELLED);
    CHECK_FALSE(cancelled.error.may_have_happened);
    CHECK(cluster.finish(timed_out).code() == ETCDCLI_ERR_TIMEOUT);
    CHECK_FALSE(timed_out.error.may_have_happened);
    CHECK(timed_out.error.worth_retrying);
  }
}

TEST_CASE_METHOD(WithEtcd, "A conflict is not worth retrying", "[calls][errors][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  oracle.put("key", "another's");
  const Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(keepalive.told.back().error.code == ETCDCLI_ERR_CONFLICT);
  CHECK_FALSE(keepalive.told.back().error.may_have_happened);
  CHECK_FALSE(keepalive.told.back().error.worth_retrying);
}

TEST_CASE_METHOD(WithEtcd, "Many calls at once each get their own answer", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  constexpr int count = 500;
  std::vector<Call *> calls;
  for (int i = 0; i < count; ++i) calls.push_back(&cluster.put("key" + std::to_string(i), std::to_string(i)));
  for (Call *call : calls) REQUIRE(cluster.finish(*call).code() == ETCDCLI_OK);
  calls.clear();
  for (int i = 0; i < count; ++i) calls.push_back(&cluster.get("key" + std::to_string(i)));
  for (int i = 0; i < count; ++i) REQUIRE(values(cluster.finish(*calls[i])) == Strings{std::to_string(i)});
}

TEST_CASE_METHOD(WithProxy, "Calls one after another share a connection", "[calls][etcd]") {
  Cluster cluster(host, proxy.url());
  for (int i = 0; i < 20; ++i) REQUIRE(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  CHECK(proxy.counts().accepted <= 2);  // a probe of the library's own may have had another
}

TEST_CASE_METHOD(WithProxy, "A cancelled call ends once as cancelled", "[calls][etcd]") {
  Cluster cluster(host, proxy.url());
  make_connection(cluster);
  proxy.stall(Direction::to_client);

  SECTION("before it was sent") {
    Call &call = cluster.get("key");
    CHECK(etcdcli_call_cancel(cluster.handle(), call.id) == ETCDCLI_OK);
    CHECK(call.ends == 0);
    CHECK(cluster.finish(call).code() == ETCDCLI_ERR_CANCELLED);
    CHECK(etcdcli_call_cancel(cluster.handle(), call.id) == ETCDCLI_ERR_NOT_FOUND);
  }
  SECTION("after it was sent") {
    Call &call = cluster.put("key", "value");
    REQUIRE(host.wait_until([&] { return oracle.get("key").has_value(); }));
    CHECK(etcdcli_call_cancel(cluster.handle(), call.id) == ETCDCLI_OK);
    CHECK(cluster.finish(call).code() == ETCDCLI_ERR_CANCELLED);
  }
  proxy.heal();
  host.run_for(Milliseconds{100});  // the answer that comes now is nobody's; ~Cluster checks that it ended once
  CHECK(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "A result that is already waiting is not lost to a cancel", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  std::vector<Call *> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(&cluster.get("key"));
  REQUIRE(eventually([&] { return readable(cluster.fd()) && cluster.pump(1) == 1; }));

  std::vector<Call *> cancelled;
  for (Call *call : calls) {
    if (!call->ended()) cancelled.push_back(call);
  }
  for (Call *call : cancelled) etcdcli_call_cancel(cluster.handle(), call->id);
  const auto succeeded = [&](Call *call) { return cluster.finish(*call).code() == ETCDCLI_OK; };
  CHECK(std::count_if(cancelled.begin(), cancelled.end(), succeeded) >= 1);
}

TEST_CASE_METHOD(WithProxy, "A call without an answer ends when its time is up", "[calls][etcd]") {
  Cluster cluster(host, proxy.url());
  proxy.blackhole();
  const Clock::time_point start = Clock::now();

  SECTION("a read, by its own time") {
    etcdcli_range_params params = range_params("key");
    params.timeout_ms = 300;
    CHECK(cluster.finish(cluster.range(params)).code() == ETCDCLI_ERR_TIMEOUT);
  }
  SECTION("a write, which may have been sent") {
    etcdcli_put_params params = put_params("key", "value");
    params.timeout_ms = 300;
    // By gRPC it is known not to have been: nobody has said anything there.
    CHECK(cluster.finish(cluster.put(params)).code() ==
          (speaks_grpc() ? ETCDCLI_ERR_TIMEOUT : ETCDCLI_ERR_UNKNOWN_OUTCOME));
  }
  CHECK(Clock::now() - start >= Milliseconds{299});
  CHECK(Clock::now() - start < Milliseconds{2000});
}

TEST_CASE_METHOD(WithEtcd, "The option for the timeout holds where a call names none", "[calls][etcd]") {
  TcpProxy proxy(etcd.member(0).port());
  proxy.blackhole();
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "300"}});
  const Clock::time_point start = Clock::now();
  CHECK(cluster.finish(cluster.get("key")).code() == ETCDCLI_ERR_TIMEOUT);
  CHECK(Clock::now() - start < Milliseconds{2000});
}

TEST_CASE("A write that no endpoint took did not happen and says so", "[calls]") {
  const ReservedPort nobody;
  Host host;
  Cluster cluster(host, nobody.url(), {{"request.timeout.ms", "500"}});
  const Call &put = cluster.finish(cluster.put("key", "value"));
  CHECK((put.code() == ETCDCLI_ERR_TIMEOUT || put.code() == ETCDCLI_ERR_UNAVAILABLE));
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_UNAVAILABLE);
}

TEST_CASE_METHOD(WithProxy, "A call that waits for its turn has no longer than its time", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), {{"calls.concurrent", "1"}});
  proxy.blackhole();
  etcdcli_put_params params = put_params("first", "value");
  params.timeout_ms = 600;
  const Call &first = cluster.put(params);
  params.key = slice("second");
  params.timeout_ms = 300;
  const Call &second = cluster.put(params);
  params.key = slice("third");
  params.timeout_ms = 5000;
  Call &third = cluster.put(params);

  REQUIRE(host.wait_until([&] { return second.ended(); }));
  CHECK(second.code() == ETCDCLI_ERR_TIMEOUT);  // never sent, so it is known not to have happened
  CHECK_FALSE(first.ended());
  CHECK(etcdcli_call_cancel(cluster.handle(), third.id) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return first.ended(); }));
  CHECK(first.code() == (speaks_grpc() ? ETCDCLI_ERR_TIMEOUT : ETCDCLI_ERR_UNKNOWN_OUTCOME));
  CHECK(cluster.finish(third).code() == ETCDCLI_ERR_CANCELLED);
  proxy.heal();
  CHECK(cluster.finish(cluster.put("fourth", "value")).code() == ETCDCLI_OK);
  CHECK_FALSE(oracle.get("second"));
  CHECK_FALSE(oracle.get("third"));
}

TEST_CASE_METHOD(WithEtcd, "A request that etcd finds too large is refused and not unknown", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::string value(3 << 20, 'x');
  const Call &put = cluster.finish(cluster.put("key", value));
  INFO(put.error.message);
  CHECK(put.code() == ETCDCLI_ERR_SERVER);
  CHECK(put.error.grpc_code != 0);
  CHECK(is_decided(put));
  CHECK_FALSE(oracle.get("key"));
}

TEST_CASE_METHOD(WithProxy, "A delete whose answer was lost is of unknown outcome and is not repeated",
                 "[calls][etcd]") {
  oracle.put("key", "value");
  Cluster cluster(host, proxy.url());
  make_connection(cluster);
  proxy.stall(Direction::to_client);
  Call &erase = cluster.erase(delete_params("key"));
  REQUIRE(host.wait_until([&] { return !oracle.get("key"); }));
  oracle.put("key", "made by another meanwhile");
  proxy.reset();
  proxy.heal();
  CHECK(cluster.finish(erase).code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  CHECK(oracle.get("key"));
}

TEST_CASE_METHOD(WithProxy, "A write whose answer was lost is of unknown outcome and is not repeated",
                 "[calls][etcd]") {
  Cluster cluster(host, proxy.url());
  if (GENERATE(false, true)) {
    // On a connection that was used before, libcurl would send it again by itself if it were allowed to.
    REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  }
  make_connection(cluster);
  proxy.stall(Direction::to_client);
  Call &put = cluster.put("key", "value");
  REQUIRE(host.wait_until([&] { return oracle.get("key").has_value(); }));
  if (GENERATE(false, true)) {
    proxy.reset();
  } else {
    proxy.cut();
  }
  proxy.heal();
  CHECK(cluster.finish(put).code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);

  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  host.run_for(Milliseconds{300});
  CHECK(oracle.get("key")->version == 1);
}

TEST_CASE_METHOD(WithProxy, "No put is applied twice however connections die", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), quick_recovery);
  int succeeded = 0;
  int unknown = 0;
  for (int i = 0; i < 60; ++i) {
    // Somewhere between the first byte of the request and the last of the answer, and between calls.
    proxy.truncate(i % 2 == 0 ? Direction::to_server : Direction::to_client, static_cast<std::uint64_t>(i) * 7);
    const Call &put = cluster.finish(cluster.put("key", "value"));
    succeeded += put.code() == ETCDCLI_OK;
    unknown += put.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME;
    INFO(put.error.message);
    // By gRPC it may be known that it was not sent, as long as the peer had not spoken.
    const bool was_not_sent = speaks_grpc() && put.code() != ETCDCLI_OK && !put.error.may_have_happened;
    CHECK((put.code() == ETCDCLI_OK || put.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME || was_not_sent));
    proxy.heal();
    if (i % 3 == 0) proxy.cut();
  }
  const std::optional<KeyValue> pair = oracle.get("key");
  const std::int64_t applied = pair ? pair->version : 0;
  CHECK(applied >= succeeded);
  CHECK(applied <= succeeded + unknown);
}

TEST_CASE_METHOD(WithEtcd, "A read lasts through a restart of the server", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"request.timeout.ms", "15000"}, {"backoff.max.ms", "200"}});
  oracle.put("key", "value");
  REQUIRE(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
  etcd.member(0).kill();
  Call &get = cluster.get("key");
  host.run_for(Milliseconds{200});
  CHECK_FALSE(get.ended());
  etcd.member(0).restart();
  CHECK(cluster.finish(get).code() == ETCDCLI_OK);
  CHECK(values(get) == Strings{"value"});
}

TEST_CASE_METHOD(WithEtcd, "A seed that refuses is passed over", "[calls][etcd]") {
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url() + "," + etcd.endpoints());
  const Clock::time_point start = Clock::now();
  CHECK(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  CHECK(oracle.value("key") == "value");
  CHECK(Clock::now() - start < Milliseconds{1000});
  CHECK(etcdcli_cluster_state(cluster.handle()) == ETCDCLI_CLUSTER_READY);
}

TEST_CASE_METHOD(WithThreeMembers, "Calls go on when members die as long as there is a quorum", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"request.timeout.ms", "15000"}});
  REQUIRE(cluster.finish(cluster.put("key", "before")).code() == ETCDCLI_OK);

  for (std::size_t i = 0; i < etcd.size(); ++i) {
    etcd.member(i).kill();
    CHECK(cluster.finish(cluster.get("key")).code() == ETCDCLI_OK);
    etcd.member(i).restart();
    etcd.wait_healthy();
  }
}

TEST_CASE_METHOD(WithThreeMembers, "Without a quorum only serializable reads are answered", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  REQUIRE(cluster.finish(cluster.put("key", "value")).code() == ETCDCLI_OK);
  REQUIRE(eventually([&] { return Oracle(etcd.member(2)).value("key") == "value"; }));
  etcd.member(0).kill();
  etcd.member(1).kill();

  etcdcli_range_params params = range_params("key", ETCDCLI_SERIALIZABLE);
  const Call &own_view = cluster.finish(cluster.range(params));
  CHECK(own_view.code() == ETCDCLI_OK);
  CHECK(values(own_view) == Strings{"value"});

  params.flags = 0;
  params.timeout_ms = 3000;
  const Call &read = cluster.finish(cluster.range(params));
  CHECK((read.code() == ETCDCLI_ERR_TIMEOUT || read.code() == ETCDCLI_ERR_UNAVAILABLE));
}

TEST_CASE("More calls than the option allows are refused", "[calls]") {
  const ReservedPort nobody;
  Host host;
  Cluster cluster(host, nobody.url(), {{"calls.max", "2"}, {"request.timeout.ms", "300"}});
  Call &first = cluster.get("key");
  Call &second = cluster.get("key");
  Call third;
  const etcdcli_range_params params = range_params("key");
  CHECK(etcdcli_range(cluster.handle(), &params, Call::end, &third, Call::destroy, &third.id) == ETCDCLI_ERR_LIMIT);
  CHECK_THAT(etcdcli_last_error(), Catch::Contains("calls.max"));
  cluster.finish(first);
  cluster.finish(second);
  cluster.finish(cluster.get("key"));
  CHECK(third.ends == 0);
  CHECK(third.destroys == 0);
}

TEST_CASE_METHOD(WithEtcd, "An answer that is too large is refused", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"response.max.bytes", "10000"}});
  oracle.put("large", std::string(20000, 'x'));
  oracle.put("small", "x");
  CHECK(cluster.finish(cluster.get("large")).code() == ETCDCLI_ERR_TOO_LARGE);
  CHECK(cluster.finish(cluster.get("small")).code() == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithThreeMembers, "A member that is frozen is left for another", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"attempt.timeout.ms", "300"}, {"request.timeout.ms", "600"}});
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    etcd.member(i).freeze();
    REQUIRE(eventually([&] { return etcd.member((i + 1) % etcd.size()).healthy(); }));
    etcdcli_range_params params = range_params("key");
    params.timeout_ms = 5000;
    CHECK(cluster.finish(cluster.range(params)).code() == ETCDCLI_OK);
    etcd.member(i).thaw();
    etcd.wait_healthy();
  }
}
