# a key is taken over without a look at its revision
# file: Sources/EtcdCore/Lease/Keepalive.swift
/private mutating func takeOver/,/^  }/s/if: isStill(version)/if: [Compare(range: .single(key), target: .version(0), result: .notEqual)]/
