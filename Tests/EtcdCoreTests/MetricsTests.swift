import EtcdPacker
import EtcdTransport
import TestSupport
import Testing

@testable import EtcdCore

struct MetricsTests {
  @Test func callsAreCountedByHowTheyEnd() throws {
    let scene = Scene()
    _ = try scene.put()
    scene.answer(.put, .put())
    _ = try scene.put()
    scene.refuse(.put, .permissionDenied)
    _ = try scene.put()
    scene.fail(.put, .broken)
    let call = try scene.put()
    _ = scene.cluster.cancel(call)
    let metrics = scene.cluster.metrics
    #expect(metrics.counted.total(.ok) == 1)
    #expect(metrics.counted.total(.failed) == 1)
    #expect(metrics.counted.total(.unknown) == 1)
    #expect(metrics.counted.total(.cancelled) == 1)
    #expect(metrics.counted.attempts == 3)
    #expect(metrics.counted.retries == 0)
    #expect(metrics.counted.bytesSent > 0)
    #expect(metrics.counted.bytesReceived > 0)
  }

  @Test func whatIsSentAgainIsCounted() throws {
    let scene = Scene(endpoints: 2)
    _ = try scene.range()
    scene.fail(.range, .broken)
    scene.answer(.range, .range(revision: 9))
    #expect(scene.cluster.metrics.counted.attempts == 2)
    #expect(scene.cluster.metrics.counted.retries == 1)
    #expect(scene.cluster.metrics.counted.moves == 1)
  }

  @Test func streamsThatAreOpenedAgainAreCounted() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    #expect(scene.cluster.metrics.counted.streamsOpened == 1)
    #expect(scene.cluster.metrics.counted.streamsReopened == 0)
    scene.end(scene.request(.watch).transfer)
    scene.advance(ms: 200)
    #expect(scene.cluster.metrics.counted.streamsOpened == 2)
    #expect(scene.cluster.metrics.counted.streamsReopened == 1)
    _ = try scene.cluster.addWatcher(range: .all, startRevision: 5, prevKV: false)
    #expect(scene.cluster.metrics.counted.streamsOpened == 3)
    #expect(scene.cluster.metrics.counted.streamsReopened == 1)
  }

  @Test func logInsAreCountedByHowTheyEnd() {
    var metrics = Metrics()
    var response = AuthenticateResponse()
    metrics.logInEnded(.success(.authenticate(response)))
    #expect((metrics.logIns, metrics.logInsFailed) == (0, 1))
    response.token = "abc.1"
    metrics.logInEnded(.success(.authenticate(response)))
    #expect((metrics.logIns, metrics.logInsFailed) == (1, 1))
    metrics.logInEnded(.failure(Failure(.unavailable, "nobody there")))
    metrics.logInEnded(.failure(Failure(.unauthenticated, "wrong", reason: .authenticationFailed)))
    #expect((metrics.logIns, metrics.logInsFailed) == (1, 3))
    // Nobody has to, and nobody wants to any more.
    metrics.logInEnded(.failure(Failure(.server, "not enabled", reason: .authenticationDisabled)))
    metrics.logInEnded(.failure(Failure(.cancelled, "cancelled")))
    #expect((metrics.logIns, metrics.logInsFailed) == (1, 3))
  }

  @Test func theLeaseAndWhatIsHeld() throws {
    let scene = Scene()
    #expect(scene.cluster.metrics.gauges.leaseLeft == nil)
    _ = try scene.heldKeepalive()
    #expect(scene.cluster.metrics.gauges.leaseLeft == .seconds(10))
    #expect(scene.cluster.metrics.gauges.keepalivesHeld == 1)
    #expect(scene.cluster.metrics.leasesGranted == 1)
    scene.transport.now = scene.transport.now + .seconds(4)
    #expect(scene.cluster.metrics.gauges.leaseLeft == .seconds(6))
    scene.advance(ms: 20_000)
    #expect(scene.cluster.metrics.leasesLost == 1)
    #expect(scene.cluster.metrics.gauges.keepalivesHeld == 0)
  }

  @Test func whatWaitsForTheHostIsBehind() throws {
    let scene = Scene()
    _ = try scene.liveWatcher()
    #expect(scene.cluster.metrics.counted.events == 2)
    #expect(scene.cluster.metrics.gauges.watchersLive == 1)
    #expect(scene.cluster.metrics.gauges.watchLag == 0)
    _ = try scene.put()
    scene.answer(.put, .put(revision: 12))
    scene.send([.watch(revision: 12, [.put("a", at: 12)])], on: scene.request(.watch).transfer)
    scene.pumpTakingNothing()
    #expect(scene.cluster.metrics.gauges.watchLag == 5)
    #expect(scene.cluster.metrics.gauges.deliveriesWaiting == 1)
    scene.pump()
    #expect(scene.cluster.metrics.gauges.watchLag == 0)
    #expect(scene.cluster.metrics.counted.events == 3)
  }

  // MARK: Text

  @Test func timeAloneDoesNotChangeTheLengthOfTheText() throws {
    let scene = Scene()
    _ = try scene.heldKeepalive()
    let before = scene.cluster.metrics.openMetricsText
    scene.transport.now = scene.transport.now + .milliseconds(1001)
    let after = scene.cluster.metrics.openMetricsText
    #expect(before.contains("etcdcli_lease_left_seconds 00010.000\n"))
    #expect(after.contains("etcdcli_lease_left_seconds 00008.999\n"))
    #expect(before.count == after.count)
  }

  @Test func aHistogramCountsWhatIsNoLongerThanEachBound() {
    var histogram = Histogram(bounds: [.milliseconds(1), .milliseconds(10)])
    for milliseconds in [0, 1, 2, 10, 11, 5000] { histogram.add(.milliseconds(milliseconds)) }
    #expect(histogram.counts == [2, 2, 2])
    #expect(histogram.count == 6)
    #expect(histogram.sum == .milliseconds(5024))
    #expect(histogram.longest == .seconds(5))
  }

  @Test func theTextHasWhatWasCounted() throws {
    let scene = Scene()
    _ = try scene.put()
    scene.transport.now = scene.transport.now + .microseconds(1500)
    scene.answer(.put, .put())
    let lines = scene.cluster.metrics.openMetricsText.split(separator: "\n").map(String.init)
    for line in [
      "etcdcli_calls_total{method=\"KV/Put\",outcome=\"ok\"} 1",
      "etcdcli_calls_total{method=\"KV/Put\",outcome=\"failed\"} 0",
      "etcdcli_call_seconds_bucket{method=\"KV/Put\",le=\"0.001\"} 0",
      "etcdcli_call_seconds_bucket{method=\"KV/Put\",le=\"0.002\"} 1",
      "etcdcli_call_seconds_bucket{method=\"KV/Put\",le=\"+Inf\"} 1",
      "etcdcli_call_seconds_sum{method=\"KV/Put\"} 0.0015",
      "etcdcli_connections_opened_total 0", "etcdcli_streams_reopened_total 0", "etcdcli_log_ins_total 0",
      "etcdcli_log_ins_failed_total 0", "etcdcli_attempts_total 1",
      "# UNIT etcdcli_sent_bytes bytes", "etcdcli_state{etcdcli_state=\"ready\"} 1",
      "etcdcli_state{etcdcli_state=\"closed\"} 0",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    #expect(lines.last == "# EOF")
  }
}
