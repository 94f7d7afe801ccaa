# a silent endpoint is not probed
# file: Sources/EtcdCore/Cluster+Watchers.swift
s/^ *watchOver(endpoint)$//
