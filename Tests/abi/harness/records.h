#pragma once

#include <etcdcli/admin.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracle.h"

// What callbacks were told, copied out of them. Each record checks what must hold in every test: that it is called
// from where the header allows, and that what it is called with is well-formed.

namespace harness {

/// A slice over bytes that outlive it. (A string literal that holds NULs needs std::string_view's own length.)
inline etcdcli_slice slice(std::string_view bytes) {
  return etcdcli_bytes(bytes.data(), bytes.size());
}

std::string copy(etcdcli_slice bytes);
KeyValue copy(const etcdcli_kv &kv);

struct Error {
  int code = ETCDCLI_OK;
  bool may_have_happened = false;
  bool worth_retrying = false;
  int grpc_code = 0;
  int http_status = 0;
  int curl_code = 0;
  std::string message = {};
  std::string endpoint = {};
};

/// Code ETCDCLI_OK for NULL.
Error copy(const etcdcli_error *error);

/// While one lives, callbacks are allowed on this thread: the library is in pump, wait or free.
class CallbacksAllowed {
 public:
  CallbacksAllowed() { ++depth; }
  ~CallbacksAllowed() { --depth; }
  CallbacksAllowed(const CallbacksAllowed &) = delete;
  CallbacksAllowed &operator=(const CallbacksAllowed &) = delete;

  /// Fails the test when called from anywhere else.
  static void check();

 private:
  static thread_local int depth;
};

/// A lease, as a call tells of it.
struct Lease {
  std::int64_t id = 0;
  std::int64_t ttl = 0;
  std::int64_t granted_ttl = 0;
};

/// What is said of members, users and databases.
struct AdminAnswer {
  struct Member {
    std::uint64_t id = 0;
    std::string name = {};
    std::vector<std::string> peer_urls = {};
    std::vector<std::string> client_urls = {};
    bool is_learner = false;
  };
  struct Permission {
    int type = -1;
    unsigned flags = 0;
    std::string key = {};
    std::string range_end = {};
  };
  struct Status {
    std::string version = {};
    std::int64_t db_size = 0;
    std::int64_t db_size_in_use = 0;
    std::uint64_t leader = 0;
    std::uint64_t raft_index = 0;
    std::uint64_t raft_term = 0;
    std::uint64_t raft_applied_index = 0;
    bool is_learner = false;
    std::vector<std::string> problems = {};
  };

  std::uint64_t cluster_id = 0;
  std::uint64_t member_id = 0;
  std::vector<Member> members = {};
  std::optional<Member> added = {};
  std::optional<etcdcli_auth_state> auth_state = {};
  std::vector<std::string> names = {};
  std::vector<Permission> permissions = {};
  std::optional<Status> status = {};
  std::vector<etcdcli_alarm> alarms = {};
  std::optional<etcdcli_member_hash> hash = {};
  std::optional<std::string> snapshot_data = {};
  std::uint64_t remaining_bytes = 0;
  std::optional<std::string> json = {};
};

/// What was answered, to a call or to one operation of a transaction.
struct Answer {
  std::int64_t revision = 0;
  std::vector<KeyValue> kvs = {};
  std::vector<KeyValue> prev_kvs = {};
  std::int64_t count = 0;
  bool more = false;
  bool succeeded = false;
  std::vector<Answer> ops = {};
  std::vector<Lease> leases = {};
  std::vector<std::string> keys = {};
  AdminAnswer admin = {};
};

Answer copy(const etcdcli_response *response);

/// One call.
class Call : public Answer {
 public:
  etcdcli_call id = 0;
  int ends = 0;
  int destroys = 0;

  Error error;
  /// Of an answer that comes in parts.
  std::vector<Answer> parts;

  /// Run inside the callbacks, after all of this was filled in.
  std::function<void()> on_end;
  std::function<void()> on_part;

  bool ended() const { return ends > 0; }
  int code() const { return error.code; }

  static void part(etcdcli_cluster *, const etcdcli_call_info *info, void *user);
  static void end(etcdcli_cluster *, const etcdcli_call_info *info, void *user);
  static void destroy(void *user);
};

/// One keepalive.
class Keepalive {
 public:
  struct Told {
    int state;
    Error error;
    std::optional<KeyValue> owner;
    std::int64_t lease;
    std::int64_t revision;
    int attempts;
    std::int64_t fence;
    Clock::time_point time;
  };

  etcdcli_keepalive *handle = nullptr;
  int destroys = 0;
  std::vector<Told> told;
  std::function<void()> on_state;
  /// What was asked about, and what is said then.
  std::vector<KeyValue> asked;
  int answer = ETCDCLI_CLAIM_ANSWER_CONFLICT;

  int state() const { return told.empty() ? 0 : told.back().state; }
  bool held() const { return state() == ETCDCLI_KEEPALIVE_HELD; }
  int times(int state) const;
  /// The last time it was told of that state; fails the test if it was not.
  const Told &last(int state) const;

  int set_value(std::string_view value) { return etcdcli_keepalive_set_value(handle, slice(value)); }
  int remove() { return etcdcli_keepalive_remove(handle); }
  int free();

  static void tell(etcdcli_keepalive *, const etcdcli_keepalive_info *info, void *user);
  static int ask(etcdcli_keepalive *, const etcdcli_kv *found, void *user);
  static void destroy(void *user);
};

struct Event {
  int type;
  KeyValue kv;
  std::optional<KeyValue> prev_kv;

  bool is_delete() const { return type == ETCDCLI_EVENT_DELETE; }
};

struct Batch {
  unsigned flags;
  std::int64_t revision;
  std::vector<Event> events;
  /// Its header's.
  std::uint64_t cluster_id = 0;
  std::uint64_t member_id = 0;
  std::int64_t header_revision = 0;
  std::uint64_t raft_term = 0;
  std::int64_t time_ms = 0;

  bool has(unsigned flag) const { return (flags & flag) != 0; }
};

/// One watcher.
class Watch {
 public:
  struct Told {
    int state;
    Error error;
    int attempts;
    int cause;
    std::int64_t delay_ms;
    std::int64_t revision;
    std::string endpoint;
  };

  etcdcli_watcher *handle = nullptr;
  int destroys = 0;
  std::vector<Batch> batches;
  std::vector<Told> told;
  std::function<void()> on_batch;
  std::function<void()> on_state;

  /// What a host holds that applies events as they come: PUT sets, DELETE erases.
  std::map<std::string, std::string> picture;

  int state() const { return told.empty() ? 0 : told.back().state; }
  bool live() const { return state() == ETCDCLI_WATCHER_LIVE; }
  bool ended() const { return state() == ETCDCLI_WATCHER_ENDED; }
  int times(int state) const;
  /// The revision of the last batch, 0 before the first.
  std::int64_t revision() const { return batches.empty() ? 0 : batches.back().revision; }
  /// Whether the first snapshot has come to its end.
  bool snapshot_whole() const;
  /// The events that were watched, not read, in the order in which they came.
  std::vector<Event> events() const;

  int free();

  static void deliver(etcdcli_watcher *, const etcdcli_batch_info *info, void *user);
  static void tell(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user);
  static void destroy(void *user);

 private:
  void check_order(const Batch &batch) const;
};

}  // namespace harness
