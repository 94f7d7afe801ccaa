# what waits for a host that takes nothing has no limit
# file: Sources/EtcdCore/Host/Deliveries.swift
s/windows\[Number(recipient)\]\.map { \$0\.undelivered >= Self\.window } ?? false/false/
