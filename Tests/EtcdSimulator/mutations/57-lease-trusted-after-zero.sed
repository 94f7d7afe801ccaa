# a TTL of 0 does not end the lease
# file: Sources/EtcdCore/Lease/Lease.swift
s/^    if ttl <= 0 { return lose.*$//
