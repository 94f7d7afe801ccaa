# a document may be as large as it likes
# file: Sources/EtcdCore/Wire/Wire.swift
s/GatewayDocuments(limit: wire\.answerLimit, endpoint/GatewayDocuments(limit: .max, endpoint/
