# streams at an endpoint that is configured no more stay
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
s/^      carryOut(watchers\.leave(target\.id, because: failure.*$/      _ = failure/
