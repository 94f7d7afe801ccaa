# requests do not ask for a leader
# file: Sources/EtcdCore/Wire/GatewayWire.swift
/Grpc-Metadata-hasleader/d
