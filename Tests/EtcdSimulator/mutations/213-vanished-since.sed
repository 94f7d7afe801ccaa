# what has vanished since a picture was left on disk is not told
# file: Sources/EtcdCore/Watch/Watch.swift
s/^      known\[kv\.key\.array\] = kv\.modRevision$/      _ = kv.modRevision/
