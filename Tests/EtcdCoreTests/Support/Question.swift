import EtcdPacker

@testable import EtcdCore

/// What the cluster asks of etcd with one transfer.
enum Question {
  case call(EtcdCore.Operation)
  case watch(WatchCreateRequest)
}
