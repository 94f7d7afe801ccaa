import EtcdTransport

extension Secret {
  /// No header of a request may be longer, or end before its time: what it may hold is printable ASCII without spaces,
  /// as every token of etcd's is.
  package var isToken: Bool {
    !isEmpty && text.utf8.count <= Self.tokenLimit && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
  }

  /// In bytes.
  package static let tokenLimit = 65_536
}
