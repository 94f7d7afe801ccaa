/// Why a document could not be decoded, and where.
package struct PackerError: Error, Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable {
    case truncated = "the document ends too early"
    case trailingBytes = "there is something after the end of the document"
    case unexpectedByte = "a byte has no place here"
    case tooDeep = "objects and arrays are nested too deeply"
    case wrongType = "the value has another type than the field"
    case invalidNumber = "a number is malformed"
    case notAnInteger = "a number is not a whole one"
    case integerOutOfRange = "an integer is out of range"
    case controlCharacter = "a string contains a bare control character"
    case invalidEscape = "a string contains a malformed escape"
    case loneSurrogate = "a string contains half of a surrogate pair"
    case invalidUTF8 = "a string is not UTF-8"
    case invalidBase64 = "a byte string is not base64"
    case unknownEnumValue = "an enumeration has an unknown value"
    case missingField = "a field that must be there is absent"
    case invalidVarint = "an integer has too many bytes"
    case invalidTag = "a field has an impossible number or type"
    case compressed = "a message is compressed, which was not asked for"
    case documentTooLarge = "a document is larger than allowed"
  }

  package var reason: Reason
  /// The offset into the document of the byte at which the fault was noticed.
  package var offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

extension PackerError: CustomStringConvertible {
  package var description: String { "\(reason.rawValue) (byte \(offset))" }
}
