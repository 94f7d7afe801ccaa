# one endpoint that fails makes all of them pause
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    entries\[index\]\.health = \.failing(count: count + 1, since: now, retryAt: now + delay)$/    for index in entries.indices { entries[index].health = .failing(count: count + 1, since: now, retryAt: now + delay) }/
