/// Options behind a reference: of a room that keeps them so, no copy has to be made of all their texts where the compiler
/// copies the room.
final class SharedOptions {
  let value: Options

  init(_ value: Options) {
    self.value = value
  }
}
