# values are told that are not wanted
# file: Sources/EtcdCore/Watch/Watch.swift
s/^    if options\.keysOnly {$/    if options.keysOnly, events.isEmpty {/
