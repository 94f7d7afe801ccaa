# who was deleted stays in a directory
# file: Sources/EtcdCore/Directory/Directory.swift
s/^    let service = services\.remove(at: place)$/    let service = services[place]/
