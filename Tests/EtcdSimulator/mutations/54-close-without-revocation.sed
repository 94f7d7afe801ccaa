# a close that is to revoke does not
# file: Sources/EtcdCore/Cluster.swift
s/if revoke, id != 0 {/if revoke, id == .min {/
