import EtcdCore
import EtcdPacker
import EtcdTransport

/// A host and a peer that do what the input's bytes say, both within their rights: the host in what it asks for and in
/// which order it takes things back, the peer in saying anything at all.
enum ClusterTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    let kind = input.byte()
    let host = FuzzHost(endpoints: Int(kind & 3), seed: UInt64(kind)) { options in
      options.watchPageKeys = kind & 4 == 0 ? 1000 : 1
      options.responseMaxBytes = 4096
      options.callsMax = 8
      options.callsConcurrent = kind & 8 == 0 ? 2 : 32
      options.leaseTTL = kind & 16 == 0 ? 10 : 1
    }
    var documents = Documents()
    var steps = 0
    while !input.isEmpty, steps < 200 {
      steps += 1
      let step = input.byte()
      if step < 96 {
        try act(step, &input, host)
      } else {
        try play(step, &input, host, &documents)
      }
      // Mostly the host pumps at once, sometimes with a small budget, or not at all.
      switch input.byte() {
      case 0..<200: try host.pump()
      case let budget: try host.pump(budget: Int(budget & 3))
      }
    }
    try host.pump()
    try host.finish(byClosing: kind & 32 != 0)
  }

  // MARK: The host

  private static func act(_ step: UInt8, _ input: inout Input, _ host: FuzzHost) throws(Violation) {
    switch step % 12 {
    case 0, 1: try host.submit(operation(&input), timeoutMs: Int64(input.byte()) * 100)
    case 2: if let id = choose(&input, host.calls) { host.cancel(id) }
    case 3, 4:
      guard host.watchers.count < 4 else { return }
      let byte = input.byte()
      host.addWatcher(
        range: byte & 1 == 0 ? .all : .single(key(&input)), startRevision: byte & 6 == 6 ? Int64(byte >> 3) : 0,
        prevKV: byte & 0x80 != 0)
    case 5: if let id = choose(&input, host.watchers) { host.removeWatcher(id) }
    case 6, 7: if host.keepalives.count < 4 { host.addKeepalive(claim(&input)) }
    case 8: if let id = choose(&input, host.keepalives) { host.setValue(value(&input), of: id) }
    case 9: if let id = choose(&input, host.keepalives) { host.removeKeepalive(id) }
    case 10: if let id = choose(&input, host.keepalives) { host.detachKeepalive(id) }
    default: if input.byte() > 240 { host.close(revoke: input.byte() & 1 == 0) }
    }
  }

  private static func operation(_ input: inout Input) -> Operation {
    switch input.byte() & 7 {
    case 0, 1, 2: .put(PutRequest(key: key(&input), value: value(&input)))
    case 3, 4: .range(RangeRequest(range: .single(key(&input))))
    case 5: .deleteRange(DeleteRangeRequest(range: .prefix(key(&input))))
    case 6: .txn(TxnRequest(success: [.put(PutRequest(key: key(&input), value: value(&input)))]))
    default: .leaseRevoke(LeaseRevokeRequest(id: 77))
    }
  }

  private static func key(_ input: inout Input) -> [UInt8] { input.pick(Documents.keys, or: []) }
  private static func value(_ input: inout Input) -> [UInt8] { input.pick(Documents.values, or: []) }
  private static func claim(_ input: inout Input) -> Claim {
    let policies = ClaimPolicy.allCases
    return Claim(
      key: key(&input), value: value(&input), policy: policies[Int(input.byte()) % policies.count],
      identity: input.byte() & 1 == 0 ? .wholeValue : .jsonField(Array("id".utf8)))
  }

  // MARK: The peer

  private static func play(
    _ step: UInt8, _ input: inout Input, _ host: FuzzHost, _ documents: inout Documents
  ) throws(Violation) {
    let transport = host.transport
    switch step % 16 {
    case 0, 1, 2, 3:
      guard let call = choose(&input, transport.calls) else { return }
      if call.path.hasSuffix("/kv/range") {
        host.answer(call, status: 200, documents.range(&input))
      } else if call.path.hasSuffix("/kv/txn") {
        host.answer(call, status: 200, documents.txn(&input))
      } else {
        host.answer(call, status: 200, documents.other(&input, path: call.path))
      }
    case 4:
      guard let call = choose(&input, transport.calls) else { return }
      let error = Documents.error(&input)
      host.answer(call, status: error.status, error.body)
    case 5:
      guard let call = choose(&input, transport.calls) else { return }
      host.answer(call, status: Int(input.byte()) * 4, input.bytes(Int(input.byte())))
    case 6, 7:
      guard let transfer = choose(&input, transport.open) else { return }
      let kinds: [TransferFailure.Kind] = [
        .resolve, .connect, .tls, .timeout, .tooLarge, .broken, .notBegun, .notHTTP2, .invalid, .shortage, .late,
        .refused,
      ]
      transport.fail(transfer.id, input.pick(kinds, or: .broken), sent: input.byte() & 1 == 0)
    case 8, 9, 10, 11:
      guard let stream = choose(&input, transport.streams) else { return }
      let document = documents.watch(&input) + [UInt8(ascii: "\n")]
      let cut = input.number(below: 64) * document.count / 64
      if cut > 0 { transport.send(Array(document[..<cut]), on: stream.id) }
      transport.send(Array(document[cut...]), on: stream.id)
    case 12:
      guard let stream = choose(&input, transport.streams) else { return }
      transport.send(input.bytes(Int(input.byte())), on: stream.id)
    case 13:
      guard let stream = choose(&input, transport.streams) else { return }
      let error = Documents.error(&input)
      transport.openStream(stream.id, status: input.byte() & 1 == 0 ? 200 : error.status)
      transport.send(error.body, on: stream.id)
    case 14:
      if let stream = choose(&input, transport.streams) { transport.endStream(stream.id) }
    default:
      // From a millisecond to a minute and more.
      let byte = input.byte()
      try host.advance(ms: 1 << Int64(byte & 15) + Int64(byte >> 4))
    }
  }

  private static func choose<T>(_ input: inout Input, _ choices: [T]) -> T? {
    choices.isEmpty ? nil : choices[input.number(below: choices.count)]
  }
}
