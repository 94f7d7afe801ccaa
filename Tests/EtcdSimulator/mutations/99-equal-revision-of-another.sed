# a key of another's that has the revision of ours, in a store that was replaced, is taken for ours
# file: Sources/EtcdCore/Lease/Keepalive.swift
/target: \.lease(version\.lease)/d
