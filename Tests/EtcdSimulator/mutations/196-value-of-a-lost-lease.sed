# a value is there by a lease that is over, as long as that was not told
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
/^    wake(\.lease)$/d
