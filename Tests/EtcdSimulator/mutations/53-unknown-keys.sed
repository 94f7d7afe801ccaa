# keys that came by the watch are not known to a resync
# file: Sources/EtcdCore/Watch/Watch.swift
s/known\[event\.kv\.key\.array\] = event\.kind == \.put ? event\.kv\.modRevision : nil/_ = event/
