import EtcdTransport

/// An etcd to which the script of exchanges is played, and the transport that leads there.
protocol ConformanceServer: AnyObject {
  var transport: any Transport { get }
  var url: String { get }

  /// Lets things happen until the condition holds; false if it does not come to hold in time. The events of the transport
  /// go to `handle`.
  func wait(until condition: () -> Bool, _ handle: (TransferID, TransferEvent) -> Void) -> Bool

  /// Makes the user `root` with the password `secret`, and demands that one be somebody.
  func enableAuthentication(_ session: ConformanceSession) throws
}
