# a cluster that does not serve, and of which nothing is asked, is not asked whether it does again
# file: Sources/EtcdCore/Cluster/Cluster.swift
s/if watchers\.goOn || keepalives\.goOn { planQuestion() } else { askForService() }/planQuestion()/
