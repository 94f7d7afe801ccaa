# a member that has found no quorum is not asked again as long as it says anything
# file: Sources/EtcdCore/Members/Probe.swift
s/isUrged = pause < interval || withoutQuorum > 0/isUrged = pause < interval/
