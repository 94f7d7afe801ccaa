# a key is held until a pump finds that its lease is over
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/guard state == \.held, let deadline = lease\.deadline, deadline <= now else { return state }/if now == .distantFuture { return .lost } else { return state }/
