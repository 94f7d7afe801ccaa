# a call that is cancelled has no end
# file: Sources/EtcdCore/Cluster.swift
s/turn { carryOut(calls\.cancel(id, "cancelled")) }/turn { _ = calls.cancel(id, "cancelled") }/
