# other credentials go to an endpoint that is configured no more
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
s/^    let replaced = members\.reconfigure($/    if reload.concernsCredentials { carryOut(auth.replace(by: options.credentials)) }\n&/
