# one member's own view makes the cluster ready
# file: Sources/EtcdCore/Calls/Evidence.swift
s/\(operation\.isSerializable, \.leaseLeases: return\) \.nothing/\1 evidence/
