# a watch that etcd cancelled keeps its stream
# file: Sources/EtcdCore/Watch/Watch.swift
s/return \[\.closeStream\] + backOff(failure, then: \.read, now: now, random: \&random)/return backOff(failure, then: .read, now: now, random: \&random)/
