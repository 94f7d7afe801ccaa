# a watch resumes from the revision of a header
# file: Sources/EtcdCore/Watch/Watch.swift
s/nextRevision = Self\.revision(after: last\.kv\.modRevision)/nextRevision = Self.revision(after: response.header.revision)/
