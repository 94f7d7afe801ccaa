# a value whose write has no answer is believed to be written
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/^      written = nil$/      written = value/
