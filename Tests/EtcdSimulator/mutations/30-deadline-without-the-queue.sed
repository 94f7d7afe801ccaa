# the deadline of a call does not count while it waits for its turn
# file: Sources/EtcdCore/Calls/Calls.swift
s/return \[wake(id, at: call\.deadline)\] + fillWire/return fillWire/
