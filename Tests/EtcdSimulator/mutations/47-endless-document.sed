# a document may be as large as it likes
# file: Sources/EtcdCore/Wire/Wire.swift
s/GatewayWatchReader(limit: wire\.answerLimit,/GatewayWatchReader(limit: .max,/
