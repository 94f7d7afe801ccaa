# what waits for a freed handle is delivered
# file: Sources/EtcdCore/Host/Deliveries.swift
s/if window\.isClosed { continue }//
