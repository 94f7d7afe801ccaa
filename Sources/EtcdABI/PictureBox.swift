import CEtcdcli
import EtcdCore

/// Services as the header has them.
final class ServiceList {
  private let services: CArray<etcdcli_service>
  private let labels: CArray<etcdcli_label>
  /// What the arrays point into.
  private let origin: [Service]

  init(_ services: [Service]) {
    origin = services
    var all: [etcdcli_label] = []
    for service in services {
      for label in service.traits.labels {
        all.append(etcdcli_label(name: etcdcli_slice(label.name), value: etcdcli_slice(label.value)))
      }
    }
    let labels = CArray(all)
    self.labels = labels
    var next = 0
    self.services = CArray(
      services.map { service in
        defer { next += service.traits.labels.count }
        return etcdcli_service(service, labels: labels[next])
      })
  }

  deinit {
    services.free()
    labels.free()
  }

  subscript(index: Int) -> UnsafePointer<etcdcli_service>? { services[index] }
}

extension etcdcli_service {
  /// Points into the service, which must outlive it.
  fileprivate init(_ service: Service, labels: UnsafePointer<etcdcli_label>?) {
    self.init(service.traits, labels: labels)
    key = etcdcli_slice(service.key)
    value = etcdcli_slice(service.value)
    mod_revision = service.revision
    number = service.number
  }

  init(_ traits: ServiceTraits, labels: UnsafePointer<etcdcli_label>? = nil) {
    self.init()
    id = etcdcli_slice(traits.id)
    name = etcdcli_slice(traits.name)
    zone = etcdcli_slice(traits.zone)
    version = etcdcli_slice(traits.version)
    weight = traits.weight
    state = traits.state.rawValue
    self.labels = traits.labels.isEmpty ? nil : labels
    label_count = traits.labels.count
  }
}

/// Behind an `etcdcli_picture`. It never changes, and any thread that has acquired it may use it and let go of it.
final class PictureBox {
  let picture: DirectoryPicture
  private let list: ServiceList

  init(_ picture: DirectoryPicture) {
    self.picture = picture
    list = ServiceList(picture.services)
  }

  func service(_ index: Int?) -> UnsafePointer<etcdcli_service>? { index.flatMap { list[$0] } }

  /// What the accessors take. It does not keep the box alive.
  var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }
}
