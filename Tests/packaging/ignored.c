/* What a compiler is to complain of: a result that is not looked at, and a function that is deprecated. Each by itself,
 * chosen by a macro. */
#include <etcdcli/etcdcli.h>

ETCDCLI_DEPRECATED("use etcdcli_new instead") int etcdcli_old(void);

int ignore(etcdcli_cluster *cluster, etcdcli_config *config);
int ignore(etcdcli_cluster *cluster, etcdcli_config *config) {
#if defined(NOTHING)
  return etcdcli_config_set(config, "endpoints", "") < 0 || etcdcli_cluster_pump(cluster, 0) < 0;
#elif defined(PUT)
  const etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
  etcdcli_put(cluster, &params, NULL, NULL, NULL, NULL);
#elif defined(PUMP)
  etcdcli_cluster_pump(cluster, 0);
#elif defined(SET)
  etcdcli_config_set(config, "endpoints", "");
#elif defined(OLD)
  return etcdcli_old();
#endif
  return cluster == NULL && config == NULL;
}
