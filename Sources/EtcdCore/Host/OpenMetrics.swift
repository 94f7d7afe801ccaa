/// Metrics as text, in the format of OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec).
struct OpenMetrics {
  private(set) var text = ""

  init(_ report: MetricsReport) {
    let metrics = report.counted
    let gauges = report.gauges
    calls(metrics.calls)
    counter("attempts", "Requests that were sent, those of the library itself included.", metrics.attempts)
    counter("retries", "Requests that were sent again.", metrics.retries)
    counter("streams_opened", "Streams that were opened for watchers.", metrics.streamsOpened)
    counter(
      "streams_reopened", "Streams that were opened for watchers which have had one before.", metrics.streamsReopened)
    counter("connections_opened", "Connections that were begun, whatever became of them.", report.connectionsOpened)
    counter("log_ins", "Log-ins that etcd answered with a token.", metrics.logIns)
    counter("log_ins_failed", "Log-ins that were refused, or not answered.", metrics.logInsFailed)
    counter("moves", "How often another endpoint became the current one.", metrics.moves)
    counter("store_replacements", "How often the store was found to be another.", metrics.replacements)
    counter("leases_granted", "Leases that were granted for keepalives.", report.leasesGranted)
    counter("leases_lost", "Leases of keepalives that were lost.", report.leasesLost)
    counter("batches", "Batches of events that watchers were told.", metrics.batches)
    counter("events", "Events that watchers were told.", metrics.events)
    counter("resyncs", "Snapshots that watchers had to read again.", metrics.resyncs)
    counter("sent_bytes", "Bytes of bodies that were sent.", metrics.bytesSent, unit: "bytes")
    counter("received_bytes", "Bytes of bodies that were received.", metrics.bytesReceived, unit: "bytes")
    family("pump_seconds", "histogram", "How long pumps took, callbacks included.", unit: "seconds")
    histogram("pump_seconds", "", metrics.pumps)

    gauge("calls_waiting", "Calls that wait for their turn.", "\(gauges.callsWaiting)")
    gauge("calls_in_flight", "Requests that wait for their answer.", "\(gauges.callsInFlight)")
    gauge("keepalives", "Keepalives.", "\(gauges.keepalives)")
    gauge("keepalives_held", "Keepalives that hold their key.", "\(gauges.keepalivesHeld)")
    gauge("watchers", "Watchers.", "\(gauges.watchers)")
    gauge("watchers_live", "Watchers that follow changes.", "\(gauges.watchersLive)")
    gauge("streams", "Streams that are open.", "\(gauges.streams)")
    gauge("deliveries_waiting", "What waits to be told to the host.", "\(gauges.deliveriesWaiting)")
    gauge("endpoints", "Endpoints that are known.", "\(gauges.endpoints)")
    gauge("endpoints_failing", "Endpoints that have failed and not answered since.", "\(gauges.endpointsFailing)")
    gauge("revision", "The revision that the store is known to have come to.", "\(gauges.revision)")
    gauge("watch_lag", "How many revisions the watcher is behind for which most waits.", "\(gauges.watchLag)")
    if let left = gauges.leaseLeftMs {
      gauge("lease_left_seconds", "Until the lease counts as lost.", Self.fixed(left), unit: "seconds")
    }
    family("state", "stateset", "The state of the cluster.")
    for each in ClusterState.allCases {
      sample("state", "etcdcli_state=\"\(each.name)\"", each == report.state ? "1" : "0")
    }
    text += "# EOF\n"
  }

  private mutating func calls(_ calls: [(method: String, Metrics.Calls)]) {
    if calls.isEmpty { return }
    let methods = calls.sorted { $0.method < $1.method }
    family("calls", "counter", "Calls of the host's that have ended.")
    for (method, calls) in methods {
      for outcome in Metrics.Outcome.allCases {
        sample(
          "calls_total", "method=\"\(method)\",outcome=\"\(outcome.name)\"", "\(calls.counts[outcome.rawValue])")
      }
    }
    family("call_seconds", "histogram", "How long calls of the host's took, waiting included.", unit: "seconds")
    for (method, calls) in methods { histogram("call_seconds", "method=\"\(method)\"", calls.latency) }
  }

  private mutating func counter(_ name: StaticString, _ help: StaticString, _ value: UInt64, unit: String? = nil) {
    family("\(name)", "counter", help, unit: unit)
    sample("\(name)_total", "", "\(value)")
  }

  private mutating func gauge(_ name: StaticString, _ help: StaticString, _ value: String, unit: String? = nil) {
    family("\(name)", "gauge", help, unit: unit)
    sample("\(name)", "", value)
  }

  private mutating func histogram(_ name: String, _ labels: String, _ histogram: Histogram) {
    let separator = labels.isEmpty ? "" : ","
    var sum: UInt64 = 0
    for (bound, count) in zip(histogram.bounds.map(Self.seconds) + ["+Inf"], histogram.counts) {
      sum &+= count
      sample(name + "_bucket", labels + separator + "le=\"\(bound)\"", "\(sum)")
    }
    sample(name + "_count", labels, "\(histogram.count)")
    sample(name + "_sum", labels, Self.seconds(histogram.sum))
  }

  private mutating func family(_ name: String, _ type: StaticString, _ help: StaticString, unit: String? = nil) {
    text += "# TYPE etcdcli_\(name) \(type)\n"
    if let unit { text += "# UNIT etcdcli_\(name) \(unit)\n" }
    text += "# HELP etcdcli_\(name) \(help)\n"
  }

  private mutating func sample(_ name: String, _ labels: String, _ value: String) {
    text += "etcdcli_\(name)" + (labels.isEmpty ? "" : "{\(labels)}") + " \(value)\n"
  }

  /// Seconds, always with as many digits: time alone does not change how long the text is, and a host that asks for its
  /// length first gets all of it.
  private static func fixed(_ milliseconds: Int64) -> String {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return padded(String(seconds), to: 5) + "." + padded(String(rest), to: 3)
  }

  private static func padded(_ digits: String, to width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// With as many digits as it takes, and one at least.
  private static func seconds(_ duration: Duration) -> String {
    let (whole, atto) = duration.components
    var nanoseconds = padded(String(atto / 1_000_000_000), to: 9)
    while nanoseconds.count > 1, nanoseconds.last == "0" { nanoseconds.removeLast() }
    return "\(whole).\(nanoseconds)"
  }
}
