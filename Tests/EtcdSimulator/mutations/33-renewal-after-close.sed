# a lease is renewed after the close
# file: Sources/EtcdCore/Cluster.swift
s/let id = lease\.end()/let id = lease.id/
