/*
 * Runs one of the loops that the documents print with clusters that are dead. Argument: its name. It has to end each
 * time: the alarm ends a program whose loop does not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <etcdcli/etcdcli.h>
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "expect.h"

/* --- the loops, as they are printed --- */

static int run_header(etcdcli_cluster *c) {
#include "header.inc"
  return 0;
}

static int run_readme_poll_loop(etcdcli_cluster *cluster) {
#include "readme_poll_loop.inc"
  return 0;
}

static int readme_tick(etcdcli_cluster *cluster) {
#include "readme_tick.inc"
  return 0;
}

static int run_readme_tick(etcdcli_cluster *cluster) {
  while (readme_tick(cluster) == 0) usleep(1000);
  return 0;
}

static int run_epoll(etcdcli_cluster *cluster) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
#include "epoll.inc"
  close(epoll);
  return 0;
}

static int drain(etcdcli_cluster *cluster) {
#include "epoll_edge.inc"
  return 0;
}

static int run_epoll_edge(etcdcli_cluster *cluster) {
  while (drain(cluster) == 0) usleep(1000);
  return 0;
}

static int run_poll(etcdcli_cluster *cluster) {
  const int listener = -1;
#include "poll.inc"
  return 0;
}

static int run_wait(etcdcli_cluster *cluster) {
  const int done = 0;
#include "wait.inc"
  return 0;
}

static int tick(etcdcli_cluster *cluster) {
#include "tick.inc"
  return 0;
}

static int run_tick(etcdcli_cluster *cluster) {
  while (tick(cluster) == 0) usleep(1000);
  return 0;
}

#define on_readable readme_on_readable
#include "readme_event_loop.inc"
#undef on_readable

#include "libevent.inc"
#include "libuv.inc"

/* A loop that watches a descriptor which is readable, as that of a cluster is until it is freed. */
static void run_uv(etcdcli_cluster *cluster, uv_poll_cb callback) {
  int ends[2];
  uv_loop_t loop;
  uv_poll_t handle;
  EXPECT(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
  EXPECT(uv_loop_init(&loop) == 0 && uv_poll_init(&loop, &handle, ends[0]) == 0);
  handle.data = cluster;
  EXPECT(uv_poll_start(&handle, UV_READABLE, callback) == 0);
  EXPECT(uv_run(&loop, UV_RUN_DEFAULT) == 0);
  uv_close((uv_handle_t *)&handle, NULL);
  EXPECT(uv_run(&loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(&loop) == 0);
  close(ends[0]);
  close(ends[1]);
}

static int run_readme_event_loop(etcdcli_cluster *cluster) {
  run_uv(cluster, readme_on_readable);
  return 0;
}

static int run_libuv(etcdcli_cluster *cluster) {
  uv_loop_t loop;
  uv_poll_t handle;
  EXPECT(uv_loop_init(&loop) == 0);
  EXPECT(embed(&loop, &handle, cluster) < 0);
  EXPECT(uv_loop_close(&loop) == 0);
  run_uv(cluster, on_readable);
  return 0;
}

static int run_libevent(etcdcli_cluster *cluster) {
  struct event_base *base = event_base_new();
  struct etcd_driver driver = {NULL, cluster};
  int ends[2];
  EXPECT(base != NULL && add_to(base, &driver, cluster) < 0 && driver.event == NULL);
  EXPECT(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
  driver.event = event_new(base, ends[0], EV_READ | EV_PERSIST, on_event, &driver);
  EXPECT(driver.event != NULL && event_add(driver.event, NULL) == 0);
  EXPECT(event_base_dispatch(base) == 1); /* no event is left */
  event_free(driver.event);
  event_base_free(base);
  close(ends[0]);
  close(ends[1]);
  return 0;
}

/* --- */

static etcdcli_cluster *make_cluster(void) {
  etcdcli_config *config = etcdcli_config_new();
  etcdcli_cluster *cluster = NULL;
  EXPECT(etcdcli_config_set(config, "endpoints", "http://127.0.0.1:1") == ETCDCLI_OK);
  EXPECT(etcdcli_config_set(config, "request.timeout.ms", "50") == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  EXPECT(etcdcli_config_free(config) == ETCDCLI_OK);
  return cluster;
}

static void on_end(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error != NULL);
  *(int *)user = 1;
  EXPECT(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
}

typedef int (*loop_fn)(etcdcli_cluster *);

static void check_dead(loop_fn run) {
  etcdcli_cluster *cluster = make_cluster();
  pid_t child;
  int status = 0;
  run(NULL);

  /* A child that goes on as a copy of the server. */
  child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    alarm(5);
    run(cluster);
    _exit(0);
  }
  EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);

  EXPECT(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  run(cluster);
}

/* A loop that asks for the descriptor each time, or for none, ends too when a callback frees its cluster. */
static void check_dying(loop_fn run) {
  etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
  etcdcli_cluster *cluster = make_cluster();
  int ended = 0;
  params.key = etcdcli_str("key");
  EXPECT(etcdcli_range(cluster, &params, on_end, &ended, NULL, NULL) == ETCDCLI_OK);
  run(cluster);
  EXPECT(ended);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    loop_fn run;
    int is_asked_again;
  } loops[] = {
      {"header", run_header, 1},
      {"readme_poll_loop", run_readme_poll_loop, 1},
      {"readme_tick", run_readme_tick, 1},
      {"poll", run_poll, 1},
      {"wait", run_wait, 1},
      {"tick", run_tick, 1},
      {"epoll", run_epoll, 0},
      {"epoll_edge", run_epoll_edge, 1},
      {"readme_event_loop", run_readme_event_loop, 0},
      {"libuv", run_libuv, 0},
      {"libevent", run_libevent, 0},
  };
  size_t i;
  alarm(10);
  for (i = 0; i < sizeof loops / sizeof *loops; i++) {
    if (argc != 2 || strcmp(argv[1], loops[i].name) != 0) continue;
    check_dead(loops[i].run);
    if (loops[i].is_asked_again) check_dying(loops[i].run);
    return 0;
  }
  fprintf(stderr, "which loop?\n");
  return 1;
}
