# with a value that is written those count as written that were set after it
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/written == sent ? valueWaits\.endSent(/written == sent ? valueWaits.endAll(/
