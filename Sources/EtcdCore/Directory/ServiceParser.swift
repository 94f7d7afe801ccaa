import EtcdPacker

/// What the library itself can make of a value.
package struct ServiceParser: Sendable {
  /// What the fields of the JSON object are called; `nil`: the value is not looked at.
  package struct Names: Sendable {
    package var id: [UInt8]
    package var name: [UInt8]
    package var weight: [UInt8]
    package var zone: [UInt8]
    package var version: [UInt8]
    package var state: [UInt8]
    package var labels: [UInt8]

    package init() {
      id = Array("id".utf8)
      name = Array("name".utf8)
      weight = Array("weight".utf8)
      zone = Array("zone".utf8)
      version = Array("version".utf8)
      state = Array("state".utf8)
      labels = Array("labels".utf8)
    }
  }

  private let prefix: Int
  private let names: Names?

  /// `prefix`: how many bytes of the keys belong to the directory, and to no service.
  package init(prefix: Int, names: Names?) {
    self.prefix = prefix
    self.names = names
  }

  /// What is so where nothing is said.
  package func traits(of key: Bytes) -> ServiceTraits {
    ServiceTraits(id: key.slice(prefix..<key.count).copy())
  }

  package func parse(_ kv: KeyValue) -> Result<ServiceTraits, Directory.Refused> {
    guard let names else { return .success(traits(of: kv.key)) }
    do throws(PackerError) {
      var traits = traits(of: kv.key)
      try kv.value.withUnsafeBytes { (document) throws(PackerError) in
        try traits.read(document, names)
      }
      return .success(traits)
    } catch {
      return .failure(Directory.Refused("the value is no service's: \(error)"))
    }
  }
}

extension ServiceTraits {
  fileprivate mutating func read(_ document: UnsafeRawBufferPointer, _ names: ServiceParser.Names) throws(PackerError) {
    try JSONReader.eachField(of: document) { field, reader throws(PackerError) in
      let start = reader.position
      if field.isExactly(names.id) {
        if let text = try reader.text(), !text.isEmpty { id = text }
      } else if field.isExactly(names.name) {
        name = try reader.text() ?? Bytes()
      } else if field.isExactly(names.zone) {
        zone = try reader.text() ?? Bytes()
      } else if field.isExactly(names.version) {
        version = try reader.text() ?? Bytes()
      } else if field.isExactly(names.weight) {
        guard let text = try reader.text() else { return }
        guard let number = Int64(text.description), Rendezvous.weights.contains(number) else {
          throw PackerError(.integerOutOfRange, at: start)
        }
        weight = number
      } else if field.isExactly(names.state) {
        switch try reader.text() {
        case nil: break
        case "up"?: state = .up
        case "draining"?: state = .draining
        case "down"?: state = .down
        default: throw PackerError(.unknownEnumValue, at: start)
        }
      } else if field.isExactly(names.labels) {
        labels = []
        try reader.eachField { name, reader throws(PackerError) in
          let name = name.copy
          if let value = try reader.text() { labels.append(ServiceLabel(name: name, value: value)) }
        }
      }
    }
  }
}
