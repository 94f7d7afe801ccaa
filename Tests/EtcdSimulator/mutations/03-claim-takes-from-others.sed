# a claim takes the key over whatever its value is
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/if isOurs(found, lease: lease) { return takeOver/if isOurs(found, lease: lease) || streak.count >= 0 { return takeOver/
