# a lease is lost only when a server says so
# file: Sources/EtcdCore/Lease.swift
s/now >= grant\.deadline/now >= Instant.distantFuture/
