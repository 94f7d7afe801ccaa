import Glibc
import Testing

@testable import EtcdTransport

@Suite final class TLSMaterialTests {
  private let directory: String
  private var now = Instant(nanoseconds: 1)

  init() {
    var template = Array("/tmp/etcdmaterial.XXXXXX".utf8CString)
    directory = mkdtemp(&template).map { String(cString: $0) } ?? ""
  }

  deinit {
    for name in ["ca", "cert", "key"] { unlink(path(name)) }
    rmdir(directory)
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  private func write(_ name: String, _ text: String) {
    guard let file = fopen(path(name), "w") else { return }
    fputs(text, file)
    fclose(file)
  }

  private func material(caPEM: String? = nil) -> TLSMaterial {
    var options = ReactorOptions.TLS(caFile: path("ca"), certFile: path("cert"), keyFile: path("key"))
    options.caPEM = caPEM
    return TLSMaterial(options)
  }

  private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  private func refresh(_ material: inout TLSMaterial, after time: Duration = .seconds(1)) {
    now = now + time
    material.refresh(now: now)
  }

  @Test func filesAreReadAgainWhenTheyChangeAndLookedAtOnceASecond() {
    write("ca", "ca 1")
    write("cert", "cert 1")
    write("key", "key 1")
    var material = material(caPEM: "more")
    refresh(&material)
    #expect(material.problem == nil)
    #expect(text(material.current.ca) == "ca 1\nmore")
    #expect(text(material.current.cert) == "cert 1" && material.current.key?.text == "key 1")
    let serial = material.current.serial
    write("ca", "ca two")
    refresh(&material, after: .milliseconds(999))
    #expect(material.current.serial == serial)
    refresh(&material, after: .milliseconds(1))
    #expect(text(material.current.ca) == "ca two\nmore")
    #expect(material.current.serial > serial)
    let next = material.current.serial
    refresh(&material)
    #expect(material.current.serial == next)
  }

  @Test func aFileThatIsAwayForAMomentChangesNothing() {
    for name in ["ca", "cert", "key"] { write(name, "\(name) 1") }
    var material = material()
    refresh(&material)
    unlink(path("key"))
    refresh(&material)
    #expect(material.problem == nil && material.current.key?.text == "key 1")
    write("key", "key two")
    refresh(&material)
    #expect(material.current.key?.text == "key two")
  }

  @Test func halfOfAPairIsLeftForThePairBefore() {
    for name in ["ca", "cert", "key"] { write(name, "\(name) 1") }
    var material = material()
    refresh(&material)
    write("cert", "cert two")
    refresh(&material)
    let serial = material.current.serial
    material.fallBack(from: serial)
    #expect(text(material.current.cert) == "cert 1" && material.current.serial > serial)
    // Whoever went with the half pair, too, and fails later.
    material.fallBack(from: serial)
    refresh(&material)
    #expect(text(material.current.cert) == "cert 1")
    write("key", "key two")
    refresh(&material)
    #expect(text(material.current.cert) == "cert two" && material.current.key?.text == "key two")
  }

  @Test func whatCannotBeReadFirstIsAProblemUntilItCan() {
    var material = material()
    refresh(&material)
    #expect(material.problem?.path == path("ca"))
    for name in ["ca", "cert", "key"] { write(name, name) }
    refresh(&material, after: .zero)
    #expect(material.problem == nil && text(material.current.ca) == "ca")
  }
}
