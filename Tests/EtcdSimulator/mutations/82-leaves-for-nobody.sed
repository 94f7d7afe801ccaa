# streams leave a member that is going down although there is no other
# file: Sources/EtcdCore/Cluster/Cluster+Endpoints.swift
s/^    if fault != \.refusing {$/    if fault != .none {/
