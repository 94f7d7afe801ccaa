// Answers that come in parts: ranges in pages, and snapshots.
#include <etcdcli/admin.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "harness/facts.h"
#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

using Keys = std::vector<std::string>;

Keys keys(const Call &call) {
  Keys all;
  for (const Answer &part : call.parts) {
    for (const KeyValue &kv : part.kvs) all.push_back(kv.key);
  }
  return all;
}

Keys names(const std::string &prefix, int count) {
  Keys all;
  for (int i = 0; i < count; ++i) all.push_back(prefix + std::to_string(100 + i));
  return all;
}

void put_all(const Oracle &oracle, const Keys &keys, const std::string &value = "value") {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string &key : keys) pairs.emplace_back(key, value);
  oracle.put_all(pairs);
}

etcdcli_range_params pages_of(std::string_view key, std::int64_t limit, unsigned flags = ETCDCLI_PREFIX) {
  etcdcli_range_params params = range_params(key, flags);
  params.limit = limit;
  return params;
}

const etcdcli_maintenance_params here = ETCDCLI_MAINTENANCE_PARAMS_INIT;

FakeReply chunked(const std::string &documents, FakeReply::Then then = FakeReply::Then::close) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", documents.size());
  return {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
              std::string(size) + documents + "\r\n",
          then};
}

}  // namespace

// Ranges

TEST_CASE_METHOD(WithEtcd, "A range comes in pages of one revision, and ends once", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const Keys all = names("p/", 25);
  put_all(oracle, all);
  const std::int64_t revision = oracle.put("q", "not of these");
  Call &each = cluster.submit(etcdcli_range_each, pages_of("p/", 10));
  // Changed while it is read: none of it is seen.
  each.on_part = [&] {
    if (each.parts.size() > 1) return;
    oracle.put("p/119", "changed");
    oracle.put("p/999", "new");
    oracle.erase("p/124");
  };
  cluster.finish(each);
  REQUIRE(each.code() == ETCDCLI_OK);
  CHECK(keys(each) == all);
  REQUIRE(each.parts.size() == 3);
  CHECK(each.parts[0].kvs.size() == 10);
  CHECK(each.parts[2].kvs.size() == 5);
  CHECK(each.parts[1].kvs[9].value == "value");
  CHECK(each.count == 25);
  CHECK(each.revision == revision);
  CHECK(each.kvs.empty());
}

TEST_CASE_METHOD(WithEtcd, "A range in pages may be any range", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"watch.page.keys", "2"}});
  put_all(oracle, {"a", "b", "c", "d", "e"});
  const std::int64_t revision = oracle.revision();
  oracle.erase("c");
  const auto read = [&](const etcdcli_range_params &params) {
    const Call &each = cluster.finish(cluster.submit(etcdcli_range_each, params));
    CHECK(each.code() == ETCDCLI_OK);
    return keys(each);
  };
  CHECK(read(pages_of("", 0)) == Keys{"a", "b", "d", "e"});
  CHECK(read(pages_of("b", 0, ETCDCLI_FROM_KEY)) == Keys{"b", "d", "e"});
  CHECK(read(pages_of("a", 0, 0)) == Keys{"a"});
  CHECK(read(pages_of("x", 0)) == Keys{});
  etcdcli_range_params range = pages_of("b", 1, ETCDCLI_SERIALIZABLE | ETCDCLI_KEYS_ONLY);
  range.range_end = slice("e");
  CHECK(read(range) == Keys{"b", "d"});
  range.revision = revision;
  CHECK(read(range) == Keys{"b", "c", "d"});
  range = pages_of("", 1);
  range.min_mod_revision = revision + 1;
  CHECK(read(range) == Keys{});
  range.min_mod_revision = 0;
  range.max_mod_revision = revision;
  CHECK(read(range).size() == 4);
}

TEST_CASE_METHOD(WithEtcd, "A range in pages that is compacted away ends so, and once", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  put_all(oracle, names("p/", 25));
  Call &each = cluster.submit(etcdcli_range_each, pages_of("p/", 5));
  host.max_callbacks = 1;
  REQUIRE(host.wait_until([&] { return each.parts.size() == 1; }));
  const std::int64_t later = oracle.put("p/100", "again");
  oracle.compact(later);
  cluster.finish(each);
  CHECK(each.code() == ETCDCLI_ERR_COMPACTED);
  CHECK(each.parts.size() < 5);
}

TEST_CASE_METHOD(WithProxy, "Pages are asked for as the host takes them, and cancelled at any time", "[calls][etcd]") {
  Cluster cluster(host, proxy.url());
  put_all(oracle, names("p/", 40), std::string(10000, 'v'));
  Call &each = cluster.submit(etcdcli_range_each, pages_of("p/", 1));
  REQUIRE(host.wait_until([&] { return each.parts.size() == 2; }));
  // The host is busy: one page more is fetched, and nothing after it.
  std::this_thread::sleep_for(Milliseconds{300});
  const std::uint64_t bytes = proxy.counts().to_client;
  CHECK(bytes < 6 * 20000);
  REQUIRE(host.wait_until([&] { return each.parts.size() == 5; }));
  Call &other = cluster.submit(etcdcli_range_each, pages_of("p/", 1));
  other.on_part = [&] {
    if (other.parts.size() == 3) CHECK(etcdcli_call_cancel(cluster.handle(), other.id) == ETCDCLI_OK);
  };
  cluster.finish(other);
  CHECK(other.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(other.parts.size() == 3);
  CHECK(etcdcli_call_cancel(cluster.handle(), other.id) == ETCDCLI_ERR_NOT_FOUND);
  cluster.finish(each);
  CHECK(each.parts.size() == 40);
}

TEST_CASE_METHOD(WithProxy, "Pages are read on where the connection was cut", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), quick_recovery);
  const Keys all = names("p/", 30);
  put_all(oracle, all);
  Call &each = cluster.submit(etcdcli_range_each, pages_of("p/", 2));
  each.on_part = [&] {
    if (each.parts.size() % 4 == 0) proxy.reset();
  };
  cluster.finish(each);
  CHECK(each.code() == ETCDCLI_OK);
  CHECK(keys(each) == all);
}

TEST_CASE_METHOD(WithEtcd, "A page that is too large is read in smaller ones", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"response.max.bytes", "100000"}});
  const Keys all = names("p/", 30);
  put_all(oracle, all, std::string(10000, 'v'));
  const Call &each = cluster.finish(cluster.submit(etcdcli_range_each, pages_of("p/", 1000)));
  CHECK(each.code() == ETCDCLI_OK);
  CHECK(keys(each) == all);
  oracle.put("p/115", std::string(200000, 'v'));
  const Call &never = cluster.finish(cluster.submit(etcdcli_range_each, pages_of("p/", 1000)));
  CHECK(never.code() == ETCDCLI_ERR_TOO_LARGE);
}

TEST_CASE("A range in pages is for what is in order", "[calls]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1", {{"calls.max", "1"}});
  const auto none = [](etcdcli_cluster *, const etcdcli_call_info *, void *) {};
  const auto submit = [&](const etcdcli_range_params &params) {
    return etcdcli_range_each(cluster.handle(), &params, none, none, nullptr, nullptr, nullptr);
  };
  etcdcli_range_params params = pages_of("p/", 1);
  params.sort_order = ETCDCLI_SORT_DESCENDING;
  CHECK(submit(params) == ETCDCLI_ERR_ARGUMENT);
  CHECK_THAT(etcdcli_last_error(), Catch::Contains("sort_order"));
  params = pages_of("p/", 1, ETCDCLI_PREFIX | ETCDCLI_COUNT_ONLY);
  CHECK(submit(params) == ETCDCLI_ERR_ARGUMENT);
  params = pages_of("p/", 1);
  params.not_older_than = 1;
  CHECK(submit(params) == ETCDCLI_ERR_ARGUMENT);
  params.not_older_than = 0;
  CHECK(etcdcli_range_each(cluster.handle(), &params, nullptr, none, nullptr, nullptr, nullptr) ==
        ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_range_each(cluster.handle(), &params, none, nullptr, nullptr, nullptr, nullptr) ==
        ETCDCLI_ERR_ARGUMENT);
  CHECK(submit(params) == ETCDCLI_OK);
  CHECK(submit(params) == ETCDCLI_ERR_LIMIT);
}

TEST_CASE_METHOD(WithEtcd, "Closing and freeing end what comes in parts", "[calls][etcd]") {
  put_all(oracle, names("p/", 20));
  Cluster closed(host, etcd.endpoints());
  Call &first = closed.submit(etcdcli_range_each, pages_of("p/", 1));
  Call &image = closed.submit(etcdcli_snapshot, here);
  host.max_callbacks = 1;
  REQUIRE(host.wait_until([&] { return first.parts.size() == 2; }));
  host.max_callbacks = 0;
  closed.close(0);
  CHECK(first.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(image.ended());

  Cluster freed(host, etcd.endpoints());
  Call &second = freed.submit(etcdcli_range_each, pages_of("p/", 1));
  second.on_part = [&] {
    if (second.parts.size() == 2) CHECK(freed.free() == ETCDCLI_OK);
  };
  REQUIRE(host.wait_until([&] { return second.ended(); }));
  CHECK(second.code() == ETCDCLI_ERR_CANCELLED);
  CHECK(second.parts.size() == 2);
}

// Snapshots

TEST_CASE_METHOD(WithEtcd, "A snapshot is the whole database, and says itself that it is", "[calls][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  for (int i = 0; i < 30; ++i) oracle.put("key" + std::to_string(i), std::string(100000, 'v'));
  const Call &snapshot = cluster.finish(cluster.submit(etcdcli_snapshot, here));
  REQUIRE(snapshot.code() == ETCDCLI_OK);
  REQUIRE(snapshot.parts.size() > 2);
  std::string image;
  for (const Answer &part : snapshot.parts) {
    REQUIRE(part.admin.snapshot_data);
    image += *part.admin.snapshot_data;
  }
  CHECK(snapshot.parts[0].admin.remaining_bytes > 0);
  CHECK(snapshot.parts.back().admin.remaining_bytes == 0);
  CHECK(image.size() > 30u * 100000);
  CHECK(image.size() % 512 == 32);
  // The last 32 bytes are the sum of what is before them.
  TempDir directory;
  const std::string body = directory.path() + "/body", sum = directory.path() + "/sum";
  std::ofstream(body, std::ios::binary).write(image.data(), static_cast<std::streamsize>(image.size() - 32));
  REQUIRE(std::system(("sha256sum " + body + " > " + sum).c_str()) == 0);
  std::string hex;
  for (const unsigned char byte : image.substr(image.size() - 32)) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    hex += digits;
  }
  CHECK(read_file(sum).substr(0, 64) == hex);
}

TEST_CASE_METHOD(WithProxy, "A snapshot is read no further than a slow host takes it", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "1000"}});
  for (int i = 0; i < 64; ++i)
    oracle.put("key" + std::to_string(i), std::string(1000000, static_cast<char>('a' + i % 26)));
  const double before = resident_mib();
  Call &snapshot = cluster.submit(etcdcli_snapshot, here);
  host.max_callbacks = 1;
  REQUIRE(host.wait_until([&] { return snapshot.parts.size() == 3; }));
  snapshot.parts.clear();
  // Pumped, but with its callbacks used up by others; and longer than etcd may be silent: it is not etcd that is.
  std::uint64_t reached = 0;
  REQUIRE(eventually([&] {
    const std::uint64_t bytes = proxy.counts().to_client;
    std::this_thread::sleep_for(Milliseconds{200});
    reached = proxy.counts().to_client;
    return reached == bytes;
  }));
  std::this_thread::sleep_for(Milliseconds{1200});
  CHECK(proxy.counts().to_client == reached);
  CHECK(reached < 20u * 1000 * 1000);
  CHECK(resident_mib() - before < 16);
  // Others are served meanwhile, and what is left comes when it is taken.
  host.max_callbacks = 0;
  std::uint64_t taken = 0;
  snapshot.on_part = [&] {
    taken += snapshot.parts.back().admin.snapshot_data->size();
    snapshot.parts.clear();
  };
  CHECK(cluster.finish(cluster.get("key1")).code() == ETCDCLI_OK);
  cluster.finish(snapshot);
  CHECK(snapshot.code() == ETCDCLI_OK);
  CHECK(taken > 60u * 1000 * 1000);
}

TEST_CASE_METHOD(WithProxy, "A snapshot that was cut ends once, and is not taken for whole", "[calls][etcd]") {
  Cluster cluster(host, proxy.url(), quick_recovery);
  for (int i = 0; i < 30; ++i) oracle.put("key" + std::to_string(i), std::string(100000, 'v'));
  Call &snapshot = cluster.submit(etcdcli_snapshot, here);
  snapshot.on_part = [&] {
    if (snapshot.parts.size() == 5) proxy.reset();
  };
  proxy.throttle(Direction::to_client, 2000000);
  cluster.finish(snapshot);
  CHECK(snapshot.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(snapshot.error.worth_retrying);
  CHECK(snapshot.parts.size() >= 5);
}

TEST_CASE_METHOD(WithThreeMembers, "A snapshot that has not begun is had from another member, unless one is named",
                 "[calls][etcd]") {
  Options options = quick_recovery;
  options.emplace_back("attempt.timeout.ms", "500");
  Cluster cluster(host, etcd.endpoints(), options);
  for (std::size_t i = 0; i < 2; ++i) etcd.member(i).kill();
  CHECK(cluster.finish(cluster.submit(etcdcli_snapshot, here)).code() == ETCDCLI_OK);
  etcdcli_maintenance_params named = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  const std::string url = etcd.member(0).url();
  named.endpoint = url.c_str();
  named.timeout_ms = 500;
  const Call &dead = cluster.finish(cluster.submit(etcdcli_snapshot, named));
  CHECK(dead.code() == ETCDCLI_ERR_UNAVAILABLE);
  CHECK(dead.error.endpoint == url);
  etcd.member(0).restart();
}

TEST_CASE("A server that lies about a snapshot gets no host to believe it", "[calls]") {
  struct Case {
    const char *what;
    FakeReply reply;
    int code;
  };
  const std::string part = R"({"result":{"remaining_bytes":"5","blob":"aGVsbG8="}})"
                           "\n";
  const std::string last = R"({"result":{"blob":"aGVsbG8="}})"
                           "\n";
  const auto whole = [](const std::string &body) { return http_reply(200, "application/json", body); };
  const Case cases[] = {
      {"is whole", whole(part + last), ETCDCLI_OK},
      {"ends before its end", whole(part), ETCDCLI_ERR_PROTOCOL},
      {"has no part", whole(""), ETCDCLI_ERR_PROTOCOL},
      {"is cut", chunked(part), ETCDCLI_ERR_UNAVAILABLE},
      {"falls silent", chunked(part, FakeReply::Then::keep_open), ETCDCLI_ERR_TIMEOUT},
      {"never begins", {""}, ETCDCLI_ERR_TIMEOUT},
      {"is of blank lines", {chunked("\n").bytes, FakeReply::Then::keep_open, "1\r\n\n\r\n"}, ETCDCLI_ERR_TIMEOUT},
      {"is HTML", whole("<html>"), ETCDCLI_ERR_PROTOCOL},
      {"has a bad part",
       whole(part + R"({"result":{"blob":"***"}})"
                    "\n"),
       ETCDCLI_ERR_PROTOCOL},
      {"has a part too many to hold", whole(R"({"result":{"blob":")" + std::string(200000, 'A') + "\"}}\n"),
       ETCDCLI_ERR_TOO_LARGE},
      {"says an error", whole(part + R"({"error":{"grpc_code":14,"message":"etcdserver: no leader"}})"),
       ETCDCLI_ERR_UNAVAILABLE},
      {"is refused", http_reply(403, "application/json", R"({"error":"denied","message":"denied","code":7})"),
       ETCDCLI_ERR_SERVER},
  };
  for (const Case &one : cases) {
    INFO(one.what);
    Host host;
    FakeHttpServer server([&](const auto &) { return one.reply; });
    Options options = quick_recovery;
    options.emplace_back("response.max.bytes", "100000");
    options.emplace_back("attempt.timeout.ms", "300");
    Cluster cluster(host, server.url(), options);
    etcdcli_maintenance_params params = ETCDCLI_MAINTENANCE_PARAMS_INIT;
    params.timeout_ms = 400;
    const Call &snapshot = cluster.finish(cluster.submit(etcdcli_snapshot, params));
    INFO(snapshot.error.message);
    CHECK(snapshot.code() == one.code);
    CHECK(snapshot.parts.size() <= 2);
  }
}

TEST_CASE("A stream of the gateway's gives what is in each document, and ends as it says", "[calls]") {
  Host host;
  FakeHttpServer server([&](const auto &request) {
    if (!request.asks_for("/v3/a/b")) return http_reply(404, "text/plain", "Not Found\n");
    return http_reply(200, "application/json", "{\"result\":{\"a\": [1, {\"b\":null}]}}\n\n{\"result\":7}\n");
  });
  Cluster cluster(host, server.url());
  etcdcli_gateway_params params = ETCDCLI_GATEWAY_PARAMS_INIT;
  params.path = "a/b";
  const Call &broken = cluster.finish(cluster.submit(etcdcli_gateway_stream, params));
  REQUIRE(broken.parts.size() == 1);
  REQUIRE(broken.parts[0].admin.json);
  CHECK(*broken.parts[0].admin.json == "{\"a\": [1, {\"b\":null}]}");
  // What follows is no object, and so no answer of etcd's; whether it did what it was asked nobody knows.
  CHECK(broken.code() == ETCDCLI_ERR_UNKNOWN_OUTCOME);
  params.path = "a/c";
  CHECK(cluster.finish(cluster.submit(etcdcli_gateway_stream, params)).code() == ETCDCLI_ERR_PROTOCOL);
}
