# what the host says of a key counts when it has changed
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/found\.modRevision == modRevision else { return \[\] }/modRevision >= 0 else { return [] }/
