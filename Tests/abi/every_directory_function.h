#pragma once

#include <etcdcli/etcdcli.h>

/* Returns how often `destroy` is called for what it has made. */
int use_every_directory_function(etcdcli_cluster *cluster, etcdcli_destroy_fn destroy);
