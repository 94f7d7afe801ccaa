/// What the core needs of a disk: files that belong to one process at a time.
///
/// `FileSystem` is the real one; the simulator is the other. Nothing waits for what was written to be on the medium, so
/// that a call takes as long as the system's memory does; after a power failure any part of it may be missing.
package protocol Disk: AnyObject {
  /// The time now, in milliseconds since 1970.
  var unixMilliseconds: Int64 { get }

  /// Opens a file, making an empty one if there is none, and keeps all others from it. Fails with `EWOULDBLOCK` if somebody
  /// else has it.
  func open(_ path: String) throws(SystemError) -> any DiskFile

  /// A new, empty file in the place of whatever was there, which is to be given another name.
  func create(_ path: String) throws(SystemError) -> any DiskFile
}

/// An open file; closed, and free for others, with its last reference.
package protocol DiskFile: AnyObject {
  /// When it was opened.
  var size: Int { get }

  /// Fewer bytes than `count` only at the end of the file.
  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8]

  func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(SystemError)

  func truncate(to size: Int) throws(SystemError)

  /// Puts it in the place of what has that name, at once and whole.
  func rename(to path: String) throws(SystemError)

  /// Takes its name away.
  func remove()
}
