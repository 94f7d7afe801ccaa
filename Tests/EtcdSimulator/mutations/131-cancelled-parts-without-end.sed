# a range in pages that is cancelled has no end
# file: Sources/EtcdCore/Calls/PartedCalls.swift
s/entry\.end = .failure(failure)/entries[id] = nil/
