# a document may be as large as it likes
# file: Sources/EtcdCore/Wire/Wire.swift
s/GatewayStreamReader(limit: wire\.answerLimit, endpoint/GatewayStreamReader(limit: .max, endpoint/
