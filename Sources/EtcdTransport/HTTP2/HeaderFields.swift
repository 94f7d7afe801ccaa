import CNghttp2

/// The header fields of requests as nghttp2 takes them, which copies them: those that are the same each time stand in
/// memory once, and the others are written behind each other into memory that is used again and again.
final class HeaderFields {
  private typealias Text = (start: UnsafeMutablePointer<UInt8>, count: Int)

  private var constants: [Text] = []
  private let post: nghttp2_nv
  private let get: nghttp2_nv
  private let scheme: nghttp2_nv
  private let authority: nghttp2_nv
  private let path: Text
  private var last: [nghttp2_nv] = []
  private var list: [nghttp2_nv] = []
  private var scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
  private var used = 0

  /// `last` follows the fields of each request. Names are in lower case.
  init(scheme: String, authority: String, last: [(name: String, value: String)]) {
    var constants: [Text] = []
    func keep(_ text: String) -> Text {
      let start = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.utf8.count, 1))
      for (index, byte) in text.utf8.enumerated() { (start + index).initialize(to: byte) }
      constants.append((start, text.utf8.count))
      return (start, text.utf8.count)
    }
    post = Self.field(keep(":method"), keep("POST"))
    get = Self.field(keep(":method"), keep("GET"))
    self.scheme = Self.field(keep(":scheme"), keep(scheme))
    self.authority = Self.field(keep(":authority"), keep(authority))
    path = keep(":path")
    self.last = last.map { Self.field(keep($0.name), keep($0.value)) }
    self.constants = constants
  }

  deinit {
    for text in constants { text.start.deallocate() }
    scratch.deallocate()
  }

  private static func field(_ name: Text, _ value: Text) -> nghttp2_nv {
    nghttp2_nv(
      name: name.start, value: value.start, namelen: name.count, valuelen: value.count,
      flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
  }

  func with<Result>(
    _ request: TransferRequest, path suffix: Substring.UTF8View, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result
  ) -> Result {
    makeRoom(for: request, suffix.count)
    list.removeAll(keepingCapacity: true)
    list.append(request.method == .post ? post : get)
    list.append(scheme)
    list.append(authority)
    list.append(Self.field(path, copyPath(suffix)))
    for (name, value) in request.headers {
      list.append(Self.field(copy(name[...].utf8, lowercased: true), copy(value[...].utf8)))
    }
    list.append(contentsOf: last)
    return list.withUnsafeBufferPointer(body)
  }

  /// The pointers into it must not move while it is filled.
  private func makeRoom(for request: TransferRequest, _ pathSize: Int) {
    var size = pathSize + 1
    for (name, value) in request.headers { size += name.utf8.count + value.utf8.count }
    used = 0
    guard size > scratch.count else { return }
    scratch.deallocate()
    scratch = .allocate(capacity: size)
  }

  /// What follows the host, without a fragment.
  private func copyPath(_ suffix: Substring.UTF8View) -> Text {
    let path = suffix.prefix { $0 != UInt8(ascii: "#") }
    let hasSlash = path.first == UInt8(ascii: "/")
    let slash = hasSlash ? nil : append(UInt8(ascii: "/"))
    let rest = copy(path)
    return (slash ?? rest.start, rest.count + (hasSlash ? 0 : 1))
  }

  private func append(_ byte: UInt8) -> UnsafeMutablePointer<UInt8>? {
    scratch[used] = byte
    used += 1
    return scratch.baseAddress.map { $0 + (used - 1) }
  }

  private func copy(_ text: Substring.UTF8View, lowercased: Bool = false) -> Text {
    let room = UnsafeMutableBufferPointer(rebasing: scratch[used...])
    let (_, end) = room.initialize(from: text)
    if lowercased {
      for index in 0..<end where UInt8(ascii: "A")...UInt8(ascii: "Z") ~= room[index] { room[index] |= 0x20 }
    }
    used += end
    // Of an empty rest there is no address; nothing is read of it.
    return (room.baseAddress ?? path.start, end)
  }
}
