# a claim is a put without a condition
# file: Sources/EtcdCore/Keepalive.swift
s/compare: \[guardingCompare\]/compare: []/
