# a learner's refusal is taken for etcd's answer
# file: Sources/EtcdCore/Calls/Verdict.swift
s/^    case (\.noLeader, _), (\.notCapable, _), (\.notSupportedForLearner, _):/    case (.notSupportedForLearner, _): self = .refused(failure(.server))\n    case (.noLeader, _), (.notCapable, _):/
