# a removal is reported done when the lease is lost locally
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/return \[\.abandonStep\] + end(failure)/return [.abandonStep] + end()/
