# a removal deletes the prefix
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/DeleteRangeRequest(range: \.single(key))/DeleteRangeRequest(range: .prefix(key))/
