# a watch that is never confirmed is waited for
# file: Sources/EtcdCore/Cluster+Watchers.swift
s/if !stream\.isQueued { endStream(stream, of: id, unconfirmed(stream), \.failing) }//
