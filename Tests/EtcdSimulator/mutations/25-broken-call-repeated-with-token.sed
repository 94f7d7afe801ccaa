# a call that broke off is sent again with a new token
# file: Tests/EtcdSimulator/TokenCarrier.swift
s/case \.failed: end(id, event, handle)/case .failed: if !repeats(id) { end(id, event, handle) }/
