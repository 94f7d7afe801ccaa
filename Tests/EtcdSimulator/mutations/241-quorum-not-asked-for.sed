# that a member has no leader is left to be told by its watches
# file: Sources/EtcdCore/Members/Probe.swift
s/return isWithoutLeader \&\& hadNoLeader/return false/
