import Glibc
import TestSupport

/// Certificates made with `openssl` for the life of the test process, in a directory of their own.
struct Certificates {
  static let shared = Certificates()

  let directory: String

  /// Signs the others.
  var authority: String { directory + "/ca.pem" }
  /// One that signed nothing.
  var stranger: String { directory + "/stranger.pem" }
  /// For the address 127.0.0.1 only.
  var server: String { directory + "/server.pem" }
  var serverKey: String { directory + "/server.key" }
  var client: String { directory + "/client.pem" }
  var clientKey: String { directory + "/client.key" }

  private init() {
    var template = Array("/tmp/etcdtransport.XXXXXX".utf8CString)
    directory =
      mkdtemp(&template) == nil ? "/tmp" : String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    atexit {
      for name in ["ca", "stranger", "server", "client"] {
        for ending in ["pem", "key"] { unlink("\(Certificates.shared.directory)/\(name).\(ending)") }
      }
      rmdir(Certificates.shared.directory)
    }
    make("ca", [])
    make("stranger", [])
    let signed = ["-CA", authority, "-CAkey", directory + "/ca.key"]
    make("server", signed + ["-addext", "subjectAltName=IP:127.0.0.1"])
    make("client", signed)
  }

  private func make(_ name: String, _ options: [String]) {
    let arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
      "/CN=\(name)", "-keyout", "\(directory)/\(name).key", "-out", "\(directory)/\(name).pem",
    ]
    ChildProcess("openssl", arguments + options)?.wait()
  }
}
