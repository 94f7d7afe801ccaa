# of the streams of a silent endpoint only the first is moved
# file: Sources/EtcdCore/Cluster+Endpoints.swift
s/for watcher in watcherIDs where/for watcher in watcherIDs.prefix(1) where/
