# that a claim failed is not told
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/return (isNews ? \[report(\.claiming, lease: lease, error: failure, attempts: streak\.count)\] : \[\])/return []/
