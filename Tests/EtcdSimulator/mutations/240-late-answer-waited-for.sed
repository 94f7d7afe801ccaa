# an answer that takes longer than answers take is waited for
# file: Sources/EtcdCore/Members/Probe.swift
s/return \.doubt(isFirst: !question\.wasDoubted)$/return nil/
