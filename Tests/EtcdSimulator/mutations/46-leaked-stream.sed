# a watcher that is freed while it opens leaves its stream behind
# file: Sources/EtcdCore/Watch/Watchers.swift
/mutating func remove(/,/^  }/s/return orders(/return state(of: id) == .opening ? [] : orders(/
