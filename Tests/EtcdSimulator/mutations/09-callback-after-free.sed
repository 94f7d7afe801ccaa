# what waits for a freed handle is delivered
# file: Sources/EtcdCore/Cluster+Watchers.swift
s/guard let entry = watchers\[id\] else { return false }/guard let entry = watchers[id] else { return true }/
