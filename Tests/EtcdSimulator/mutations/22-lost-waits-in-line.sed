# that a key is lost is told behind all that waits
# file: Sources/EtcdCore/Cluster+Keepalives.swift
s/urgent\.append(/outbox.append(/
