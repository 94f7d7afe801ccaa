# a value that is set during a claim is forgotten
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/guard newValue != value else { return wait\.map .*/if case .claiming = state { return [] }\n    &/
