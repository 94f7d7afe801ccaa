# what does not let gRPC through is spoken to by gRPC all the same
# file: Sources/EtcdCore/Wire/WireNegotiation.swift
s/if case \.fallenBack = state { \.json } else { \.grpc }/.grpc/
