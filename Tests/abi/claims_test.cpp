// Claims: whose a key is that exists, what is done about it, and that what is held is held.
#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/fixtures.h"

using namespace harness;

namespace {

const Options vigilant = {{"keepalive.verify.ms", "300"}};
constexpr Milliseconds verify{300};

/// Another process' key, which lives for a minute.
std::int64_t put_anothers(const Oracle &oracle, std::string_view value) {
  return oracle.put("key", value, oracle.grant_lease(60));
}

std::string current_endpoint(const Cluster &cluster) {
  for (int i = 0;; ++i) {
    const etcdcli_endpoint_info *endpoint = etcdcli_cluster_endpoint(cluster.handle(), i);
    REQUIRE(endpoint != nullptr);
    if ((endpoint->flags & ETCDCLI_ENDPOINT_CURRENT) != 0) return endpoint->url;
  }
}

}  // namespace

// What is held

TEST_CASE_METHOD(WithEtcd, "That a key was overwritten is noticed in time", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints(), vigilant);
  const Keepalive &keepalive = cluster.keep("key", "ours");
  const Keepalive &other = cluster.keep("other", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held() && other.held(); }));
  oracle.put("key", "theirs");
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_CONFLICT);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_CONFLICT).owner->value == "theirs");
  CHECK(oracle.value("key") == "theirs");
  CHECK(other.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithEtcd, "A key that was deleted is claimed again", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints(), vigilant);
  const Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  const std::int64_t fence = keepalive.last(ETCDCLI_KEEPALIVE_HELD).fence;
  const std::int64_t erased = oracle.erase("key");
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_LOST).error.code == ETCDCLI_ERR_KEY_DELETED);
  CHECK(oracle.value("key") == "ours");
  CHECK(fence < erased);
  CHECK(keepalive.last(ETCDCLI_KEEPALIVE_HELD).fence > erased);
}

TEST_CASE_METHOD(WithEtcd, "That keys were taken is noticed after a failover too", "[claims][etcd]") {
  TcpProxy first(etcd.member(0).port());
  TcpProxy second(etcd.member(0).port());
  Cluster cluster(host, first.url() + "," + second.url(), {{"keepalive.verify.ms", "0"}, {"backoff.max.ms", "300"}});
  const Keepalive &keepalive = cluster.keep("key", "ours");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  oracle.erase("key");
  for (TcpProxy *network : {&first, &second}) {
    if (network->url() != current_endpoint(cluster)) continue;
    network->refuse();
    network->reset();
    break;
  }
  cluster.finish(cluster.get("key"));
  CHECK(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
}

/// One request for all, however many there are.
TEST_CASE_METHOD(WithEtcd, "A thousand keys are verified with few requests", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"keepalive.verify.ms", "1000"}});
  std::vector<Keepalive *> keepalives;
  for (int i = 0; i < 1000; ++i) keepalives.push_back(&cluster.keep("key " + std::to_string(i), "ours"));
  const auto all_held = [&] {
    return std::all_of(keepalives.begin(), keepalives.end(), [](const Keepalive *one) { return one->held(); });
  };
  REQUIRE(host.wait_until(all_held));
  const auto requests = [&] {
    return std::count_if(cluster.log.begin(), cluster.log.end(),
                         [](const std::string &line) { return line.find("KV/Txn") != std::string::npos; });
  };
  for (const char *key : {"key 500", "key 7", "key 999"}) {
    const Keepalive &keepalive = *keepalives[std::stoul(key + 4)];
    const auto before = requests();
    oracle.erase(key);
    REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_HELD) == 2; }));
    // The round that was under way, the next one, and a claim.
    CHECK(requests() - before <= 2 * 8 + 8);
  }
  CHECK(all_held());
}

// Whose a key is

TEST_CASE_METHOD(WithEtcd, "Two live processes with one identity do not take the key in turns", "[claims][etcd]") {
  Cluster first(host, etcd.endpoints(), vigilant);
  const Keepalive &before = first.keep("key", "same");
  REQUIRE(host.wait_until([&] { return before.held(); }));
  Cluster second(host, etcd.endpoints(), vigilant);
  const Keepalive &after = second.keep("key", "same");
  REQUIRE(host.wait_until([&] { return after.held() && before.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  const std::int64_t revision = oracle.get("key")->mod_revision;
  host.run_for(3 * verify);
  CHECK(oracle.get("key")->mod_revision == revision);
  CHECK(after.held());
  CHECK(after.times(ETCDCLI_KEEPALIVE_LOST) == 0);
}

TEST_CASE_METHOD(WithEtcd, "A part of the value says whose the key is", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  etcdcli_keepalive_params params = keepalive_params("key", "blue;2");
  std::string before = "blue;1";
  std::string another = "red;1";
  SECTION("what is before a separator") {
    params.identity_separator = slice(";");
  }
  SECTION("a field of a JSON object") {
    params.value = slice(R"({"pid":2,"id":"blue"})");
    before = R"({ "id": "bl\u0075e", "pid": 1 })";
    another = R"({"id":"red","pid":2})";
    params.identity_field = slice("id");
  }
  put_anothers(oracle, before);
  Keepalive &keepalive = cluster.keep(params);
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(
      oracle.value("key") ==
      std::string(params.value.data == nullptr ? "" : static_cast<const char *>(params.value.data), params.value.size));
  keepalive.free();
  REQUIRE(host.wait_until([&] { return !oracle.get("key"); }));
  put_anothers(oracle, another);
  const Keepalive &refused = cluster.keep(params);
  REQUIRE(host.wait_until([&] { return refused.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  CHECK(refused.last(ETCDCLI_KEEPALIVE_CONFLICT).owner->value == another);
}

TEST_CASE_METHOD(WithEtcd, "If absent means that no value counts", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  put_anothers(oracle, "same");
  const Keepalive &keepalive = cluster.keep("key", "same", ETCDCLI_CLAIM_IF_ABSENT);
  CHECK(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
}

TEST_CASE_METHOD(WithEtcd, "Always takes a key from whoever has it", "[claims][etcd]") {
  Cluster first(host, etcd.endpoints(), vigilant);
  const Keepalive &before = first.keep("key", "before", ETCDCLI_CLAIM_ALWAYS);
  REQUIRE(host.wait_until([&] { return before.held(); }));
  Cluster second(host, etcd.endpoints(), vigilant);
  const Keepalive &after = second.keep("key", "after", ETCDCLI_CLAIM_ALWAYS);
  REQUIRE(host.wait_until([&] { return after.held() && before.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  host.run_for(3 * verify);
  CHECK(oracle.value("key") == "after");
  CHECK(after.last(ETCDCLI_KEEPALIVE_HELD).fence > before.last(ETCDCLI_KEEPALIVE_HELD).fence);
}

TEST_CASE_METHOD(WithEtcd, "The host says whose a key is", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  const std::int64_t revision = put_anothers(oracle, "theirs");
  Keepalive &keepalive = cluster.keep("key", "ours", ETCDCLI_CLAIM_ASK);
  SECTION("its own") {
    keepalive.answer = ETCDCLI_CLAIM_ANSWER_OURS;
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
    CHECK(oracle.value("key") == "ours");
  }
  SECTION("another's") {
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
    CHECK(oracle.value("key") == "theirs");
  }
  SECTION("another's, and it waits") {
    keepalive.answer = ETCDCLI_CLAIM_ANSWER_WAIT;
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_BLOCKED; }));
    oracle.erase("key");
    REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  }
  SECTION("nonsense") {
    keepalive.answer = 4711;
    REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  }
  REQUIRE(keepalive.asked.size() == 1);
  CHECK(keepalive.asked[0].value == "theirs");
  CHECK(keepalive.asked[0].key == "key");
  CHECK(keepalive.asked[0].mod_revision == revision);
}

TEST_CASE_METHOD(WithEtcd, "A keepalive is freed while it asks", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  put_anothers(oracle, "theirs");
  struct Asked {
    bool was = false;
    int destroys = 0;
  } asked;
  etcdcli_keepalive *handle = nullptr;
  etcdcli_keepalive_params params = keepalive_params("key", "ours");
  params.claim = ETCDCLI_CLAIM_ASK;
  params.on_claim = [](etcdcli_keepalive *keepalive, const etcdcli_kv *found, void *user) {
    static_cast<Asked *>(user)->was = true;
    etcdcli_keepalive_free(keepalive);
    return found->value.size == 6 ? static_cast<int>(ETCDCLI_CLAIM_ANSWER_OURS) : 99;
  };
  params.user = &asked;
  params.destroy = [](void *user) { static_cast<Asked *>(user)->destroys += 1; };
  REQUIRE(etcdcli_keepalive_new(cluster.handle(), &params, &handle) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return asked.destroys == 1; }));
  CHECK(asked.was);
  host.run_for(Milliseconds{100});
  CHECK(oracle.value("key") == "theirs");
}

// Locks

TEST_CASE_METHOD(WithEtcd, "Who waits has the key the moment it is gone", "[claims][etcd]") {
  std::deque<Cluster> clusters;
  std::vector<Keepalive *> contenders;
  for (int i = 0; i < 4; ++i) {
    contenders.push_back(&clusters.emplace_back(host, etcd.endpoints()).keep("lock", "", ETCDCLI_CLAIM_WAIT));
  }
  const auto count = [&](int state) {
    return std::count_if(contenders.begin(), contenders.end(), [&](Keepalive *one) { return one->state() == state; });
  };
  std::int64_t fence = 0;
  for (std::ptrdiff_t left = 4; left > 0; --left) {
    REQUIRE(host.wait_until(
        [&] { return count(ETCDCLI_KEEPALIVE_HELD) == 1 && count(ETCDCLI_KEEPALIVE_BLOCKED) == left - 1; }));
    Keepalive &holder = **std::find_if(contenders.begin(), contenders.end(), [](auto *one) { return one->held(); });
    CHECK(holder.last(ETCDCLI_KEEPALIVE_HELD).fence == oracle.get("lock")->create_revision);
    CHECK(holder.last(ETCDCLI_KEEPALIVE_HELD).fence > fence);
    fence = holder.last(ETCDCLI_KEEPALIVE_HELD).fence;
    if (left > 1) {
      const Keepalive &waiting = **std::find_if(contenders.begin(), contenders.end(),
                                                [](auto *one) { return one->state() == ETCDCLI_KEEPALIVE_BLOCKED; });
      // Who waits goes on waiting, and is told for whom when its claim has come too late.
      REQUIRE(host.wait_until([&] { return waiting.last(ETCDCLI_KEEPALIVE_BLOCKED).owner->create_revision == fence; }));
    }
    // Either way it is gone.
    if (left % 2 == 0) {
      REQUIRE(holder.remove() == ETCDCLI_OK);
    } else {
      oracle.revoke_lease(holder.last(ETCDCLI_KEEPALIVE_HELD).lease);
      holder.free();
    }
    contenders.erase(std::find(contenders.begin(), contenders.end(), &holder));
  }
}

TEST_CASE_METHOD(WithEtcd, "A key that is waited for is watched and not asked for", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  put_anothers(oracle, "theirs");
  const Keepalive &keepalive = cluster.keep("key", "ours", ETCDCLI_CLAIM_WAIT);
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_BLOCKED; }));
  const auto requests = [&] {
    return std::count_if(cluster.log.begin(), cluster.log.end(),
                         [](const std::string &line) { return line.find("KV/") != std::string::npos; });
  };
  const auto before = requests();
  for (int i = 0; i < 20; ++i) {
    oracle.put("key", "theirs " + std::to_string(i));
    host.run_for(Milliseconds{20});
  }
  CHECK(requests() == before);
  CHECK(keepalive.state() == ETCDCLI_KEEPALIVE_BLOCKED);
  // It counts as no watcher of the host's.
  etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
  REQUIRE(etcdcli_cluster_metrics(cluster.handle(), &metrics) == ETCDCLI_OK);
  CHECK(metrics.watchers == 0);
  oracle.erase("key");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
}

TEST_CASE_METHOD(WithEtcd, "What a waiting keepalive missed it finds by asking again", "[claims][etcd]") {
  TcpProxy network(etcd.member(0).port());
  Cluster cluster(host, network.url(), {{"lease.ttl.s", "60"}, {"backoff.max.ms", "300"}});
  put_anothers(oracle, "theirs");
  const Keepalive &keepalive = cluster.keep("key", "ours", ETCDCLI_CLAIM_WAIT);
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_BLOCKED; }));
  network.reset();
  network.refuse();
  oracle.erase("key");
  std::int64_t revision = 0;
  for (int i = 0; i < 10; ++i) revision = oracle.put("something else", "");
  oracle.compact(revision);
  network.heal();
  CHECK(host.wait_until([&] { return keepalive.held(); }));
}

// Conflicts

TEST_CASE_METHOD(WithEtcd, "A conflict is tried again when the host says so", "[claims][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  put_anothers(oracle, "theirs");
  const Keepalive &keepalive = cluster.keep("key", "ours");
  CHECK(etcdcli_keepalive_retry(keepalive.handle) == ETCDCLI_ERR_ARGUMENT);
  REQUIRE(host.wait_until([&] { return keepalive.state() == ETCDCLI_KEEPALIVE_CONFLICT; }));
  REQUIRE(etcdcli_keepalive_retry(keepalive.handle) == ETCDCLI_OK);
  CHECK(etcdcli_keepalive_retry(keepalive.handle) == ETCDCLI_ERR_ARGUMENT);
  REQUIRE(host.wait_until([&] { return keepalive.times(ETCDCLI_KEEPALIVE_CONFLICT) == 2; }));
  oracle.erase("key");
  REQUIRE(etcdcli_keepalive_retry(keepalive.handle) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  CHECK(cluster.close(0).code == ETCDCLI_OK);
  CHECK(etcdcli_keepalive_retry(keepalive.handle) == ETCDCLI_ERR_CLOSED);
}

// Arguments

TEST_CASE("What is wrong with a claim is said", "[claims]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  etcdcli_keepalive *handle = nullptr;
  etcdcli_keepalive_params params = keepalive_params("key", "value");
  std::string name;
  SECTION("no policy") {
    params.claim = GENERATE(-1, 5, 4711);
    name = "claim";
  }
  SECTION("nobody to ask") {
    params.claim = ETCDCLI_CLAIM_ASK;
    name = "on_claim";
  }
  SECTION("nothing to ask") {
    params.on_claim = Keepalive::ask;
    name = "on_claim";
  }
  SECTION("an identity for nothing") {
    params.claim = ETCDCLI_CLAIM_ALWAYS;
    params.identity_separator = slice(";");
    name = "identity";
  }
  SECTION("two identities") {
    params.identity_separator = slice("a");
    params.identity_field = slice("a");
    name = "identity_field";
  }
  SECTION("a value without its separator") {
    params.identity_separator = slice(";");
    name = "identity_separator";
  }
  SECTION("a value without its field") {
    params.identity_field = slice("id");
    name = "identity_field";
  }
  CHECK(etcdcli_keepalive_new(cluster.handle(), &params, &handle) == ETCDCLI_ERR_ARGUMENT);
  CHECK(handle == nullptr);
  CHECK_THAT(etcdcli_last_error(), Catch::Contains(name));
}
