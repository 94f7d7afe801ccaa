/*
 * admin.h - what administers an etcd cluster: its members, who may do what, the upkeep of its databases, and the
 * gateway's methods that have no function of their own.
 *
 * A part of etcdcli.h, which a game server can do without; all conventions are those of that header. It compiles as
 * C99, C11 and C++11 and later.
 *
 *
 * WHAT ALL OF THESE CALLS HAVE IN COMMON
 *
 * They are calls as those of etcdcli.h: submitted, ended by one callback from a later pump, and cancelled by
 * etcdcli_call_cancel. Unless something else is said,
 *
 * - what only reads is retried until its time is up, and what changes something is sent at most once, as a put is: an
 *   ETCDCLI_ERR_UNKNOWN_OUTCOME is for somebody to look into, who asks for the list and sees;
 * - `timeout_ms` is as in etcdcli_range_params, and so is ETCDCLI_WITHOUT_LEADER, which all `flags` here may have. What
 *   is one member's own (its status, its database) never needs a leader;
 * - all structs begin as those of etcdcli.h do, and what a function does not list of its struct has to be 0 or empty;
 * - errors of a function are those of etcdcli_range, and an ETCDCLI_ERR_ARGUMENT names the field. Names and passwords
 *   are UTF-8 text, and appear in no error of a function and in no log;
 * - where authentication is on, etcd lets only a user with the role `root` do most of this: the others get
 *   ETCDCLI_ERR_PERMISSION_DENIED, and who has not said who he is, ETCDCLI_ERR_UNAUTHENTICATED;
 * - keys, in what a role permits and in what goes through the gateway, are etcd's own: the option `namespace` is not
 *   put in front of them.
 *
 * Versions. What a server does not know ends at once with ETCDCLI_ERR_PROTOCOL and http_status 404: etcdcli_auth_status
 * before etcd 3.5, etcdcli_hash_kv through the gateway before one of the later 3.5 (3.5.1 does not have it, 3.5.16
 * has; by gRPC 3.4 has it too).
 * docs/api-coverage.md, which is installed in share/doc/etcdcli, lists every method of etcd's and where it is.
 */
#ifndef ETCDCLI_ADMIN_H
#define ETCDCLI_ADMIN_H

#include "etcdcli.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum etcdcli_admin_flags_t {
  ETCDCLI_LEARNER = 65536,     /* member_add: a member that has no vote yet */
  ETCDCLI_NO_PASSWORD = 131072 /* user_add: one who logs in with a certificate only */
} etcdcli_admin_flags_t;

/* ---------------------------------------------------------------------------------------------------------------- */
/* Members                                                                                                          */

/* member_list: flags ETCDCLI_SERIALIZABLE for one member's own view, which may be stale and needs no leader. (A server
 * before 3.5 has no other.) */
typedef struct etcdcli_member_list_params {
  size_t struct_size;
  unsigned flags; /* ETCDCLI_SERIALIZABLE */
  int64_t timeout_ms;
} etcdcli_member_list_params;
#define ETCDCLI_MEMBER_LIST_PARAMS_INIT \
  { sizeof(etcdcli_member_list_params), 0, 0 }

/* member_add: tells the cluster of a member that will be reached at peer_urls; it is to be started then, with
 *   --initial-cluster-state existing. ETCDCLI_LEARNER: without a vote, until it is promoted.
 * member_remove: takes a member out of the cluster, which stops it. ETCDCLI_ERR_SERVER with grpc_code 5: there is none.
 * member_update: changes the peer URLs of a member.
 * member_promote: gives a learner its vote; ETCDCLI_ERR_SERVER with grpc_code 9 as long as it has not caught up. */
typedef struct etcdcli_member_params {
  size_t struct_size;
  uint64_t member;                /* remove, update, promote: its id, not 0 */
  const etcdcli_slice *peer_urls; /* add, update: 1 to 1024 */
  size_t peer_url_count;
  unsigned flags; /* add: ETCDCLI_LEARNER */
  int64_t timeout_ms;
} etcdcli_member_params;
#define ETCDCLI_MEMBER_PARAMS_INIT \
  { sizeof(etcdcli_member_params), 0, NULL, 0, 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_member_list(etcdcli_cluster *cluster, const etcdcli_member_list_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_member_add(etcdcli_cluster *cluster, const etcdcli_member_params *params,
                                           etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                           etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_member_remove(etcdcli_cluster *cluster, const etcdcli_member_params *params,
                                              etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                              etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_member_update(etcdcli_cluster *cluster, const etcdcli_member_params *params,
                                              etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                              etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_member_promote(etcdcli_cluster *cluster, const etcdcli_member_params *params,
                                               etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                               etcdcli_call *out);

typedef struct etcdcli_member {
  uint64_t id;
  etcdcli_slice name; /* empty as long as it has not started */
  const etcdcli_slice *peer_urls;
  size_t peer_url_count;
  const etcdcli_slice *client_urls;
  size_t client_url_count;
  int is_learner; /* 1: has no vote */
} etcdcli_member;

/* member_list, _add, _remove, _update, _promote: how many members there are now; otherwise 0. */
ETCDCLI_API size_t etcdcli_response_member_count(const etcdcli_response *response);
/* Member `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_member *etcdcli_response_member(const etcdcli_response *response, size_t index);
/* member_add: the new one; otherwise NULL. */
ETCDCLI_API const etcdcli_member *etcdcli_response_member_added(const etcdcli_response *response);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Authentication                                                                                                   */

/* auth_enable: from now on every request has to say who asks. etcd wants a user `root` with the role `root` first
 *   (ETCDCLI_ERR_SERVER otherwise).
 * auth_disable: ends that.
 * auth_status: whether it is so; ETCDCLI_ERR_UNAUTHENTICATED if it is and the cluster has no credentials. Since etcd
 *   3.5.
 * user_list, role_list: the names. */
typedef struct etcdcli_auth_params {
  size_t struct_size;
  unsigned flags;
  int64_t timeout_ms;
} etcdcli_auth_params;
#define ETCDCLI_AUTH_PARAMS_INIT \
  { sizeof(etcdcli_auth_params), 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_auth_enable(etcdcli_cluster *cluster, const etcdcli_auth_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_auth_disable(etcdcli_cluster *cluster, const etcdcli_auth_params *params,
                                             etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                             etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_auth_status(etcdcli_cluster *cluster, const etcdcli_auth_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_list(etcdcli_cluster *cluster, const etcdcli_auth_params *params,
                                          etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                          etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_role_list(etcdcli_cluster *cluster, const etcdcli_auth_params *params,
                                          etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                          etcdcli_call *out);

/* Users. `name` is never empty; `password` is for user_add and user_change_password, `role` for user_grant_role and
 * user_revoke_role.
 * user_add: with a password, or with ETCDCLI_NO_PASSWORD.
 * user_get: the names of the user's roles.
 * What does not exist, and who exists already, is ETCDCLI_ERR_SERVER. */
typedef struct etcdcli_user_params {
  size_t struct_size;
  etcdcli_slice name;
  etcdcli_slice password;
  etcdcli_slice role;
  unsigned flags; /* user_add: ETCDCLI_NO_PASSWORD */
  int64_t timeout_ms;
} etcdcli_user_params;
#define ETCDCLI_USER_PARAMS_INIT \
  { sizeof(etcdcli_user_params), {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_user_add(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                         etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_delete(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_get(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                         etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_change_password(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                                     etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                     etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_grant_role(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                                etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_user_revoke_role(etcdcli_cluster *cluster, const etcdcli_user_params *params,
                                                 etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                 etcdcli_call *out);

/* The values are etcd's own. */
typedef enum etcdcli_permission_type_t {
  ETCDCLI_PERMISSION_READ = 0,
  ETCDCLI_PERMISSION_WRITE = 1,
  ETCDCLI_PERMISSION_READ_WRITE = 2
} etcdcli_permission_type_t;

/* Roles. `name` is never empty; the keys are for role_grant_permission and role_revoke_permission.
 * role_get: what it permits.
 * role_revoke_permission: of exactly the keys for which it was granted. */
typedef struct etcdcli_role_params {
  size_t struct_size;
  etcdcli_slice name;
  int permission;          /* role_grant_permission: ETCDCLI_PERMISSION_* */
  etcdcli_slice key;       /* as in etcdcli_range_params */
  etcdcli_slice range_end; /* as in etcdcli_range_params */
  unsigned flags;          /* role_grant_permission, role_revoke_permission: ETCDCLI_PREFIX, _FROM_KEY */
  int64_t timeout_ms;
} etcdcli_role_params;
#define ETCDCLI_ROLE_PARAMS_INIT \
  { sizeof(etcdcli_role_params), {NULL, 0}, 0, {NULL, 0}, {NULL, 0}, 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_role_add(etcdcli_cluster *cluster, const etcdcli_role_params *params,
                                         etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_role_delete(etcdcli_cluster *cluster, const etcdcli_role_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_role_get(etcdcli_cluster *cluster, const etcdcli_role_params *params,
                                         etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_role_grant_permission(etcdcli_cluster *cluster, const etcdcli_role_params *params,
                                                      etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                      etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_role_revoke_permission(etcdcli_cluster *cluster, const etcdcli_role_params *params,
                                                       etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                       etcdcli_call *out);

typedef struct etcdcli_auth_state {
  int is_enabled;    /* 1: requests have to say who asks */
  uint64_t revision; /* rises with each change of users and roles */
} etcdcli_auth_state;

typedef struct etcdcli_permission {
  int type;                /* ETCDCLI_PERMISSION_*, or what this header has no name for */
  unsigned flags;          /* ETCDCLI_FROM_KEY: all keys not less than `key` */
  etcdcli_slice key;       /* the key, or the first one */
  etcdcli_slice range_end; /* empty: the one key, or ETCDCLI_FROM_KEY */
} etcdcli_permission;

/* auth_status: the answer; otherwise NULL. */
ETCDCLI_API const etcdcli_auth_state *etcdcli_response_auth_state(const etcdcli_response *response);
/* user_list, role_list, user_get: how many names are here; otherwise 0. */
ETCDCLI_API size_t etcdcli_response_name_count(const etcdcli_response *response);
/* Name `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_slice *etcdcli_response_name(const etcdcli_response *response, size_t index);
/* role_get: how many permissions are here; otherwise 0. */
ETCDCLI_API size_t etcdcli_response_permission_count(const etcdcli_response *response);
/* Permission `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_permission *etcdcli_response_permission(const etcdcli_response *response, size_t index);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Maintenance                                                                                                      */

/* The values are etcd's own. */
typedef enum etcdcli_alarm_type_t {
  ETCDCLI_ALARM_NONE = 0,    /* no alarm */
  ETCDCLI_ALARM_NOSPACE = 1, /* a database has reached its quota: writes are refused until the alarm is ended */
  ETCDCLI_ALARM_CORRUPT = 2  /* a database differs from the others' */
} etcdcli_alarm_type_t;

/*
 * Most of this concerns one member: the current one, or the one at `endpoint`, a URL as the option `endpoints` takes
 * them; one of the cluster's or any other (a learner, one that is not listed). Which it was the header of the answer
 * says. A named endpoint is asked for as long as it cannot be reached; what it says is the answer, and nothing that
 * happens there makes the cluster leave the endpoint that it uses. The cluster's credentials go there too.
 *
 * status: version, size, leader and progress of the member.
 * alarm_list: the alarms of all members. alarm_activate, alarm_deactivate: begins or ends one alarm, that of `member`
 * and `alarm`; what changed is in the answer, nothing if there was no such alarm. To end all of them, end each that
 *   alarm_list gives.
 * defragment: gives back the disk space that compaction has made free. The member answers nobody meanwhile, which may
 *   be for seconds or minutes: one member after the other, the leader last. Without a timeout_ms it has 300000, all of
 *   it for one attempt.
 * hash: of the member's whole database. hash_kv: of its keys and their history up to `revision` (0: now), which is the
 *   same on all members. Time as defragment; etcd is slowed down meanwhile.
 * move_leader: makes `member` the leader. Only the leader can: without an endpoint the endpoints are asked in turn
 * until one of them is it.
 */
typedef struct etcdcli_maintenance_params {
  size_t struct_size;
  const char *endpoint; /* all but alarm_list: a URL; NULL: the current one */
  uint64_t member;      /* move_leader, alarm_activate, alarm_deactivate: not 0 */
  int64_t revision;     /* hash_kv: 0 or more */
  int alarm;            /* alarm_activate, _deactivate: ETCDCLI_ALARM_NOSPACE, _CORRUPT */
  unsigned flags;
  int64_t timeout_ms;
} etcdcli_maintenance_params;
#define ETCDCLI_MAINTENANCE_PARAMS_INIT \
  { sizeof(etcdcli_maintenance_params), NULL, 0, 0, 0, 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_status(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                       etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_alarm_list(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                           etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                           etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_alarm_activate(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                               etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                               etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_alarm_deactivate(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                                 etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                                 etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_defragment(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                           etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                           etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_hash(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                     etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_hash_kv(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                        etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy, etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_move_leader(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                            etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                            etcdcli_call *out);

typedef struct etcdcli_member_status {
  etcdcli_slice version;         /* "3.5.16" */
  int64_t db_size;               /* of the file, in bytes */
  int64_t db_size_in_use;        /* what defragment would leave of it, in bytes */
  uint64_t leader;               /* the leader's id; 0: it knows none */
  uint64_t raft_index;           /* of the last entry in the log */
  uint64_t raft_term;            /* rises with each election */
  uint64_t raft_applied_index;   /* of the last entry that is in the store */
  int is_learner;                /* 1: has no vote */
  const etcdcli_slice *problems; /* what it says is wrong, such as an alarm */
  size_t problem_count;
} etcdcli_member_status;

typedef struct etcdcli_alarm {
  uint64_t member;
  int type; /* ETCDCLI_ALARM_*, or what this header has no name for */
} etcdcli_alarm;

typedef struct etcdcli_member_hash {
  uint32_t hash;
  int64_t compact_revision; /* hash_kv: history counts from here on; hash: 0 */
} etcdcli_member_hash;

/* status: the answer; otherwise NULL. */
ETCDCLI_API const etcdcli_member_status *etcdcli_response_status(const etcdcli_response *response);
/* alarm_list, _activate, _deactivate: how many alarms are here; otherwise 0. */
ETCDCLI_API size_t etcdcli_response_alarm_count(const etcdcli_response *response);
/* Alarm `index`; NULL if out of range. */
ETCDCLI_API const etcdcli_alarm *etcdcli_response_alarm(const etcdcli_response *response, size_t index);
/* hash, hash_kv: the answer; otherwise NULL. */
ETCDCLI_API const etcdcli_member_hash *etcdcli_response_hash(const etcdcli_response *response);

/*
 * snapshot: the database of one member, in parts, as etcdctl saves it: the parts one after the other are a file from
 * which `etcdutl snapshot restore` makes a cluster. (The last 32 bytes are the SHA-256 of what is before them.)
 *
 * Answered in parts, as etcdcli_range_each is: etcdcli.h says how. timeout_ms is how long etcd may be silent; the whole
 * may take as long as it takes. Where nothing has come yet, another endpoint is tried, unless one is named; once a part
 * was told, a failure ends the call, and what came is of no use.
 */
ETCDCLI_API_CHECKED int etcdcli_snapshot(etcdcli_cluster *cluster, const etcdcli_maintenance_params *params,
                                         etcdcli_call_fn on_part, etcdcli_call_fn fn, void *user,
                                         etcdcli_destroy_fn destroy, etcdcli_call *out);

typedef struct etcdcli_snapshot_part {
  etcdcli_slice data;
  uint64_t remaining_bytes; /* how many follow in other parts, as far as etcd says */
} etcdcli_snapshot_part;

/* A part of a snapshot; otherwise NULL. */
ETCDCLI_API const etcdcli_snapshot_part *etcdcli_response_snapshot_part(const etcdcli_response *response);

/* ---------------------------------------------------------------------------------------------------------------- */
/* The gateway's other methods                                                                                      */

/*
 * gateway_call: any method of etcd's gateway, by its path and in its own JSON, for what has no function: locks,
 *   elections, what is yet to come. Keys and values in it are base64.
 * gateway_stream: one whose answer is a stream, of which each document is a part, as etcdcli_range_each has them:
 *   election/observe. timeout_ms is how long etcd may be silent, 0: for ever.
 *
 * Nobody but the host knows what such a method does. With ETCDCLI_GATEWAY_READS it is retried as reads are; otherwise
 * it is sent at most once, and an end without an answer is ETCDCLI_ERR_UNKNOWN_OUTCOME. A document that is not JSON, or
 * several where there should be one, are ETCDCLI_ERR_PROTOCOL.
 *
 * A call that waits, as lock/lock and election/campaign do, has no more than one attempt for it: the larger of half of
 * its timeout_ms and `attempt.timeout.ms`, after which it is ETCDCLI_ERR_UNKNOWN_OUTCOME.
 *
 *   etcdcli_gateway_params lock = ETCDCLI_GATEWAY_PARAMS_INIT;
 *   lock.path = "lock/lock";
 *   lock.body = etcdcli_str("{\"name\":\"Zm9v\",\"lease\":\"4711\"}");
 *   lock.timeout_ms = 60000;
 *   if (etcdcli_gateway_call(cluster, &lock, on_lock, NULL, NULL, NULL) < 0) return -1;
 */
typedef enum etcdcli_gateway_flags_t {
  ETCDCLI_GATEWAY_READS = 262144 /* it changes nothing, and may be asked again */
} etcdcli_gateway_flags_t;

typedef struct etcdcli_gateway_params {
  size_t struct_size;
  const char
      *path; /* below the prefix, "lock/lock": letters, digits, - and _, with a / between words; at most 256 bytes */
  etcdcli_slice body; /* a JSON object; empty: {} */
  unsigned flags;     /* ETCDCLI_GATEWAY_READS */
  int64_t timeout_ms;
} etcdcli_gateway_params;
#define ETCDCLI_GATEWAY_PARAMS_INIT \
  { sizeof(etcdcli_gateway_params), NULL, {NULL, 0}, 0, 0 }

ETCDCLI_API_CHECKED int etcdcli_gateway_call(etcdcli_cluster *cluster, const etcdcli_gateway_params *params,
                                             etcdcli_call_fn fn, void *user, etcdcli_destroy_fn destroy,
                                             etcdcli_call *out);
ETCDCLI_API_CHECKED int etcdcli_gateway_stream(etcdcli_cluster *cluster, const etcdcli_gateway_params *params,
                                               etcdcli_call_fn on_part, etcdcli_call_fn fn, void *user,
                                               etcdcli_destroy_fn destroy, etcdcli_call *out);

/* gateway_call: the answer; gateway_stream: of a part, what is in its `result`; both in JSON, as it came. Otherwise
 * NULL. */
ETCDCLI_API const etcdcli_slice *etcdcli_response_gateway_json(const etcdcli_response *response);

#ifdef __cplusplus
}
#endif

#endif
