import CEtcdcli
import EtcdCore
import EtcdPacker
import Glibc

/// Reads what a host hands in. Whatever is wrong is named.
enum Arguments {
  /// A copy of the struct, of which no more than its `struct_size` is read; the rest is as in `initial`.
  static func read<P>(_ pointer: UnsafePointer<P>?, into initial: P, _ name: String) throws(CallError) -> P {
    guard let pointer else { throw CallError(.argument, "\(name) is NULL") }
    let size = UnsafeRawPointer(pointer).loadUnaligned(as: Int.self)
    guard size >= MemoryLayout<Int>.size else {
      throw CallError(.argument, "\(name).struct_size is \(UInt(bitPattern: size)): initialise it with the _INIT macro")
    }
    guard size <= MemoryLayout<P>.size else {
      throw CallError(
        .argument,
        "\(name).struct_size is \(size), and this library knows \(MemoryLayout<P>.size): was the host compiled against a newer header?"
      )
    }
    var params = initial
    withUnsafeMutableBytes(of: &params) { $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: size)) }
    return params
  }

  static func bytes(_ slice: etcdcli_slice, _ name: String) throws(CallError) -> [UInt8] {
    // size_t comes to Swift as Int.
    guard slice.size >= 0 else {
      throw CallError(.argument, "\(name).size is \(UInt(bitPattern: slice.size)): is it a negative number?")
    }
    guard let data = slice.data else {
      if slice.size > 0 { throw CallError(.argument, "\(name).data is NULL, but its size is \(slice.size)") }
      return []
    }
    return [UInt8](UnsafeRawBufferPointer(start: data, count: slice.size))
  }

  static func range(
    _ key: etcdcli_slice, _ end: etcdcli_slice, flags: UInt32, _ name: String
  ) throws(CallError) -> KeyRange {
    let key = try bytes(key, "\(name).key")
    let end = try bytes(end, "\(name).range_end")
    let prefix = flags & Flag.prefix != 0
    let fromKey = flags & Flag.fromKey != 0
    if prefix, fromKey {
      throw CallError(.argument, "\(name).flags has ETCDCLI_PREFIX and ETCDCLI_FROM_KEY, which exclude each other")
    }
    if prefix || fromKey {
      if !end.isEmpty {
        throw CallError(
          .argument, "\(name).range_end is not empty, which \(prefix ? "ETCDCLI_PREFIX" : "ETCDCLI_FROM_KEY") excludes")
      }
      return prefix ? .prefix(key) : .from(key)
    }
    if key.isEmpty { throw CallError(.argument, "\(name).key is empty") }
    return .range(key, end)
  }

  static func check(flags: UInt32, allowed: UInt32, _ name: String) throws(CallError) {
    let unknown = flags & ~allowed
    if unknown != 0 {
      throw CallError(.argument, "\(name) has 0x\(String(unknown, radix: 16)), which does not apply here")
    }
  }

  static func check(_ value: Int64, in range: ClosedRange<Int64>, _ name: String) throws(CallError) {
    guard range.contains(value) else {
      let accepted =
        range.upperBound == .max
        ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
      throw CallError(.argument, "\(name) is \(value): must be \(accepted)")
    }
  }

  static let timeouts: ClosedRange<Int64> = 0...86_400_000
}

/// The header's flags, in the type in which they are used.
enum Flag {
  static let prefix = UInt32(ETCDCLI_PREFIX)
  static let fromKey = UInt32(ETCDCLI_FROM_KEY)
  static let prevKV = UInt32(ETCDCLI_PREV_KV)
  static let keysOnly = UInt32(ETCDCLI_KEYS_ONLY)
  static let countOnly = UInt32(ETCDCLI_COUNT_ONLY)
  static let serializable = UInt32(ETCDCLI_SERIALIZABLE)

  static let closeRevoke = UInt32(ETCDCLI_CLOSE_REVOKE)

  static let snapshot = UInt32(ETCDCLI_BATCH_SNAPSHOT)
  static let snapshotEnd = UInt32(ETCDCLI_BATCH_SNAPSHOT_END)
  static let resync = UInt32(ETCDCLI_BATCH_RESYNC)
}
