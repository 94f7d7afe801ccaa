# a silent endpoint is not probed
# file: Sources/EtcdCore/Watch/Watchers.swift
s/return \[\.setTimer(\.watcher(id)), \.watchOver(target\.id)\]/return [.setTimer(.watcher(id))]/
