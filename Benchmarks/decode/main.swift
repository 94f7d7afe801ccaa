// Decoding alone, by the packer: `decode-packer json|protobuf FILE SECONDS` reads a file of `canned` again and again, for
// so long, and prints what `decode` prints for others.

import EtcdPacker
import Glibc

struct Failure: Error {
  let text: String

  init(_ text: String) {
    self.text = text
  }
}

struct Told: Equatable {
  var events: UInt64 = 0
  var valueBytes: UInt64 = 0
  /// Something that is of all numbers, so that nobody passes over them.
  var sum: UInt64 = 0

  mutating func add(_ response: WatchResponse) {
    // Read where they are: an iteration would copy each.
    response.events.withUnsafeBufferPointer { list in
      guard let start = list.baseAddress else { return }
      for index in list.indices {
        let event = start + index
        events += 1
        valueBytes += UInt64(event.pointee.kv.value.count)
        sum &+= UInt64(
          bitPattern: event.pointee.kv.modRevision &+ event.pointee.kv.createRevision &+ event.pointee.kv.version
            &+ event.pointee.kv.lease)
      }
    }
  }
}

func contents(of path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else { throw Failure("\(path) cannot be opened") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = fread(&piece, 1, piece.count, file)
    if count == 0 { return bytes }
    bytes.append(contentsOf: piece[..<count])
  }
}

func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

/// Where the documents are: lines are found beforehand, since framing is not what is measured.
func ranges(of bytes: [UInt8], wire: String) throws -> [Range<Int>] {
  var ranges: [Range<Int>] = []
  var start = 0
  switch wire {
  case "json":
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      ranges.append(start..<index)
      start = index + 1
    }
  case "protobuf":
    while bytes.count - start >= 5 {
      let size = bytes[start + 1..<start + 5].reduce(0) { $0 << 8 | Int($1) }
      ranges.append(start + 5..<start + 5 + size)
      start += 5 + size
    }
  default:
    throw Failure("usage: decode-packer json|protobuf FILE SECONDS")
  }
  return ranges
}

func decodeAll(_ bytes: [UInt8], _ ranges: [Range<Int>]) throws -> Told {
  var told = Told()
  try bytes.withUnsafeBytes { bytes in
    for range in ranges {
      let document = UnsafeRawBufferPointer(rebasing: bytes[range])
      guard case .result(let response) = try StreamDocument<WatchResponse>.decode(document) else {
        throw Failure("the stream has failed")
      }
      told.add(response)
    }
  }
  return told
}

func decodeAll(_ messages: [Bytes]) throws -> Told {
  var told = Told()
  for message in messages { told.add(try WatchResponse.decodeProtobuf(message)) }
  return told
}

func run(_ arguments: [String]) throws {
  guard arguments.count == 4, let length = Double(arguments[3]) else {
    throw Failure("usage: decode-packer json|protobuf FILE SECONDS")
  }
  let wire = arguments[1]
  let bytes = try contents(of: arguments[2])
  let ranges = try ranges(of: bytes, wire: wire)
  let messages = wire == "json" ? [] : ranges.map { Bytes(Array(bytes[$0])) }
  let once = { wire == "json" ? try decodeAll(bytes, ranges) : try decodeAll(messages) }
  let first = try once()
  if first.events == 0 || first.valueBytes == 0 { throw Failure("there are no events") }
  let start = cpuSeconds()
  var laps = 0.0
  while cpuSeconds() - start < length {
    if try once() != first { throw Failure("it differs") }
    laps += 1
  }
  let spent = cpuSeconds() - start
  print(
    """
    {"cpu_us": \(1e6 * spent / laps / Double(first.events)), \
    "megabytes_per_second": \(1e-6 * laps * Double(bytes.count) / spent)}
    """)
}

do {
  try run(CommandLine.arguments)
} catch {
  let text = (error as? Failure)?.text ?? "\(error)"
  _ = Array("decode-packer: \(text)\n".utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  exit(1)
}
