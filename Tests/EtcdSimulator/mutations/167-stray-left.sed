# a claim that gets through too late is left there
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/^    remember(strayOf: id, key)$//
