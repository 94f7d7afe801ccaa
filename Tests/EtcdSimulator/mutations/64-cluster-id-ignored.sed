# the id of the cluster that answers is not compared
# file: Sources/EtcdCore/Members/ClusterIdentity.swift
s/guard header\.clusterID == clusterID else/guard clusterID == clusterID else/
