/*
 * register.c - keeps one key in etcd for as long as this process lives.
 *
 * The host here is a poll(2) loop. It embeds the library by two lines of its loop: the cluster's descriptor and timeout
 * go into poll, and a pump follows it. Signals are the host's own business, as ever: this one has a self-pipe.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <etcdcli/etcdcli.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: register --key KEY --value VALUE [--endpoints URLS] [--ttl SECONDS] [--verbose]\n"
    "\n"
    "Keeps KEY in etcd, with VALUE, for as long as it runs, and prints what becomes of it. SIGINT or SIGTERM ends it:\n"
    "the key vanishes at once. Killed otherwise, the key vanishes when its lease ends.\n"
    "\n"
    "  --key KEY          the key of this process\n"
    "  --value VALUE      what it says; a process that finds KEY with the same VALUE takes it over\n"
    "  --endpoints URLS   of the etcd cluster, separated by commas (default: http://127.0.0.1:2379)\n"
    "  --ttl SECONDS      how long the key outlives a process that was killed (default: the library's)\n"
    "  --verbose          print the library's log to stderr\n"
    "  --help             print this\n"
    "\n"
    "Exit status: 0 after SIGINT or SIGTERM, 1 if the key is another's or something failed, 2 for bad arguments.\n";

struct arguments {
  const char *endpoints;
  const char *key;
  const char *value;
  const char *ttl;
  int verbose;
};

/* What the callbacks tell the loop. */
struct host {
  int conflict;
  int closed;
  int failed;
};

/* --- signals: the handler writes a byte, the loop reads it --- */

static int signal_pipe[2];

static void on_signal(int number) {
  const int saved = errno;
  const unsigned char byte = (unsigned char)number;
  const ssize_t written = write(signal_pipe[1], &byte, 1);
  (void)written; /* a full pipe says the same */
  errno = saved;
}

static int catch_signals(void) {
  struct sigaction action;
  int i;
  if (pipe(signal_pipe) != 0) return -1;
  for (i = 0; i < 2; i++) {
    if (fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) != 0 || fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) != 0) return -1;
  }
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ? -1 : 0;
}

/* --- printing --- */

static void print_time(void) {
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  printf("%02d:%02d:%02d.%03d  ", local.tm_hour, local.tm_min, local.tm_sec, (int)(now.tv_nsec / 1000000));
}

/* --- the library's callbacks --- */

static void on_log(etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user) {
  (void)cluster;
  (void)user;
  fprintf(stderr, "%s: %s: %s\n", etcdcli_log_level_name(info->level), info->component, info->message);
}

static void on_state(etcdcli_keepalive *keepalive, const etcdcli_keepalive_info *info, void *user) {
  struct host *host = user;
  (void)keepalive;
  print_time();
  printf("%s", etcdcli_keepalive_state_name(info->state));
  if (info->state == ETCDCLI_KEEPALIVE_HELD) {
    printf(", lease %lld, revision %lld", (long long)info->lease, (long long)info->revision);
  }
  if (info->owner) {
    printf(": the key says \"%.*s\"", (int)info->owner->value.size, (const char *)info->owner->value.data);
  } else if (info->error) {
    printf(": %s", info->error->message);
  }
  putchar('\n');
  if (info->state == ETCDCLI_KEEPALIVE_CONFLICT) host->conflict = 1;
}

static void on_closed(etcdcli_cluster *cluster, const etcdcli_close_info *info, void *user) {
  struct host *host = user;
  (void)cluster;
  if (info->error) {
    fprintf(stderr, "register: the key stays until its lease ends: %s\n", info->error->message);
    host->failed = 1;
  }
  host->closed = 1;
}

/* --- the loop --- */

static int run(etcdcli_cluster *cluster, struct host *host) {
  int closing = 0;
  while (!host->closed) {
    struct pollfd fds[2];
    unsigned char byte;

    fds[0].fd = etcdcli_cluster_fd(cluster);
    fds[1].fd = signal_pipe[0];
    fds[0].events = fds[1].events = POLLIN;
    if (poll(fds, 2, (int)etcdcli_cluster_timeout_ms(cluster)) < 0 && errno != EINTR) {
      perror("register: poll");
      return 1;
    }
    if (etcdcli_cluster_pump(cluster, 0) < 0) {
      fprintf(stderr, "register: %s\n", etcdcli_last_error());
      return 1;
    }

    if ((read(signal_pipe[0], &byte, 1) == 1 || host->conflict) && !closing) {
      closing = 1;
      if (etcdcli_cluster_close(cluster, ETCDCLI_CLOSE_REVOKE, on_closed, host, NULL) < 0) {
        fprintf(stderr, "register: %s\n", etcdcli_last_error());
        return 1;
      }
    }
  }
  return host->conflict || host->failed;
}

/* --- the beginning and the end --- */

/* Returns 0, or the exit status. */
static int configure(etcdcli_config *config, const struct arguments *arguments) {
  if (etcdcli_config_set(config, "endpoints", arguments->endpoints) < 0 ||
      (arguments->ttl && etcdcli_config_set(config, "lease.ttl.s", arguments->ttl) < 0)) {
    fprintf(stderr, "register: %s\n", etcdcli_last_error());
    return 2;
  }
  if (arguments->verbose && etcdcli_config_set_log_callback(config, on_log, NULL, NULL) < 0) {
    fprintf(stderr, "register: %s\n", etcdcli_last_error());
    return 1;
  }
  return 0;
}

static int register_and_run(const etcdcli_config *config, const struct arguments *arguments) {
  struct host host = {0, 0, 0};
  etcdcli_cluster *cluster = NULL;
  etcdcli_keepalive *keepalive = NULL;
  etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  int status;

  params.key = etcdcli_str(arguments->key);
  params.value = etcdcli_str(arguments->value);
  params.on_state = on_state;
  params.user = &host;
  if (etcdcli_cluster_new(config, &cluster) < 0 || etcdcli_keepalive_new(cluster, &params, &keepalive) < 0) {
    fprintf(stderr, "register: %s\n", etcdcli_last_error());
    status = 1;
  } else {
    status = run(cluster, &host);
  }
  etcdcli_keepalive_free(keepalive);
  etcdcli_cluster_free(cluster);
  return status;
}

static int parse(int argc, char **argv, struct arguments *arguments) {
  static const struct option options[] = {{"endpoints", required_argument, NULL, 'e'},
                                          {"key", required_argument, NULL, 'k'},
                                          {"value", required_argument, NULL, 'v'},
                                          {"ttl", required_argument, NULL, 't'},
                                          {"verbose", no_argument, NULL, 'V'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  const char *wrong = NULL;
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    switch (option) {
      case 'e':
        arguments->endpoints = optarg;
        break;
      case 'k':
        arguments->key = optarg;
        break;
      case 'v':
        arguments->value = optarg;
        break;
      case 't':
        arguments->ttl = optarg;
        break;
      case 'V':
        arguments->verbose = 1;
        break;
      case 'h':
        fputs(usage, stdout);
        exit(0);
      default: /* getopt_long has said what is wrong */
        fputs("Try 'register --help'.\n", stderr);
        return 2;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "register: unexpected argument '%s'\n", argv[optind]);
    wrong = "";
  } else if (!arguments->key || !arguments->key[0]) {
    wrong = "register: --key is missing\n";
  } else if (!arguments->value) {
    wrong = "register: --value is missing\n";
  }
  if (wrong) fprintf(stderr, "%sTry 'register --help'.\n", wrong);
  return wrong ? 2 : 0;
}

int main(int argc, char **argv) {
  struct arguments arguments = {"http://127.0.0.1:2379", NULL, NULL, NULL, 0};
  etcdcli_config *config;
  int status = parse(argc, argv, &arguments);
  if (status != 0) return status;

  setvbuf(stdout, NULL, _IOLBF, 0);
  if (catch_signals() != 0) {
    perror("register: signals");
    return 1;
  }
  config = etcdcli_config_new();
  status = configure(config, &arguments);
  if (status == 0) status = register_and_run(config, &arguments);
  etcdcli_config_free(config);
  return status;
}
