# a claim takes the key over whatever its value is
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/if isOurs { return takeOver/if isOurs || streak.count >= 0 { return takeOver/
