# that the revision goes back is not noticed
# file: Sources/EtcdCore/Members/ClusterIdentity.swift
s/header\.revision < stamp\.revision {/header.revision < -stamp.revision {/
