# of the values that a key may hold, only the last one is known
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/return identity\.of(value) == theirs || former\.contains { .* }$/return identity.of(value) == theirs/
