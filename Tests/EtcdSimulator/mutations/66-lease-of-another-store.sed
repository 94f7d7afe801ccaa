# a lease outlives the store that it is from
# file: Sources/EtcdCore/Cluster/Cluster+Access.swift
s/^    carryOut(keepalives\.replaced(failure))$//
