# the key of a keepalive that is freed is not removed
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/^    let orders = remove(id, now: now) ?? \[\]$/    let orders: [Order] = []\n    entries[id] = nil/
