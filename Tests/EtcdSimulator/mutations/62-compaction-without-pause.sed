# keys that are compacted away again and again are read without a pause
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    compactions += 1$//
