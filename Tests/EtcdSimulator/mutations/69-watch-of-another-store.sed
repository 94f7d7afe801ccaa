# a watcher with a start revision goes on in a store that was replaced
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    guard resyncs else { return end(failure) }$/guard resyncs else { return [] }/
