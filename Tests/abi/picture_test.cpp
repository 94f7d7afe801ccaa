// The last known picture on disk (watcher.cache.dir): what a process begins with that starts while etcd is away.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/facts.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

using Picture = std::map<std::string, std::string>;

constexpr unsigned stale = ETCDCLI_BATCH_SNAPSHOT | ETCDCLI_BATCH_STALE;
constexpr unsigned resync_end = ETCDCLI_BATCH_SNAPSHOT | ETCDCLI_BATCH_SNAPSHOT_END | ETCDCLI_BATCH_RESYNC;

std::int64_t milliseconds_since_1970() {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct WithPictures : WithProxy {
  TempDir directory;
  Options options = {{"watcher.cache.dir", directory.path()},
                     {"watcher.cache.after.ms", "50"},
                     {"request.timeout.ms", "500"},
                     {"backoff.min.ms", "10"},
                     {"backoff.max.ms", "100"}};

  /// The only one there is.
  std::string file() const {
    std::vector<std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator(directory.path())) files.push_back(entry.path());
    REQUIRE(files.size() == 1);
    return files[0];
  }

  /// A process that has seen these keys, and has ended.
  std::int64_t leave_picture(const Picture &keys) {
    for (const auto &[key, value] : keys) oracle.put(key, value);
    Cluster cluster(host, etcd.endpoints(), options);
    const Watch &watch = cluster.watch_prefix("k/");
    REQUIRE(host.wait_until([&] { return watch.live() && watch.picture == keys; }));
    return watch.revision();
  }

  static bool is_told(const Cluster &cluster, const std::string &text) {
    return std::any_of(cluster.log.begin(), cluster.log.end(),
                       [&](const std::string &line) { return line.find(text) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE_METHOD(WithPictures, "A process that starts while etcd is away begins with the picture before it",
                 "[watcher][etcd]") {
  const Picture before = {{"k/changed", "old"}, {"k/deleted", "old"}, {"k/new again", "same"}, {"k/same", "same"}};
  const std::int64_t start = milliseconds_since_1970();
  const std::int64_t revision = leave_picture(before);
  proxy.refuse();
  oracle.put("k/changed", "new");
  oracle.erase("k/deleted");
  oracle.erase("k/new again");
  oracle.put("k/new again", "same");
  oracle.put("k/added", "new");

  Cluster cluster(host, proxy.url(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.snapshot_whole(); }));
  REQUIRE(watch.batches.size() == 1);
  CHECK(watch.batches[0].flags == (stale | ETCDCLI_BATCH_SNAPSHOT_END));
  CHECK(watch.batches[0].revision == revision);
  CHECK(watch.batches[0].time_ms >= start);
  CHECK(watch.batches[0].time_ms <= milliseconds_since_1970());
  CHECK(watch.picture == before);
  CHECK(watch.state() != ETCDCLI_WATCHER_LIVE);
  for (const Event &event : watch.batches[0].events) {
    if (event.kv.key != "k/same") continue;
    const KeyValue now = *oracle.get("k/same");
    CHECK(event.kv == now);
  }

  proxy.heal();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  REQUIRE(watch.batches.size() == 2);
  CHECK(watch.batches[1].flags == resync_end);
  CHECK(watch.batches[1].time_ms == 0);
  CHECK(watch.batches[1].events.size() == 4);
  CHECK(watch.picture ==
        Picture{{"k/added", "new"}, {"k/changed", "new"}, {"k/new again", "same"}, {"k/same", "same"}});
}

TEST_CASE_METHOD(WithPictures, "A process that was killed leaves its picture, and etcd comes back", "[watcher][etcd]") {
  oracle.put("k/1", "1");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(30);
    Host own;
    Cluster cluster(own, etcd.endpoints(), options);
    const Watch &watch = cluster.watch_prefix("k/");
    const bool is_well = own.wait_until([&] { return watch.picture.count("k/2") == 1; });
    own.run_for(Milliseconds{100});
    if (is_well) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  for (int i = 0; i < 600; ++i) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      REQUIRE(WIFSIGNALED(status));
      REQUIRE(WTERMSIG(status) == SIGKILL);
      break;
    }
    oracle.put("k/2", "2");
    host.run_for(Milliseconds{50});
  }
  etcd.member(0).kill();
  Cluster cluster(host, etcd.endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.snapshot_whole(); }));
  CHECK(watch.batches[0].has(ETCDCLI_BATCH_STALE));
  CHECK(watch.picture == Picture{{"k/1", "1"}, {"k/2", "2"}});
  etcd.member(0).restart();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  CHECK(watch.picture == Picture{{"k/1", "1"}, {"k/2", "2"}});
  oracle.put("k/3", "3");
  CHECK(host.wait_until([&] { return watch.picture.size() == 3; }));
}

TEST_CASE_METHOD(WithPictures, "Where etcd answers nothing is told from disk", "[watcher][etcd]") {
  leave_picture({{"k/1", "1"}});
  Cluster cluster(host, etcd.endpoints(), {{"watcher.cache.dir", directory.path()}});
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  REQUIRE(watch.batches.size() == 1);
  CHECK(watch.batches[0].flags == (ETCDCLI_BATCH_SNAPSHOT | ETCDCLI_BATCH_SNAPSHOT_END));
}

TEST_CASE_METHOD(WithPictures, "A damaged picture is ignored and told", "[watcher][etcd]") {
  leave_picture({{"k/1", "1"}, {"k/2", "2"}});
  const std::string bytes = read_file(file());
  std::string damaged = bytes;
  const auto kind = GENERATE(0, 1, 2, 3);
  INFO("kind " << kind);
  if (kind == 0) damaged.resize(bytes.size() / 2);
  if (kind == 1) damaged = std::string(1 << 20, '\xff');
  if (kind == 2) damaged[0] ^= 1;
  if (kind == 3) damaged[bytes.find("k/1")] ^= 1;
  std::ofstream(file(), std::ios::binary) << damaged;
  proxy.refuse();
  Cluster cluster(host, proxy.url(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return is_told(cluster, "the picture there is not used"); }));
  host.run_for(Milliseconds{300});
  CHECK(watch.batches.empty());
  proxy.heal();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  CHECK(watch.batches[0].flags == (ETCDCLI_BATCH_SNAPSHOT | ETCDCLI_BATCH_SNAPSHOT_END));
  CHECK(watch.picture == Picture{{"k/1", "1"}, {"k/2", "2"}});
}

TEST_CASE_METHOD(WithPictures, "The picture of another cluster is brought up to date", "[watcher][etcd]") {
  leave_picture({{"k/1", "1"}, {"k/2", "2"}});
  EtcdCluster others(1, {"--initial-cluster-token", "other"});
  Oracle other(others);
  other.put("k/1", "other");
  other.put("k/3", "other");
  TcpProxy way(others.member(0).port());
  way.refuse();
  Cluster cluster(host, way.url(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.snapshot_whole(); }));
  CHECK(watch.picture == Picture{{"k/1", "1"}, {"k/2", "2"}});
  way.heal();
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  CHECK(watch.batches.back().flags == resync_end);
  CHECK(watch.picture == Picture{{"k/1", "other"}, {"k/3", "other"}});
}

TEST_CASE_METHOD(WithPictures, "A picture belongs to one process at a time", "[watcher][etcd]") {
  leave_picture({{"k/1", "1"}});
  const std::string path = file();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(60);
    const int held = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    const char is_held = ::flock(held, LOCK_EX | LOCK_NB) == 0 ? 'y' : 'n';
    if (::write(ends[1], &is_held, 1) == 1) ::pause();
    ::_exit(1);
  }
  char is_held = 0;
  REQUIRE(::read(ends[0], &is_held, 1) == 1);
  REQUIRE(is_held == 'y');
  {
    Cluster cluster(host, etcd.endpoints(), options);
    const Watch &watch = cluster.watch_prefix("k/");
    REQUIRE(host.wait_until([&] { return watch.live(); }));
    CHECK(is_told(cluster, "another watcher keeps its picture there"));
    oracle.put("k/2", "2");
    CHECK(host.wait_until([&] { return watch.picture.size() == 2; }));
  }
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  ::close(ends[0]);
  ::close(ends[1]);
  leave_picture({{"k/1", "1"}, {"k/2", "2"}});
}

TEST_CASE_METHOD(WithPictures, "Pictures are their owner's, and no child inherits them", "[watcher][etcd]") {
  oracle.put("k/1", "1");
  const mode_t mask = ::umask(0);
  Cluster cluster(host, etcd.endpoints(), options);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  host.run_for(Milliseconds{100});
  ::umask(mask);
  struct stat status = {};
  REQUIRE(::stat(file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  int found = 0;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != file()) continue;
    found += 1;
    CHECK((::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(found == 1);
}

TEST_CASE_METHOD(WithPictures, "Without a disk a watcher goes on as without a picture", "[watcher][etcd]") {
  const auto kind = GENERATE(0, 1, 2);
  INFO("kind " << kind);
  Options other = options;
  if (kind == 0) other[0].second = directory.path() + "/missing";
  if (kind == 1) other[0].second = "/proc";
  if (kind == 2) {
    // What is there is no file.
    leave_picture({{"k/1", "1"}});
    const std::string path = file();
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  Cluster cluster(host, etcd.endpoints(), other);
  const Watch &watch = cluster.watch_prefix("k/");
  REQUIRE(host.wait_until([&] { return watch.live(); }));
  CHECK(is_told(cluster, "no picture is kept"));
  oracle.put("k/2", "2");
  CHECK(host.wait_until([&] { return watch.picture.count("k/2") == 1; }));
}
