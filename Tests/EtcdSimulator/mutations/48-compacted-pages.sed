# pages go on at a revision that has been compacted
# file: Sources/EtcdCore/Watch/Watch.swift
s/return read(isResync: snapshot\.isResync)/return [.read(page(of: snapshot))]/
