# a watcher with a start revision goes on in a store that was replaced
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    guard hasSnapshot else { return end(failure) }$/guard hasSnapshot else { return [] }/
