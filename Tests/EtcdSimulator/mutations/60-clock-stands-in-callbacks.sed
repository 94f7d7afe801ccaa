# nobody looks at the clock between two callbacks
# file: Sources/EtcdCore/Cluster.swift
/package func nextDelivery/,/^  }/s/^      wake(\.lease)$//
