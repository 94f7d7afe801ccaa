# a write of unknown outcome is sent again
# file: Sources/EtcdCore/Calls/Call.swift
s/^        if effect == \.writesOnce {/        if effect == .writesOnce, failures > 100 {/
