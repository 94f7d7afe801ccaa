# a call that broke off is sent again with a new token
# file: Sources/EtcdCore/Cluster/Cluster+Access.swift
s/case \.failed(_, _, \.silent) where !Members\.keepsToItself(asker):/case .failed(let failure, _, .silent) where !Members.keepsToItself(asker):/
s/carryOut(auth\.unanswered(attempt\.pass, sentAt: attempt\.sentAt, now: now))/return .failed(failure, applied: .no, fault: .silent)/
