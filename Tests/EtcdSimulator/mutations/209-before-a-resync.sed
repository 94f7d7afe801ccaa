# a resync says a wrong revision of what was there before
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    kv\.modRevision = revision$/    kv.modRevision = revision + 1/
