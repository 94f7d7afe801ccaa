# a value that is refused is sent again and again
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/if isRefused {$/if isRefused, streak.count > 1_000_000 {/
