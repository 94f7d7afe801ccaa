# what has vanished since a picture was left on disk is not told
# file: Sources/EtcdCore/Watch/Watch.swift
/mutating func recalled(/,/^  }/s/known\.set(kv\.key, at: kv\.modRevision)/_ = kv.modRevision/
