// fork and threads: what a child may do with its parent's handles, and who may use which cluster where.
#include <etcdcli/directory.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>

#include "harness/facts.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

/// Runs in a forked child, which then ends at once, without any of the parent's destructors. What it returns says what
/// went wrong there; "" for nothing.
std::string in_child(const std::function<std::string()> &body) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);  // a child that hangs is a child that failed
    const std::string report = body();
    const bool written = ::write(ends[1], report.data(), report.size()) == static_cast<ssize_t>(report.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string report;
  char piece[512];
  for (ssize_t count; (count = ::read(ends[0], piece, sizeof piece)) > 0;) report.append(piece, count);
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) report += "the child died of signal " + std::to_string(WTERMSIG(status));
  return report;
}

/// Collects what is not as it should be. (Catch2 belongs to the parent.)
class Report {
 public:
  void expect(bool condition, const std::string &what) {
    if (!condition) text += what + '\n';
  }
  std::string text;
};

struct Inherited : WithEtcd {
  Cluster cluster{host, etcd.endpoints(), {{"lease.ttl.s", "2"}}};
  Watch &watch = cluster.watch_prefix("k");
  Keepalive &keepalive = cluster.keep("k/self", "value");
  etcdcli_config *config = make_config({{"endpoints", etcd.endpoints()}});

  Inherited() {
    REQUIRE(host.wait_until([&] { return watch.live() && keepalive.held() && watch.picture.size() == 1; }));
  }
  ~Inherited() { etcdcli_config_free(config); }

  /// That the parent's cluster works as before.
  void check_parent() {
    oracle.put("k/after", "fork");
    CHECK(host.wait_until([&] { return watch.picture.count("k/after") == 1; }));
    CHECK(cluster.finish(cluster.put("k/2", "value")).code() == ETCDCLI_OK);
    host.run_for(Milliseconds{2500});
    CHECK(keepalive.times(ETCDCLI_KEEPALIVE_LOST) == 0);
    CHECK(watch.times(ETCDCLI_WATCHER_BACKOFF) == 0);  // its connection was left alone
    CHECK(oracle.get("k/self"));
  }
};

}  // namespace

TEST_CASE_METHOD(Inherited, "A forked child is refused its parent's handles", "[fork][etcd]") {
  Call &call = cluster.get("k");
  const std::string report = in_child([&] {
    Report report;
    etcdcli_cluster *const handle = cluster.handle();
    const auto forked = [&](const char *name, std::int64_t code) {
      report.expect(code == ETCDCLI_ERR_FORKED, std::string(name) + " returned " + std::to_string(code));
    };
    const etcdcli_range_params range = range_params("k");
    const etcdcli_put_params put = put_params("k", "from the child");
    const etcdcli_delete_params erase = delete_params("k");
    const etcdcli_compact_params compact = compact_params(1);
    etcdcli_commit_params commit = ETCDCLI_COMMIT_PARAMS_INIT;
    const etcdcli_lease_params lease = lease_params(1);
    etcdcli_watcher_params follow = watcher_params("k");
    follow.on_batch = Watch::deliver;
    etcdcli_keepalive_params keep = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    keep.key = slice("k2");
    etcdcli_cluster *new_cluster = nullptr;
    etcdcli_watcher *new_watcher = nullptr;
    etcdcli_keepalive *new_keepalive = nullptr;
    forked("config_set", etcdcli_config_set(config, "lease.ttl.s", "5"));
    forked("config_set_log_callback", etcdcli_config_set_log_callback(config, nullptr, nullptr, nullptr));
    forked("cluster_new", etcdcli_cluster_new(config, &new_cluster));
    forked("cluster_fd", etcdcli_cluster_fd(handle));
    report.expect(etcdcli_cluster_timeout_ms(handle) == 0, "cluster_timeout_ms would have a loop wait");
    forked("cluster_pump", etcdcli_cluster_pump(handle, 0));
    forked("cluster_wait", etcdcli_cluster_wait(handle, 0));
    forked("cluster_wakeup", etcdcli_cluster_wakeup(handle));
    forked("cluster_state", etcdcli_cluster_state(handle));
    forked("cluster_set_state_callback", etcdcli_cluster_set_state_callback(handle, nullptr, nullptr, nullptr));
    forked("cluster_lease", etcdcli_cluster_lease(handle));
    forked("cluster_close", etcdcli_cluster_close(handle, ETCDCLI_CLOSE_REVOKE, nullptr, nullptr, nullptr));
    forked("range", etcdcli_range(handle, &range, Call::end, nullptr, nullptr, nullptr));
    forked("put", etcdcli_put(handle, &put, Call::end, nullptr, nullptr, nullptr));
    forked("delete", etcdcli_delete(handle, &erase, Call::end, nullptr, nullptr, nullptr));
    forked("compact", etcdcli_compact(handle, &compact, Call::end, nullptr, nullptr, nullptr));
    forked("commit", etcdcli_commit(handle, &commit, Call::end, nullptr, nullptr, nullptr));
    forked("lease_revoke", etcdcli_lease_revoke(handle, &lease, Call::end, nullptr, nullptr, nullptr));
    forked("cancel", etcdcli_call_cancel(handle, call.id));
    forked("keepalive_new", etcdcli_keepalive_new(handle, &keep, &new_keepalive));
    forked("keepalive_set_value", etcdcli_keepalive_set_value(keepalive.handle, slice("from the child")));
    forked("keepalive_state", etcdcli_keepalive_state(keepalive.handle));
    forked("keepalive_remove", etcdcli_keepalive_remove(keepalive.handle));
    forked("watcher_new", etcdcli_watcher_new(handle, &follow, &new_watcher));
    forked("watcher_state", etcdcli_watcher_state(watch.handle));
    return report.text;
  });
  CHECK(report == "");
  CHECK(cluster.finish(call).code() == ETCDCLI_OK);
  check_parent();
}

TEST_CASE_METHOD(Inherited, "A forked child may free its parent's handles and does no harm", "[fork][etcd]") {
  Call &call = cluster.get("k");
  const std::string report = in_child([&] {
    Report report;
    const std::map<int, std::string> descriptors = open_descriptors();
    const std::size_t states = keepalive.told.size();
    report.expect(watch.free() == ETCDCLI_OK, "watcher_free failed");
    report.expect(cluster.free() == ETCDCLI_OK, "cluster_free failed");
    report.expect(keepalive.free() == ETCDCLI_OK, "keepalive_free failed");
    report.expect(etcdcli_config_free(config) == ETCDCLI_OK, "config_free failed");
    report.expect(watch.destroys == 1, "the watcher's user data was not given back once");
    report.expect(keepalive.destroys == 1, "the keepalive's user data was not given back once");
    report.expect(call.destroys == 1, "the call's user data was not given back once");
    report.expect(call.ends == 0 && keepalive.told.size() == states, "something was called back");
    report.expect(open_descriptors() == descriptors, "descriptors were opened or closed");
    report.expect(etcdcli_config_free(config) == ETCDCLI_ERR_HANDLE, "a second free was not refused");
    return report.text;
  });
  CHECK(report == "");
  CHECK(cluster.finish(call).code() == ETCDCLI_OK);
  check_parent();
}

TEST_CASE_METHOD(Inherited, "A forked child is refused its parent's directories and may free them", "[fork][etcd]") {
  struct Told {
    int completed = 0;
    int destroyed = 0;
  } told;
  etcdcli_directory_params params = ETCDCLI_DIRECTORY_PARAMS_INIT;
  params.prefix = slice("k");
  params.on_change = [](etcdcli_directory *, const etcdcli_directory_info *info, void *user) {
    if (info->change == ETCDCLI_CHANGE_COMPLETE) ++static_cast<Told *>(user)->completed;
  };
  params.user = &told;
  params.destroy = [](void *user) { ++static_cast<Told *>(user)->destroyed; };
  etcdcli_directory *directory = nullptr;
  REQUIRE(etcdcli_directory_new(cluster.handle(), &params, &directory) == ETCDCLI_OK);
  const etcdcli_filter_params all = ETCDCLI_FILTER_PARAMS_INIT;
  etcdcli_filter *filter = nullptr;
  REQUIRE(etcdcli_filter_new(directory, &all, &filter) == ETCDCLI_OK);
  REQUIRE(host.wait_until([&] { return told.completed == 1; }));
  const etcdcli_picture *kept = etcdcli_picture_acquire(etcdcli_filter_picture(filter));
  const std::string report = in_child([&] {
    Report report;
    report.expect(etcdcli_directory_state(directory) == ETCDCLI_ERR_FORKED, "directory_state was not refused");
    report.expect(etcdcli_directory_picture(directory) == nullptr, "directory_picture was not refused");
    report.expect(etcdcli_filter_picture(filter) == nullptr, "filter_picture was not refused");
    report.expect(etcdcli_picture_size(kept) == 1, "what was acquired is gone");
    report.expect(etcdcli_filter_free(filter) == ETCDCLI_OK, "filter_free failed");
    report.expect(etcdcli_directory_free(directory) == ETCDCLI_OK, "directory_free failed");
    report.expect(told.destroyed == 1, "the directory's user data was not given back once");
    report.expect(etcdcli_picture_size(kept) == 1, "what was acquired went with the directory");
    etcdcli_picture_release(kept);
    return report.text;
  });
  CHECK(report == "");
  CHECK(told.destroyed == 0);
  etcdcli_picture_release(kept);
  CHECK(etcdcli_filter_free(filter) == ETCDCLI_OK);
  CHECK(etcdcli_directory_free(directory) == ETCDCLI_OK);
  CHECK(told.destroyed == 1);
  check_parent();
}

TEST_CASE_METHOD(Inherited, "A forked child may have clusters of its own", "[fork][etcd]") {
  const bool frees_first = GENERATE(false, true);
  const std::string report = in_child([&] {
    Report report;
    if (frees_first) {
      cluster.free();
      watch.free();
      keepalive.free();
    }
    etcdcli_config *own_config = etcdcli_config_new();
    const int set = etcdcli_config_set(own_config, "endpoints", etcd.endpoints().c_str());
    report.expect(set == ETCDCLI_OK, "config_set failed");
    etcdcli_cluster *own = nullptr;
    report.expect(etcdcli_cluster_new(own_config, &own) == ETCDCLI_OK, "cluster_new failed");
    Call call;
    const etcdcli_put_params put = put_params("child", "value");
    report.expect(etcdcli_put(own, &put, Call::end, &call, Call::destroy, &call.id) == ETCDCLI_OK, "put failed");
    const CallbacksAllowed scope;
    for (int i = 0; i < 100 && !call.ended() && etcdcli_cluster_wait(own, 100) >= 0; ++i) {
    }
    report.expect(call.ended() && call.code() == ETCDCLI_OK, "the put did not end well: " + call.error.message);
    report.expect(etcdcli_cluster_free(own) == ETCDCLI_OK, "cluster_free failed");
    report.expect(etcdcli_config_free(own_config) == ETCDCLI_OK, "config_free failed");
    return report.text;
  });
  CHECK(report == "");
  CHECK(oracle.value("child") == "value");
  check_parent();
}

TEST_CASE_METHOD(WithEtcd, "Clusters on different threads do not meet", "[threads][etcd]") {
  // Catch2's assertions are not for threads: each returns what it saw.
  const auto run = [endpoints = etcd.endpoints()](const std::string &prefix) {
    etcdcli_config *config = etcdcli_config_new();
    int failures = etcdcli_config_set(config, "endpoints", endpoints.c_str()) < 0 ? 1 : 0;
    int succeeded = 0;
    for (int round = 0; round < 5; ++round) {
      etcdcli_cluster *cluster = nullptr;
      failures += etcdcli_cluster_new(config, &cluster) < 0 ? 1 : 0;
      const auto end = [](etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
        *static_cast<int *>(user) += info->error == nullptr ? 1 : 1000;
      };
      int ended = 0;
      for (int i = 0; i < 50; ++i) {
        const std::string key = prefix + std::to_string(i);
        const etcdcli_put_params params = put_params(key, key);
        failures += etcdcli_put(cluster, &params, end, &ended, nullptr, nullptr) < 0 ? 1 : 0;
        failures += etcdcli_cluster_pump(cluster, 0) < 0 ? 1 : 0;
      }
      const Deadline deadline(patience);
      while (ended < 50 && !deadline.passed() && etcdcli_cluster_wait(cluster, 100) >= 0) {
      }
      succeeded += ended;
      etcdcli_cluster_free(cluster);
    }
    etcdcli_config_free(config);
    return failures == 0 ? succeeded : -failures;
  };
  std::future<int> first = std::async(std::launch::async, run, "first");
  std::future<int> second = std::async(std::launch::async, run, "second");
  CHECK(first.get() == 250);
  CHECK(second.get() == 250);
  CHECK(oracle.value("first49") == "first49");
  CHECK(oracle.value("second49") == "second49");
}

TEST_CASE_METHOD(WithEtcd, "A cluster may move to another thread", "[threads][etcd]") {
  Cluster cluster(host, etcd.endpoints());
  Call &call = cluster.put("k", "value");
  std::thread([&] {
    const Deadline deadline(patience);
    while (!call.ended() && !deadline.passed()) cluster.wait(100);
  }).join();
  CHECK(call.code() == ETCDCLI_OK);
  CHECK(cluster.finish(cluster.get("k")).kvs.size() == 1);
}
