# HELD tells the revision before
# file: Sources/EtcdCore/Lease/Keepalive.swift
/private mutating func hold/,/^  }/s/revision: modRevision, error: refusal/revision: modRevision - 1, error: refusal/
