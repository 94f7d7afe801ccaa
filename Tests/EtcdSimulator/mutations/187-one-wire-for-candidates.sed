# an address that is silent by one wire is not asked by the other
# file: Sources/EtcdCore/Members/Candidates.swift
s/case \.timeout, \.protocol: candidates\[index\]\.triesOtherWire\.toggle()/case .timeout, .protocol: break/
