import Testing

@testable import EtcdCore

struct EndpointTests {
  @Test(arguments: [
    ("http://10.0.0.1:2379", "http://10.0.0.1:2379"),
    ("http://10.0.0.1", "http://10.0.0.1:2379"),
    ("https://etcd-1.example_net:443/", "https://etcd-1.example_net:443"),
    ("HTTP://ETCD.Local:1", "http://etcd.local:1"),
    ("http://[::1]:65535", "http://[::1]:65535"),
    ("http://[FE80::1%eth0]", "http://[fe80::1%eth0]:2379"),
    ("http://h:02379", "http://h:2379"),
  ])
  func urlIsBroughtIntoNormalForm(text: String, url: String) throws {
    #expect(try Endpoint(parsing: text).url == url)
  }

  @Test func endpointsOfOneURLAreEqual() throws {
    #expect(try Endpoint(parsing: "http://h/") == Endpoint(parsing: "HTTP://H:2379"))
    #expect(try Endpoint(parsing: "http://h") != Endpoint(parsing: "https://h"))
  }

  @Test(arguments: [
    ("", "http://"), ("10.0.0.1:2379", "http://"), ("ftp://h", "http://"), ("http:/h", "http://"),
    ("http://", "no host"), ("http://:2379", "no host"), ("http:///", "no host"),
    ("http://h:", "port"), ("http://h:0", "port"), ("http://h:65536", "port"), ("http://h:+1", "port"),
    ("http://h:99999999999999999999", "port"), ("http://h:x", "port"),
    ("http://user@h", "user"), ("http://h/v3", "path"), ("http://h?x", "path"), ("http://h#x", "path"),
    ("http://::1", "colon"), ("http://[::1", "]"), ("http://[]", "IPv6"), ("http://[h]", "IPv6"),
    ("http://[::1]x", "after ]"), ("http://[::1]:", "port"),
    ("http://a b", "character"), ("http://a\u{0}b", "character"), ("http://a\r\nb", "character"),
    ("http://ä", "character"), ("http://a%", "character"),
  ])
  func malformedURLIsRefusedWithItsReason(text: String, reason: String) {
    let error = #expect(throws: EndpointError.self) { try Endpoint(parsing: text) }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
