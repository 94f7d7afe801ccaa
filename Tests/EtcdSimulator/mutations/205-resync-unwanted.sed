# who is not to resync does so all the same
# file: Sources/EtcdCore/Watch/Watch.swift
s/memory = startRevision > 0 || !options\.resyncs ? \.none/memory = startRevision > 0 ? .none/
