import CCurl
import Glibc
import Testing

@testable import EtcdTransport

/// What libcurl makes of the URLs that it is given, those among them that are taken apart for it.
@Suite(.serialized) struct EasyHandleTests {
  private struct Destination: Equatable {
    var result = CURLE_COULDNT_CONNECT.rawValue
    var port: UInt16 = 0
  }

  private let multi: CurlMulti
  private let handle: EasyHandle

  /// Where libcurl would connect to.
  nonisolated(unsafe) private static var wanted: Destination?

  init() throws {
    multi = try CurlMulti(epoll: System.makeEpoll(), options: ReactorOptions())
    handle = try #require(EasyHandle(options: ReactorOptions(), multi: multi))
    _ = ccurl_easy_set_open_socket(handle.curl) { _, _, address in
      guard let address, let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return CURL_SOCKET_BAD }
      let bytes = UnsafeRawPointer(address) + offset
      EasyHandleTests.wanted = Destination(
        port: UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
      return address.pointee.family == AF_INET6 ? socket(AF_INET6, address.pointee.socktype, 0) : CURL_SOCKET_BAD
    }
  }

  private func destination(_ origin: String, _ path: String = "/") -> Destination {
    Self.wanted = nil
    handle.useURL(origin, path)
    let result = curl_easy_perform(handle.curl)
    var destination = Self.wanted ?? Destination()
    destination.result = result.rawValue
    return destination
  }

  @Test func theURLIsTheOneThatWasSetLast() {
    defer { handle.close() }
    for port in [7001, 7002, 7002, 7001] as [UInt16] {
      #expect(destination("http://127.0.0.1:\(port)") == Destination(port: port))
      #expect(handle.parsedURL != nil)
    }
  }

  /// libcurl before 8.3 loses it when it copies what is taken apart, and connects to an address that there is not without.
  @Test func theZoneOfAnAddressIsKept() {
    defer { handle.close() }
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, 100)
    for zone in ["%25lo", "%lo"] {
      #expect(destination("http://127.0.0.1:7001") == Destination(port: 7001))
      #expect(destination("http://[fe80::1\(zone)]:7003").port == 7003)
      var code = 0
      ccurl_easy_get_long(handle.curl, CURLINFO_OS_ERRNO, &code)
      #expect(code != EINVAL)
    }
  }

  @Test func whatCannotBeTakenApartIsLibcurlsToComplainOf() {
    defer { handle.close() }
    for _ in 0..<2 {
      #expect(destination("http://127.0.0.1:99999").result == CURLE_URL_MALFORMAT.rawValue)
      #expect(destination("http://user@127.0.0.1:1").port == 0)
      #expect(destination("http://127.0.0.1:7001") == Destination(port: 7001))
    }
  }
}
