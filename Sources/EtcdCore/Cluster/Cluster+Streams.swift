import EtcdPacker
import EtcdTransport

/// Watches, and the pictures they leave on disk.
extension Cluster {
  // MARK: Streams

  mutating func open(_ request: WatchCreateRequest, for id: WatcherID) {
    let full = watchers.full(now: now)
    switch endpoints.choose(avoiding: watchers.avoided(by: id), full: full, now: now) {
    case .wait(let until) where !full.isEmpty:
      carryOut(watchers.noRoom(for: id, at: full, until: until))
    case .wait(let until):
      carryOut(watchers.postpone(request, of: id, until: until))
    case .use(let target):
      guard let pass = admit(id, request) else { return }
      note(.debug, .watch, "\(target.endpoint.url): watch from revision \(request.startRevision)")
      let wire = wire(for: nil, to: target)
      let creation = wire.transfer(for: request, to: target.endpoint, token: pass.token, &requestHeads)
      counted.opened(bytes: creation.body.count, again: watchers.hasHadStream(id))
      let transfer = transport.start(creation)
      let reader = wire.watchReader(from: target.endpoint)
      carryOut(
        watchers.opened(
          id, transfer: transfer, at: target, reader: reader, pass: pass, stamp: identity.stamp, now: now))
    }
  }

  /// What is to be done for a watcher that waits for room, whose time to look for it has come and still finds none.
  mutating func lookForRoom(_ id: WatcherID) -> [Order]? {
    guard watchers.looksForRoom(id, now: now) else { return nil }
    let full = watchers.full(now: now)
    let choice = endpoints.choose(avoiding: watchers.avoided(by: id), full: full, now: now)
    guard !full.isEmpty, case .wait(let until) = choice else { return nil }
    return watchers.noRoom(for: id, at: full, until: until)
  }

  /// The turn of a stream has come: one message, or its end.
  mutating func read(_ id: WatcherID) {
    guard let (stream, item, count) = watchers.next(of: id) else { return }
    switch item {
    case .message(let response):
      take(response, count: count, of: stream, id)
    case .end(let end):
      self.end(stream, of: id, end)
    case nil: break
    }
    if let order = watchers.putInLine(id) { carryOut(order) }
  }

  mutating func take(_ response: WatchResponse, count: Int, of stream: WatchStream, _ id: WatcherID) {
    let finding = identify(response.header, isOrdered: false, from: stream.target, stream.stamp)
    switch finding {
    case .known, .behind:
      if response.created, !response.canceled {
        auth.accepted(stream.pass, now: now)
        wireWorks(stream.reader.kind, at: stream.target)
        answered(stream.target.id, .service)
        isWell(stream.target.id)
      } else if response.canceled, let failure = refusal(of: response, stream) {
        return self.end(stream, of: id, StreamEnd(failure: failure, fault: .none))
      }
      carryOut {
        $0.watchers.heard(
          response, count: count, isBehind: finding == .behind, for: id, &$1, now: $0.now, random: &$0.random)
      }
    case .outdated:
      end(stream, of: id, StreamEnd(failure: outdated(at: stream.target), fault: .none))
    case .foreign(var failure):
      failure.endpoint = stream.target.endpoint.url
      end(stream, of: id, StreamEnd(failure: failure, fault: .failing))
    // With everything else, this stream was given up too: it may be that nothing else shows that etcd serves.
    case .replaced:
      answered(stream.target.id, response.created && !response.canceled ? .service : .nothing)
      askForService()
    }
  }

  mutating func end(_ stream: WatchStream, of id: WatcherID, _ end: StreamEnd) {
    guard watchers.has(stream, id) else { return }
    noteWire(stream.reader.kind, at: stream.target, startedAt: stream.openedAt, end.failure, end.fault)
    failed(stream.target.id, startedAt: stream.openedAt, end.failure, end.fault)
    let failure = recognized(end.failure, stream, of: id)
    carryOut(watchers.streamEnded(id, failure, now: now, random: &random))
  }

  // MARK: Pictures on disk

  mutating func stepPictures() {
    picturesTimer = nil
    for finding in pictures.step(now: now) {
      switch finding {
      case .picture(let id, let mark):
        // Of another store it would be a picture of nothing.
        let isOurs = identity.clusterID == 0 || identity.clusterID == mark.clusterID
        if isOurs, let orders = watchers.recall(id, mark) {
          note(.warning, .watch, "a watcher begins with the picture on disk, of revision \(mark.revision)")
          carryOut(orders)
        } else {
          pictures.endRecall(id, wasTold: false)
        }
      case .page(let id, let kvs, let isLast):
        if isLast { pictures.endRecall(id, wasTold: true) }
        carryOut(watchers.recalled(id, kvs, isLast: isLast))
      }
    }
    notePictures()
  }

  mutating func notePictures() {
    for text in pictures.takeNotes() { note(.warning, .watch, text) }
    guard pictures.wakeTime != picturesTimer else { return }
    picturesTimer = pictures.wakeTime
    carryOut(.setTimer(.pictures))
  }

  /// The host has been told all that there is: what is on disk is true at this time.
  mutating func refreshPictures() {
    guard !hasDeliveries, pictures.isToBeRefreshed(now: now) else { return }
    pictures.refresh(pictures.ids.filter(watchers.isTrue), now: now)
    notePictures()
  }

  mutating func closePictures(_ ids: [WatcherID]) {
    let isTold = !hasDeliveries
    for id in ids { pictures.remove(id, isTrue: isTold && watchers.isTrue(id)) }
    notePictures()
  }
}
