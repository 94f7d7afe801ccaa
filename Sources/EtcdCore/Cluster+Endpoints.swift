import EtcdPacker
import EtcdTransport

extension Cluster {
  /// Watches over an endpoint that has streams open: a stream may be silent because nothing happens, or because nobody
  /// is there any more (field notes, watch: a half-open connection says nothing).
  struct Probe {
    var dueAt: Instant
    var call: CallID?
  }

  func endpointAnswered(_ id: Endpoints.ID) {
    endpoints.succeeded(id, now: now)
    enter(.ready)
  }

  /// An attempt that began at `startedAt` failed. `isSilent`: nothing came from there at all.
  func endpointFailed(_ id: Endpoints.ID, startedAt: Instant, _ failure: Failure, isSilent: Bool) {
    note(.warning, failure.description)
    // One answer that took too long, while others came, says something about the request only.
    if isSilent, let heard = endpoints.lastHeard(id), heard > startedAt { return }
    endpoints.failed(id, startedAt: startedAt, now: now, random: &random)
    if endpoints.allFailing { enter(.unavailable, because: failure) }
    guard isSilent else { return }
    // Whoever listens there may listen in vain.
    for watcher in watcherIDs where watchers[watcher]?.stream?.endpoint == id {
      streamEnded(watcher, failure)
    }
  }

  /// A stream was opened at the endpoint.
  func watchOver(_ id: Endpoints.ID) {
    guard probes[id] == nil else { return }
    let dueAt = now + .milliseconds(options.probeIntervalMs)
    probes[id] = Probe(dueAt: dueAt)
    timers.insert(.probe(id), at: dueAt)
  }

  func probe(_ id: Endpoints.ID) {
    guard let probe = probes[id], probe.call == nil, now >= probe.dueAt else { return }
    guard watchers.values.contains(where: { $0.stream?.endpoint == id }) else {
      probes[id] = nil
      return
    }
    let interval = Duration.milliseconds(options.probeIntervalMs)
    if let heard = endpoints.lastHeard(id), heard + interval > now {
      schedule(probeOf: id, at: heard + interval)
      return
    }
    // The cheapest question that goes all the way to the member's store, and needs no leader.
    var request = RangeRequest(range: .single([0]))
    request.serializable = true
    request.countOnly = true
    let timeout = Duration.milliseconds(options.attemptTimeoutMs)
    let call = submit(
      .range(request), owner: .probe(id), timeout: timeout, attemptTimeout: timeout, isIdempotent: false)
    probes[id]?.call = call
  }

  func probeEnded(_ id: Endpoints.ID) {
    probes[id]?.call = nil
    schedule(probeOf: id, at: now + .milliseconds(options.probeIntervalMs))
  }

  private func schedule(probeOf id: Endpoints.ID, at time: Instant) {
    guard probes[id] != nil else { return }
    probes[id]?.dueAt = time
    timers.insert(.probe(id), at: time)
  }
}
