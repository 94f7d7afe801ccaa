# keys that came by the watch are not known to a resync
# file: Sources/EtcdCore/Watch/Watch.swift
s/^          known\.set(event\.kv\.key, at: event\.kv\.modRevision)$/          _ = event/
