/// What has arrived of an answer and was not handed over yet.
///
/// Hands over an array, which is its taker's alone. The next one has at first as much room as the last one came to need:
/// what a flood brings in one run is not copied again and again while an array grows.
struct ArrivedBytes {
  private(set) var bytes: [UInt8] = []
  /// How much the last one was.
  private var usual = 0
  /// More room than this is not made beforehand.
  private static let mostRoom = 128 * 1024

  var count: Int { bytes.count }

  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ piece: UnsafeRawBufferPointer) {
    if bytes.isEmpty, usual > piece.count { bytes.reserveCapacity(usual) }
    bytes.append(contentsOf: piece)
  }

  /// So much is to come.
  mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(count)
  }

  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    usual = min(bytes.count, Self.mostRoom)
    return bytes
  }

  mutating func drop() {
    bytes = []
  }
}
