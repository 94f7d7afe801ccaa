# requests do not ask for a leader
# file: Sources/EtcdCore/Wire/GatewayWire.swift
s/CommonHeaders(headers\.fields + \[("Grpc-Metadata-hasleader", "true")\])/CommonHeaders(headers.fields)/
