# HELD tells the revision before
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/let report = report(\.held, lease: lease, revision: modRevision, error: refusal/let report = report(.held, lease: lease, revision: modRevision - 1, error: refusal/
