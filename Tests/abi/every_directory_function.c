/* Uses every function of directory.h once, for every_function.c, on a cluster that is connected to an etcd. */
#include "every_directory_function.h"

#include <etcdcli/directory.h>

#include "expect.h"

struct told {
  int changes[7];
};

static void on_change(etcdcli_directory *directory, const etcdcli_directory_info *info, void *user) {
  EXPECT(directory != NULL && info->message != NULL);
  EXPECT(info->change >= ETCDCLI_CHANGE_COMPLETE && info->change <= ETCDCLI_CHANGE_STATE);
  EXPECT((info->service != NULL) == (info->change == ETCDCLI_CHANGE_JOINED));
  ++((struct told *)user)->changes[info->change];
}

static int on_parse(etcdcli_directory *directory, const etcdcli_kv *kv, etcdcli_service *out, void *user) {
  static etcdcli_label label;
  EXPECT(directory != NULL && user != NULL && kv->key.size == 5);
  EXPECT(out->id.size == 3 && memcmp(out->id.data, "one", 3) == 0);
  EXPECT(out->weight == 1 && out->state == ETCDCLI_SERVICE_UP);
  label.name = etcdcli_str("value");
  label.value = kv->value;
  out->weight = 7;
  out->labels = &label;
  out->label_count = 1;
  return 0;
}

static void on_put(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  EXPECT(cluster != NULL && info->error == NULL && user == NULL);
}

int use_every_directory_function(etcdcli_cluster *cluster, etcdcli_destroy_fn destroy) {
  etcdcli_directory_params params = ETCDCLI_DIRECTORY_PARAMS_INIT;
  etcdcli_filter_params wanted = ETCDCLI_FILTER_PARAMS_INIT;
  etcdcli_put_params put = ETCDCLI_PUT_PARAMS_INIT;
  struct told told;
  etcdcli_label label;
  etcdcli_directory *directory = NULL;
  etcdcli_filter *filter = NULL;
  const etcdcli_picture *picture;
  const etcdcli_service *service, *first[2];
  etcdcli_ring_hash hash;
  const uint64_t loads[1] = {3};
  int turns;

  memset(&told, 0, sizeof told);
  EXPECT(etcdcli_hash_u64(4711) == etcdcli_hash_i64(4711));
  EXPECT(etcdcli_hash_bytes(etcdcli_str("a")) == 0xd24ec4f1a98c6e5bULL);
  EXPECT(strcmp(etcdcli_service_state_name(ETCDCLI_SERVICE_DRAINING), "draining") == 0);
  EXPECT(strcmp(etcdcli_change_name(ETCDCLI_CHANGE_JOINED), "joined") == 0);

  params.prefix = etcdcli_str("d/");
  params.parser = ETCDCLI_PARSER_HOST;
  params.on_parse = on_parse;
  params.on_change = on_change;
  params.user = &told;
  params.destroy = destroy;
  EXPECT(etcdcli_directory_new(cluster, &params, &directory) == ETCDCLI_OK);
  EXPECT(etcdcli_picture_size(etcdcli_directory_picture(directory)) == 0);
  for (turns = 0; told.changes[ETCDCLI_CHANGE_COMPLETE] == 0 && turns < 1000; ++turns) {
    EXPECT(etcdcli_cluster_wait(cluster, 100) >= 0);
  }
  put.key = etcdcli_str("d/one");
  put.value = etcdcli_str("blue");
  EXPECT(etcdcli_put(cluster, &put, on_put, NULL, NULL, NULL) == ETCDCLI_OK);
  for (turns = 0; told.changes[ETCDCLI_CHANGE_JOINED] == 0 && turns < 1000; ++turns) {
    EXPECT(etcdcli_cluster_wait(cluster, 100) >= 0);
  }
  EXPECT(told.changes[ETCDCLI_CHANGE_COMPLETE] == 1 && told.changes[ETCDCLI_CHANGE_STATE] > 0);
  EXPECT(etcdcli_directory_state(directory) == ETCDCLI_WATCHER_LIVE);
  EXPECT(etcdcli_directory_behind_ms(directory) == 0);

  label.name = etcdcli_str("value");
  label.value = etcdcli_str("blue");
  wanted.labels = &label;
  wanted.label_count = 1;
  EXPECT(etcdcli_filter_new(directory, &wanted, &filter) == ETCDCLI_OK);
  picture = etcdcli_picture_acquire(etcdcli_filter_picture(filter));
  EXPECT(etcdcli_filter_free(filter) == ETCDCLI_OK);
  EXPECT(etcdcli_directory_free(directory) == ETCDCLI_OK);

  EXPECT(etcdcli_picture_revision(picture) > 0);
  EXPECT(etcdcli_picture_size(picture) == 1 && etcdcli_picture_takers(picture) == 1);
  EXPECT(etcdcli_picture_lower_bound(picture, etcdcli_str("d/one")) == 0);
  EXPECT(etcdcli_picture_upper_bound(picture, etcdcli_str("d/one")) == 1);
  EXPECT(etcdcli_picture_service(picture, 1) == NULL);
  service = etcdcli_picture_service(picture, 0);
  EXPECT(service != NULL && service->weight == 7 && service->label_count == 1 && service->number == 0);
  EXPECT(etcdcli_picture_select(picture, etcdcli_hash_u64(4711)) == service);
  EXPECT(etcdcli_picture_select_many(picture, 1, first, 2) == 1 && first[0] == service);
  EXPECT(etcdcli_picture_select_bounded(picture, 1, loads, 1, 125) == service);
  EXPECT(etcdcli_picture_least_loaded(picture, loads, 1) == service);
  EXPECT(etcdcli_picture_turn(picture, 5) == service);
  /* Neither an id that is a number nor a name. */
  hash = etcdcli_ring_hash_bytes(etcdcli_str("a"), 0);
  EXPECT(hash.first == 0x85555565f6597889ULL && hash.second == 0xe6b53a48510e895aULL);
  EXPECT(etcdcli_ring_hash_u64(4711, 1).first == etcdcli_ring_hash_i64(4711, 1).first);
  EXPECT(etcdcli_picture_ring_select(picture, ETCDCLI_RING_NAME, hash) == NULL);
  EXPECT(etcdcli_picture_ring_select_many(picture, ETCDCLI_RING_NAME, hash, first, 2) == 0);
  etcdcli_picture_release(picture);
  return 1;
}
