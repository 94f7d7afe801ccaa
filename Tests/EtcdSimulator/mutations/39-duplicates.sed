# what is sent twice is delivered twice
# file: Sources/EtcdCore/Watch/Watch.swift
s/if events\.contains(where: { \$0\.kv\.modRevision < nextRevision })/if events.contains(where: { $0.kv.modRevision < 0 })/
