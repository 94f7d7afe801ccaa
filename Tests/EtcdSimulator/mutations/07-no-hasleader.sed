# requests do not ask for a leader
# file: Sources/EtcdCore/Wire/GatewayWire.swift
s/if needsLeader { headers/if !needsLeader { headers/
