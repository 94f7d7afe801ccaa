# a probe's answer makes the cluster ready
# file: Sources/EtcdCore/Calls/Evidence.swift
s/case \.range(let request) where request\.serializable: return \.nothing/case .range(let request) where request.serializable: return evidence/
