# a resync tells who wants no deletions everything again
# file: Sources/EtcdCore/Watch/Watch.swift
s/if isTrusted && kv\.modRevision < nextRevision || known/if known/
