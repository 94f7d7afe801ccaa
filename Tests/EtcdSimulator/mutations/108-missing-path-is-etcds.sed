# that a path does not exist is taken for etcd's answer
# file: Sources/EtcdCore/Wire/GatewayWire.swift
s/, !isRouting(error, code) {/ {/
