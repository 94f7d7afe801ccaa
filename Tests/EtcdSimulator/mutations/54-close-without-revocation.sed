# a close that is to revoke does not
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
s/let revokes = revoke \&\& lease\.id != 0/let revokes = revoke \&\& lease.id == .min/
