# that a member has no leader is left to be told by its watches
# file: Sources/EtcdCore/Members/Probe.swift
s/if isWithoutLeader, hadNoLeader { return \.leader }/if isWithoutLeader, hadNoLeader { return nil }/
