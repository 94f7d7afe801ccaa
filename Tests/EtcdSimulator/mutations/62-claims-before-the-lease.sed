# what became of a claim is believed before the lease was looked at
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/^    if unheard != nil {$/    if unheard?.count == .max {/
