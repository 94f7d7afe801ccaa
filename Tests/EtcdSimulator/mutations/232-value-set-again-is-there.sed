# a value that is set again counts as written while its write has no answer
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/guard case \.held(_, let modRevision, retryAt: nil) = state, written == value else { return \[\] }/guard case .held(_, let modRevision, _) = state else { return [] }/
