# that a token is older than the users and roles is taken for the truth
# file: Sources/EtcdCore/Calls/Reason.swift
s/case \.invalidToken, \.oldAuthRevision, \.tokenMissing: true/case .invalidToken, .tokenMissing: true/
