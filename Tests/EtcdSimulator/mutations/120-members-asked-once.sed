# who the members are is asked once, and again only after a failover
# file: Sources/EtcdCore/Members/Discovery.swift
s/state = \.resting(until: now + usual)/state = .resting(until: .distantFuture)/
