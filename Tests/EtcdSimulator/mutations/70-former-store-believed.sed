# an answer that was under way brings the former store back
# file: Sources/EtcdCore/Members/ClusterIdentity.swift
s/^    if stamp\.era != era { return \.outdated }$//
