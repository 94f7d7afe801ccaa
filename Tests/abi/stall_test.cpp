// Hosts that are short of time, or of descriptors: what they are told is true, and costs them nothing that they have.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "harness/fd.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

/// The host does something else: it pumps no cluster.
void stall(Milliseconds time) {
  std::this_thread::sleep_for(time);
}

/// While one lives, this process gets no descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit limit = before_;
    limit.rlim_cur = std::min<rlim_t>(1024, limit.rlim_max);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int fd; (fd = ::dup(0)) >= 0;) taken_.emplace_back(fd);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors &) = delete;
  NoDescriptors &operator=(const NoDescriptors &) = delete;

 private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

const Options hasty = {{"request.timeout.ms", "400"}, {"attempt.timeout.ms", "200"}};

}  // namespace

TEST_CASE_METHOD(WithEtcd, "A put that was answered while the host stalled has its outcome", "[stall][etcd]") {
  Cluster cluster(host, etcd.endpoints(), hasty);
  REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  Call &put = cluster.put("k", "value");
  stall(Milliseconds{600});
  CHECK(oracle.value("k") == "value");
  CHECK(cluster.finish(put).code() == ETCDCLI_OK);
  CHECK(cluster.told.size() == 1);  // READY, and nothing since
}

TEST_CASE_METHOD(WithEtcd, "A put whose time ran out before the host pumped is not sent", "[stall][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  etcdcli_put_params params = put_params("k", "value");
  params.timeout_ms = 100;
  Call &put = cluster.put(params);
  stall(Milliseconds{300});
  CHECK(cluster.finish(put).code() == ETCDCLI_ERR_TIMEOUT);
  CHECK_FALSE(put.error.may_have_happened);
  host.run_for(Milliseconds{200});
  CHECK_FALSE(oracle.get("k"));
}

TEST_CASE_METHOD(WithProxy, "A renewal that was answered while the host stalled counts", "[stall][etcd]") {
  Cluster cluster(host, proxy.url(), {{"lease.ttl.s", "3"}});
  const Keepalive &keepalive = cluster.keep("k", "value");
  REQUIRE(host.wait_until([&] { return keepalive.held(); }));
  host.run_for(Milliseconds{200});
  const auto sent = proxy.counts().to_server;
  REQUIRE(host.wait_until([&] { return proxy.counts().to_server > sent; }));
  // Longer than until the renewal before this one lasts.
  stall(Milliseconds{2300});
  host.run_for(Milliseconds{1500});
  CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
  CHECK(keepalive.held());
}

TEST_CASE_METHOD(WithEtcd, "A call that gets no descriptor says so, and a watch keeps its own", "[stall][etcd]") {
  Cluster cluster(host, etcd.endpoints(), hasty);
  // Without a snapshot, so that no connection is left over.
  etcdcli_watcher_params params = watcher_params("k", ETCDCLI_PREFIX);
  params.start_revision = oracle.revision() + 1;
  const Watch &watch = cluster.watch(params);
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  {
    const NoDescriptors none;
    const Call &put = cluster.finish(cluster.put("k", "value"));
    CHECK(put.code() == ETCDCLI_ERR_SYSTEM);
    CHECK_THAT(put.error.message, Catch::Contains("EMFILE"));
    CHECK(put.error.worth_retrying);
    CHECK_FALSE(put.error.may_have_happened);
  }
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.picture.count("k") == 1; }));
  CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);
  CHECK(cluster.told.size() == 1);  // READY, and nothing since
}

TEST_CASE_METHOD(WithEtcd, "A call waits for a descriptor as long as it has time", "[stall][etcd]") {
  Cluster cluster(host, etcd.endpoints(), quick_recovery);
  std::optional<NoDescriptors> none(std::in_place);
  Call &put = cluster.put("k", "value");
  const Watch &watch = cluster.watch_prefix("k");
  host.run_for(Milliseconds{300});
  CHECK_FALSE(put.ended());
  CHECK(cluster.told.empty());
  none.reset();
  CHECK(cluster.finish(put).code() == ETCDCLI_OK);
  CHECK(host.wait_until([&] { return watch.live() && watch.picture.count("k") == 1; }));
}
