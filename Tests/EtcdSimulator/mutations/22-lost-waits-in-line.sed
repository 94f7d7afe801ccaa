# that a key is lost is told behind all that waits
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/\.overtake(\.keepalive(id, report), for/.deliver(.keepalive(id, report), for/
