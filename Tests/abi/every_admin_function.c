/* Uses every function of admin.h once, for every_function.c, on a cluster that is connected to an etcd. */
#include "every_admin_function.h"

#include <etcdcli/admin.h>

#include "expect.h"

/* What a call ended with, and what its parts said. */
struct ended {
  int code; /* 1: it was answered; 0: not yet */
  int parts;
  uint64_t member;
};

static void on_end(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  struct ended *ended = user;
  EXPECT(cluster != NULL && (info->error == NULL) != (info->response == NULL));
  ended->code = info->error == NULL ? 1 : info->error->code;
}

static void on_members(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  const etcdcli_response *response = info->response;
  EXPECT(info->error == NULL && etcdcli_response_member_count(response) == 1);
  EXPECT(etcdcli_response_member(response, 0)->name.size > 0 && etcdcli_response_member(response, 1) == NULL);
  EXPECT(etcdcli_response_member_added(response) == NULL);
  ((struct ended *)user)->member = etcdcli_response_member(response, 0)->id;
  on_end(cluster, info, user);
}

static void on_name(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_name_count(info->response) == 1);
  EXPECT(etcdcli_response_name(info->response, 0)->size == 6 && etcdcli_response_name(info->response, 1) == NULL);
  on_end(cluster, info, user);
}

static void on_permission(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_permission_count(info->response) == 1);
  EXPECT(etcdcli_response_permission(info->response, 0)->type == ETCDCLI_PERMISSION_WRITE);
  on_end(cluster, info, user);
}

static void on_auth_status(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  /* 3.4 does not know it. */
  EXPECT(info->error != NULL || etcdcli_response_auth_state(info->response)->is_enabled == 0);
  on_end(cluster, info, user);
}

static void on_status(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_status(info->response)->version.size > 0);
  on_end(cluster, info, user);
}

static void on_alarms(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_alarm_count(info->response) == 1);
  EXPECT(etcdcli_response_alarm(info->response, 0)->type == ETCDCLI_ALARM_CORRUPT);
  on_end(cluster, info, user);
}

static void on_hash(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_hash(info->response) != NULL);
  on_end(cluster, info, user);
}

static void on_json(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(info->error == NULL && etcdcli_response_gateway_json(info->response)->size > 2);
  on_end(cluster, info, user);
}

static void on_snapshot_part(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(cluster != NULL && etcdcli_response_snapshot_part(info->response)->data.size > 0);
  ++((struct ended *)user)->parts;
}

static void on_page(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(cluster != NULL && etcdcli_response_kv_count(info->response) > 0);
  ++((struct ended *)user)->parts;
}

static void on_document(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(cluster != NULL && etcdcli_response_gateway_json(info->response)->size > 0);
  ++((struct ended *)user)->parts;
}

/* Submits, and waits for the end: 1, or a code. */
#define CALL(function, params, fn)                                               \
  do {                                                                           \
    ended.code = 0;                                                              \
    EXPECT(function(cluster, &params, fn, &ended, destroy, NULL) == ETCDCLI_OK); \
    while (ended.code == 0) EXPECT(etcdcli_cluster_wait(cluster, 1000) >= 0);    \
    ++calls;                                                                     \
  } while (0)
#define PARTS(function, params, on_part)                                                      \
  do {                                                                                        \
    ended.code = 0;                                                                           \
    ended.parts = 0;                                                                          \
    EXPECT(function(cluster, &params, on_part, on_end, &ended, destroy, NULL) == ETCDCLI_OK); \
    while (ended.code == 0) EXPECT(etcdcli_cluster_wait(cluster, 1000) >= 0);                 \
    ++calls;                                                                                  \
  } while (0)

int use_every_admin_function(etcdcli_cluster *cluster, etcdcli_destroy_fn destroy) {
  etcdcli_member_list_params list = ETCDCLI_MEMBER_LIST_PARAMS_INIT;
  etcdcli_member_params member = ETCDCLI_MEMBER_PARAMS_INIT;
  etcdcli_auth_params auth = ETCDCLI_AUTH_PARAMS_INIT;
  etcdcli_user_params user = ETCDCLI_USER_PARAMS_INIT;
  etcdcli_role_params role = ETCDCLI_ROLE_PARAMS_INIT;
  etcdcli_maintenance_params maintenance = ETCDCLI_MAINTENANCE_PARAMS_INIT;
  etcdcli_gateway_params gateway = ETCDCLI_GATEWAY_PARAMS_INIT;
  etcdcli_range_params range = ETCDCLI_RANGE_PARAMS_INIT;
  etcdcli_put_params put = ETCDCLI_PUT_PARAMS_INIT;
  etcdcli_slice url = etcdcli_str("http://127.0.0.1:1");
  struct ended ended = {0, 0, 0};
  int calls = 0;

  CALL(etcdcli_member_list, list, on_members);
  member.member = 4711;
  CALL(etcdcli_member_remove, member, on_end);
  EXPECT(ended.code == ETCDCLI_ERR_SERVER);
  /* Raft drops a change of members, without a word, while the one before is not behind it: a put comes after both. */
  put.key = etcdcli_str("c/settled");
  CALL(etcdcli_put, put, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_member_promote, member, on_end);
  EXPECT(ended.code == ETCDCLI_ERR_SERVER);
  CALL(etcdcli_put, put, on_end);
  EXPECT(ended.code == 1);
  member.peer_urls = &url;
  member.peer_url_count = 1;
  CALL(etcdcli_member_update, member, on_end);
  EXPECT(ended.code == ETCDCLI_ERR_SERVER);

  user.name = etcdcli_str("usernm");
  user.password = etcdcli_str("secret");
  CALL(etcdcli_user_add, user, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_user_change_password, user, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_user_list, auth, on_name);
  role.name = etcdcli_str("rolenm");
  CALL(etcdcli_role_add, role, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_role_list, auth, on_name);
  role.key = etcdcli_str("key");
  role.permission = ETCDCLI_PERMISSION_WRITE;
  CALL(etcdcli_role_grant_permission, role, on_end);
  EXPECT(ended.code == 1);
  role.key = etcdcli_str("");
  role.permission = 0;
  CALL(etcdcli_role_get, role, on_permission);
  user.password = etcdcli_str("");
  user.role = role.name;
  CALL(etcdcli_user_grant_role, user, on_end);
  EXPECT(ended.code == 1);
  user.role = etcdcli_str("");
  CALL(etcdcli_user_get, user, on_name);
  user.role = role.name;
  CALL(etcdcli_user_revoke_role, user, on_end);
  EXPECT(ended.code == 1);
  role.key = etcdcli_str("key");
  CALL(etcdcli_role_revoke_permission, role, on_end);
  EXPECT(ended.code == 1);
  role.key = etcdcli_str("");
  CALL(etcdcli_role_delete, role, on_end);
  EXPECT(ended.code == 1);
  user.role = etcdcli_str("");
  CALL(etcdcli_user_delete, user, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_auth_status, auth, on_auth_status);
  CALL(etcdcli_auth_enable, auth, on_end);
  EXPECT(ended.code == ETCDCLI_ERR_SERVER);
  CALL(etcdcli_auth_disable, auth, on_end);
  EXPECT(ended.code == 1);

  CALL(etcdcli_status, maintenance, on_status);
  CALL(etcdcli_defragment, maintenance, on_end);
  EXPECT(ended.code == 1);
  CALL(etcdcli_hash, maintenance, on_hash);
  /* Not in every version's gateway. */
  CALL(etcdcli_hash_kv, maintenance, on_end);
  maintenance.member = ended.member;
  CALL(etcdcli_move_leader, maintenance, on_end);
  maintenance.alarm = ETCDCLI_ALARM_CORRUPT;
  CALL(etcdcli_alarm_activate, maintenance, on_end);
  maintenance.member = 0;
  maintenance.alarm = 0;
  CALL(etcdcli_alarm_list, maintenance, on_alarms);
  maintenance.member = ended.member;
  maintenance.alarm = ETCDCLI_ALARM_CORRUPT;
  CALL(etcdcli_alarm_deactivate, maintenance, on_end);
  maintenance.member = 0;
  maintenance.alarm = 0;
  PARTS(etcdcli_snapshot, maintenance, on_snapshot_part);
  EXPECT(ended.code == 1 && ended.parts > 0);

  gateway.path = "kv/put";
  gateway.body = etcdcli_str("{\"key\":\"YS9h\",\"value\":\"YQ==\"}");
  CALL(etcdcli_gateway_call, gateway, on_json);
  gateway.path = "lease/keepalive";
  gateway.body = etcdcli_str("{\"ID\":\"4711\"}");
  PARTS(etcdcli_gateway_stream, gateway, on_document);
  EXPECT(ended.code == 1 && ended.parts == 1);
  range.key = etcdcli_str("a/a");
  PARTS(etcdcli_range_each, range, on_page);
  EXPECT(ended.code == 1 && ended.parts == 1);

  member.member = 0;
  member.flags = ETCDCLI_LEARNER;
  CALL(etcdcli_member_add, member, on_end);
  EXPECT(ended.code == 1);
  return calls;
}
