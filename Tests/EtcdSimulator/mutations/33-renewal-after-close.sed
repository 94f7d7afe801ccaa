# a lease is renewed after the close
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/return (orders, lease\.end())/return (orders, lease.id)/
