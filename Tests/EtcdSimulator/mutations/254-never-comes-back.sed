# whether gRPC is spoken is not asked again
# file: Sources/EtcdCore/Cluster.swift
s/if endpoints\.takeTrial(of: target\.id, now: now) {/if endpoints.takeTrial(of: target.id, now: now), false {/
