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
    guard var end = scratch.baseAddress else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    // By itself while it is filled: each look at a property would be checked for being the only one.
    var list = self.list
    self.list = []
    list.append(request.method == .post ? post : get)
    list.append(scheme)
    list.append(authority)
    list.append(Self.field(path, Self.copyPath(suffix, to: &end)))
    for (name, value) in request.headers {
      let name = Self.copy(name.utf8, to: &end)
      for index in 0..<name.count where UInt8(ascii: "A")...UInt8(ascii: "Z") ~= name.start[index] {
        name.start[index] |= 0x20
      }
      list.append(Self.field(name, Self.copy(value.utf8, to: &end)))
    }
    list.append(contentsOf: last)
    defer {
      list.removeAll(keepingCapacity: true)
      self.list = list
    }
    return list.withUnsafeBufferPointer(body)
  }

  /// The pointers into it must not move while it is filled.
  private func makeRoom(for request: TransferRequest, _ pathSize: Int) {
    var size = pathSize + 1
    for (name, value) in request.headers { size += name.utf8.count + value.utf8.count }
    guard size > scratch.count else { return }
    scratch.deallocate()
    scratch = .allocate(capacity: size)
  }

  /// What follows the host, without a fragment.
  private static func copyPath(_ suffix: Substring.UTF8View, to end: inout UnsafeMutablePointer<UInt8>) -> Text {
    suffix.withBytes { suffix in
      let start = end
      if suffix.first != UInt8(ascii: "/") {
        end.initialize(to: UInt8(ascii: "/"))
        end += 1
      }
      let path = UnsafeBufferPointer(rebasing: suffix.prefix { $0 != UInt8(ascii: "#") })
      _ = copy(path, to: &end)
      return (start, end - start)
    }
  }

  private static func copy(_ text: String.UTF8View, to end: inout UnsafeMutablePointer<UInt8>) -> Text {
    text.withBytes { copy($0, to: &end) }
  }

  private static func copy(_ bytes: UnsafeBufferPointer<UInt8>, to end: inout UnsafeMutablePointer<UInt8>) -> Text {
    let start = end
    if let base = bytes.baseAddress { start.update(from: base, count: bytes.count) }
    end += bytes.count
    return (start, bytes.count)
  }
}
