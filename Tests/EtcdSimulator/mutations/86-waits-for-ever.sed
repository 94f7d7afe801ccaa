# who waits for room at a member is never told that there is some
# file: Sources/EtcdCore/Watch/Watchers.swift
s/machine\.noRoom(room\.failure, until: time)/machine.noRoom(room.failure, until: .distantFuture)/
s/^    guard mayHaveRoom else { return \[\] }$/    guard mayHaveRoom, now == .distantFuture else { return [] }/
