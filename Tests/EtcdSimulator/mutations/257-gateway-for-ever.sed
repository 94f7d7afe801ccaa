# an endpoint that speaks gRPC again goes on being spoken to by the gateway
# file: Sources/EtcdCore/Wire/WireNegotiation.swift
s/^    defer { state = \.speaksGRPC }$/    if case .fallenBack = state { return false }; defer { state = .speaksGRPC }/
