import EtcdCore
import EtcdPacker
import EtcdTransport

/// One watcher, and a peer whose words are the input's lines. The first letter of a line says what is done with it:
///
/// | line      |                                                    |
/// |-----------|----------------------------------------------------|
/// | `p` JSON  | answers the page that is asked for                 |
/// | `w` JSON  | a document of the stream                           |
/// | `x` bytes | a piece of the stream, without its end             |
/// | `n`       | the end of a document                              |
/// | `r` bytes | the stream is refused, or an error in it           |
/// | `e` bytes | the page is refused                                |
/// | `c`, `f`  | the stream ends, as it should or not               |
/// | `t` byte  | time passes                                        |
/// | `h`       | the host does not pump until the next `h`          |
///
/// The first line is of another kind: its first byte says what is watched, from where, and with what limits.
enum WatchTarget {
  static func run(_ input: [UInt8]) throws(Violation) {
    var input = Input(input)
    let kind = input.line().first ?? 0
    let host = FuzzHost(endpoints: Int(kind & 1) + 1, seed: UInt64(kind)) { options in
      options.watchPageKeys = kind & 2 == 0 ? 1000 : 2
      options.responseMaxBytes = 4096
    }
    host.addWatcher(
      range: kind & 4 == 0 ? .all : .prefix([0x61]), startRevision: kind & 8 == 0 ? 0 : 5, prevKV: kind & 0x10 != 0)
    var pumps = true
    try host.pump()
    var lines = 0
    while !input.isEmpty, lines < 300 {
      lines += 1
      let line = input.line()
      guard let first = line.first else { continue }
      if first == UInt8(ascii: "h") {
        pumps.toggle()
      } else {
        try play(first, Array(line.dropFirst()), for: host)
      }
      if pumps { try host.pump() }
    }
    try host.pump()
    try host.finish(byClosing: kind & 0x20 != 0)
  }

  private static func play(_ first: UInt8, _ rest: [UInt8], for host: FuzzHost) throws(Violation) {
    let transport = host.transport
    let page = transport.calls.first
    let stream = transport.streams.first
    switch first {
    case UInt8(ascii: "p"): if let page { host.answer(page, status: 200, rest) }
    case UInt8(ascii: "w"): if let stream { transport.send(rest + [UInt8(ascii: "\n")], on: stream.id) }
    case UInt8(ascii: "x"): if let stream { transport.send(rest, on: stream.id) }
    case UInt8(ascii: "n"): if let stream { transport.send([UInt8(ascii: "\n")], on: stream.id) }
    case UInt8(ascii: "r"):
      if let stream {
        transport.openStream(stream.id, status: 503)
        transport.send(rest, on: stream.id)
      }
    case UInt8(ascii: "e"): if let page { host.answer(page, status: 400, rest) }
    case UInt8(ascii: "c"): if let stream { transport.endStream(stream.id) }
    case UInt8(ascii: "f"): if let stream { transport.fail(stream.id, .broken, sent: true) }
    case UInt8(ascii: "t"): try host.advance(ms: Int64(rest.first ?? 1) * 50)
    default: break
    }
  }
}
