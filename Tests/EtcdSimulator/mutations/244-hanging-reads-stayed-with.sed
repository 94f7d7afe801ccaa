# a member that finds no quorum for as long as one likes keeps its watches
# file: Sources/EtcdCore/Members/Probe.swift
s/if withoutQuorum > 1, let elsewhere, elsewhere > question\.askedAt { return \.quorum }//
s/return withoutQuorum > Self\.mostInARow \&\& now - since >= interval \* 2 ? \.quorum : nil/return nil/
