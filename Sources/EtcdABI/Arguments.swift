import CEtcdcli
import EtcdCore

/// Reads what a host hands in. Whatever is wrong is named.
enum Arguments {
  /// A copy of the struct, of which no more than its `struct_size` is read.
  ///
  /// What an older host does not have keeps its default, and of what a newer one has beyond this library it is made sure
  /// that it asks for nothing.
  static func read<P: Parameters>(_ pointer: UnsafePointer<P>?, _ name: String) throws(CallError) -> P {
    guard let pointer else { throw CallError(.argument, "\(name) is NULL") }
    let start = UnsafeRawPointer(pointer)
    let size = try size(of: P.self, at: start, name)
    let known = min(size, MemoryLayout<P>.size)
    guard UnsafeRawBufferPointer(start: start + known, count: size - known).allSatisfy({ $0 == 0 }) else {
      throw CallError(
        .argument,
        "\(name) has something set that library \(ETCDCLI_VERSION) does not know (its struct_size is \(size), not \(known)): the host was compiled against a newer header"
      )
    }
    var params = P()
    withUnsafeMutableBytes(of: &params) { $0.copyMemory(from: UnsafeRawBufferPointer(start: start, count: known)) }
    return params
  }

  /// Fills the caller's struct, as much of it as there is on both sides.
  static func write<P: Parameters>(
    _ value: P, to pointer: UnsafeMutablePointer<P>, _ name: String
  ) throws(CallError) {
    let start = UnsafeMutableRawPointer(pointer)
    let size = try size(of: P.self, at: start, name)
    withUnsafeBytes(of: value) { bytes in
      let known = MemoryLayout<Int>.size..<min(size, bytes.count)
      UnsafeMutableRawBufferPointer(start: start + known.lowerBound, count: known.count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[known]))
    }
  }

  /// What a struct of the caller's says of its size.
  private static func size<P: Parameters>(
    of type: P.Type, at start: UnsafeRawPointer, _ name: String
  ) throws(CallError) -> Int {
    let size = start.loadUnaligned(as: Int.self)
    guard size >= P.firstSize, size <= sizeLimit else {
      throw CallError(.argument, "\(name).struct_size is \(UInt(bitPattern: size)): initialise it with the _INIT macro")
    }
    return size
  }

  /// No struct will be as large: what says so was not initialised, and is not to be read.
  static let sizeLimit = 4096

  static func bytes(_ slice: etcdcli_slice, _ name: @autoclosure () -> String) throws(CallError) -> [UInt8] {
    // size_t comes to Swift as Int.
    guard slice.size >= 0 else {
      throw CallError(.argument, "\(name()).size is \(UInt(bitPattern: slice.size)): is it a negative number?")
    }
    guard let data = slice.data else {
      if slice.size > 0 { throw CallError(.argument, "\(name()).data is NULL, but its size is \(slice.size)") }
      return []
    }
    return [UInt8](UnsafeRawBufferPointer(start: data, count: slice.size))
  }

  /// A text that is repeated nowhere, since it may be a secret.
  static func text(
    _ slice: etcdcli_slice, _ name: String, mayBeEmpty: Bool = false
  ) throws(CallError) -> String {
    if slice.size == 0, !mayBeEmpty { throw CallError(.argument, "\(name) is empty") }
    guard let text = String(validating: try bytes(slice, name), as: UTF8.self) else {
      throw CallError(.argument, "\(name) is not UTF-8")
    }
    return text
  }

  static func credentials(_ params: UnsafePointer<etcdcli_credentials>?) throws(CallError) -> Credentials {
    let name = "credentials"
    let params = try read(params, name)
    let user = try text(params.user, "\(name).user", mayBeEmpty: true)
    let password = Secret(try text(params.password, "\(name).password", mayBeEmpty: true))
    let token = Secret(try text(params.token, "\(name).token", mayBeEmpty: true))
    do throws(OptionError) {
      return try Credentials(user: user, password: password, token: token, prefix: "\(name).")
    } catch {
      throw CallError(.argument, error.message)
    }
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
    // etcd takes a range_end of one zero byte for "without end": who computes an end, and gets there by an overflow, would
    // read, watch or delete everything from key on.
    guard end.isEmpty || key.lexicographicallyPrecedes(end) else {
      throw CallError(
        .argument,
        "\(name).range_end is not greater than key, so no key lies between them (all from key on: ETCDCLI_FROM_KEY)")
    }
    return .range(key, end)
  }

  static func check(flags: UInt32, allowed: UInt32, _ name: @autoclosure () -> String) throws(CallError) {
    let unknown = flags & ~allowed
    if unknown != 0 {
      throw CallError(.argument, "\(name()) has 0x\(String(unknown, radix: 16)), which does not apply here")
    }
  }

  static func check(
    _ value: Int64, in range: ClosedRange<Int64>, _ name: @autoclosure () -> String
  ) throws(CallError) {
    guard range.contains(value) else {
      let accepted =
        range.upperBound == .max
        ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
      throw CallError(.argument, "\(name()) is \(value): must be \(accepted)")
    }
  }

  /// A value of an enum of the header's, by its number.
  static func choice<Choice: RawRepresentable<Int>>(
    _ value: CInt, of type: Choice.Type = Choice.self, _ name: @autoclosure () -> String
  ) throws(CallError) -> Choice {
    guard let choice = Choice(rawValue: Int(value)) else {
      throw CallError(.argument, "\(name()) is \(value), which is none of its values")
    }
    return choice
  }

  /// What a struct has for other functions than this one.
  static func unused(_ isSet: Bool, _ name: String) throws(CallError) {
    if isSet { throw CallError(.argument, "\(name) is set, which does not apply here") }
  }

  static let timeouts: ClosedRange<Int64> = 0...86_400_000
}

/// A parameter struct of the header: it begins with its size, and may have grown since it came.
protocol Parameters {
  /// All fields at their defaults.
  init()
  /// The end of what was its last field in the first version that had it.
  static var firstSize: Int { get }
}

extension Parameters {
  /// The end of a field.
  static func end<Field>(of field: KeyPath<Self, Field>) -> Int {
    (MemoryLayout<Self>.offset(of: field) ?? 0) + MemoryLayout<Field>.size
  }
}

extension etcdcli_range_params: Parameters {
  static let firstSize = end(of: \.not_older_than)
}

extension etcdcli_put_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_delete_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_compact_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_compare_params: Parameters {
  static let firstSize = end(of: \.value)
}

extension etcdcli_commit_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_lease_grant_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_lease_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_lease_list_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_member_list_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_member_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_auth_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_user_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_role_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_maintenance_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_gateway_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_credentials: Parameters {
  static let firstSize = end(of: \.token)
}

extension etcdcli_keepalive_params: Parameters {
  static let firstSize = end(of: \.identity_separator)
}

extension etcdcli_await_params: Parameters {
  static let firstSize = end(of: \.timeout_ms)
}

extension etcdcli_watcher_params: Parameters {
  static let firstSize = end(of: \.index_max_bytes)
}

extension etcdcli_watch_status: Parameters {
  static let firstSize = end(of: \.index_bytes)
}

extension etcdcli_directory_params: Parameters {
  static let firstSize = end(of: \.labels_field)
}

extension etcdcli_filter_params: Parameters {
  static let firstSize = end(of: \.states)
}

extension etcdcli_metrics: Parameters {
  static let firstSize = end(of: \.watch_lag)
}

/// The header's flags, in the type in which they are used.
enum Flag {
  static let prefix = ETCDCLI_PREFIX.rawValue
  static let fromKey = ETCDCLI_FROM_KEY.rawValue
  static let prevKV = ETCDCLI_PREV_KV.rawValue
  static let keysOnly = ETCDCLI_KEYS_ONLY.rawValue
  static let countOnly = ETCDCLI_COUNT_ONLY.rawValue
  static let serializable = ETCDCLI_SERIALIZABLE.rawValue
  static let physical = ETCDCLI_PHYSICAL.rawValue
  static let ignoreValue = ETCDCLI_IGNORE_VALUE.rawValue
  static let ignoreLease = ETCDCLI_IGNORE_LEASE.rawValue
  static let leaseKeys = ETCDCLI_LEASE_KEYS.rawValue
  static let withoutLeader = ETCDCLI_WITHOUT_LEADER.rawValue
  static let learner = ETCDCLI_LEARNER.rawValue
  static let noPut = ETCDCLI_NO_PUT.rawValue
  static let noDelete = ETCDCLI_NO_DELETE.rawValue
  static let noResync = ETCDCLI_NO_RESYNC.rawValue
  static let noPassword = ETCDCLI_NO_PASSWORD.rawValue
  static let gatewayReads = ETCDCLI_GATEWAY_READS.rawValue

  static let zoneFirst = ETCDCLI_FILTER_ZONE_FIRST.rawValue

  static let closeRevoke = ETCDCLI_CLOSE_REVOKE.rawValue

  static let snapshot = ETCDCLI_BATCH_SNAPSHOT.rawValue
  static let snapshotEnd = ETCDCLI_BATCH_SNAPSHOT_END.rawValue
  static let resync = ETCDCLI_BATCH_RESYNC.rawValue
  static let stale = ETCDCLI_BATCH_STALE.rawValue
}
