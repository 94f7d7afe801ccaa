# a directory shows what it has before its first snapshot is whole
# file: Sources/EtcdCore/Directory/Directory.swift
s/^    state == \.following$/    revision > 0/
