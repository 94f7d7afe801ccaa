import CEtcdcli
import EtcdCore

@implementation @_cdecl("etcdcli_cluster_metrics")
public func etcdcli_cluster_metrics(_ cluster: OpaquePointer?, _ out: UnsafeMutablePointer<etcdcli_metrics>?) -> CInt {
  answer { () throws(CallError) in
    let report = try HandleTable.shared.find(cluster, as: ClusterHandle.self).open { $0.metrics }
    guard let out else { throw CallError(.argument, "out is NULL") }
    try Arguments.write(etcdcli_metrics(report), to: out, "out")
    return 0
  }
}

@implementation @_cdecl("etcdcli_cluster_metrics_text")
public func etcdcli_cluster_metrics_text(
  _ cluster: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
) -> CInt {
  answer { () throws(CallError) in
    let report = try HandleTable.shared.find(cluster, as: ClusterHandle.self).open { $0.metrics }
    guard size >= 0 else { throw CallError(.argument, "size is \(UInt(bitPattern: size)): is it a negative number?") }
    guard buffer != nil || size == 0 else { throw CallError(.argument, "buffer is NULL, but its size is \(size)") }
    let text = Array(report.openMetricsText.utf8)
    if let buffer, size > 0 {
      let count = min(text.count, size - 1)
      UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: text.prefix(count))
      buffer[count] = 0
    }
    return CInt(clamping: text.count)
  }
}

extension etcdcli_metrics {
  fileprivate init(_ report: MetricsReport) {
    self.init()
    struct_size = MemoryLayout<Self>.size
    let counted = report.counted
    calls_ok = counted.total(.ok)
    calls_failed = counted.total(.failed)
    calls_unknown = counted.total(.unknown)
    calls_cancelled = counted.total(.cancelled)
    attempts = counted.attempts
    retries = counted.retries
    streams_opened = counted.streamsOpened
    moves = counted.moves
    store_replacements = counted.replacements
    leases_granted = report.leasesGranted
    leases_lost = report.leasesLost
    batches = counted.batches
    events = counted.events
    resyncs = counted.resyncs
    bytes_sent = counted.bytesSent
    bytes_received = counted.bytesReceived
    pumps = counted.pumps.count
    pump_ns = counted.pumps.sumNanoseconds
    pump_max_ns = counted.pumps.longestNanoseconds
    let gauges = report.gauges
    calls_waiting = Int64(gauges.callsWaiting)
    calls_in_flight = Int64(gauges.callsInFlight)
    keepalives = Int64(gauges.keepalives)
    keepalives_held = Int64(gauges.keepalivesHeld)
    watchers = Int64(gauges.watchers)
    watchers_live = Int64(gauges.watchersLive)
    streams = Int64(gauges.streams)
    deliveries_waiting = Int64(gauges.deliveriesWaiting)
    endpoints = Int64(gauges.endpoints)
    endpoints_failing = Int64(gauges.endpointsFailing)
    lease_left_ms = gauges.leaseLeftMs ?? -1
    revision = gauges.revision
    watch_lag = gauges.watchLag
    connections_opened = report.connectionsOpened
    streams_reopened = counted.streamsReopened
    log_ins = counted.logIns
    log_ins_failed = counted.logInsFailed
  }
}
