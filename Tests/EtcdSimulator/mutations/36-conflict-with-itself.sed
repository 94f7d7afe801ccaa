# a key under the own lease is a conflict
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/content == claim\.value || content == value || (found\.lease.*$/content == claim.value || content == value/
