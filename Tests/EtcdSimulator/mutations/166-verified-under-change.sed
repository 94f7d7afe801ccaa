# a change that is under way is taken for a theft
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/guard case \.held(let lease, let modRevision, retryAt: nil) = state else/guard case .held(let lease, let modRevision, _) = state else/
