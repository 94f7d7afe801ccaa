import EtcdPacker
import EtcdTransport

/// What a room wants done that is not its own to do. The cluster carries it out, in `Cluster.carryOut` and nowhere else.
enum Order {
  // Transfers.
  case send(CallID, Operation, to: Endpoints.Target, timeout: Duration)
  case open(WatcherID, WatchCreateRequest)
  case openParts(CallID)
  case endParts(CallID, StreamEnd)
  case cancel(TransferID)
  /// Nothing comes of it, though something should.
  case distrust(TransferID)
  case pause(TransferID)
  case resume(TransferID)

  // Calls.
  case call(Calls.Submission)
  case abandonCall(Asker)
  /// A call has ended: whoever asked is to be told.
  case tell(Calls.End)

  // Watches.
  /// Streams come from the endpoint: it is to be watched over.
  case watchOver(Endpoints.ID)
  indirect case endStream(WatcherID, WatchStream, StreamEnd)
  /// Whether it answers is to be found out now.
  case ask(Endpoints.ID)
  /// A watch there was not confirmed, while others live.
  case noRoom(Endpoints.ID)

  /// The picture on disk is wanted, or the next page of it.
  case recall(WatcherID, isNext: Bool)

  // Keys in the way.
  case watchKey([UInt8], from: Int64, for: KeepaliveID)
  case endWatch(of: KeepaliveID)

  // Who asks.
  /// Requests that wait may go, or are refused.
  case admit
  case shutOut(Failure, attempts: Int)
  case letIn(isKnown: Bool)

  // The host.
  case append(Deliveries.Item)
  case deliver(Deliveries.Item, for: Deliveries.Recipient)
  /// Only if no more waits for the host than may.
  case deliverIfRoom(Deliveries.Item, for: Deliveries.Recipient)
  case overtake(Deliveries.Item, for: Deliveries.Recipient)
  case note(LogLevel, String, LogComponent = .cluster)

  // Time.
  /// Wakes the owner at that time; without one, at the time it wants to be woken at when this is carried out.
  case setTimer(TimerOwner, at: Instant? = nil)
  /// As its timer would.
  case wake(TimerOwner)
}

extension Order {
  /// What it is, without a copy of all that is in it. What is left in its place is about no transfer: none has that id.
  mutating func take() -> Order {
    var taken = Order.cancel(TransferID(rawValue: 0))
    swap(&self, &taken)
    return taken
  }
}

/// Who is told how a call ended.
enum Asker: Hashable {
  case host
  case lease
  case keepalive(KeepaliveID)
  /// Whether what is held still is.
  case verification
  /// A claim that got through when nobody wanted the key any more.
  case stray([UInt8])
  case watcher(WatcherID)
  /// A call of the host's that is answered in parts, for its next page.
  case parts(CallID)
  case probe(Endpoints.ID)
  /// Whether etcd serves again.
  case status
  /// Whether the store went back.
  case identity
  /// Who it is that asks.
  case auth
  /// Who the members are, and whether one of them is reached at an address that it advertises.
  case members
  case candidate
  case version(Endpoints.ID)
  /// Whether gRPC is spoken where it was not.
  case wire(Endpoints.ID)
  case close
}

/// Who has something to do at a time of its own.
enum TimerOwner: Hashable {
  case call(CallID)
  case lease
  case keepalive(KeepaliveID)
  case verification
  /// Whether etcd serves again.
  case status
  case watcher(WatcherID)
  case parts(CallID)
  /// A wait of the host's whose time is up.
  case await(CallID)
  case probe(Endpoints.ID)
  case auth
  case members
  /// Where SRV records say that etcd is.
  case services
  /// What watchers keep on disk.
  case pictures
  /// What was left out of the log.
  case log
}
