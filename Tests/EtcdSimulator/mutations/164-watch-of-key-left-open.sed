# the watch of a key outlives the wait for it
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/orders\.append(\.endWatch(watch))/_ = watch/
