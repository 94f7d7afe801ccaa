# a member that finds no quorum for as long as one likes keeps its watches
# file: Sources/EtcdCore/Members/Probe.swift
s/return withoutQuorum > Self\.mostInARow + 1 ? \.quorum : nil/return nil/
