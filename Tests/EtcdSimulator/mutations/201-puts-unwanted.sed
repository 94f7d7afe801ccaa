# puts that are only to be known are told
# file: Sources/EtcdCore/Watch/Watch.swift
s/if !options\.wantsPuts, memory == \.all { events/if !options.wantsPuts, memory == .none { events/
