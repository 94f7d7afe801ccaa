# a document may be as large as it likes
# file: Sources/EtcdCore/Cluster+Watchers.swift
s/^        limit: Int(options\.responseMaxBytes))$/        limit: Int.max)/
