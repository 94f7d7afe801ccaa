# the key of a keepalive that is freed is not removed
# file: Sources/EtcdCore/Cluster+Keepalives.swift
s/^    _ = removeKeepalive(id)$/    keepalives[id] = nil/
