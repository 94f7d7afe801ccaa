# by gRPC an answer without an end is as good as one that has it
# file: Sources/EtcdCore/Wire/GRPCWire.swift
s/case \.missing: Self\.verdict(onAnswerWithoutStatus: status, body, from: endpoint)/case .missing: verdict(on: body, operation.method, from: endpoint)/
