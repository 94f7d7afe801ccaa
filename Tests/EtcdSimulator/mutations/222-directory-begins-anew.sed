# a directory begins anew when its watcher reads again
# file: Sources/EtcdCore/Directory/Directory.swift
s/^    revision = batch\.revision$/    revision = batch.revision; if case .snapshot(_, isResync: true) = batch.origin { services.removeAll() }/
