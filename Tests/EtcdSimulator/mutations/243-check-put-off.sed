# a stream that could not be held against the store once is not for long, whatever comes
# file: Sources/EtcdCore/Watch/StreamCheck.swift
s/if futile > 0, case \.resting = state {/if false, case .resting = state {/
s/if isRefusedAlone { futile = min(futile + 1, Self\.mostDoublings) }/if isRefusedAlone { futile = Self.mostDoublings }/
