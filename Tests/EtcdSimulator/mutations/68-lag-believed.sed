# a member that lags is taken for a store that went back
# file: Sources/EtcdCore/Members/ClusterIdentity.swift
s/^      if isOrdered {$/      if isOrdered || revision >= 0 {/
