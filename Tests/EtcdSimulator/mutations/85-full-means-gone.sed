# the streams of a member that is full are left
# file: Sources/EtcdCore/Watch/Watchers.swift
s/^    return rooms\[endpoint\]?\.callsNeedRoom == true ? makeRoom(at: endpoint, now: now, random: &random) : \[\]$/    return leave(endpoint, because: Failure(.timeout, "full"), now: now, random: \&random)/
