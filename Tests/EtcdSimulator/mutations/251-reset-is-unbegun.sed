# by gRPC what failed is taken not to have been begun
# file: Sources/EtcdCore/Wire/GRPCWire.swift
s/case \.failed(let failure): Verdict(on: failure, from: endpoint)/case .failed(var failure): { failure.bodyMayHaveBeenSent = false; return Verdict(on: failure, from: endpoint) }()/
