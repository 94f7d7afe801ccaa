import Glibc

/// Which target the process fuzzes: `ETCDCLI_FUZZ_TARGET`. `scripts/fuzz` sets it.
private let target: FuzzTarget = {
  let name = getenv("ETCDCLI_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    fatalError("ETCDCLI_FUZZ_TARGET is \"\(name)\"; it may be \(FuzzTarget.allCases.map(\.rawValue))")
  }
  return target
}()

/// What libFuzzer calls, again and again, in the program that `scripts/fuzz` links.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  do throws(Violation) {
    try target.run(Array(UnsafeBufferPointer(start: data, count: size)))
  } catch {
    fatalError("\(target.rawValue): \(error)")
  }
  return 0
}
