# equal revisions are believed in a store that was replaced
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    distrustKnown()$/    _ = known/
