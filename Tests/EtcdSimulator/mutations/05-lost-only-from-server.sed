# a lease is lost only when a server says so
# file: Sources/EtcdCore/Lease/Lease.swift
s/now >= grant\.deadline/now >= Instant.distantFuture/
s/case \.held(let grant, let renewAt): min(grant\.deadline, renewAt, .*$/case .held(_, let renewAt): renewAt/
s/case \.renewing(let grant): min(grant\.deadline, .*$/case .renewing: nil/
s/deadline: grant\.deadline)\]/deadline: now + .seconds(3))]/
