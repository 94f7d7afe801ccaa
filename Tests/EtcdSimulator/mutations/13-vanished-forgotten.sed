# a resync does not tell of keys that vanished
# file: Sources/EtcdCore/Watch/Watch.swift
s/events += takeVanished(from: &snapshot)/_ = takeVanished(from: \&snapshot)/
