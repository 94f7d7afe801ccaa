import EtcdPacker

/// The bytes of a text, for literals of documents and keys.
func utf8(_ text: String) -> [UInt8] {
  Array(text.utf8)
}

func text(_ bytes: [UInt8]) -> String {
  String(decoding: bytes, as: UTF8.self)
}

func text(_ bytes: Bytes) -> String {
  text(bytes.array)
}

/// What `body` throws, which must be a `PackerError`.
func failure<R>(of body: () throws(PackerError) -> R) -> PackerError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// What reading the whole document with `body` gives.
func read<R>(
  _ document: String, _ body: (inout JSONReader) throws(PackerError) -> R
) throws(PackerError) -> R {
  try read(utf8(document), body)
}

func read<R>(
  _ document: [UInt8], _ body: (inout JSONReader) throws(PackerError) -> R
) throws(PackerError) -> R {
  try document.withUnsafeBufferPointer { document throws(PackerError) in
    var reader = JSONReader(UnsafeRawBufferPointer(document))
    let value = try body(&reader)
    try reader.end()
    return value
  }
}

/// Whether a document is JSON.
func validate(_ document: [UInt8]) throws(PackerError) {
  try read(document) { reader throws(PackerError) in try reader.skipValue() }
}

/// The bytes that pairs of hexadecimal digits stand for; spaces are for the reader.
func hex(_ text: some StringProtocol) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

extension StreamFramer {
  /// What `body` makes of the next document; `nil` if there is none.
  mutating func made<R>(_ body: (UnsafeRawBufferPointer) throws(PackerError) -> R) throws(PackerError) -> R? {
    var made: R?
    _ = try next { document throws(PackerError) in made = try body(document) }
    return made
  }

  /// The same once the stream has ended.
  mutating func madeAtEnd<R>(_ body: (UnsafeRawBufferPointer) throws(PackerError) -> R) throws(PackerError) -> R? {
    var made: R?
    _ = try finish { document throws(PackerError) in made = try body(document) }
    return made
  }
}
