/*
 * The pieces of C that documents and comments print beside loops, as they are printed: they compile without a warning,
 * and say what they say of a cluster that is there, and of none.
 */
#include <etcdcli/admin.h>
#include <etcdcli/directory.h>
#include <stdio.h>

#include "expect.h"

static int complaints;

static void complain(const char *text) {
  EXPECT(*text != '\0');
  complaints++;
}

static void on_lock(etcdcli_cluster *cluster, const etcdcli_call_info *info, void *user) {
  (void)cluster;
  (void)info;
  (void)user;
}

static const etcdcli_service *responsible(etcdcli_directory *directory, uint64_t player) {
#include "responsible.inc"
  return one;
}

static int gateway(etcdcli_cluster *cluster) {
#include "gateway.inc"
  return 0;
}

static void credentials(etcdcli_cluster *cluster, const char *new_password) {
#include "credentials.inc"
}

static etcdcli_config *make_config(void) {
  etcdcli_config *config = etcdcli_config_new();
  EXPECT(etcdcli_config_set(config, "endpoints", "http://127.0.0.1:1") == ETCDCLI_OK);
  return config;
}

static void reconfigure(etcdcli_cluster *cluster) {
  etcdcli_config *config = make_config();
#include "reconfigure.inc"
}

int main(void) {
  etcdcli_cluster *cluster = NULL;
  etcdcli_config *config = make_config();
  EXPECT(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  EXPECT(etcdcli_config_free(config) == ETCDCLI_OK);
  EXPECT(gateway(cluster) == 0);
  credentials(cluster, "secret");
  reconfigure(cluster);
  EXPECT(complaints == 0);

  EXPECT(gateway(NULL) == -1);
  credentials(NULL, "secret");
  reconfigure(NULL);
  EXPECT(complaints == 2);
  EXPECT(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  EXPECT(responsible(NULL, 7) == NULL);
  return 0;
}
