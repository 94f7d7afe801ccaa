import CEtcdcli
import EtcdCore

// The functions of directory.h, in its order.

// MARK: Hashes

@implementation @_cdecl("etcdcli_hash_bytes")
public func etcdcli_hash_bytes(_ bytes: etcdcli_slice) -> UInt64 {
  StableHash.of(UnsafeRawBufferPointer(start: bytes.data, count: bytes.data == nil ? 0 : max(bytes.size, 0)))
}

@implementation @_cdecl("etcdcli_hash_u64")
public func etcdcli_hash_u64(_ number: UInt64) -> UInt64 {
  StableHash.of(number)
}

@implementation @_cdecl("etcdcli_hash_i64")
public func etcdcli_hash_i64(_ number: Int64) -> UInt64 {
  StableHash.of(UInt64(bitPattern: number))
}

@implementation @_cdecl("etcdcli_service_state_name")
public func etcdcli_service_state_name(_ state: CInt) -> UnsafePointer<CChar>! {
  let name: StaticString =
    switch ServiceState(rawValue: state) {
    case .up: "up"
    case .draining: "draining"
    case .down: "down"
    case nil: "unknown"
    }
  return StaticText.pointer(to: name)
}

// MARK: Directory

private func find(_ directory: OpaquePointer?) throws(CallError) -> DirectoryHandle {
  try HandleTable.shared.find(directory, as: DirectoryHandle.self)
}

@implementation @_cdecl("etcdcli_change_name")
public func etcdcli_change_name(_ change: CInt) -> UnsafePointer<CChar>! {
  let name: StaticString =
    switch etcdcli_change_t(UInt32(bitPattern: change)) {
    case ETCDCLI_CHANGE_COMPLETE: "complete"
    case ETCDCLI_CHANGE_JOINED: "joined"
    case ETCDCLI_CHANGE_CHANGED: "changed"
    case ETCDCLI_CHANGE_LEFT: "left"
    case ETCDCLI_CHANGE_REFUSED: "refused"
    case ETCDCLI_CHANGE_STATE: "state"
    default: "unknown"
    }
  return StaticText.pointer(to: name)
}

@implementation @_cdecl("etcdcli_directory_new")
public func etcdcli_directory_new(
  _ cluster: OpaquePointer?, _ params: UnsafePointer<etcdcli_directory_params>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
  answer { () throws(CallError) in
    let cluster = try HandleTable.shared.find(cluster, as: ClusterHandle.self)
    guard let out else { throw CallError(.argument, "out is NULL") }
    let name = "directory_params"
    let params = try Arguments.read(params, name)
    let prefix = try Arguments.bytes(params.prefix, "\(name).prefix")
    if prefix.isEmpty { throw CallError(.argument, "\(name).prefix is empty") }
    let isHosts = params.parser == CInt(ETCDCLI_PARSER_HOST.rawValue)
    let isJSON = params.parser == CInt(ETCDCLI_PARSER_JSON.rawValue)
    guard isHosts || isJSON || params.parser == CInt(ETCDCLI_PARSER_NONE.rawValue) else {
      throw CallError(.argument, "\(name).parser is no ETCDCLI_PARSER_* value: \(params.parser)")
    }
    guard isHosts == (params.on_parse != nil) else {
      throw CallError(.argument, "\(name).on_parse is for ETCDCLI_PARSER_HOST, which needs it")
    }
    let names = try fieldNames(params, isJSON: isJSON, name)
    let id = try cluster.addWatcher(of: .prefix(prefix))
    do throws(CallError) {
      let directory = DirectoryHandle(
        of: cluster, ServiceParser(prefix: prefix.count, names: names), params.on_parse, params.on_change,
        UserData(params.user, params.destroy))
      try directory.follow(id)
      out.pointee = directory.ticket
    } catch {
      cluster.removeWatcher(id)
      throw error
    }
    return 0
  }
}

private func fieldNames(
  _ params: etcdcli_directory_params, isJSON: Bool, _ name: String
) throws(CallError) -> ServiceParser.Names? {
  var names = ServiceParser.Names()
  let fields: [(etcdcli_slice, WritableKeyPath<ServiceParser.Names, [UInt8]>)] = [
    (params.id_field, \.id), (params.name_field, \.name), (params.weight_field, \.weight), (params.zone_field, \.zone),
    (params.version_field, \.version), (params.state_field, \.state), (params.labels_field, \.labels),
  ]
  for (slice, path) in fields {
    let field = try Arguments.bytes(slice, "\(name) has a field's name, whose slice")
    if field.isEmpty { continue }
    try Arguments.unused(!isJSON, "\(name) has the name of a field, which is for ETCDCLI_PARSER_JSON: it")
    names[keyPath: path] = field
  }
  return isJSON ? names : nil
}

@implementation @_cdecl("etcdcli_directory_state")
public func etcdcli_directory_state(_ directory: OpaquePointer?) -> CInt {
  answer { () throws(CallError) in try find(directory).state.rawValue }
}

@implementation @_cdecl("etcdcli_directory_behind_ms")
public func etcdcli_directory_behind_ms(_ directory: OpaquePointer?) -> Int64 {
  var time = Int64.max
  _ = answer { () throws(CallError) in
    time = try find(directory).behindMs
    return 0
  }
  return time
}

@implementation @_cdecl("etcdcli_directory_picture")
public func etcdcli_directory_picture(_ directory: OpaquePointer?) -> OpaquePointer! {
  var picture: OpaquePointer?
  _ = answer { () throws(CallError) in
    picture = try find(directory).box.pointer
    return 0
  }
  return picture
}

@implementation @_cdecl("etcdcli_directory_free")
public func etcdcli_directory_free(_ directory: OpaquePointer?) -> CInt {
  guard directory != nil else { return 0 }
  return answer { () throws(CallError) in
    let handle = try HandleTable.shared.find(directory, as: DirectoryHandle.self, evenIfForked: true)
    let isForked = HandleTable.shared.isForked(directory)
    HandleTable.shared.remove(directory, kind: .directory)
    handle.free(isForked: isForked)
    return 0
  }
}

// MARK: Filters

@implementation @_cdecl("etcdcli_filter_new")
public func etcdcli_filter_new(
  _ directory: OpaquePointer?, _ params: UnsafePointer<etcdcli_filter_params>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
  answer { () throws(CallError) in
    let directory = try find(directory)
    guard let out else { throw CallError(.argument, "out is NULL") }
    let name = "filter_params"
    let params = try Arguments.read(params, name)
    try Arguments.check(flags: params.flags, allowed: Flag.zoneFirst, "\(name).flags")
    try Arguments.check(flags: params.states, allowed: 7, "\(name).states")
    var filter = ServiceFilter()
    filter.zone = Bytes(try Arguments.bytes(params.zone, "\(name).zone"))
    filter.zoneIsPreferred = params.flags & Flag.zoneFirst != 0
    if filter.zoneIsPreferred, filter.zone.isEmpty { throw CallError(.argument, "\(name).zone is empty") }
    filter.version = Bytes(try Arguments.bytes(params.version, "\(name).version"))
    filter.versionEnd = Bytes(try Arguments.bytes(params.version_end, "\(name).version_end"))
    filter.labels = try Arguments.labels(params.labels, params.label_count, name)
    filter.states = [.up, .draining, .down].filter { params.states & 1 << UInt32($0.rawValue) != 0 }
    guard let ticket = HandleTable.shared.insert(FilterHandle(filter, of: directory)) else {
      throw CallError.outOfHandles
    }
    out.pointee = ticket
    return 0
  }
}

@implementation @_cdecl("etcdcli_filter_picture")
public func etcdcli_filter_picture(_ filter: OpaquePointer?) -> OpaquePointer! {
  var picture: OpaquePointer?
  _ = answer { () throws(CallError) in
    guard let box = try HandleTable.shared.find(filter, as: FilterHandle.self).box else {
      throw CallError(.handle, "the directory of the filter was freed")
    }
    picture = box.pointer
    return 0
  }
  return picture
}

@implementation @_cdecl("etcdcli_filter_free")
public func etcdcli_filter_free(_ filter: OpaquePointer?) -> CInt {
  guard filter != nil else { return 0 }
  return answer { () throws(CallError) in
    _ = try HandleTable.shared.find(filter, as: FilterHandle.self, evenIfForked: true)
    HandleTable.shared.remove(filter, kind: .filter)
    return 0
  }
}

// MARK: Pictures

/// Lends the box behind a picture, without counting that it is in use: whoever calls has seen to that.
private func look<R>(_ picture: OpaquePointer?, _ body: (PictureBox) -> R?) -> R? {
  guard let picture else { return nil }
  return Unmanaged<PictureBox>.fromOpaque(UnsafeRawPointer(picture))._withUnsafeGuaranteedRef { body($0) }
}

@implementation @_cdecl("etcdcli_picture_acquire")
public func etcdcli_picture_acquire(_ picture: OpaquePointer?) -> OpaquePointer! {
  if let picture { _ = Unmanaged<PictureBox>.fromOpaque(UnsafeRawPointer(picture)).retain() }
  return picture
}

@implementation @_cdecl("etcdcli_picture_release")
public func etcdcli_picture_release(_ picture: OpaquePointer?) {
  if let picture { Unmanaged<PictureBox>.fromOpaque(UnsafeRawPointer(picture)).release() }
}

@implementation @_cdecl("etcdcli_picture_revision")
public func etcdcli_picture_revision(_ picture: OpaquePointer?) -> Int64 {
  look(picture) { $0.picture.revision } ?? 0
}

@implementation @_cdecl("etcdcli_picture_size")
public func etcdcli_picture_size(_ picture: OpaquePointer?) -> Int {
  look(picture) { $0.picture.services.count } ?? 0
}

@implementation @_cdecl("etcdcli_picture_service")
public func etcdcli_picture_service(_ picture: OpaquePointer?, _ index: Int) -> UnsafePointer<etcdcli_service>! {
  look(picture) { $0.service(index) }
}

@implementation @_cdecl("etcdcli_picture_lower_bound")
public func etcdcli_picture_lower_bound(_ picture: OpaquePointer?, _ key: etcdcli_slice) -> Int {
  bound(of: key, in: picture, after: false)
}

@implementation @_cdecl("etcdcli_picture_upper_bound")
public func etcdcli_picture_upper_bound(_ picture: OpaquePointer?, _ key: etcdcli_slice) -> Int {
  bound(of: key, in: picture, after: true)
}

private func bound(of key: etcdcli_slice, in picture: OpaquePointer?, after: Bool) -> Int {
  let count = key.data == nil ? 0 : max(key.size, 0)
  return look(picture) {
    $0.picture.bound(of: Bytes(copying: UnsafeRawBufferPointer(start: key.data, count: count)), after: after)
  } ?? 0
}

@implementation @_cdecl("etcdcli_picture_takers")
public func etcdcli_picture_takers(_ picture: OpaquePointer?) -> Int {
  look(picture) { $0.picture.takers } ?? 0
}

@implementation @_cdecl("etcdcli_picture_select")
public func etcdcli_picture_select(_ picture: OpaquePointer?, _ hash: UInt64) -> UnsafePointer<etcdcli_service>! {
  look(picture) { $0.service($0.picture.responsible(for: hash)) }
}

@implementation @_cdecl("etcdcli_picture_select_many")
public func etcdcli_picture_select_many(
  _ picture: OpaquePointer?, _ hash: UInt64, _ out: UnsafeMutablePointer<UnsafePointer<etcdcli_service>?>?,
  _ count: Int
) -> Int {
  guard let out, count > 0 else { return 0 }
  return look(picture) { box in
    withUnsafeTemporaryAllocation(of: Rendezvous.Candidate.self, capacity: min(count, 64)) { ranking in
      let found = box.picture.ranking(for: hash, into: ranking)
      for place in 0..<found { out[place] = box.service(Int(ranking[place].index)) }
      return found
    }
  } ?? 0
}

@implementation @_cdecl("etcdcli_picture_select_bounded")
public func etcdcli_picture_select_bounded(
  _ picture: OpaquePointer?, _ hash: UInt64, _ loads: UnsafePointer<UInt64>?, _ count: Int, _ percent: CUnsignedInt
) -> UnsafePointer<etcdcli_service>! {
  look(picture) {
    $0.service($0.picture.responsible(for: hash, loads: buffer(loads, count), percent: UInt64(percent)))
  }
}

@implementation @_cdecl("etcdcli_picture_least_loaded")
public func etcdcli_picture_least_loaded(
  _ picture: OpaquePointer?, _ loads: UnsafePointer<UInt64>?, _ count: Int
) -> UnsafePointer<etcdcli_service>! {
  look(picture) { $0.service($0.picture.leastLoaded(buffer(loads, count))) }
}

private func buffer(_ loads: UnsafePointer<UInt64>?, _ count: Int) -> UnsafeBufferPointer<UInt64> {
  UnsafeBufferPointer(start: loads, count: loads == nil ? 0 : max(count, 0))
}

@implementation @_cdecl("etcdcli_picture_turn")
public func etcdcli_picture_turn(_ picture: OpaquePointer?, _ number: UInt64) -> UnsafePointer<etcdcli_service>! {
  look(picture) { $0.service($0.picture.turn(number)) }
}

// MARK: The ring

@implementation @_cdecl("etcdcli_ring_hash_bytes")
public func etcdcli_ring_hash_bytes(_ bytes: etcdcli_slice, _ seed: UInt32) -> etcdcli_ring_hash {
  let count = bytes.data == nil ? 0 : max(bytes.size, 0)
  return etcdcli_ring_hash(RingHash(of: UnsafeRawBufferPointer(start: bytes.data, count: count), seed: seed))
}

@implementation @_cdecl("etcdcli_ring_hash_u64")
public func etcdcli_ring_hash_u64(_ number: UInt64, _ seed: UInt32) -> etcdcli_ring_hash {
  etcdcli_ring_hash(RingHash(of: number, seed: seed))
}

@implementation @_cdecl("etcdcli_ring_hash_i64")
public func etcdcli_ring_hash_i64(_ number: Int64, _ seed: UInt32) -> etcdcli_ring_hash {
  etcdcli_ring_hash(RingHash(of: UInt64(bitPattern: number), seed: seed))
}

extension etcdcli_ring_hash {
  fileprivate init(_ hash: RingHash) {
    self.init(first: hash.first, second: hash.second)
  }
}

private func lookUp<R>(
  _ picture: OpaquePointer?, _ ring: CInt, _ hash: etcdcli_ring_hash, _ body: (PictureBox, Ring, RingHash) -> R?
) -> R? {
  guard let kind = Ring.Kind(rawValue: ring) else { return nil }
  return look(picture) { body($0, $0.picture.ring(kind), RingHash(first: hash.first, second: hash.second)) }
}

@implementation @_cdecl("etcdcli_picture_ring_select")
public func etcdcli_picture_ring_select(
  _ picture: OpaquePointer?, _ ring: CInt, _ hash: etcdcli_ring_hash
) -> UnsafePointer<etcdcli_service>! {
  lookUp(picture, ring, hash) { box, ring, hash in box.service(ring.place(for: hash)) }
}

@implementation @_cdecl("etcdcli_picture_ring_select_many")
public func etcdcli_picture_ring_select_many(
  _ picture: OpaquePointer?, _ ring: CInt, _ hash: etcdcli_ring_hash,
  _ out: UnsafeMutablePointer<UnsafePointer<etcdcli_service>?>?, _ count: Int
) -> Int {
  guard let out, count > 0 else { return 0 }
  return lookUp(picture, ring, hash) { box, ring, hash in
    withUnsafeTemporaryAllocation(of: Int.self, capacity: min(count, 64)) { places in
      let found = ring.places(for: hash, into: places)
      for index in 0..<found { out[index] = box.service(places[index]) }
      return found
    }
  } ?? 0
}
