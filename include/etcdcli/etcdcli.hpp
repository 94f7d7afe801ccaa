/*
 * etcdcli.hpp - etcdcli.h for C++17 and later.
 *
 * It adds comfort and no behaviour: every function here is the C function of the same name, with the same codes, and
 * etcdcli.h remains the manual. What it adds:
 *
 *   owners    config, txn, cluster, keepalive and watcher free their handle when they are destroyed. They move, and do
 * not copy. text      keys and values go in as std::string_view and come out as std::string_view: any bytes. callables
 * any callable is a callback, a lambda that captures a std::unique_ptr included. It is owned by the library until the C
 * header's `destroy`, and destroyed then, exactly once; or at once if the function fails. views     what a callback is
 * handed: log_info, cluster_info, close_info, keepalive_info, watcher_info, response (of a call) and batch, and in them
 * error_info, kv and watch_event. They are a few words in size, own nothing, and are valid until the callback returns.
 * An error_info, kv or watch_event that is not there is false, and reads as empty and 0. names     codes, states, types
 * and flags are enum classes: code::unknown_outcome, keepalive_state::held. to_string names them. A library that is
 * newer than this header may give values that have no name here.
 *
 * Every name is meant to live with `using namespace etcdcli`, beside the C library's and the standard one's.
 *
 *
 * ERRORS
 *
 * Nothing here throws, and it builds with -fno-exceptions and -fno-rtti. (An allocation that fails, or a callable whose
 * copy throws, throws out of the function that was called, before the library has heard of it.)
 *
 * Functions that succeed or fail return a `result`: true, or false with a code(). pump and wait return C's int, because
 * it has three meanings; and what C gives as a number (fd, timeout_ms, lease) stays one. etcdcli::last_error() says in
 * words what was wrong.
 *
 * A constructor cannot return a result, so an owner keeps it: an owner that could not be made is empty, which
 * `if (!cluster)` tells; code() says why. Functions of an empty owner fail with code::handle, and it is closed or
 * ended, if one asks for its state. A keepalive or watcher made on an empty cluster is empty with the cluster's code,
 * so checking at the end is enough:
 *
 *   etcdcli::cluster cluster({{"endpoints", "http://10.0.0.1:2379"}, {"lease.ttl.s", "5"}});
 *   etcdcli::keepalive self(cluster, "/game/servers/blue", "10.0.0.7:7000");
 *   if (!self) std::fprintf(stderr, "%s\n", etcdcli::last_error());
 *
 * A callback must not throw: an exception that leaves one ends the process (std::terminate), because it could only go
 * on through C.
 *
 *
 * LIFETIME
 *
 * A callable that captures a reference needs what it refers to until it is destroyed. Destroying a cluster calls back
 * every call that has not been called back yet: members that callbacks use are declared before the cluster, so that
 * they outlive it. An owner must not be moved while a callback refers to it by address.
 *
 * Owners may be destroyed in any order, and inside any callback, their own included. Destroying the owners does not say
 * goodbye to etcd: for that, close() the cluster and pump until it calls back.
 *
 *
 * COST
 *
 * One allocation for a callback, for the callable itself; calling it is one indirect call, the C one. Everything else
 * is inline and comes to the C call alone. An owner is a pointer and an int.
 */
#ifndef ETCDCLI_ETCDCLI_HPP
#define ETCDCLI_ETCDCLI_HPP

#include <etcdcli/etcdcli.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace etcdcli {

/* ---------------------------------------------------------------------------------------------------------------- */
/* Texts and bytes                                                                                                  */

/* What exactly the most recent failed call on this thread found wrong. */
inline const char *last_error() noexcept {
  return etcdcli_last_error();
}

inline etcdcli_slice to_slice(std::string_view bytes) noexcept {
  return etcdcli_bytes(bytes.data(), bytes.size());
}

inline std::string_view to_view(const etcdcli_slice &slice) noexcept {
  return {static_cast<const char *>(slice.data), slice.size};
}

/* ---------------------------------------------------------------------------------------------------------------- */
/* Names                                                                                                            */

/* ETCDCLI_OK and ETCDCLI_ERR_*. */
enum class code : int {
  ok = ETCDCLI_OK,
  argument = ETCDCLI_ERR_ARGUMENT,
  handle = ETCDCLI_ERR_HANDLE,
  busy = ETCDCLI_ERR_BUSY,
  forked = ETCDCLI_ERR_FORKED,
  closed = ETCDCLI_ERR_CLOSED,
  config = ETCDCLI_ERR_CONFIG,
  system = ETCDCLI_ERR_SYSTEM,
  not_found = ETCDCLI_ERR_NOT_FOUND,
  limit = ETCDCLI_ERR_LIMIT,
  cancelled = ETCDCLI_ERR_CANCELLED,
  timeout = ETCDCLI_ERR_TIMEOUT,
  unavailable = ETCDCLI_ERR_UNAVAILABLE,
  unknown_outcome = ETCDCLI_ERR_UNKNOWN_OUTCOME,
  server = ETCDCLI_ERR_SERVER,
  protocol = ETCDCLI_ERR_PROTOCOL,
  too_large = ETCDCLI_ERR_TOO_LARGE,
  conflict = ETCDCLI_ERR_CONFLICT,
  lease_lost = ETCDCLI_ERR_LEASE_LOST,
  compacted = ETCDCLI_ERR_COMPACTED,
  cluster_changed = ETCDCLI_ERR_CLUSTER_CHANGED,
  key_deleted = ETCDCLI_ERR_KEY_DELETED,
  unauthenticated = ETCDCLI_ERR_UNAUTHENTICATED,
  permission_denied = ETCDCLI_ERR_PERMISSION_DENIED
};

/* ETCDCLI_LOG_*. */
enum class log_level : int {
  error = ETCDCLI_LOG_ERROR,
  warning = ETCDCLI_LOG_WARNING,
  info = ETCDCLI_LOG_INFO,
  debug = ETCDCLI_LOG_DEBUG
};

/* ETCDCLI_CLUSTER_*. */
enum class cluster_state : int {
  connecting = ETCDCLI_CLUSTER_CONNECTING,
  ready = ETCDCLI_CLUSTER_READY,
  unavailable = ETCDCLI_CLUSTER_UNAVAILABLE,
  closed = ETCDCLI_CLUSTER_CLOSED
};

/* ETCDCLI_KEEPALIVE_*. */
enum class keepalive_state : int {
  waiting = ETCDCLI_KEEPALIVE_WAITING,
  claiming = ETCDCLI_KEEPALIVE_CLAIMING,
  held = ETCDCLI_KEEPALIVE_HELD,
  lost = ETCDCLI_KEEPALIVE_LOST,
  conflict = ETCDCLI_KEEPALIVE_CONFLICT,
  removing = ETCDCLI_KEEPALIVE_REMOVING,
  ended = ETCDCLI_KEEPALIVE_ENDED,
  blocked = ETCDCLI_KEEPALIVE_BLOCKED
};

/* ETCDCLI_CLAIM_*: what the first claim does about a key that exists. */
enum class claim : int {
  if_absent_or_same = ETCDCLI_CLAIM_IF_ABSENT_OR_SAME,
  if_absent = ETCDCLI_CLAIM_IF_ABSENT,
  always = ETCDCLI_CLAIM_ALWAYS,
  wait = ETCDCLI_CLAIM_WAIT
};

/* ETCDCLI_CLAIM_ANSWER_*: whose a key is. */
enum class claim_answer : int {
  conflict = ETCDCLI_CLAIM_ANSWER_CONFLICT,
  ours = ETCDCLI_CLAIM_ANSWER_OURS,
  wait = ETCDCLI_CLAIM_ANSWER_WAIT
};

/* ETCDCLI_WATCHER_*. */
enum class watcher_state : int {
  snapshot = ETCDCLI_WATCHER_SNAPSHOT,
  opening = ETCDCLI_WATCHER_OPENING,
  live = ETCDCLI_WATCHER_LIVE,
  backoff = ETCDCLI_WATCHER_BACKOFF,
  ended = ETCDCLI_WATCHER_ENDED
};

/* ETCDCLI_EVENT_*; `delete` is taken. */
enum class event_type : int { put = ETCDCLI_EVENT_PUT, del = ETCDCLI_EVENT_DELETE };

/* ETCDCLI_BATCH_*, combined with |. */
enum class batch_flags : unsigned {
  none = 0,
  snapshot = ETCDCLI_BATCH_SNAPSHOT,
  snapshot_end = ETCDCLI_BATCH_SNAPSHOT_END,
  resync = ETCDCLI_BATCH_RESYNC,
  stale = ETCDCLI_BATCH_STALE
};
constexpr batch_flags operator|(batch_flags a, batch_flags b) noexcept {
  return static_cast<batch_flags>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr batch_flags operator&(batch_flags a, batch_flags b) noexcept {
  return static_cast<batch_flags>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/* ETCDCLI_CLOSE_*. */
enum class close_flags : unsigned { none = 0, revoke = ETCDCLI_CLOSE_REVOKE };

/* ETCDCLI_SORT_*. */
enum class sort_order : int {
  none = ETCDCLI_SORT_NONE,
  ascending = ETCDCLI_SORT_ASCENDING,
  descending = ETCDCLI_SORT_DESCENDING
};

/* ETCDCLI_SORT_BY_*. */
enum class sort_target : int {
  key = ETCDCLI_SORT_BY_KEY,
  version = ETCDCLI_SORT_BY_VERSION,
  create_revision = ETCDCLI_SORT_BY_CREATE_REVISION,
  mod_revision = ETCDCLI_SORT_BY_MOD_REVISION,
  value = ETCDCLI_SORT_BY_VALUE
};

/* ETCDCLI_THEN and ETCDCLI_ELSE; `else` is taken. */
enum class branch : int { then = ETCDCLI_THEN, otherwise = ETCDCLI_ELSE };

/* ETCDCLI_EQUAL and so on. */
enum class comparison : int {
  equal = ETCDCLI_EQUAL,
  greater = ETCDCLI_GREATER,
  less = ETCDCLI_LESS,
  not_equal = ETCDCLI_NOT_EQUAL
};

/* Short texts, static: "timed out", "held". */
inline const char *to_string(code value) noexcept {
  return etcdcli_strerror(static_cast<int>(value));
}
inline const char *to_string(log_level value) noexcept {
  return etcdcli_log_level_name(static_cast<int>(value));
}
inline const char *to_string(cluster_state value) noexcept {
  return etcdcli_cluster_state_name(static_cast<int>(value));
}
inline const char *to_string(keepalive_state value) noexcept {
  return etcdcli_keepalive_state_name(static_cast<int>(value));
}
inline const char *to_string(watcher_state value) noexcept {
  return etcdcli_watcher_state_name(static_cast<int>(value));
}
inline const char *to_string(event_type value) noexcept {
  return value == event_type::put ? "put" : value == event_type::del ? "delete" : "unknown";
}

/* Whether something worked; if not, why. */
class result {
 public:
  explicit result(int raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ >= 0; }
  etcdcli::code code() const noexcept { return raw_ >= 0 ? etcdcli::code::ok : static_cast<etcdcli::code>(raw_); }

 private:
  int raw_;
};

/* What a function that submits a call returns: true with the call's id, or false with the code that says why nothing
 * was submitted, so that the callback will not come. It owns nothing: a call goes on without it. */
class [[nodiscard]] submitted : public result {
 public:
  submitted(int raw, etcdcli_call id) noexcept : result(raw), id_(id) {}

  etcdcli_call id() const noexcept { return id_; }

 private:
  etcdcli_call id_;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Views: what callbacks are handed                                                                                 */

/* What went wrong; false if nothing did. */
class error_info {
 public:
  explicit error_info(const etcdcli_error *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  etcdcli::code code() const noexcept { return raw_ ? static_cast<etcdcli::code>(raw_->code) : etcdcli::code::ok; }
  bool may_have_happened() const noexcept { return raw_ && raw_->may_have_happened != 0; }
  bool worth_retrying() const noexcept { return raw_ && raw_->worth_retrying != 0; }
  int grpc_code() const noexcept { return raw_ ? raw_->grpc_code : 0; }
  int http_status() const noexcept { return raw_ ? raw_->http_status : 0; }
  int curl_code() const noexcept { return raw_ ? raw_->curl_code : 0; }
  const char *message() const noexcept { return raw_ ? raw_->message : ""; }
  const char *endpoint() const noexcept { return raw_ ? raw_->endpoint : ""; }
  const etcdcli_error *get() const noexcept { return raw_; }

 private:
  const etcdcli_error *raw_;
};

/* A key with its value; false if there is none. */
class kv {
 public:
  explicit kv(const etcdcli_kv *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::string_view key() const noexcept { return raw_ ? to_view(raw_->key) : std::string_view(); }
  std::string_view value() const noexcept { return raw_ ? to_view(raw_->value) : std::string_view(); }
  std::int64_t create_revision() const noexcept { return raw_ ? raw_->create_revision : 0; }
  std::int64_t mod_revision() const noexcept { return raw_ ? raw_->mod_revision : 0; }
  std::int64_t version() const noexcept { return raw_ ? raw_->version : 0; }
  std::int64_t lease() const noexcept { return raw_ ? raw_->lease : 0; }
  const etcdcli_kv *get() const noexcept { return raw_; }

 private:
  const etcdcli_kv *raw_;
};

/* A change of one key; false if there is none. */
class watch_event {
 public:
  explicit watch_event(const etcdcli_event *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  event_type type() const noexcept { return raw_ ? static_cast<event_type>(raw_->type) : event_type::put; }
  bool is_put() const noexcept { return raw_ && type() == event_type::put; }
  bool is_delete() const noexcept { return raw_ && type() == event_type::del; }
  std::string_view key() const noexcept { return kv().key(); }
  std::string_view value() const noexcept { return kv().value(); }
  etcdcli::kv kv() const noexcept { return etcdcli::kv(raw_ ? raw_->kv : nullptr); }
  /* What was there before, if the watcher asked for it with `prev_kv` and it is known. */
  etcdcli::kv prev_kv() const noexcept { return etcdcli::kv(raw_ ? raw_->prev_kv : nullptr); }
  const etcdcli_event *get() const noexcept { return raw_; }

 private:
  const etcdcli_event *raw_;
};

namespace detail {

/* The items of a batch or response, in order: `for (const auto &item : items)`, size(), items[index]. */
template <typename View, typename Holder, typename Item, std::size_t (*Count)(const Holder *),
          const Item *(*At)(const Holder *, std::size_t)>
class items {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = View;

    iterator() noexcept = default;
    iterator(const Holder *holder, std::size_t index) noexcept : holder_(holder), index_(index) {}

    View operator*() const noexcept { return View(At(holder_, index_)); }
    iterator &operator++() noexcept {
      ++index_;
      return *this;
    }
    iterator operator++(int) noexcept { return iterator(holder_, index_++); }
    friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.index_ == b.index_; }
    friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.index_ != b.index_; }

   private:
    const Holder *holder_ = nullptr;
    std::size_t index_ = 0;
  };
  using const_iterator = iterator;
  using value_type = View;

  explicit items(const Holder *holder) noexcept : holder_(holder) {}

  std::size_t size() const noexcept { return Count(holder_); }
  bool empty() const noexcept { return size() == 0; }
  View operator[](std::size_t index) const noexcept { return View(At(holder_, index)); }
  iterator begin() const noexcept { return iterator(holder_, 0); }
  iterator end() const noexcept { return iterator(holder_, size()); }

 protected:
  const Holder *holder_;
};

}  // namespace detail

using event_list = detail::items<watch_event, etcdcli_batch, etcdcli_event, etcdcli_batch_size, etcdcli_batch_event>;
using kv_list = detail::items<kv, etcdcli_response, etcdcli_kv, etcdcli_response_kv_count, etcdcli_response_kv>;
using prev_kv_list =
    detail::items<kv, etcdcli_response, etcdcli_kv, etcdcli_response_prev_kv_count, etcdcli_response_prev_kv>;

/* A lease, as far as the call tells of it; false if there is none. */
class lease_info {
 public:
  explicit lease_info(const etcdcli_lease *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::int64_t id() const noexcept { return raw_ ? raw_->id : 0; }
  std::int64_t ttl_s() const noexcept { return raw_ ? raw_->ttl_s : 0; }
  std::int64_t granted_ttl_s() const noexcept { return raw_ ? raw_->granted_ttl_s : 0; }
  const etcdcli_lease *get() const noexcept { return raw_; }

 private:
  const etcdcli_lease *raw_;
};

/* A key alone. */
class key_view {
 public:
  explicit key_view(const etcdcli_slice *raw) noexcept : raw_(raw) {}

  operator std::string_view() const noexcept { return raw_ ? to_view(*raw_) : std::string_view(); }
  const etcdcli_slice *get() const noexcept { return raw_; }

 private:
  const etcdcli_slice *raw_;
};

using lease_list =
    detail::items<lease_info, etcdcli_response, etcdcli_lease, etcdcli_response_lease_count, etcdcli_response_lease>;
using key_list =
    detail::items<key_view, etcdcli_response, etcdcli_slice, etcdcli_response_key_count, etcdcli_response_key>;

/* A delivery of a watcher: a list of events. */
class batch : public event_list {
 public:
  explicit batch(const etcdcli_batch_info *raw) noexcept : items(raw->batch), raw_(raw) {}

  batch_flags flags() const noexcept { return static_cast<batch_flags>(etcdcli_batch_flags(holder_)); }
  bool is_snapshot() const noexcept { return has(batch_flags::snapshot); }
  bool is_snapshot_end() const noexcept { return has(batch_flags::snapshot_end); }
  bool is_resync() const noexcept { return has(batch_flags::resync); }
  /* Of what a process before has left on disk; see time_ms(). */
  bool is_stale() const noexcept { return has(batch_flags::stale); }
  std::int64_t revision() const noexcept { return etcdcli_batch_revision(holder_); }
  /* Never NULL in a callback. */
  const etcdcli_header *header() const noexcept { return etcdcli_batch_header(holder_); }
  std::int64_t time_ms() const noexcept { return etcdcli_batch_time_ms(holder_); }
  const etcdcli_batch_info *get() const noexcept { return raw_; }

 private:
  bool has(batch_flags flag) const noexcept { return (flags() & flag) == flag; }

  const etcdcli_batch_info *raw_;
};

class answer;
using op_list =
    detail::items<answer, etcdcli_response, etcdcli_response, etcdcli_response_op_count, etcdcli_response_op>;

/* What was answered, to a call or to one operation of a transaction; false if nothing was. */
class answer {
 public:
  explicit answer(const etcdcli_response *raw) noexcept : response_(raw) {}

  explicit operator bool() const noexcept { return response_ != nullptr; }
  /* NULL for a call that failed. */
  const etcdcli_header *header() const noexcept { return etcdcli_response_header(response_); }
  kv_list kvs() const noexcept { return kv_list(response_); }
  prev_kv_list prev_kvs() const noexcept { return prev_kv_list(response_); }
  std::int64_t count() const noexcept { return etcdcli_response_count(response_); }
  bool more() const noexcept { return etcdcli_response_more(response_) != 0; }
  /* A transaction: whether its conditions held, and what each operation that was done was answered. */
  bool succeeded() const noexcept { return etcdcli_response_succeeded(response_) != 0; }
  op_list ops() const noexcept;
  /* Calls about leases. */
  lease_list leases() const noexcept { return lease_list(response_); }
  lease_info lease() const noexcept { return leases()[0]; }
  key_list keys() const noexcept { return key_list(response_); }

 protected:
  const etcdcli_response *response_;
};

inline op_list answer::ops() const noexcept {
  return op_list(response_);
}

/* The end of a call: true if it was answered; otherwise error() says why not. */
class response : public answer {
 public:
  explicit response(const etcdcli_call_info *raw) noexcept : answer(raw->response), raw_(raw) {}

  error_info error() const noexcept { return error_info(raw_->error); }
  /* The id that the function which submitted the call gave. */
  etcdcli_call id() const noexcept { return raw_->call; }
  const etcdcli_call_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_call_info *raw_;
};

/* A line of log. */
class log_info {
 public:
  explicit log_info(const etcdcli_log_info *raw) noexcept : raw_(raw) {}

  log_level level() const noexcept { return static_cast<log_level>(raw_->level); }
  const char *message() const noexcept { return raw_->message; }
  const char *component() const noexcept { return raw_->component; }
  const etcdcli_log_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_log_info *raw_;
};

/* A state of a cluster. */
class cluster_info {
 public:
  explicit cluster_info(const etcdcli_cluster_info *raw) noexcept : raw_(raw) {}

  cluster_state state() const noexcept { return static_cast<cluster_state>(raw_->state); }
  /* unavailable: why; ready: code::cluster_changed, if the store was replaced; otherwise false. */
  error_info error() const noexcept { return error_info(raw_->error); }
  /* unavailable: how many attempts have failed since requests worked last; otherwise 0. */
  int attempts() const noexcept { return raw_->attempts; }
  const etcdcli_cluster_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_cluster_info *raw_;
};

/* An endpoint; false, and empty, if there is none. Valid until the cluster is asked for another one. */
class endpoint_info {
 public:
  endpoint_info() noexcept = default;
  explicit endpoint_info(const etcdcli_endpoint_info *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::string_view url() const noexcept { return raw_ ? raw_->url : ""; }
  /* By the list of members, and of the server; empty where they are not known. */
  std::string_view member_name() const noexcept { return raw_ ? raw_->member_name : ""; }
  std::string_view server_version() const noexcept { return raw_ ? raw_->server_version : ""; }
  /* The member that answered there last, or 0. */
  std::uint64_t member_id() const noexcept { return raw_ ? raw_->member_id : 0; }
  bool is_seed() const noexcept { return has(ETCDCLI_ENDPOINT_SEED); }
  bool is_current() const noexcept { return has(ETCDCLI_ENDPOINT_CURRENT); }
  bool is_healthy() const noexcept { return has(ETCDCLI_ENDPOINT_HEALTHY); }
  /* Attempts that have failed there since its last answer. */
  int failures() const noexcept { return raw_ ? raw_->failures : 0; }
  /* "json" or "grpc", as option `wire` has it. */
  std::string_view wire() const noexcept { return raw_ ? raw_->wire : ""; }
  const etcdcli_endpoint_info *get() const noexcept { return raw_; }

 private:
  bool has(unsigned flag) const noexcept { return raw_ && (raw_->flags & flag) != 0; }

  const etcdcli_endpoint_info *raw_ = nullptr;
};

/* The end of a close: true if all went well; otherwise error() says why the lease could not be revoked. */
class close_info {
 public:
  explicit close_info(const etcdcli_close_info *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_->error == nullptr; }
  error_info error() const noexcept { return error_info(raw_->error); }
  const etcdcli_close_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_close_info *raw_;
};

/* A state of a keepalive. */
class keepalive_info {
 public:
  explicit keepalive_info(const etcdcli_keepalive_info *raw) noexcept : raw_(raw) {}

  keepalive_state state() const noexcept { return static_cast<keepalive_state>(raw_->state); }
  /* waiting, claiming: why the last attempt failed; held: why the value that was set is not there; lost, conflict,
   * ended: why, if not asked for; otherwise false. */
  error_info error() const noexcept { return error_info(raw_->error); }
  /* conflict, blocked: the other's pair; otherwise false. */
  kv owner() const noexcept { return kv(raw_->owner); }
  std::int64_t lease() const noexcept { return raw_->lease; }
  std::int64_t revision() const noexcept { return raw_->revision; }
  /* waiting, claiming, held: how many attempts in a row have failed; otherwise 0. */
  int attempts() const noexcept { return raw_->attempts; }
  /* held: a fencing token, greater than that of each holder before; otherwise 0. */
  std::int64_t fence() const noexcept { return raw_->fence; }
  const etcdcli_keepalive_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_keepalive_info *raw_;
};

/* What became of a value that was set: true if it is there; otherwise error() says why not. */
class value_info {
 public:
  explicit value_info(const etcdcli_value_info *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_->error == nullptr; }
  error_info error() const noexcept { return error_info(raw_->error); }
  /* The key's mod_revision with the value; 0 with an error. */
  std::int64_t revision() const noexcept { return raw_->revision; }
  /* Another value was set since, and it is that one which this is about. */
  bool superseded() const noexcept { return raw_->superseded != 0; }
  const etcdcli_value_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_value_info *raw_;
};

/* The end of a wait: true if all is there; otherwise error() says why not. */
class await_info {
 public:
  explicit await_info(const etcdcli_await_info *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_->error == nullptr; }
  error_info error() const noexcept { return error_info(raw_->error); }
  /* How many of how many are there. */
  std::size_t ready() const noexcept { return raw_->ready; }
  std::size_t total() const noexcept { return raw_->total; }
  /* With an error: which it failed for, or the first that is missing, to be compared with get() of an owner. */
  const etcdcli_keepalive *keepalive() const noexcept { return raw_->keepalive; }
  const etcdcli_watcher *watcher() const noexcept { return raw_->watcher; }
  etcdcli_call id() const noexcept { return raw_->call; }
  const etcdcli_await_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_await_info *raw_;
};

/* A state of a watcher. */
class watcher_info {
 public:
  explicit watcher_info(const etcdcli_watcher_info *raw) noexcept : raw_(raw) {}

  watcher_state state() const noexcept { return static_cast<watcher_state>(raw_->state); }
  /* backoff, ended: why, if something failed; otherwise false. */
  error_info error() const noexcept { return error_info(raw_->error); }
  /* snapshot, opening, backoff: how many attempts in a row have failed; otherwise 0. */
  int attempts() const noexcept { return raw_->attempts; }
  /* snapshot: why the keys are read again; code::ok: for the first time, or in another state. */
  etcdcli::code cause() const noexcept { return static_cast<etcdcli::code>(raw_->cause); }
  /* backoff: until the next attempt, in milliseconds; otherwise 0. */
  std::int64_t delay_ms() const noexcept { return raw_->delay_ms; }
  /* Of the last batch with which the picture was whole. */
  std::int64_t revision() const noexcept { return raw_->revision; }
  /* live: where the changes come from; otherwise empty. */
  std::string_view endpoint() const noexcept { return raw_->endpoint; }
  const etcdcli_watcher_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_watcher_info *raw_;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Parameters                                                                                                       */

/* Which keys: made from a text it is that one key; otherwise by prefix(), from_key() or between(). It refers to the
 * text it is made from, as a std::string_view does. */
class keys {
 public:
  keys(std::string_view key) noexcept : keys(key, {}, 0) {}
  keys(const std::string &key) noexcept : keys(key, {}, 0) {}
  keys(const char *key) noexcept : keys(key, {}, 0) {}

  std::string_view key() const noexcept { return key_; }
  std::string_view range_end() const noexcept { return range_end_; }
  /* What stands in the `flags` of the C structs: ETCDCLI_PREFIX, ETCDCLI_FROM_KEY or 0. */
  unsigned flags() const noexcept { return flags_; }

 private:
  friend keys prefix(std::string_view key) noexcept;
  friend keys from_key(std::string_view key) noexcept;
  friend keys between(std::string_view first, std::string_view end) noexcept;

  keys(std::string_view key, std::string_view range_end, unsigned flags) noexcept
      : key_(key), range_end_(range_end), flags_(flags) {}

  std::string_view key_;
  std::string_view range_end_;
  unsigned flags_;
};

/* All keys that begin with `key`; all keys there are, if it is empty. */
inline keys prefix(std::string_view key) noexcept {
  return keys(key, {}, ETCDCLI_PREFIX);
}
/* All keys not less than `key`. */
inline keys from_key(std::string_view key) noexcept {
  return keys(key, {}, ETCDCLI_FROM_KEY);
}
/* All of first <= x < end. */
inline keys between(std::string_view first, std::string_view end) noexcept {
  return keys(first, end, 0);
}

/* The fields of the C structs; with C++20, `{.limit = 100}`. */
struct range_options {
  std::int64_t limit = 0;    /* the most keys to give; 0: all */
  std::int64_t revision = 0; /* the store's revision to read at; 0: now */
  bool keys_only = false;
  bool count_only = false;
  bool serializable = false;
  std::int64_t timeout_ms = 0; /* 0: the option `request.timeout.ms` */
  sort_order order = sort_order::none;
  sort_target sort_by = sort_target::key;
  std::int64_t min_mod_revision = 0; /* 0: no bound */
  std::int64_t max_mod_revision = 0;
  std::int64_t min_create_revision = 0;
  std::int64_t max_create_revision = 0;
  std::int64_t not_older_than = 0; /* the revision that an answer has to have come to; 0: any */
  bool without_leader = false;     /* ask a member that has no leader as well */
};
struct put_options {
  std::int64_t lease = 0;
  bool prev_kv = false;
  std::int64_t timeout_ms = 0;
  bool ignore_value = false;   /* keep the value that the key has; give an empty one */
  bool ignore_lease = false;   /* keep the lease that the key has */
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct compact_options {
  bool physical = false; /* wait until it is gone from the disk too */
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct delete_options {
  bool prev_kv = false;
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct commit_options {
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct lease_options {
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct lease_grant_options {
  std::int64_t lease = 0; /* the id; 0: etcd chooses one */
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
struct time_to_live_options {
  bool keys = false; /* also give the keys that are bound to the lease */
  std::int64_t timeout_ms = 0;
  bool without_leader = false; /* ask a member that has no leader as well */
};
/* Name and password, or a token, or nothing. */
struct credentials {
  std::string_view user;
  std::string_view password;
  std::string_view token;
};
struct watch_options {
  /* 0: snapshot, then follow. More: no snapshot, follow from there on; ends with code::compacted if history does not
   * reach back so far, with code::cluster_changed if the store is not even at the revision before, or is replaced. */
  std::int64_t start_revision = 0;
  bool prev_kv = false;
  bool keys_only = false; /* no values */
  bool no_put = false;    /* tell of no put; not together with no_delete */
  bool no_delete = false;
  bool no_resync = false;     /* remember no keys: end with code::compacted where changes cannot be had any more */
  std::int64_t page_keys = 0; /* in a page of a snapshot; 0: as the option says */
  std::int64_t index_max_bytes = 0; /* for the keys it remembers; 0: as the option says */
};

/* Stands for no callback. */
struct no_callback {
  template <typename... Arguments>
  void operator()(Arguments &&...) const noexcept {}
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* How callables become callbacks                                                                                   */

namespace detail {

template <typename F>
using box = std::decay_t<F>;

template <typename Box>
void destroy(void *user) noexcept {
  delete static_cast<Box *>(user);
}

/* Hands a callable to a C function: `submit(user, destroy)` is to call it and return its code. The callable belongs to
 * the library if that succeeds, and is destroyed here if it fails. */
template <typename Box, typename Submit>
int hand_over(std::unique_ptr<Box> owned, Submit submit) {
  const int code = submit(static_cast<void *>(owned.get()), &destroy<Box>);
  if (code >= 0) static_cast<void>(owned.release());
  return code;
}

/* The callback, for C, of a callable that is handed a view of the info. */
template <typename Box, typename View, typename Handle, typename Info>
void on_info(Handle *, const Info *info, void *user) noexcept {
  (*static_cast<Box *>(user))(View(info));
}

/* The C header has one `user` for both callbacks of a watcher. */
template <typename OnBatch, typename OnState>
struct watcher_box {
  OnBatch on_batch;
  OnState on_state;
};

/* And for both of a keepalive that asks. */
template <typename OnClaim, typename OnState>
struct keepalive_box {
  OnClaim on_claim;
  OnState on_state;
};

/* And one for both of a call whose answer comes in parts. */
template <typename OnPart, typename OnEnd>
struct parts_box {
  OnPart on_part;
  OnEnd on_end;
};

template <typename Box>
void on_part(etcdcli_cluster *, const etcdcli_call_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_part(response(info));
}

template <typename Box>
void on_last(etcdcli_cluster *, const etcdcli_call_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_end(response(info));
}

template <typename Params>
using call_function = int (*)(etcdcli_cluster *, const Params *, etcdcli_call_fn, void *, etcdcli_destroy_fn,
                              etcdcli_call *);
template <typename Params>
using parts_function = int (*)(etcdcli_cluster *, const Params *, etcdcli_call_fn, etcdcli_call_fn, void *,
                               etcdcli_destroy_fn, etcdcli_call *);

template <typename Params, typename F>
submitted submit(etcdcli_cluster *cluster, call_function<Params> function, const Params &params, F &&fn) {
  using box = detail::box<F>;
  static_assert(std::is_invocable_v<box &, const response &>, "the callback takes (const etcdcli::response &)");
  etcdcli_call id = 0;
  const int code = hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
    return function(cluster, &params, &on_info<box, response>, user, destroy, &id);
  });
  return {code, id};
}

template <typename Params, typename P, typename F>
submitted submit_parts(etcdcli_cluster *cluster, parts_function<Params> function, const Params &params, P &&part,
                       F &&fn) {
  using both = parts_box<box<P>, box<F>>;
  static_assert(std::is_invocable_v<box<P> &, const response &> && std::is_invocable_v<box<F> &, const response &>,
                "both callbacks take (const etcdcli::response &)");
  etcdcli_call id = 0;
  const int code = hand_over(std::unique_ptr<both>(new both{std::forward<P>(part), std::forward<F>(fn)}),
                             [&](void *user, etcdcli_destroy_fn destroy) {
                               return function(cluster, &params, &on_part<both>, &on_last<both>, user, destroy, &id);
                             });
  return {code, id};
}

template <typename Box>
int on_claim(etcdcli_keepalive *, const etcdcli_kv *found, void *user) noexcept {
  return static_cast<int>(static_cast<Box *>(user)->on_claim(kv(found)));
}

template <typename Box>
void on_keepalive_state(etcdcli_keepalive *, const etcdcli_keepalive_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_state(keepalive_info(info));
}

template <typename Box>
void on_batch(etcdcli_watcher *, const etcdcli_batch_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_batch(batch(info));
}

template <typename Box>
void on_watcher_state(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_state(watcher_info(info));
}

/* Is it a range of pairs of texts? */
template <typename Range, typename = void>
inline constexpr bool is_options = false;
template <typename Range>
inline constexpr bool
    is_options<Range, std::void_t<decltype(std::string_view((*std::begin(std::declval<Range &>())).first)),
                                  decltype(std::string_view((*std::begin(std::declval<Range &>())).second))>> = true;

constexpr unsigned flag(bool wanted, unsigned value) noexcept {
  return wanted ? value : 0U;
}

/* The C structs, of calls and of transactions. They refer to the texts they are made from. */
inline etcdcli_range_params range_params(const keys &which, const range_options &options) noexcept {
  etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
  params.key = to_slice(which.key());
  params.range_end = to_slice(which.range_end());
  params.flags = which.flags() | flag(options.keys_only, ETCDCLI_KEYS_ONLY) |
                 flag(options.count_only, ETCDCLI_COUNT_ONLY) | flag(options.serializable, ETCDCLI_SERIALIZABLE) |
                 flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
  params.limit = options.limit;
  params.revision = options.revision;
  params.timeout_ms = options.timeout_ms;
  params.sort_order = static_cast<int>(options.order);
  params.sort_target = static_cast<int>(options.sort_by);
  params.min_mod_revision = options.min_mod_revision;
  params.max_mod_revision = options.max_mod_revision;
  params.min_create_revision = options.min_create_revision;
  params.max_create_revision = options.max_create_revision;
  params.not_older_than = options.not_older_than;
  return params;
}

inline etcdcli_put_params put_params(std::string_view key, std::string_view value,
                                     const put_options &options) noexcept {
  etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
  params.key = to_slice(key);
  params.value = to_slice(value);
  params.flags = flag(options.prev_kv, ETCDCLI_PREV_KV) | flag(options.ignore_value, ETCDCLI_IGNORE_VALUE) |
                 flag(options.ignore_lease, ETCDCLI_IGNORE_LEASE) |
                 flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
  params.lease = options.lease;
  params.timeout_ms = options.timeout_ms;
  return params;
}

inline etcdcli_delete_params delete_params(const keys &which, const delete_options &options) noexcept {
  etcdcli_delete_params params = ETCDCLI_DELETE_PARAMS_INIT;
  params.key = to_slice(which.key());
  params.range_end = to_slice(which.range_end());
  params.flags =
      which.flags() | flag(options.prev_kv, ETCDCLI_PREV_KV) | flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
  params.timeout_ms = options.timeout_ms;
  return params;
}

/* What the owners share. */
template <typename Handle, int (*Free)(Handle *)>
class owner {
 public:
  owner(owner &&other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), code_(std::exchange(other.code_, ETCDCLI_ERR_HANDLE)) {}
  owner &operator=(owner &&other) noexcept {
    if (this != &other) {
      code_ = std::exchange(other.code_, ETCDCLI_ERR_HANDLE);
      static_cast<void>(Free(std::exchange(handle_, std::exchange(other.handle_, nullptr))));
    }
    return *this;
  }
  owner(const owner &) = delete;
  owner &operator=(const owner &) = delete;

  /* Does it own a handle? */
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  /* code::ok while it owns a handle; otherwise why it does not: the code that its constructor got, or code::handle for
   * one that is empty by default or was moved from, released or reset. */
  etcdcli::code code() const noexcept { return static_cast<etcdcli::code>(code_); }
  /* The handle, for C functions; it stays owned. NULL if empty. */
  Handle *get() const noexcept { return handle_; }
  /* The handle, which is now the caller's to free. */
  [[nodiscard]] Handle *release() noexcept {
    code_ = ETCDCLI_ERR_HANDLE;
    return std::exchange(handle_, nullptr);
  }
  /* Frees the handle now. */
  void reset() noexcept { static_cast<void>(Free(release())); }

 protected:
  owner() noexcept = default;
  explicit owner(Handle *handle) noexcept : handle_(handle), code_(handle ? ETCDCLI_OK : ETCDCLI_ERR_HANDLE) {}
  ~owner() { reset(); }

  /* Another owner's code, for one that is to be made on it. */
  template <typename Owner>
  static int code_of(const Owner &other) noexcept {
    return static_cast<int>(other.code());
  }

  Handle *handle_ = nullptr;
  int code_ = ETCDCLI_ERR_HANDLE;
};

}  // namespace detail

/* ---------------------------------------------------------------------------------------------------------------- */
/* Sets                                                                                                             */

class keepalive;
class watcher;

/* What cluster::await waits for; it remembers handles, and owns none. An owner that is empty makes the wait fail:
 *
 *   if (!cluster.await(etcdcli::await_set(5000).add(self).add(others), [](const etcdcli::await_info &info) {
 *         if (!info) return complain(info.error().message());
 *         take_up_work();
 *       }))
 *     complain(etcdcli::last_error());
 */
class await_set {
 public:
  /* `timeout_ms`: 0 is without end. */
  explicit await_set(std::int64_t timeout_ms = 0) noexcept : timeout_ms_(timeout_ms) {}

  await_set &add(const keepalive &one);
  await_set &add(const watcher &one);

 private:
  friend class cluster;

  etcdcli_await_params params() const noexcept {
    etcdcli_await_params params = ETCDCLI_AWAIT_PARAMS_INIT;
    params.keepalives = keepalives_.data();
    params.keepalive_count = keepalives_.size();
    params.watchers = watchers_.data();
    params.watcher_count = watchers_.size();
    params.timeout_ms = timeout_ms_;
    return params;
  }

  std::vector<etcdcli_keepalive *> keepalives_;
  std::vector<etcdcli_watcher *> watchers_;
  std::int64_t timeout_ms_;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Config                                                                                                           */

/* Options in braces: {{"endpoints", "http://10.0.0.1:2379"}, {"lease.ttl.s", "5"}}. */
using option_list = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/* Options, by name. */
class [[nodiscard]] config : public detail::owner<etcdcli_config, etcdcli_config_free> {
 public:
  config() noexcept : owner(etcdcli_config_new()) {
    if (!handle_) code_ = ETCDCLI_ERR_SYSTEM;
  }
  /* With options, from braces or any range of pairs of texts: a std::map, a vector of pairs. If one is refused, this is
   * empty. */
  explicit config(option_list options) : config() { set_all(options); }
  template <typename Range, typename = std::enable_if_t<detail::is_options<Range>>>
  explicit config(Range &&options) : config() {
    set_all(options);
  }
  /* Owns a handle that C made. */
  explicit config(etcdcli_config *handle) noexcept : owner(handle) {}

  [[nodiscard]] result set(const char *name, const char *value) noexcept {
    return result(etcdcli_config_set(handle_, name, value));
  }
  [[nodiscard]] result set(std::string_view name, std::string_view value) {
    return set(std::string(name).c_str(), std::string(value).c_str());
  }

  /* etcdcli_config_get: what an option is set to; nothing if it is unknown or secret (last_error() tells which). */
  [[nodiscard]] std::optional<std::string> option(std::string_view name) const {
    const char *value = nullptr;
    if (etcdcli_config_get(handle_, std::string(name).c_str(), &value) < 0) return std::nullopt;
    return value;
  }

  /* fn(const etcdcli::log_info &line) */
  template <typename F>
  [[nodiscard]] result set_log_callback(F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const log_info &>, "the callback takes (const etcdcli::log_info &)");
    return result(
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return etcdcli_config_set_log_callback(handle_, &detail::on_info<box, log_info>, user, destroy);
        }));
  }
  /* No log. */
  [[nodiscard]] result set_log_callback(std::nullptr_t) noexcept {
    return result(etcdcli_config_set_log_callback(handle_, nullptr, nullptr, nullptr));
  }

 private:
  template <typename Range>
  void set_all(Range &&options) {
    for (auto &&each : options) {
      if (!handle_) return;
      const result done = set(std::string_view(each.first), std::string_view(each.second));
      if (done) continue;
      reset();
      code_ = static_cast<int>(done.code());
    }
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Transaction                                                                                                      */

/*
 * A transaction that is put together, and committed as often as the host likes:
 *
 *   etcdcli::txn take;
 *   take.compare_version("lock", etcdcli::comparison::equal, 0)  // it does not exist
 *       .put(etcdcli::branch::then, "lock", "mine")
 *       .range(etcdcli::branch::otherwise, "lock");
 *   if (!cluster.commit(take, [](const etcdcli::response &response) {
 *         if (response && !response.succeeded()) use(response.ops()[0].kvs()[0].value());
 *       }))
 *     complain(etcdcli::last_error());
 *
 * With what is refused it becomes empty; code() says why, and a commit returns that.
 */
class [[nodiscard]] txn : public detail::owner<etcdcli_txn, etcdcli_txn_free> {
 public:
  txn() noexcept : owner(etcdcli_txn_new()) {
    if (!handle_) code_ = ETCDCLI_ERR_SYSTEM;
  }
  /* Owns a handle that C made. */
  explicit txn(etcdcli_txn *handle) noexcept : owner(handle) {}

  /* Conditions: `compare_version(which, comparison::less, 3)` is "the version is less than 3". */
  txn &compare_version(const keys &which, comparison result, std::int64_t version) noexcept {
    return compare(which, ETCDCLI_COMPARE_VERSION, result, version, {});
  }
  txn &compare_create_revision(const keys &which, comparison result, std::int64_t revision) noexcept {
    return compare(which, ETCDCLI_COMPARE_CREATE_REVISION, result, revision, {});
  }
  txn &compare_mod_revision(const keys &which, comparison result, std::int64_t revision) noexcept {
    return compare(which, ETCDCLI_COMPARE_MOD_REVISION, result, revision, {});
  }
  txn &compare_lease(const keys &which, comparison result, std::int64_t lease) noexcept {
    return compare(which, ETCDCLI_COMPARE_LEASE, result, lease, {});
  }
  txn &compare_value(const keys &which, comparison result, std::string_view value) noexcept {
    return compare(which, ETCDCLI_COMPARE_VALUE, result, 0, value);
  }

  /* Operations. Without timeout_ms and not_older_than. */
  txn &range(branch in, const keys &which, const range_options &options = {}) noexcept {
    const etcdcli_range_params params = detail::range_params(which, options);
    return add([&] { return etcdcli_txn_range(handle_, static_cast<int>(in), &params); });
  }
  txn &put(branch in, std::string_view key, std::string_view value, const put_options &options = {}) noexcept {
    const etcdcli_put_params params = detail::put_params(key, value, options);
    return add([&] { return etcdcli_txn_put(handle_, static_cast<int>(in), &params); });
  }
  txn &del(branch in, const keys &which, const delete_options &options = {}) noexcept {
    const etcdcli_delete_params params = detail::delete_params(which, options);
    return add([&] { return etcdcli_txn_delete(handle_, static_cast<int>(in), &params); });
  }
  txn &nest(branch in, const txn &nested) noexcept {
    return add(
        [&] { return nested ? etcdcli_txn_nest(handle_, static_cast<int>(in), nested.get()) : code_of(nested); });
  }

 private:
  txn &compare(const keys &which, int target, comparison result, std::int64_t number, std::string_view value) noexcept {
    etcdcli_compare_params params = ETCDCLI_COMPARE_PARAMS_INIT;
    params.key = to_slice(which.key());
    params.range_end = to_slice(which.range_end());
    params.flags = which.flags();
    params.target = target;
    params.result = static_cast<int>(result);
    params.number = number;
    params.value = to_slice(value);
    return add([&] { return etcdcli_txn_compare(handle_, &params); });
  }

  template <typename Step>
  txn &add(const Step &step) noexcept {
    if (!handle_) return *this;
    const int code = step();
    if (code >= 0) return *this;
    reset();
    code_ = code;
    return *this;
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Cluster                                                                                                          */

/* The connection to one etcd cluster. */
class [[nodiscard]] cluster : public detail::owner<etcdcli_cluster, etcdcli_cluster_free> {
 public:
  /* Empty, to be assigned to. */
  cluster() noexcept = default;
  explicit cluster(const config &options) noexcept {
    code_ = options ? etcdcli_cluster_new(options.get(), &handle_) : code_of(options);
  }
  /* A config and a cluster in one: cluster({{"endpoints", "http://10.0.0.1:2379"}}), or from any range of pairs of
   * texts. An option that is refused makes no cluster. */
  explicit cluster(option_list options) : cluster(config(options)) {}
  template <typename Range, typename = std::enable_if_t<detail::is_options<Range>>>
  explicit cluster(Range &&options) : cluster(config(std::forward<Range>(options))) {}
  /* Owns a handle that C made. */
  explicit cluster(etcdcli_cluster *handle) noexcept : owner(handle) {}
  cluster(cluster &&) noexcept = default;
  cluster &operator=(cluster &&) noexcept = default;
  /* Here and not left to the base, so that the callbacks it makes find a cluster, if an empty one. */
  ~cluster() { reset(); }

  /* To be driven by the host's loop. As in C: negative once the handle is dead, but timeout_ms, which is 0 then. */
  [[nodiscard]] int fd() const noexcept { return etcdcli_cluster_fd(handle_); }
  [[nodiscard]] std::int64_t timeout_ms() const noexcept { return etcdcli_cluster_timeout_ms(handle_); }
  [[nodiscard]] int pump(int max_callbacks = 0) noexcept { return etcdcli_cluster_pump(handle_, max_callbacks); }
  [[nodiscard]] int wait(std::int64_t timeout_ms) noexcept { return etcdcli_cluster_wait(handle_, timeout_ms); }
  /* From other threads, while this owner is neither moved nor destroyed; a copy of get() may be used beyond that. */
  result wakeup() const noexcept { return result(etcdcli_cluster_wakeup(handle_)); }

  [[nodiscard]] cluster_state state() const noexcept {
    const int state = etcdcli_cluster_state(handle_);
    return state < 0 ? cluster_state::closed : static_cast<cluster_state>(state);
  }
  [[nodiscard]] std::int64_t lease() const noexcept { return etcdcli_cluster_lease(handle_); }
  /* All zero of a cluster that is freed. */
  [[nodiscard]] etcdcli_metrics metrics() const noexcept {
    etcdcli_metrics all = ETCDCLI_METRICS_INIT;
    if (etcdcli_cluster_metrics(handle_, &all) != ETCDCLI_OK) all = etcdcli_metrics{};
    return all;
  }
  /* Empty of a cluster that is freed. */
  [[nodiscard]] std::string metrics_text() const {
    std::string text;
    const int size = etcdcli_cluster_metrics_text(handle_, nullptr, 0);
    if (size <= 0) return text;
    text.resize(static_cast<std::size_t>(size));
    /* The NUL that std::string keeps behind its end may be written. */
    if (etcdcli_cluster_metrics_text(handle_, &text[0], text.size() + 1) != size) text.clear();
    return text;
  }

  /* The id of the etcd cluster that answers, or 0. */
  [[nodiscard]] std::uint64_t id() const noexcept { return etcdcli_cluster_id(handle_); }
  /* How many endpoints are used; 0 for an empty owner. */
  [[nodiscard]] std::size_t endpoint_count() const noexcept {
    const int count = etcdcli_cluster_endpoint_count(handle_);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  /* One of them, or an empty one. Its texts are valid until the next call of this. */
  [[nodiscard]] endpoint_info endpoint(std::size_t index) const noexcept {
    if (index >= endpoint_count()) return {};
    return endpoint_info(etcdcli_cluster_endpoint(handle_, static_cast<int>(index)));
  }
  /* Of the current endpoint, or empty; valid until the next call of this. */
  [[nodiscard]] std::string_view server_version() const noexcept { return etcdcli_cluster_server_version(handle_); }

  /* fn(const etcdcli::cluster_info &info) */
  template <typename F>
  [[nodiscard]] result set_state_callback(F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const cluster_info &>,
                  "the callback takes (const etcdcli::cluster_info &)");
    return result(
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return etcdcli_cluster_set_state_callback(handle_, &detail::on_info<box, cluster_info>, user, destroy);
        }));
  }
  /* None. */
  [[nodiscard]] result set_state_callback(std::nullptr_t) noexcept {
    return result(etcdcli_cluster_set_state_callback(handle_, nullptr, nullptr, nullptr));
  }

  /* Puts others in place of those that the cluster has, while it works: see etcdcli_cluster_set_credentials. */
  [[nodiscard]] result set_credentials(const credentials &value) noexcept {
    etcdcli_credentials params = ETCDCLI_CREDENTIALS_INIT;
    params.user = to_slice(value.user);
    params.password = to_slice(value.password);
    params.token = to_slice(value.token);
    return result(etcdcli_cluster_set_credentials(handle_, &params));
  }

  /* Goes on with other options, all of them or none: see etcdcli_cluster_reconfigure. */
  [[nodiscard]] result reconfigure(const config &options) noexcept {
    return options ? result(etcdcli_cluster_reconfigure(handle_, options.get())) : result(code_of(options));
  }

  /* close(close_flags::revoke, fn): fn(const etcdcli::close_info &) when it is done; pump until then. */
  template <typename F>
  [[nodiscard]] result close(close_flags flags, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const close_info &>, "the callback takes (const etcdcli::close_info &)");
    return result(
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return etcdcli_cluster_close(handle_, static_cast<unsigned>(flags), &detail::on_info<box, close_info>, user,
                                       destroy);
        }));
  }
  result close(close_flags flags = close_flags::none) noexcept {
    return result(etcdcli_cluster_close(handle_, static_cast<unsigned>(flags), nullptr, nullptr, nullptr));
  }

  /* Calls. fn(const etcdcli::response &response), once, however the call ends:
   *
   *   if (!cluster.range(etcdcli::prefix("/game/"), [](const etcdcli::response &response) {
   *         if (!response) return complain(response.error());
   *         for (const auto &kv : response.kvs()) use(kv.key(), kv.value());
   *       }))
   *     complain(etcdcli::last_error());
   */
  template <typename F>
  submitted range(const keys &which, const range_options &options, F &&fn) {
    return submit(&etcdcli_range, detail::range_params(which, options), std::forward<F>(fn));
  }
  template <typename F>
  submitted range(const keys &which, F &&fn) {
    return range(which, range_options(), std::forward<F>(fn));
  }

  /* A range of any size, in pages: on_part(const etcdcli::response &) for each, then fn. */
  template <typename P, typename F>
  submitted range_each(const keys &which, const range_options &options, P &&on_part, F &&fn) {
    return detail::submit_parts(handle_, &etcdcli_range_each, detail::range_params(which, options),
                                std::forward<P>(on_part), std::forward<F>(fn));
  }
  template <typename P, typename F>
  submitted range_each(const keys &which, P &&on_part, F &&fn) {
    return range_each(which, range_options(), std::forward<P>(on_part), std::forward<F>(fn));
  }

  template <typename F>
  submitted put(std::string_view key, std::string_view value, const put_options &options, F &&fn) {
    return submit(&etcdcli_put, detail::put_params(key, value, options), std::forward<F>(fn));
  }
  template <typename F>
  submitted put(std::string_view key, std::string_view value, F &&fn) {
    return put(key, value, put_options(), std::forward<F>(fn));
  }

  /* etcdcli_delete; `delete` is taken. */
  template <typename F>
  submitted del(const keys &which, const delete_options &options, F &&fn) {
    return submit(&etcdcli_delete, detail::delete_params(which, options), std::forward<F>(fn));
  }
  template <typename F>
  submitted del(const keys &which, F &&fn) {
    return del(which, delete_options(), std::forward<F>(fn));
  }

  /* etcdcli_compact. */
  template <typename F>
  submitted compact(std::int64_t revision, const compact_options &options, F &&fn) {
    etcdcli_compact_params params = ETCDCLI_COMPACT_PARAMS_INIT;
    params.revision = revision;
    params.flags =
        detail::flag(options.physical, ETCDCLI_PHYSICAL) | detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    params.timeout_ms = options.timeout_ms;
    return submit(&etcdcli_compact, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted compact(std::int64_t revision, F &&fn) {
    return compact(revision, compact_options(), std::forward<F>(fn));
  }

  /* etcdcli_commit. */
  template <typename F>
  submitted commit(const txn &what, const commit_options &options, F &&fn) {
    if (!what) return {static_cast<int>(what.code()), 0};
    etcdcli_commit_params params = ETCDCLI_COMMIT_PARAMS_INIT;
    params.txn = what.get();
    params.timeout_ms = options.timeout_ms;
    params.flags = detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    return submit(&etcdcli_commit, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted commit(const txn &what, F &&fn) {
    return commit(what, commit_options(), std::forward<F>(fn));
  }

  /* Leases of the host's own, beside the one of the keepalives. */
  template <typename F>
  submitted lease_grant(std::int64_t ttl_s, const lease_grant_options &options, F &&fn) {
    etcdcli_lease_grant_params params = ETCDCLI_LEASE_GRANT_PARAMS_INIT;
    params.ttl_s = ttl_s;
    params.lease = options.lease;
    params.timeout_ms = options.timeout_ms;
    params.flags = detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    return submit(&etcdcli_lease_grant, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_grant(std::int64_t ttl_s, F &&fn) {
    return lease_grant(ttl_s, lease_grant_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_revoke(std::int64_t lease, const lease_options &options, F &&fn) {
    return submit(&etcdcli_lease_revoke,
                  lease_params(lease, detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER), options.timeout_ms),
                  std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_revoke(std::int64_t lease, F &&fn) {
    return lease_revoke(lease, lease_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_keep_alive(std::int64_t lease, const lease_options &options, F &&fn) {
    return submit(&etcdcli_lease_keep_alive,
                  lease_params(lease, detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER), options.timeout_ms),
                  std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_keep_alive(std::int64_t lease, F &&fn) {
    return lease_keep_alive(lease, lease_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_time_to_live(std::int64_t lease, const time_to_live_options &options, F &&fn) {
    const unsigned flags =
        detail::flag(options.keys, ETCDCLI_LEASE_KEYS) | detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    return submit(&etcdcli_lease_time_to_live, lease_params(lease, flags, options.timeout_ms), std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_time_to_live(std::int64_t lease, F &&fn) {
    return lease_time_to_live(lease, time_to_live_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_list(const lease_options &options, F &&fn) {
    etcdcli_lease_list_params params = ETCDCLI_LEASE_LIST_PARAMS_INIT;
    params.timeout_ms = options.timeout_ms;
    params.flags = detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    return submit(&etcdcli_lease_list, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted lease_list(F &&fn) {
    return lease_list(lease_options(), std::forward<F>(fn));
  }

  /* Tells once when all of a set is there. fn(const etcdcli::await_info &info) */
  template <typename F>
  submitted await(const await_set &wanted, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const await_info &>, "the callback takes (const etcdcli::await_info &)");
    const etcdcli_await_params params = wanted.params();
    etcdcli_call id = 0;
    const int code =
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return etcdcli_await(handle_, &params, &detail::on_info<box, await_info>, user, destroy, &id);
        });
    return {code, id};
  }

  result cancel(etcdcli_call id) noexcept { return result(etcdcli_call_cancel(handle_, id)); }

 private:
  static etcdcli_lease_params lease_params(std::int64_t lease, unsigned flags, std::int64_t timeout_ms) noexcept {
    etcdcli_lease_params params = ETCDCLI_LEASE_PARAMS_INIT;
    params.lease = lease;
    params.flags = flags;
    params.timeout_ms = timeout_ms;
    return params;
  }

  template <typename Params, typename F>
  submitted submit(detail::call_function<Params> function, const Params &params, F &&fn) {
    return detail::submit(handle_, function, params, std::forward<F>(fn));
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Keepalive                                                                                                        */

/* How a key is claimed: see etcdcli_keepalive_params. */
struct keepalive_options {
  etcdcli::claim claim = etcdcli::claim::if_absent_or_same;
  std::string_view identity_field;
  std::string_view identity_separator;
};

/* One key of this process. Destroying it removes the key, if the cluster lives on and is pumped. Assigning a new one
 * over it, for the same key, makes the new one while the old one has the key, which is refused: change the value with
 * set_value, or assign `{}` first. */
class [[nodiscard]] keepalive : public detail::owner<etcdcli_keepalive, etcdcli_keepalive_free> {
 public:
  /* Empty, to be assigned to. */
  keepalive() noexcept = default;
  /* fn(const etcdcli::keepalive_info &info) */
  template <typename F, std::enable_if_t<!std::is_same_v<std::decay_t<F>, keepalive_options>, int> = 0>
  [[nodiscard]] keepalive(const cluster &on, std::string_view key, std::string_view value, F &&fn)
      : keepalive(on, key, value, keepalive_options(), std::forward<F>(fn)) {}
  [[nodiscard]] keepalive(const cluster &on, std::string_view key, std::string_view value)
      : keepalive(on, key, value, no_callback()) {}
  template <typename F>
  [[nodiscard]] keepalive(const cluster &on, std::string_view key, std::string_view value,
                          const keepalive_options &options, F &&fn) {
    using box = detail::box<F>;
    require_callback<box>();
    etcdcli_keepalive_params params = to_params(key, value, options);
    params.on_state = &detail::on_info<box, keepalive_info>;
    make(on, params, std::unique_ptr<box>(new box(std::forward<F>(fn))));
  }
  [[nodiscard]] keepalive(const cluster &on, std::string_view key, std::string_view value,
                          const keepalive_options &options)
      : keepalive(on, key, value, options, no_callback()) {}

  /* One that asks whose the key is, if it exists: ETCDCLI_CLAIM_ASK.
   * ask(const etcdcli::kv &found) -> etcdcli::claim_answer, fn(const etcdcli::keepalive_info &info) */
  template <typename Ask, typename F>
  [[nodiscard]] static keepalive asking(const cluster &on, std::string_view key, std::string_view value, Ask &&ask,
                                        F &&fn) {
    using both = detail::keepalive_box<detail::box<Ask>, detail::box<F>>;
    require_callback<detail::box<F>>();
    static_assert(std::is_invocable_r_v<claim_answer, detail::box<Ask> &, const kv &>,
                  "it takes (const etcdcli::kv &) and returns an etcdcli::claim_answer");
    etcdcli_keepalive_params params = to_params(key, value, keepalive_options());
    params.claim = ETCDCLI_CLAIM_ASK;
    params.on_claim = &detail::on_claim<both>;
    params.on_state = &detail::on_keepalive_state<both>;
    keepalive made;
    made.make(on, params, std::unique_ptr<both>(new both{std::forward<Ask>(ask), std::forward<F>(fn)}));
    return made;
  }
  /* Owns a handle that C made. */
  explicit keepalive(etcdcli_keepalive *handle) noexcept : owner(handle) {}

  [[nodiscard]] result set_value(std::string_view value) noexcept {
    return result(etcdcli_keepalive_set_value(handle_, to_slice(value)));
  }
  /* The same, and tells once what became of it. fn(const etcdcli::value_info &info) */
  template <typename F>
  [[nodiscard]] result set_value(std::string_view value, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const value_info &>, "the callback takes (const etcdcli::value_info &)");
    return result(
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return etcdcli_keepalive_set_value_then(handle_, to_slice(value), &detail::on_info<box, value_info>, user,
                                                  destroy);
        }));
  }
  [[nodiscard]] keepalive_state state() const noexcept {
    const int state = etcdcli_keepalive_state(handle_);
    return state < 0 ? keepalive_state::ended : static_cast<keepalive_state>(state);
  }
  result remove() noexcept { return result(etcdcli_keepalive_remove(handle_)); }
  /* Claims the key again that is in conflict. */
  result retry() noexcept { return result(etcdcli_keepalive_retry(handle_)); }

 private:
  template <typename Box>
  static void require_callback() {
    static_assert(std::is_invocable_v<Box &, const keepalive_info &>,
                  "the callback takes (const etcdcli::keepalive_info &)");
  }

  static etcdcli_keepalive_params to_params(std::string_view key, std::string_view value,
                                            const keepalive_options &options) {
    etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    params.key = to_slice(key);
    params.value = to_slice(value);
    params.claim = static_cast<int>(options.claim);
    params.identity_field = to_slice(options.identity_field);
    params.identity_separator = to_slice(options.identity_separator);
    return params;
  }

  template <typename Box>
  void make(const cluster &on, etcdcli_keepalive_params &params, std::unique_ptr<Box> callbacks) {
    if (!on) {
      code_ = code_of(on);
      return;
    }
    code_ = detail::hand_over(std::move(callbacks), [&](void *user, etcdcli_destroy_fn destroy) {
      params.user = user;
      params.destroy = destroy;
      return etcdcli_keepalive_new(on.get(), &params, &handle_);
    });
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Watcher                                                                                                          */

/* Keys that are read once and then followed. */
class [[nodiscard]] watcher : public detail::owner<etcdcli_watcher, etcdcli_watcher_free> {
 public:
  /* Empty, to be assigned to. */
  watcher() noexcept = default;
  /* on_batch(const etcdcli::batch &batch), on_state(const etcdcli::watcher_info &info) */
  template <typename OnBatch, typename OnState>
  [[nodiscard]] watcher(const cluster &on, const keys &which, watch_options options, OnBatch &&on_batch,
                        OnState &&on_state) {
    using box = detail::watcher_box<detail::box<OnBatch>, detail::box<OnState>>;
    static_assert(std::is_invocable_v<detail::box<OnBatch> &, const batch &>,
                  "the batch callback takes (const etcdcli::batch &)");
    static_assert(std::is_invocable_v<detail::box<OnState> &, const watcher_info &>,
                  "the state callback takes (const etcdcli::watcher_info &)");
    if (!on) {
      code_ = code_of(on);
      return;
    }
    std::unique_ptr<box> both(new box{std::forward<OnBatch>(on_batch), std::forward<OnState>(on_state)});
    code_ = detail::hand_over(std::move(both), [&](void *user, etcdcli_destroy_fn destroy) {
      etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
      params.key = to_slice(which.key());
      params.range_end = to_slice(which.range_end());
      params.flags = which.flags() | (options.prev_kv ? unsigned{ETCDCLI_PREV_KV} : 0U) |
                     (options.keys_only ? unsigned{ETCDCLI_KEYS_ONLY} : 0U) |
                     (options.no_put ? unsigned{ETCDCLI_NO_PUT} : 0U) |
                     (options.no_delete ? unsigned{ETCDCLI_NO_DELETE} : 0U) |
                     (options.no_resync ? unsigned{ETCDCLI_NO_RESYNC} : 0U);
      params.page_keys = options.page_keys;
      params.index_max_bytes = options.index_max_bytes;
      params.start_revision = options.start_revision;
      params.on_batch = &detail::on_batch<box>;
      params.on_state = &detail::on_watcher_state<box>;
      params.user = user;
      params.destroy = destroy;
      return etcdcli_watcher_new(on.get(), &params, &handle_);
    });
  }
  template <typename OnBatch>
  [[nodiscard]] watcher(const cluster &on, const keys &which, watch_options options, OnBatch &&on_batch)
      : watcher(on, which, options, std::forward<OnBatch>(on_batch), no_callback()) {}
  template <typename OnBatch, typename OnState>
  [[nodiscard]] watcher(const cluster &on, const keys &which, OnBatch &&on_batch, OnState &&on_state)
      : watcher(on, which, watch_options(), std::forward<OnBatch>(on_batch), std::forward<OnState>(on_state)) {}
  template <typename OnBatch>
  [[nodiscard]] watcher(const cluster &on, const keys &which, OnBatch &&on_batch)
      : watcher(on, which, watch_options(), std::forward<OnBatch>(on_batch), no_callback()) {}
  /* Owns a handle that C made. */
  explicit watcher(etcdcli_watcher *handle) noexcept : owner(handle) {}

  [[nodiscard]] watcher_state state() const noexcept {
    const int state = etcdcli_watcher_state(handle_);
    return state < 0 ? watcher_state::ended : static_cast<watcher_state>(state);
  }
  /* Of a watcher that is freed: ended, and all else 0. */
  [[nodiscard]] etcdcli_watch_status status() const noexcept {
    etcdcli_watch_status all = ETCDCLI_WATCH_STATUS_INIT;
    if (etcdcli_watcher_status(handle_, &all) != ETCDCLI_OK) {
      all = etcdcli_watch_status{};
      all.state = ETCDCLI_WATCHER_ENDED;
    }
    return all;
  }
};

inline await_set &await_set::add(const keepalive &one) {
  keepalives_.push_back(one.get());
  return *this;
}
inline await_set &await_set::add(const watcher &one) {
  watchers_.push_back(one.get());
  return *this;
}

}  // namespace etcdcli

#endif
