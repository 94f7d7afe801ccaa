# an endpoint is probed once
# file: Sources/EtcdCore/Cluster+Endpoints.swift
s/^    schedule(probeOf: id, at: now + \.milliseconds(options\.probeIntervalMs))$//
