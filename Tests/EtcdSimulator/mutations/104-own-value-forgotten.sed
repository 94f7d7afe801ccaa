# of the values that a key may hold, only the last one is known
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/former\.contains(content) || content == value$/content == value/
