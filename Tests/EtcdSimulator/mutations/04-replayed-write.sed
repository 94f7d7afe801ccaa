# a write of unknown outcome is sent again
# file: Sources/EtcdCore/Calls/Call.swift
s/if applied == \.perhaps, !isIdempotent {/if applied == .perhaps, !isIdempotent, failures > 100 {/
