# the revisions of a picture of another cluster are believed
# file: Sources/EtcdCore/Watch/Watch.swift
s/if let recalledCluster, recalledCluster != response\.header\.clusterID { distrustKnown() }/_ = recalledCluster/
