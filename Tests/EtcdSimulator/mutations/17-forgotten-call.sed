# a call that is cancelled has no end
# file: Sources/EtcdCore/Cluster+Calls.swift
s/    end(id, \.failure(Failure(\.cancelled, "cancelled")))/    abandon(id)/
