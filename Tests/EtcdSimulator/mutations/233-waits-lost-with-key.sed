# with a key that is lost it is forgotten who waits for its value
# file: Sources/EtcdCore/Lease/Keepalive.swift
/case \.held(let lease, _, _), \.writing(let lease, _, _):/a\      valueWaits = ValueWaits()
