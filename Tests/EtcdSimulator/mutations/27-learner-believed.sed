# a learner's refusal is taken for etcd's answer
# file: Sources/EtcdCore/Calls/Verdict.swift
s/^    \/\/ These are said before/    if error.message.mentions("for learner") { return .refused(failure) }\n&/
