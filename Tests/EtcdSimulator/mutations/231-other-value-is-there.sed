# whatever the key holds counts as the value that was set
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/let ends = written == sent ? valueWaits\.endSent(\.success(modRevision)) : \[\]/let ends = valueWaits.endSent(.success(modRevision))/
