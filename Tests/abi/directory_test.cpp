// Directories: who is there and who of them is responsible, as etcd has it (directory.h).
#include <catch2/catch.hpp>
#include <etcdcli/directory.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "harness/fixtures.h"

using namespace harness;

namespace {

// A directory of the library, with records of all it said.
struct Followed {
  std::vector<std::string> told;
  std::vector<int> states;
  int destroyed = 0;
  std::function<void(const etcdcli_directory_info &)> then;
  etcdcli_directory *handle = nullptr;

  Followed(Cluster &cluster, etcdcli_directory_params params) {
    params.on_change = change;
    params.user = this;
    params.destroy = [](void *user) { ++static_cast<Followed *>(user)->destroyed; };
    REQUIRE(etcdcli_directory_new(cluster.handle(), &params, &handle) == ETCDCLI_OK);
  }
  Followed(Cluster &cluster, const char *prefix, int parser = ETCDCLI_PARSER_NONE)
      : Followed(cluster, params_for(prefix, parser)) {}
  Followed(const Followed &) = delete;
  ~Followed() { static_cast<void>(etcdcli_directory_free(handle)); }

  static etcdcli_directory_params params_for(const char *prefix, int parser) {
    etcdcli_directory_params params = ETCDCLI_DIRECTORY_PARAMS_INIT;
    params.prefix = etcdcli_str(prefix);
    params.parser = parser;
    return params;
  }

  static void change(etcdcli_directory *directory, const etcdcli_directory_info *info, void *user) {
    auto &self = *static_cast<Followed *>(user);
    CHECK(directory == self.handle);
    if (info->change == ETCDCLI_CHANGE_STATE) {
      self.states.push_back(info->state);
    } else {
      std::string text = etcdcli_change_name(info->change);
      if (info->service) text += " " + std::string(etcdcli::service(info->service).id());
      if (info->kv) text += " " + std::string(etcdcli::kv(info->kv).key());
      self.told.push_back(text);
    }
    if (self.then) self.then(*info);
  }

  etcdcli::picture picture() const { return etcdcli::picture(etcdcli_directory_picture(handle)); }
  bool is_complete() const { return !told.empty() && told.back() == "complete"; }
  bool live() const { return etcdcli_directory_state(handle) == ETCDCLI_WATCHER_LIVE; }
  std::string ids() const {
    std::string ids;
    for (const auto &service : picture()) ids += (ids.empty() ? "" : " ") + std::string(service.id());
    return ids;
  }
};

struct Vector {
  std::string kind;
  std::vector<std::string> words;
};

std::vector<Vector> vectors() {
  std::vector<Vector> found;
  std::ifstream file(DIRECTORY_VECTORS);
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    Vector vector;
    stream >> vector.kind;
    for (std::string word; stream >> word;) vector.words.push_back(word);
    found.push_back(vector);
  }
  return found;
}

}  // namespace

TEST_CASE("Hashes are those of the vectors", "[directory]") {
  int count = 0;
  for (const auto &vector : vectors()) {
    if (vector.kind == "text") {
      const std::string text = vector.words[0] == "-" ? "" : vector.words[0];
      CHECK(etcdcli::hash_of(text) == std::stoull(vector.words[1], nullptr, 16));
    } else if (vector.kind == "u64") {
      CHECK(etcdcli::hash_of(std::uint64_t{std::stoull(vector.words[0])}) == std::stoull(vector.words[1], nullptr, 16));
    } else if (vector.kind == "i64") {
      CHECK(etcdcli::hash_of(std::int64_t{std::stoll(vector.words[0])}) == std::stoull(vector.words[1], nullptr, 16));
    } else {
      continue;
    }
    ++count;
  }
  CHECK(count > 12);
  CHECK(etcdcli::hash_of(7) == etcdcli::hash_of(std::uint64_t{7}));
  CHECK(etcdcli_hash_bytes(etcdcli_bytes(nullptr, 0)) == etcdcli::hash_of(""));
}

TEST_CASE("Hashes for the ring are those of the vectors", "[directory]") {
  int count = 0;
  for (const auto &vector : vectors()) {
    if (vector.kind != "murmur" && vector.kind != "murmur_u64") continue;
    const auto seed = static_cast<std::uint32_t>(std::stoul(vector.words[0]));
    const std::string text = vector.words[1] == "-" ? "" : vector.words[1];
    const etcdcli_ring_hash hash = vector.kind == "murmur"
                                       ? etcdcli::ring_hash_of(text, seed)
                                       : etcdcli::ring_hash_of(std::uint64_t{std::stoull(text)}, seed);
    CHECK(hash.first == std::stoull(vector.words[2], nullptr, 16));
    CHECK(hash.second == std::stoull(vector.words[3], nullptr, 16));
    ++count;
  }
  CHECK(count == 12);
  const auto all_ones = etcdcli::ring_hash_of(std::uint64_t{~0ULL});
  CHECK(etcdcli::ring_hash_of(-1).second == all_ones.second);
  CHECK(etcdcli_ring_hash_bytes(etcdcli_bytes(nullptr, 0), 1).first == etcdcli::ring_hash_of("", 1).first);
}

TEST_CASE_METHOD(WithEtcd, "A fleet of the atframework chooses as it does there", "[directory][etcd]") {
  // Keys and values as its etcd_module writes them.
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string name = "game-" + std::to_string(i), id = std::to_string(0x1010000 + i);
    std::string value = R"({"id":")" + id + R"(","name":")" + name + R"(","hostname":"h","pid":71,)";
    value += R"("listen":["ipv4://127.0.0.1:7"],"hash_code":"0A","type_id":"65","type_name":"game",)";
    value += R"("version":"1.2.0","identity":"i-)" + id + R"(","metadata":{"labels":{"a":"b"}}})";
    oracle.put("/game/by_id/" + name + "-" + id, value);
  }
  Cluster cluster(host, etcd.endpoints());
  const Followed followed(cluster, "/game/by_id/", ETCDCLI_PARSER_JSON);
  REQUIRE(host.wait_until([&] { return followed.is_complete(); }));
  const auto picture = followed.picture();
  REQUIRE(picture.size() == 20);
  int count = 0;
  for (const auto &vector : vectors()) {
    if (vector.kind != "ring" || vector.words[0] != "both") continue;
    const auto ring = vector.words[1] == "name" ? etcdcli::ring::name : etcdcli::ring::id_and_name;
    const auto hash = etcdcli::ring_hash_of(std::uint64_t{std::stoull(vector.words[2])});
    const etcdcli_service *first[3] = {};
    REQUIRE(picture.ring_select_many(ring, hash, first) == 3);
    for (int i = 0; i < 3; ++i) CHECK(etcdcli::service(first[i]).key() == vector.words[3 + i]);
    CHECK(picture.ring_select(ring, hash).get() == first[0]);
    ++count;
  }
  CHECK(count == 24);
  const auto hash = etcdcli::ring_hash_of(7);
  CHECK(etcdcli_picture_ring_select(picture.get(), 2, hash) == nullptr);
  CHECK(etcdcli_picture_ring_select_many(picture.get(), 2, hash, nullptr, 1) == 0);
  CHECK(etcdcli_picture_ring_select(nullptr, ETCDCLI_RING_NAME, hash) == nullptr);
}

TEST_CASE("States and changes of a directory have names", "[directory]") {
  const std::vector<std::string> states = {"up", "draining", "down"};
  for (int state = 0; state < 3; ++state) CHECK(etcdcli_service_state_name(state) == states[std::size_t(state)]);
  const std::vector<std::string> changes = {"complete", "joined", "changed", "left", "refused", "state"};
  for (int change = 1; change <= 6; ++change) CHECK(etcdcli_change_name(change) == changes[std::size_t(change - 1)]);
  for (const int none : {-1, 7, 4711}) {
    CHECK(etcdcli_service_state_name(none) == std::string("unknown"));
    CHECK(etcdcli_change_name(none) == std::string("unknown"));
  }
}

TEST_CASE_METHOD(WithEtcd, "A directory chooses as the vectors say", "[directory][etcd]") {
  std::vector<std::pair<std::string, std::string>> fleet;
  const int weights[] = {1, 2, 5, 100, 0};
  for (int i = 0; i < 20; ++i) {
    const std::string id = (i < 10 ? "000" : "00") + std::to_string(i);
    fleet.emplace_back("/game/" + id, "{\"weight\":" + std::to_string(weights[i % 5]) + "}");
  }
  oracle.put_all(fleet);
  Cluster cluster(host, etcd.endpoints());
  const Followed followed(cluster, "/game/", ETCDCLI_PARSER_JSON);
  REQUIRE(host.wait_until([&] { return followed.is_complete(); }));
  CHECK(followed.told == std::vector<std::string>{"complete"});
  const auto picture = followed.picture();
  CHECK(picture.size() == 20);
  CHECK(picture.takers() == 16);
  CHECK(picture.revision() == oracle.revision());
  int count = 0;
  for (const auto &vector : vectors()) {
    if (vector.kind != "first" || vector.words[0] != "mixed") continue;
    const auto hash = etcdcli::hash_of(std::uint64_t{std::stoull(vector.words[1])});
    const etcdcli_service *first[3] = {};
    REQUIRE(picture.select_many(hash, first) == 3);
    for (int i = 0; i < 3; ++i) CHECK(etcdcli::service(first[i]).key() == vector.words[2 + i]);
    CHECK(picture.select(hash).get() == first[0]);
    ++count;
  }
  CHECK(count == 12);
}

TEST_CASE_METHOD(WithEtcd, "Services that register are followed, changed and gone", "[directory][etcd]") {
  Cluster cluster(host, etcd.endpoints(), {{"lease.ttl.s", "5"}});
  Followed followed(cluster, "/game/", ETCDCLI_PARSER_JSON);
  REQUIRE(host.wait_until([&] { return followed.is_complete() && followed.live(); }));
  CHECK(followed.ids().empty());
  CHECK_FALSE(followed.picture().select(1));

  Keepalive &blue = cluster.keep("/game/blue", R"({"id":"b","weight":3,"labels":{"shard":"7"}})");
  cluster.keep("/game/red", R"({"id":"r","zone":"west"})");
  REQUIRE(host.wait_until([&] { return followed.told.size() == 3; }));
  CHECK(std::set<std::string>(followed.told.begin(), followed.told.end()) ==
        std::set<std::string>{"complete", "joined b", "joined r"});
  CHECK(followed.ids() == "b r");
  CHECK(followed.picture().find("/game/blue").label("shard") == "7");
  CHECK(followed.picture().find("/game/blue").weight() == 3);
  CHECK(followed.picture().find("/game/red").zone() == "west");
  CHECK_FALSE(followed.picture().find("/game/green"));

  // What is not understood is told, and nobody is removed by it; then the same value, which is not told.
  oracle.put("/game/red", "nonsense");
  REQUIRE(host.wait_until([&] { return followed.told.size() == 4; }));
  CHECK(followed.told.back() == "refused /game/red");
  CHECK(followed.ids() == "b r");
  REQUIRE(etcdcli_keepalive_set_value(blue.handle, etcdcli_str(R"({"id":"b","state":"draining"})")) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return followed.told.size() == 5; }));
  CHECK(followed.told.back() == "changed b");
  for (std::uint64_t player = 0; player < 50; ++player) {
    CHECK(followed.picture().select(etcdcli::hash_of(player)).id() == "r");
  }
  oracle.put("/game/blue", R"({"id":"b","state":"draining"})");
  oracle.put("/game/blue/2", "{}");
  REQUIRE(host.wait_until([&] { return followed.told.back() == "joined blue/2"; }));
  CHECK(followed.told.size() == 6);

  oracle.erase("/game/red");
  REQUIRE(host.wait_until([&] { return followed.told.size() >= 7 && followed.told[6] == "left r"; }));
}

TEST_CASE_METHOD(WithProxy, "A directory is not empty because etcd is away", "[directory][etcd]") {
  oracle.put("/game/a", "1");
  oracle.put("/game/b", "2");
  Options options = quick_recovery;
  options.emplace_back("connect.timeout.ms", "200");
  Cluster cluster(host, proxy.url(), options);
  const Followed followed(cluster, "/game/");
  REQUIRE(host.wait_until([&] { return followed.is_complete() && followed.states.back() == ETCDCLI_WATCHER_LIVE; }));
  CHECK(etcdcli_directory_behind_ms(followed.handle) == 0);
  const auto kept = followed.picture().acquire();
  const auto before = followed.picture().select(4711).id();

  proxy.refuse();
  proxy.reset();
  REQUIRE(host.wait_until([&] { return etcdcli_directory_behind_ms(followed.handle) > 50; }));
  CHECK(followed.states.back() != ETCDCLI_WATCHER_LIVE);
  CHECK(followed.ids() == "a b");
  CHECK(followed.picture().select(4711).id() == before);
  CHECK(followed.told.size() == 1);

  oracle.erase("/game/a");
  oracle.put("/game/c", "3");
  proxy.heal();
  REQUIRE(host.wait_until([&] { return followed.told.size() == 3; }));
  CHECK(followed.told[1] == "left a");
  CHECK(followed.told[2] == "joined c");
  CHECK(followed.ids() == "b c");
  REQUIRE(host.wait_until([&] { return etcdcli_directory_behind_ms(followed.handle) == 0; }));
  // What was acquired is as it was.
  CHECK(kept.size() == 2);
  CHECK(kept[0].id() == "a");
  CHECK(kept[0].value() == "1");
}

TEST_CASE_METHOD(WithEtcd, "In a namespace services have the same ids", "[directory][etcd]") {
  oracle.put("ns/game/a", "1");
  oracle.put("ns/game/b", "2");
  Cluster inside(host, etcd.endpoints(), {{"namespace", "ns/"}});
  Cluster outside(host, etcd.endpoints());
  const Followed one(inside, "game/");
  const Followed other(outside, "ns/game/");
  REQUIRE(host.wait_until([&] { return one.is_complete() && other.is_complete(); }));
  CHECK(one.picture()[0].key() == "game/a");
  CHECK(one.ids() == "a b");
  CHECK(other.ids() == "a b");
  for (std::uint64_t player = 0; player < 50; ++player) {
    const auto hash = etcdcli::hash_of(player);
    CHECK(one.picture().select(hash).id() == other.picture().select(hash).id());
  }
}

TEST_CASE_METHOD(WithEtcd, "A filter is computed once for each change", "[directory][etcd]") {
  oracle.put("/game/1", R"({"zone":"east","version":"1.9","labels":{"mode":"pvp"}})");
  oracle.put("/game/2", R"({"zone":"west","version":"1.10"})");
  Cluster cluster(host, etcd.endpoints());
  const Followed followed(cluster, "/game/", ETCDCLI_PARSER_JSON);
  REQUIRE(host.wait_until([&] { return followed.is_complete(); }));
  const auto make = [&](const std::function<void(etcdcli_filter_params &)> &set) {
    etcdcli_filter_params params = ETCDCLI_FILTER_PARAMS_INIT;
    set(params);
    etcdcli_filter *filter = nullptr;
    REQUIRE(etcdcli_filter_new(followed.handle, &params, &filter) == ETCDCLI_OK);
    return filter;
  };
  const etcdcli_label pvp = {etcdcli_str("mode"), etcdcli_str("pvp")};
  std::map<std::string, etcdcli_filter *> filters = {
      {"2", make([](auto &params) { params.version = etcdcli_str("1.10"); })},
      {"1", make([&](auto &params) {
         params.labels = &pvp;
         params.label_count = 1;
       })},
      {"1 2", make([](auto &params) {
         params.zone = etcdcli_str("north");
         params.flags = ETCDCLI_FILTER_ZONE_FIRST;
       })}};
  const auto ids = [](etcdcli_filter *filter) {
    std::string ids;
    for (const auto &service : etcdcli::picture(etcdcli_filter_picture(filter))) {
      ids += (ids.empty() ? "" : " ") + std::string(service.id());
    }
    return ids;
  };
  for (const auto &[wanted, filter] : filters) {
    CHECK(ids(filter) == wanted);
    CHECK(etcdcli_filter_picture(filter) == etcdcli_filter_picture(filter));
  }
  const auto picture = etcdcli_filter_picture(filters["2"]);
  REQUIRE(cluster.pump() >= 0);
  CHECK(etcdcli_filter_picture(filters["2"]) == picture);

  oracle.put("/game/3", R"({"zone":"north","version":"2.0"})");
  REQUIRE(host.wait_until([&] { return followed.told.size() == 2; }));
  CHECK(ids(filters["2"]) == "2 3");
  CHECK(ids(filters["1"]) == "1");
  CHECK(ids(filters["1 2"]) == "3");
  for (const auto &[wanted, filter] : filters) CHECK(etcdcli_filter_free(filter) == ETCDCLI_OK);
  CHECK(etcdcli_filter_picture(filters["2"]) == nullptr);
}

TEST_CASE_METHOD(WithEtcd, "A host's parser says what a value is", "[directory][etcd]") {
  oracle.put("/game/a", "west;7");
  oracle.put("/game/b", "-");
  oracle.put("/game/c", "east;-1");
  etcdcli::cluster cluster({{"endpoints", etcd.endpoints()}});
  std::vector<std::string> told;
  etcdcli::directory directory(
      cluster, "/game/",
      [](const etcdcli::kv &kv, etcdcli_service &service) {
        const auto separator = kv.value().find(';');
        if (separator == std::string_view::npos) return false;
        service.zone = etcdcli::to_slice(kv.value().substr(0, separator));
        service.weight = std::stol(std::string(kv.value().substr(separator + 1)));
        return true;
      },
      [&](const etcdcli::directory_info &info) {
        if (info.change() != etcdcli::change::state) told.emplace_back(to_string(info.change()));
      });
  REQUIRE(directory);
  const Deadline deadline(patience);
  while (told.size() < 3 && !deadline.passed()) REQUIRE(cluster.wait(100) >= 0);
  CHECK(told == std::vector<std::string>{"refused", "refused", "complete"});
  REQUIRE(directory.picture().size() == 1);
  CHECK(directory.picture()[0].zone() == "west");
  CHECK(directory.picture()[0].weight() == 7);
}

TEST_CASE_METHOD(WithEtcd, "A directory may be freed inside its callback", "[directory][etcd]") {
  oracle.put("/game/a", "1");
  Cluster cluster(host, etcd.endpoints());
  Followed followed(cluster, "/game/");
  SECTION("by itself") {
    followed.then = [&](const etcdcli_directory_info &info) {
      if (info.change != ETCDCLI_CHANGE_COMPLETE) return;
      CHECK(etcdcli_directory_free(followed.handle) == ETCDCLI_OK);
      CHECK(followed.destroyed == 0);
    };
  }
  SECTION("with its cluster") {
    followed.then = [&](const etcdcli_directory_info &info) {
      if (info.change == ETCDCLI_CHANGE_COMPLETE) CHECK(cluster.free() == ETCDCLI_OK);
    };
  }
  REQUIRE(host.wait_until([&] { return followed.destroyed == 1; }));
  CHECK(followed.is_complete());
}

TEST_CASE("A directory outlives its cluster, and its pictures outlive both", "[directory]") {
  Host host;
  auto cluster = std::make_unique<Cluster>(host, "http://127.0.0.1:1");
  Followed followed(*cluster, "/game/");
  const auto kept = followed.picture().acquire();
  cluster.reset();
  CHECK(followed.destroyed == 1);
  CHECK(etcdcli_directory_state(followed.handle) == ETCDCLI_WATCHER_ENDED);
  CHECK(followed.picture().get() != nullptr);
  etcdcli_filter_params params = ETCDCLI_FILTER_PARAMS_INIT;
  etcdcli_filter *filter = nullptr;
  REQUIRE(etcdcli_filter_new(followed.handle, &params, &filter) == ETCDCLI_OK);
  CHECK(etcdcli_directory_free(followed.handle) == ETCDCLI_OK);
  CHECK(followed.destroyed == 1);
  CHECK(etcdcli_directory_free(followed.handle) == ETCDCLI_ERR_HANDLE);
  CHECK(etcdcli_directory_picture(followed.handle) == nullptr);
  CHECK(etcdcli_directory_behind_ms(followed.handle) == INT64_MAX);
  CHECK(etcdcli_filter_picture(filter) == nullptr);
  CHECK(etcdcli_filter_free(filter) == ETCDCLI_OK);
  CHECK(kept.size() == 0);
  CHECK(kept.revision() == 0);
  CHECK_FALSE(kept.select(1));
}

TEST_CASE("What a directory cannot be made of is refused by name", "[directory]") {
  Host host;
  Cluster cluster(host, "http://127.0.0.1:1");
  const auto refused = [&](const std::function<void(etcdcli_directory_params &)> &set, const char *why) {
    etcdcli_directory_params params = Followed::params_for("/game/", ETCDCLI_PARSER_NONE);
    set(params);
    etcdcli_directory *directory = nullptr;
    CHECK(etcdcli_directory_new(cluster.handle(), &params, &directory) == ETCDCLI_ERR_ARGUMENT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(why));
    CHECK(directory == nullptr);
  };
  refused([](auto &params) { params.prefix = etcdcli_str(""); }, "prefix is empty");
  refused([](auto &params) { params.parser = 17; }, "17");
  refused([](auto &params) { params.parser = ETCDCLI_PARSER_HOST; }, "on_parse");
  refused([](auto &params) { params.on_parse = [](auto *, auto *, auto *, auto *) { return 0; }; }, "on_parse");
  refused([](auto &params) { params.id_field = etcdcli_str("id"); }, "ETCDCLI_PARSER_JSON");
  refused([](auto &params) { params.struct_size = 0; }, "struct_size");
  const auto params = Followed::params_for("/game/", ETCDCLI_PARSER_NONE);
  CHECK(etcdcli_directory_new(cluster.handle(), &params, nullptr) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_directory_new(nullptr, &params, nullptr) == ETCDCLI_ERR_HANDLE);

  const Followed followed(cluster, "/game/");
  const auto refused_filter = [&](const std::function<void(etcdcli_filter_params &)> &set, const char *why) {
    etcdcli_filter_params params = ETCDCLI_FILTER_PARAMS_INIT;
    set(params);
    etcdcli_filter *filter = nullptr;
    CHECK(etcdcli_filter_new(followed.handle, &params, &filter) == ETCDCLI_ERR_ARGUMENT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(why));
  };
  refused_filter([](auto &params) { params.flags = ETCDCLI_FILTER_ZONE_FIRST; }, "zone is empty");
  refused_filter([](auto &params) { params.flags = 64; }, "flags");
  refused_filter([](auto &params) { params.states = 8; }, "states");
  refused_filter([](auto &params) { params.label_count = 1; }, "label_count");
  // Nobody, whatever is asked.
  CHECK(etcdcli_picture_size(nullptr) == 0);
  CHECK(etcdcli_picture_select(nullptr, 1) == nullptr);
  CHECK(etcdcli_picture_turn(nullptr, 1) == nullptr);
  CHECK(etcdcli_picture_acquire(nullptr) == nullptr);
  etcdcli_picture_release(nullptr);
}

TEST_CASE_METHOD(WithEtcd, "Other threads look at a picture while it is replaced", "[directory][etcd]") {
  std::vector<std::pair<std::string, std::string>> fleet;
  // As many as are remembered.
  for (int i = 0; i < 250; ++i) fleet.emplace_back("/game/" + std::to_string(1000 + i), "x");
  oracle.put_all(fleet);
  Cluster cluster(host, etcd.endpoints());
  const Followed followed(cluster, "/game/");
  REQUIRE(host.wait_until([&] { return followed.is_complete(); }));
  std::vector<std::thread> threads;
  std::vector<std::uint64_t> sums(3);
  const auto expected = [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < 20000; ++i) sum += followed.picture().select(i).number() * (i + 1);
    return sum;
  };
  for (std::size_t thread = 0; thread < sums.size(); ++thread) {
    threads.emplace_back([kept = followed.picture().acquire(), &sum = sums[thread]] {
      for (std::uint64_t i = 0; i < 20000; ++i) sum += kept.select(i).number() * (i + 1);
    });
  }
  const auto mine = expected();
  oracle.erase("/game/1100");
  REQUIRE(host.wait_until([&] { return followed.told.back() == "left 1100"; }));
  CHECK(followed.picture().size() == 249);
  for (auto &thread : threads) thread.join();
  for (const auto sum : sums) CHECK(sum == mine);
  CHECK(expected() != mine);
}
