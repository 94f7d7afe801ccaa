// The library leaves the process as it found it: threads, signals, descriptors, output, memory.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "harness/facts.h"
#include "harness/fixtures.h"

using namespace harness;

namespace {

using Dispositions = std::vector<std::pair<void (*)(int), int>>;

/// The handler and flags of each signal.
Dispositions signal_dispositions() {
  Dispositions all;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    all.emplace_back(action.sa_handler, action.sa_flags);
  }
  return all;
}

std::vector<int> blocked_signals() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  std::vector<int> blocked;
  for (int number = 1; number < NSIG; ++number) {
    if (::sigismember(&mask, number) == 1) blocked.push_back(number);
  }
  return blocked;
}

/// While it lives, standard output and error go to a file.
class CapturedOutput {
 public:
  CapturedOutput() : file_(::mkostemp(path_, O_CLOEXEC)), out_(::dup(STDOUT_FILENO)), err_(::dup(STDERR_FILENO)) {
    ::dup2(file_.get(), STDOUT_FILENO);
    ::dup2(file_.get(), STDERR_FILENO);
  }
  ~CapturedOutput() {
    ::dup2(out_.get(), STDOUT_FILENO);
    ::dup2(err_.get(), STDERR_FILENO);
    ::unlink(path_);
  }

  std::string text() const {
    std::string text(static_cast<std::size_t>(::lseek(file_.get(), 0, SEEK_END)), '\0');
    text.resize(static_cast<std::size_t>(::pread(file_.get(), text.data(), text.size(), 0)));
    return text;
  }

 private:
  char path_[32] = "/tmp/etcdcli-output-XXXXXX";
  Fd file_;
  Fd out_;
  Fd err_;
};

/// Uses everything a host may use, on an etcd that answers, one that is gone, and with errors of the host's own.
/// `look` is called where most is alive.
void use_the_library(WithEtcd &with, const std::function<void()> &look) {
  Host &host = with.host;
  const ReservedPort nobody;
  Cluster cluster(host, with.etcd.endpoints() + "," + nobody.url(), quick_recovery);
  Cluster hopeless(host, nobody.url(), {{"request.timeout.ms", "200"}});
  Watch &watch = cluster.watch_prefix("k");
  Keepalive &keepalive = cluster.keep("k/self", "value");
  host.wait_until([&] { return watch.live() && keepalive.held(); });
  cluster.finish(cluster.put("k/1", "value"));
  cluster.finish(cluster.erase(delete_params("k/1")));
  hopeless.finish(hopeless.get("k"));
  CHECK(etcdcli_cluster_pump(nullptr, 0) < 0);
  look();
  with.etcd.member(0).kill();
  host.wait_until([&] { return watch.times(ETCDCLI_WATCHER_BACKOFF) > 0; });
  with.etcd.member(0).restart();
  with.etcd.wait_healthy();
  host.wait_until([&] { return watch.live(); });
  look();
  keepalive.remove();
  cluster.close(ETCDCLI_CLOSE_REVOKE);
}

}  // namespace

TEST_CASE_METHOD(WithEtcd, "The library starts no thread", "[quiet][etcd]") {
  const int before = thread_count();
  int most = 0;
  use_the_library(*this, [&] { most = std::max(most, thread_count()); });
  CHECK(most == before);
  CHECK(thread_count() == before);
}

TEST_CASE_METHOD(WithEtcd, "The library leaves signals alone", "[quiet][etcd]") {
  const Dispositions before = signal_dispositions();
  const std::vector<int> blocked_before = blocked_signals();
  bool changed = false;
  const auto look = [&] {
    changed = changed || signal_dispositions() != before || blocked_signals() != blocked_before;
  };
  use_the_library(*this, look);
  look();
  CHECK_FALSE(changed);
}

TEST_CASE_METHOD(WithProxy, "A connection that breaks under a write raises no signal", "[quiet][etcd]") {
  static volatile sig_atomic_t raised;
  raised = 0;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { raised = 1; };
  REQUIRE(::sigaction(SIGPIPE, &action, &before) == 0);
  Cluster cluster(host, proxy.url(), {{"request.timeout.ms", "300"}});
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) {
    REQUIRE(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
    if (i % 2 == 0) {
      proxy.reset();
    } else {
      proxy.truncate(Direction::to_server, 1000);
    }
    cluster.finish(cluster.put("k", large));
    proxy.heal();
  }
  ::sigaction(SIGPIPE, &before, nullptr);
  CHECK(raised == 0);
}

TEST_CASE_METHOD(WithEtcd, "The library prints nothing", "[quiet][etcd]") {
  std::string printed;
  {
    const CapturedOutput output;
    use_the_library(*this, [] {});
    printed = output.text();
  }
  CHECK(printed == "");
}

TEST_CASE_METHOD(WithEtcd, "The library gives back its descriptors", "[quiet][etcd]") {
  const std::map<int, std::string> before = open_descriptors();
  use_the_library(*this, [] {});
  CHECK(open_descriptors() == before);
}

TEST_CASE_METHOD(WithEtcd, "Programs that a host starts inherit none of the library's descriptors", "[quiet][etcd]") {
  const std::map<int, std::string> before = open_descriptors();
  std::vector<std::string> inheritable;
  use_the_library(*this, [&] {
    for (const auto &[fd, target] : open_descriptors()) {
      if (before.count(fd) == 0 && !closed_on_exec(fd)) inheritable.push_back(target);
    }
  });
  CHECK(inheritable == std::vector<std::string>{});
}

TEST_CASE("Socket pairs that other threads make are left alone", "[quiet]") {
  const ReservedPort nobody;
  etcdcli_config *config = make_config({{"endpoints", nobody.url()}});
  std::atomic<bool> done{false};
  std::size_t made = 0;
  std::size_t changed = 0;
  std::thread other([&] {
    while (!done) {
      std::vector<int> ends;
      for (int i = 0; i < 16; ++i) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) ends.insert(ends.end(), pair, pair + 2);
      }
      made += ends.size();
      for (const int end : ends) {
        changed += closed_on_exec(end) ? 1 : 0;
        ::close(end);
      }
    }
  });
  for (int i = 0; i < 1000; ++i) {
    etcdcli_cluster *cluster = nullptr;
    CHECK(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
    CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  }
  done = true;
  other.join();
  CHECK(made > 0);
  CHECK(changed == 0);
  CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithEtcd, "Clusters come and go without a trace", "[quiet][etcd]") {
  const auto come_and_go = [&](int times) {
    for (int i = 0; i < times; ++i) {
      Cluster cluster(host, etcd.endpoints());
      const Watch &watch = cluster.watch_prefix("k");
      Call &call = cluster.put("k", "value");
      CHECK(host.wait_until([&] { return call.ended() && watch.live(); }));
    }
  };
  come_and_go(50);  // what is allocated once, is by now
  const std::map<int, std::string> descriptors = open_descriptors();
  const double memory = resident_mib();
  come_and_go(200);
  CHECK(open_descriptors() == descriptors);
  CHECK(resident_mib() - memory < 4);
}

TEST_CASE_METHOD(WithEtcd, "The environment has no say", "[quiet][etcd]") {
  const ReservedPort nobody;
  for (const char *name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, nobody.url().c_str(), 1);
  }
  Cluster cluster(host, etcd.endpoints());
  CHECK(cluster.finish(cluster.put("k", "value")).code() == ETCDCLI_OK);
  for (const char *name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
}

TEST_CASE_METHOD(WithEtcd, "Signals may interrupt whatever they like", "[quiet][etcd]") {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};  // and without SA_RESTART
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  const itimerval storm{{0, 500}, {0, 500}};
  REQUIRE(::setitimer(ITIMER_REAL, &storm, nullptr) == 0);
  {
    Cluster cluster(host, etcd.endpoints());
    const std::string value(100000, 'x');
    for (int i = 0; i < 200; ++i) {
      Call &put = cluster.put("k", value);
      while (!put.ended()) REQUIRE(cluster.wait(1000) >= 0);
      REQUIRE(put.code() == ETCDCLI_OK);
    }
  }
  const itimerval calm{};
  ::setitimer(ITIMER_REAL, &calm, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST_CASE_METHOD(WithEtcd, "Without descriptors there are errors and no harm", "[quiet][etcd]") {
  Options options = quick_recovery;
  options.emplace_back("request.timeout.ms", "500");
  Cluster cluster(host, etcd.endpoints(), options);
  etcdcli_config *config = make_config({{"endpoints", etcd.endpoints()}});

  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;  // what is open stays open
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  etcdcli_cluster *refused = nullptr;
  const int code = etcdcli_cluster_new(config, &refused);
  const std::string text = etcdcli_last_error();
  Call &call = cluster.get("k");
  const bool ended = host.wait_until([&] { return call.ended(); });
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

  CHECK(code == ETCDCLI_ERR_SYSTEM);
  CHECK(refused == nullptr);
  CHECK(text != "");
  CHECK(ended);
  CHECK(call.code() != ETCDCLI_OK);
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
}
