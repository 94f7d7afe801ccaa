# a lease makes the cluster ready, whoever asks
# file: Sources/EtcdCore/Calls/Evidence.swift
s/return evidence == \.service ? \.quorum : evidence/return evidence/
