# a lease makes the cluster ready, whoever asks
# file: Sources/EtcdCore/Calls/Evidence.swift
/case \.compact, \.leaseGrant/,/^      }/s/case \.service: return \.quorum/case .service: return .service/
