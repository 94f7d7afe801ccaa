import Testing

@testable import EtcdTransport

@Suite struct RoundTripTests {
  @Test func getBringsTheBody() throws {
    let server = TestServer { connection, _ in connection.answer("hello") }
    let driver = try Driver(server)
    let outcome = driver.outcome(of: driver.start(server, .get, path: "version"))
    #expect(outcome?.status == 200)
    #expect(outcome?.text == "hello")
    #expect(server.requests.first?.head.hasPrefix("GET /version HTTP/1.1\r\n") == true)
  }

  @Test func postCarriesItsBodyWithNulBytes() throws {
    let server = TestServer { connection, request in connection.answer(request.body) }
    let driver = try Driver(server)
    let body: [UInt8] = [0, 1, 0, 255, 13, 10, 0]
    let outcome = driver.outcome(of: driver.start(server, body: body))
    #expect(outcome?.status == 200)
    #expect(outcome?.body == body)
    #expect(server.requests.map(\.body) == [body])
  }
}
