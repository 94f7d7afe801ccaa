# an endpoint is probed once
# file: Sources/EtcdCore/Members/Probe.swift
s/^    if state == \.asking { .*$//
