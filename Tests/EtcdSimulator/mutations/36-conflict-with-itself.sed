# a key under the own lease is a conflict
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/if found\.lease == lease { return !hasBeenHeld .*$/if found.lease == lease { return false }/
