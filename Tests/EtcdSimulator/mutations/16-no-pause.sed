# a stream is read on while its documents wait
# file: Sources/EtcdCore/Cluster+Watchers.swift
s/^ *transport\.pause(stream\.transfer)$//
