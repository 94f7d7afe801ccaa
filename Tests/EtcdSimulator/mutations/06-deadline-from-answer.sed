# the deadline of a lease counts from the answer, not from the sending
# file: Sources/EtcdCore/Lease/Lease.swift
s/state = Self\.held(id: grant\.id, ttl: ttl, sentAt: sentAt)/state = Self.held(id: grant.id, ttl: ttl, sentAt: now)/
