# an endpoint without gRPC is not spoken to by the gateway
# file: Sources/EtcdCore/Wire/WireNegotiation.swift
s/if case \.fallenBack = state { \.json } else { \.grpc }/.grpc/
