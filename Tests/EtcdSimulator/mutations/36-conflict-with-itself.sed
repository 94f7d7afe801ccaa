# a key under the own lease is a conflict
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/let isOurs = hasOurValue ||.*$/let isOurs = hasOurValue/
