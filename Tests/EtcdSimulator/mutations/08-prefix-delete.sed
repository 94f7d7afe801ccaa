# a removal deletes the prefix
# file: Sources/EtcdCore/Keepalive.swift
s/DeleteRangeRequest(range: \.single(key))/DeleteRangeRequest(range: .prefix(key))/
