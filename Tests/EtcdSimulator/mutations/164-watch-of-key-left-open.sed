# the watch of a key outlives the wait for it
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/orders\.append(\.endWatch(of: id))/_ = id/
