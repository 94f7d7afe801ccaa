import CEtcdcli
import EtcdCore
import Glibc

/// A directory is a host of the library's own: it has a watcher, whose callbacks feed the machine before the host hears
/// of what has changed.
final class DirectoryHandle: Handle {
  static let kind = HandleKind.directory

  let cluster: ClusterHandle
  private let parser: ServiceParser
  private let onParse: etcdcli_service_parse_fn?
  private let onChange: etcdcli_directory_fn?
  /// The host's. Its end is that of the watcher's.
  private let user: UserData
  private var machine: Directory
  private var watcher: WatcherHandle?
  private(set) var ticket: OpaquePointer?
  private(set) var isFreed = false
  private var picture: (box: PictureBox, edition: UInt64)?

  init(
    of cluster: ClusterHandle, _ parser: ServiceParser, _ onParse: etcdcli_service_parse_fn?,
    _ onChange: etcdcli_directory_fn?, _ user: UserData
  ) {
    self.cluster = cluster
    self.parser = parser
    self.onParse = onParse
    self.onChange = onChange
    self.user = user
    machine = Directory(now: Self.now)
  }

  /// Follows what the watcher `id` of the core delivers.
  func follow(_ id: WatcherID) throws(CallError) {
    ticket = HandleTable.shared.insert(self)
    if ticket == nil { throw CallError.outOfHandles }
    let own = Unmanaged.passRetained(self)
    let user = UserData(own.toOpaque()) { own in
      guard let own else { return }
      let directory = Unmanaged<DirectoryHandle>.fromOpaque(own)
      directory.takeUnretainedValue().user.release()
      directory.release()
    }
    do throws(CallError) {
      let watcher = try WatcherHandle(
        id, of: cluster,
        { _, info, own in
          guard let info, let own, let batch = BatchBox.from(info.pointee.batch)?.batch else { return }
          Unmanaged<DirectoryHandle>.fromOpaque(own).takeUnretainedValue().take(batch)
        },
        { _, info, own in
          guard let info, let own else { return }
          Unmanaged<DirectoryHandle>.fromOpaque(own).takeUnretainedValue().take(info.pointee)
        }, user)
      self.watcher = watcher
      cluster.add(watcher)
    } catch {
      own.release()
      HandleTable.shared.remove(ticket, kind: .directory)
      throw error
    }
  }

  var state: WatcherState {
    guard let watcher else { return .ended }
    return cluster.core?.watcherState(watcher.id) ?? .ended
  }

  var behindMs: Int64 { machine.behindMs(now: Self.now) }

  /// The same one until something changes.
  var box: PictureBox {
    if let picture, picture.edition == machine.edition { return picture.box }
    let box = PictureBox(machine.picture)
    picture = (box, machine.edition)
    return box
  }

  func free(isForked: Bool) {
    isFreed = true
    picture = nil
    guard let watcher else { return }
    HandleTable.shared.remove(watcher.ticket, kind: .watcher)
    if !isForked { cluster.remove(watcher) }
    watcher.user.release()
  }

  // MARK: What the watcher delivers

  /// Whether the host wants no more: the directory or its cluster was freed inside a callback.
  private var isOver: Bool { isFreed || watcher?.user.isReleased ?? true }

  private func take(_ batch: Batch) {
    // Before the machine is touched: the host's parser may do what a callback may.
    var traits: [Result<ServiceTraits, Directory.Refused>] = []
    for event in batch.events {
      traits.append(event.kind == .put ? parse(event.kv) : .failure(Directory.Refused("")))
      if isOver { return }
    }
    let changes = machine.take(batch, traits)
    if case .stale(_, let time) = batch.origin {
      let age = FileSystem().unixMilliseconds.subtractingReportingOverflow(time).partialValue
      machine.isFrom(.milliseconds(age), before: Self.now)
    }
    for change in changes {
      tell(change)
      if isOver { return }
    }
  }

  private func take(_ info: etcdcli_watcher_info) {
    machine.watcherIs(live: info.state == WatcherState.live.rawValue, now: Self.now)
    tell(ETCDCLI_CHANGE_STATE, state: info.state, error: info.error)
  }

  private func tell(_ change: Directory.Change) {
    switch change {
    case .complete: tell(ETCDCLI_CHANGE_COMPLETE)
    case .joined(let service): tell(ETCDCLI_CHANGE_JOINED, [service])
    case .changed(let service, let previous): tell(ETCDCLI_CHANGE_CHANGED, [service, previous])
    case .left(let service): tell(ETCDCLI_CHANGE_LEFT, [service])
    case .refused(let kv, let reason):
      withUnsafePointer(to: etcdcli_kv(kv)) { kv in
        reason.withCString { tell(ETCDCLI_CHANGE_REFUSED, kv: kv, message: $0) }
      }
    }
  }

  private func tell(
    _ change: etcdcli_change_t, _ services: [Service] = [], kv: UnsafePointer<etcdcli_kv>? = nil,
    message: UnsafePointer<CChar> = StaticText.empty, state: CInt? = nil, error: UnsafePointer<etcdcli_error>? = nil
  ) {
    guard let onChange else { return }
    let list = ServiceList(services)
    let info = etcdcli_directory_info(
      change: CInt(change.rawValue), service: list[0], previous: list[1], kv: kv, message: message,
      state: state ?? self.state.rawValue, error: error)
    user.lend(info) { onChange(ticket, $0, $1) }
    withExtendedLifetime(list) {}
  }

  // MARK: Parsing

  private func parse(_ kv: KeyValue) -> Result<ServiceTraits, Directory.Refused> {
    guard let onParse else { return parser.parse(kv) }
    let defaults = parser.traits(of: kv.key)
    var service = etcdcli_service(defaults)
    var code: CInt = 0
    user.lend(etcdcli_kv(kv)) { code = onParse(ticket, $0, &service, $1) }
    guard code == 0 else { return .failure(Directory.Refused("the host's parser refused it: \(code)")) }
    do throws(CallError) {
      return .success(try Arguments.traits(of: service, defaults))
    } catch {
      return .failure(Directory.Refused(error.message))
    }
  }

  private static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }
}

/// Behind an `etcdcli_filter`.
final class FilterHandle: Handle {
  static let kind = HandleKind.filter

  private let directory: DirectoryHandle
  private let filter: ServiceFilter
  private var picture: (box: PictureBox, whole: PictureBox)?

  init(_ filter: ServiceFilter, of directory: DirectoryHandle) {
    self.filter = filter
    self.directory = directory
  }

  /// The same one until that of the directory is another; `nil` if there is no directory any more.
  var box: PictureBox? {
    if directory.isFreed { return nil }
    let whole = directory.box
    if let picture, picture.whole === whole { return picture.box }
    let box = PictureBox(filter.picture(of: whole.picture))
    picture = (box, whole)
    return box
  }
}

extension Arguments {
  static func labels(
    _ labels: UnsafePointer<etcdcli_label>?, _ count: Int, _ name: String
  ) throws(CallError) -> [ServiceLabel] {
    guard (0...64).contains(count), count == 0 || labels != nil else {
      throw CallError(.argument, "\(name).label_count is \(count): must be 0 to 64, and labels not NULL")
    }
    var all: [ServiceLabel] = []
    for label in UnsafeBufferPointer(start: labels, count: count) {
      all.append(
        ServiceLabel(
          name: Bytes(try bytes(label.name, "\(name).labels")), value: Bytes(try bytes(label.value, "\(name).labels"))))
    }
    return all
  }

  /// What the host's parser has made of a value.
  static func traits(of service: etcdcli_service, _ defaults: ServiceTraits) throws(CallError) -> ServiceTraits {
    let name = "service"
    var traits = defaults
    traits.id = Bytes(try bytes(service.id, "\(name).id"))
    if traits.id.isEmpty { traits.id = defaults.id }
    traits.name = Bytes(try bytes(service.name, "\(name).name"))
    traits.zone = Bytes(try bytes(service.zone, "\(name).zone"))
    traits.version = Bytes(try bytes(service.version, "\(name).version"))
    try check(service.weight, in: Rendezvous.weights, "\(name).weight")
    traits.weight = service.weight
    guard let state = ServiceState(rawValue: service.state) else {
      throw CallError(.argument, "\(name).state is \(service.state), which is none of its values")
    }
    traits.state = state
    traits.labels = try labels(service.labels, service.label_count, name)
    return traits
  }
}
