# an address that did not answer once is not tried again
# file: Sources/EtcdCore/Members/Candidates.swift
s/^    candidates\[index\]\.retryAt = now + .*$/    candidates[index].retryAt = .distantFuture/
s/guard isUrgent, let lastEnd = candidate\.lastEnd else { return candidate\.retryAt }/guard isUrgent, let lastEnd = candidate.lastEnd, candidate.failures > 9_000_000 else { return candidate.retryAt }/
