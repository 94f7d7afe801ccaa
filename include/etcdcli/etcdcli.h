#ifndef ETCDCLI_H
#define ETCDCLI_H
typedef struct etcdcli_cluster etcdcli_cluster;
int etcdcli_cluster_free(etcdcli_cluster *c);
#endif
