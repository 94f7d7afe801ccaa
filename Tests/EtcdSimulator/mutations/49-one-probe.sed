# an endpoint is probed once
# file: Sources/EtcdCore/Members/Probe.swift
/mutating func ended(/,/^  }/s/^    state = \.listening(until: now + pause)$//
