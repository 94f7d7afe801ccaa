# requests do not ask for a leader
# file: Sources/EtcdCore/GatewayWire.swift
s/return needsLeader ? /return !needsLeader ? /
