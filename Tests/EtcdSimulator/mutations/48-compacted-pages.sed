# pages go on at a revision that has been compacted
# file: Sources/EtcdCore/Watch/Watch.swift
s/return readAgain(failure, now: now, random: \&random)$/return [.read(page(of: snapshot))]/
