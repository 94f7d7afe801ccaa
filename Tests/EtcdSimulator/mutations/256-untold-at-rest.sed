# a pump finds nothing to do while something waits to be told
# file: Sources/EtcdCore/Cluster.swift
s/isSettled = deliveries\.isEmpty \&\& log\.isEmpty \&\& pictures\.isEmpty/isSettled = log.isEmpty \&\& pictures.isEmpty/
