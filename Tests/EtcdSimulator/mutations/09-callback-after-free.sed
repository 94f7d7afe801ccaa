# what waits for a freed handle is delivered
# file: Sources/EtcdCore/Host/Deliveries.swift
s/guard let window = windows\[recipient\] else { continue }/let window = windows[recipient] ?? Window()/
