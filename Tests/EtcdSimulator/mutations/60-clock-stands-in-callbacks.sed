# nobody looks at the clock between two callbacks
# file: Sources/EtcdCore/Cluster/Cluster.swift
/package mutating func nextDelivery/,/^  }/s/^    wake(\.lease)$//
