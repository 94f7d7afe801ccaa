#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "harness/fixtures.h"

namespace faults {

using namespace harness;

inline void check_no_secret(const Cluster &cluster, const std::vector<std::string> &secrets) {
  for (const std::string &secret : secrets) {
    for (const std::string &line : cluster.log) CHECK_THAT(line, !Catch::Contains(secret));
    for (const auto &told : cluster.told) CHECK_THAT(told.error.message, !Catch::Contains(secret));
  }
}

/// Writes, watches and holds a key, and knows what has to have become of it.
struct Load {
  Load(Host &load_host, const std::string &endpoints, const Options &options)
      : cluster(load_host, endpoints, options),
        watch(cluster.watch_prefix("k/")),
        keepalive(cluster.keep("k/held", "value")) {}

  /// One more write, as soon as there are fewer than eight.
  void write() {
    if (in_progress >= 8) return;
    const std::string value = std::to_string(calls.size());
    Call &call = cluster.put("k/" + value, value);
    ++in_progress;
    call.on_end = [this] { --in_progress; };
    calls.push_back(&call);
  }

  void run(Host &host, Milliseconds time) {
    for (const Deadline end(time); !end.passed();) {
      write();
      host.run_for(Milliseconds{2});
    }
  }

  /// Each write that was said to be done is there, and came once; each that was said not to be is not.
  void check(Host &host) {
    REQUIRE(host.wait_until([&] { return in_progress == 0 && watch.live(); }));
    const std::string last = "last";
    CHECK(cluster.finish(cluster.put("k/last", last)).code() == ETCDCLI_OK);
    REQUIRE(host.wait_until([&] { return watch.picture.count("k/last") == 1; }));
    std::map<std::string, int> times;
    for (const Event &event : watch.events()) ++times[event.kv.key];
    for (std::size_t index = 0; index < calls.size(); ++index) {
      const std::string key = "k/" + std::to_string(index);
      INFO(key << " ended with " << calls[index]->code() << " " << calls[index]->error.message << ", at revision "
               << calls[index]->revision << "; told of " << times[key] << " times, of " << watch.events().size()
               << " events, at revision " << watch.revision());
      const bool there = watch.picture.count(key) == 1;
      if (calls[index]->code() == ETCDCLI_OK) CHECK(there);
      if (calls[index]->code() != ETCDCLI_OK && !calls[index]->error.may_have_happened) CHECK_FALSE(there);
      CHECK(times[key] <= 1);
    }
    CHECK(keepalive.held());
    CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  }

  long done() const {
    return std::count_if(calls.begin(), calls.end(), [](const Call *call) { return call->code() == ETCDCLI_OK; });
  }

  Cluster cluster;
  Watch &watch;
  Keepalive &keepalive;
  std::vector<Call *> calls;
  int in_progress = 0;
};

}  // namespace faults
