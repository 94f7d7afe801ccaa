import Glibc
import Testing

@testable import EtcdTransport

/// A peer that does what no server does ends its connection, or is taken no notice of; and costs bounded memory and time.
@Suite(.serialized) struct HTTP2HostileTests {
  /// Twenty thousand frames that bring nothing, over and over.
  private static let floods: [(String, @Sendable (HTTP2Server.Stream) -> Void)] = [
    ("settings", { $0.peer.send(.settings, flags: 0, 0, []) }),
    ("pings", { $0.peer.send(.ping, flags: 0, 0, [UInt8](repeating: 1, count: 8)) }),
    ("answers to pings", { $0.peer.send(.ping, flags: 1, 0, [UInt8](repeating: 1, count: 8)) }),
    ("resets of nothing", { $0.peer.send(.reset, flags: 0, 1_000_001, [0, 0, 0, 8]) }),
    ("priorities", { $0.peer.send(.priority, flags: 0, 7, [0, 0, 0, 0, 9]) }),
    ("empty pieces", { $0.peer.send(.data, flags: 0, $0.id, []) }),
    ("window updates", { $0.peer.send(.windowUpdate, flags: 0, 0, [0, 0, 0, 1]) }),
    ("window updates of a stream", { $0.peer.send(.windowUpdate, flags: 0, $0.id, [0, 0, 0, 1]) }),
    ("goodbyes", { $0.peer.send(.goAway, flags: 0, 0, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]) }),
    ("continuations", { $0.peer.send(.continuation, flags: 0, $0.id, [0, 1, 0x61, 1, 0x62]) }),
    (
      "promises",
      { $0.peer.send(.pushPromise, flags: 4, $0.id, [0, 0, 0, 2, 0x82, 0x86, 0x84]) }
    ),
  ]

  @Test(arguments: floods.indices) func floodEndsTheConnection(index: Int) throws {
    let (name, send) = Self.floods[index]
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].sendHeader(status: 200)
    if name == "continuations" { http2.peers[0].send(.headers, flags: 0, 1, [0, 1, 0x61, 1, 0x62]) }
    #expect(driver.drive { driver.story(of: id) == ["opened 200"] })
    for _ in 0..<20_000 { send(http2.requests[0]) }
    let failure = driver.outcome(of: id)?.failure
    #expect(failure?.kind == .broken, "\(name)")
    #expect(driver.drive { http2.peers[0].connection.peerHasClosed }, "\(name)")
  }

  /// As the protocol wants it; they are not even kept. Nghttp2 1.70 ends a connection for more than ten thousand of them.
  @Test func unknownFramesAreTakenNoNoticeOf() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].sendHeader(status: 200)
    for _ in 0..<5000 { http2.peers[0].send(.unknown, flags: 0xFF, 0, [1, 2, 3]) }
    http2.requests[0].send([1], isLast: true)
    #expect(driver.outcome(of: id)?.status == 200)
  }

  /// What brings something may come as often as it likes, if no run of the host's takes long for it.
  @Test func floodOfSmallPiecesIsTakenInShares() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.requests[0].sendHeader(status: 200)
    for _ in 0..<50_000 { http2.requests[0].send([1]) }
    #expect(driver.drive { driver.receivedCount(id) == 50_000 })
    #expect(driver.runs >= 8)
  }

  /// One field of 4 KiB that is packed into a byte, a hundred thousand times.
  @Test func packedHeadersAreLimitedByWhatTheyUnpackTo() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    // A literal that goes into the table, of a name of one byte and a value of 3,900.
    let field: [UInt8] = [0x40, 1, 0x61, 0x7F, 0xBD, 0x1D] + [UInt8](repeating: 0x62, count: 3900)
    http2.peers[0].send(.headers, flags: 0, 1, [0x88] + field)
    for _ in 0..<6 { http2.peers[0].send(.continuation, flags: 0, 1, [UInt8](repeating: 0xBE, count: 16_384)) }
    http2.peers[0].send(.continuation, flags: 4, 1, [0xBE])
    #expect(driver.outcome(of: id)?.failure?.kind == .tooLarge)
  }

  /// What the rest of it has put into the table is there for the next answer.
  @Test func headerThatIsTooLargeEndsItsStreamAlone() throws {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let ids = [start(driver, http2), start(driver, http2)]
    #expect(driver.drive { http2.requests.count == 2 })
    // A field of 3,900 bytes, as above, 130 times; and then another one that goes into the table.
    let large: [UInt8] = [0x40, 1, 0x61, 0x7F, 0xBD, 0x1D] + [UInt8](repeating: 0x62, count: 3900)
    let small: [UInt8] = [0x40, 1, 0x63, 1, 0x64]
    let peer = http2.peers[0]
    peer.send(.headers, flags: 4, 1, [0x88] + large + [UInt8](repeating: 0xBE, count: 130) + small)
    #expect(driver.outcome(of: ids[0])?.failure?.kind == .tooLarge)
    peer.send(.headers, flags: 5, 3, [0x88, 0xBE])
    #expect(driver.outcome(of: ids[1])?.status == 200)
    #expect(http2.peers.count == 1)
    #expect(driver.drive { peer.streams[1]?.wasReset == true })
  }

  @Test(
    arguments: [
      // Too large for a frame, of a wrong size, on a stream that is none, with a window that is too large, or none at all.
      [0, 0x40, 1, 0, 0, 0, 0, 0, 1], [0, 0, 7, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7],
      [0, 0, 1, 0, 0, 0, 0, 0, 0, 1], [0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF],
      [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF],
      [0, 0, 1, 1, 4, 0, 0, 0, 1, 0xFF], [0, 0, 4, 1, 4, 0, 0, 0, 2, 0x88, 0, 0, 0], [0, 0, 0, 9, 4, 0, 0, 0, 1],
    ] as [[UInt8]]) func malformedFrameEndsTheConnection(bytes: [UInt8]) throws
  {
    let http2 = HTTP2Server()
    let driver = try Driver(http2.server)
    let id = start(driver, http2)
    #expect(driver.drive { http2.requests.count == 1 })
    http2.peers[0].connection.send(bytes)
    let failure = driver.outcome(of: id)?.failure
    #expect(failure?.kind == .broken)
    #expect(failure?.bodyMayHaveBeenSent == true)
    #expect(driver.drive { http2.peers[0].connection.peerHasClosed })
  }

  /// Etcd over TLS opens two windows for each 8 KiB of a request that it has read.
  @Test func windowsThatAreOpenedForWhatIsSentAreNoFlood() {
    var flood = FloodGuard()
    var refused = 0
    for _ in 0..<100 {
      flood.began()
      for _ in 0..<128 { flood.sent(8192) }
      for _ in 0..<256 where !flood.gotIdle() { refused += 1 }
    }
    #expect(refused == 0)
  }

  private func start(_ driver: Driver, _ server: HTTP2Server) -> TransferID {
    driver.reactor.start(
      TransferRequest(
        url: server.server.url, body: [1], answer: .streamed, version: .http2, lane: .streams,
        connectTimeout: .seconds(5), timeout: nil))
  }
}
