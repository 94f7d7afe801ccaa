import EtcdPacker

/// A password or a token. Printing or reflecting it, also as part of something else, does not show it.
package struct Secret: Hashable, Sendable, Confidential {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  package var isEmpty: Bool { text.isEmpty }

  /// No header of a request may be longer, or end before its time: what it may hold is printable ASCII without spaces,
  /// as every token of etcd's is.
  package var isToken: Bool {
    !isEmpty && text.utf8.count <= Self.tokenLimit && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
  }

  /// In bytes.
  package static let tokenLimit = 65_536
}
