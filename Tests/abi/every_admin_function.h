#pragma once

#include <etcdcli/etcdcli.h>

/* Returns how many calls it has made, each with this function as its `destroy`. */
int use_every_admin_function(etcdcli_cluster *cluster, etcdcli_destroy_fn destroy);
