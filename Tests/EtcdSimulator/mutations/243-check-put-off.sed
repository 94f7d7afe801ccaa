# a silent stream that was not held against the store for long is not either when events have come
# file: Sources/EtcdCore/Watch/StreamCheck.swift
s/if futile > 0, case \.resting = state {/if false {/
