import CSystem
import Glibc
import Testing

@testable import EtcdTransport

@Suite final class FileSystemTests {
  private let directory: String
  private let disk = FileSystem()

  init() {
    var template = Array("/tmp/etcdfiles.XXXXXX".utf8CString)
    directory = mkdtemp(&template).map { String(cString: $0) } ?? ""
  }

  deinit {
    for name in ["a", "a.new", "b"] { unlink(path(name)) }
    rmdir(directory)
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  private func refusal(_ body: () throws -> Void) -> SystemError? {
    do {
      try body()
      return nil
    } catch {
      return error as? SystemError
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let file = try disk.open(path("a"))
    #expect(file.size == 0)
    try file.write([0, 1, 2, 3, 4][...], at: 0)
    try file.write([7, 8, 9][1...], at: 4)
    #expect(try file.read(at: 1, count: 100) == [1, 2, 3, 8, 9])
    #expect(try file.read(at: 100, count: 1) == [])
    try file.truncate(to: 2)
    #expect(try file.read(at: 0, count: 9) == [0, 1])
  }

  @Test func aFileIsOneHoldersAtATime() throws {
    do {
      let first = try disk.open(path("a"))
      #expect(refusal { _ = try disk.open(path("a")) }?.call == "flock")
      withExtendedLifetime(first) {}
    }
    #expect(refusal { _ = try disk.open(path("a")) } == nil)
  }

  /// Whoever opens it afterwards meets the lock of the new one.
  @Test func aFileThatTakesThePlaceOfAnotherIsLockedToo() throws {
    var old: (any DiskFile)? = try disk.open(path("a"))
    let new = try disk.create(path("a.new"))
    try new.write([5], at: 0)
    try new.rename(to: path("a"))
    #expect(old?.size == 0)
    old = nil
    #expect(refusal { _ = try disk.open(path("a")) }?.call == "flock")
    #expect(access(path("a.new"), F_OK) != 0)
  }

  @Test func whatWasLeftOfANewFileIsNotUsed() throws {
    try disk.create(path("a.new")).write([1, 2, 3], at: 0)
    let file = try disk.create(path("a.new"))
    #expect(file.size == 0)
    file.remove()
    #expect(access(path("a.new"), F_OK) != 0)
  }

  @Test func whatIsNoFileOfOursIsRefused() {
    #expect(refusal { _ = try disk.open(directory) } != nil)
    symlink("/dev/null", path("a"))
    #expect(refusal { _ = try disk.open(path("a")) }?.errno == ELOOP)
    mkfifo(path("b"), 0o600)
    #expect(refusal { _ = try disk.open(path("b")) }?.text == "it is not a regular file")
    #expect(refusal { _ = try disk.open(path("missing/a")) }?.errno == ENOENT)
  }

  @Test func afterAForkNothingIsTouched() throws {
    let file = try disk.open(path("a"))
    try file.write([1], at: 0)
    disk.abandon()
    try file.write([2], at: 0)
    try file.truncate(to: 0)
    file.remove()
    #expect(try file.read(at: 0, count: 1) == [])
    #expect(access(path("a"), F_OK) == 0)
  }

  @Test func theTimeIsTheWallClocks() {
    let before = Int64(time(nil)) * 1000
    #expect((before - 1000...before + 60_000).contains(disk.unixMilliseconds))
  }
}
