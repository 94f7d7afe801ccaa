# a key is taken over without a look at its revision
# file: Sources/EtcdCore/Lease/Keepalive.swift
/private mutating func takeOver/,/^  }/s/target: \.mod(modRevision)/target: .version(0), result: .notEqual/
