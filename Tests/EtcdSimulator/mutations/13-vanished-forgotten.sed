# a resync does not tell of keys that vanished
# file: Sources/EtcdCore/Watch/Watch.swift
s/events += forgetVanished(at: snapshot\.revision)/_ = forgetVanished(at: snapshot.revision)/
