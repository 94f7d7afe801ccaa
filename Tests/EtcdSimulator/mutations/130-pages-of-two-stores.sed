# pages of a store that was replaced are put together with those of the one before
# file: Sources/EtcdCore/Cluster.swift
/carryOut(partedCalls.replaced(failure))/d
