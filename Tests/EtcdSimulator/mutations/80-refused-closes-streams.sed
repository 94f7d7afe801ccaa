# a connection that is refused closes the streams of its member
# file: Sources/EtcdCore/Cluster/Cluster+Endpoints.swift
s/^    if watchers\.hasLiveStreams(at: id), !isWell { .*$/    carryOut(watchers.leave(id, because: failure, now: now, random: \&random))/
