/*
 * watch.c - prints the keys under a prefix, and then each change of them.
 *
 * The host here is an event loop, as libuv, asio or libevent are one: epoll, and nothing else. It embeds the library by
 * its descriptor alone. No timer of the host's is needed: the library's timers make the descriptor readable.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <etcdcli/etcdcli.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: watch --prefix PREFIX [--endpoints URLS] [--revision REVISION] [--verbose]\n"
    "\n"
    "Prints the keys that begin with PREFIX, and then each change of them, until SIGINT or SIGTERM:\n"
    "\n"
    "  = KEY VALUE   as it was found      + KEY VALUE   created\n"
    "  - KEY         deleted              ~ KEY VALUE   changed\n"
    "\n"
    "  --prefix PREFIX       what the keys begin with; \"\": all keys\n"
    "  --endpoints URLS      of the etcd cluster, separated by commas (default: http://127.0.0.1:2379)\n"
    "  --revision REVISION   leave out what is there, and print the changes from this revision on\n"
    "  --verbose             print the watcher's states and the library's log to stderr\n"
    "  --help                print this\n"
    "\n"
    "Exit status: 0 after SIGINT or SIGTERM, 1 if something failed, 2 for bad arguments.\n";

struct arguments {
  const char *endpoints;
  const char *prefix;
  int64_t revision;
  int verbose;
};

/* What the callbacks tell the loop. */
struct host {
  int verbose;
  int ended;
};

/* --- printing --- */

static void print_time(void) {
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  printf("%02d:%02d:%02d.%03d  ", local.tm_hour, local.tm_min, local.tm_sec, (int)(now.tv_nsec / 1000000));
}

/* Keys and values are any bytes: what a terminal might take for a command is printed as \xNN. */
static void print_bytes(etcdcli_slice bytes) {
  const unsigned char *byte = bytes.data;
  const unsigned char *end = byte + bytes.size;
  for (; byte != end; byte++) {
    if (*byte < 0x20 || *byte == 0x7f || *byte == '\\') {
      printf("\\x%02x", *byte);
    } else {
      putchar(*byte);
    }
  }
}

/* --- the library's callbacks --- */

static void on_log(etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user) {
  (void)cluster;
  (void)user;
  fprintf(stderr, "%s: %s: %s\n", etcdcli_log_level_name(info->level), info->component, info->message);
}

static void on_batch(etcdcli_watcher *watcher, const etcdcli_batch_info *info, void *user) {
  const etcdcli_batch *batch = info->batch;
  const unsigned flags = etcdcli_batch_flags(batch);
  const size_t size = etcdcli_batch_size(batch);
  size_t i;
  (void)watcher;
  (void)user;
  for (i = 0; i < size; i++) {
    const etcdcli_event *event = etcdcli_batch_event(batch, i);
    print_time();
    if (event->type == ETCDCLI_EVENT_DELETE) {
      fputs("- ", stdout);
      print_bytes(event->kv->key);
    } else {
      const char *sign = flags & ETCDCLI_BATCH_SNAPSHOT ? "= " : event->kv->version == 1 ? "+ " : "~ ";
      fputs(sign, stdout);
      print_bytes(event->kv->key);
      putchar(' ');
      print_bytes(event->kv->value);
    }
    putchar('\n');
  }
  if (flags & ETCDCLI_BATCH_SNAPSHOT_END) {
    print_time();
    printf("that is all there is at revision %lld\n", (long long)etcdcli_batch_revision(batch));
  }
  fflush(stdout);
}

static void on_state(etcdcli_watcher *watcher, const etcdcli_watcher_info *info, void *user) {
  struct host *host = user;
  (void)watcher;
  if (host->verbose || info->state == ETCDCLI_WATCHER_ENDED) {
    fprintf(stderr, "watcher: %s%s%s\n", etcdcli_watcher_state_name(info->state), info->error ? ": " : "",
            info->error ? info->error->message : "");
  }
  if (info->state == ETCDCLI_WATCHER_ENDED) host->ended = 1;
}

/* --- the loop --- */

/* A descriptor that becomes readable with SIGINT and SIGTERM; -1 if there is none. */
static int open_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int add(int epoll, int fd) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int run(etcdcli_cluster *cluster, struct host *host) {
  const int signals = open_signals();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  int status = 1;
  if (signals < 0 || epoll < 0 || add(epoll, signals) != 0 || add(epoll, etcdcli_cluster_fd(cluster)) != 0) {
    perror("watch: epoll");
    host->ended = 1;
  }
  while (!host->ended) {
    struct epoll_event event;
    if (epoll_wait(epoll, &event, 1, -1) < 0) {
      if (errno == EINTR) continue;
      perror("watch: epoll_wait");
      break;
    }
    if (event.data.fd == signals) {
      status = 0;
      break;
    }
    if (etcdcli_cluster_pump(cluster, 0) < 0) {
      fprintf(stderr, "watch: %s\n", etcdcli_last_error());
      break;
    }
  }
  if (epoll >= 0) close(epoll);
  if (signals >= 0) close(signals);
  return status;
}

/* --- the beginning and the end --- */

static int watch(const etcdcli_config *config, const struct arguments *arguments) {
  struct host host = {0, 0};
  etcdcli_cluster *cluster = NULL;
  etcdcli_watcher *watcher = NULL;
  etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
  int status;

  host.verbose = arguments->verbose;
  params.key = etcdcli_str(arguments->prefix);
  params.flags = ETCDCLI_PREFIX;
  params.start_revision = arguments->revision;
  params.on_batch = on_batch;
  params.on_state = on_state;
  params.user = &host;
  if (etcdcli_cluster_new(config, &cluster) < 0 || etcdcli_watcher_new(cluster, &params, &watcher) < 0) {
    fprintf(stderr, "watch: %s\n", etcdcli_last_error());
    status = 1;
  } else {
    status = run(cluster, &host);
  }
  /* There is no lease to revoke: to free is to say goodbye. */
  etcdcli_watcher_free(watcher);
  etcdcli_cluster_free(cluster);
  return status;
}

static int parse(int argc, char **argv, struct arguments *arguments) {
  static const struct option options[] = {{"endpoints", required_argument, NULL, 'e'},
                                          {"prefix", required_argument, NULL, 'p'},
                                          {"revision", required_argument, NULL, 'r'},
                                          {"verbose", no_argument, NULL, 'V'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    char *end = NULL;
    switch (option) {
      case 'e':
        arguments->endpoints = optarg;
        break;
      case 'p':
        arguments->prefix = optarg;
        break;
      case 'r':
        errno = 0;
        arguments->revision = strtoll(optarg, &end, 10);
        if (errno != 0 || end == optarg || *end != '\0' || arguments->revision < 1) {
          fprintf(stderr, "watch: --revision is '%s': must be a number, 1 or more\n", optarg);
          return 2;
        }
        break;
      case 'V':
        arguments->verbose = 1;
        break;
      case 'h':
        fputs(usage, stdout);
        exit(0);
      default: /* getopt_long has said what is wrong */
        fputs("Try 'watch --help'.\n", stderr);
        return 2;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "watch: unexpected argument '%s'\nTry 'watch --help'.\n", argv[optind]);
    return 2;
  }
  if (!arguments->prefix) {
    fputs("watch: --prefix is missing\nTry 'watch --help'.\n", stderr);
    return 2;
  }
  return 0;
}

int main(int argc, char **argv) {
  struct arguments arguments = {"http://127.0.0.1:2379", NULL, 0, 0};
  etcdcli_config *config;
  int status = parse(argc, argv, &arguments);
  if (status != 0) return status;

  config = etcdcli_config_new();
  if (etcdcli_config_set(config, "endpoints", arguments.endpoints) < 0) {
    fprintf(stderr, "watch: %s\n", etcdcli_last_error());
    status = 2;
  } else if (arguments.verbose && etcdcli_config_set_log_callback(config, on_log, NULL, NULL) < 0) {
    fprintf(stderr, "watch: %s\n", etcdcli_last_error());
    status = 1;
  } else {
    status = watch(config, &arguments);
  }
  etcdcli_config_free(config);
  return status;
}
