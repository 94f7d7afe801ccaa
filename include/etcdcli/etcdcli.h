/*
 * etcdcli.h - the etcd v3 client that a C or C++ server embeds.
 *
 * This header is the manual: what is not said here is not promised. It compiles as C99, C11 and C++11 and later.
 *
 *
 * THE SHAPE OF IT
 *
 *   etcdcli_config     options, by name
 *   etcdcli_cluster    the connection to one etcd cluster: calls, one lease, failover
 *   etcdcli_keepalive  one key of this process, bound to the cluster's lease
 *   etcdcli_watcher    a key, prefix or range that is read once and then followed
 *   etcdcli_txn        a transaction that is being put together
 *
 * The library has no thread and no event loop. It lives in the host's loop, through one descriptor and one timeout.
 * Host names are resolved by c-ares, without a thread, and all descriptors of the library are closed on exec.
 *
 *   for (;;) {
 *     struct pollfd p = {etcdcli_cluster_fd(c), POLLIN, 0};
 *     poll(&p, 1, (int)etcdcli_cluster_timeout_ms(c));    <- or epoll, libuv, asio, a 20 Hz tick ...
 *     if (etcdcli_cluster_pump(c, 0) < 0) break;          <- never blocks; callbacks run here
 *   }
 *
 *
 * CONVENTIONS
 *
 * Errors. A function that returns int returns ETCDCLI_OK (0) or more on success and an ETCDCLI_ERR_* code, which is
 *   negative, on failure; etcdcli_strerror names the code and etcdcli_last_error tells what exactly was wrong. A
 *   function that failed has changed nothing. Every function that takes a handle and returns int or int64_t can return
 *   ETCDCLI_ERR_HANDLE and ETCDCLI_ERR_FORKED; of a handle that is dead etcdcli_cluster_timeout_ms and
 *   etcdcli_cluster_id say 0 instead, etcdcli_cluster_endpoint NULL and etcdcli_cluster_server_version "", with
 *   etcdcli_last_error set all the same. The comments name what else a function can return. What goes wrong later, on
 *   the network or at the server, arrives in a callback as an etcdcli_error.
 *
 * Callbacks have one shape, fn(handle, info, user): whom it concerns, a struct that says what, and the host's own
 *   pointer. They run only inside etcdcli_cluster_pump and etcdcli_cluster_wait, and inside etcdcli_cluster_free and
 *   etcdcli_keepalive_free for what they cancel; never inside the function that starts something. A callback may call
 *   every function, and free every handle, its own included; only a pump or wait of the same cluster is refused, with
 *   ETCDCLI_ERR_BUSY. A C++ callback must not throw.
 *
 * User data. With each callback go a `user` pointer, which it is handed, and a `destroy` function. They are arguments
 *   where something is set or ends once (the log, the cluster's state, a call, a close), and fields of the parameters
 *   of what lives on (a keepalive, a watcher). When the callback will never be called again, destroy(user) is called,
 *   exactly once, and never while the callback is still running. If the function that takes them fails, destroy is not
 *   called and `user` stays the caller's.
 *   All three may be NULL where nothing else is said. A callback that is NULL is one that is not called: destroy(user)
 *   comes all the same, when the callback would have come for the last time; from a `set` function, which takes the
 *   callback away if it is given NULL, before it returns.
 *
 * Handles are tickets, not addresses. They are never NULL, and every `*_free(NULL)` is a no-op that returns
 *   ETCDCLI_OK. A handle that was freed, or belongs to another type, or was never one, is answered with
 *   ETCDCLI_ERR_HANDLE. A loop that ends when a pump or wait is negative ends with its handle, too.
 *
 * Threads. A cluster with its keepalives and watchers belongs to one thread at a time, a config and a
 *   transaction too; different clusters are independent. etcdcli_cluster_wakeup is the one function that may be called
 *   from any thread at any time; etcdcli_version, etcdcli_version_number, etcdcli_last_error and what gives names are
 * free of threads too.
 *
 * fork. In a child made by fork(2), handles made by the parent answer ETCDCLI_ERR_FORKED to everything but `*_free`,
 *   which releases memory, calls destroy functions but no other callback, and touches no descriptor. The child may
 *   make clusters of its own.
 *
 * Keys and values are etcdcli_slice: any bytes, with a length, never assumed to end in NUL. What the host hands in is
 *   copied before the function returns. What a callback is handed is valid until that callback returns. With the option
 *   `namespace` all keys here are without it; those in admin.h are etcd's own.
 *
 * Times are in milliseconds unless the name says otherwise. Timers run on CLOCK_BOOTTIME. Text is UTF-8.
 *
 *
 * HOW IT GROWS
 *
 * Versions. While ETCDCLI_VERSION_MAJOR is 0, a new minor version may break what was, and the SONAME carries the minor:
 *   libetcdcli.so.0.1. From 1.0 on it carries the major, within which functions, options, fields and values are added,
 *   and none is changed or removed. What is not there since 0.1 says so: "Since 0.2".
 *
 * Parameter structs (`..._params`) begin with `size_t struct_size` and have an `..._INIT` macro, which fills in that
 *   and the defaults. The library reads no more than struct_size bytes, so a host that was compiled against an older
 *   header goes on working. One that was compiled against a newer header works too, as long as it leaves alone what
 *   this library does not know: those bytes have to be 0. Otherwise, and if struct_size is less than it was in the
 *   first version or more than 4096, the function returns ETCDCLI_ERR_ARGUMENT. etcdcli_credentials is one of them.
 *   etcdcli_metrics and etcdcli_watch_status, which the library fills in, begin in the same way; what of them this
 * library does not know is neither looked at nor written.
 *
 * What the library hands out by pointer (`..._info`, etcdcli_error, etcdcli_kv ...) may grow at the end: do not copy it
 *   by sizeof, and do not treat the pointer as an array. A host that may meet a library older than its header asks
 *   etcdcli_version_number before it reads a field that says "Since".
 *
 * etcdcli_slice is frozen: it is embedded in other structs and will never change.
 *
 * Constants have an enum type, for debuggers and switches; its name ends in `_t`, because functions have the name
 *   without it. Functions and structs say int, or unsigned for flags that may be combined: expect values that are new.
 */
#ifndef ETCDCLI_ETCDCLI_H
#define ETCDCLI_ETCDCLI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* On every function. ETCDCLI_API_CHECKED: where it would be a bug not to look at what it returns. */
#if defined(__GNUC__)
#define ETCDCLI_API __attribute__((visibility("default")))
#define ETCDCLI_API_CHECKED __attribute__((visibility("default"), warn_unused_result))
#define ETCDCLI_DEPRECATED(instead) __attribute__((deprecated(instead)))
#else
#define ETCDCLI_API
#define ETCDCLI_API_CHECKED
#define ETCDCLI_DEPRECATED(instead)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------------------- */
/* Version                                                                                                          */

#define ETCDCLI_VERSION_MAJOR 0
#define ETCDCLI_VERSION_MINOR 1
#define ETCDCLI_VERSION_PATCH 0
#define ETCDCLI_VERSION "0.1.0"
/* Major * 10000 + minor * 100 + patch. */
#define ETCDCLI_VERSION_NUMBER (ETCDCLI_VERSION_MAJOR * 10000 + ETCDCLI_VERSION_MINOR * 100 + ETCDCLI_VERSION_PATCH)

/* The version of the library that is running, as ETCDCLI_VERSION is that of this header. Static text. */
ETCDCLI_API const char *etcdcli_version(void);

/* The version of the library that is running, to be compared with ETCDCLI_VERSION_NUMBER. */
ETCDCLI_API int etcdcli_version_number(void);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Errors                                                                                                           */

/* The library's codes lie in -23799 .. -23700; no other value below 0 is ever returned. */
typedef enum etcdcli_code_t {
  ETCDCLI_OK = 0,
  /* An argument is not acceptable: NULL, a bad struct_size, a negative number, an unknown flag, an empty key, a field
   * that this library is too old for. */
  ETCDCLI_ERR_ARGUMENT = -23701,
  /* The handle is none, or not any more, or of another type. */
  ETCDCLI_ERR_HANDLE = -23702,
  /* A pump or wait from inside a callback of the same cluster. */
  ETCDCLI_ERR_BUSY = -23703,
  /* The handle was made before fork(2), in the parent. */
  ETCDCLI_ERR_FORKED = -23704,
  /* The cluster was closed or freed. */
  ETCDCLI_ERR_CLOSED = -23705,
  /* An option does not exist, or its value is not acceptable, or a needed one is missing. */
  ETCDCLI_ERR_CONFIG = -23706,
  /* The operating system refused something: descriptors, memory, a poll. */
  ETCDCLI_ERR_SYSTEM = -23707,
  /* No such call: its callback was delivered, or it never was one. */
  ETCDCLI_ERR_NOT_FOUND = -23708,
  /* A limit is reached that an option sets: `calls.max`, `keepalives.max`, `watchers.max`, `watch.index.max.bytes`. */
  ETCDCLI_ERR_LIMIT = -23709,
  /* The call was cancelled by etcdcli_call_cancel, or by closing or freeing its cluster. A write that had been begun
   * may have happened: may_have_happened says so. */
  ETCDCLI_ERR_CANCELLED = -23710,
  /* The call's time ran out; for a write: before it was sent, so that it did not happen. */
  ETCDCLI_ERR_TIMEOUT = -23711,
  /* No endpoint could be reached, or none has a leader. */
  ETCDCLI_ERR_UNAVAILABLE = -23712,
  /* A write may or may not have happened: it was sent, and no answer proves which. It is never sent again by the
   * library; read the key to learn more. */
  ETCDCLI_ERR_UNKNOWN_OUTCOME = -23713,
  /* etcd refused: grpc_code and message of the etcdcli_error say why. */
  ETCDCLI_ERR_SERVER = -23714,
  /* The endpoint's answer is not etcd's: broken JSON, HTML, a missing field. */
  ETCDCLI_ERR_PROTOCOL = -23715,
  /* The answer, or a revision that a watch brings, is larger than `response.max.bytes`, or becomes so once decoded. */
  ETCDCLI_ERR_TOO_LARGE = -23716,
  /* The key belongs to another process. */
  ETCDCLI_ERR_CONFLICT = -23717,
  /* The lease ran out, or was revoked, before it was renewed. */
  ETCDCLI_ERR_LEASE_LOST = -23718,
  /* The revision asked for has been compacted away. */
  ETCDCLI_ERR_COMPACTED = -23719,
  /* etcd's store was replaced: another cluster answers at the endpoints, or the revision went back, as after a restore
   * from a backup. Revisions and leases of before mean nothing any more. */
  ETCDCLI_ERR_CLUSTER_CHANGED = -23720,
  /* The key was deleted by somebody else. */
  ETCDCLI_ERR_KEY_DELETED = -23721,
  /* etcd does not know who asks: a wrong name or password, a token that is not good, or nothing where something is
   * asked for. Options `auth.user`, `auth.password`, `auth.token`, and etcdcli_cluster_set_credentials. */
  ETCDCLI_ERR_UNAUTHENTICATED = -23722,
  /* etcd knows who asks, and does not let him do it. */
  ETCDCLI_ERR_PERMISSION_DENIED = -23723
} etcdcli_code_t;

/* A short text for a code, static, never NULL; "unknown error" for a code that is none. */
ETCDCLI_API const char *etcdcli_strerror(int code);

/* What exactly the most recent failed call on this thread found wrong, naming the culprit: "range_params.limit is
 * -1: must be 0 or more". Never NULL; "" if none failed yet. Valid until the next failing call on this thread. */
ETCDCLI_API const char *etcdcli_last_error(void);

/*
 * An error that arrives in a callback. Valid until the callback returns; never NULL texts.
 *
 * A host acts on two of its fields. `may_have_happened` is 1 if this is the end of a call that changes something,
 * which etcd may have carried out all the same; 0: it did not, or only reads. `worth_retrying` is 1 if the same request
 * may well succeed when it is sent again: the trouble lay on the way, or etcd says that it passes; 0: somebody has
 * decided. It does not say that a second time does no harm: that is for the host to know if `may_have_happened` is 1.
 *
 *                                              may_have_happened       worth_retrying
 *   TIMEOUT, UNAVAILABLE                       0                       1
 *   PROTOCOL                                   0                       1, but 0 if the server lacks the method (404,
 * 405) SYSTEM                                     0                       1 if means were short, 0 if it cannot be sent
 *   SERVER                                     0                       1 if etcd could not, 0 if it would not
 *   UNKNOWN_OUTCOME                            1                       1, but 0 if the answer was too large
 *   CANCELLED                                  1 if a write was begun  0
 *   UNAUTHENTICATED, PERMISSION_DENIED         0                       1 while the library gets a new token, else 0
 *   CONFLICT, COMPACTED, LEASE_LOST,
 *   KEY_DELETED, CLUSTER_CHANGED, TOO_LARGE    0                       0
 */
typedef struct etcdcli_error {
  int code;              /* ETCDCLI_ERR_* */
  int may_have_happened; /* see above */
  int worth_retrying;    /* see above */
  int grpc_code;         /* gRPC's status code as etcd gave it, 1 .. 16; 0: none */
  int http_status;       /* of the answer; 0: none */
  int curl_code;         /* CURLcode; 0: none */
  const char *message;   /* what happened; the server's own words where it had any; without secrets */
  const char *endpoint;  /* the endpoint it happened at, "http://10.0.0.1:2379"; "": none */
} etcdcli_error;

/* ---------------------------------------------------------------------------------------------------------------- */
/* Bytes                                                                                                            */

/* Bytes that belong to somebody else. `data` may be NULL only if `size` is 0. Frozen. */
typedef struct etcdcli_slice {
  const void *data;
  size_t size;
} etcdcli_slice;

/* A slice over `size` bytes at `data`. */
static inline etcdcli_slice etcdcli_bytes(const void *data, size_t size) {
  etcdcli_slice slice;
  slice.data = data;
  slice.size = size;
  return slice;
}

/* A slice over a C string, without its NUL; NULL gives an empty slice. */
static inline etcdcli_slice etcdcli_str(const char *text) {
  return etcdcli_bytes(text, text ? strlen(text) : 0);
}

/* ---------------------------------------------------------------------------------------------------------------- */
/* Handles and callbacks, declared together because they name each other                                            */

typedef struct etcdcli_config etcdcli_config;
typedef struct etcdcli_cluster etcdcli_cluster;
typedef struct etcdcli_keepalive etcdcli_keepalive;
typedef struct etcdcli_watcher etcdcli_watcher;
typedef struct etcdcli_txn etcdcli_txn;

/* An answer to a call, and a delivery of a watcher. Not handles: valid until the callback returns, and freed by the
 * library. Their accessors take NULL, and answer it with 0 or NULL. */
typedef struct etcdcli_response etcdcli_response;
typedef struct etcdcli_batch etcdcli_batch;

/* A call in progress. Never 0; never used again within a cluster's life. */
typedef uint64_t etcdcli_call;

/* Called once when a callback's `user` is no longer needed. */
typedef void (*etcdcli_destroy_fn)(void *user);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Config                                                                                                           */

/* A config with every option at its default. Free it with etcdcli_config_free. NULL only when memory or handles run
 * out. */
ETCDCLI_API_CHECKED etcdcli_config *etcdcli_config_new(void);

/* Sets one option, by name, from text. The options, with types, ranges and defaults, are listed in docs/options.md,
 * which is installed in share/doc/etcdcli.
 * The one that has no default is `endpoints`: URLs separated by commas, "http://10.0.0.1:2379,http://10.0.0.2:2379".
 * The last value set for a name counts. Where the list says so, a number may have a unit right behind it: "250ms",
 * "5s", "5m", "16MiB".
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL), ETCDCLI_ERR_CONFIG (unknown name or bad value; etcdcli_last_error tells which
 * option, what was wrong and what is accepted, but never repeats a secret). */
ETCDCLI_API_CHECKED int etcdcli_config_set(etcdcli_config *config, const char *name, const char *value);

/* Reads one option back: writes to `*value` what it is set to, or its default, as text that etcdcli_config_set would
 * take ("" for `endpoints` that is not set). It is in normal form: a number without a unit, in what the option's name
 * says ("lease.ttl.s": seconds), URLs with their port. `*value` is the library's, never NULL on success, and valid
 * until the next etcdcli_config_get of this config or until the config is freed. On failure `*value` is left as it was.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL), ETCDCLI_ERR_CONFIG (unknown name, or a secret, which is never given back),
 * ETCDCLI_ERR_SYSTEM (out of memory). */
ETCDCLI_API_CHECKED int etcdcli_config_get(const etcdcli_config *config, const char *name, const char **value);

typedef enum etcdcli_log_level_t {
  ETCDCLI_LOG_ERROR = 1,   /* something the host should look at */
  ETCDCLI_LOG_WARNING = 2, /* something failed and is being retried */
  ETCDCLI_LOG_INFO = 3,    /* connected, moved to another endpoint, lease granted */
  ETCDCLI_LOG_DEBUG = 4    /* every attempt */
} etcdcli_log_level_t;

/* "error" .. "debug"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_log_level_name(int level);

/* A line of log. */
typedef struct etcdcli_log_info {
  int level;           /* ETCDCLI_LOG_* */
  const char *message; /* has no line break, and never a secret */
  /* What it is about: "cluster", "endpoints", "members", "services" (SRV records), "calls", "auth", "lease", "watch",
   * or another word in a later version; static. */
  const char *component;
} etcdcli_log_info;

/* Called inside pump and wait only; log lines do not count towards the pump's max_callbacks. The library itself writes
 * nothing anywhere. An etcd that comes and goes all the time floods no log: of lines of one level, component and kind
 * of error, ten are given within ten seconds, and then one that says how many were left out. DEBUG has them all. */
typedef void (*etcdcli_log_fn)(etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user);

/* Gives the clusters that are made from this config a log, in place of the one set before; NULL for none. Lines above
 * the option `log.level` are left out. destroy(user) is called when the config and all clusters made from it are gone.
 * A config with a log may make clusters for several threads; `fn` is then called from each of these threads. */
ETCDCLI_API_CHECKED int etcdcli_config_set_log_callback(etcdcli_config *config, etcdcli_log_fn fn, void *user,
                                                        etcdcli_destroy_fn destroy);

/* Frees the config. Clusters made from it are not touched. */
ETCDCLI_API int etcdcli_config_free(etcdcli_config *config);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Cluster                                                                                                          */

/* Makes a cluster from a config, which is copied, and writes its handle to `*out`. Connects to nothing yet: the first
 * call, keepalive or watcher does. Free it with etcdcli_cluster_free.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL), ETCDCLI_ERR_CONFIG (`endpoints` is missing, options that do not go together,
 * a TLS file or directory that cannot be read),
 * ETCDCLI_ERR_SYSTEM (no descriptors left). */
ETCDCLI_API_CHECKED int etcdcli_cluster_new(const etcdcli_config *config, etcdcli_cluster **out);

/* The descriptor to poll for reading. The same one for the cluster's whole life; it belongs to the library: do not
 * read, write or close it.
 * It is readable whenever a pump would do something: a socket is ready, a timer is due, what was submitted needs one,
 * callbacks were left over, etcdcli_cluster_wakeup was called. It is level-triggered: readable until a pump has done
 * it. A host that polls edge-triggered pumps again for as long as 1 is returned. No timer of the host's own is needed.
 * A pump too many is harmless and cheap. Of a handle that is dead it is negative, as every error: poll(2) passes over
 * it, and what registers descriptors (epoll_ctl, uv_poll_init) refuses it. */
ETCDCLI_API int etcdcli_cluster_fd(const etcdcli_cluster *cluster);

/* Milliseconds until the next timer, rounded up, at most INT_MAX; 0: pump now; -1: no timer is set. For hosts that poll
 * with a timeout; the descriptor alone is enough, because timers make it readable.
 * It does not tell of an error: for a handle that is dead it is 0, so that a loop which polls with
 * it goes on to the pump, which does tell. */
ETCDCLI_API int64_t etcdcli_cluster_timeout_ms(const etcdcli_cluster *cluster);

/* Does what is ready and calls back. Never blocks. At most `max_callbacks` callbacks are made (0: no limit); what is
 * left waits for the next pump, and a watcher with undelivered batches is not read further meanwhile. A batch in which
 * several answers of etcd's were put together counts as so many. Log lines and destroy functions do not count.
 * Returns 1: more callbacks are waiting, pump again when it suits; 0: nothing is waiting, or a callback freed the
 * cluster.
 * Errors: ETCDCLI_ERR_ARGUMENT (negative), ETCDCLI_ERR_BUSY (called from a callback of this cluster). */
ETCDCLI_API_CHECKED int etcdcli_cluster_pump(etcdcli_cluster *cluster, int max_callbacks);

/* Waits until a pump would do something, but no longer than `timeout_ms` (-1: no limit; 0: do not wait), then pumps
 * once without a budget. For tools and tests: the one function that blocks.
 * Returns and errors: as etcdcli_cluster_pump, and ETCDCLI_ERR_SYSTEM (epoll_wait(2) failed). A signal ends the wait
 * early: then it pumps and returns as ever. */
ETCDCLI_API_CHECKED int etcdcli_cluster_wait(etcdcli_cluster *cluster, int64_t timeout_ms);

/* Makes the descriptor readable until the next pump, and so ends a poll or wait on another thread. From any thread, at
 * any time, also while the cluster is being freed; async-signal-safe it is not. */
ETCDCLI_API int etcdcli_cluster_wakeup(etcdcli_cluster *cluster);

typedef enum etcdcli_cluster_state_t {
  ETCDCLI_CLUSTER_CONNECTING = 1,  /* nothing has shown yet that requests work */
  ETCDCLI_CLUSTER_READY = 2,       /* requests work */
  ETCDCLI_CLUSTER_UNAVAILABLE = 3, /* they do not; what keepalives and watchers need is tried again, with back-off */
  ETCDCLI_CLUSTER_CLOSED = 4       /* etcdcli_cluster_close has finished */
} etcdcli_cluster_state_t;

/* The state of the cluster, an ETCDCLI_CLUSTER_* value.
 * READY follows from an answer that shows it: of a range, put or delete, or of a watch or claim of the library's own;
 * also from one by which etcd, having looked at its store, refuses what was asked for, as a revision that has been
 * compacted. It does not follow from what a member without a leader says, a serializable read, a lease or a compaction
 * (anybody is granted these), a database without space, a lack of permission, or what is not etcd's answer. UNAVAILABLE
 * follows when every endpoint fails, or when etcd lets this host do nothing because it does not know who it is: the
 * error is then ETCDCLI_ERR_UNAUTHENTICATED. A name and password that etcd refuses are told once, calls end with the
 * same error at once, and logging in is tried again by itself, with pauses between half of `backoff.max.ms` and all.
 * While UNAVAILABLE, etcd is asked with such pauses whether it serves again, if no keepalive and no watcher asks.
 * Before the first request nothing is asked: a cluster stays CONNECTING until something of the host's has worked. Not
 * every request works in READY: each has its own answer. */
ETCDCLI_API int etcdcli_cluster_state(const etcdcli_cluster *cluster);

/* The name of a state, "connecting" .. "closed"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_cluster_state_name(int state);

typedef struct etcdcli_cluster_info {
  int state;                  /* ETCDCLI_CLUSTER_* */
  const etcdcli_error *error; /* UNAVAILABLE: why; READY: CLUSTER_CHANGED, if the store was replaced; else NULL */
  int attempts;               /* UNAVAILABLE: how many have failed since requests worked last; else 0 */
} etcdcli_cluster_info;

/* Told when the state has changed; changes that follow each other faster than they are delivered are told as one.
 * READY is told again when etcd's store was replaced: by another cluster's, or by an older one of its own. By
 * themselves watchers then read again, or end if they have a start revision, and keepalives claim their keys again;
 * whatever else a host has kept of the store is worth reading again, too. An endpoint that belongs to another cluster,
 * while the one that answered first still answers elsewhere, is taken for one that fails. */
typedef void (*etcdcli_cluster_state_fn)(etcdcli_cluster *cluster, const etcdcli_cluster_info *info, void *user);

/* Sets the state callback, in place of the one set before, whose `user` is destroyed. NULL for none. Only changes after
 * this call are reported. */
ETCDCLI_API_CHECKED int etcdcli_cluster_set_state_callback(etcdcli_cluster *cluster, etcdcli_cluster_state_fn fn,
                                                           void *user, etcdcli_destroy_fn destroy);

/* The id of the lease that the cluster's keepalives share, or 0 while there is none. It changes after a lost lease.
 * Less than 0 (ETCDCLI_ERR_*): the handle is dead. */
ETCDCLI_API int64_t etcdcli_cluster_lease(const etcdcli_cluster *cluster);

/* What has been counted since the cluster was made, and what there is now. */
typedef struct etcdcli_metrics {
  size_t struct_size;

  /* Counted since the cluster was made. The host's calls that have ended: */
  uint64_t calls_ok;
  uint64_t calls_failed;       /* with any other error than these two */
  uint64_t calls_unknown;      /* with ETCDCLI_ERR_UNKNOWN_OUTCOME */
  uint64_t calls_cancelled;    /* with ETCDCLI_ERR_CANCELLED */
  uint64_t attempts;           /* requests sent, those of the library itself included */
  uint64_t retries;            /* of these, sent again */
  uint64_t streams_opened;     /* for watchers */
  uint64_t moves;              /* failovers: another endpoint became the current one */
  uint64_t store_replacements; /* ETCDCLI_ERR_CLUSTER_CHANGED */
  uint64_t leases_granted;     /* for keepalives */
  uint64_t leases_lost;
  uint64_t batches;    /* told to watchers */
  uint64_t events;     /* in these */
  uint64_t resyncs;    /* snapshots that had to be read again */
  uint64_t bytes_sent; /* bodies, without headers and TLS */
  uint64_t bytes_received;
  uint64_t pumps;
  uint64_t pump_ns;     /* nanoseconds in pumps, callbacks included */
  uint64_t pump_max_ns; /* in the longest */

  /* Now: */
  int64_t calls_waiting;   /* requests that wait for their turn or next attempt, those of the library itself included */
  int64_t calls_in_flight; /* requests that wait for an answer, those of the library itself included */
  int64_t keepalives;
  int64_t keepalives_held;
  int64_t watchers;
  int64_t watchers_live;
  int64_t streams;            /* of watchers, that are open; those of snapshots and of the gateway are not among them */
  int64_t deliveries_waiting; /* to be told by the next pumps */
  int64_t endpoints;
  int64_t endpoints_failing; /* have failed and not answered since */
  int64_t lease_left_ms;     /* until the lease of the keepalives counts as lost; -1: there is none */
  int64_t revision;          /* the store is known to have come so far; 0: nothing is known */
  int64_t watch_lag;         /* revisions the watcher is behind for which most waits; 0: nothing waits */

  /* Counted since the cluster was made, as above: */
  uint64_t connections_opened; /* begun, whatever became of them; one of each address that is tried */
  uint64_t streams_reopened;   /* of streams_opened, for watchers that have had one before */
  uint64_t log_ins;            /* that etcd answered with a token */
  uint64_t log_ins_failed;     /* that were refused, or not answered */
} etcdcli_metrics;
#define ETCDCLI_METRICS_INIT                                                                                           \
  {                                                                                                                    \
    sizeof(etcdcli_metrics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        0, 0, 0, 0, 0, 0                                                                                               \
  }

/* Writes the metrics to `*out`, whose struct_size says how much of it there is; what a newer header has beyond this
 * library is left as it is. Cheap: for each frame if need be. On the cluster's thread, as everything: a scraper on
 * another thread is handed a copy.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad struct_size). */
ETCDCLI_API_CHECKED int etcdcli_cluster_metrics(const etcdcli_cluster *cluster, etcdcli_metrics *out);

/* The same and more, the host's calls by method and outcome and histograms of how long they and the pumps took, as text
 * in the format of OpenMetrics 1.0 ("application/openmetrics-text; version=1.0.0; charset=utf-8"), ended by "# EOF".
 * Writes at most `size` bytes, a NUL at the end included, and returns how many the text has without the NUL: if that is
 * not less than `size`, the text was cut short. `buffer` may be NULL if `size` is 0. The length does not change until
 * the cluster is called again for something else.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL). */
ETCDCLI_API_CHECKED int etcdcli_cluster_metrics_text(const etcdcli_cluster *cluster, char *buffer, size_t size);

/* By what etcd is to know who asks, as the options `auth.user`, `auth.password` and `auth.token`: name and password, or
 * a token of the host's own, or nothing. */
typedef struct etcdcli_credentials {
  size_t struct_size;
  etcdcli_slice user;     /* UTF-8; empty: none */
  etcdcli_slice password; /* UTF-8; not empty if and only if there is a user */
  etcdcli_slice token;    /* printable ASCII without spaces, at most 65536 bytes; excludes user and password */
} etcdcli_credentials;
#define ETCDCLI_CREDENTIALS_INIT                         \
  {                                                      \
    sizeof(etcdcli_credentials), {NULL, 0}, {NULL, 0}, { \
      NULL, 0                                            \
    }                                                    \
  }

/* Puts other credentials in place of those that the cluster has; they are copied. All empty: requests carry none from
 * now on. What is under way keeps what it carries; what is submitted from now on, or is sent again, carries the new.
 * With a user the cluster logs in before that, which calls wait for within their time. Watches stay open. So a password
 * is changed without losing anything: change it in etcd, and call this, in this or in the other order, within a third
 * of the lease's TTL; or make a second user, and remove the first when all have changed over.
 * Errors: ETCDCLI_ERR_ARGUMENT (`credentials` NULL, a bad field; a secret is never repeated), ETCDCLI_ERR_CLOSED. */
ETCDCLI_API_CHECKED int etcdcli_cluster_set_credentials(etcdcli_cluster *cluster,
                                                        const etcdcli_credentials *credentials);

/* Goes on with the options of another config, as a service does that reads its configuration anew. All of them count:
 * also a default where one is not set, and the credentials in place of those that were set meanwhile. The config is
 * copied and remains the caller's; the log callback stays the cluster's own. docs/options.md says of each option
 * whether it can be changed (column "reload"). If one that differs cannot, or a value is not acceptable, nothing at all
 * is changed, and etcdcli_last_error() names it. Otherwise one line of log (INFO) names what differs, without values.
 * - Times count for what is submitted, sent or fails from then on, limits for what is added, and what is said of
 *   connections (TLS, proxy, DNS, headers, TCP) for those that are made from then on; open streams go on as they are.
 *   `log.level` counts at once.
 * - An endpoint that is not named any more is used on only as long as etcd advertises it and `endpoints.discover` is
 *   true. If not, its watches go on elsewhere as after a failover, and calls that are on their way may end there. Where
 *   another `srv:` domain takes its place, and nothing else is named, that is so once SRV records of it have named an
 *   endpoint.
 * No event, no call and no lease is lost by it. If nothing differs, nothing is done. On the cluster's thread, also from
 * inside a callback.
 * Errors: ETCDCLI_ERR_CONFIG (an option that cannot be changed, and all that etcdcli_cluster_new refuses a config for),
 * ETCDCLI_ERR_CLOSED. */
ETCDCLI_API_CHECKED int etcdcli_cluster_reconfigure(etcdcli_cluster *cluster, const etcdcli_config *config);

/* Which etcd answers: the cluster's id, as etcdctl prints it in hexadecimal, or 0 before anything has answered, and for
 * a handle that is dead. It changes when etcd's store was replaced by another cluster's (see the state callback). */
ETCDCLI_API uint64_t etcdcli_cluster_id(const etcdcli_cluster *cluster);

typedef enum etcdcli_endpoint_flags_t {
  ETCDCLI_ENDPOINT_SEED = 1,    /* of `endpoints`, by SRV records too; any other was found in the list of members */
  ETCDCLI_ENDPOINT_CURRENT = 2, /* requests go there for as long as it answers */
  ETCDCLI_ENDPOINT_HEALTHY = 4  /* it has answered, and nothing has failed there since */
} etcdcli_endpoint_flags_t;

typedef struct etcdcli_endpoint_info {
  const char *url;            /* http://10.0.0.1:2379 */
  const char *member_name;    /* by the list of members; empty: not known */
  const char *server_version; /* "3.5.16"; empty: not known. It is asked for with the list of members */
  uint64_t member_id;         /* the member that answered there last; 0: none has */
  unsigned flags;             /* ETCDCLI_ENDPOINT_* */
  int failures;               /* attempts that have failed there since its last answer; what failed together is one */
  const char *wire;           /* how it is spoken to, as option `wire` has it: "json" or "grpc" */
} etcdcli_endpoint_info;

/* How many endpoints the cluster uses: the configured ones, which always stay, then those that SRV records name (none
 * as long as nobody has named one), and members that were found in addition (option `endpoints.discover`). They come
 * and go while the cluster is pumped, and each change is a line of the log. Errors (< 0): ETCDCLI_ERR_HANDLE,
 * ETCDCLI_ERR_FORKED. */
ETCDCLI_API int etcdcli_cluster_endpoint_count(const etcdcli_cluster *cluster);

/* One of them, from 0 on; the order stays until the next pump. NULL if there is none of that index, or the handle is
 * dead. What it points to is the cluster's, and valid until this is called again for the same cluster, or the cluster
 * is freed. */
ETCDCLI_API const etcdcli_endpoint_info *etcdcli_cluster_endpoint(const etcdcli_cluster *cluster, int index);

/* The version of the server at the current endpoint, "3.5.16"; empty while it is not known, as it is with
 * `endpoints.discover=false`; never NULL. Valid until this is called again for the same cluster, or the cluster is
 * freed. */
ETCDCLI_API const char *etcdcli_cluster_server_version(const etcdcli_cluster *cluster);

typedef enum etcdcli_close_flags_t {
  /* Revoke the lease, so that the keepalives' keys vanish at once. Without it they stay until the lease's TTL ends. */
  ETCDCLI_CLOSE_REVOKE = 1
} etcdcli_close_flags_t;

typedef struct etcdcli_close_info {
  const etcdcli_error *error; /* why the lease could not be revoked (it then ends by its TTL); NULL: all went well */
} etcdcli_close_info;

/* The end of a close. */
typedef void (*etcdcli_close_fn)(etcdcli_cluster *cluster, const etcdcli_close_info *info, void *user);

/* Ends the cluster's work without blocking: its watchers and keepalives end (their state callbacks say so), calls in
 * progress end with ETCDCLI_ERR_CANCELLED, the lease is no longer renewed, and with ETCDCLI_CLOSE_REVOKE it is revoked.
 * `fn` is the last callback but for the state callback's CLOSED, and comes within `request.timeout.ms`. From this call
 * on nothing can be submitted: ETCDCLI_ERR_CLOSED. The handles stay valid until they are freed.
 * Errors: ETCDCLI_ERR_ARGUMENT (unknown flag), ETCDCLI_ERR_CLOSED (a second close). */
ETCDCLI_API_CHECKED int etcdcli_cluster_close(etcdcli_cluster *cluster, unsigned flags, etcdcli_close_fn fn, void *user,
                                              etcdcli_destroy_fn destroy);

/* Frees the cluster at once. Calls whose result was waiting get it, and calls in progress and a close in progress get
 * ETCDCLI_ERR_CANCELLED, inside this function; the cluster's handle is dead by then. All other callbacks are dropped.
 * Keepalives and watchers end silently; their handles stay valid, in any order, until they are freed. The lease is left
 * to its TTL. */
ETCDCLI_API int etcdcli_cluster_free(etcdcli_cluster *cluster);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Calls                                                                                                            */

/* What may be said of a request. A flag that a request does not list is ETCDCLI_ERR_ARGUMENT. The bits from 65536 on
 * are admin.h's. */
typedef enum etcdcli_request_flags_t {
  ETCDCLI_PREFIX = 1,         /* all keys that begin with `key`; an empty key: all keys; range_end must be empty */
  ETCDCLI_FROM_KEY = 2,       /* all keys not less than `key`; range_end must be empty */
  ETCDCLI_PREV_KV = 4,        /* also give what was there before */
  ETCDCLI_KEYS_ONLY = 8,      /* leave the values out */
  ETCDCLI_COUNT_ONLY = 16,    /* leave the keys out too: only the count */
  ETCDCLI_SERIALIZABLE = 32,  /* one member's own view: answers without a quorum, may be stale */
  ETCDCLI_PHYSICAL = 64,      /* wait until it is gone from the disk too */
  ETCDCLI_IGNORE_VALUE = 128, /* keep the value that the key has; `value` must be empty; an error if there is no key */
  ETCDCLI_IGNORE_LEASE = 256, /* keep the lease that the key has; `lease` must be 0; an error if there is no key */
  ETCDCLI_LEASE_KEYS = 512,   /* also give the keys that are bound to the lease */
  /* Ask a member that has no leader as well, which may wait for one until the time is up: a call that lasts through an
   * election in place of attempts that are refused. A write that comes to no end there is ETCDCLI_ERR_UNKNOWN_OUTCOME,
   * where otherwise it would be known not to have happened. Every call may have it. */
  ETCDCLI_WITHOUT_LEADER = 1024,
  ETCDCLI_NO_PUT = 2048,    /* a watcher: tell of no PUT */
  ETCDCLI_NO_DELETE = 4096, /* a watcher: tell of no DELETE */
  ETCDCLI_NO_RESYNC = 8192  /* a watcher: end with ETCDCLI_ERR_COMPACTED where changes cannot be had any more */
} etcdcli_request_flags_t;

/* A key with its value, as etcd holds it. */
typedef struct etcdcli_kv {
  etcdcli_slice key;
  etcdcli_slice value;
  int64_t create_revision; /* of the put that created the key */
  int64_t mod_revision;    /* of the last put, or of the deletion */
  int64_t version;         /* 1 for the put that created the key, then one more for each; 0 for a deletion */
  int64_t lease;           /* 0: none */
} etcdcli_kv;

/* What etcd says about itself with every answer. */
typedef struct etcdcli_header {
  uint64_t cluster_id;
  uint64_t member_id;
  int64_t revision; /* of the store when the request was applied */
  uint64_t raft_term;
} etcdcli_header;

/* How a call ended, or a part of its answer: exactly one of `error` and `response` is not NULL; of a part never
 * `error`.
 */
typedef struct etcdcli_call_info {
  etcdcli_call call;
  const etcdcli_error *error;
  const etcdcli_response *response;
} etcdcli_call_info;

/* The end of a call, made exactly once for each; as the `on_part` of functions that have one, a part, before that. */
typedef void (*etcdcli_call_fn)(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user);

/* The values are etcd's own. */
typedef enum etcdcli_sort_order_t {
  ETCDCLI_SORT_NONE = 0, /* by key, ascending */
  ETCDCLI_SORT_ASCENDING = 1,
  ETCDCLI_SORT_DESCENDING = 2
} etcdcli_sort_order_t;

typedef enum etcdcli_sort_target_t {
  ETCDCLI_SORT_BY_KEY = 0,
  ETCDCLI_SORT_BY_VERSION = 1,
  ETCDCLI_SORT_BY_CREATE_REVISION = 2,
  ETCDCLI_SORT_BY_MOD_REVISION = 3,
  ETCDCLI_SORT_BY_VALUE = 4
} etcdcli_sort_target_t;

/* range: reads a key, or many. */
typedef struct etcdcli_range_params {
  size_t struct_size;
  etcdcli_slice key;       /* not empty, unless ETCDCLI_PREFIX or ETCDCLI_FROM_KEY */
  etcdcli_slice range_end; /* empty: the one key; otherwise all of key <= x < range_end, and greater than key */
  unsigned flags;          /* ETCDCLI_PREFIX, _FROM_KEY, _KEYS_ONLY, _COUNT_ONLY, _SERIALIZABLE, _WITHOUT_LEADER */
  int64_t limit;           /* the most keys to give; 0: all */
  int64_t revision;        /* the store's revision to read at; 0: now */
  int64_t timeout_ms;      /* 1 .. 86400000; 0: the option `request.timeout.ms` */
  int sort_order;          /* ETCDCLI_SORT_NONE, _ASCENDING, _DESCENDING; what `limit` leaves out comes last */
  int sort_target;         /* ETCDCLI_SORT_BY_* */
  /* Keys whose revisions lie outside of these bounds are left out, before `limit` counts; 0: no bound. `count` takes no
   * notice of them. */
  int64_t min_mod_revision;
  int64_t max_mod_revision;
  int64_t min_create_revision;
  int64_t max_create_revision;
  /* An answer from a store that has not come to this revision is asked for again until the time is up, then it is
   * ETCDCLI_ERR_UNAVAILABLE. With ETCDCLI_SERIALIZABLE: fast reads that are never older than what was seen. 0: any. */
  int64_t not_older_than;
} etcdcli_range_params;
#define ETCDCLI_RANGE_PARAMS_INIT \
  { sizeof(etcdcli_range_params), {NULL, 0}, {NULL, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* put: writes one key. At most once: see ETCDCLI_ERR_UNKNOWN_OUTCOME. */
typedef struct etcdcli_put_params {
  size_t struct_size;
  etcdcli_slice key;   /* not empty */
  etcdcli_slice value; /* may be empty */
  unsigned flags;      /* ETCDCLI_PREV_KV, _IGNORE_VALUE, _IGNORE_LEASE, _WITHOUT_LEADER */
  int64_t lease;       /* 0: none */
  int64_t timeout_ms;  /* as in etcdcli_range_params */
} etcdcli_put_params;
#define ETCDCLI_PUT_PARAMS_INIT \
  { sizeof(etcdcli_put_params), {NULL, 0}, {NULL, 0}, 0, 0, 0 }

/* delete: deletes a key, or many in one revision. At most once: see ETCDCLI_ERR_UNKNOWN_OUTCOME. */
typedef struct etcdcli_delete_params {
  size_t struct_size;
  etcdcli_slice key;       /* as in etcdcli_range_params */
  etcdcli_slice range_end; /* as in etcdcli_range_params */
  unsigned flags;          /* ETCDCLI_PREFIX, _FROM_KEY, _PREV_KV, _WITHOUT_LEADER */
  int64_t timeout_ms;      /* as in etcdcli_range_params */
} etcdcli_delete_params;
#define ETCDCLI_DELETE_PARAMS_INIT \
  { sizeof(etcdcli_delete_params), {NULL, 0}, {NULL, 0}, 0, 0 }

/* compact: forgets the history before a revision, for all clients: what watches and reads at older revisions get
 * ETCDCLI_ERR_COMPACTED from then on. At most once: see ETCDCLI_ERR_UNKNOWN_OUTCOME. A revision that was compacted
 * before ends with ETCDCLI_ERR_COMPACTED, one that is still to come with ETCDCLI_ERR_SERVER. */
typedef struct etcdcli_compact_params {
  size_t struct_size;
  int64_t revision;   /* the oldest one that is kept; 1 or more */
  unsigned flags;     /* ETCDCLI_PHYSICAL, _WITHOUT_LEADER */
  int64_t timeout_ms; /* as in etcdcli_range_params */
} etcdcli_compact_params;
#define ETCDCLI_COMPACT_PARAMS_INIT \
  { sizeof(etcdcli_compact_params), 0, 0, 0 }

/*
 * Transactions. A txn is put together with the functions below, and committed as often as the host likes: it is copied
 * each time. etcd looks whether all conditions hold, and then does all of `then` or all of `else`, in one revision.
 * Without a condition it is `then`. At most once, as every write; one that only reads is retried as reads are, and is
 * one member's own view, which may be stale, if all its ranges are ETCDCLI_SERIALIZABLE, or if it has conditions alone.
 *
 * What is impossible is refused by etcd when it is committed (ETCDCLI_ERR_SERVER): more than 128 operations, a key that
 * is put twice.
 */

typedef enum etcdcli_branch_t { ETCDCLI_THEN = 1, ETCDCLI_ELSE = 2 } etcdcli_branch_t;

/* The values are etcd's own. */
typedef enum etcdcli_compare_target_t {
  ETCDCLI_COMPARE_VERSION = 0,
  ETCDCLI_COMPARE_CREATE_REVISION = 1,
  ETCDCLI_COMPARE_MOD_REVISION = 2,
  ETCDCLI_COMPARE_VALUE = 3,
  ETCDCLI_COMPARE_LEASE = 4
} etcdcli_compare_target_t;

typedef enum etcdcli_compare_result_t {
  ETCDCLI_EQUAL = 0,
  ETCDCLI_GREATER = 1,
  ETCDCLI_LESS = 2,
  ETCDCLI_NOT_EQUAL = 3
} etcdcli_compare_result_t;

/* A condition. Of several keys each has to meet it. A key that does not exist has version, revisions and lease 0, and
 * meets no condition about its value: with nothing but the key set, the condition is that it does not exist. */
typedef struct etcdcli_compare_params {
  size_t struct_size;
  etcdcli_slice key;       /* as in etcdcli_range_params */
  etcdcli_slice range_end; /* as in etcdcli_range_params */
  unsigned flags;          /* ETCDCLI_PREFIX, _FROM_KEY */
  int target;              /* what of the key: ETCDCLI_COMPARE_* */
  int result;              /* ETCDCLI_EQUAL, _GREATER (than what is given), _LESS, _NOT_EQUAL */
  int64_t number;          /* with what it is compared; 0 with ETCDCLI_COMPARE_VALUE */
  etcdcli_slice value;     /* the same for ETCDCLI_COMPARE_VALUE; empty with the others */
} etcdcli_compare_params;
#define ETCDCLI_COMPARE_PARAMS_INIT                                     \
  {                                                                     \
    sizeof(etcdcli_compare_params), {NULL, 0}, {NULL, 0}, 0, 0, 0, 0, { \
      NULL, 0                                                           \
    }                                                                   \
  }

/* An empty txn. Free it with etcdcli_txn_free. NULL only when memory or handles run out. */
ETCDCLI_API_CHECKED etcdcli_txn *etcdcli_txn_new(void);

/* Adds a condition.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field). */
ETCDCLI_API_CHECKED int etcdcli_txn_compare(etcdcli_txn *txn, const etcdcli_compare_params *params);

/* Add an operation to ETCDCLI_THEN or ETCDCLI_ELSE. Their `timeout_ms` and `not_older_than` must be 0, and
 * ETCDCLI_WITHOUT_LEADER is for the commit. What a nested txn holds later is not in it.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field, no such branch, more than 12 that lie in each other). */
ETCDCLI_API_CHECKED int etcdcli_txn_range(etcdcli_txn *txn, int branch, const etcdcli_range_params *params);
ETCDCLI_API_CHECKED int etcdcli_txn_put(etcdcli_txn *txn, int branch, const etcdcli_put_params *params);
ETCDCLI_API_CHECKED int etcdcli_txn_delete(etcdcli_txn *txn, int branch, const etcdcli_delete_params *params);
ETCDCLI_API_CHECKED int etcdcli_txn_nest(etcdcli_txn *txn, int branch, const etcdcli_txn *nested);

/* Frees the txn. What was committed is not touched. */
ETCDCLI_API int etcdcli_txn_free(etcdcli_txn *txn);

/* commit: does what a txn says. */
typedef struct etcdcli_commit_params {
  size_t struct_size;
  const etcdcli_txn *txn;
  unsigned flags;     /* ETCDCLI_WITHOUT_LEADER */
  int64_t timeout_ms; /* as in etcdcli_range_params */
} etcdcli_commit_params;
#define ETCDCLI_COMMIT_PARAMS_INIT \
  { sizeof(etcdcli_commit_params), NULL, 0, 0 }

/*
 * Leases of the host's own, beside the one that a cluster's keepalives share. They are not renewed by the library.
 */

/* lease_grant: makes a lease. With an id of the host's own it is made at most once, and one that exists is
 * ETCDCLI_ERR_SERVER; without, a lease that a lost answer told of ends by itself. */
typedef struct etcdcli_lease_grant_params {
  size_t struct_size;
  int64_t ttl_s;      /* 1 .. 9000000000, in seconds; etcd may grant more */
  int64_t lease;      /* the id; 0: etcd chooses one */
  unsigned flags;     /* ETCDCLI_WITHOUT_LEADER */
  int64_t timeout_ms; /* as in etcdcli_range_params */
} etcdcli_lease_grant_params;
#define ETCDCLI_LEASE_GRANT_PARAMS_INIT \
  { sizeof(etcdcli_lease_grant_params), 0, 0, 0, 0 }

/* lease_revoke: ends a lease, and deletes the keys that are bound to it; one that does not exist is ETCDCLI_ERR_SERVER
 * with grpc_code 5, also if it was an earlier attempt of the same call that ended it.
 * lease_keep_alive: renews a lease once; ttl_s of the answer is 0 if it does not exist.
 * lease_time_to_live: what is left of a lease; ttl_s of the answer is less than 0 if it does not exist. */
typedef struct etcdcli_lease_params {
  size_t struct_size;
  int64_t lease;      /* more than 0 */
  unsigned flags;     /* ETCDCLI_WITHOUT_LEADER; lease_time_to_live: ETCDCLI_LEASE_KEYS */
  int64_t timeout_ms; /* as in etcdcli_range_params */
} etcdcli_lease_params;
#define ETCDCLI_LEASE_PARAMS_INIT \
  { sizeof(etcdcli_lease_params), 0, 0, 0 }

/* lease_list: the ids of all leases. */
typedef struct etcdcli_lease_list_params {
  size_t struct_size;
  unsigned flags;     /* ETCDCLI_WITHOUT_LEADER */
  int64_t timeout_ms; /* as in etcdcli_range_params */
} etcdcli_lease_list_params;
#define ETCDCLI_LEASE_LIST_PARAMS_INIT \
  { sizeof(etcdcli_lease_list_params), 0, 0 }

/* Submit a call. `fn`, which must not be NULL, is called once, from a later pump, however the call ends. `out` may be
 * NULL; otherwise the call's id is written there, for etcdcli_call_cancel. The time given covers everything: queueing,
 * failover, retries. Reads are retried until then; writes only after failures that prove that the write did not happen.
 * Where a connection is at hand the request leaves before the function returns, or before the pump whose callback made
 * it. Calls that are in progress together may be carried out in any order: submit what depends on another call from its
 * callback.
 * Errors: ETCDCLI_ERR_ARGUMENT (`fn` or `params` NULL, a bad field), ETCDCLI_ERR_CLOSED, ETCDCLI_ERR_LIMIT
 * (`calls.max` calls are in progress); etcdcli_commit also those of a handle, for the txn. */
ETCDCLI_API_CHECKED int etcdcli_range(etcdcli_cluster *cluster, const etcdcli_range_params *params, etcdcli_call_fn fn,
                                      void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_put(etcdcli_cluster *cluster, const etcdcli_put_params *params, etcdcli_call_fn fn,
                                    void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_delete(etcdcli_cluster *cluster, const etcdcli_delete_params *params,
                                       etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_compact(etcdcli_cluster *cluster, const etcdcli_compact_params *params,
                                        etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_commit(etcdcli_cluster *cluster, const etcdcli_commit_params *params,
                                       etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_lease_grant(etcdcli_cluster *cluster, const etcdcli_lease_grant_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_lease_revoke(etcdcli_cluster *cluster, const etcdcli_lease_params *params,
                                             etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                             etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_lease_keep_alive(etcdcli_cluster *cluster, const etcdcli_lease_params *params,
                                                 etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                 etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_lease_time_to_live(etcdcli_cluster *cluster, const etcdcli_lease_params *params,
                                                   etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                   etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_lease_list(etcdcli_cluster *cluster, const etcdcli_lease_list_params *params,
                                           etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                           etcdcli_call *out);

/*
 * Answers in parts. `on_part`, which must not be NULL, is called for each part, with a response; then `fn`, as for
 * every call, once: with the error that ended it, or, after the last part, with a response that has the header and the
 * count of range_each (all keys that match), and of the others nothing: their header is all 0. `user` is for both. A
 * part is asked for, or read, when the host has taken the one before it: who pumps slowly, or with a budget, slows it
 * down and nothing else. etcdcli_call_cancel ends it at any time, from `on_part` too, and then no part follows.
 *
 * range_each: a range of any size, in pages, each of which is a part. All are of one revision: that of the first page,
 * or `revision`. It takes no more memory than a page; one that is larger than `response.max.bytes` is asked for again
 * with half of the keys. `limit` is how many keys a page has at most; 0: the option `watch.page.keys`. The keys come in
 * ascending order: the sort must not be another, and not_older_than and ETCDCLI_COUNT_ONLY are not for this. timeout_ms
 * is the time for each page. A page is retried as every read is; if the revision is compacted meanwhile, the end is
 * ETCDCLI_ERR_COMPACTED, if the store is replaced, ETCDCLI_ERR_CLUSTER_CHANGED. Errors: as etcdcli_range, and
 * ETCDCLI_ERR_ARGUMENT (`on_part` NULL, another order, not_older_than, ETCDCLI_COUNT_ONLY).
 */
ETCDCLI_API_CHECKED int etcdcli_range_each(etcdcli_cluster *cluster, const etcdcli_range_params *params,
                                           etcdcli_call_fn on_part, etcdcli_call_fn fn, void *user,
                                           etcdcli_destroy_fn destroy, etcdcli_call *out);

/* Cancels a call: its callback comes from a later pump, with ETCDCLI_ERR_CANCELLED. A write that was begun may have
 * happened; the error says which. A wait of etcdcli_await is cancelled too.
 * Errors: ETCDCLI_ERR_NOT_FOUND (it has ended; a result that still waits to be delivered is delivered all the same). */
ETCDCLI_API int etcdcli_call_cancel(etcdcli_cluster *cluster, etcdcli_call call);

/* Accessors of a response; valid inside the callback only, as is all they point to. */

/* The header of the answer; all 0 where the answer has none (a gateway's, the end of a snapshot). NULL for a NULL
 * response only. */
ETCDCLI_API const etcdcli_header *etcdcli_response_header(const etcdcli_response *response);
/* range: how many key-value pairs are here. 0 for other calls. */
ETCDCLI_API size_t etcdcli_response_kv_count(const etcdcli_response *response);
/* range: pair `index`, in the order that was asked for; NULL if index >= etcdcli_response_kv_count. */
ETCDCLI_API const etcdcli_kv *etcdcli_response_kv(const etcdcli_response *response, size_t index);
/* range: how many keys match, whatever the limit. delete: how many were deleted. put: 0. */
ETCDCLI_API int64_t etcdcli_response_count(const etcdcli_response *response);
/* range: 1 if the limit left keys out, else 0. */
ETCDCLI_API int etcdcli_response_more(const etcdcli_response *response);
/* put, delete with ETCDCLI_PREV_KV: how many previous pairs are here (put: 1, or 0 if the key did not exist). */
ETCDCLI_API size_t etcdcli_response_prev_kv_count(const etcdcli_response *response);
/* put, delete with ETCDCLI_PREV_KV: previous pair `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_kv *etcdcli_response_prev_kv(const etcdcli_response *response, size_t index);
/* commit: 1 if the conditions held, so that `then` was done; 0: `else` was. */
ETCDCLI_API int etcdcli_response_succeeded(const etcdcli_response *response);
/* commit: how many operations were done, and what operation `index` was answered, for these same accessors; NULL if out
 * of range. Of its header, the revision alone is set. */
ETCDCLI_API size_t etcdcli_response_op_count(const etcdcli_response *response);
ETCDCLI_API const etcdcli_response *etcdcli_response_op(const etcdcli_response *response, size_t index);

/* A lease, as far as the call tells of it. */
typedef struct etcdcli_lease {
  int64_t id;
  int64_t ttl_s;         /* what is left of it, in seconds; lease_list: 0 */
  int64_t granted_ttl_s; /* what it is given by each renewal, in seconds; lease_list: 0 */
} etcdcli_lease;

/* lease_grant, _keep_alive, _time_to_live: 1, the lease; lease_list: all there are; otherwise 0. */
ETCDCLI_API size_t etcdcli_response_lease_count(const etcdcli_response *response);
/* Lease `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_lease *etcdcli_response_lease(const etcdcli_response *response, size_t index);
/* lease_time_to_live with ETCDCLI_LEASE_KEYS: how many keys are bound to it, and key `index`; NULL if out of range. */
ETCDCLI_API size_t etcdcli_response_key_count(const etcdcli_response *response);
ETCDCLI_API const etcdcli_slice *etcdcli_response_key(const etcdcli_response *response, size_t index);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Keepalive                                                                                                        */

/*
 * A keepalive keeps one key of this process in etcd for as long as the process lives and pumps. The key is bound to the
 * cluster's lease, which all keepalives of a cluster share and which is renewed at a third of its TTL (option
 * `lease.ttl.s`); when the process dies or stops pumping, the key vanishes within the TTL.
 *
 * The key is claimed, never just written: if it does not exist it is put; if it exists, the policy says what is done
 * (etcdcli_claim_t). By default it is taken over if it has the very same value (this process' own, from before a
 * crash), or one that was set since and is not known to be written; otherwise it is another's, nothing is written, and
 * the state is CONFLICT, with the other's pair, until etcdcli_keepalive_retry, or until the keepalive is freed.
 *
 * That is the first claim. A key that was held and is lost is claimed again, but not taken from whoever has it then,
 * whatever its value and the policy are: two live processes with one identity do not take a key from each other in
 * turns. The first of them learns that it lost, and is told CONFLICT.
 *
 * That the key is still as it was left is verified after each failover, and every so often (option
 * `keepalive.verify.ms`), for all keys of the cluster together.
 *
 * A keepalive that cannot be held says why, and goes on trying. What passes is tried again with back-off. What etcd
 * refuses is tried again too, but slowly, at the longest back-off (option `backoff.max.ms`): a lease or a claim for
 * which there is no permission or no space, a value that is too large.
 *
 *   WAITING -> CLAIMING -> HELD -> LOST -> WAITING ...       or CLAIMING -> CONFLICT, CLAIMING <-> BLOCKED
 */
typedef enum etcdcli_keepalive_state_t {
  ETCDCLI_KEEPALIVE_WAITING = 1,  /* for a lease */
  ETCDCLI_KEEPALIVE_CLAIMING = 2, /* the claim is under way */
  ETCDCLI_KEEPALIVE_HELD = 3,     /* the key is ours */
  ETCDCLI_KEEPALIVE_LOST = 4,     /* it no longer is; told no later than the lease can end at the server; claimed again
                                     at once. LEASE_LOST; CONFLICT: another has overwritten it; KEY_DELETED: another
                                     has deleted it, and nobody owns it */
  ETCDCLI_KEEPALIVE_CONFLICT = 5, /* the key is another's */
  ETCDCLI_KEEPALIVE_REMOVING = 6, /* etcdcli_keepalive_remove is at work; no longer to be relied on */
  ETCDCLI_KEEPALIVE_ENDED = 7,    /* the cluster was closed or freed, or the key removed; the last state */
  ETCDCLI_KEEPALIVE_BLOCKED = 8   /* the key is another's, and watched: claimed as soon as it is gone */
} etcdcli_keepalive_state_t;

/* What the first claim does about a key that exists. A key under the lease of this cluster is its own whatever the
 * policy. */
typedef enum etcdcli_claim_t {
  /* Taken over if its value says that it is ours: the whole of it, or the part that `identity_field` or
   * `identity_separator` names. Otherwise CONFLICT. */
  ETCDCLI_CLAIM_IF_ABSENT_OR_SAME = 0,
  ETCDCLI_CLAIM_IF_ABSENT = 1, /* CONFLICT, whatever its value is */
  ETCDCLI_CLAIM_ALWAYS = 2, /* taken over, whosever it is: who had it is told LOST, within its `keepalive.verify.ms` */
  ETCDCLI_CLAIM_ASK = 3,    /* `on_claim` says whose it is */
  /* BLOCKED until it is gone, then claimed: a lock, or an election. Values say nothing. Of several that wait, any may
   * be the next. The key is watched, not asked for again and again: one stream for each that waits. */
  ETCDCLI_CLAIM_WAIT = 4
} etcdcli_claim_t;

/* Whose a key is. */
typedef enum etcdcli_claim_answer_t {
  ETCDCLI_CLAIM_ANSWER_CONFLICT = 0, /* another's: CONFLICT */
  ETCDCLI_CLAIM_ANSWER_OURS = 1,     /* ours, from before a restart: it is taken over, if it still is as it was shown */
  ETCDCLI_CLAIM_ANSWER_WAIT = 2      /* another's: BLOCKED until it is gone */
} etcdcli_claim_answer_t;

typedef struct etcdcli_keepalive_info {
  int state;                  /* ETCDCLI_KEEPALIVE_* */
  const etcdcli_error *error; /* WAITING, CLAIMING: why the last attempt failed; HELD: why the value that was set is not
                                 there; LOST, CONFLICT, ENDED: why, if not asked for; or NULL */
  const etcdcli_kv *owner;    /* CONFLICT, BLOCKED: the other's pair; else NULL */
  int64_t lease;              /* the lease the key is bound to; 0: none */
  int64_t revision;           /* HELD: the key's mod_revision, as far as it is known; else 0 */
  int attempts;               /* WAITING, CLAIMING, HELD: how many attempts in a row have failed; else 0 */
  int64_t fence; /* HELD: the revision by which the key became ours, greater than that of each holder before
                    in the same store: a fencing token. A change of the value does not change it. Else 0 */
} etcdcli_keepalive_info;

/* Told of each state the keepalive enters. LOST does not wait in line: it is told before everything else, and what had
 * not been told of this keepalive by then is not told any more; HELD never is when the key is no longer held. HELD is
 * told again after each change of the value that reached etcd.
 * WAITING, CLAIMING and HELD are told again with an error when an attempt failed: the first, each that fails for
 * another reason than the one before, and else whenever twice as many have failed as were told last. */
typedef void (*etcdcli_keepalive_state_fn)(etcdcli_keepalive *keepalive, const etcdcli_keepalive_info *info,
                                           void *user);

/* Asked whose a key is that exists, in CLAIMING, for ETCDCLI_CLAIM_ASK. `found` lives until it returns. It may do what
 * any callback may; what it returns counts if the keepalive then still claims the key. It is asked again when the key
 * has changed meanwhile, and by etcdcli_keepalive_retry. Returns an ETCDCLI_CLAIM_ANSWER_* value; any other is
 * CONFLICT. */
typedef int (*etcdcli_claim_fn)(etcdcli_keepalive *keepalive, const etcdcli_kv *found, void *user);

typedef struct etcdcli_keepalive_params {
  size_t struct_size;
  etcdcli_slice key;   /* not empty */
  etcdcli_slice value; /* may be empty */
  etcdcli_keepalive_state_fn on_state;
  void *user;
  etcdcli_destroy_fn destroy;
  int claim;                 /* ETCDCLI_CLAIM_* */
  etcdcli_claim_fn on_claim; /* for ETCDCLI_CLAIM_ASK; else NULL */
  /* For ETCDCLI_CLAIM_IF_ABSENT_OR_SAME: which part of the value says whose the key is, so that a value may hold what
   * differs after a restart, as a process id or a start time. One of them, or none: the whole value. The value has to
   * have that part; one that lacks it is nobody's. */
  etcdcli_slice identity_field; /* a field of the JSON object that the value is: a string, a number, true or false */
  etcdcli_slice identity_separator; /* what comes before the first of these: of "blue;4711" with ";" it is "blue" */
} etcdcli_keepalive_params;
#define ETCDCLI_KEEPALIVE_PARAMS_INIT                                                                                \
  {                                                                                                                  \
    sizeof(etcdcli_keepalive_params), {NULL, 0}, {NULL, 0}, NULL, NULL, NULL, ETCDCLI_CLAIM_IF_ABSENT_OR_SAME, NULL, \
        {NULL, 0}, {                                                                                                 \
      NULL, 0                                                                                                        \
    }                                                                                                                \
  }

/* Makes a keepalive and writes its handle to `*out`. The first one of a cluster grants the lease. A key whose keepalive
 * was freed may be given to a new one at once: it waits until the removal has ended.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field, a value without its identity, a second keepalive for the same key),
 * ETCDCLI_ERR_CLOSED,
 * ETCDCLI_ERR_LIMIT (the cluster has `keepalives.max` keepalives, those included whose keys are being removed). */
ETCDCLI_API_CHECKED int etcdcli_keepalive_new(etcdcli_cluster *cluster, const etcdcli_keepalive_params *params,
                                              etcdcli_keepalive **out);

/* Changes the value. While the key is held it is written as soon as an earlier change is through, guarded by the key
 * still being ours; changes made faster than etcd takes them coalesce, the last one wins. A value equal to what the key
 * holds, or to the one that was set before, writes nothing, and no state is told. Before the key is held it is what
 * will be claimed with.
 * A write that failed is told as HELD with the error. If etcd will not have the value, because it is too large or not
 * permitted, that is told once, the key stays as it is, and nothing more is tried before another value is set; all else
 * is tried again, with back-off.
 * Errors: ETCDCLI_ERR_ARGUMENT (a bad slice, a value without its identity), ETCDCLI_ERR_CLOSED (the keepalive has
 * ended), ETCDCLI_ERR_CONFLICT (the key is another's). */
ETCDCLI_API_CHECKED int etcdcli_keepalive_set_value(etcdcli_keepalive *keepalive, etcdcli_slice value);

typedef struct etcdcli_value_info {
  const etcdcli_error *error; /* why the value is not there; NULL: it is */
  int64_t revision;           /* the key's mod_revision with the value; 0 with an error */
  int superseded;             /* 1: another value was set since, and it is that one which this is about */
} etcdcli_value_info;

/* Told once what became of a value that was set. */
typedef void (*etcdcli_value_fn)(etcdcli_keepalive *keepalive, const etcdcli_value_info *info, void *user);

/* As etcdcli_keepalive_set_value, and tells what became of it: `fn`, which must not be NULL, is called once,
 * - without an error when the value, or a later one that took its place, is in etcd under our lease: after HELD was
 *   told of it, if that is told; and at once (with the next pump) if the key holds that very value already, as far as
 *   is known: that it was taken away may show up to `keepalive.verify.ms` later, as LOST;
 * - with what etcd said when it refuses the value (too large, no space, not permitted): the key keeps the value that it
 *   has. What may be permitted later is tried again all the same, slowly, and told as HELD;
 * - with ETCDCLI_ERR_CONFLICT when the key is another's;
 * - with ETCDCLI_ERR_CLOSED when the keepalive is removed or ends, and with ETCDCLI_ERR_CANCELLED when the cluster is
 *   closed, or it or the keepalive is freed, then inside that function, with a handle that is dead; for these three
 *   `may_have_happened` is 1.
 * That a key is lost is no end: it is claimed again, with the value. Neither is BLOCKED, nor what passes. The order is
 * that in which they were set.
 * Errors: as etcdcli_keepalive_set_value, ETCDCLI_ERR_ARGUMENT (`fn` NULL), ETCDCLI_ERR_LIMIT (what became of
 * `calls.max` values of this keepalive is yet to be told). */
ETCDCLI_API_CHECKED int etcdcli_keepalive_set_value_then(etcdcli_keepalive *keepalive, etcdcli_slice value,
                                                         etcdcli_value_fn fn, void *user, etcdcli_destroy_fn destroy);

/* Claims a key again that is in CONFLICT, as a first claim: CLAIMING, or WAITING if there is no lease.
 * Errors: ETCDCLI_ERR_ARGUMENT (there is no conflict), ETCDCLI_ERR_CLOSED. */
ETCDCLI_API int etcdcli_keepalive_retry(etcdcli_keepalive *keepalive);

/* The state, an ETCDCLI_KEEPALIVE_* value. It may run ahead of the callbacks by those that are waiting, and is that of
 * this moment: no longer HELD, but LOST, from when the lease may be over, also if nobody has pumped since. */
ETCDCLI_API int etcdcli_keepalive_state(const etcdcli_keepalive *keepalive);

/* The name of a state, "waiting" .. "ended"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_keepalive_state_name(int state);

/* Removes the key from etcd if it is ours, just this one, and ends the keepalive: the state callback says ENDED when
 * the key is gone, or was another's, or when `request.timeout.ms` has passed or the lease was lost (then with an error,
 * and the key stays until the lease ends).
 * Errors: ETCDCLI_ERR_CLOSED (it has ended, or is being removed). */
ETCDCLI_API int etcdcli_keepalive_remove(etcdcli_keepalive *keepalive);

/* Frees the keepalive; no callback of it follows, but those of values that are waited for, which come inside of this
 * function (etcdcli_keepalive_set_value_then). The key is removed in the background, as by
 * etcdcli_keepalive_remove, as long as its cluster lives and is pumped. To leave the key to its lease instead, free
 * the cluster first. */
ETCDCLI_API int etcdcli_keepalive_free(etcdcli_keepalive *keepalive);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Watcher                                                                                                          */

/*
 * A watcher reads a key, prefix or range once (the snapshot) and then delivers each change exactly once and in the
 * order of revisions, across reconnects and failovers. Deliveries are batches of events. A revision is never split
 * between two batches.
 *
 * A host that applies events as they come, PUT sets and DELETE erases, always has the right picture, and needs to look
 * at no flag. It sees all keys there are, those of its own keepalives included: a list of servers made of it holds the
 * server itself.
 *
 *   SNAPSHOT -> OPENING -> LIVE -> BACKOFF -> OPENING ...
 */
typedef enum etcdcli_watcher_state_t {
  ETCDCLI_WATCHER_SNAPSHOT = 1, /* the keys are being read, at the start, or again because changes cannot be had or the
                                   store was replaced */
  ETCDCLI_WATCHER_OPENING = 2,  /* the watch stream is being opened */
  ETCDCLI_WATCHER_LIVE = 3,     /* etcd has confirmed the stream; that the changes to go on from are compacted away it
                                   says up to a moment later (BACKOFF or ENDED with ETCDCLI_ERR_COMPACTED) */
  ETCDCLI_WATCHER_BACKOFF = 4,  /* it ended or failed, and will be opened again; `error` says why */
  ETCDCLI_WATCHER_ENDED = 5     /* it will deliver no more: closed, or `error` says why; the last state */
} etcdcli_watcher_state_t;

typedef struct etcdcli_watcher_info {
  int state;                  /* ETCDCLI_WATCHER_* */
  const etcdcli_error *error; /* NULL unless something failed */
  int attempts;               /* SNAPSHOT, OPENING, BACKOFF: how many in a row have failed; else 0 */
  int cause;            /* SNAPSHOT: why the keys are read again, an ETCDCLI_ERR_* code (COMPACTED, CLUSTER_CHANGED,
                           TOO_LARGE, UNAVAILABLE: a member was behind); 0: they are read for the first time; else 0 */
  int64_t delay_ms;     /* BACKOFF: until the next attempt, which may come earlier if etcd is back before; else 0 */
  int64_t revision;     /* as etcdcli_batch_revision of the last batch with which the picture was whole; before there is
                           one, start_revision - 1, or 0 */
  const char *endpoint; /* LIVE: where the changes come from, "http://10.0.0.1:2379"; else "" */
} etcdcli_watcher_info;

/* Told of each state the watcher enters. That etcd does not let it watch is told as BACKOFF with
 * ETCDCLI_ERR_PERMISSION_DENIED, and tried again with the longest pauses. */
typedef void (*etcdcli_watcher_state_fn)(etcdcli_watcher *watcher, const etcdcli_watcher_info *info, void *user);

typedef struct etcdcli_batch_info {
  const etcdcli_batch *batch; /* see the accessors below */
} etcdcli_batch_info;

/* A delivery. */
typedef void (*etcdcli_watcher_batch_fn)(etcdcli_watcher *watcher, const etcdcli_batch_info *info, void *user);

typedef struct etcdcli_watcher_params {
  size_t struct_size;
  etcdcli_slice key;       /* as in etcdcli_range_params */
  etcdcli_slice range_end; /* as in etcdcli_range_params */
  /* ETCDCLI_PREFIX, _FROM_KEY, _PREV_KV, and
   * ETCDCLI_KEYS_ONLY: no value is handed on. A snapshot does not read them either; with changes etcd sends them all
   *   the same.
   * ETCDCLI_NO_PUT: no PUT is told, of a snapshot neither, which is then one batch without events. DELETE is told of
   *   every key, as without the flag: etcd sends puts all the same, unless there is nothing to be made up for
   *   (start_revision, ETCDCLI_NO_RESYNC).
   * ETCDCLI_NO_DELETE: no DELETE is told, of keys that have vanished neither. No keys are remembered. Not together with
   *   ETCDCLI_NO_PUT.
   * ETCDCLI_NO_RESYNC: no keys are remembered to be compared with. Where changes were compacted away, or the store was
   *   replaced, the watcher ends, as with a start_revision; also if that happens between two pages of its snapshot. */
  unsigned flags;
  /* 0: snapshot, then follow. More than 0: no snapshot; follow from this revision on, as a host does that has kept the
   * revision of its last batch: that + 1. If it has been compacted away, the watcher ends with
   * ETCDCLI_ERR_COMPACTED. If the store is not even at the revision before it, or is replaced, the watcher ends with
   * ETCDCLI_ERR_CLUSTER_CHANGED: what the host has kept is of another store. A revision that is too large to be taken
   * (BACKOFF with ETCDCLI_ERR_TOO_LARGE) is tried again and again; with a snapshot the keys are read instead. */
  int64_t start_revision;
  etcdcli_watcher_batch_fn on_batch; /* must not be NULL */
  etcdcli_watcher_state_fn on_state;
  void *user; /* for both */
  etcdcli_destroy_fn destroy;
  int64_t page_keys; /* keys in a page of a snapshot, at most 100000; 0: as `watch.page.keys` says */
  /* What the index of the keys it remembers may take, in bytes, at most 8 GiB; 0: as `watch.index.max.bytes` says. One
   * that needs more ends with ETCDCLI_ERR_LIMIT. */
  int64_t index_max_bytes;
} etcdcli_watcher_params;
#define ETCDCLI_WATCHER_PARAMS_INIT \
  { sizeof(etcdcli_watcher_params), {NULL, 0}, {NULL, 0}, 0, 0, NULL, NULL, NULL, NULL, 0, 0 }

/* Makes a watcher and writes its handle to `*out`.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field), ETCDCLI_ERR_CLOSED, ETCDCLI_ERR_LIMIT (the cluster has
 * `watchers.max` watchers). */
ETCDCLI_API_CHECKED int etcdcli_watcher_new(etcdcli_cluster *cluster, const etcdcli_watcher_params *params,
                                            etcdcli_watcher **out);

/* The state, an ETCDCLI_WATCHER_* value. It may run ahead of the callbacks by those that are waiting. */
ETCDCLI_API int etcdcli_watcher_state(const etcdcli_watcher *watcher);

/* How a watcher is. */
typedef struct etcdcli_watch_status {
  size_t struct_size;
  int state;              /* ETCDCLI_WATCHER_*, as etcdcli_watcher_state says */
  int attempts;           /* as in etcdcli_watcher_info */
  int64_t revision;       /* as in etcdcli_watcher_info; what waits to be told counts as told only of a snapshot */
  int64_t store_revision; /* the greatest that etcd has told the cluster of; 0: none */
  int64_t lag;       /* how many revisions there may be that are yet to be told: 0 where the stream is live and nothing
                        waits, though the store may be ahead by what concerns other keys */
  int64_t silent_ms; /* since anything last came on its stream; -1: there is none. A stream of which nothing changes is
                        silent: that its endpoint answers is made sure of otherwise */
  uint64_t known_keys;  /* that it remembers */
  uint64_t index_bytes; /* what that takes */
} etcdcli_watch_status;
#define ETCDCLI_WATCH_STATUS_INIT \
  { sizeof(etcdcli_watch_status), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Writes how the watcher is to `*out`, as etcdcli_cluster_metrics does. Of one that has ended, or whose cluster is
 * freed, it says ENDED and not more than it still knows. Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad struct_size). */
ETCDCLI_API_CHECKED int etcdcli_watcher_status(const etcdcli_watcher *watcher, etcdcli_watch_status *out);

/* The name of a state, "snapshot" .. "ended"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_watcher_state_name(int state);

/* Frees the watcher; no callback of it follows. */
ETCDCLI_API int etcdcli_watcher_free(etcdcli_watcher *watcher);

typedef enum etcdcli_event_type_t { ETCDCLI_EVENT_PUT = 0, ETCDCLI_EVENT_DELETE = 1 } etcdcli_event_type_t;

typedef struct etcdcli_event {
  int type;             /* ETCDCLI_EVENT_* */
  const etcdcli_kv *kv; /* DELETE: key and mod_revision only */
  /* With ETCDCLI_PREV_KV: what was there before; NULL: nothing, or not known. In a RESYNC batch it is as much as the
   * watcher remembers of what it told last: the key and its mod_revision (0 where the store was replaced), with a
   * version of 0 as no pair of etcd's has. */
  const etcdcli_kv *prev_kv;
} etcdcli_event;

typedef enum etcdcli_batch_flags_t {
  ETCDCLI_BATCH_SNAPSHOT = 1,     /* the events were read, not watched: the keys as they are at batch revision */
  ETCDCLI_BATCH_SNAPSHOT_END = 2, /* with SNAPSHOT: the last batch of it; now the picture is whole */
  ETCDCLI_BATCH_RESYNC = 4,       /* with SNAPSHOT: changes were compacted away while the watcher was cut off, or the
                                     store was replaced; these events are the difference to what was delivered before,
                                     vanished keys as DELETE. In a replaced store every key that is there is told, and
                                     revisions may be lower than before */
  ETCDCLI_BATCH_STALE = 8         /* with SNAPSHOT: not read from etcd, which has not answered yet, but from what a
                                     process before this one has left in `watcher.cache.dir`: the keys as they were at
                                     batch revision, in no order. What has changed since follows with RESYNC, once
                                     etcd answers */
} etcdcli_batch_flags_t;

/* Accessors of a batch; valid inside the callback only, as is all they point to. */

/* How many events; may be 0 with SNAPSHOT_END, as where a resync finds that nothing has changed. */
ETCDCLI_API size_t etcdcli_batch_size(const etcdcli_batch *batch);
/* Event `index`; NULL if index >= etcdcli_batch_size. */
ETCDCLI_API const etcdcli_event *etcdcli_batch_event(const etcdcli_batch *batch, size_t index);
/* What etcd said of itself with the answer that the batch, or the end of it, came in; a field is 0 where it did not
 * say. Its revision may be far ahead of the events. NULL for NULL. */
ETCDCLI_API const etcdcli_header *etcdcli_batch_header(const etcdcli_batch *batch);
/* ETCDCLI_BATCH_* flags. */
ETCDCLI_API unsigned etcdcli_batch_flags(const etcdcli_batch *batch);
/* The revision that the host's picture has reached with this batch. Watched again with start_revision = this + 1,
 * nothing is missed and nothing comes twice; not so in a SNAPSHOT batch before the one with SNAPSHOT_END. */
ETCDCLI_API int64_t etcdcli_batch_revision(const etcdcli_batch *batch);
/* With STALE: when the keys were last known to be so, give or take a minute, in milliseconds since 1970 by this
 * machine's clock. 0 otherwise. */
ETCDCLI_API int64_t etcdcli_batch_time_ms(const etcdcli_batch *batch);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Waiting until all is there                                                                                       */

typedef struct etcdcli_await_params {
  size_t struct_size;
  etcdcli_keepalive *const *keepalives; /* of the cluster; copied. NULL: none */
  size_t keepalive_count;
  etcdcli_watcher *const *watchers; /* of the cluster; copied. NULL: none */
  size_t watcher_count;
  int64_t timeout_ms; /* 1 .. 86400000; 0: without end */
} etcdcli_await_params;
#define ETCDCLI_AWAIT_PARAMS_INIT \
  { sizeof(etcdcli_await_params), NULL, 0, NULL, 0, 0 }

typedef struct etcdcli_await_info {
  etcdcli_call call;
  const etcdcli_error *error; /* why not all of it is there; NULL: it is */
  size_t ready;               /* how many are there ... */
  size_t total;               /* ... of how many; what was freed meanwhile does not count any more */
  /* With an error: which it failed for, or the first that is missing. One of them, or neither if it was freed. */
  etcdcli_keepalive *keepalive;
  etcdcli_watcher *watcher;
} etcdcli_await_info;

/* The end of a wait. */
typedef void (*etcdcli_await_fn)(etcdcli_cluster *cluster, const etcdcli_await_info *info, void *user);

/* Tells when all of a set is there, as a process wants to know before it takes up its work: keepalives that are HELD,
 * and watchers whose first picture has been delivered whole (the batch with SNAPSHOT_END, and without STALE: what was
 * left on disk does not count), or, with a start_revision, that have been LIVE. Nothing blocks: `fn` is called once,
 * after the callbacks of all that it depends on,
 * - without an error when nothing is missing. A key that was held and is lost again is missing until it is held again;
 *   at the end all keys are held. An empty set is there at once, with the next pump;
 * - when one cannot come any more, with the error that its own callback was told: a keepalive in CONFLICT, or a watcher
 *   that has ended; ETCDCLI_ERR_CLOSED for a keepalive that has. One that is BLOCKED, or fails and is tried again, is
 *   waited for;
 * - with ETCDCLI_ERR_TIMEOUT when the time is up: the message names the first that is missing, and its last error, or
 *   which request is yet to be answered, by whom;
 * - with ETCDCLI_ERR_CANCELLED by etcdcli_call_cancel, when the cluster is closed, or when it is freed, then inside
 *   etcdcli_cluster_free.
 * What goes on without the wait goes on after it: nothing is undone when it fails. What is freed is not waited for any
 * more. `out` may be NULL.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field, a handle of another cluster), ETCDCLI_ERR_HANDLE (one in the set is
 * dead), ETCDCLI_ERR_CLOSED, ETCDCLI_ERR_LIMIT (`calls.max` waits are in progress). */
ETCDCLI_API_CHECKED int etcdcli_await(etcdcli_cluster *cluster, const etcdcli_await_params *params, etcdcli_await_fn fn,
                                      void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);

#ifdef __cplusplus
}
#endif

#endif
