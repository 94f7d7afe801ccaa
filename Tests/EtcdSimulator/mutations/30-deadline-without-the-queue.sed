# the deadline of a call does not count while it waits for its turn
# file: Sources/EtcdCore/Cluster+Calls.swift
s/^      wake(id, at: call\.deadline)$//
