import CNghttp2

/// The header fields of requests as nghttp2 takes them, which copies them: those of a head stand in memory once, and the
/// others are written behind each other into memory that is used again and again.
final class HeaderFields {
  private typealias Text = (start: UnsafeMutablePointer<UInt8>, count: Int)

  private var constants: [Text] = []
  private let post: nghttp2_nv
  private let get: nghttp2_nv
  private let scheme: nghttp2_nv
  private let authority: nghttp2_nv
  private let path: Text
  private var last: [nghttp2_nv] = []
  private var heads: [(head: RequestHead, fields: [nghttp2_nv])] = []
  private var textsOfHeads: [Text] = []
  private static let mostHeads = 16
  private var list: [nghttp2_nv] = []
  private var scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)

  /// `last` follows the fields of each request. Names are in lower case.
  init(scheme: String, authority: String, last: [(name: String, value: String)]) {
    var constants: [Text] = []
    func keep(_ text: String) -> Text { Self.keep(text, in: &constants) }
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
    forgetHeads()
    scratch.deallocate()
  }

  private static func keep(_ text: String, in texts: inout [Text]) -> Text {
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.utf8.count, 1))
    for (index, byte) in text.utf8.enumerated() { (start + index).initialize(to: byte) }
    texts.append((start, text.utf8.count))
    return (start, text.utf8.count)
  }

  private static func field(_ name: Text, _ value: Text) -> nghttp2_nv {
    nghttp2_nv(
      name: name.start, value: value.start, namelen: name.count, valuelen: value.count,
      flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
  }

  func with<Result>(
    _ request: TransferRequest, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result
  ) -> Result {
    makeRoom(for: request)
    guard var end = scratch.baseAddress else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    // By itself while it is filled: each look at a property would be checked for being the only one.
    var list = self.list
    self.list = []
    list.append(contentsOf: fields(of: request.head))
    for (name, value) in request.ownHeaders {
      let name = Self.copy(name.utf8, to: &end)
      Self.lower(name)
      list.append(Self.field(name, Self.copy(value.utf8, to: &end)))
    }
    list.append(contentsOf: last)
    defer {
      list.removeAll(keepingCapacity: true)
      self.list = list
    }
    return list.withUnsafeBufferPointer(body)
  }

  private func fields(of head: RequestHead) -> [nghttp2_nv] {
    for known in heads where known.head === head { return known.fields }
    // There are a few; whoever makes up ever new ones shall not fill the memory.
    if heads.count >= Self.mostHeads { forgetHeads() }
    var fields = [head.method == .post ? post : get, scheme, authority]
    fields.append(Self.field(path, Self.keep(Self.target(head.path), in: &textsOfHeads)))
    for (name, value) in head.headers {
      let name = Self.keep(name, in: &textsOfHeads)
      Self.lower(name)
      fields.append(Self.field(name, Self.keep(value, in: &textsOfHeads)))
    }
    var heads = exchange(&heads, with: [])
    heads.append((head, fields))
    self.heads = heads
    return fields
  }

  private func forgetHeads() {
    for text in textsOfHeads { text.start.deallocate() }
    (heads, textsOfHeads) = ([], [])
  }

  /// What follows the host, without a fragment.
  private static func target(_ path: String) -> String {
    let end = path.utf8.firstIndex(of: UInt8(ascii: "#")) ?? path.endIndex
    return path.utf8.first == UInt8(ascii: "/") ? String(path[..<end]) : "/\(path[..<end])"
  }

  private static func lower(_ text: Text) {
    for index in 0..<text.count where UInt8(ascii: "A")...UInt8(ascii: "Z") ~= text.start[index] {
      text.start[index] |= 0x20
    }
  }

  /// The pointers into it must not move while it is filled.
  private func makeRoom(for request: TransferRequest) {
    var size = 0
    for (name, value) in request.ownHeaders { size += name.utf8.count + value.utf8.count }
    guard size > scratch.count else { return }
    scratch.deallocate()
    scratch = .allocate(capacity: size)
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
