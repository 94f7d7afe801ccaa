# an answer without a status is taken for a whole one
# file: Sources/EtcdCore/Wire/GRPCWire.swift
s/case \.missing: Self\.verdict(onAnswerWithoutStatus: status, body, from: endpoint)/case .missing: verdict(on: body, operation.parts.method, from: endpoint)/
