# a watcher that begins to read later never does
# file: Sources/EtcdCore/Watch/Watch.swift
s/case .reading: startAt ?? recallAt/case .reading: recallAt/
