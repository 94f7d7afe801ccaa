# nobody makes room where watches keep calls from being answered
# file: Sources/EtcdCore/Cluster/Cluster+Endpoints.swift
s/^      carryOut(watchers\.makeRoom(at: id, now: now, random: &random))$/      break/
