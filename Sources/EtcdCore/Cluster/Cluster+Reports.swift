import EtcdTransport

/// What there is, and who.
extension Cluster {
  // MARK: What is there

  /// What was counted, and what there is now.
  package var metrics: MetricsReport {
    var counted = counted
    counted.pumpedInVain(times: pumpsInVain)
    return MetricsReport(
      counted: counted, leasesGranted: keepalives.leasesGranted, leasesLost: keepalives.leasesLost,
      connectionsOpened: transport.connectionsOpened, gauges: gauges, state: state)
  }

  private var gauges: Gauges {
    let now = transport.now
    return Gauges(
      callsWaiting: calls.count - calls.inFlight, callsInFlight: calls.inFlight, keepalives: keepalives.count,
      keepalivesHeld: keepalives.held, watchers: hostsWatchers, watchersLive: watchers.live,
      streams: watchers.streamCount, deliveriesWaiting: deliveries.count, endpoints: endpoints.count,
      endpointsFailing: endpoints.failing, leaseLeft: keepalives.leaseDeadline.map { max(.zero, $0 - now) },
      revision: identity.revision, watchLag: watchers.lag(behind: identity.revision))
  }

  package var census: Census {
    Census(
      calls: calls.count + partedCalls.count + awaits.count, keepalives: keepalives.count, keys: keepalives.keyCount,
      watchers: watchers.count,
      streams: watchers.streamCount, timers: timers.count)
  }

  // MARK: Who is there

  /// All endpoints that are used, the seeds first.
  package var endpointReports: [EndpointReport] {
    endpoints.reports.map { report in
      var report = report
      report.name = members.name(of: report.memberID)
      return report
    }
  }

  /// As the current endpoint's server states it, or empty.
  package var serverVersion: String { endpoints.reports.first(where: \.isCurrent)?.version ?? "" }

  /// Of the etcd cluster that answers, or 0.
  package var clusterID: UInt64 { identity.clusterID }
}
