#pragma once

#include <etcdcli/admin.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/deadline.h"
#include "harness/failure_note.h"
#include "harness/records.h"

namespace harness {

class Cluster;

/// The loop of a strict host: it pumps a cluster when the cluster's descriptor is readable, and never otherwise. It has
/// no timer. So whatever the library fails to announce through the descriptor, a test waits for in vain.
class Host {
 public:
  /// The budget of each pump.
  int max_callbacks = 0;

  /// Runs until the condition holds; false when the time ran out.
  bool wait_until(const std::function<bool()> &condition, Milliseconds limit = patience);
  /// Runs for that long. For showing that something does not happen.
  void run_for(Milliseconds time);

 private:
  friend class Cluster;
  std::vector<Cluster *> clusters_;
};

using Options = std::vector<std::pair<std::string, std::string>>;

/// For tests that break things: the next attempt does not take long to come.
inline const Options quick_recovery = {{"backoff.min.ms", "10"}, {"backoff.max.ms", "100"}};

/// By the wire that ETCDCLI_TEST_WIRE names, if it does. `make_config` does this by itself.
void set_wire(etcdcli_config *config);
bool speaks_grpc();
/// Whether it also does where an endpoint does not speak it.
bool speaks_only_grpc();
class Cluster;
/// Whether no timer is set but, by gRPC, the one that closes a connection that has been idle for two minutes.
bool has_no_timer_soon(const Cluster &cluster);
/// What `curl_code` is of an error that libcurl reports as `code`: where it is not involved, 0.
int curl_code(int code);

/// A config with these options, and without discovery of members if they do not ask for it; fails the test if one is
/// not accepted.
etcdcli_config *make_config(const Options &options);

etcdcli_range_params range_params(std::string_view key, unsigned flags = 0);
etcdcli_put_params put_params(std::string_view key, std::string_view value);
etcdcli_keepalive_params keepalive_params(std::string_view key, std::string_view value);
etcdcli_delete_params delete_params(std::string_view key, unsigned flags = 0);
etcdcli_compact_params compact_params(std::int64_t revision, unsigned flags = 0);
etcdcli_compare_params compare_params(std::string_view key, unsigned flags = 0);
etcdcli_lease_grant_params lease_grant_params(std::int64_t ttl, std::int64_t id = 0);
etcdcli_lease_params lease_params(std::int64_t lease, unsigned flags = 0);
etcdcli_watcher_params watcher_params(std::string_view key, unsigned flags = 0);

/// A cluster of the library, with records of all it said. The records live as long as this, whatever is freed; when it
/// ends it checks that each call ended once and each `destroy` was called once.
class Cluster {
 public:
  Cluster(Host &host, const std::string &endpoints, const Options &more = {});
  ~Cluster();
  Cluster(const Cluster &) = delete;
  Cluster &operator=(const Cluster &) = delete;

  etcdcli_cluster *handle() const { return handle_; }
  Host &host() const { return host_; }
  int pump(int max_callbacks = 0);
  int wait(std::int64_t timeout_ms);
  int fd() const { return etcdcli_cluster_fd(handle_); }
  int free();
  /// Goes on with these options, as it was made with others; what etcdcli_cluster_reconfigure says to that.
  int reconfigure(const std::string &endpoints, const Options &more = {});

  /// Submit. What was refused fails the test.
  Call &range(const etcdcli_range_params &params);
  Call &put(const etcdcli_put_params &params);
  Call &erase(const etcdcli_delete_params &params);
  Call &compact(const etcdcli_compact_params &params);
  Call &commit(const etcdcli_txn *txn);
  Call &lease_grant(std::int64_t ttl, std::int64_t id = 0);
  Call &lease_revoke(std::int64_t id);
  Call &lease_keep_alive(std::int64_t id);
  Call &lease_time_to_live(std::int64_t id, unsigned flags = 0);
  Call &lease_list();
  Call &get(std::string_view key) { return range(range_params(key)); }
  Call &put(std::string_view key, std::string_view value) { return put(put_params(key, value)); }

  /// What has no name here: any function that submits a call, and any whose answer comes in parts.
  template <class Params>
  Call &submit(int (*function)(etcdcli_cluster *, const Params *, etcdcli_call_fn, void *, etcdcli_destroy_fn,
                               etcdcli_call *),
               const Params &params) {
    return begin([&](Call &call) { return function(handle_, &params, Call::end, &call, Call::destroy, &call.id); });
  }
  template <class Params>
  Call &submit(int (*function)(etcdcli_cluster *, const Params *, etcdcli_call_fn, etcdcli_call_fn, void *,
                               etcdcli_destroy_fn, etcdcli_call *),
               const Params &params) {
    return begin(
        [&](Call &call) { return function(handle_, &params, Call::part, Call::end, &call, Call::destroy, &call.id); });
  }

  /// Runs the host until the call has ended.
  Call &finish(Call &call);

  Keepalive &keep(std::string_view key, std::string_view value, int claim = ETCDCLI_CLAIM_IF_ABSENT_OR_SAME);
  /// One with these params, but for what tells of it.
  Keepalive &keep(etcdcli_keepalive_params params);
  Watch &watch(etcdcli_watcher_params params);
  Watch &watch_prefix(std::string_view prefix) { return watch(watcher_params(prefix, ETCDCLI_PREFIX)); }

  /// Closes, and runs the host until the close has ended; what it ended with.
  Error close(unsigned flags);

  struct Told {
    int state;
    Error error;
    int attempts;
  };
  /// The states of the cluster that were told of.
  std::vector<Told> told;
  /// The end of the log, at level DEBUG, and how many lines there were that are no DEBUG.
  std::deque<std::string> log;
  int lines = 0;

 private:
  Call &begin(const std::function<int(Call &)> &function);
  static etcdcli_config *config_for(const std::string &endpoints, const Options &more);

  Host &host_;
  etcdcli_cluster *handle_ = nullptr;
  std::deque<Call> calls_;
  std::deque<Keepalive> keepalives_;
  std::deque<Watch> watches_;
  FailureNote note_;
};

}  // namespace harness
