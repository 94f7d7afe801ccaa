# other credentials go to an endpoint that is configured no more
# file: Sources/EtcdCore/Cluster.swift
s/^      replaceMembers(isDrawn: !options\.endpoints\.isEmpty) {$/      if reload.concernsCredentials { carryOut(auth.replace(by: options.credentials)) }\n      replaceMembers(isDrawn: !options.endpoints.isEmpty) {/
