# other credentials go to an endpoint that is configured no more
# file: Sources/EtcdCore/Cluster.swift
s/^      reconfigureMembers()$/      if reload.concernsCredentials { carryOut(auth.replace(by: options.credentials)) }\n      reconfigureMembers()/
