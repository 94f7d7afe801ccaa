# a watcher that is freed while it opens leaves its stream behind
# file: Sources/EtcdCore/Cluster+Watchers.swift
/func removeWatcher/,/^  }/s/perform(watchers\[id\]?\.machine\.close(), of: id)/if watcherState(id) != .opening { perform(watchers[id]?.machine.close(), of: id) }/
