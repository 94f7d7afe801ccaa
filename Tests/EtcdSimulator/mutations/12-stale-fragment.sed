# the beginning of a revision survives its stream
# file: Sources/EtcdCore/Watch/Watch.swift
/state = \.opening$/,/var request/s/^ *fragment = \[\]$//
