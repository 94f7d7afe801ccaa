# a lease is renewed only when its time is up
# file: Sources/EtcdCore/Lease/Lease.swift
s|renewAt: sentAt + ttl / 3|renewAt: sentAt + ttl|
