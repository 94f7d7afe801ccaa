import EtcdTransport

/// What other options change of a cluster that works.
package struct Reload {
  let options: Options
  /// Their names, in the order of the table.
  let changed: [String]
  /// What the transport is told is another, and of that, what is said of connections.
  let concernsTransport: Bool
  let concernsConnections: Bool
  let concernsCredentials: Bool
  let concernsEndpoints: Bool
  /// What is spoken to them.
  let concernsWire: Bool
  /// What is allowed, had better be known, and was not so before.
  let warnings: [String]

  /// Throws what cannot be changed, all of it.
  init(from before: Options, to options: Options, hasLease: Bool) throws(OptionError) {
    var options = options
    // That there is none to be taken over is no change: it was to be taken over at the start.
    if options.leaseID == 0 { options.leaseID = before.leaseID }
    self.options = options
    let changed = OptionTable.all.filter { !$0.isSame(in: options, as: before) }
    let refusals = changed.compactMap { option -> String? in
      switch option.reload {
      case .never: "\(option.name) cannot be changed while the cluster works"
      case .withoutLease where hasLease: "\(option.name) cannot be changed while the cluster has a lease"
      case .always, .withoutLease: nil
      }
    }
    if !refusals.isEmpty { throw OptionError(message: refusals.joined(separator: "; ")) }
    self.changed = changed.map(\.name)
    let (transport, transportBefore) = (ReactorOptions(options, userAgent: ""), ReactorOptions(before, userAgent: ""))
    concernsTransport = transport != transportBefore
    concernsConnections = transport.concernConnections(since: transportBefore)
    concernsCredentials = options.credentials != before.credentials
    concernsEndpoints =
      options.endpoints != before.endpoints || options.serviceDomains != before.serviceDomains
      || options.discoversMembers != before.discoversMembers
    concernsWire = options.wire != before.wire
    warnings = options.warnings.filter { !before.warnings.contains($0) }
  }

  package var isEmpty: Bool { changed.isEmpty }

  /// What failed before may work now.
  var mayMend: Bool { concernsConnections || concernsEndpoints || concernsWire }
}
