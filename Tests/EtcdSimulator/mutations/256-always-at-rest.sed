# a pump finds nothing to do whatever has come
# file: Sources/EtcdCore/Cluster/Cluster.swift
s/guard isSettled, transport\.isAtRest() else/guard isSettled else/
