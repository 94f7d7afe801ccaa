# an endpoint that fails goes before one that is well
# file: Sources/EtcdCore/Members/Endpoints.swift
s/} else if entry\.health == \.healthy {/} else if entry.health != .healthy || true {/
