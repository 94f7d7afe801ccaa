# a revision may end with a fragment
# file: Sources/EtcdCore/Watch/Watch.swift
s/if response\.fragment, let last = events\.last {/if response.fragment, let last = events.last, failures > 1000 {/
