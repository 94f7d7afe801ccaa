# another domain is not asked for
# file: Sources/EtcdCore/Members/ServiceLookup.swift
s/state = questions.isEmpty ? .off : .resting(until: now)$/state = questions.isEmpty ? .off : .resting(until: .distantFuture)/
