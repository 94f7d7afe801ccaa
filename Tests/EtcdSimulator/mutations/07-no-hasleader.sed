# requests do not ask for a leader
# file: Sources/EtcdCore/Wire/GatewayWire.swift
s/return needsLeader ? /return !needsLeader ? /
