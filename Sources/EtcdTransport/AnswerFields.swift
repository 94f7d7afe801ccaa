/// Fields of an answer besides its body: those of its header, and those that follow the body. Only what a request asked
/// for is in here.
package struct AnswerFields: Sendable, Hashable {
  package var headers: [Field]
  package var trailers: [Field]

  package init(headers: [Field] = [], trailers: [Field] = []) {
    self.headers = headers
    self.trailers = trailers
  }

  package struct Field: Sendable, Hashable {
    /// In lower case.
    package var name: String
    /// Without white space around it. Bytes that are not UTF-8 are replaced.
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Which fields a request asks for.
  package enum Wanted: Sendable {
    /// Nothing is collected, and costs nothing.
    case none
    /// Those with these names, in lower case.
    case named([String])
    case all
  }
}
