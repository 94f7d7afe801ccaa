/*
 * watch.c - etcdcli-watch: prints the keys under a prefix, and then each change of them.
 *
 * The host here is an event loop, as libuv, asio or libevent are one: epoll, and nothing else. It embeds the library by
 * descriptors alone. No timer of the host's is needed: the library's timers make the descriptor readable.
 *
 * Two things beyond that are worth copying. What is printed goes into a buffer, which is written when stdout takes it;
 * while it takes nothing the cluster is not pumped, so that etcd waits, and memory does not grow. And the key that this
 * process may register belongs to a second cluster, which is pumped all the same: a reader that has stopped costs no
 * lease.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <etcdcli/etcdcli.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: etcdcli-watch [OPTION]... KEY [RANGE_END]\n"
    "\n"
    "Prints what etcd has at KEY, and then each change of it, once and in order, until SIGINT or SIGTERM:\n"
    "\n"
    "  = KEY VALUE   as it was found      + KEY VALUE   created\n"
    "  - KEY         deleted              ~ KEY VALUE   changed\n"
    "\n"
    "What is watched: KEY, or with RANGE_END all keys from KEY on that come before RANGE_END.\n"
    "  --prefix              all keys that begin with KEY; \"\": all keys\n"
    "  --from-key            all keys from KEY on\n"
    "  --escaped             in KEY, RANGE_END and --register, \\xNN stands for a byte, and \\\\ for a backslash\n"
    "  --rev REVISION        leave out what is there, and print the changes from this revision on\n"
    "\n"
    "What is printed:\n"
    "  --json                a JSON object on each line\n"
    "  --prev-kv             what was there before, too\n"
    "  --snapshot-only       what there is, and then end\n"
    "  --exit-after NUMBER   end after so many changes, those not counted that say what there is\n"
    "  --timeout SECONDS     end if it takes longer than this to know what there is, or to begin at --rev\n"
    "  --verbose             states and the library's log, to stderr\n"
    "\n";

/* In two parts: C99 does not promise that a string may be longer than 4095 bytes. */
static const char usage_of_connections[] =
    "A key of its own, kept for as long as it runs, and gone when it ends:\n"
    "  --register KEY=VALUE  the key; what becomes of it is printed\n"
    "  --ttl SECONDS         how long the key outlives a process that was killed\n"
    "\n"
    "Which etcd, and who asks; the environment says the same, as for etcdctl:\n"
    "  --endpoints URLS      separated by commas (ETCDCTL_ENDPOINTS, or http://127.0.0.1:2379)\n"
    "  --user NAME[:PASSWORD]\n"
    "                        (ETCDCTL_USER, ETCDCTL_PASSWORD)\n"
    "  --cacert FILE         whom to trust (ETCDCTL_CACERT)\n"
    "  --cert FILE           the client's certificate (ETCDCTL_CERT)\n"
    "  --key FILE            and its key (ETCDCTL_KEY)\n"
    "  --insecure-skip-tls-verify\n"
    "                        trust anybody (ETCDCTL_INSECURE_SKIP_TLS_VERIFY)\n"
    "  --dial-timeout TIME   how long connecting may take, as 2s (ETCDCTL_DIAL_TIMEOUT)\n"
    "  --option NAME=VALUE   any option of the library\n"
    "  --config FILE         a file of lines NAME=VALUE: options of the library, secrets among them\n"
    "\n"
    "  --help                print this\n"
    "  --version             print the version\n"
    "\n"
    "Exit status: 0 when it was told to end, 1 if something failed, 2 for bad arguments, 3 if the revision is gone,\n"
    "4 if etcd refuses name, password or permission, 5 after --timeout, 6 if the key of --register is another's.\n"
    "etcdcli-watch(1) says more.\n";

enum status {
  STATUS_OK = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
  STATUS_REVISION = 3,
  STATUS_REFUSED = 4,
  STATUS_TIMEOUT = 5,
  STATUS_CONFLICT = 6
};

struct arguments {
  etcdcli_slice key;
  etcdcli_slice range_end;
  unsigned flags;
  int64_t revision;
  int json;
  int snapshot_only;
  int64_t exit_after; /* 0: never */
  int64_t timeout_s;  /* 0: none */
  int verbose;
  etcdcli_slice own_key; /* empty: none */
  etcdcli_slice own_value;

  /* What is put together when all is known. */
  char *endpoints;
  const char *user;
  int password_known; /* by an option of the library */
  int tls;
};

/* What is to be printed, until stdout takes it. */
struct output {
  char *data;
  size_t begin;
  size_t end;
  size_t capacity;
  int lost; /* nobody reads it, or there is no memory for it */
};

/* More than this waiting: no more is taken from etcd. */
static const size_t output_enough = 1 << 20;

struct host {
  const struct arguments *arguments;
  etcdcli_cluster *cluster; /* of the watcher */
  etcdcli_cluster *own;     /* of the key that is registered; or NULL */
  struct output output;
  int out; /* stdout, or the same terminal without waiting for room */
  int epoll;
  int signals;
  unsigned cluster_events; /* what epoll has been asked for */
  unsigned output_events;
  int output_polled; /* 0: stdout is a file, which always takes what it is given */
  int64_t changes;
  int64_t deadline_ms; /* of --timeout; 0: none */
  int cached;          /* what was left on disk was printed, and is yet to be brought up to date */
  int begun;           /* what there is is known, or the watch has been opened at its revision */
  int ending;          /* and with which status: */
  int status;
  int signals_seen;
  int own_closed;
};

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To stderr, unless nobody reads it: a write would wait, and with it the key that is registered. */
static void complain(const char *format, ...) {
  char text[1024] = "etcdcli-watch: ";
  struct pollfd room = {STDERR_FILENO, POLLOUT, 0};
  size_t size = strlen(text);
  va_list arguments;
  int length;
  va_start(arguments, format);
  length = vsnprintf(text + size, sizeof text - size - 1, format, arguments);
  va_end(arguments);
  if (length > 0) size += (size_t)length;
  if (size > sizeof text - 2) size = sizeof text - 2;
  text[size++] = '\n';
  if (poll(&room, 1, 0) == 1 && write(STDERR_FILENO, text, size) < 0) return;
}

/* The first reason to end is the one that counts. */
static void end(struct host *host, int status) {
  if (host->ending) return;
  host->ending = 1;
  host->status = status;
}

/* --- output --- */

static void put(struct output *output, const void *data, size_t size) {
  if (output->lost || size == 0) return;
  if (size > output->capacity - output->end && output->begin > 0) {
    memmove(output->data, output->data + output->begin, output->end - output->begin);
    output->end -= output->begin;
    output->begin = 0;
  }
  if (size > output->capacity - output->end) {
    const size_t wanted = output->end + size;
    const size_t capacity = wanted < 2 * output->capacity ? 2 * output->capacity : wanted;
    char *grown = realloc(output->data, capacity);
    if (!grown) {
      output->lost = ENOMEM;
      return;
    }
    output->data = grown;
    output->capacity = capacity;
  }
  memcpy(output->data + output->end, data, size);
  output->end += size;
}

static void put_text(struct output *output, const char *text) {
  put(output, text, strlen(text));
}

/* For what has a bounded length, such as numbers. */
static void put_format(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_format(struct output *output, const char *format, ...) {
  char text[128];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  put_text(output, text);
}

/* How many bytes the character has that `text` begins with; 0: that is not UTF-8. */
static size_t utf8_length(const unsigned char *text, size_t size) {
  const unsigned char first = text[0];
  const size_t length = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  size_t i;
  if (length == 0 || length > size) return 0;
  for (i = 1; i < length; i++) {
    if ((text[i] & 0xc0) != 0x80) return 0;
  }
  /* Longer than need be, half of a UTF-16 pair, or beyond the last character. */
  if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) || (first == 0xf0 && text[1] < 0x90) ||
      (first == 0xf4 && text[1] > 0x8f)) {
    return 0;
  }
  return length;
}

/* --- the readable form --- */

static void put_time(struct output *output) {
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  put_format(output, "%02d:%02d:%02d.%03d  ", local.tm_hour, local.tm_min, local.tm_sec, (int)(now.tv_nsec / 1000000));
}

/* Keys and values are any bytes: what a terminal might take for a command, and what is no text, is printed as \xNN. */
static void put_readable(struct output *output, etcdcli_slice bytes) {
  const unsigned char *byte = bytes.data;
  size_t left = bytes.size;
  while (left > 0) {
    const size_t length = utf8_length(byte, left);
    const int control = byte[0] < 0x20 || byte[0] == 0x7f || (length == 2 && byte[0] == 0xc2 && byte[1] < 0xa0);
    size_t i;
    if (length > 0 && !control && byte[0] != '\\') {
      put(output, byte, length);
    } else {
      for (i = 0; i == 0 || i < length; i++) put_format(output, "\\x%02x", byte[i]);
    }
    byte += length > 0 ? length : 1;
    left -= length > 0 ? length : 1;
  }
}

/* What was there before, as far as it is known: no pair of etcd's has the version 0. */
static const etcdcli_kv *previous_of(const etcdcli_event *event) {
  return event->prev_kv && event->prev_kv->version > 0 ? event->prev_kv : NULL;
}

static void print_event(struct output *output, const etcdcli_event *event, unsigned flags) {
  const etcdcli_kv *previous = previous_of(event);
  const char *sign = event->type == ETCDCLI_EVENT_DELETE                                   ? "- "
                     : (flags & ETCDCLI_BATCH_SNAPSHOT) && !(flags & ETCDCLI_BATCH_RESYNC) ? "= "
                     : event->kv->version == 1                                             ? "+ "
                                                                                           : "~ ";
  put_time(output);
  put_text(output, sign);
  put_readable(output, event->kv->key);
  if (event->type != ETCDCLI_EVENT_DELETE) {
    put_text(output, " ");
    put_readable(output, event->kv->value);
  }
  if (previous) {
    put_text(output, " (was ");
    put_readable(output, previous->value);
    put_text(output, ")");
  }
  put_text(output, "\n");
}

static void print_end_of_snapshot(struct output *output, int64_t revision, int stale) {
  put_time(output);
  put_format(output, "that is all there %s at revision %" PRId64 "%s\n", stale ? "was" : "is", revision,
             stale ? ", by the picture on disk" : "");
}

static void print_own_key(struct output *output, etcdcli_slice key, const etcdcli_keepalive_info *info) {
  put_time(output);
  put_text(output, "* ");
  put_readable(output, key);
  put_text(output, " ");
  put_text(output, etcdcli_keepalive_state_name(info->state));
  if (info->state == ETCDCLI_KEEPALIVE_HELD) {
    put_format(output, ", lease %" PRIx64 ", revision %" PRId64, (uint64_t)info->lease, info->revision);
  }
  if (info->owner) {
    put_text(output, ": it says ");
    put_readable(output, info->owner->value);
  } else if (info->error) {
    put_text(output, ": ");
    put_readable(output, etcdcli_str(info->error->message));
  }
  put_text(output, "\n");
}

/* --- JSON lines --- */

static void put_base64(struct output *output, etcdcli_slice bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *byte = bytes.data;
  size_t i;
  for (i = 0; i < bytes.size; i += 3) {
    const size_t left = bytes.size - i;
    const unsigned three =
        (unsigned)byte[i] << 16 | (left > 1 ? (unsigned)byte[i + 1] << 8 : 0) | (left > 2 ? (unsigned)byte[i + 2] : 0);
    char four[4];
    four[0] = digits[three >> 18];
    four[1] = digits[three >> 12 & 63];
    four[2] = left > 1 ? digits[three >> 6 & 63] : '=';
    four[3] = left > 2 ? digits[three & 63] : '=';
    put(output, four, sizeof four);
  }
}

/* `"NAME":"..."` if the bytes are UTF-8, and `"NAME_base64":"..."` if they are not, behind a comma or bracket. */
static void put_json(struct output *output, char before, const char *name, etcdcli_slice bytes) {
  const unsigned char *byte = bytes.data;
  size_t plain; /* what need not be escaped begins there */
  size_t length;
  size_t i;
  for (i = 0; i < bytes.size; i += length) {
    length = utf8_length(byte + i, bytes.size - i);
    if (length == 0) break;
  }
  put(output, &before, 1);
  put_text(output, "\"");
  put_text(output, name);
  if (i < bytes.size) {
    put_text(output, "_base64\":\"");
    put_base64(output, bytes);
  } else {
    put_text(output, "\":\"");
    for (i = plain = 0; i < bytes.size; i++) {
      if (byte[i] >= 0x20 && byte[i] != 0x7f && byte[i] != '"' && byte[i] != '\\') continue;
      put(output, byte + plain, i - plain);
      put_format(output, byte[i] == '"' || byte[i] == '\\' ? "\\%c" : "\\u%04x", byte[i]);
      plain = i + 1;
    }
    put(output, byte + plain, i - plain);
  }
  put_text(output, "\"");
}

/* All of a pair but its key. A lease is written as etcdctl writes it: as a number it would be too large for many. */
static void put_json_value(struct output *output, char before, const etcdcli_kv *kv) {
  put_json(output, before, "value", kv->value);
  put_format(output, ",\"create_revision\":%" PRId64 ",\"mod_revision\":%" PRId64, kv->create_revision,
             kv->mod_revision);
  put_format(output, ",\"version\":%" PRId64 ",\"lease\":\"%" PRIx64 "\"", kv->version, (uint64_t)kv->lease);
}

static const char *json_source(unsigned flags) {
  if (flags & ETCDCLI_BATCH_STALE) return "cache";
  return flags & ETCDCLI_BATCH_RESYNC ? "resync" : flags & ETCDCLI_BATCH_SNAPSHOT ? "snapshot" : "watch";
}

static void print_json_event(struct output *output, const etcdcli_event *event, unsigned flags, int with_previous) {
  const int deleted = event->type == ETCDCLI_EVENT_DELETE;
  put_format(output, "{\"type\":\"%s\",\"source\":\"%s\"", deleted ? "DELETE" : "PUT", json_source(flags));
  put_json(output, ',', "key", event->kv->key);
  if (deleted) {
    put_format(output, ",\"mod_revision\":%" PRId64, event->kv->mod_revision);
  } else {
    put_json_value(output, ',', event->kv);
  }
  if (with_previous && previous_of(event)) {
    put_text(output, ",\"prev\":");
    put_json_value(output, '{', previous_of(event));
    put_text(output, "}");
  } else if (with_previous) {
    put_text(output, ",\"prev\":null");
  }
  put_text(output, "}\n");
}

static void print_json_end_of_snapshot(struct output *output, int64_t revision, unsigned flags) {
  put_format(output, "{\"type\":\"SNAPSHOT_END\",\"source\":\"%s\",\"revision\":%" PRId64 "}\n", json_source(flags),
             revision);
}

static void print_json_own_key(struct output *output, etcdcli_slice key, const etcdcli_keepalive_info *info) {
  put_format(output, "{\"type\":\"KEEPALIVE\",\"state\":\"%s\"", etcdcli_keepalive_state_name(info->state));
  put_json(output, ',', "key", key);
  put_format(output, ",\"lease\":\"%" PRIx64 "\",\"revision\":%" PRId64 ",\"fence\":%" PRId64, (uint64_t)info->lease,
             info->revision, info->fence);
  if (info->error) put_json(output, ',', "error", etcdcli_str(info->error->message));
  if (info->owner) {
    put_text(output, ",\"owner\":");
    put_json_value(output, '{', info->owner);
    put_text(output, "}");
  }
  put_text(output, "}\n");
}

/* --- the library's callbacks --- */

static void on_log(etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user) {
  (void)cluster;
  (void)user;
  complain("%s: %s: %s", etcdcli_log_level_name(info->level), info->component, info->message);
}

/* Whether etcd does not let this host in, and has not so far: later on it may be for a while, and is waited for. */
static int is_refused(const struct host *host, const etcdcli_error *error) {
  return error && !host->begun && !error->worth_retrying &&
         (error->code == ETCDCLI_ERR_UNAUTHENTICATED || error->code == ETCDCLI_ERR_PERMISSION_DENIED);
}

static void on_batch(etcdcli_watcher *watcher, const etcdcli_batch_info *info, void *user) {
  struct host *host = user;
  const struct arguments *arguments = host->arguments;
  const etcdcli_batch *batch = info->batch;
  const unsigned flags = etcdcli_batch_flags(batch);
  const size_t size = etcdcli_batch_size(batch);
  const int change = !(flags & ETCDCLI_BATCH_SNAPSHOT) || ((flags & ETCDCLI_BATCH_RESYNC) && !host->cached);
  size_t i;
  (void)watcher;
  for (i = 0; i < size && !host->ending; i++) {
    const etcdcli_event *event = etcdcli_batch_event(batch, i);
    if (arguments->json) {
      print_json_event(&host->output, event, flags, (arguments->flags & ETCDCLI_PREV_KV) != 0);
    } else {
      print_event(&host->output, event, flags);
    }
    if (change && ++host->changes == arguments->exit_after) end(host, STATUS_OK);
  }
  if ((flags & ETCDCLI_BATCH_SNAPSHOT_END) && !host->ending) {
    /* What was left on disk may be true no more: etcd has yet to say. */
    const int stale = (flags & ETCDCLI_BATCH_STALE) != 0;
    host->cached = stale;
    if (!stale) host->begun = 1;
    if (arguments->json) {
      print_json_end_of_snapshot(&host->output, etcdcli_batch_revision(batch), flags);
    } else {
      print_end_of_snapshot(&host->output, etcdcli_batch_revision(batch), stale);
    }
    if (arguments->snapshot_only && !stale) end(host, STATUS_OK);
  }
}

static void on_watcher_state(etcdcli_watcher *watcher, const etcdcli_watcher_info *info, void *user) {
  struct host *host = user;
  const etcdcli_error *error = info->error;
  const int denied = error && error->code == ETCDCLI_ERR_PERMISSION_DENIED;
  const int ended = info->state == ETCDCLI_WATCHER_ENDED;
  (void)watcher;
  if (host->arguments->verbose || ended || (denied && !error->worth_retrying)) {
    complain("watcher: %s%s%s", etcdcli_watcher_state_name(info->state), error ? ": " : "",
             error ? error->message : "");
  }
  if (info->state == ETCDCLI_WATCHER_LIVE) host->begun = 1;
  if (ended) {
    end(host, error && (error->code == ETCDCLI_ERR_COMPACTED || error->code == ETCDCLI_ERR_CLUSTER_CHANGED)
                  ? STATUS_REVISION
                  : STATUS_FAILED);
  } else if (is_refused(host, error)) {
    end(host, STATUS_REFUSED);
  }
}

static void on_cluster_state(etcdcli_cluster *cluster, const etcdcli_cluster_info *info, void *user) {
  struct host *host = user;
  (void)cluster;
  if (info->state == ETCDCLI_CLUSTER_UNAVAILABLE) {
    complain("unavailable: %s%s%s", info->error->message, info->error->endpoint[0] ? ", at " : "",
             info->error->endpoint);
  } else if (info->state == ETCDCLI_CLUSTER_READY && (host->begun || host->arguments->verbose)) {
    complain("ready%s%s", info->error ? ": " : "", info->error ? info->error->message : "");
  }
  if (is_refused(host, info->error)) end(host, STATUS_REFUSED);
}

static void on_own_key(etcdcli_keepalive *keepalive, const etcdcli_keepalive_info *info, void *user) {
  struct host *host = user;
  const etcdcli_slice key = host->arguments->own_key;
  (void)keepalive;
  if (host->arguments->json) {
    print_json_own_key(&host->output, key, info);
  } else {
    print_own_key(&host->output, key, info);
  }
  if (info->state == ETCDCLI_KEEPALIVE_CONFLICT) {
    complain("the key of --register is another's");
    end(host, STATUS_CONFLICT);
  }
}

static void on_own_closed(etcdcli_cluster *cluster, const etcdcli_close_info *info, void *user) {
  struct host *host = user;
  (void)cluster;
  if (info->error) complain("the key of --register stays until its lease ends: %s", info->error->message);
  host->own_closed = 1;
}

/* --- the loop --- */

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A descriptor that becomes readable with the signals that say to end; -1 if there is none. */
static int open_signals(void) {
  struct sigaction hangup;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  /* What nohup has ignored would be told all the same. */
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int control(int epoll, int operation, int fd, unsigned events) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(epoll, operation, fd, &event);
}

static int open_loop(struct host *host) {
  /* That epoll calls a terminal writable does not say for how much. */
  host->out = isatty(STDOUT_FILENO) ? open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
  if (host->out < 0) host->out = STDOUT_FILENO;
  host->signals = open_signals();
  host->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (host->signals < 0 || host->epoll < 0) return -1;
  /* Asked for nothing, stdout still tells that its reader has left. A file cannot be polled, and need not be. */
  host->output_polled = control(host->epoll, EPOLL_CTL_ADD, STDOUT_FILENO, 0) == 0;
  if (!host->output_polled && errno != EPERM) return -1;
  if (control(host->epoll, EPOLL_CTL_ADD, host->signals, EPOLLIN) != 0 ||
      control(host->epoll, EPOLL_CTL_ADD, etcdcli_cluster_fd(host->cluster), 0) != 0) {
    return -1;
  }
  return host->own ? control(host->epoll, EPOLL_CTL_ADD, etcdcli_cluster_fd(host->own), EPOLLIN) : 0;
}

static void close_loop(struct host *host) {
  if (host->out > STDERR_FILENO) close(host->out);
  if (host->epoll >= 0) close(host->epoll);
  if (host->signals >= 0) close(host->signals);
}

static size_t waiting(const struct output *output) {
  return output->lost ? 0 : output->end - output->begin;
}

/* Nobody will read what is printed: there is nothing left to do. That a reader has had enough is no failure. */
static void lose_output(struct host *host, int error) {
  /* It would be told again and again that nobody reads. */
  if (host->output_polled) control(host->epoll, EPOLL_CTL_DEL, STDOUT_FILENO, 0);
  host->output_polled = 0;
  host->output.lost = error;
  if (error != EPIPE) complain("stdout: %s", strerror(error));
  end(host, STATUS_OK);
  if (error != EPIPE) host->status = STATUS_FAILED;
}

/* Writes as much as stdout takes without a wait: a pipe that epoll calls writable has room for PIPE_BUF bytes. */
static void write_output(struct host *host) {
  struct output *output = &host->output;
  size_t size = waiting(output);
  ssize_t written;
  if (size == 0) return;
  if (host->output_polled && size > PIPE_BUF) size = PIPE_BUF;
  written = write(host->out, output->data + output->begin, size);
  if (written >= 0) {
    output->begin += (size_t)written;
    if (output->begin == output->end) output->begin = output->end = 0;
  } else if (errno != EINTR && errno != EAGAIN) {
    lose_output(host, errno);
  }
}

/* Asks epoll for what can be done next, and only if that has changed. */
static int ask(struct host *host) {
  const size_t printed = waiting(&host->output);
  const unsigned cluster_events = !host->ending && printed < output_enough ? EPOLLIN : 0;
  const unsigned output_events = printed > 0 ? EPOLLOUT : 0;
  if (cluster_events != host->cluster_events) {
    if (control(host->epoll, EPOLL_CTL_MOD, etcdcli_cluster_fd(host->cluster), cluster_events) != 0) return -1;
    host->cluster_events = cluster_events;
  }
  if (host->output_polled && output_events != host->output_events) {
    if (control(host->epoll, EPOLL_CTL_MOD, STDOUT_FILENO, output_events) != 0) return -1;
    host->output_events = output_events;
  }
  return 0;
}

static void on_ready(struct host *host, const struct epoll_event *event) {
  const int fd = event->data.fd;
  if (fd == host->signals) {
    struct signalfd_siginfo info;
    if (read(host->signals, &info, sizeof info) < 0) return;
    host->signals_seen++;
    end(host, STATUS_OK);
  } else if (fd == STDOUT_FILENO) {
    if (event->events & (EPOLLERR | EPOLLHUP)) {
      lose_output(host, EPIPE);
    } else {
      write_output(host);
    }
  } else if (fd == etcdcli_cluster_fd(host->cluster)) {
    /* In small portions, so that no more than a little is printed beyond what is enough. */
    if (etcdcli_cluster_pump(host->cluster, 4) < 0) {
      complain("%s", etcdcli_last_error());
      end(host, STATUS_FAILED);
    }
  } else if (etcdcli_cluster_pump(host->own, 0) < 0) {
    complain("%s", etcdcli_last_error());
    host->own_closed = 1;
    end(host, STATUS_FAILED);
  }
}

/* How long the loop may sleep: until the time of --timeout has passed, or, after a signal, for as long as a reader that
 * takes nothing is waited for. */
static int sleep_ms(struct host *host) {
  int64_t left;
  if (host->signals_seen > 0 && waiting(&host->output) > 0) return 1000;
  if (host->begun || host->ending || host->deadline_ms == 0) return -1;
  left = host->deadline_ms - now_ms();
  if (left > 0) return left < INT_MAX ? (int)left : INT_MAX;
  complain("it took longer than %" PRId64 " s", host->arguments->timeout_s);
  end(host, STATUS_TIMEOUT);
  return 0;
}

/* Returns the exit status. */
static int run(struct host *host) {
  int failed = open_loop(host);
  int closing = 0;
  if (host->arguments->timeout_s > 0) host->deadline_ms = now_ms() + host->arguments->timeout_s * 1000;
  /* A second signal ends it at once. */
  while (!failed && host->signals_seen < 2) {
    struct epoll_event events[4];
    int ready;
    int i;
    if (host->ending && host->own && !closing) {
      closing = 1;
      if (etcdcli_cluster_close(host->own, ETCDCLI_CLOSE_REVOKE, on_own_closed, host, NULL) < 0) host->own_closed = 1;
    }
    if (!host->output_polled) write_output(host);
    if (host->output.lost == ENOMEM && !host->ending) lose_output(host, ENOMEM);
    if (host->ending && waiting(&host->output) == 0 && (!host->own || host->own_closed)) break;
    failed = ask(host);
    ready = failed ? 0 : epoll_wait(host->epoll, events, 4, sleep_ms(host));
    if (ready < 0 && errno != EINTR) failed = -1;
    if (ready == 0 && host->signals_seen > 0) host->output.lost = EPIPE; /* nobody reads what is left */
    for (i = 0; i < ready; i++) on_ready(host, &events[i]);
  }
  if (failed) {
    complain("epoll: %s", strerror(errno));
    end(host, STATUS_FAILED);
  }
  close_loop(host);
  return host->status;
}

/* --- the beginning and the end --- */

/* What the library says when it makes something: a bad argument is the user's. */
static int status_of(int code) {
  complain("%s", etcdcli_last_error());
  return code == ETCDCLI_ERR_ARGUMENT || code == ETCDCLI_ERR_CONFIG ? STATUS_USAGE : STATUS_FAILED;
}

static int watch(const etcdcli_config *config, const struct arguments *arguments) {
  struct host host;
  etcdcli_watcher *watcher = NULL;
  etcdcli_keepalive *keepalive = NULL;
  etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
  etcdcli_keepalive_params own_params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  int status;

  memset(&host, 0, sizeof host);
  host.arguments = arguments;
  params.key = arguments->key;
  params.range_end = arguments->range_end;
  params.flags = arguments->flags;
  params.start_revision = arguments->revision;
  params.on_batch = on_batch;
  params.on_state = on_watcher_state;
  params.user = &host;
  own_params.key = arguments->own_key;
  own_params.value = arguments->own_value;
  own_params.on_state = on_own_key;
  own_params.user = &host;

  status = etcdcli_cluster_new(config, &host.cluster);
  if (status == 0) status = etcdcli_cluster_set_state_callback(host.cluster, on_cluster_state, &host, NULL);
  if (status == 0) status = etcdcli_watcher_new(host.cluster, &params, &watcher);
  if (status == 0 && arguments->own_key.size > 0) {
    status = etcdcli_cluster_new(config, &host.own);
    if (status == 0) status = etcdcli_keepalive_new(host.own, &own_params, &keepalive);
  }
  status = status < 0 ? status_of(status) : run(&host);

  etcdcli_keepalive_free(keepalive);
  etcdcli_watcher_free(watcher);
  etcdcli_cluster_free(host.own);
  etcdcli_cluster_free(host.cluster);
  free(host.output.data);
  return status;
}

/* --- arguments. These functions return 0, or the exit status, and have then said what is wrong. --- */

static int parse_number(const char *name, const char *text, int64_t *number) {
  char *after = NULL;
  errno = 0;
  *number = strtoll(text, &after, 10);
  if (errno == 0 && after != text && *after == '\0' && *number >= 1 && *number <= INT64_MAX / 2000) return 0;
  complain("%s is '%s': must be a whole number, 1 or more", name, text);
  return STATUS_USAGE;
}

static int digit(char c) {
  const char *digits = "0123456789abcdef";
  const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
  return found ? (int)(found - digits) : -1;
}

/* Makes bytes of \xNN, and one of two backslashes, where they stand. */
static int unescape(const char *name, char *text, etcdcli_slice *bytes) {
  const char *from = text;
  char *to = text;
  while (*from) {
    if (*from != '\\') {
      *to++ = *from++;
    } else if (from[1] == '\\') {
      *to++ = '\\';
      from += 2;
    } else if (from[1] == 'x' && digit(from[2]) >= 0 && digit(from[3]) >= 0) {
      *to++ = (char)(digit(from[2]) << 4 | digit(from[3]));
      from += 4;
    } else {
      complain("%s: a backslash must be followed by another one, or by x and two hexadecimal digits", name);
      return STATUS_USAGE;
    }
  }
  *bytes = etcdcli_bytes(text, (size_t)(to - text));
  return 0;
}

static int parse_bytes(const char *name, char *text, int escaped, etcdcli_slice *bytes) {
  if (escaped) return unescape(name, text, bytes);
  *bytes = etcdcli_str(text);
  return 0;
}

/* Options of this program that are options of the library by another name, and as what the environment has them. */
static const struct {
  const char *option;
  const char *variable;
  const char *name;
} translations[] = {
    {"endpoints", "ETCDCTL_ENDPOINTS", "endpoints"},
    {"cacert", "ETCDCTL_CACERT", "tls.ca.file"},
    {"cert", "ETCDCTL_CERT", "tls.cert.file"},
    {"key", "ETCDCTL_KEY", "tls.key.file"},
    {"dial-timeout", "ETCDCTL_DIAL_TIMEOUT", "connect.timeout.ms"},
    {"ttl", NULL, "lease.ttl.s"},
};
static const size_t translation_count = sizeof translations / sizeof translations[0];

/* Sets an option of the library. `origin` is where the user wrote it. */
static int set(etcdcli_config *config, struct arguments *arguments, const char *origin, const char *name,
               const char *value) {
  if (strcmp(name, "endpoints") == 0) { /* whether they want TLS is known at the end */
    free(arguments->endpoints);
    arguments->endpoints = strdup(value);
    return 0;
  }
  if (etcdcli_config_set(config, name, value) < 0) {
    complain("%s: %s", origin, etcdcli_last_error());
    return STATUS_USAGE;
  }
  if (strncmp(name, "tls.", 4) == 0) arguments->tls = 1;
  /* Whoever says this does not mean what the environment says. */
  if (strcmp(name, "auth.password") == 0) arguments->password_known = 1;
  if (strcmp(name, "auth.user") == 0 || strcmp(name, "auth.token") == 0) arguments->user = NULL;
  return 0;
}

static int set_translated(etcdcli_config *config, struct arguments *arguments, const char *option, const char *value) {
  char origin[32];
  size_t i;
  snprintf(origin, sizeof origin, "--%s", option);
  for (i = 0; i < translation_count && strcmp(translations[i].option, option) != 0; i++) {
  }
  return i < translation_count ? set(config, arguments, origin, translations[i].name, value) : STATUS_USAGE;
}

static int trust_anybody(etcdcli_config *config, struct arguments *arguments, const char *origin) {
  const int status = set(config, arguments, origin, "tls.verify.peer", "false");
  return status != 0 ? status : set(config, arguments, origin, "tls.verify.host", "false");
}

/* A variable that is set; one that is empty counts as none, as it does for etcdctl. */
static const char *variable(const char *name) {
  const char *value = name ? getenv(name) : NULL;
  return value && value[0] ? value : NULL;
}

static int read_environment(etcdcli_config *config, struct arguments *arguments) {
  static const char insecure[] = "ETCDCTL_INSECURE_SKIP_TLS_VERIFY";
  const char *value;
  size_t i;
  for (i = 0; i < translation_count; i++) {
    value = variable(translations[i].variable);
    if (value && set(config, arguments, translations[i].variable, translations[i].name, value) != 0) {
      return STATUS_USAGE;
    }
  }
  arguments->user = variable("ETCDCTL_USER");
  value = variable(insecure);
  if (value && (strcasecmp(value, "true") == 0 || strcasecmp(value, "t") == 0 || strcmp(value, "1") == 0)) {
    return trust_anybody(config, arguments, insecure);
  }
  if (value && strcasecmp(value, "false") != 0 && strcasecmp(value, "f") != 0 && strcmp(value, "0") != 0) {
    complain("%s is '%s': must be true or false", insecure, value);
    return STATUS_USAGE;
  }
  return 0;
}

/* Takes the blanks away at both ends, where they stand. */
static char *trim(char *text) {
  size_t size;
  text += strspn(text, " \t\r\n");
  size = strlen(text);
  while (size > 0 && strchr(" \t\r\n", text[size - 1])) size--;
  text[size] = '\0';
  return text;
}

/* NAME=VALUE. Of what is wrong with it nothing is repeated, since it may be a secret. */
static int set_pair(etcdcli_config *config, struct arguments *arguments, const char *origin, char *text) {
  char *equals = strchr(text, '=');
  if (!equals) {
    complain("%s: must be NAME=VALUE", origin);
    return STATUS_USAGE;
  }
  *equals = '\0';
  return set(config, arguments, origin, trim(text), trim(equals + 1));
}

/* Lines of NAME=VALUE; empty ones, and those that begin with #, say nothing. */
static int read_file(etcdcli_config *config, struct arguments *arguments, const char *path) {
  FILE *file = fopen(path, "re");
  char *line = NULL;
  size_t capacity = 0;
  int number = 0;
  int status = 0;
  while (file && status == 0 && getline(&line, &capacity, file) >= 0) {
    char origin[PATH_MAX + 16];
    char *text = trim(line);
    snprintf(origin, sizeof origin, "%s:%d", path, ++number);
    if (text[0] && text[0] != '#') status = set_pair(config, arguments, origin, text);
  }
  if (!file || ferror(file)) {
    complain("--config: %s: %s", path, strerror(errno));
    status = STATUS_USAGE;
  }
  free(line);
  if (file) fclose(file);
  return status;
}

/* Sets the endpoints, of which each may lack its scheme, as etcdctl has it. */
static int set_endpoints(etcdcli_config *config, const struct arguments *arguments) {
  const char *scheme = arguments->tls ? "https://" : "http://";
  const char *from = arguments->endpoints ? arguments->endpoints : "127.0.0.1:2379";
  struct output text;
  int status;
  memset(&text, 0, sizeof text);
  while (*from) {
    const size_t size = strcspn(from, ",");
    const size_t blanks = strspn(from, " ");
    if (blanks < size && !memmem(from, size, "://", 3) && strncmp(from + blanks, "srv:", 4) != 0) {
      put_text(&text, scheme);
    }
    put(&text, from + (blanks < size ? blanks : size), size - (blanks < size ? blanks : size));
    from += size;
    if (*from) put(&text, from++, 1);
  }
  put(&text, "", 1);
  status = text.lost ? ETCDCLI_ERR_SYSTEM : etcdcli_config_set(config, "endpoints", text.data);
  free(text.data);
  return status < 0 ? status_of(status) : 0;
}

/* Sets name and password, which may be one text or two. */
static int set_user(etcdcli_config *config, const struct arguments *arguments) {
  const char *password = variable("ETCDCTL_PASSWORD");
  const char *colon = arguments->user ? strchr(arguments->user, ':') : NULL;
  char *name;
  int status;
  if (!arguments->user) return 0;
  if (arguments->password_known || password) {
    colon = NULL; /* of the name */
  } else if (!colon) {
    complain("--user needs a password: behind a colon, in ETCDCTL_PASSWORD, or as auth.password in --config");
    return STATUS_USAGE;
  }
  name = strdup(arguments->user);
  if (!name) return STATUS_FAILED;
  if (colon) {
    name[colon - arguments->user] = '\0';
    password = colon + 1;
  }
  status = etcdcli_config_set(config, "auth.user", name);
  if (status == 0 && !arguments->password_known) status = etcdcli_config_set(config, "auth.password", password);
  free(name);
  return status < 0 ? status_of(status) : 0;
}

static int parse_own_key(char *text, int escaped, struct arguments *arguments) {
  char *equals = strchr(text, '=');
  if (!equals || equals == text) {
    complain("--register must be KEY=VALUE");
    return STATUS_USAGE;
  }
  *equals = '\0';
  return parse_bytes("--register", text, escaped, &arguments->own_key) ||
                 parse_bytes("--register", equals + 1, escaped, &arguments->own_value)
             ? STATUS_USAGE
             : 0;
}

static int parse(int argc, char **argv, etcdcli_config *config, struct arguments *arguments) {
  static const struct option options[] = {{"prefix", no_argument, NULL, 'p'},
                                          {"from-key", no_argument, NULL, 'f'},
                                          {"escaped", no_argument, NULL, 'e'},
                                          {"rev", required_argument, NULL, 'r'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"prev-kv", no_argument, NULL, 'P'},
                                          {"snapshot-only", no_argument, NULL, 's'},
                                          {"exit-after", required_argument, NULL, 'n'},
                                          {"timeout", required_argument, NULL, 't'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"register", required_argument, NULL, 'R'},
                                          {"ttl", required_argument, NULL, 'T'},
                                          {"endpoints", required_argument, NULL, 'T'},
                                          {"user", required_argument, NULL, 'u'},
                                          {"cacert", required_argument, NULL, 'T'},
                                          {"cert", required_argument, NULL, 'T'},
                                          {"key", required_argument, NULL, 'T'},
                                          {"insecure-skip-tls-verify", no_argument, NULL, 'i'},
                                          {"dial-timeout", required_argument, NULL, 'T'},
                                          {"option", required_argument, NULL, 'o'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
  char *own = NULL;
  int escaped = 0;
  int status = 0;
  int option;
  int index = 0;
  while (status == 0 && (option = getopt_long(argc, argv, "", options, &index)) != -1) {
    switch (option) {
      case 'p':
        arguments->flags |= ETCDCLI_PREFIX;
        break;
      case 'f':
        arguments->flags |= ETCDCLI_FROM_KEY;
        break;
      case 'e':
        escaped = 1;
        break;
      case 'r':
        status = parse_number("--rev", optarg, &arguments->revision);
        break;
      case 'j':
        arguments->json = 1;
        break;
      case 'P':
        arguments->flags |= ETCDCLI_PREV_KV;
        break;
      case 's':
        arguments->snapshot_only = 1;
        break;
      case 'n':
        status = parse_number("--exit-after", optarg, &arguments->exit_after);
        break;
      case 't':
        status = parse_number("--timeout", optarg, &arguments->timeout_s);
        break;
      case 'v':
        arguments->verbose = 1;
        break;
      case 'R':
        own = optarg;
        break;
      case 'T':
        status = set_translated(config, arguments, options[index].name, optarg);
        break;
      case 'u':
        arguments->user = optarg;
        break;
      case 'i':
        status = trust_anybody(config, arguments, "--insecure-skip-tls-verify");
        break;
      case 'o':
        status = set_pair(config, arguments, "--option", optarg);
        break;
      case 'c':
        status = read_file(config, arguments, optarg);
        break;
      case 'h':
        fputs(usage, stdout);
        fputs(usage_of_connections, stdout);
        exit(0);
      case 'V':
        printf("etcdcli-watch %s (libetcdcli %s)\n", ETCDCLI_VERSION, etcdcli_version());
        exit(0);
      default: /* getopt_long has said what is wrong */
        status = STATUS_USAGE;
        break;
    }
  }
  if (status != 0) return status;

  if (optind == argc) {
    complain("KEY is missing");
    return STATUS_USAGE;
  }
  if (optind + 2 < argc) {
    complain("unexpected argument '%s'", argv[optind + 2]);
    return STATUS_USAGE;
  }
  if (arguments->snapshot_only && arguments->revision > 0) {
    complain("--snapshot-only and --rev exclude each other");
    return STATUS_USAGE;
  }
  status = parse_bytes("KEY", argv[optind], escaped, &arguments->key);
  if (status == 0 && optind + 2 == argc) {
    status = parse_bytes("RANGE_END", argv[optind + 1], escaped, &arguments->range_end);
  }
  if (status == 0 && own) status = parse_own_key(own, escaped, arguments);
  return status;
}

int main(int argc, char **argv) {
  struct arguments arguments;
  etcdcli_config *config;
  int null;
  int status;

  /* Were stdout closed, the first socket would get its number, and what is printed. */
  do {
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (null >= 0 && null <= STDERR_FILENO);
  if (null >= 0) close(null);
  /* Whoever reads may leave: the key that is registered has to be removed all the same. */
  signal(SIGPIPE, SIG_IGN);

  memset(&arguments, 0, sizeof arguments);
  config = etcdcli_config_new();
  status = read_environment(config, &arguments);
  if (status == 0) status = parse(argc, argv, config, &arguments);
  if (status == 0) status = set_endpoints(config, &arguments);
  if (status == 0) status = set_user(config, &arguments);
  if (status == 0 && arguments.verbose && etcdcli_config_set_log_callback(config, on_log, NULL, NULL) < 0) {
    complain("%s", etcdcli_last_error());
    status = STATUS_FAILED;
  }
  if (status == STATUS_USAGE) fputs("Try 'etcdcli-watch --help'.\n", stderr);
  if (status == 0) status = watch(config, &arguments);
  etcdcli_config_free(config);
  free(arguments.endpoints);
  return status;
}
