# that a token is invalid is taken for the truth
# file: Sources/EtcdCore/Calls/Reason.swift
s/case \.invalidToken, \.oldAuthRevision, \.tokenMissing: true/case .oldAuthRevision, .tokenMissing: true/
