# what waits for a freed handle is delivered
# file: Sources/EtcdCore/Cluster.swift
s/guard watchers\[id\] != nil else { continue }/break/
s/guard keepalives\[id\]?\.isDetached == false else { continue }/break/
