/*
 * etcdcli.hpp - etcdcli.h for C++17 and later.
 *
 * It adds comfort and no behaviour: every function here is the C function of the same name, with the same codes, and
 * etcdcli.h remains the manual. What it adds:
 *
 *   owners    config, cluster, keepalive and watcher free their handle when they are destroyed. They move, and do not
 *             copy.
 *   text      keys and values go in as std::string_view and come out as std::string_view: any bytes.
 *   callables any callable is a callback, a lambda that captures a std::unique_ptr included. It is owned by the library
 *             until the C header's `destroy`, and destroyed then, exactly once; or at once if the function fails.
 *   views     error, kv, event, batch, response and keepalive_info read what a callback is handed. They are a few
 *             words in size, own nothing, and are valid until the callback returns. An error, kv or event that is
 *             not there is false, and reads as empty and 0.
 *
 *
 * ERRORS
 *
 * Nothing here throws, and it builds with -fno-exceptions and -fno-rtti. (An allocation that fails, or a callable whose
 * copy throws, throws out of the function that was called, before the library has heard of it.)
 *
 * Functions return the int of their C function. An owner cannot return one from its constructor, so it keeps it: an
 * owner that could not be made is empty, which `if (!cluster)` tells; code() says why, and etcdcli::last_error() says
 * it in words. Functions of an empty owner return ETCDCLI_ERR_HANDLE. A keepalive or watcher made on an empty cluster
 * is empty with the cluster's code, so checking at the end is enough:
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
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace etcdcli {

/* ---------------------------------------------------------------------------------------------------------------- */
/* Texts and bytes                                                                                                  */

/* What exactly the most recent failed call on this thread found wrong. */
inline const char *last_error() noexcept {
  return etcdcli_last_error();
}

/* A short text for a code. */
inline const char *strerror(int code) noexcept {
  return etcdcli_strerror(code);
}

inline etcdcli_slice to_slice(std::string_view bytes) noexcept {
  return etcdcli_bytes(bytes.data(), bytes.size());
}

inline std::string_view to_view(const etcdcli_slice &slice) noexcept {
  return {static_cast<const char *>(slice.data), slice.size};
}

/* ---------------------------------------------------------------------------------------------------------------- */
/* Views: what callbacks are handed                                                                                 */

/* What went wrong; false if nothing did. */
class error {
 public:
  explicit error(const etcdcli_error *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  int code() const noexcept { return raw_ ? raw_->code : ETCDCLI_OK; }
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

/* A change of one key. */
class event {
 public:
  explicit event(const etcdcli_event *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  int type() const noexcept { return raw_ ? raw_->type : ETCDCLI_EVENT_PUT; }
  bool is_put() const noexcept { return raw_ && raw_->type == ETCDCLI_EVENT_PUT; }
  bool is_delete() const noexcept { return raw_ && raw_->type == ETCDCLI_EVENT_DELETE; }
  std::string_view key() const noexcept { return kv().key(); }
  std::string_view value() const noexcept { return kv().value(); }
  etcdcli::kv kv() const noexcept { return etcdcli::kv(raw_ ? raw_->kv : nullptr); }
  /* What was there before, if the watcher asked for it with `prev_kv` and it is known. */
  etcdcli::kv prev_kv() const noexcept { return etcdcli::kv(raw_ ? raw_->prev_kv : nullptr); }
  const etcdcli_event *get() const noexcept { return raw_; }

 private:
  const etcdcli_event *raw_;
};

/* The items of a batch or response, in order: `for (const auto &item : list)`, size(), list[index]. */
template <typename View, typename Holder, typename Item, std::size_t (*Count)(const Holder *),
          const Item *(*At)(const Holder *, std::size_t)>
class list {
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

  explicit list(const Holder *holder) noexcept : holder_(holder) {}

  std::size_t size() const noexcept { return Count(holder_); }
  bool empty() const noexcept { return size() == 0; }
  View operator[](std::size_t index) const noexcept { return View(At(holder_, index)); }
  iterator begin() const noexcept { return iterator(holder_, 0); }
  iterator end() const noexcept { return iterator(holder_, size()); }

 protected:
  const Holder *holder_;
};

/* A delivery of a watcher: a list of events. */
class batch : public list<event, etcdcli_batch, etcdcli_event, etcdcli_batch_size, etcdcli_batch_event> {
 public:
  explicit batch(const etcdcli_batch *raw) noexcept : list(raw) {}

  unsigned flags() const noexcept { return etcdcli_batch_flags(holder_); }
  bool is_snapshot() const noexcept { return (flags() & ETCDCLI_BATCH_SNAPSHOT) != 0; }
  bool is_snapshot_end() const noexcept { return (flags() & ETCDCLI_BATCH_SNAPSHOT_END) != 0; }
  bool is_resync() const noexcept { return (flags() & ETCDCLI_BATCH_RESYNC) != 0; }
  std::int64_t revision() const noexcept { return etcdcli_batch_revision(holder_); }
  const etcdcli_batch *get() const noexcept { return holder_; }
};

using kv_list = list<kv, etcdcli_response, etcdcli_kv, etcdcli_response_kv_count, etcdcli_response_kv>;
using prev_kv_list = list<kv, etcdcli_response, etcdcli_kv, etcdcli_response_prev_kv_count, etcdcli_response_prev_kv>;

/* The end of a call: true if it was answered; otherwise error() says why not. */
class response {
 public:
  response(etcdcli_call call, const etcdcli_error *failure, const etcdcli_response *raw) noexcept
      : call_(call), failure_(failure), raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  etcdcli::error error() const noexcept { return etcdcli::error(failure_); }
  /* The id that the function which submitted the call gave. */
  etcdcli_call id() const noexcept { return call_; }
  /* NULL for a call that failed. */
  const etcdcli_header *header() const noexcept { return etcdcli_response_header(raw_); }
  kv_list kvs() const noexcept { return kv_list(raw_); }
  prev_kv_list prev_kvs() const noexcept { return prev_kv_list(raw_); }
  std::int64_t count() const noexcept { return etcdcli_response_count(raw_); }
  bool more() const noexcept { return etcdcli_response_more(raw_) != 0; }
  const etcdcli_response *get() const noexcept { return raw_; }

 private:
  etcdcli_call call_;
  const etcdcli_error *failure_;
  const etcdcli_response *raw_;
};

/* What goes with a state of a keepalive. */
class keepalive_info {
 public:
  explicit keepalive_info(const etcdcli_keepalive_info *raw) noexcept : raw_(raw) {}

  /* LOST, CONFLICT, CLAIMING: why; otherwise false. */
  etcdcli::error error() const noexcept { return etcdcli::error(raw_->error); }
  /* CONFLICT: the other's pair; otherwise false. */
  kv owner() const noexcept { return kv(raw_->owner); }
  std::int64_t lease() const noexcept { return raw_->lease; }
  std::int64_t revision() const noexcept { return raw_->revision; }
  const etcdcli_keepalive_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_keepalive_info *raw_;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Parameters                                                                                                       */

/* An option of a config. */
struct option {
  const char *name;
  const char *value;
};

/* Which keys: made from a text it is that one key; otherwise by prefix(), from_key() or between(). It refers to the
 * text it is made from, as a std::string_view does. */
class keys {
 public:
  keys(std::string_view key) noexcept : keys(key, {}, 0) {}
  keys(const std::string &key) noexcept : keys(key, {}, 0) {}
  keys(const char *key) noexcept : keys(key, {}, 0) {}
  keys(std::string_view key, std::string_view range_end, unsigned flags) noexcept
      : key_(key), range_end_(range_end), flags_(flags) {}

  std::string_view key() const noexcept { return key_; }
  std::string_view range_end() const noexcept { return range_end_; }
  unsigned flags() const noexcept { return flags_; }

 private:
  std::string_view key_;
  std::string_view range_end_;
  unsigned flags_;
};

/* All keys that begin with `key`; all keys there are, if it is empty. */
inline keys prefix(std::string_view key) noexcept {
  return {key, {}, ETCDCLI_PREFIX};
}
/* All keys not less than `key`. */
inline keys from_key(std::string_view key) noexcept {
  return {key, {}, ETCDCLI_FROM_KEY};
}
/* All of first <= x < end. */
inline keys between(std::string_view first, std::string_view end) noexcept {
  return {first, end, 0};
}

/* The fields of the C structs; with C++20, `{.limit = 100}`. */
struct range_options {
  std::int64_t limit = 0;    /* the most keys to give; 0: all */
  std::int64_t revision = 0; /* the store's revision to read at; 0: now */
  bool keys_only = false;
  bool count_only = false;
  bool serializable = false;
  std::int64_t timeout_ms = 0; /* 0: the option `request.timeout.ms` */
};
struct put_options {
  std::int64_t lease = 0;
  bool prev_kv = false;
  std::int64_t timeout_ms = 0;
};
struct delete_options {
  bool prev_kv = false;
  std::int64_t timeout_ms = 0;
};
struct watch_options {
  std::int64_t start_revision = 0; /* 0: snapshot, then follow */
  bool prev_kv = false;
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

template <typename Box>
void on_log(int level, const char *message, void *user) noexcept {
  (*static_cast<Box *>(user))(level, message);
}

template <typename Box>
void on_cluster_state(etcdcli_cluster *, int state, const etcdcli_error *failure, void *user) noexcept {
  (*static_cast<Box *>(user))(state, error(failure));
}

template <typename Box>
void on_close(etcdcli_cluster *, const etcdcli_error *failure, void *user) noexcept {
  (*static_cast<Box *>(user))(error(failure));
}

template <typename Box>
void on_call(etcdcli_cluster *, etcdcli_call call, const etcdcli_error *failure, const etcdcli_response *raw,
             void *user) noexcept {
  (*static_cast<Box *>(user))(response(call, failure, raw));
}

template <typename Box>
void on_keepalive_state(etcdcli_keepalive *, int state, const etcdcli_keepalive_info *info, void *user) noexcept {
  (*static_cast<Box *>(user))(state, keepalive_info(info));
}

/* The C header has one `user` for both callbacks of a watcher. */
template <typename OnBatch, typename OnState>
struct watcher_box {
  OnBatch on_batch;
  OnState on_state;
};

template <typename Box>
void on_batch(etcdcli_watcher *, const etcdcli_batch *raw, void *user) noexcept {
  static_cast<Box *>(user)->on_batch(batch(raw));
}

template <typename Box>
void on_watcher_state(etcdcli_watcher *, int state, const etcdcli_error *failure, void *user) noexcept {
  static_cast<Box *>(user)->on_state(state, error(failure));
}

/* What the four owners share. */
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
  /* ETCDCLI_OK while it owns a handle; otherwise why it does not: the code that its constructor got, or
   * ETCDCLI_ERR_HANDLE for one that is empty by default or was moved from, released or reset. */
  int code() const noexcept { return code_; }
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

  Handle *handle_ = nullptr;
  int code_ = ETCDCLI_ERR_HANDLE;
};

}  // namespace detail

/* ---------------------------------------------------------------------------------------------------------------- */
/* Config                                                                                                           */

/* Options, by name. */
class [[nodiscard]] config : public detail::owner<etcdcli_config, etcdcli_config_free> {
 public:
  config() noexcept : owner(etcdcli_config_new()) {
    if (!handle_) code_ = ETCDCLI_ERR_SYSTEM;
  }
  /* Owns a handle that C made. */
  explicit config(etcdcli_config *handle) noexcept : owner(handle) {}

  [[nodiscard]] int set(const char *name, const char *value) noexcept {
    return etcdcli_config_set(handle_, name, value);
  }
  [[nodiscard]] int set(const char *name, const std::string &value) noexcept { return set(name, value.c_str()); }

  /* What was wrong with the last set(), or cluster made from this config, that failed. */
  const char *error() const noexcept { return etcdcli_config_error(handle_); }

  /* fn(int level, const char *message) */
  template <typename F>
  [[nodiscard]] int set_log_callback(F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, int, const char *>, "the callback takes (int level, const char *message)");
    return detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
      return etcdcli_config_set_log_callback(handle_, &detail::on_log<box>, user, destroy);
    });
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Cluster                                                                                                          */

/* What a function that submits a call returns: true with the call's id, or false with the code that says why nothing
 * was submitted, so that the callback will not come. It owns nothing: a call goes on without it. */
class [[nodiscard]] submitted {
 public:
  submitted(int code, etcdcli_call id) noexcept : code_(code), id_(id) {}

  explicit operator bool() const noexcept { return code_ >= 0; }
  int code() const noexcept { return code_; }
  etcdcli_call id() const noexcept { return id_; }

 private:
  int code_;
  etcdcli_call id_;
};

/* The connection to one etcd cluster. */
class [[nodiscard]] cluster : public detail::owner<etcdcli_cluster, etcdcli_cluster_free> {
 public:
  /* Empty, to be assigned to. */
  cluster() noexcept = default;
  explicit cluster(const config &options) noexcept {
    code_ = options ? etcdcli_cluster_new(options.get(), &handle_) : options.code();
  }
  /* A config and a cluster in one: cluster({{"endpoints", "http://10.0.0.1:2379"}}). An option that is refused makes
   * no cluster. */
  explicit cluster(std::initializer_list<option> options) noexcept {
    config made;
    code_ = made.code();
    for (const option &each : options) {
      if (code_ >= 0) code_ = made.set(each.name, each.value);
    }
    if (code_ >= 0) code_ = etcdcli_cluster_new(made.get(), &handle_);
  }
  /* Owns a handle that C made. */
  explicit cluster(etcdcli_cluster *handle) noexcept : owner(handle) {}
  cluster(cluster &&) noexcept = default;
  cluster &operator=(cluster &&) noexcept = default;
  /* Here and not left to the base, so that the callbacks it makes find a cluster, if an empty one. */
  ~cluster() { reset(); }

  /* To be driven by the host's loop. */
  int fd() const noexcept { return etcdcli_cluster_fd(handle_); }
  std::int64_t timeout_ms() const noexcept { return etcdcli_cluster_timeout_ms(handle_); }
  int pump(int max_callbacks = 0) noexcept { return etcdcli_cluster_pump(handle_, max_callbacks); }
  int wait(std::int64_t timeout_ms) noexcept { return etcdcli_cluster_wait(handle_, timeout_ms); }
  /* From other threads, while this owner is neither moved nor destroyed; a copy of get() may be used beyond that. */
  int wakeup() const noexcept { return etcdcli_cluster_wakeup(handle_); }

  int state() const noexcept { return etcdcli_cluster_state(handle_); }
  std::int64_t lease() const noexcept { return etcdcli_cluster_lease(handle_); }

  /* fn(int state, const etcdcli::error &why) */
  template <typename F>
  int set_state_callback(F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, int, const etcdcli::error &>,
                  "the callback takes (int state, const etcdcli::error &why)");
    return detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
      return etcdcli_cluster_set_state_callback(handle_, &detail::on_cluster_state<box>, user, destroy);
    });
  }

  /* close(ETCDCLI_CLOSE_REVOKE, fn): fn(const etcdcli::error &why) when it is done; pump until then. */
  template <typename F>
  int close(unsigned flags, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const etcdcli::error &>, "the callback takes (const etcdcli::error &why)");
    return detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
      return etcdcli_cluster_close(handle_, flags, &detail::on_close<box>, user, destroy);
    });
  }
  int close(unsigned flags = 0) noexcept { return etcdcli_cluster_close(handle_, flags, nullptr, nullptr, nullptr); }

  /* Calls. fn(const etcdcli::response &response), once, however the call ends:
   *
   *   cluster.range(etcdcli::prefix("/game/"), [](const etcdcli::response &response) {
   *     if (!response) return complain(response.error());
   *     for (const auto &kv : response.kvs()) use(kv.key(), kv.value());
   *   });
   */
  template <typename F>
  submitted range(const keys &which, const range_options &options, F &&fn) {
    etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
    params.key = to_slice(which.key());
    params.range_end = to_slice(which.range_end());
    params.flags = which.flags() | flag(options.keys_only, ETCDCLI_KEYS_ONLY) |
                   flag(options.count_only, ETCDCLI_COUNT_ONLY) | flag(options.serializable, ETCDCLI_SERIALIZABLE);
    params.limit = options.limit;
    params.revision = options.revision;
    params.timeout_ms = options.timeout_ms;
    return submit(&etcdcli_range, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted range(const keys &which, F &&fn) {
    return range(which, range_options(), std::forward<F>(fn));
  }

  template <typename F>
  submitted put(std::string_view key, std::string_view value, const put_options &options, F &&fn) {
    etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
    params.key = to_slice(key);
    params.value = to_slice(value);
    params.flags = flag(options.prev_kv, ETCDCLI_PREV_KV);
    params.lease = options.lease;
    params.timeout_ms = options.timeout_ms;
    return submit(&etcdcli_put, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted put(std::string_view key, std::string_view value, F &&fn) {
    return put(key, value, put_options(), std::forward<F>(fn));
  }

  /* etcdcli_delete; `delete` is taken. */
  template <typename F>
  submitted del(const keys &which, const delete_options &options, F &&fn) {
    etcdcli_delete_params params = ETCDCLI_DELETE_PARAMS_INIT;
    params.key = to_slice(which.key());
    params.range_end = to_slice(which.range_end());
    params.flags = which.flags() | flag(options.prev_kv, ETCDCLI_PREV_KV);
    params.timeout_ms = options.timeout_ms;
    return submit(&etcdcli_delete, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted del(const keys &which, F &&fn) {
    return del(which, delete_options(), std::forward<F>(fn));
  }

  int cancel(etcdcli_call id) noexcept { return etcdcli_cancel(handle_, id); }

 private:
  static constexpr unsigned flag(bool wanted, unsigned value) noexcept { return wanted ? value : 0U; }

  template <typename Params, typename F>
  submitted submit(int (*function)(etcdcli_cluster *, const Params *, etcdcli_call_fn, void *, etcdcli_destroy_fn,
                                   etcdcli_call *),
                   const Params &params, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, const response &>, "the callback takes (const etcdcli::response &)");
    etcdcli_call id = 0;
    const int code =
        detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
          return function(handle_, &params, &detail::on_call<box>, user, destroy, &id);
        });
    return {code, id};
  }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Keepalive                                                                                                        */

/* One key of this process. Destroying it removes the key, if the cluster lives on and is pumped. */
class [[nodiscard]] keepalive : public detail::owner<etcdcli_keepalive, etcdcli_keepalive_free> {
 public:
  /* Empty, to be assigned to. */
  keepalive() noexcept = default;
  /* fn(int state, const etcdcli::keepalive_info &info) */
  template <typename F>
  keepalive(const cluster &on, std::string_view key, std::string_view value, F &&fn) {
    using box = detail::box<F>;
    static_assert(std::is_invocable_v<box &, int, const keepalive_info &>,
                  "the callback takes (int state, const etcdcli::keepalive_info &info)");
    if (!on) {
      code_ = on.code();
      return;
    }
    code_ = detail::hand_over(std::make_unique<box>(std::forward<F>(fn)), [&](void *user, etcdcli_destroy_fn destroy) {
      etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
      params.key = to_slice(key);
      params.value = to_slice(value);
      params.on_state = &detail::on_keepalive_state<box>;
      params.user = user;
      params.destroy = destroy;
      return etcdcli_keepalive_new(on.get(), &params, &handle_);
    });
  }
  keepalive(const cluster &on, std::string_view key, std::string_view value)
      : keepalive(on, key, value, no_callback()) {}
  /* Owns a handle that C made. */
  explicit keepalive(etcdcli_keepalive *handle) noexcept : owner(handle) {}

  int set_value(std::string_view value) noexcept { return etcdcli_keepalive_set_value(handle_, to_slice(value)); }
  int state() const noexcept { return etcdcli_keepalive_state(handle_); }
  int remove() noexcept { return etcdcli_keepalive_remove(handle_); }
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Watcher                                                                                                          */

/* Keys that are read once and then followed. */
class [[nodiscard]] watcher : public detail::owner<etcdcli_watcher, etcdcli_watcher_free> {
 public:
  /* Empty, to be assigned to. */
  watcher() noexcept = default;
  /* on_batch(const etcdcli::batch &batch), on_state(int state, const etcdcli::error &why) */
  template <typename OnBatch, typename OnState>
  watcher(const cluster &on, const keys &which, watch_options options, OnBatch &&on_batch, OnState &&on_state) {
    using box = detail::watcher_box<detail::box<OnBatch>, detail::box<OnState>>;
    static_assert(std::is_invocable_v<detail::box<OnBatch> &, const batch &>,
                  "the batch callback takes (const etcdcli::batch &)");
    static_assert(std::is_invocable_v<detail::box<OnState> &, int, const error &>,
                  "the state callback takes (int state, const etcdcli::error &why)");
    if (!on) {
      code_ = on.code();
      return;
    }
    std::unique_ptr<box> both(new box{std::forward<OnBatch>(on_batch), std::forward<OnState>(on_state)});
    code_ = detail::hand_over(std::move(both), [&](void *user, etcdcli_destroy_fn destroy) {
      etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
      params.key = to_slice(which.key());
      params.range_end = to_slice(which.range_end());
      params.flags = which.flags() | (options.prev_kv ? unsigned{ETCDCLI_PREV_KV} : 0U);
      params.start_revision = options.start_revision;
      params.on_batch = &detail::on_batch<box>;
      params.on_state = &detail::on_watcher_state<box>;
      params.user = user;
      params.destroy = destroy;
      return etcdcli_watcher_new(on.get(), &params, &handle_);
    });
  }
  template <typename OnBatch>
  watcher(const cluster &on, const keys &which, watch_options options, OnBatch &&on_batch)
      : watcher(on, which, options, std::forward<OnBatch>(on_batch), no_callback()) {}
  template <typename OnBatch, typename OnState>
  watcher(const cluster &on, const keys &which, OnBatch &&on_batch, OnState &&on_state)
      : watcher(on, which, watch_options(), std::forward<OnBatch>(on_batch), std::forward<OnState>(on_state)) {}
  template <typename OnBatch>
  watcher(const cluster &on, const keys &which, OnBatch &&on_batch)
      : watcher(on, which, watch_options(), std::forward<OnBatch>(on_batch), no_callback()) {}
  /* Owns a handle that C made. */
  explicit watcher(etcdcli_watcher *handle) noexcept : owner(handle) {}

  int state() const noexcept { return etcdcli_watcher_state(handle_); }
};

}  // namespace etcdcli

#endif
