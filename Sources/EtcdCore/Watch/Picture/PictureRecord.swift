import EtcdPacker

/// What a picture on disk is made of, in the order in which the host was told of it.
///
///     file    = magic, record of type 0 (namespace and range), records
///     record  = length of the body (4 bytes), CRC-32C of that length and the body (4 bytes), body
///     body    = type (1 byte), fields
///
/// Numbers are little-endian; all but the last of a record's byte strings have their length (4 bytes) in front.
///
/// A mark says that with all that is before it the picture was whole. What comes after the last one does not count.
enum PictureRecord {
  case put(KeyValue)
  case delete(Bytes)
  case mark(PictureMark)

  /// The last byte is the version of the format.
  private static let magic = Array("etcdpic".utf8) + [1]
  private static let headSize = 8

  private enum Kind: UInt8 {
    case header = 0
    case put = 1
    case delete = 2
    case mark = 3
  }

  // MARK: Writing

  /// What the file of a range begins with, to the byte.
  static func header(of range: KeyRange, in namespace: [UInt8]) -> [UInt8] {
    var bytes = magic
    append(.header, to: &bytes) { bytes in
      for part in [namespace, range.key] {
        append(UInt32(truncatingIfNeeded: part.count), to: &bytes)
        bytes += part
      }
      bytes += range.rangeEnd
    }
    return bytes
  }

  func append(to bytes: inout [UInt8]) {
    switch self {
    case .put(let kv):
      Self.append(.put, to: &bytes) { bytes in
        for number in [kv.createRevision, kv.modRevision, kv.version, kv.lease] { Self.append(number, to: &bytes) }
        Self.append(UInt32(truncatingIfNeeded: kv.key.count), to: &bytes)
        kv.key.withUnsafeBytes { bytes.append(contentsOf: $0) }
        kv.value.withUnsafeBytes { bytes.append(contentsOf: $0) }
      }
    case .delete(let key):
      Self.append(.delete, to: &bytes) { bytes in key.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    case .mark(let mark):
      Self.append(.mark, to: &bytes) { bytes in
        Self.append(mark.revision, to: &bytes)
        Self.append(mark.time, to: &bytes)
        Self.append(mark.clusterID, to: &bytes)
      }
    }
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ kind: Kind, to bytes: inout [UInt8], _ fill: (inout [UInt8]) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: headSize))
    bytes.append(kind.rawValue)
    fill(&bytes)
    bytes.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(
        of: UInt32(truncatingIfNeeded: bytes.count - start - headSize).littleEndian, toByteOffset: start,
        as: UInt32.self)
      let sum = checksum(UnsafeRawBufferPointer(rebasing: bytes[start...]))
      bytes.storeBytes(of: sum.littleEndian, toByteOffset: start + 4, as: UInt32.self)
    }
  }

  /// Of a whole record.
  private static func checksum(_ record: UnsafeRawBufferPointer) -> UInt32 {
    Checksum.of(UnsafeRawBufferPointer(rebasing: record[headSize...])) ^ UInt32(truncatingIfNeeded: record.count)
  }

  // MARK: Reading

  enum Found {
    case record(PictureRecord, size: Int)
    /// So many bytes are needed to tell.
    case incomplete(Int)
    case damaged
  }

  /// No record is larger; what says that it is, is damaged, and not read to see.
  private static let longest = 1 << 28

  /// What there is at `position`. What it has of bytes are slices of `bytes`.
  static func find(in bytes: Bytes, at position: Int) -> Found {
    let rest = bytes.slice(position..<bytes.count)
    guard rest.count >= headSize else { return .incomplete(headSize) }
    return rest.withUnsafeBytes { memory in
      let length = Int(memory.loadUnaligned(as: UInt32.self).littleEndian)
      let size = headSize + length
      guard length > 0, length <= longest else { return .damaged }
      guard memory.count >= size else { return .incomplete(size) }
      let record = UnsafeRawBufferPointer(rebasing: memory[..<size])
      let sum = memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian
      guard checksum(record) == sum, let found = parse(rest.slice(headSize..<size)) else { return .damaged }
      return .record(found, size: size)
    }
  }

  private static func parse(_ body: Bytes) -> PictureRecord? {
    var body = body
    guard let kind = body[0].flatMap(Kind.init) else { return nil }
    body = body.slice(1..<body.count)
    switch kind {
    case .header: return nil
    case .delete: return .delete(body)
    case .put:
      var kv = KeyValue()
      guard let create = take(Int64.self, of: &body), let mod = take(Int64.self, of: &body),
        let version = take(Int64.self, of: &body), let lease = take(Int64.self, of: &body),
        let length = take(UInt32.self, of: &body), Int(length) <= body.count
      else { return nil }
      (kv.createRevision, kv.modRevision, kv.version, kv.lease) = (create, mod, version, lease)
      kv.key = body.slice(0..<Int(length))
      kv.value = body.slice(Int(length)..<body.count)
      return .put(kv)
    case .mark:
      guard let revision = take(Int64.self, of: &body), let time = take(Int64.self, of: &body),
        let clusterID = take(UInt64.self, of: &body), body.isEmpty, revision > 0
      else { return nil }
      return .mark(PictureMark(revision: revision, time: time, clusterID: clusterID))
    }
  }

  private static func take<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, of body: inout Bytes) -> Number?
  {
    let size = MemoryLayout<Number>.size
    guard body.count >= size else { return nil }
    defer { body = body.slice(size..<body.count) }
    return body.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
  }
}

/// That a picture was whole.
package struct PictureMark: Hashable, Sendable {
  package var revision: Int64
  /// When it was known to be so, in milliseconds since 1970.
  package var time: Int64
  package var clusterID: UInt64
}
