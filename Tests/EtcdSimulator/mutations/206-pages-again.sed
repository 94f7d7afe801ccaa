# who remembers no keys reads pages again that he was told
# file: Sources/EtcdCore/Watch/Watch.swift
s/{ resyncs ? \.read : \.page(snapshot) }/{ .read }/
