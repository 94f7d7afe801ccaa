import EtcdPacker
import Testing

/// What is declared is what etcd's public definitions say, and what another implementation of protobuf makes of them.
@Suite struct DeclarationTests {
  @Test func everyMessageOfTheDefinitionsIsDeclared() {
    #expect(Set(EveryMessage.byName.keys) == Set(Self.definitions.map(\.name)))
  }

  @Test(arguments: definitions)
  func fieldsHaveTheNumbersNamesAndTypesOfTheDefinitions(message: Definition) throws {
    let type = try #require(EveryMessage.byName[message.name])
    let fields = DeclaredFields.of(type).sorted { $0.number < $1.number }
    #expect(fields.map(\.description) == message.fields.map(\.description))
    for (declared, defined) in zip(fields, message.fields) where defined.isOneOfSeveral {
      #expect(declared.isOptional, "\(message.name): \(declared)")
    }
  }

  @Test(arguments: vectors)
  func bothCodecsReadWhatAnotherImplementationWrote(vector: Vector) throws {
    let type = try #require(EveryMessage.byName[vector.name])
    try check(type, vector)
  }

  private func check<M: Message>(_: M.Type, _ vector: Vector) throws {
    let message = try M.decodeProtobuf(vector.protobuf)
    #expect(message == (try M.decode(vector.json)))
    // A condition of a transaction is not declared in the order of its numbers.
    if ["Compare", "TxnRequest", "RequestOp"].contains(vector.name) {
      #expect(message.encodeProtobuf().sorted() == vector.protobuf.sorted())
      #expect(message.encode().sorted() == vector.json.sorted())
    } else {
      #expect(message.encodeProtobuf() == vector.protobuf)
      #expect(text(message.encode()) == text(vector.json))
    }
  }

  // MARK: ProtobufVectors

  struct Definition: CustomTestStringConvertible {
    struct Field: CustomStringConvertible {
      let description: String
      let isOneOfSeveral: Bool
    }

    let name: String
    var fields: [Field] = []

    var testDescription: String { name }
  }

  static let definitions: [Definition] = {
    var definitions: [Definition] = []
    for line in ProtobufVectors.definitions.split(separator: "\n") {
      if line.hasPrefix(" ") {
        let parts = line.dropFirst(2).split(separator: " ")
        let ends = parts.firstIndex(of: "of") ?? parts.endIndex
        definitions[definitions.count - 1].fields.append(
          Definition.Field(
            description: parts[..<ends].joined(separator: " "), isOneOfSeveral: ends < parts.endIndex))
      } else {
        definitions.append(Definition(name: line.split(separator: ".").last.map(String.init) ?? ""))
      }
    }
    return definitions
  }()

  struct Vector: CustomTestStringConvertible {
    let name: String
    let protobuf: [UInt8]
    let json: [UInt8]

    var testDescription: String { name }
  }

  static let vectors: [Vector] = ProtobufVectors.lines.split(separator: "\n").map { line in
    let parts = line.split(separator: " ", maxSplits: 2)
    return Vector(
      name: parts[0].split(separator: ".").last.map(String.init) ?? "", protobuf: hex(parts[1]),
      json: utf8(String(parts[2])))
  }
}

/// Writes down what fields a message shows.
private struct DeclaredFields: Fields {
  struct Field: CustomStringConvertible {
    let number: UInt32
    let name: StaticString
    let type: String
    var isRepeated = false
    var isOptional = false

    var description: String { "\(number) \(name) \(isRepeated ? "repeated " : "")\(type)" }
  }

  private var fields: [Field] = []

  static func of<M: Message>(_: M.Type) -> [Field] {
    var declared = DeclaredFields()
    var message = M()
    message.fields(&declared)
    return declared.fields
  }

  private mutating func add(_ number: UInt32, _ name: StaticString, _ type: String) {
    fields.append(Field(number: number, name: name, type: type))
  }

  private mutating func add(optional number: UInt32, _ name: StaticString, _ type: String) {
    fields.append(Field(number: number, name: name, type: type, isOptional: true))
  }

  private mutating func add(repeated number: UInt32, _ name: StaticString, _ type: String) {
    fields.append(Field(number: number, name: name, type: type, isRepeated: true))
  }

  private func name<E: WireEnum>(_: E.Type) -> String {
    "enum:" + E.allCases.map { "\($0.name)=\($0.rawValue)" }.joined(separator: ",")
  }

  mutating func field(_ number: UInt32, _ name: StaticString, _: inout Bool) { add(number, name, "bool") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout Int64) { add(number, name, "int64") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout UInt64) { add(number, name, "uint64") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout UInt32) { add(number, name, "uint32") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout String) { add(number, name, "string") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout Bytes) { add(number, name, "bytes") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout [UInt8]) { add(number, name, "bytes") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout Int64?) { add(optional: number, name, "int64") }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout [UInt8]?) {
    add(optional: number, name, "bytes")
  }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout [String]) {
    add(repeated: number, name, "string")
  }
  mutating func field(_ number: UInt32, _ name: StaticString, _: inout [Bytes]) { add(repeated: number, name, "bytes") }

  mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _: inout E) {
    add(number, name, self.name(E.self))
  }
  mutating func field<E: WireEnum>(_ number: UInt32, _ name: StaticString, _: inout [E]) {
    add(repeated: number, name, self.name(E.self))
  }
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _: inout M) { add(number, name, "message") }
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _: inout M?) {
    add(optional: number, name, "message")
  }
  mutating func field<M: Message>(_ number: UInt32, _ name: StaticString, _: inout [M]) {
    add(repeated: number, name, "message")
  }
  mutating func field<O: OneOf>(_ number: UInt32, _ name: StaticString, _: inout [O]) {
    add(repeated: number, name, "message")
  }
}
