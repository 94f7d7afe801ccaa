# a member that renews leases is not asked whether its store serves
# file: Sources/EtcdCore/Members/Endpoints.swift
s/lastServed: lastServed, hasStreams/lastServed: entries[index].lastHeard, hasStreams/
