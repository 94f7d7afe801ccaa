# a key is taken over without a look at its revision
# file: Sources/EtcdCore/Lease/Keepalive.swift
/private mutating func takeOver/,/^  }/s/if: Self\.isStill(version, key)/if: [Compare(range: .single(key), target: .version(0), result: .notEqual)]/
