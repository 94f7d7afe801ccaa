import CEtcdcli
import EtcdCore
import Glibc

/// A C string of the library's own.
final class OwnText {
  /// Empty where there is no memory for it.
  private let storage: UnsafeMutablePointer<CChar>?

  init(_ text: String) {
    storage = strdup(text)
  }

  deinit {
    free(storage)
  }

  /// Valid as long as this is there.
  var pointer: UnsafePointer<CChar> { storage.map { UnsafePointer($0) } ?? StaticText.empty }
}

/// Behind an `etcdcli_endpoint_info`.
final class EndpointBox {
  private let info: CArray<etcdcli_endpoint_info>
  private let texts: [OwnText]

  init(_ report: EndpointReport) {
    let (url, name, version) = (OwnText(report.url), OwnText(report.name), OwnText(report.version))
    let wire = OwnText(report.wire.rawValue)
    texts = [url, name, version, wire]
    var flags: UInt32 = 0
    if report.isSeed { flags |= ETCDCLI_ENDPOINT_SEED.rawValue }
    if report.isCurrent { flags |= ETCDCLI_ENDPOINT_CURRENT.rawValue }
    if report.wasAnswered, report.failures == 0 { flags |= ETCDCLI_ENDPOINT_HEALTHY.rawValue }
    info = CArray(
      CollectionOfOne(
        etcdcli_endpoint_info(
          url: url.pointer, member_name: name.pointer, server_version: version.pointer, member_id: report.memberID,
          flags: flags, failures: CInt(clamping: report.failures), wire: wire.pointer)))
  }

  deinit {
    info.free()
  }

  /// Valid as long as this is there.
  var pointer: UnsafePointer<etcdcli_endpoint_info>? { info[0] }
}
