# a watch begins one revision too late after its snapshot
# file: Sources/EtcdCore/Watch/Watch.swift
s/nextRevision = Self\.revision(after: snapshot\.revision)$/nextRevision = Self.revision(after: snapshot.revision) + 1/
