/*
 * Uses every function of the headers once, as a C host would. Argument: the URL of an etcd. Exits with 0, or says what
 * went wrong and exits with 1.
 */
#include <etcdcli/etcdcli.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "every_admin_function.h"
#include "every_directory_function.h"
#include "expect.h"

static int destroyed = 0;

static void destroy(void *user) {
  (void)user;
  ++destroyed;
}

static void on_log(etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user) {
  EXPECT(cluster != NULL && info->level >= ETCDCLI_LOG_ERROR && info->level <= ETCDCLI_LOG_DEBUG);
  EXPECT(info->message != NULL);
  ++*(int *)user;
}

static void on_cluster_state(etcdcli_cluster *cluster, const etcdcli_cluster_info *info, void *user) {
  EXPECT(cluster != NULL && info->error == NULL);
  *(int *)user = info->state;
}

static void on_range(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  const etcdcli_response *response = info->response;
  const etcdcli_kv *kv;
  EXPECT(cluster != NULL && info->call != 0 && info->error == NULL);
  EXPECT(etcdcli_response_header(response)->revision > 0);
  EXPECT(etcdcli_response_header(response)->cluster_id != 0);
  EXPECT(etcdcli_response_count(response) == 1);
  EXPECT(etcdcli_response_more(response) == 0);
  EXPECT(etcdcli_response_kv_count(response) == 1);
  EXPECT(etcdcli_response_kv(response, 1) == NULL);
  kv = etcdcli_response_kv(response, 0);
  EXPECT(kv->key.size == 5 && memcmp(kv->key.data, "c/key", 5) == 0);
  EXPECT(kv->value.size == 5 && memcmp(kv->value.data, "value", 5) == 0);
  EXPECT(kv->version == 1 && kv->create_revision == kv->mod_revision);
  *(int *)user = 1;
}

static void on_delete(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  const etcdcli_response *response = info->response;
  (void)cluster;
  EXPECT(info->error == NULL);
  EXPECT(etcdcli_response_count(response) == 1);
  EXPECT(etcdcli_response_prev_kv_count(response) == 1);
  EXPECT(etcdcli_response_prev_kv(response, 0)->value.size == 5);
  *(int *)user = 1;
}

static void on_commit(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  const etcdcli_response *response = info->response;
  const etcdcli_response *nested = etcdcli_response_op(response, 1);
  (void)cluster;
  EXPECT(info->error == NULL);
  EXPECT(etcdcli_response_succeeded(response) == 1);
  EXPECT(etcdcli_response_op_count(response) == 2 && etcdcli_response_op(response, 2) == NULL);
  EXPECT(etcdcli_response_op_count(nested) == 1);
  EXPECT(etcdcli_response_kv_count(etcdcli_response_op(nested, 0)) == 1);
  *(int *)user = 1;
}

static void on_lease(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  const etcdcli_response *response = info->response;
  (void)cluster;
  EXPECT(info->error == NULL);
  EXPECT(etcdcli_response_lease_count(response) == 1 && etcdcli_response_lease(response, 1) == NULL);
  EXPECT(etcdcli_response_lease(response, 0)->id == 4711);
  *(int *)user = 1;
}

static void on_keys(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(etcdcli_response_key_count(info->response) == 1 && etcdcli_response_key(info->response, 1) == NULL);
  EXPECT(etcdcli_response_key(info->response, 0)->size == 5);
  on_lease(cluster, info, user);
}

static void on_end(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  (void)cluster;
  EXPECT((info->error == NULL) != (info->response == NULL));
  *(int *)user = info->error == NULL ? 1 : info->error->code;
}

static void on_keepalive(etcdcli_keepalive *keepalive, const etcdcli_keepalive_info *info, void *user) {
  EXPECT(keepalive != NULL && info != NULL);
  *(int *)user = info->state;
}

static void on_value(etcdcli_keepalive *keepalive, const etcdcli_value_info *info, void *user) {
  EXPECT(keepalive != NULL && info->error == NULL && info->superseded == 0);
  *(int *)user = info->revision > 0;
}

static void on_awaited(etcdcli_cluster *cluster, const etcdcli_await_info *info, void *user) {
  EXPECT(cluster != NULL && info->error == NULL && info->keepalive == NULL && info->watcher == NULL);
  EXPECT(info->call != 0 && info->ready == 2 && info->total == 2);
  *(int *)user = 1;
}

struct seen {
  int state;
  int snapshot_is_whole;
  int puts;
  int deletes;
};

static void on_batch(etcdcli_watcher *watcher, const etcdcli_batch_info *info, void *user) {
  const etcdcli_batch *batch = info->batch;
  struct seen *seen = user;
  size_t i;
  EXPECT(watcher != NULL && etcdcli_batch_revision(batch) > 0);
  EXPECT(etcdcli_batch_header(batch)->cluster_id != 0 && etcdcli_batch_header(batch)->revision > 0);
  EXPECT(etcdcli_batch_time_ms(batch) == 0);
  if (etcdcli_batch_flags(batch) & ETCDCLI_BATCH_SNAPSHOT_END) seen->snapshot_is_whole = 1;
  for (i = 0; i < etcdcli_batch_size(batch); ++i) {
    const etcdcli_event *event = etcdcli_batch_event(batch, i);
    EXPECT(event->kv->mod_revision > 0);
    if (event->type == ETCDCLI_EVENT_PUT) ++seen->puts;
    if (event->type == ETCDCLI_EVENT_DELETE) ++seen->deletes;
  }
}

static void on_watcher(etcdcli_watcher *watcher, const etcdcli_watcher_info *info, void *user) {
  EXPECT(watcher != NULL && info->error == NULL);
  ((struct seen *)user)->state = info->state;
}

static void on_close(etcdcli_cluster *cluster, const etcdcli_close_info *info, void *user) {
  EXPECT(cluster != NULL && info->error == NULL);
  *(int *)user = 1;
}

/* Runs the loop of a plain host until *flag is value, or a pump fails, or ten seconds have passed. */
static void run_until(etcdcli_cluster *cluster, const int *flag, int value) {
  int turns;
  for (turns = 0; *flag != value && turns < 1000; ++turns) {
    struct pollfd entry;
    int64_t timeout = etcdcli_cluster_timeout_ms(cluster);
    entry.fd = etcdcli_cluster_fd(cluster);
    entry.events = POLLIN;
    poll(&entry, 1, timeout >= 0 && timeout < 10 ? (int)timeout : 10);
    EXPECT(etcdcli_cluster_pump(cluster, 0) >= 0);
  }
  EXPECT(*flag == value);
}

/* The one that ETCDCLI_TEST_WIRE names, if it does. */
static void set_wire(etcdcli_config *config) {
  const char *wire = getenv("ETCDCLI_TEST_WIRE");
  if (wire != NULL) EXPECT(etcdcli_config_set(config, "wire", wire) == ETCDCLI_OK);
}

int main(int argc, char **argv) {
  etcdcli_range_params range = ETCDCLI_RANGE_PARAMS_INIT;
  etcdcli_put_params put = ETCDCLI_PUT_PARAMS_INIT;
  etcdcli_delete_params erase = ETCDCLI_DELETE_PARAMS_INIT;
  etcdcli_compact_params compact = ETCDCLI_COMPACT_PARAMS_INIT;
  etcdcli_compare_params compare = ETCDCLI_COMPARE_PARAMS_INIT;
  etcdcli_commit_params commit = ETCDCLI_COMMIT_PARAMS_INIT;
  etcdcli_lease_grant_params grant = ETCDCLI_LEASE_GRANT_PARAMS_INIT;
  etcdcli_lease_params lease = ETCDCLI_LEASE_PARAMS_INIT;
  etcdcli_lease_list_params list = ETCDCLI_LEASE_LIST_PARAMS_INIT;
  etcdcli_credentials credentials = ETCDCLI_CREDENTIALS_INIT;
  etcdcli_keepalive_params keep = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  etcdcli_watcher_params watch = ETCDCLI_WATCHER_PARAMS_INIT;
  etcdcli_await_params await = ETCDCLI_AWAIT_PARAMS_INIT;
  etcdcli_config *config;
  const char *text = NULL;
  etcdcli_cluster *cluster = NULL;
  etcdcli_keepalive *keepalive = NULL;
  etcdcli_watch_status status = ETCDCLI_WATCH_STATUS_INIT;
  etcdcli_watcher *watcher = NULL;
  etcdcli_txn *txn, *nested;
  etcdcli_call call = 0;
  struct seen seen = {0, 0, 0, 0};
  int lines = 0, cluster_state = 0, keepalive_state = 0, ended = 0, closed = 0, value = 0, awaited = 0, calls;

  EXPECT(argc == 2);
  EXPECT(etcdcli_version_number() == ETCDCLI_VERSION_NUMBER);
  EXPECT(strcmp(etcdcli_version(), ETCDCLI_VERSION) == 0);
  EXPECT(strlen(etcdcli_strerror(ETCDCLI_ERR_TIMEOUT)) > 0);
  EXPECT(strcmp(etcdcli_log_level_name(ETCDCLI_LOG_DEBUG), "debug") == 0);
  EXPECT(strcmp(etcdcli_log_level_name(17), "unknown") == 0);
  EXPECT(strcmp(etcdcli_last_error(), "") == 0);

  config = etcdcli_config_new();
  EXPECT(config != NULL);
  EXPECT(etcdcli_config_set(config, "endpoints", argv[1]) == ETCDCLI_OK);
  EXPECT(etcdcli_config_set(config, "log.level", "debug") == ETCDCLI_OK);
  set_wire(config);
  EXPECT(etcdcli_config_set(config, "nonsense", "") == ETCDCLI_ERR_CONFIG);
  EXPECT(etcdcli_config_get(config, "log.level", &text) == ETCDCLI_OK);
  EXPECT(strcmp(text, "debug") == 0);
  EXPECT(strstr(etcdcli_last_error(), "nonsense") != NULL);
  EXPECT(etcdcli_config_set_log_callback(config, on_log, &lines, destroy) == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  EXPECT(etcdcli_config_free(config) == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_set_state_callback(cluster, on_cluster_state, &cluster_state, destroy) == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_state(cluster) == ETCDCLI_CLUSTER_CONNECTING);
  EXPECT(strcmp(etcdcli_cluster_state_name(ETCDCLI_CLUSTER_CONNECTING), "connecting") == 0);

  watch.key = etcdcli_str("c/");
  watch.flags = ETCDCLI_PREFIX;
  watch.on_batch = on_batch;
  watch.on_state = on_watcher;
  watch.user = &seen;
  watch.destroy = destroy;
  EXPECT(etcdcli_watcher_new(cluster, &watch, &watcher) == ETCDCLI_OK);
  run_until(cluster, &seen.state, ETCDCLI_WATCHER_LIVE);
  EXPECT(seen.snapshot_is_whole);
  EXPECT(etcdcli_watcher_state(watcher) == ETCDCLI_WATCHER_LIVE);
  EXPECT(strcmp(etcdcli_watcher_state_name(ETCDCLI_WATCHER_LIVE), "live") == 0);
  EXPECT(etcdcli_watcher_status(watcher, &status) == ETCDCLI_OK);
  EXPECT(status.state == ETCDCLI_WATCHER_LIVE && status.revision > 0 && status.silent_ms >= 0 && status.lag == 0);
  EXPECT(cluster_state == ETCDCLI_CLUSTER_READY);

  put.key = etcdcli_str("c/key");
  put.value = etcdcli_bytes("value", 5);
  EXPECT(etcdcli_put(cluster, &put, on_end, &ended, destroy, &call) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  EXPECT(etcdcli_call_cancel(cluster, call) == ETCDCLI_ERR_NOT_FOUND);
  ended = 0;
  range.key = put.key;
  EXPECT(etcdcli_range(cluster, &range, on_range, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  erase.key = put.key;
  erase.flags = ETCDCLI_PREV_KV;
  EXPECT(etcdcli_delete(cluster, &erase, on_delete, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  run_until(cluster, &seen.deletes, 1);
  ended = 0;
  compact.revision = 1;
  EXPECT(etcdcli_compact(cluster, &compact, on_end, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  EXPECT(seen.puts == 1);
  EXPECT(etcdcli_range(cluster, &range, on_end, &ended, destroy, &call) == ETCDCLI_OK);
  EXPECT(etcdcli_call_cancel(cluster, call) == ETCDCLI_OK);
  run_until(cluster, &ended, ETCDCLI_ERR_CANCELLED);

  /* If nobody has the key, take it and see what there is; otherwise look. */
  txn = etcdcli_txn_new();
  nested = etcdcli_txn_new();
  EXPECT(txn != NULL && nested != NULL);
  compare.key = etcdcli_str("t/key");
  EXPECT(etcdcli_txn_compare(txn, &compare) == ETCDCLI_OK);
  put.key = compare.key;
  EXPECT(etcdcli_txn_put(txn, ETCDCLI_THEN, &put) == ETCDCLI_OK);
  range.key = compare.key;
  EXPECT(etcdcli_txn_range(nested, ETCDCLI_THEN, &range) == ETCDCLI_OK);
  EXPECT(etcdcli_txn_nest(txn, ETCDCLI_THEN, nested) == ETCDCLI_OK);
  erase.key = compare.key;
  EXPECT(etcdcli_txn_delete(txn, ETCDCLI_ELSE, &erase) == ETCDCLI_OK);
  commit.txn = txn;
  ended = 0;
  EXPECT(etcdcli_commit(cluster, &commit, on_commit, &ended, destroy, NULL) == ETCDCLI_OK);
  EXPECT(etcdcli_txn_free(txn) == ETCDCLI_OK && etcdcli_txn_free(nested) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);

  ended = 0;
  grant.ttl_s = 60;
  grant.lease = 4711;
  EXPECT(etcdcli_lease_grant(cluster, &grant, on_lease, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  lease.lease = grant.lease;
  EXPECT(etcdcli_lease_keep_alive(cluster, &lease, on_lease, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  put.lease = grant.lease;
  EXPECT(etcdcli_put(cluster, &put, on_end, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  lease.flags = ETCDCLI_LEASE_KEYS;
  EXPECT(etcdcli_lease_time_to_live(cluster, &lease, on_keys, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  EXPECT(etcdcli_lease_list(cluster, &list, on_lease, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);
  ended = 0;
  lease.flags = 0;
  EXPECT(etcdcli_lease_revoke(cluster, &lease, on_end, &ended, destroy, NULL) == ETCDCLI_OK);
  run_until(cluster, &ended, 1);

  /* Where authentication is off nobody is asked who he is. */
  credentials.user = etcdcli_str("root");
  credentials.password = etcdcli_str("secret");
  EXPECT(etcdcli_cluster_set_credentials(cluster, &credentials) == ETCDCLI_OK);
  config = etcdcli_config_new();
  EXPECT(etcdcli_config_set(config, "endpoints", argv[1]) == ETCDCLI_OK);
  EXPECT(etcdcli_config_set(config, "log.level", "debug") == ETCDCLI_OK);
  set_wire(config);
  EXPECT(etcdcli_cluster_reconfigure(cluster, config) == ETCDCLI_OK);
  EXPECT(etcdcli_config_set(config, "namespace", "n/") == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_reconfigure(cluster, config) == ETCDCLI_ERR_CONFIG);
  EXPECT(strstr(etcdcli_last_error(), "namespace") != NULL);
  EXPECT(etcdcli_config_free(config) == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_id(cluster) != 0);
  EXPECT(etcdcli_cluster_endpoint_count(cluster) == 1);
  EXPECT(etcdcli_cluster_endpoint(cluster, 0) != NULL);
  EXPECT((etcdcli_cluster_endpoint(cluster, 0)->flags & ETCDCLI_ENDPOINT_CURRENT) != 0);
  EXPECT(etcdcli_cluster_endpoint(cluster, 1) == NULL);
  EXPECT(etcdcli_cluster_server_version(cluster) != NULL);

  EXPECT(etcdcli_cluster_lease(cluster) == 0);
  {
    etcdcli_metrics metrics = ETCDCLI_METRICS_INIT;
    EXPECT(etcdcli_cluster_metrics(cluster, &metrics) == ETCDCLI_OK);
    EXPECT(metrics.lease_left_ms == -1);
    EXPECT(etcdcli_cluster_metrics_text(cluster, NULL, 0) > 0);
  }
  keep.key = etcdcli_str("c/self");
  keep.value = etcdcli_str("here");
  keep.on_state = on_keepalive;
  keep.user = &keepalive_state;
  keep.destroy = destroy;
  EXPECT(etcdcli_keepalive_new(cluster, &keep, &keepalive) == ETCDCLI_OK);
  await.keepalives = &keepalive;
  await.keepalive_count = 1;
  await.watchers = &watcher;
  await.watcher_count = 1;
  await.timeout_ms = 10000;
  EXPECT(etcdcli_await(cluster, &await, on_awaited, &awaited, destroy, &call) == ETCDCLI_OK && call != 0);
  run_until(cluster, &awaited, 1);
  EXPECT(keepalive_state == ETCDCLI_KEEPALIVE_HELD && seen.snapshot_is_whole == 1);
  EXPECT(etcdcli_keepalive_state(keepalive) == ETCDCLI_KEEPALIVE_HELD);
  EXPECT(strcmp(etcdcli_keepalive_state_name(ETCDCLI_KEEPALIVE_HELD), "held") == 0);
  EXPECT(etcdcli_cluster_lease(cluster) != 0);
  EXPECT(etcdcli_keepalive_retry(keepalive) == ETCDCLI_ERR_ARGUMENT);
  EXPECT(etcdcli_keepalive_set_value(keepalive, etcdcli_str("there")) == ETCDCLI_OK);
  run_until(cluster, &seen.puts, 3);
  EXPECT(etcdcli_keepalive_set_value_then(keepalive, etcdcli_str("there"), on_value, &value, destroy) == ETCDCLI_OK);
  run_until(cluster, &value, 1);
  EXPECT(etcdcli_keepalive_remove(keepalive) == ETCDCLI_OK);
  run_until(cluster, &keepalive_state, ETCDCLI_KEEPALIVE_ENDED);
  EXPECT(etcdcli_keepalive_free(keepalive) == ETCDCLI_OK);

  EXPECT(etcdcli_watcher_free(watcher) == ETCDCLI_OK);
  calls = use_every_directory_function(cluster, destroy);
  calls += use_every_admin_function(cluster, destroy);
  EXPECT(etcdcli_cluster_wakeup(cluster) == ETCDCLI_OK);
  EXPECT(etcdcli_cluster_wait(cluster, -1) >= 0);
  EXPECT(etcdcli_cluster_close(cluster, ETCDCLI_CLOSE_REVOKE, on_close, &closed, destroy) == ETCDCLI_OK);
  run_until(cluster, &closed, 1);
  run_until(cluster, &cluster_state, ETCDCLI_CLUSTER_CLOSED);
  EXPECT(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  EXPECT(lines > 0);
  EXPECT(destroyed == 19 + calls); /* log, cluster state, watcher, twelve calls, keepalive, wait, value, close */
  return 0;
}
