# a watch of which nothing comes is opened again on the connection that it was on
# file: Sources/EtcdCore/Cluster/Cluster.swift
s/^      transport\.distrust(transfer)$/      break/
