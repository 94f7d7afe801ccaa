# who waits for a key that is being removed is forgotten
# file: Sources/EtcdCore/Lease/Keepalives.swift
s/if let heir = heirOfKey\.removeValue(forKey: key) { orders += begin(heir, key: key) }/heirOfKey[key] = nil/
