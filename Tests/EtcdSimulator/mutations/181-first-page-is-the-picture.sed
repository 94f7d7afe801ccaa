# the first page of a picture counts as the whole of it
# file: Sources/EtcdCore/Cluster/Cluster.swift
s/if case \.snapshot(isLast: true, _) = batch\.origin { carryOut(awaits/if case .snapshot = batch.origin { carryOut(awaits/
