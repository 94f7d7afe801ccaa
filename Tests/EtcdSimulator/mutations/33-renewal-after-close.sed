# a lease is renewed after the close
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/lease\.end())$/lease.id)/
