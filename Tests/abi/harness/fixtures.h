#pragma once

#include "harness/etcd.h"
#include "harness/host.h"
#include "harness/oracle.h"
#include "harness/tcp_proxy.h"

namespace harness {

/// A single etcd, what it says itself, and a host. Tests that use it are tagged [etcd].
struct WithEtcd {
  EtcdCluster etcd;
  Oracle oracle{etcd};
  Host host;
};

/// The same, with a network in between.
struct WithProxy : WithEtcd {
  TcpProxy proxy{etcd.member(0).port()};
};

/// Three members. The oracle asks the first.
struct WithThreeMembers {
  EtcdCluster etcd{3};
  Oracle oracle{etcd};
  Host host;
};

}  // namespace harness
