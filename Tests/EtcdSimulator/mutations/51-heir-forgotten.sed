# who waits for a key that is being removed is forgotten
# file: Sources/EtcdCore/Cluster+Keepalives.swift
s/if let heir = heirOfKey\.removeValue(forKey: key) { begin(heir, key: key) }/heirOfKey[key] = nil/
