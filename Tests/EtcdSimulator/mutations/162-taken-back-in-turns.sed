# what was held and lost is taken back from whoever has it
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/case \.always where !hasBeenHeld:/case .always:/
