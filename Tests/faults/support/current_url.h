#pragma once

#include <string>

#include "harness/host.h"

namespace faults {

/// Of the endpoint that a cluster uses; "" if there is none yet.
inline std::string current_url(const harness::Cluster &cluster) {
  for (int i = 0; i < etcdcli_cluster_endpoint_count(cluster.handle()); ++i) {
    const etcdcli_endpoint_info *info = etcdcli_cluster_endpoint(cluster.handle(), i);
    if (info != nullptr && (info->flags & ETCDCLI_ENDPOINT_CURRENT) != 0) return info->url;
  }
  return "";
}

}  // namespace faults
