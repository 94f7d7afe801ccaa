# a removal is guarded by the lease only, and may delete what was claimed after it
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/compare: isStill(version, key), success: \[\.delete/compare: [Compare(range: .single(key), target: .lease(version.lease))], success: [.delete/
