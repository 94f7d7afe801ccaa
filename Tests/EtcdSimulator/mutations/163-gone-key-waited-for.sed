# that the key in the way is gone goes unnoticed
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/batch\.events\.contains(where: { \$0\.kind == \.delete })/batch.events.isEmpty/
