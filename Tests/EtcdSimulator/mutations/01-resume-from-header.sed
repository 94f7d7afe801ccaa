# a watch resumes from the revision of a header
# file: Sources/EtcdCore/Watch.swift
s/nextRevision = last\.kv\.modRevision + 1/nextRevision = response.header.revision + 1/
