# a write without an answer counts as written
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/return (isNews ? \[report\] : \[\]) + tellRefused(failure, of: sent)/& + valueWaits.endSent(.success(modRevision))/
